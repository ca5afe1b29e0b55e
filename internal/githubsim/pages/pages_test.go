package pages_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
	"github.com/cairn-dev/cairn/internal/githubsim/pages"
)

// browser is somebody with a browser at a stand-in.
type browser struct {
	t      *testing.T
	sim    *githubsim.Server
	url    string
	client *http.Client
}

// contracts are GitHub's descriptions, which take a second to read: once for all tests.
var contracts = sync.OnceValues(contract.Load)

// open starts a stand-in, its deliveries held against GitHub's descriptions, with acme/shop, an open pull request #1 and an issue #2.
func open(t *testing.T) *browser {
	t.Helper()
	contracts, err := contracts()
	if err != nil {
		t.Fatal(err)
	}
	const secret = "a secret for these tests"
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for _, finding := range contracts.Delivery(r.Header, body, secret) {
			t.Error(finding)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(hooks.Close)
	sim, err := githubsim.New(githubsim.Options{
		WebhookURL: hooks.URL, WebhookSecret: secret, Permissions: map[string]string{"checks": "write"},
		Events: []string{"push", "pull_request", "issues", "issue_comment", "check_run", "check_suite", "repository"},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = sim.LoadSeed("seed.yaml", []byte(`
users: [{login: ann, name: Ann}, {login: bob, name: Bob}]
organisations: [{login: acme, name: Acme, members: {ann: admin}, teams: [{name: Shop team, members: [ann]}]}]
installations: [{organisation: acme}]
repositories:
- owner: acme
  name: shop
  description: Sells things
  author: ann
  topics: [go]
  files: {README.md: "# The shop\n\nIt **sells**.\n", main.go: "package main\n\nfunc main() {}\n", docs/run.md: "Run it.\n"}
  branches: {feature/tax: {main.go: "package main\n\nfunc main() { tax() }\n"}}
  pull_requests: [{title: Add tax, head: feature/tax, body: "Taxes are *due*."}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.OpenIssue("acme", "shop", "bob", "It is broken", "Badly."); err != nil {
		t.Fatal(err)
	}
	handler, err := pages.New(sim)
	if err != nil {
		t.Fatal(err)
	}
	sim.SetPages(handler)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := sim.Quiet(ctx); err != nil { // a delivery may not outlive its test
			t.Error(err)
		}
		server.Close()
	})
	sim.SetURL(server.URL)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, sim: sim, url: server.URL, client: &http.Client{Jar: jar}}
}

func (b *browser) do(method, path, body string, header map[string]string) (int, string, *http.Response) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(text), res
}

func (b *browser) see(path string) string {
	b.t.Helper()
	status, text, _ := b.do(http.MethodGet, path, "", nil)
	if status != http.StatusOK {
		b.t.Fatalf("%s answers %d", path, status)
	}
	return text
}

// submit posts a form as a page of the stand-in does.
func (b *browser) submit(path string, fields ...string) (int, string, string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	status, text, res := b.do(http.MethodPost, path, form.Encode(), map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin",
	})
	return status, text, res.Request.URL.RequestURI()
}

// delivered lists what was delivered, such as "push" and "pull_request.opened".
func (b *browser) delivered() []string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 5*time.Second)
	defer cancel()
	if err := b.sim.Quiet(ctx); err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, d := range b.sim.Deliveries() {
		out = append(out, strings.TrimSuffix(d.Event+"."+d.Action, "."))
	}
	return out
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

// app calls the API as the App does.
func (b *browser) app(method, path string, body any) map[string]any {
	b.t.Helper()
	token := appToken(b.t, b.sim)
	call := func(method, path, token string, body any) map[string]any {
		text, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		status, answer, _ := b.do(method, path, string(text), map[string]string{
			"Authorization": "Bearer " + token, "Accept": "application/vnd.github+json", "Content-Type": "application/json",
		})
		if status >= 300 {
			b.t.Fatalf("%s %s answers %d %s", method, path, status, answer)
		}
		var out map[string]any
		if err := json.Unmarshal([]byte(answer), &out); err != nil {
			b.t.Fatal(err)
		}
		return out
	}
	installation := call(http.MethodGet, "/orgs/acme/installation", token, nil)
	id := strconv.FormatInt(int64(installation["id"].(float64)), 10)
	access := call(http.MethodPost, "/app/installations/"+id+"/access_tokens", token, map[string]any{})
	return call(method, path, access["token"].(string), body)
}

func (b *browser) head() string {
	b.t.Helper()
	i, ok := b.sim.IssuePage("acme", "shop", 1)
	if !ok {
		b.t.Fatal("no pull request")
	}
	return i.Pull.SHA
}

// check reports a check run on the pull request's head.
func (b *browser) check(output map[string]any) string {
	b.t.Helper()
	run := b.app(http.MethodPost, "/repos/acme/shop/check-runs", map[string]any{
		"name": "Golden path", "head_sha": b.head(), "status": "completed", "conclusion": "failure", "output": output,
		"details_url": "https://example.com/details",
	})
	return strconv.FormatInt(int64(run["id"].(float64)), 10)
}

func TestPagesShowWhatThereIs(t *testing.T) {
	b := open(t)
	id := b.check(map[string]any{
		"title": "One check to mend", "summary": "| Check | Status |\n|---|---|\n| Docs | **bad** |", "text": "Do _this_.",
		"annotations": []any{map[string]any{
			"path": "main.go", "start_line": 3, "end_line": 3, "annotation_level": "warning", "message": "Tax is a burden", "title": "Tax",
		}},
	})
	if _, err := b.sim.Deploy("acme", "shop", "main", "production", "ann", "success"); err != nil {
		t.Fatal(err)
	}
	sha := b.head()
	pages := []struct {
		path string
		want []string
	}{
		{"/", []string{`href="/acme"`, "1 repository"}},
		{"/acme", []string{`href="/acme/shop"`, "Sells things", "Shop team", "<strong>ann</strong>", "admin", "1 pull request"}},
		{"/acme/shop", []string{
			"<strong>sells</strong>", `href="/acme/shop/blob/main/main.go"`, `href="/acme/shop/tree/main/docs"`, "Add tax", "It is broken", "production",
			"feature/tax", `aria-label="failure"`, `href="/acme/shop/new/main"`,
		}},
		{"/acme/shop/tree/feature/tax", []string{"main.go", `href="/acme/shop/tree/feature/tax/docs"`}},
		{"/acme/shop/tree/main/docs", []string{"run.md", `href="/acme/shop/tree/main"`}},
		{"/acme/shop/blob/feature/tax/main.go", []string{`<tr id="L3">`, `href="#L3"`, "tax()", "/acme/shop/edit/feature/tax/main.go"}},
		{"/acme/shop/blob/" + sha + "/main.go", []string{`<tr id="L3">`}},
		{"/acme/shop/pulls", []string{"Add tax", "#1"}},
		{"/acme/shop/issues", []string{"It is broken", "New issue"}},
		{"/acme/shop/issues/2", []string{"Badly.", `action="/acme/shop/issues/2/_comments"`, "Close the issue"}},
		{"/acme/shop/issues/new", []string{`for="title"`, `action="/acme/shop/_issues"`}},
		{"/acme/shop/pull/1", []string{
			"Taxes are <em>due</em>", "One check to mend", "<strong>bad</strong>", "<em>this</em>", "Tax is a burden",
			`href="/acme/shop/blob/` + sha + `/main.go#L3"`, `id="check-` + id + `"`, "Re-run", "https://example.com/details",
			`<tr class="add">`, "Merge", `<option>docs/run.md</option>`, `href="/acme/shop/commit/` + sha + `"`,
		}},
		{"/acme/shop/pull/1?file=main.go", []string{"<option selected>main.go</option>", "func main() { tax() }", "Delete the file"}},
		{"/acme/shop/commit/" + sha, []string{"Change feature/tax", "One check to mend", `<tr class="del">`}},
		{"/_deliveries", []string{"pull_request.opened", "202", "Redeliver"}},
	}
	b.delivered()
	for _, p := range pages {
		t.Run(p.path, func(t *testing.T) {
			text := b.see(p.path)
			contains(t, text, p.want...)
			contains(t, text, "<!DOCTYPE html>", `<html lang="en">`, "<h1", `href="#content"`)
			if strings.Contains(text, " style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(text) || strings.Contains(text, "ZgotmplZ") {
				t.Error("the page has inline code, or a value that was refused")
			}
		})
	}
}

func TestMissingPagesSaySo(t *testing.T) {
	b := open(t)
	for _, path := range []string{
		"/nobody", "/acme/none", "/acme/shop/pull/9", "/acme/shop/issues/x", "/acme/shop/blob/main/none.go", "/acme/shop/tree/none",
		"/acme/shop/commit/abc", "/acme/shop/edit/main/none", "/_deliveries/5", "/acme/shop/what/is/this",
	} {
		if status, text, _ := b.do(http.MethodGet, path, "", nil); status != http.StatusNotFound || !strings.Contains(text, "<h1>Not found</h1>") {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

func TestPushToAPullRequest(t *testing.T) {
	b := open(t)
	before := b.head()
	form := b.see("/acme/shop/pull/1?file=main.go")
	seen := regexp.MustCompile(`name="seen" value="(\w+)"`).FindStringSubmatch(form)[1]
	status, text, at := b.submit("/acme/shop/pull/1/_push", "was", "main.go", "seen", seen, "path", "main.go",
		"text", "package main\r\n\r\nfunc main() { rebate() }\r\n", "message", "Rebate instead")
	if status != http.StatusOK || at != "/acme/shop/pull/1" {
		t.Fatalf("got %d at %s", status, at)
	}
	contains(t, text, "Rebate instead", "rebate()")
	if b.head() == before || !slices.Contains(b.delivered(), "pull_request.synchronize") {
		t.Errorf("no synchronize in %v", b.delivered())
	}
	if content, err := b.sim.ReadFile("acme", "shop", "feature/tax", "main.go"); err != nil || content != "package main\n\nfunc main() { rebate() }\n" {
		t.Errorf("the branch has %q, %v", content, err)
	}

	status, text, _ = b.submit("/acme/shop/pull/1/_push", "was", "main.go", "seen", seen, "path", "main.go", "text", "my words")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("an edit of an old text answers %d", status)
	}
	contains(t, text, "changed on the branch meanwhile", "my words")

	b.submit("/acme/shop/pull/1/_push", "path", "docs/new.md", "text", "")
	if _, err := b.sim.ReadFile("acme", "shop", "feature/tax", "docs/new.md"); err != nil {
		t.Errorf("an empty file was not made: %v", err)
	}
	status, text, _ = b.submit("/acme/shop/pull/1/_push", "path", "../evil", "text", "x")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a path outside answers %d", status)
	}
	contains(t, text, "Give the file a path such as")
}

func TestStartAPullRequestFromAFile(t *testing.T) {
	b := open(t)
	form := b.see("/acme/shop/edit/main/docs/run.md")
	contains(t, form, "Run it.", `value="ann-patch-1"`)
	seen := regexp.MustCompile(`name="seen" value="(\w+)"`).FindStringSubmatch(form)[1]
	status, text, at := b.submit("/acme/shop/_edit", "ref", "main", "was", "docs/run.md", "seen", seen, "path", "docs/run.md", "text", "Run it twice.\n",
		"how", "pull", "branch", "ann-patch-1", "title", "Twice", "body", "Because.")
	if status != http.StatusOK || at != "/acme/shop/pull/3" {
		t.Fatalf("got %d at %s: %s", status, at, text)
	}
	contains(t, text, "Twice", "Because.", "Run it twice.", "ann-patch-1")
	if n := len(b.delivered()); b.delivered()[n-1] != "pull_request.opened" {
		t.Errorf("got %v", b.delivered())
	}
	status, text, _ = b.submit("/acme/shop/_edit", "ref", "main", "path", "new.md", "text", "x", "how", "pull", "branch", "feature", "title", "Mine")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a branch inside another answers %d", status)
	}
	contains(t, text, "collides", `value="Mine"`)
	_, _, at = b.submit("/acme/shop/_edit", "ref", "main", "path", "new.md", "text", "x", "how", "direct")
	if at != "/acme/shop/blob/main/new.md" {
		t.Errorf("a direct commit leads to %s", at)
	}
}

func TestTalk(t *testing.T) {
	b := open(t)
	_, text, at := b.submit("/acme/shop/issues/2/_comments", "body", "I saw **it** too")
	if at != "/acme/shop/issues/2" {
		t.Errorf("a comment leads to %s", at)
	}
	contains(t, text, "I saw <strong>it</strong> too", "<strong>ann</strong>")
	if status, text, _ := b.submit("/acme/shop/issues/2/_comments", "body", "  "); status != http.StatusUnprocessableEntity || !strings.Contains(text, "Write something first") {
		t.Errorf("an empty comment answers %d", status)
	}
	_, text, at = b.submit("/acme/shop/_issues", "title", "Another", "body", "one")
	contains(t, text, "Another", at, "/acme/shop/issues/3")
	_, text, _ = b.submit("/acme/shop/issues/2/_state", "state", "closed")
	contains(t, text, "Reopen the issue")
	_, text, _ = b.submit("/acme/shop/pull/1/_merge")
	contains(t, text, `class="state merged"`, "merge commit")
	for _, want := range []string{"issue_comment.created", "issues.opened", "issues.closed", "pull_request.closed"} {
		if !slices.Contains(b.delivered(), want) {
			t.Errorf("%s is not among %v", want, b.delivered())
		}
	}
}

func TestRerunAndRedeliver(t *testing.T) {
	b := open(t)
	id := b.check(map[string]any{"title": "Bad", "summary": "bad"})
	_, text, at := b.submit("/acme/shop/_check-runs/"+id+"/rerun", "back", "/acme/shop/pull/1")
	if at != "/acme/shop/pull/1" {
		t.Errorf("a re-run leads to %s", at)
	}
	contains(t, text, `aria-label="queued"`)
	b.submit("/acme/shop/_check-suites/"+b.head()+"/rerun", "back", "//evil.example/")
	got := b.delivered()
	for _, want := range []string{"check_run.rerequested", "check_suite.rerequested"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %v", want, got)
		}
	}
	first := strconv.FormatInt(b.sim.Deliveries()[0].ID, 10)
	contains(t, b.see("/_deliveries/"+first), "X-GitHub-Delivery", "&#34;installation&#34;: {")
	_, text, at = b.submit("/_deliveries/" + first + "/redeliver")
	if at != "/_deliveries" || len(b.delivered()) != len(got)+1 {
		t.Errorf("no redelivery, at %s", at)
	}
	contains(t, text, "redelivery")
}

func TestButtonsOfACheckRun(t *testing.T) {
	b := open(t)
	run := b.app(http.MethodPost, "/repos/acme/shop/check-runs", map[string]any{
		"name": "Golden path", "head_sha": b.head(), "status": "completed", "conclusion": "failure", "output": map[string]any{"title": "x", "summary": "x"},
		"actions": []any{map[string]any{"label": "Mend it", "description": "Opens a pull request", "identifier": "mend"}},
	})
	at := "/acme/shop/_check-runs/" + strconv.FormatInt(int64(run["id"].(float64)), 10) + "/action"
	contains(t, b.see("/acme/shop/pull/1"), `value="mend"`, "Mend it", `action="`+at+`"`)
	if status, _, _ := b.submit(at, "identifier", "mend", "back", "/acme/shop/pull/1"); status != http.StatusOK {
		t.Errorf("the button answers %d", status)
	}
	if !slices.Contains(b.delivered(), "check_run.requested_action") {
		t.Errorf("got %v", b.delivered())
	}
	if status, _, _ := b.submit(at, "identifier", "other"); status != http.StatusUnprocessableEntity {
		t.Errorf("a button that is not there answers %d", status)
	}
}

func TestActingAsSomebodyElse(t *testing.T) {
	b := open(t)
	_, text, _ := b.submit("/_actor", "actor", "bob", "back", "/acme/shop/pull/1")
	contains(t, text, "<option selected>bob</option>")
	status, text, _ := b.submit("/acme/shop/pull/1/_merge")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("bob merged: %d", status)
	}
	contains(t, text, "Bob may not write to acme/shop; act as ann instead")
	if status, _, _ := b.submit("/_actor", "actor", "mallory"); status != http.StatusUnprocessableEntity {
		t.Errorf("acting as nobody answers %d", status)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	b := open(t)
	tests := []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"another port", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"an older browser elsewhere", map[string]string{"Origin": "http://evil.example"}, 403},
		{"a sandboxed frame", map[string]string{"Origin": "null"}, 403},
		{"nothing said", nil, 403},
		{"an older browser here", map[string]string{"Origin": b.url}, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
			for k, v := range test.header {
				header[k] = v
			}
			before := len(b.sim.CommentsOn("acme", "shop", 2))
			status, _, _ := b.do(http.MethodPost, "/acme/shop/issues/2/_comments", "body=hello", header)
			if status != test.want || (len(b.sim.CommentsOn("acme", "shop", 2)) > before) != (test.want == 200) {
				t.Errorf("got %d, want %d", status, test.want)
			}
		})
	}
}

func TestHostileTextIsShownNotRun(t *testing.T) {
	b := open(t)
	const evil = `"><img src=x onerror=alert(1)><script>alert(2)</script>`
	file := `<b onclick=x>'%2e#?.md`
	b.check(map[string]any{
		"title": evil, "summary": evil + "\n\n[x](javascript:alert(3))", "text": evil,
		"annotations": []any{map[string]any{
			"path": file, "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": evil, "title": evil, "raw_details": evil,
		}},
	})
	if _, err := b.sim.AddComment("acme", "shop", 1, "bob", evil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.sim.OpenIssue("acme", "shop", "bob", evil, evil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.sim.Push("acme", "shop", "main", "bob", evil, map[string]githubsim.Change{
		file: {Content: []byte(evil)}, "README.md": {Content: []byte(evil)}, "d<i>/x": {Content: []byte("\x00")},
	}); err != nil {
		t.Fatal(err)
	}
	at := "/acme/shop/blob/main/" + url.PathEscape(file)
	contains(t, b.see("/acme/shop"), at)
	for _, path := range []string{
		"/acme/shop", "/acme/shop/pull/1", "/acme/shop/issues", "/acme/shop/issues/3", at, strings.Replace(at, "blob", "edit", 1),
		"/acme/shop/blob/main/d%3Ci%3E/x", "/acme/shop/pull/1?file=" + url.QueryEscape(evil), "/acme/shop/tree/main/d%3Ci%3E",
	} {
		text := b.see(path)
		for _, never := range []string{"<img src=x", "<script>alert", "<b onclick", `="javascript:`, "d<i>"} {
			if strings.Contains(text, never) {
				t.Errorf("%s holds %s", path, never)
			}
		}
	}
	_, _, res := b.do(http.MethodGet, "/acme/shop", "", nil)
	contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
}

func TestNewsReachesAWaitingPage(t *testing.T) {
	b := open(t)
	version := regexp.MustCompile(`data-scope="acme/shop" data-version="(\w+)"`).FindStringSubmatch(b.see("/acme/shop/pull/1"))[1]
	answer := make(chan string, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/_events?scope=acme/shop&version="+version, nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			answer <- err.Error()
			return
		}
		answer <- string(text)
	}()
	b.check(map[string]any{"title": "News", "summary": "news"})
	if got := <-answer; !strings.HasPrefix(got, `{"version":"`) || strings.Contains(got, version) {
		t.Errorf("got %s", got)
	}
	for _, asset := range []string{"live.js", "style.css"} {
		if status, _, _ := b.do(http.MethodGet, "/_assets/"+asset, "", nil); status != http.StatusOK {
			t.Errorf("%s answers %d", asset, status)
		}
	}
}
