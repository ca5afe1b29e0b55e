package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
	"github.com/cairn-dev/cairn/internal/repo"
)

// sweep collects a whole sweep.
func (s *simulated) sweep(opts github.SweepOptions) ([]github.SweptRepository, error) {
	s.t.Helper()
	var out []github.SweptRepository
	for r, err := range s.client.Sweep(s.t.Context(), s.on, opts) {
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// tell writes what a sweep says of repositories, a line each.
func tell(swept []github.SweptRepository) string {
	var w strings.Builder
	for _, r := range swept {
		fmt.Fprintf(&w, "%s:", r.Name.Repo)
		if r.Err != nil {
			fmt.Fprintf(&w, " %v\n", r.Err)
			continue
		}
		s := r.Snapshot
		fmt.Fprintf(&w, " %s", s.Visibility)
		for _, f := range []struct {
			is   bool
			name string
		}{{s.Archived, "archived"}, {s.Fork, "fork"}, {s.Empty, "empty"}} {
			if f.is {
				fmt.Fprintf(&w, " %s", f.name)
			}
		}
		for _, f := range r.Entities {
			fmt.Fprintf(&w, ", %s %q", f.Path, f.Text+f.Reason)
		}
		if r.Codeowners.Path != "" {
			fmt.Fprintf(&w, ", %s %q", r.Codeowners.Path, r.Codeowners.Text)
		}
		w.WriteByte('\n')
	}
	return w.String()
}

// An organisation of 10,000 repositories is swept within 300 queries.
func TestSweepOfTenThousand(t *testing.T) {
	s := newSimulated(t, nil)
	const repositories = 10_000
	entity := func(i int) string { return fmt.Sprintf("kind: Component\nmetadata: {name: service-%d}\n", i) }
	for i := range repositories {
		name := "catalog-info.yaml"
		if i%3 == 0 {
			name = "catalog-info.yml"
		}
		s.add(fmt.Sprintf("service-%d", i), map[string]string{name: entity(i), "CODEOWNERS": "* @acme/core\n", "main.go": "package main\n"})
	}
	s.install()
	started := time.Now()
	n := 0
	for r, err := range s.client.Sweep(t.Context(), s.on, github.SweepOptions{}) {
		s.must(err)
		if r.Name.Repo != fmt.Sprintf("service-%d", n) || r.Err != nil || len(r.Entities) != 1 || r.Entities[0].Text != entity(n) || r.Codeowners.Text != "* @acme/core\n" {
			t.Fatalf("repository %d: %s", n, tell([]github.SweptRepository{r}))
		}
		n++
	}
	counts := s.Requests()
	t.Logf("%d repositories with their files in %d GraphQL queries of %d points, all requests: %v, %s against the stand-in",
		n, s.queries(), s.points(), counts, time.Since(started).Round(time.Millisecond))
	if n != repositories || s.queries() > 300 || s.points() > 300 {
		t.Errorf("%d repositories in %d queries of %d points, want %d in at most 300", n, s.queries(), s.points(), repositories)
	}
	if len(counts) != 2 { // and one for the token
		t.Errorf("other requests: %v", counts)
	}
}

// Calls and answers are held against GitHub's descriptions.
func TestSweep(t *testing.T) {
	contracts, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := newSimulated(t, func(sim http.Handler) http.Handler { return contract.Watch(t, contracts, sim, nil) })
	s.AddOrganisation("widgets", "Widgets")
	s.add("pay", map[string]string{
		"catalog-info.yaml": "a", "catalog-info.yml": "b", "CODEOWNERS": "* @acme/root", ".github/CODEOWNERS": "* @acme/hub", "docs/CODEOWNERS": "* @acme/docs",
	})
	s.add("old", map[string]string{"catalog-info.yaml": "old", "docs/CODEOWNERS": "* @acme/docs"})
	s.must(s.SetArchived("acme", "old", true))
	s.add("vault", map[string]string{"catalog-info.yaml": "secret"})
	s.must(s.SetVisibility("acme", "vault", "private"))
	_, err = s.AddRepository("widgets", githubsim.Seeded{Name: "tool", Files: map[string]string{"catalog-info.yaml": "theirs"}})
	s.must(err)
	_, err = s.Fork("widgets", "tool", "acme")
	s.must(err)
	s.add("new", nil)
	s.add("odd", map[string]string{"catalog-info.yaml": "\x00\x01", "catalog-info.yml/file": "a folder"})
	s.add("plain", map[string]string{"README.md": "# Plain"})
	s.must(s.SetTopics("acme", "plain", "go", "tools"))
	s.install()

	swept, err := s.sweep(github.SweepOptions{})
	s.must(err)
	const want = `pay: public, catalog-info.yaml "a", catalog-info.yml "b", .github/CODEOWNERS "* @acme/hub"
old: public archived, catalog-info.yaml "old", docs/CODEOWNERS "* @acme/docs"
vault: private, catalog-info.yaml "secret"
tool: public fork, catalog-info.yaml "theirs"
new: public empty
odd: public, catalog-info.yaml "binary"
plain: public
`
	if diff := cmp.Diff(want, tell(swept)); diff != "" {
		t.Error(diff)
	}
	plain := swept[len(swept)-1].Snapshot
	if !slices.Equal(plain.Topics, []string{"go", "tools"}) || plain.DefaultBranch != "main" || len(plain.SHA) != 40 || plain.ID == 0 || plain.Protection != nil {
		t.Errorf("%+v", plain)
	}
	if s.queries() != 1 {
		t.Errorf("%d queries", s.queries())
	}

	t.Run("other entity files, from a cursor on", func(t *testing.T) {
		swept, err := s.sweep(github.SweepOptions{EntityFiles: []string{"README.md"}, After: swept[4].Cursor})
		s.must(err)
		if got := tell(swept); got != "odd: public\nplain: public, README.md \"# Plain\"\n" {
			t.Error(got)
		}
	})
	t.Run("until the caller has enough", func(t *testing.T) {
		for r, err := range s.client.Sweep(t.Context(), s.on, github.SweepOptions{}) {
			s.must(err)
			if r.Name.Repo == "old" {
				break
			}
		}
	})
}

// The App on selected repositories sees an organisation's public ones, but was not
// asked to look after them.
func TestSweepOfSelectedRepositories(t *testing.T) {
	s := newSimulated(t, nil)
	for _, name := range []string{"app", "lab", "pay"} {
		s.add(name, nil)
	}
	s.must(s.SetVisibility("acme", "pay", "private"))
	s.install("lab", "pay")
	swept, err := s.sweep(github.SweepOptions{})
	s.must(err)
	if got := tell(swept); got != "lab: public empty\npay: private empty\n" {
		t.Error(got)
	}
	if !s.on.Selected || s.Requests()["GET /installation/repositories"] != 1 {
		t.Errorf("%+v, %v", s.on, s.Requests())
	}
}

// What is wrong with one repository does not stop the sweep of the others.
func TestSweepIsolatesRepositories(t *testing.T) {
	s := newSimulated(t, nil)
	for i := range 12 {
		s.add(fmt.Sprintf("r%02d", i), map[string]string{"catalog-info.yaml": "entity"})
	}
	s.install()
	s.SetFaults(githubsim.Faults{
		Refuse: map[string]string{"acme/r02": "contents", "acme/r05": "metadata"},
		Slow:   []string{"acme/r08"},
	})
	swept, err := s.sweep(github.SweepOptions{})
	s.must(err)
	if len(swept) != 12 {
		t.Fatalf("%d repositories:\n%s", len(swept), tell(swept))
	}
	for i, r := range swept {
		forbidden, refused := errors.AsType[*github.ForbiddenError](r.Err)
		switch {
		case i == 2:
			if !refused || forbidden.Permission != "contents: read" || r.Name.Repo != "r02" || r.ID == 0 {
				t.Errorf("files kept back: %+v", r)
			}
		case i == 5:
			if !refused || r.Name != (repo.Name{}) || r.Cursor == "" {
				t.Errorf("a repository kept back: %+v", r)
			}
		case i == 8:
			if r.Err == nil || !strings.Contains(r.Err.Error(), "502") || r.Name.Repo != "r08" || r.ID == 0 || r.Snapshot != nil {
				t.Errorf("a repository that times out: %+v", r)
			}
		case r.Err != nil || r.Entities[0].Text != "entity" || r.Name.Repo != fmt.Sprintf("r%02d", i):
			t.Errorf("%d: %s", i, tell([]github.SweptRepository{r}))
		}
	}
	if n := s.queries(); n > 25 {
		t.Errorf("%d queries for 12 repositories", n)
	}
}

// A page that takes GitHub too long is asked for in halves, and a sweep of 1,000
// repositories stays far from one query for each.
func TestSweepInHalves(t *testing.T) {
	s := newSimulated(t, nil)
	for i := range 1000 {
		s.add(fmt.Sprintf("r%03d", i), map[string]string{"catalog-info.yaml": "entity"})
	}
	s.install()
	// A page asks for a repository and up to 20 topics each.
	for most, bound := range map[int]int{100: 10, 60: 22, 40: 44} {
		s.ResetRequests()
		s.SetFaults(githubsim.Faults{SlowNodes: most * 21})
		swept, err := s.sweep(github.SweepOptions{})
		s.must(err)
		seen := map[string]bool{}
		for _, r := range swept {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			seen[r.Name.Repo] = true
		}
		if len(swept) != 1000 || len(seen) != 1000 || s.queries() > bound {
			t.Errorf("at most %d at once: %d repositories in %d queries, want 1,000 in at most %d", most, len(seen), s.queries(), bound)
		}
		t.Logf("at most %d at once: %d queries", most, s.queries())
	}
}

func TestSweepFetchesTextsThatGitHubCuts(t *testing.T) {
	s := newSimulated(t, nil)
	long, huge := strings.Repeat("# a long line of an entity file\n", 20_000), strings.Repeat("x", 2<<20)
	for i := range 6 {
		s.add(fmt.Sprintf("r%d", i), map[string]string{"catalog-info.yaml": long + fmt.Sprint(i)})
	}
	s.add("huge", map[string]string{"catalog-info.yaml": huge})
	s.install()
	swept, err := s.sweep(github.SweepOptions{})
	s.must(err)
	for i, r := range swept[:6] {
		if r.Err != nil || r.Entities[0].Text != long+fmt.Sprint(i) {
			t.Errorf("%s: %v, %d bytes", r.Name, r.Err, len(r.Entities[0].Text))
		}
	}
	if f := swept[6].Entities[0]; f.Read || f.Text != "" || f.Reason != "2.0 MB, over the limit of 1.0 MB" {
		t.Errorf("huge: %v %q", f.Read, f.Reason)
	}
	if n := s.Requests()["GET /repos/{owner}/{repo}/git/blobs/{sha}"]; n != 6 {
		t.Errorf("%d files were fetched: %v", n, s.Requests())
	}

	s.SetFaults(githubsim.Faults{Forbid: "contents:read"}) // of the REST API
	swept, err = s.sweep(github.SweepOptions{})
	s.must(err)
	if _, refused := errors.AsType[*github.ForbiddenError](swept[0].Err); !refused || swept[6].Err != nil {
		t.Errorf("%v, %v", swept[0].Err, swept[6].Err)
	}
}

// GitHub may answer a part and say of the rest that something went wrong: less is
// asked for, and what is wrong with a repository alone is its own.
func TestSweepOfPartialAnswers(t *testing.T) {
	for name, problem := range map[string]string{
		"without a type":  `"message":"Something went wrong"`,
		"resource limits": `"type":"RESOURCE_LIMITS_EXCEEDED","message":"Resource limits for this query exceeded"`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			var sizes []int
			f.handle("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) {
				var q struct {
					Variables struct {
						First int
						After string
					}
				}
				if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
					t.Error(err)
				}
				sizes = append(sizes, q.Variables.First)
				if q.Variables.After == "a" { // the second and last, in order
					io.WriteString(w, `{"data":{"repositoryOwner":{"repositories":{"pageInfo":{"hasNextPage":false,"endCursor":"b"},
						"edges":[{"cursor":"b","node":{"databaseId":2,"nameWithOwner":"acme/b"}}]}}}}`)
					return
				}
				io.WriteString(w, `{"data":{"repositoryOwner":{"repositories":{"pageInfo":{"hasNextPage":true,"endCursor":"a"},
					"edges":[{"cursor":"a","node":{"databaseId":1,"nameWithOwner":"acme/a","defaultBranchRef":null}}]}}},
					"errors":[{"path":["repositoryOwner","repositories","edges",0,"node","defaultBranchRef"],`+problem+`}]}`)
			})
			var got []string
			for r, err := range f.client().Sweep(t.Context(), github.Installation{ID: testInstallation, Account: "acme"}, github.SweepOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(r.Name, " failed: ", r.Err != nil))
			}
			if diff := cmp.Diff([]string{"acme/a failed: true", "acme/b failed: false"}, got); diff != "" {
				t.Error(diff)
			}
			if !slices.Equal(sizes[:7], []int{100, 50, 25, 12, 6, 3, 1}) || len(sizes) != 8 {
				t.Errorf("asked for %v", sizes)
			}
		})
	}
}

