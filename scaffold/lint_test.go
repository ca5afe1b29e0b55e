package scaffold_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
)

// golden runs f on every file of testdata/DIR/*.txtar and compares what it gives
// with the section want. The other sections are the template's folder.
func golden(t *testing.T, dir string, f func(t *testing.T, files fs.FS) string) {
	t.Helper()
	cases, err := filepath.Glob("testdata/" + dir + "/*.txtar")
	must(t, err)
	if len(cases) == 0 {
		t.Fatalf("no cases in testdata/%s", dir)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			must(t, err)
			want := ""
			archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
				if f.Name == "want" {
					want = string(f.Data)
				}
				return f.Name == "want"
			})
			files, err := txtar.FS(archive)
			must(t, err)
			got := f(t, files)
			if got == want {
				return
			}
			if !*update {
				t.Fatalf("(-want +got)\n%s", cmp.Diff(want, got))
			}
			archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
			must(t, os.WriteFile(file, txtar.Format(archive), 0o600))
		})
	}
}

func lint(t *testing.T, files fs.FS) []scaffold.Finding {
	t.Helper()
	found, err := scaffold.Lint(t.Context(), files, scaffold.LintOptions{Actions: action.Pure()})
	must(t, err)
	return found
}

func TestLint(t *testing.T) {
	golden(t, "lint", func(t *testing.T, files fs.FS) string {
		var b bytes.Buffer
		must(t, scaffold.WriteFindings(&b, lint(t, files)))
		return b.String()
	})
}

// TestLintSpec finds the traps of the specification's own template (spec 5.2, 5.3).
func TestLintSpec(t *testing.T) {
	got := map[string]int{}
	for _, f := range lint(t, os.DirFS("testdata/spec")) {
		got[f.Rule]++
	}
	want := map[string]int{"not-in-backstage": 2, "github-expression-escape": 10, "unavailable-action": 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings by rule (-want +got)\n%s", diff)
	}
}

// TestEveryRuleIsTried makes sure that each rule has a case that it fires on.
func TestEveryRuleIsTried(t *testing.T) {
	seen := map[string]bool{}
	golden(t, "lint", func(t *testing.T, files fs.FS) string {
		for _, f := range lint(t, files) {
			seen[f.Rule] = true
		}
		var b bytes.Buffer
		must(t, scaffold.WriteFindings(&b, lint(t, files)))
		return b.String()
	})
	for _, r := range scaffold.Rules() {
		if !seen[r.ID] {
			t.Errorf("no case of testdata/lint fires %s", r.ID)
		}
	}
}

func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	found := lint(t, os.DirFS("testdata/spec"))
	must(t, scaffold.WriteSARIF(&b, found, "v1"))
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	must(t, json.Unmarshal(b.Bytes(), &log))
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != len(found) {
		t.Fatalf("version %s, %d results of %d", log.Version, len(run.Results), len(found))
	}
	for i, r := range run.Results {
		at := r.Locations[0].PhysicalLocation
		f := found[i]
		if r.RuleID != f.Rule || run.Tool.Driver.Rules[r.RuleIndex].ID != f.Rule || r.Level != string(f.Severity) ||
			at.ArtifactLocation.URI != f.File || at.Region.StartLine != f.Line || at.Region.StartColumn != f.Column {
			t.Errorf("result %d is %+v for %+v", i, r, f)
		}
	}
}
