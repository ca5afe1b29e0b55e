package github

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/cairn-dev/cairn/internal/repo"
)

var update = flag.Bool("update", false, "write the golden files anew")

func wantAll() repo.Want {
	return repo.Want{
		Files: []string{"README.md", "go.mod", "Dockerfile"},
		Dirs:  []repo.Dir{{Path: "k8s", Depth: 3}, {Path: ".github/workflows", Depth: 1}, {Path: "", Depth: 1, NamesOnly: true}},
	}
}

func optionsAll() ReadOptions {
	return ReadOptions{
		Want: wantAll(), PolicyRepo: ".github", PolicyPath: ".platform/policy.yaml",
		SettingsPath: ".github/platform.yaml", CheckName: "Golden path", AppID: 5,
	}
}

func pay() repo.Name { return repo.Name{Owner: "acme", Repo: "pay"} }

// githubSchema is GitHub's own, as the stand-in carries it.
var githubSchema = sync.OnceValues(func() (*ast.Schema, error) {
	file, err := os.Open("../githubsim/graphql/schema.graphql.gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return nil, err
	}
	return gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
})

// valid fails the test unless GitHub's schema accepts the query, without a
// variable too many or too few.
func valid(tb testing.TB, q query) {
	tb.Helper()
	schema, err := githubSchema()
	if err != nil {
		tb.Fatal(err)
	}
	doc, problems := gqlparser.LoadQueryWithRules(schema, q.Text, rules.NewDefaultRules())
	if problems != nil {
		tb.Fatalf("GitHub's schema refuses the query: %v\n%s", problems, q.Text)
	}
	declared := map[string]bool{}
	for _, v := range doc.Operations[0].VariableDefinitions {
		declared[v.Variable] = true
		if _, ok := q.Variables[v.Variable]; !ok {
			tb.Errorf("no value for $%s", v.Variable)
		}
	}
	if len(declared) != len(q.Variables) || doc.Operations[0].Operation != ast.Query {
		tb.Errorf("variables %v do not match the declared %v", q.Variables, declared)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-golden +got); -update writes it anew:\n%s", path, diff)
	}
}

func TestQueries(t *testing.T) {
	ref := PullRequestRef{Name: pay(), Number: 12}
	want := wantAll().Merge(repo.Want{})
	fork := repo.Name{Owner: "eve", Repo: "pay"}
	for name, build := range map[string]func(ReadOptions) (query, error){
		"pullrequest.graphql": func(o ReadOptions) (query, error) { return pullRequestQuery(ref, want, o) },
		"head.graphql":        func(o ReadOptions) (query, error) { return headQuery(pay(), fork, "c0ffee", want, o) },
		"branches.graphql": func(o ReadOptions) (query, error) {
			return branchesQuery([]repo.Name{pay(), {Owner: "acme", Repo: "shop"}}, want, o)
		},
		"sweep.graphql": func(o ReadOptions) (query, error) {
			return sweepQuery("acme", "Y3Vyc29y", sweepPage, repo.Want{Files: o.Want.Files})
		},
		"members.graphql": func(ReadOptions) (query, error) { return membersQuery("acme", membersPage, ""), nil },
		"teams.graphql":   func(ReadOptions) (query, error) { return teamsQuery("acme", teamsPage, "", true), nil },
		"team.graphql": func(ReadOptions) (query, error) {
			return teamQuery("acme", "core", teamRepositories, membersPage, "Y3Vyc29y"), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := build(optionsAll())
			if err != nil {
				t.Fatal(err)
			}
			valid(t, q)
			vars, err := json.MarshalIndent(q.Variables, "# ", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, q.Text+"# "+string(vars)+"\n")

			bare, err := build(ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			valid(t, bare)
		})
	}
}

func TestEqualWantsGiveEqualQueries(t *testing.T) {
	a := repo.Want{Files: []string{"b", "a", "b"}, Dirs: []repo.Dir{{Path: "y", Depth: 1}, {Path: "x", Depth: 2}}}
	b := repo.Want{Files: []string{"a", "b"}, Dirs: []repo.Dir{{Path: "x", Depth: 2}, {Path: "y", Depth: 1}}}
	var texts []string
	for _, w := range []repo.Want{a, b} {
		q, err := pullRequestQuery(PullRequestRef{Name: pay(), Number: 1}, w.Merge(repo.Want{}), optionsAll())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyPathsAreRefused(t *testing.T) {
	want := repo.Want{Files: make([]string, maxPaths+1)}
	if _, err := pullRequestQuery(PullRequestRef{Name: pay(), Number: 1}, want, ReadOptions{}); err == nil {
		t.Error("a query of any length was built")
	}
}

// A path comes from a policy or a settings file: whatever it holds, the query
// stays the same valid text, and the path arrives as it was written.
func FuzzPathsDoNotChangeTheQuery(f *testing.F) {
	for _, s := range []string{
		"README.md", `a"b`, "a\nb", "a) { viewer { login } } #", `\`, `"""`, "ünï/✓", "../x", "/", "a//b", "a\x00b", "\xff", "$p0", "-x",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, file, dir string) {
		want := repo.Want{Files: []string{file}, Dirs: []repo.Dir{{Path: dir, Depth: 2}}}
		q, err := pullRequestQuery(PullRequestRef{Name: pay(), Number: 1}, want, ReadOptions{SettingsPath: file})
		if err != nil {
			t.Fatal(err)
		}
		valid(t, q)
		body, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		var back query
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatal(err)
		}
		if sent, ok := back.Variables["p0"]; ok && (sent != file || !utf8.ValidString(file) || strings.Contains(file, "//")) {
			t.Errorf("%q was asked for as %q", file, sent)
		}
		if sent, ok := back.Variables["d0"]; ok && sent != dir {
			t.Errorf("%q was asked for as %q", dir, sent)
		}
	})
}
