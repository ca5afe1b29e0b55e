package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/repo"
)

func readPullRequest(f *fakeGitHub, opts github.ReadOptions) (*github.PullRequest, error) {
	return f.client().ReadPullRequest(context.Background(), testInstallation, github.PullRequestRef{Name: pay(), Number: 12, HeadSHA: "c0ffee"}, opts)
}

// crds answers the one REST read that testdata/pullrequest.json leads to.
func (f *fakeGitHub) crds() {
	f.handle("GET /api/v3/repos/acme/pay/git/blobs/a3", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "kind: CustomResourceDefinition\n")
	})
}

func TestReadPullRequest(t *testing.T) {
	f := newFake(t)
	f.graphql(pullRequestAnswer(t))
	f.crds()
	got, err := readPullRequest(f, optionsAll())
	if err != nil {
		t.Fatal(err)
	}
	want := &github.PullRequest{
		Number: 12, Title: "Add k8s", State: "open", Draft: true, URL: "https://github.example/acme/pay/pull/12",
		Author: "renovate", AuthorIsBot: true, Labels: []string{"infra"}, HeadRef: "k8s", HeadSHA: "c0ffee",
		HeadRepository: pay(), BaseRef: "main", BaseSHA: "01d",
		Changed:      []github.ChangedFile{{"k8s/base/app.yaml", "added"}, {"README.md", "modified"}},
		ChangedTotal: 180,
		Policy: &github.Document{Repository: repo.Name{Owner: "acme", Repo: ".github"}, Branch: "trunk", SHA: "9017c4",
			File: repo.File{Path: ".platform/policy.yaml", OID: "70", Size: 14, Text: "mode: enforce\n", Read: true}},
		Settings: &github.Document{Repository: pay(), Branch: "main", SHA: "ba5e",
			File: repo.File{Path: ".github/platform.yaml", OID: "5e77", Size: 10, Text: "path: svc\n", Read: true}},
		CheckRuns: []github.ExistingCheckRun{
			{ID: 9, ExternalID: "pr", Name: "Golden path", Status: "in_progress", URL: "https://github.example/9", Total: 1,
				Annotations: []github.Annotation{{Path: "README.md", StartLine: 1, EndLine: 2, Level: "warning", Message: "too short"}}},
			{ID: 8, ExternalID: "old", Name: "Golden path", Status: "completed", Conclusion: "failure", Title: "67/100", URL: "https://github.example/8"},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(github.PullRequest{}, "Head", "Base")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	facts := repo.NewSnapshot(pay(), repo.Want{})
	facts.ID, facts.URL, facts.Description = 4711, "https://github.example/acme/pay", "Takes money"
	facts.DefaultBranch, facts.Branch, facts.SHA, facts.Visibility = "main", "k8s", "c0ffee", "internal"
	facts.Topics, facts.Languages = []string{"payments", "go"}, []repo.Language{{Name: "Go", Bytes: 9000}, {Name: "Dockerfile", Bytes: 100}}
	facts.Protection = &repo.Protection{
		RequiresPullRequest: true, RequiredApprovals: 2, RequiresCodeOwners: true, RequiresStatusChecks: true,
		RequiredStatusChecks: []string{"Golden path", "ci"}, EnforcedForAdmins: true, Sources: []string{"branch protection", "ruleset: main"},
	}
	if diff := cmp.Diff(facts, got.Head, cmpopts.IgnoreUnexported(repo.Snapshot{})); diff != "" {
		t.Errorf("the head's facts: -want +got\n%s", diff)
	}
	for path, want := range map[string]string{
		"README.md":                "new\n",
		"Dockerfile":               `Symlink a symbolic link to "build/Dockerfile"`,
		"go.mod":                   "absent",
		"logo.png":                 "not asked for",
		"k8s/run.sh":               "#!\n",
		"k8s/key.p12":              "binary",
		"k8s/crds.yaml":            "kind: CustomResourceDefinition\n",
		"k8s/huge.yaml":            "2.9 MB, over the limit of 1.0 MB",
		"k8s/base/app.yaml":        "kind: Pod\n",
		"k8s/base/svc.yaml":        "absent",
		"k8s/a/b/c/deep.yaml":      "unread",
		".github/workflows/ci.yml": "absent",
		"vendor":                   "submodule",
	} {
		if got := told(got.Head, path); got != want {
			t.Errorf("%s at the head: %q, want %q", path, got, want)
		}
	}
	if text := told(got.Base, "README.md"); text != "old\n" || got.Base.SHA != "ba5e" || got.Base.Branch != "main" {
		t.Errorf("base: README.md %q at %s %s", text, got.Base.Branch, got.Base.SHA)
	}
	if diff := cmp.Diff([]string{"POST /graphql", "GET /v3/repos/acme/pay/git/blobs/a3"}, f.calls()); diff != "" {
		t.Errorf("requests: -want +got\n%s", diff)
	}
}

// told puts what a Snapshot says of a path into words.
func told(s *repo.Snapshot, path string) string {
	f, p := s.File(path)
	switch {
	case p == repo.Absent:
		return "absent"
	case p == repo.Unread:
		return "unread"
	case f.Kind == repo.Submodule:
		return "submodule"
	case f.Kind == repo.Symlink:
		return "Symlink " + f.Reason
	case !f.Read:
		return f.Reason
	}
	return f.Text
}

// The bound of the issue: with a cached token, one request for a pull request.
func TestAPullRequestCostsOneRequest(t *testing.T) {
	f := newFake(t)
	text := strings.NewReplacer(`"isTruncated": true`, `"isTruncated": false`).Replace(pullRequestAnswer(t))
	f.graphql(text)
	c := f.client()
	for range 3 {
		if _, err := c.ReadPullRequest(context.Background(), testInstallation, github.PullRequestRef{Name: pay(), Number: 12}, optionsAll()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.calls()); n != 3 {
		t.Errorf("%d requests for 3 reads", n)
	}
	if n := len(f.requests("/access_tokens")); n != 1 {
		t.Errorf("%d tokens for 3 reads", n)
	}
}

func TestStaleHead(t *testing.T) {
	f := newFake(t)
	f.graphql(pullRequestAnswer(t))
	f.crds()
	for hint, stale := range map[string]bool{"": false, "c0ffee": false, "deadbeef": true} {
		pr, err := f.client().ReadPullRequest(context.Background(), testInstallation, github.PullRequestRef{Name: pay(), Number: 12, HeadSHA: hint}, optionsAll())
		if err != nil {
			t.Fatal(err)
		}
		if pr.Stale != stale || pr.HeadSHA != "c0ffee" {
			t.Errorf("hint %q: stale %v, head %s", hint, pr.Stale, pr.HeadSHA)
		}
	}
}

// A head that is not among the pull request's commits is read by its SHA: from
// the base repository, else from the fork.
func TestHeadByItsSHA(t *testing.T) {
	commit := `{"oid": "c0ffee", "p1": {"name": "README.md", "mode": 33188, "oid": "1", "size": 3, "object": {"byteSize": 3, "text": "sha"}}}`
	pr := edit(t, pullRequestAnswer(t), []any{}, "data", "repository", "pullRequest", "commits", "nodes")
	pr = edit(t, pr, map[string]any{"nameWithOwner": "eve/pay"}, "data", "repository", "pullRequest", "headRepository")
	for name, c := range map[string]struct{ answer, text, err string }{
		"through the base":  {`{"data": {"inBase": {"object": ` + commit + `}, "inHead": {"object": null}}}`, "sha", ""},
		"through the fork":  {`{"data": {"inBase": {"object": null}, "inHead": {"object": ` + commit + `}}}`, "sha", ""},
		"fork not visible":  {`{"data": {"inBase": {"object": ` + commit + `}, "inHead": null}, "errors": [{"type": "NOT_FOUND", "path": ["inHead"], "message": "no"}]}`, "sha", ""},
		"not there, either": {`{"data": {"inBase": {"object": null}, "inHead": {"object": null}}}`, "", "does not show the head commit c0ffee"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.graphql(pr, c.answer)
			got, err := readPullRequest(f, optionsAll())
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatal(err)
			}
			if err == nil && told(got.Head, "README.md") != c.text {
				t.Errorf("README.md: %q", told(got.Head, "README.md"))
			}
			if n := len(f.calls()); n != 2 {
				t.Errorf("%d requests", n)
			}
			if q := f.requests("/graphql")[1].Body; !strings.Contains(q, `"headOwner":"eve"`) {
				t.Errorf("the fork was not asked: %s", q)
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	whole := pullRequestAnswer(t)
	fail := func(kind, message string, path ...any) string {
		return edit(t, whole, []any{map[string]any{"type": kind, "message": message, "path": path}}, "errors")
	}
	const no = "Resource not accessible by integration"
	forbidden := func(permission string) func(*github.PullRequest, error) bool {
		return func(_ *github.PullRequest, err error) bool {
			f, ok := errors.AsType[*github.ForbiddenError](err)
			return ok && f.Permission == permission && strings.Contains(err.Error(), "read acme/pay#12")
		}
	}
	says := func(text string) func(*github.PullRequest, error) bool {
		return func(pr *github.PullRequest, err error) bool {
			return pr == nil && err != nil && strings.Contains(err.Error(), text)
		}
	}
	for name, c := range map[string]struct {
		answer string
		right  func(*github.PullRequest, error) bool
	}{
		"no policy repository": {
			edit(t, fail("NOT_FOUND", "Could not resolve", "policy"), nil, "data", "policy"),
			func(pr *github.PullRequest, err error) bool {
				return err == nil && pr.Policy == nil && pr.Settings != nil
			},
		},
		"protection not permitted": {
			fail("FORBIDDEN", no, "repository", "defaultBranchRef", "branchProtectionRule"),
			func(pr *github.PullRequest, err error) bool { return err == nil && pr.Head.Protection == nil },
		},
		"base branch gone": {
			edit(t, whole, nil, "data", "repository", "pullRequest", "baseRef"),
			func(pr *github.PullRequest, err error) bool { return err == nil && pr.Base == nil && pr.Head != nil },
		},
		"files not permitted": {
			fail("FORBIDDEN", no, "repository", "pullRequest", "commits", "nodes", 0, "commit", "p0"), forbidden("contents: read"),
		},
		"checks not permitted": {
			fail("FORBIDDEN", no, "repository", "pullRequest", "commits", "nodes", 0, "commit", "checkSuites"), forbidden("checks: read"),
		},
		"pull requests not permitted": {fail("FORBIDDEN", no, "repository", "pullRequest"), forbidden("pull_requests: read")},
		"policy not permitted":        {fail("FORBIDDEN", no, "policy", "defaultBranchRef", "target", "policy"), forbidden("contents: read")},
		"no such repository": {
			`{"data": {"repository": null}, "errors": [{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}]}`,
			func(_ *github.PullRequest, err error) bool {
				missing, ok := errors.AsType[*github.NotFoundError](err)
				return ok && missing.What == "the repository"
			},
		},
		"no such pull request": {
			`{"data": {"repository": {"pullRequest": null}}, "errors": [{"type": "NOT_FOUND", "path": ["repository", "pullRequest"], "message": "Could not resolve"}]}`,
			func(_ *github.PullRequest, err error) bool {
				missing, ok := errors.AsType[*github.NotFoundError](err)
				return ok && missing.What == "the pull request"
			},
		},
		"partial answer after a time-out": {
			edit(t, edit(t, whole, []any{map[string]any{"message": "Something went wrong while executing your query"}}, "errors"),
				nil, "data", "repository", "pullRequest", "baseRef"),
			says("Something went wrong"),
		},
		"resource limits": {
			fail("RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded", "repository", "pullRequest", "files"),
			says("RESOURCE_LIMITS_EXCEEDED at repository.pullRequest.files"),
		},
		"neither data nor errors": {`{}`, says("neither data nor errors")},
		"not JSON":                {`<html>`, says("read the answer")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.graphql(c.answer)
			f.crds()
			if pr, err := readPullRequest(f, optionsAll()); !c.right(pr, err) {
				t.Errorf("%+v, %v", pr, err)
			}
		})
	}
}

// A repository whose folders hold more than a process should take in is read once
// more, without the text of its folders.
func TestTooLargeAnswer(t *testing.T) {
	f := newFake(t)
	large := `{"data": "` + strings.Repeat("x", 24<<20) + `"}`
	f.graphql(large, pullRequestAnswer(t))
	pr, err := readPullRequest(f, optionsAll())
	if err != nil {
		t.Fatal(err)
	}
	if got := told(pr.Head, "k8s/base/app.yaml"); got != "the files asked for are over 24.0 MB together" {
		t.Errorf("k8s/base/app.yaml: %q", got)
	}
	if got := told(pr.Head, "README.md"); got != "new\n" {
		t.Errorf("README.md: %q", got)
	}
	again := f.requests("/graphql")[1].Body
	if strings.Contains(again, "Text1") || !strings.Contains(again, "Names3") {
		t.Errorf("texts of folders were asked for again: %s", again)
	}
}

// The names of a large repository's files are not worth a failed read: they are
// left out, and the Snapshot does not answer for them.
func TestTooLargeListing(t *testing.T) {
	f := newFake(t)
	f.graphql(`{"data": "`+strings.Repeat("x", 24<<20)+`"}`, pullRequestAnswer(t))
	options := optionsAll()
	options.Want = options.Want.Merge(repo.Want{Dirs: []repo.Dir{{Depth: 4, NamesOnly: true}}})
	pr, err := readPullRequest(f, options)
	if err != nil {
		t.Fatal(err)
	}
	if _, p := pr.Head.File("a/b/c/d"); p != repo.Unread {
		t.Errorf("a/b/c/d is %v, want unread", p)
	}
	if _, p := pr.Head.File("no-such-file"); p != repo.Absent {
		t.Errorf("no-such-file is %v, want absent", p)
	}
}

func TestReadBranches(t *testing.T) {
	var names []repo.Name
	for i := range 30 {
		names = append(names, repo.Name{Owner: "acme", Repo: fmt.Sprintf("r%02d", i)})
	}
	f := newFake(t)
	f.handle("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Variables map[string]any }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		data, problems := map[string]any{}, []any{}
		for i := range 30 {
			alias := fmt.Sprintf("r%d", i)
			name, ok := q.Variables[fmt.Sprintf("repo%d", i)]
			switch {
			case !ok:
			case name == "r07":
				problems = append(problems, map[string]any{"type": "NOT_FOUND", "path": []string{alias}, "message": "no"})
				data[alias] = nil
			case name == "r08":
				data[alias] = map[string]any{"nameWithOwner": "acme/r08", "isEmpty": true, "defaultBranchRef": nil}
			default:
				data[alias] = map[string]any{"nameWithOwner": fmt.Sprintf("acme/%s", name), "defaultBranchRef": map[string]any{
					"name": "main", "rules": map[string]any{"nodes": []any{}}, "target": map[string]any{"oid": "1", "p0": nil}}}
			}
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": data, "errors": problems}); err != nil {
			t.Error(err)
		}
	})
	results, err := f.client().ReadBranches(context.Background(), testInstallation, names, github.ReadOptions{Want: repo.Want{Files: []string{"go.mod"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 30 || len(f.calls()) != 2 {
		t.Fatalf("%d results in %d requests", len(results), len(f.calls()))
	}
	for i, r := range results {
		_, missing := errors.AsType[*github.NotFoundError](r.Err)
		switch {
		case r.Name != names[i]:
			t.Errorf("result %d is of %s", i, r.Name)
		case i == 7 && !missing, i != 7 && r.Err != nil:
			t.Errorf("%s: %v", r.Name, r.Err)
		case i == 8 && (!r.Branch.Snapshot.Empty || r.Branch.Snapshot.SHA != ""):
			t.Errorf("the empty repository: %+v", r.Branch.Snapshot)
		case i == 9 && told(r.Branch.Snapshot, "go.mod") != "absent":
			t.Errorf("go.mod: %s", told(r.Branch.Snapshot, "go.mod"))
		}
	}
	if p := results[0].Branch.Snapshot.Protection; p == nil || p.Sources != nil || !p.AllowsForcePushes {
		t.Errorf("an unprotected branch: %+v", p)
	}
}

// What GitHub cannot answer at once is asked for in halves.
func TestReadBranchesInHalves(t *testing.T) {
	f := newFake(t)
	f.handle("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Variables map[string]any }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		if _, ok := q.Variables["repo1"]; ok {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, `{"data": {"r0": {"nameWithOwner": "acme/%s"}}}`, q.Variables["repo0"])
	})
	names := []repo.Name{{Owner: "acme", Repo: "a"}, {Owner: "acme", Repo: "b"}, {Owner: "acme", Repo: "c"}}
	results, err := f.client().ReadBranches(context.Background(), testInstallation, names, github.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil || r.Branch.Snapshot.Name != names[i] {
			t.Errorf("%d: %+v", i, r)
		}
	}
}

func TestPullRequestsWithCommit(t *testing.T) {
	f := newFake(t)
	f.handle("GET /api/v3/repos/acme/pay/commits/c0ffee/pulls", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `[{"number": 1, "state": "closed", "head": {"sha": "c0ffee"}},
			{"number": 2, "state": "open", "head": {"sha": "c0ffee"}}, {"number": 3, "state": "open", "head": {"sha": "other"}}]`)
	})
	got, err := f.client().PullRequestsWithCommit(context.Background(), testInstallation, pay(), "c0ffee")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]github.PullRequestRef{{Name: pay(), Number: 2, HeadSHA: "c0ffee"}}, got); diff != "" {
		t.Error(diff)
	}
}
