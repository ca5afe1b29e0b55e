package templates_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/templates"
)

// answers are what somebody filled into a template's form.
type answers map[string]any

// golden is what the tests know of a template.
type golden struct {
	template string             // its folder
	path     string             // the golden path that its repositories are on
	cases    map[string]answers // good answers
	bad      map[string][]any   // wrong ones by field, each put among those of a good case
	skips    []string           // checks that do not apply
}

func goldens() []golden {
	urls := []any{"http://grafana.acme.example", "https://a b", "javascript:alert(1)", "https://grafana.acme.example/"}
	keys := []any{"", "${PAGERDUTY_KEY}", "<your-key-goes-here>"}
	names := []any{"", "p", "Pay", "pay-", "1pay", "pay_ment", "pay\n", strings.Repeat("a", 41)}
	descriptions := []any{"", "too short", "two lines are\nnot one sentence", " leading space is refused", strings.Repeat("a", 201)}
	databases := []any{"", "db", "db/", "/shop", "db:5432/shop", "DB/shop", "db/shop/orders", `db/"`, "db/shop\n"}
	all := []golden{
		{
			template: "backend-service", path: "backend_service", cases: backendCases(),
			bad: map[string][]any{"database": {"oracle", ""}},
		},
		{
			template: "data-pipeline", path: "data_pipeline", cases: pipelineCases(), skips: []string{"Kubernetes Configuration"},
			bad: map[string][]any{
				"source": databases, "warehouse": databases,
				"firstDay": {"", "yesterday", "2026-13-01", "01/02/2026", "2026-01-01T00:00:00Z"},
			},
		},
		{
			template: "frontend-app", path: "frontend_app", cases: frontendCases(), skips: []string{"Kubernetes Configuration"},
			bad: map[string][]any{
				"siteUrl": {"http://shop.example", "https://shop.example/", "https://a b", "https://Shop.example", "https://a;b"},
			},
		},
	}
	for _, g := range all {
		g.bad["name"], g.bad["description"], g.bad["tier"] = names, descriptions, []any{"gold"}
		g.bad["grafanaUrl"], g.bad["pagerdutyIntegrationKey"] = urls, keys
	}
	return all
}

func TestEverythingIsEmbedded(t *testing.T) {
	t.Parallel()
	var want []string
	for _, g := range goldens() {
		want = append(want, g.template)
	}
	if diff := cmp.Diff(want, templates.Names()); diff != "" {
		t.Errorf("the templates (-want +got):\n%s", diff)
	}
	index, err := templates.FS.ReadFile("all-templates.yaml")
	must(t, err)
	for _, name := range templates.Names() {
		if !strings.Contains(string(index), "- ./"+name+"/template.yaml\n") {
			t.Errorf("all-templates.yaml does not list %s", name)
		}
		eachFile(t, name, func(file string, text []byte) {
			got, err := templates.FS.ReadFile(name + "/" + file)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s/%s is not embedded as it stands (%v)", name, file, err)
			}
		})
	}
}

