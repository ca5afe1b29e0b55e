package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// unpack writes a repository of the checks' own test cases into a folder.
func unpack(t testing.TB, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("../../checks/testdata/repos", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pay")
	for _, f := range archive.Files {
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check runs the command and returns its exit code and what it printed.
func check(t testing.TB, args ...string) (code int, out string, err error) {
	t.Helper()
	var b bytes.Buffer
	cmd := newCheckCommand()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&b)
	cmd.SetErr(io.Discard)
	err = cmd.ExecuteContext(t.Context())
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.Code
	} else if err != nil {
		code = exitCannot
	}
	return code, b.String(), err
}

func TestCheckExitCodes(t *testing.T) {
	good, bad, none := unpack(t, "go-compliant"), unpack(t, "go-misses-things"), unpack(t, "nothing")
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("mode: strict\nrule: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		args []string
		code int
		says string // in the output or the error
	}{
		{"compliant", []string{good}, 0, "100/100 compliant"},
		{"not compliant", []string{bad}, exitFindings, "deploy/pay.yaml:15: Kubernetes would refuse"},
		{"no path", []string{none}, exitCannot, "name one with --path"},
		{"path by name", []string{none, "--path", "data_pipeline"}, exitFindings, "asked for by name"},
		{"unknown path", []string{good, "--path", "nope"}, exitCannot, `there is no golden path "nope"; there are backend_service`},
		{"no folder", []string{filepath.Join(good, "absent")}, exitCannot, "no such file"},
		{"a file", []string{filepath.Join(good, "go.mod")}, exitCannot, "not a directory"},
		{"bad policy", []string{good, "--policy", policy}, exitCannot, "policy.yaml:2:1: rule: unknown key"},
		{"no policy", []string{good, "--policy", policy + "x"}, exitCannot, "read policy"},
		{"format", []string{good, "--format", "xml"}, exitCannot, "none of text, json, markdown"},
		{"too many", []string{good, bad}, exitCannot, "at most 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, err := check(t, c.args...)
			if code != c.code || !strings.Contains(fmt.Sprint(out, err), c.says) {
				t.Errorf("exit %d, want %d with %q; err %v, output:\n%s", code, c.code, c.says, err, out)
			}
		})
	}
}

func TestCheckJSONHasExactlyTheAgreedKeys(t *testing.T) {
	_, out, _ := check(t, unpack(t, "go-misses-things"), "--format", "json")
	var report map[string]any
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	keys := func(v any) string {
		m, ok := v.(map[string]any)
		if !ok {
			return fmt.Sprintf("%T", v)
		}
		var names []string
		for k := range m {
			names = append(names, k)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got := keys(report); got != "checks path score scorecards service status" {
		t.Errorf("report: %s", got)
	}
	list, _ := report["checks"].([]any)
	if len(list) != 6 {
		t.Fatalf("%d checks, want 6", len(list))
	}
	for _, c := range list {
		if got := keys(c); got != "description details id name places remediation status" {
			t.Errorf("check: %s", got)
		}
		places, ok := c.(map[string]any)["places"].([]any)
		if !ok {
			t.Error("places is null")
		}
		for _, p := range places {
			if got := keys(p); got != "file line message" {
				t.Errorf("place: %s", got)
			}
		}
	}
}

func TestCheckTextHasNoColourInAPipe(t *testing.T) {
	for _, name := range []string{"go-misses-things", "hostile-words"} {
		_, out, _ := check(t, unpack(t, name))
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s: control characters in the output", name)
		}
	}
	_, out, _ := check(t, unpack(t, "go-misses-things"), "--format", "markdown")
	if !strings.HasPrefix(out, "# Backend Service (Go): 0/100") {
		t.Errorf("markdown starts with %.80q", out)
	}
}

// bigRepository is a compliant service among 5,000 files.
func bigRepository(t testing.TB) string {
	t.Helper()
	dir := unpack(t, "go-compliant")
	for i := range 5_000 {
		file := filepath.Join(dir, fmt.Sprintf("internal/p%02d/f%d.go", i/100, i))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("package p\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