// What concerns the whole sweep ends it, and says from where to go on.
func TestSweepEnds(t *testing.T) {
	fill := func(s *simulated) {
		for i := range 250 {
			s.add(fmt.Sprintf("r%03d", i), nil)
		}
		s.install()
	}
	t.Run("at the rate limit, and goes on", func(t *testing.T) {
		s := newSimulated(t, nil)
		fill(s)
		var cursor string
		n := 0
		for r, err := range s.client.Sweep(t.Context(), s.on, github.SweepOptions{}) {
			if limited, ok := errors.AsType[*github.RateLimitedError](err); ok {
				if !limited.Until.After(time.Now()) || n != 100 {
					t.Errorf("after %d repositories: %v", n, limited)
				}
				break
			}
			s.must(err)
			cursor, n = r.Cursor, n+1
			if n == 100 {
				s.SetFaults(githubsim.Faults{SecondaryLimit: 1})
			}
		}
		s.client = s.newClient() // which has no pause to keep
		rest, err := s.sweep(github.SweepOptions{After: cursor})
		s.must(err)
		if len(rest) != 150 || rest[0].Name.Repo != "r100" {
			t.Errorf("%d more, from %s", len(rest), rest[0].Name)
		}
	})
	t.Run("when GitHub is down", func(t *testing.T) {
		s := newSimulated(t, nil)
		fill(s)
		s.SetFaults(githubsim.Faults{ServerErrors: 1000, Only: "POST /graphql"})
		if swept, err := s.sweep(github.SweepOptions{}); err == nil || len(swept) != 0 || s.queries() > 10 {
			t.Errorf("%d repositories, %d queries, %v", len(swept), s.queries(), err)
		}
	})
	t.Run("when the organisation is gone", func(t *testing.T) {
		s := newSimulated(t, nil)
		fill(s)
		s.on.Account = "nobody"
		_, err := s.sweep(github.SweepOptions{})
		if missing, ok := errors.AsType[*github.NotFoundError](err); !ok || missing.What != "the organisation" {
			t.Error(err)
		}
	})
	t.Run("with the caller's context", func(t *testing.T) {
		s := newSimulated(t, nil)
		fill(s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range s.client.Sweep(ctx, s.on, github.SweepOptions{}) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) || s.queries() > 1 {
			t.Errorf("%v after %d queries", last, s.queries())
		}
	})
	t.Run("when a list runs in a circle", func(t *testing.T) {
		s := newSimulated(t, func(sim http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/graphql" {
					io.WriteString(w, `{"data":{"repositoryOwner":{"repositories":{"pageInfo":{"hasNextPage":true,"endCursor":"again"},"edges":[]}}}}`)
					return
				}
				sim.ServeHTTP(w, r)
			})
		})
		s.install()
		if _, err := s.sweep(github.SweepOptions{}); err == nil || !strings.Contains(err.Error(), `does not go on after "again"`) {
			t.Error(err)
		}
	})
}