// TestLintHasNothingAgainstThem reads what is embedded. That an action needs GitHub
// is no fault of a template.
func TestLintHasNothingAgainstThem(t *testing.T) {
	t.Parallel()
	for _, name := range templates.Names() {
		folder, err := fs.Sub(templates.FS, name)
		must(t, err)
		found, err := scaffold.Lint(t.Context(), folder, scaffold.LintOptions{Actions: action.Pure()})
		must(t, err)
		for _, f := range found {
			if f.Rule != "unavailable-action" {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
}

// readTemplate reads an embedded template.
func readTemplate(t *testing.T, name string) *scaffold.Template {
	t.Helper()
	folder, err := fs.Sub(templates.FS, name)
	must(t, err)
	read, err := scaffold.ReadFolder(folder)
	must(t, err)
	if read.Template == nil {
		t.Fatalf("%s: %v", name, read.Problems)
	}
	return read.Template
}

func TestIssueFormAsksEverything(t *testing.T) {
	t.Parallel()
	for _, g := range goldens() {
		form := readTemplate(t, g.template).Form()
		if len(form.Omitted) > 0 {
			t.Errorf("%s: the form leaves out %v", g.template, form.Omitted)
		}
		text, err := form.YAML()
		must(t, err)
		var shown struct {
			Body []struct {
				ID string `yaml:"id"`
			} `yaml:"body"`
		}
		must(t, yaml.Unmarshal(text, &shown))
		asked := map[string]bool{}
		for _, element := range shown.Body {
			asked[element.ID] = true
		}
		for name, parameters := range g.cases {
			for field := range parameters {
				if !asked[field] {
					t.Errorf("%s: %s answers %s, which the form does not ask for", g.template, name, field)
				}
			}
		}
	}
}

func TestFormRefusesBadAnswers(t *testing.T) {
	t.Parallel()
	for _, g := range goldens() {
		form := pages(t, g.template)
		for name, parameters := range g.cases {
			if err := form.Validate(map[string]any(parameters)); err != nil {
				t.Errorf("%s: %s: %v", g.template, name, err)
			}
		}
		base := g.cases[slices.Min(slices.Collect(maps.Keys(g.cases)))]
		for field, values := range g.bad {
			for _, v := range values {
				parameters := maps.Clone(map[string]any(base))
				parameters[field] = v
				if form.Validate(parameters) == nil {
					t.Errorf("%s: the form accepts %q as %s", g.template, v, field)
				}
			}
		}
	}
}

// pages is the schema of all pages of a template's form at once; Backstage shows one
// after the other.
func pages(t *testing.T, template string) *jsonschema.Schema {
	t.Helper()
	text, err := templates.FS.ReadFile(template + "/template.yaml")
	must(t, err)
	var entity struct {
		Spec struct{ Parameters []any }
	}
	must(t, yaml.Unmarshal(text, &entity))
	schema, err := json.Marshal(map[string]any{"allOf": entity.Spec.Parameters})
	must(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("form.json", doc))
	form, err := compiler.Compile("form.json")
	must(t, err)
	return form
}

// eachCase renders every case of every template, and hands over the folder of the new
// repository.
func eachCase(t *testing.T, f func(t *testing.T, g golden, dir string)) {
	t.Helper()
	for _, g := range goldens() {
		for name, parameters := range g.cases {
			t.Run(g.template+"/"+name, func(t *testing.T) {
				t.Parallel()
				f(t, g, render(t, g.template, parameters))
			})
		}
	}
}

func TestFreshRepositoryIsOnItsGoldenPath(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, g golden, dir string) {
		t.Helper()
		policy := config.DefaultPolicy()
		snapshot, err := repo.ReadDir(t.Context(), dir, checks.Want(policy))
		must(t, err)
		report := checks.Evaluate(checks.Input{Snapshot: snapshot, Policy: policy})
		if report.Path != g.path || report.Score != 100 || report.Status != checks.Compliant {
			t.Errorf("path %q, score %v, status %v", report.Path, report.Score, report.Status)
		}
		for _, result := range report.Checks {
			for _, place := range result.Places {
				t.Errorf("%s: %s:%d: %s", result.Name, place.File, place.Line, place.Message)
			}
			want := checks.Compliant
			if slices.Contains(g.skips, result.Name) {
				want = checks.NotApplicable
			}
			if result.Status != want {
				t.Errorf("%s is %v: %s", result.Name, result.Status, result.Description)
			}
		}

		text, err := os.ReadFile(filepath.Join(dir, "catalog-info.yaml"))
		must(t, err)
		for doc := range catalog.Each("catalog-info.yaml", text, catalog.Options{}) {
			if !doc.OK {
				t.Errorf("catalog-info.yaml: %v", doc.Err)
			}
		}
	})
}
