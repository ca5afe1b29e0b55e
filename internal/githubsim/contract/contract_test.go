package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

func load(tb testing.TB) *contract.Contracts {
	tb.Helper()
	c, err := contract.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// exchange is one call and the answer to it.
type exchange struct {
	request string            // "POST /path"
	header  map[string]string // over those of an installation in order; "" takes one away
	body    string

	status int               // 200 without
	answer map[string]string // headers over those of an answer in order
	reply  string
}

// findings sends the call through the middleware and returns what it says.
func (e exchange) findings(t *testing.T, permissions map[string]string) []contract.Finding {
	t.Helper()
	var found []contract.Finding
	h := load(t).Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set(w.Header(), map[string]string{
			"Content-Type": "application/json; charset=utf-8", "ETag": `"1"`, "X-GitHub-Request-Id": "1:1", "X-GitHub-Media-Type": "github.v3",
			"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1795000000", "X-RateLimit-Used": "1", "X-RateLimit-Resource": "core",
		})
		if strings.HasSuffix(r.URL.Path, "/graphql") {
			w.Header().Set("X-RateLimit-Resource", "graphql")
		}
		set(w.Header(), e.answer)
		w.WriteHeader(max(e.status, 200))
		_, _ = w.Write([]byte(e.reply))
	}), permissions, func(f contract.Finding) { found = append(found, f) })
	method, target, _ := strings.Cut(e.request, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(e.body))
	set(r.Header, map[string]string{"Authorization": "Bearer ghs_1", "User-Agent": "cairn"})
	set(r.Header, e.header)
	h.ServeHTTP(httptest.NewRecorder(), r)
	return found
}

func set(h http.Header, values map[string]string) {
	for k, v := range values {
		h.Set(k, v)
		if v == "" {
			h.Del(k)
		}
	}
}

// expect compares findings with one that is wanted: "side rule: part of the
// message", after "warning " if it is only that; "" for none at all.
func expect(t *testing.T, found []contract.Finding, want string) {
	t.Helper()
	if want == "" {
		for _, f := range found {
			t.Errorf("found %s", f)
		}
		return
	}
	wantWarning := strings.HasPrefix(want, "warning ")
	head, text, _ := strings.Cut(strings.TrimPrefix(want, "warning "), ": ")
	for _, f := range found {
		if f.Side+" "+string(f.Rule) == head && strings.Contains(f.Message, text) && f.Warning == wantWarning {
			return
		}
	}
	t.Errorf("found %v, want %s", found, want)
}

const (
	jwt      = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2ln"
	react    = "POST /repos/acme/pay/issues/comments/5/reactions"
	eyes     = `{"content":"eyes"}`
	reaction = `{"id":1,"node_id":"x","user":null,"content":"eyes","created_at":"2026-11-23T09:00:00Z"}`
)

