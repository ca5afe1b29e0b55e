package githubsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

// world is a stand-in with the organisation acme, watched: every call, answer and
// delivery is held against GitHub's descriptions.
type world struct {
	t   *testing.T
	sim *githubsim.Server
	url string

	mu         sync.Mutex
	deliveries []string // "event.action"
}

const hookSecret = "a secret for the tour of the stand-in"

func newWorld(t *testing.T, opts githubsim.Options) *world {
	t.Helper()
	contracts, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t}
	hooks := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, f := range contracts.Delivery(r.Header, body, hookSecret) {
			t.Error(f)
		}
		var p struct{ Action string }
		if err := json.Unmarshal(body, &p); err != nil {
			t.Error(err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.deliveries = append(w.deliveries, strings.TrimSuffix(r.Header.Get("X-GitHub-Event")+"."+p.Action, "."))
		rw.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(hooks.Close)
	opts.WebhookURL, opts.WebhookSecret = hooks.URL, hookSecret
	if opts.Permissions == nil {
		opts.Permissions = map[string]string{
			"checks": "write", "contents": "write", "issues": "write", "pull_requests": "write", "administration": "write",
			"deployments": "write", "members": "read", "statuses": "write",
		}
	}
	opts.Events = []string{
		"push", "pull_request", "check_run", "check_suite", "repository", "issues", "issue_comment", "deployment", "deployment_status",
		"team", "organization",
	}
	sim, err := githubsim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(contract.Watch(t, contracts, sim, nil))
	t.Cleanup(api.Close)
	sim.SetURL(api.URL)
	w.sim, w.url = sim, api.URL
	t.Cleanup(func() {
		if err := sim.Quiet(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return w
}

// acme makes the organisation, its people and the App's installation.
func (w *world) acme() {
	w.t.Helper()
	w.sim.AddOrganisation("acme", "Acme")
	w.sim.AddUser("ada", "Ada")
	w.sim.AddUser("eve", "Eve")
	w.must(w.sim.AddMember("acme", "ada", "admin"))
	_, err := w.sim.AddTeam("acme", "Payments", "", "ada")
	w.must(err)
	_, err = w.sim.Install("acme")
	w.must(err)
	_, err = w.sim.AddRepository("acme", githubsim.Seeded{Name: "pay", Description: "Takes payments", Author: "ada", Topics: []string{"go"}, Files: map[string]string{
		"README.md": "# Pay\n", "main.go": "package main\n", "docs/index.md": "docs\n",
	}})
	w.must(err)
	w.must(w.sim.GrantTeam("acme", "payments", "pay", "push"))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// call makes one request and returns its status and decoded body.
func (w *world) call(token, method, path string, body any) (int, any) {
	w.t.Helper()
	var in io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		w.must(err)
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, in)
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", "tour")
	res, err := http.DefaultClient.Do(req)
	w.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	var out any
	if len(text) > 0 && strings.Contains(res.Header.Get("Content-Type"), "json") {
		w.must(json.Unmarshal(text, &out))
	}
	return res.StatusCode, out
}

// want makes a request that must be answered with status, and returns a field of
// the answer by a path such as "head.sha" ("" for none).
func (w *world) want(status int, token, method, path string, body any, field string) string {
	w.t.Helper()
	got, out := w.call(token, method, path, body)
	if got != status {
		w.t.Fatalf("%s %s: %d %v, want %d", method, path, got, out, status)
	}
	if field == "" {
		return ""
	}
	for key := range strings.SplitSeq(field, ".") {
		if list, isList := out.([]any); isList {
			n, err := strconv.Atoi(key)
			w.must(err)
			if n >= len(list) {
				w.t.Fatalf("%s %s: no element %s in %v", method, path, field, list)
			}
			out = list[n]
			continue
		}
		object, isObject := out.(map[string]any)
		if !isObject {
			w.t.Fatalf("%s %s: no %s in the answer", method, path, field)
		}
		out = object[key]
	}
	if number, isNumber := out.(float64); isNumber {
		return strconv.FormatInt(int64(number), 10)
	}
	return fmt.Sprint(out)
}

// appToken signs the App's JWT, as a client does.
func (w *world) appToken() string {
	w.t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM(w.sim.PrivateKey())
	w.must(err)
	now := time.Now()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: strconv.FormatInt(w.sim.AppID(), 10), IssuedAt: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(now.Add(8 * time.Minute)),
	}).SignedString(key)
	w.must(err)
	return text
}

func (w *world) installationToken() string {
	w.t.Helper()
	id := w.want(200, w.appToken(), "GET", "/repos/acme/pay/installation", nil, "id")
	return w.want(201, w.appToken(), "POST", "/app/installations/"+id+"/access_tokens", map[string]any{}, "token")
}

type m = map[string]any

// TestTour goes through what Cairn and a person need, in the order of a working
// day. What it asserts beyond status codes is in the contract that watches.
func TestTour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, githubsim.Options{})
	w.acme()
	const ada, repo = "ghp_ada", "/repos/acme/pay"
	app, bot := w.appToken(), w.installationToken()

	// The App.
	w.want(200, app, "GET", "/app", nil, "")
	id := w.want(200, app, "GET", "/app/installations", nil, "0.id")
	w.want(200, app, "GET", "/app/installations/"+id, nil, "")
	w.want(200, app, "GET", "/orgs/acme/installation", nil, "")
	w.want(200, app, "GET", "/app/hook/config", nil, "")
	w.want(200, bot, "GET", "/installation/repositories", nil, "repositories.0.id")
	w.want(200, bot, "GET", "/rate_limit", nil, "resources.core.limit")

	// A repository and its git.
	w.want(200, ada, "GET", "/user", nil, "")
	w.want(200, ada, "GET", "/users/eve", nil, "")
	w.want(200, bot, "GET", repo, nil, "")
	w.want(200, bot, "GET", "/orgs/acme/repos?per_page=5", nil, "")
	w.want(200, bot, "GET", repo+"/topics", nil, "names.0")
	w.want(200, bot, "PUT", repo+"/topics", m{"names": []string{"go", "tier-1"}}, "names.1")
	w.want(200, bot, "GET", repo+"/languages", nil, "Go")
	w.want(200, bot, "GET", repo+"/teams", nil, "0.slug")
	w.want(200, bot, "GET", repo+"/collaborators/ada/permission", nil, "permission")
	w.want(204, bot, "PUT", repo+"/collaborators/eve", m{"permission": "push"}, "")
	w.want(200, bot, "GET", repo+"/branches", nil, "0.name")
	head := w.want(200, bot, "GET", repo+"/branches/main", nil, "commit.sha")
	blob := w.want(201, bot, "POST", repo+"/git/blobs", m{"content": "aGVsbG8=", "encoding": "base64"}, "sha")
	w.want(200, bot, "GET", repo+"/git/blobs/"+blob, nil, "")
	tree := w.want(201, bot, "POST", repo+"/git/trees", m{"base_tree": head, "tree": []m{
		{"path": "run.sh", "mode": "100755", "type": "blob", "sha": blob}, {"path": "cmd/tool.go", "mode": "100644", "type": "blob", "content": "package cmd\n"},
	}}, "sha")
	w.want(200, bot, "GET", repo+"/git/trees/"+tree+"?recursive=1", nil, "")
	commit := w.want(201, bot, "POST", repo+"/git/commits", m{"message": "Add a tool", "tree": tree, "parents": []string{head}}, "sha")
	w.want(200, bot, "GET", repo+"/git/commits/"+commit, nil, "")
	w.want(201, bot, "POST", repo+"/git/refs", m{"ref": "refs/heads/tool", "sha": commit}, "")
	w.want(200, bot, "GET", repo+"/git/ref/heads/tool", nil, "")
	w.want(200, bot, "GET", repo+"/git/matching-refs/heads/to", nil, "0.ref")
	w.want(422, bot, "PATCH", repo+"/git/refs/heads/tool", m{"sha": head}, "")
	w.want(200, bot, "GET", repo+"/compare/main...tool", nil, "commits.0.sha")
	w.want(200, bot, "GET", repo+"/commits?sha=tool", nil, "0.sha")
	w.want(200, bot, "GET", repo+"/commits/"+commit, nil, "")
	w.want(200, bot, "GET", repo+"/contents/README.md", nil, "sha")
	w.want(200, bot, "GET", repo+"/contents/docs", nil, "0.name")
	w.want(201, ada, "PUT", repo+"/contents/CODEOWNERS", m{"message": "Own it", "content": "KiBAYWRhCg=="}, "commit.sha")
	w.want(404, bot, "GET", repo+"/contents/nothing", nil, "")

	// A pull request with checks.
	number := w.want(201, ada, "POST", repo+"/pulls", m{"title": "A tool", "head": "tool", "base": "main", "body": "It helps."}, "number")
	w.want(422, ada, "POST", repo+"/pulls", m{"title": "Again", "head": "tool", "base": "main"}, "")
	w.want(200, bot, "GET", repo+"/pulls", nil, "0.number")
	w.want(200, bot, "GET", repo+"/pulls/"+number, nil, "head.sha")
	w.want(200, bot, "PATCH", repo+"/pulls/"+number, m{"title": "A better tool"}, "")
	w.want(200, bot, "GET", repo+"/pulls/"+number+"/files", nil, "0.filename")
	w.want(200, bot, "GET", repo+"/pulls/"+number+"/commits", nil, "0.sha")
	w.want(200, bot, "GET", repo+"/commits/"+commit+"/pulls", nil, "0.number")
	run := w.want(201, bot, "POST", repo+"/check-runs", m{
		"name": "Golden path", "head_sha": commit, "status": "completed", "conclusion": "neutral", "external_id": "x",
		"output": m{"title": "83/100", "summary": "One thing", "annotations": []m{{"path": "run.sh", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "Say why"}}},
	}, "id")
	w.want(200, bot, "PATCH", repo+"/check-runs/"+run, m{"status": "completed", "conclusion": "success", "output": m{"title": "100/100", "summary": "All"}}, "")
	w.want(200, bot, "GET", repo+"/check-runs/"+run, nil, "")
	w.want(200, bot, "GET", repo+"/check-runs/"+run+"/annotations", nil, "0.path")
	w.want(200, bot, "GET", repo+"/commits/"+commit+"/check-runs?check_name=Golden%20path", nil, "check_runs.0.id")
	suite := w.want(200, bot, "GET", repo+"/commits/"+commit+"/check-suites", nil, "check_suites.0.id")
	w.want(200, bot, "GET", repo+"/check-suites/"+suite, nil, "")
	w.want(201, bot, "POST", repo+"/check-runs/"+run+"/rerequest", nil, "")
	w.want(201, bot, "POST", repo+"/check-suites/"+suite+"/rerequest", nil, "")
	w.want(201, bot, "POST", repo+"/statuses/"+commit, m{"state": "success", "context": "ci/test"}, "")
	w.want(200, bot, "GET", repo+"/commits/"+commit+"/status", nil, "state")
	w.want(200, ada, "PUT", repo+"/pulls/"+number+"/merge", m{}, "sha")

	// Issues, comments, reactions.
	issue := w.want(201, ada, "POST", repo+"/issues", m{"title": "Help", "body": "Please", "labels": []string{"bug"}}, "number")
	w.want(200, bot, "GET", repo+"/issues?state=all", nil, "0.number")
	w.want(200, bot, "GET", repo+"/issues/"+issue, nil, "")
	comment := w.want(201, bot, "POST", repo+"/issues/"+issue+"/comments", m{"body": "Hello"}, "id")
	w.want(200, bot, "PATCH", repo+"/issues/comments/"+comment, m{"body": "Hello again"}, "")
	w.want(200, bot, "GET", repo+"/issues/"+issue+"/comments", nil, "0.body")
	w.want(201, bot, "POST", repo+"/issues/comments/"+comment+"/reactions", m{"content": "eyes"}, "")
	w.want(200, bot, "POST", repo+"/issues/comments/"+comment+"/reactions", m{"content": "eyes"}, "")
	w.want(200, bot, "GET", repo+"/issues/comments/"+comment+"/reactions", nil, "0.content")
	w.want(200, bot, "POST", repo+"/issues/"+issue+"/labels", m{"labels": []string{"new label"}}, "1.name")
	w.want(200, ada, "PATCH", repo+"/issues/"+issue, m{"state": "closed"}, "closed_at")

	// Organisation and teams.
	w.want(200, bot, "GET", "/orgs/acme", nil, "")
	w.want(200, bot, "GET", "/orgs/acme/members", nil, "0.login")
	w.want(204, bot, "GET", "/orgs/acme/members/ada", nil, "")
	w.want(200, bot, "GET", "/orgs/acme/memberships/ada", nil, "role")
	w.want(200, bot, "GET", "/orgs/acme/teams", nil, "0.slug")
	w.want(200, bot, "GET", "/orgs/acme/teams/payments", nil, "")
	w.want(200, bot, "GET", "/orgs/acme/teams/payments/members", nil, "0.login")
	w.want(200, bot, "GET", "/orgs/acme/teams/payments/memberships/ada", nil, "role")
	w.want(200, bot, "GET", "/orgs/acme/teams/payments/repos", nil, "0.name")

	// Protection, deployments, and the end of a repository.
	w.want(200, bot, "PUT", repo+"/branches/main/protection", m{
		"required_status_checks": m{"strict": true, "contexts": []string{"Golden path"}}, "enforce_admins": true,
		"required_pull_request_reviews": m{"required_approving_review_count": 1, "require_code_owner_reviews": true}, "restrictions": nil,
	}, "")
	w.want(200, bot, "GET", repo+"/branches/main/protection", nil, "required_status_checks.contexts.0")
	w.want(201, bot, "POST", repo+"/rulesets", m{"name": "main", "enforcement": "active", "target": "branch",
		"conditions": m{"ref_name": m{"include": []string{"~DEFAULT_BRANCH"}, "exclude": []string{}}}, "rules": []m{{"type": "deletion"}}}, "")
	w.want(200, bot, "GET", repo+"/rulesets", nil, "0.name")
	w.want(200, bot, "GET", repo+"/rules/branches/main", nil, "0.type")
	deployment := w.want(201, bot, "POST", repo+"/deployments", m{"ref": "main", "environment": "production", "required_contexts": []string{}}, "id")
	w.want(201, bot, "POST", repo+"/deployments/"+deployment+"/statuses", m{"state": "success"}, "")
	w.want(200, bot, "GET", repo+"/deployments?environment=production", nil, "0.id")
	w.want(200, bot, "GET", repo+"/deployments/"+deployment+"/statuses", nil, "0.state")
	w.want(201, bot, "POST", "/orgs/acme/repos", m{"name": "fresh", "auto_init": true, "visibility": "private"}, "id")
	w.want(422, bot, "POST", "/orgs/acme/repos", m{"name": "fresh"}, "")
	w.want(200, bot, "PATCH", "/repos/acme/fresh", m{"name": "renamed"}, "")
	w.want(200, bot, "PATCH", "/repos/acme/renamed", m{"archived": true}, "")
	w.want(204, bot, "DELETE", "/repos/acme/renamed", nil, "")
	w.want(404, bot, "GET", "/repos/acme/renamed", nil, "")

	// The log of deliveries.
	w.must(w.sim.Quiet(t.Context()))
	delivery := w.want(200, app, "GET", "/app/hook/deliveries?per_page=3", nil, "0.id")
	w.want(200, app, "GET", "/app/hook/deliveries/"+delivery, nil, "")
	w.want(202, app, "POST", "/app/hook/deliveries/"+delivery+"/attempts", nil, "")
	w.must(w.sim.Quiet(t.Context()))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, event := range []string{
		"installation.created", "repository.created", "push", "check_suite.requested", "pull_request.opened", "pull_request.edited", "check_run.created",
		"check_run.completed", "check_run.rerequested", "check_suite.rerequested", "pull_request.closed", "issues.opened", "issue_comment.created",
		"issue_comment.edited", "issues.closed", "deployment.created", "deployment_status.created", "repository.renamed", "repository.archived",
	} {
		if !strings.Contains(strings.Join(w.deliveries, " ")+" ", event+" ") {
			t.Errorf("no delivery of %s in %v", event, w.deliveries)
		}
	}
}
