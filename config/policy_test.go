package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/config"
)

var updatePolicy = flag.Bool("update-policy", false, "rewrite config/testdata/policy_*.txt")

func TestDefaultPolicyHasTheThreePathsOfTheSpecification(t *testing.T) {
	p := config.DefaultPolicy()
	if got := p.Keys(); !cmp.Equal(got, []string{"backend_service", "frontend_app", "data_pipeline"}) {
		t.Errorf("keys: %v", got)
	}
	backend, _ := p.Path("backend_service")
	wantFiles := []string{"Dockerfile", "Makefile", "go.mod", "catalog-info.yaml", ".github/workflows/ci.yaml", "docs/index.md"}
	if diff := cmp.Diff(wantFiles, backend.Files); diff != "" {
		t.Errorf("backend_service files (-spec +got):\n%s", diff)
	}
	if backend.Name != "Backend Service (Go)" || backend.Template != "backend-service-template" {
		t.Errorf("backend_service: %q, %q", backend.Name, backend.Template)
	}
	if p.Mode != config.Advise {
		t.Errorf("mode %q, want advise", p.Mode)
	}
	empty, err := config.ParsePolicy("policy.yaml", "# nothing\n")
	if err != nil || !cmp.Equal(empty, p) {
		t.Errorf("an empty file is not the default policy: %v\n%s", err, cmp.Diff(p, empty))
	}
	full, err := config.ParsePolicy("policy.yaml", config.DefaultPolicyFile())
	if err != nil || !cmp.Equal(full, p) {
		t.Errorf("the default file is not the default policy: %v\n%s", err, cmp.Diff(p, full))
	}
}

func TestPolicyOverlaysTheBuiltInPaths(t *testing.T) {
	p, err := config.ParsePolicy("policy.yaml", `
mode: enforce
golden_paths:
  library:
    name: Library (Go)
    files: [go.mod, docs/]
    jobs: [test]
    detect: [{file: go.mod, dependency: example.com/kit}]
  frontend_app:
    files: [package.json]
repositories:
  - match: sandbox-*
    mode: "off"
  - match: acme/Sandbox-Pay
    golden_path: library
    mode: advise
  - match: other/*
    golden_path: none
`)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Keys(); !cmp.Equal(got, []string{"library", "frontend_app", "backend_service", "data_pipeline"}) {
		t.Errorf("keys: %v", got)
	}
	front, _ := p.Path("frontend_app")
	if front.Name != "Frontend Application (React)" || !cmp.Equal(front.Files, []string{"package.json"}) {
		t.Errorf("frontend_app: %+v", front)
	}
	modes := map[string]config.Mode{"acme/pay": config.Enforce, "acme/sandbox-x": config.Off, "ACME/sandbox-pay": config.Advise, "sandbox-1": config.Off}
	for name, want := range modes {
		if got := p.ModeFor(name); got != want {
			t.Errorf("mode of %s: %s, want %s", name, got, want)
		}
	}
	paths := map[string]string{"acme/pay": "", "acme/sandbox-pay": "library", "other/x": "none"}
	for name, want := range paths {
		if got, _ := p.PathFor(name); got != want {
			t.Errorf("path of %s: %q, want %q", name, got, want)
		}
	}
}

// Each testdata/policy_*.yaml is a policy with mistakes; the .txt beside it is what
// the author is told.
func TestParsePolicyReportsEverythingAtOnce(t *testing.T) {
	files, err := filepath.Glob("testdata/policy_*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.ParsePolicy("policy.yaml", string(text))
			var policyErr *config.PolicyError
			if !errors.As(err, &policyErr) {
				t.Fatalf("got %v, want a PolicyError", err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *updatePolicy {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if accepts(t, string(text)) && !strings.Contains(err.Error(), "there is no golden path") {
				t.Error("the JSON Schema accepts what the parser refuses")
			}
		})
	}
}

func TestSchemaAndParserAgree(t *testing.T) {
	cases := map[string]bool{
		config.DefaultPolicyFile():                  true,
		"":                                          true,
		"mode: enforce":                             true,
		"mode: 'off'":                               true,
		"mode: strict":                              false,
		"golden_path: {}":                           false,
		"[]":                                        false,
		"golden_paths: []":                          false,
		"golden_paths: {a: {name: 1}}":              false,
		"golden_paths: {a: {name: ' '}}":            false,
		"golden_paths: {none: {}}":                  false,
		"golden_paths: {A: {}}":                     false,
		"golden_paths: {a: {files: [../x]}}":        false,
		"golden_paths: {a: {files: [/x]}}":          false,
		"golden_paths: {a: {files: [x//y]}}":        false,
		"golden_paths: {a: {files: ['*.go']}}":      false,
		"golden_paths: {a: {files: [x/, .a/b..c]}}": true,
		"golden_paths: {a: {jobs: [1st]}}":          false,
		"golden_paths: {a: {manifests: {required: 'yes'}}}":       false,
		"golden_paths: {a: {manifests: {required: true}}}":        true,
		"golden_paths: {a: {detect: [{file: a, dir: b}]}}":        false,
		"golden_paths: {a: {detect: [{}]}}":                       false,
		"golden_paths: {a: {detect: [{dir: b}]}}":                 true,
		"golden_paths: {a: {detect: [{file: x, dependency: y}]}}": false,
		"repositories: [{match: a}]":                              false,
		"repositories: [{mode: off}]":                             false,
		"repositories: [{match: a/b/c, mode: advise}]":            false,
		"repositories: [{match: a/*, mode: advise}]":              true,
		"repositories: [{match: a, golden_path: none}]":           true,
		"repositories: {}":                                        false,
	}
	for text, want := range cases {
		_, err := config.ParsePolicy("policy.yaml", text)
		if (err == nil) != want {
			t.Errorf("parser: %q: %v, want accepted %v", text, err, want)
		}
		if got := accepts(t, text); got != want && !strings.Contains(text, "mode: off") {
			t.Errorf("schema: %q: accepted %v, want %v", text, got, want)
		}
	}
}

// accepts judges a document by the JSON Schema alone.
func accepts(t *testing.T, text string) bool {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(config.PolicySchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("policy.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return false
	}
	return compiled.Validate(doc) == nil
}

func TestParseRepositorySettings(t *testing.T) {
	s, err := config.ParseRepositorySettings(config.SettingsPath, "# ours\ngolden_path: backend_service\n")
	if err != nil || s.Path != "backend_service" || s.Line != 2 {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err = config.ParseRepositorySettings(config.SettingsPath, "golden_path: [x]\nmode: off\n")
	if err == nil || !strings.Contains(err.Error(), ":1:14: golden_path: a string is expected") || !strings.Contains(err.Error(), ":2:1: mode: unknown key") {
		t.Errorf("got %v", err)
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(config.DefaultPolicyFile())
	f.Add("mode: *a\ngolden_paths: &a {b: *a}\n")
	f.Add("repositories: [{match: '[', golden_path: none}]")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := config.ParsePolicy("policy.yaml", text)
		var policyErr *config.PolicyError
		switch {
		case err == nil && p == nil:
			t.Fatal("neither policy nor error")
		case err != nil && (!errors.As(err, &policyErr) || len(policyErr.Problems) == 0):
			t.Fatalf("an error without problems: %v", err)
		case err == nil:
			p.ModeFor("acme/pay")
			p.PathFor("acme/pay")
		}
	})
}