func TestCalls(t *testing.T) {
	t.Parallel()
	with := func(name, value string) map[string]string { return map[string]string{name: value} }
	tests := map[string]struct {
		exchange
		want string
	}{
		"in order":                   {exchange{request: react, body: eyes, status: 201, reply: reaction}, ""},
		"in order, on a server":      {exchange{request: "POST /api/v3/repos/acme/pay/issues/comments/5/reactions", body: eyes, status: 201, reply: reaction}, ""},
		"GitHub has no such path":    {exchange{request: "POST /repos/acme/pay/nothing"}, "app endpoint: GitHub has no such endpoint"},
		"a description is not kept":  {exchange{request: "GET /gitignore/templates"}, "app endpoint: add it to trim/operations.txt"},
		"unknown value":              {exchange{request: react, body: `{"content":"shrug"}`}, "app request-body: /content is shrug, not one of"},
		"missing field":              {exchange{request: react, body: `{}`}, "app request-body: lacks 'content'"},
		"wrong type":                 {exchange{request: react, body: `{"content":1}`}, "app request-body: /content is number, not string"},
		"unknown field":              {exchange{request: react, body: `{"content":"eyes","loud":true}`}, `warning app request-body: GitHub knows no field "loud"`},
		"no body":                    {exchange{request: react}, "app request-body: needs a body"},
		"broken body":                {exchange{request: react, body: `{`}, "app request-body: not JSON"},
		"unasked body":               {exchange{request: "GET /repos/acme/pay", body: `{"a":1}`}, "warning app request-body: takes no body"},
		"too many annotations":       {exchange{request: "PATCH /repos/acme/pay/check-runs/1", body: `{"output":{"summary":"","annotations":[` + strings.Repeat(`{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"},`, 50) + `{}]}}`}, "app request-body: maxItems"},
		"unknown query parameter":    {exchange{request: react + "?force=1", body: eyes}, `app parameter: has no query parameter "force"`},
		"query value not listed":     {exchange{request: "GET /repos/acme/pay/issues?state=ajar&per_page=9"}, `app parameter: state "ajar": is ajar, not one of`},
		"query value of wrong type":  {exchange{request: "GET /repos/acme/pay/issues?per_page=many"}, `app parameter: per_page "many"`},
		"query value too large":      {exchange{request: "GET /repos/acme/pay/issues?per_page=500"}, "app parameter: GitHub gives at most 100"},
		"small pages":                {exchange{request: "GET /repos/acme/pay/issues"}, "warning app parameter: without per_page"},
		"path value of wrong type":   {exchange{request: "GET /repos/acme/pay/issues/first"}, `app parameter: issue_number "first"`},
		"no User-Agent":              {exchange{request: react, header: with("User-Agent", ""), body: eyes}, "app user-agent: GitHub refuses it"},
		"an App's JWT":               {exchange{request: react, header: with("Authorization", jwt), body: eyes}, "app auth: came with the App's JWT, wants a token"},
		"a token for the App":        {exchange{request: "GET /app"}, "app auth: wants the App's JWT"},
		"a long token is no JWT":     {exchange{request: react, header: with("Authorization", "token ghs_1_eyJh.eyJp.c2ln"), body: eyes, status: 201, reply: reaction}, ""},
		"no credentials":             {exchange{request: react, header: with("Authorization", ""), body: eyes}, "warning app auth: 60 calls an hour"},
		"not open to Apps":           {exchange{request: "GET /user"}, "app auth: not open to Apps"},
		"no permission":              {exchange{request: "POST /repos/acme/pay/deployments", body: `{"ref":"main"}`}, "app permission: needs deployments:write"},
		"no permission of that rank": {exchange{request: "DELETE /repos/acme/pay/contents/README.md", body: `{"message":"m","sha":"s"}`}, "app permission: needs contents:write"},
	}
	permissions := map[string]string{"issues": "write", "contents": "read"}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, test.findings(t, permissions), test.want)
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	with := func(name, value string) map[string]string { return map[string]string{name: value} }
	const list, topics = "GET /repos/acme/pay/labels?per_page=1", "GET /repos/acme/pay/topics?per_page=1"
	label := `{"id":1,"node_id":"x","url":"https://h/l","name":"bug","description":null,"color":"f00","default":true}`
	next := `<https://h/repositories/1/labels?per_page=1&page=2>; rel="next", <https://h/repositories/1/labels?per_page=1&page=9>; rel="last"`
	runs := "GET /repos/acme/pay/commits/feature/x/check-runs?per_page=1"
	tests := map[string]struct {
		exchange
		want string
	}{
		"in order":                 {exchange{request: list, reply: "[" + label + "]", answer: with("Link", next)}, ""},
		"missing field":            {exchange{request: list, reply: "[" + strings.Replace(label, `"name":"bug",`, "", 1) + "]"}, "server body: /0 lacks 'name'"},
		"wrong type":               {exchange{request: list, reply: "[" + strings.Replace(label, `"id":1`, `"id":"1"`, 1) + "]"}, "server body: /0/id is string, not integer"},
		"null where it may not be": {exchange{request: list, reply: "[" + strings.Replace(label, `"f00"`, "null", 1) + "]"}, "server body: /0/color is null, not string"},
		"no date":                  {exchange{request: react, body: eyes, status: 201, reply: strings.Replace(reaction, "2026-11-23T", "today ", 1)}, "server body: /created_at is no date-time"},
		"as GitHub's own examples": {exchange{request: "GET /repos/acme/pay/branches/main/protection", reply: `{"required_status_checks":{"url":"u","contexts":[]}}`}, "warning server body: /required_status_checks lacks 'checks'"},
		"more than a page":         {exchange{request: list, reply: "[" + label + "," + label + "]"}, "server paging: 2 items on a page of 1"},
		"odd link":                 {exchange{request: list, reply: "[" + label + "]", answer: with("Link", "</labels?page=2>; rel=next")}, "server paging: odd Link"},
		"no way to the next page":  {exchange{request: runs, reply: `{"total_count":2,"check_runs":[]}`}, "server paging: no link to the next page"},
		"no way back":              {exchange{request: list + "&page=2", reply: "[" + label + "]"}, "server paging: page 2 without a link to the one before"},
		"undocumented status":      {exchange{request: react, body: eyes, status: 204}, "server status: GitHub documents only 200, 201"},
		"unusual error":            {exchange{request: list, status: 418, reply: `{"message":"no","documentation_url":"u"}`}, "warning server status: unusual"},
		"an error in order":        {exchange{request: list, status: 404, reply: `{"message":"Not Found","documentation_url":"u","status":"404"}`}, ""},
		"an error without message": {exchange{request: list, status: 403, reply: `{}`}, "server body: an error without a message"},
		"an outage":                {exchange{request: list, status: 502, answer: with("Content-Type", "text/html"), reply: "<p>"}, ""},
		"no content with a body":   {exchange{request: "DELETE /repos/acme/pay", status: 204, reply: "gone"}, "server body: has a body"},
		"not modified":             {exchange{request: list, header: with("If-None-Match", `"1"`), status: 304}, ""},
		"not modified, unasked":    {exchange{request: list, status: 304}, "server status: GitHub documents only 200"},
		"no rate limit":            {exchange{request: topics, reply: `{"names":[]}`, answer: with("X-RateLimit-Remaining", "")}, "server header: no X-Ratelimit-Remaining"},
		"no ETag":                  {exchange{request: topics, reply: `{"names":[]}`, answer: with("ETag", "")}, "server header: no ETag"},
		"not JSON":                 {exchange{request: topics, reply: `{"names":[]}`, answer: with("Content-Type", "text/plain")}, "server header: where JSON is documented"},
		"raw, as asked":            {exchange{request: "GET /repos/acme/pay/contents/a/b.md", header: with("Accept", "application/vnd.github.raw"), reply: "# B", answer: with("Content-Type", "text/plain")}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, test.findings(t, nil), test.want)
		})
	}
}

// TestPassedOver sends what is no API call: it is neither judged nor held up.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	for _, e := range []exchange{
		{request: "GET /acme/pay", header: map[string]string{"Accept": "text/html"}},
		{request: "GET /acme/pay.git/info/refs?service=git-upload-pack"},
		{request: "PUT /_sim/faults"},
	} {
		expect(t, e.findings(t, nil), "")
	}
}

// recorder is a test that may fail without failing this one.
type recorder struct {
	testing.TB
	errors []string
	atEnd  []func()
}

func (r *recorder) Helper()                   {}
func (r *recorder) Cleanup(f func())          { r.atEnd = append(r.atEnd, f) }
func (r *recorder) Logf(string, ...any)       {}
func (r *recorder) Errorf(f string, a ...any) { r.errors = append(r.errors, fmt.Sprintf(f, a...)) }

func TestWatchFailsTheTestOncePerFinding(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	h := contract.Watch(r, load(t), http.NotFoundHandler(), nil)
	for range 3 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/nowhere", nil))
	}
	for _, f := range r.atEnd {
		f()
	}
	if all := strings.Join(r.errors, "\n"); strings.Count(all, "GitHub has no such endpoint (3 times)") != 1 {
		t.Errorf("the test was told:\n%s", all)
	}
}
