package contract

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Watch returns next with every call and answer compared to GitHub's description.
// At the test's end each finding is told once, with how often it came up: it fails
// the test; a warning is only logged, with -v. permissions are those of the App
// (name to level); nil leaves them out.
func Watch(tb testing.TB, c *Contracts, next http.Handler, permissions map[string]string) http.Handler {
	tb.Helper()
	var mu sync.Mutex
	seen := map[Finding]int{}
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, f := range sortedFindings(seen) {
			switch {
			case !f.Warning:
				tb.Errorf("%s (%d times)", f, seen[f])
			case testing.Verbose():
				tb.Logf("warning: %s (%d times)", f, seen[f])
			}
		}
	})
	return c.Middleware(next, permissions, func(f Finding) {
		mu.Lock()
		defer mu.Unlock()
		seen[f]++
	})
}

func sortedFindings(seen map[Finding]int) []Finding {
	var out []Finding
	for f := range seen {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// gitPath are the paths of git itself: clone, fetch and push over HTTP.
var gitPath = regexp.MustCompile(`^/[^/]+/[^/]+\.git(/|$)`)

// Middleware passes calls through and reports what does not fit. A person's pages,
// git's own paths and the stand-in's controls (/_…) are passed over. It is safe for
// concurrent use if report is.
func (c *Contracts) Middleware(next http.Handler, permissions map[string]string, report func(Finding)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_") || gitPath.MatchString(r.URL.Path) || strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		call := &call{request: r.Clone(r.Context()), body: body, permissions: permissions, report: report}
		graphQL := r.URL.Path == "/graphql" || r.URL.Path == "/api/graphql"
		if graphQL {
			call.name = "POST /graphql"
			c.checkQuery(call)
		} else {
			call.name = r.Method + " " + r.URL.Path
			if call.operation, call.values = c.find(method(r), r.URL.EscapedPath()); call.operation != nil {
				call.name = call.operation.String()
			}
			c.checkRequest(call)
		}

		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)

		answer := &reply{call: call, status: recorder.Code, header: recorder.Header(), body: recorder.Body.Bytes()}
		if graphQL {
			c.checkData(answer)
		} else {
			c.checkAnswer(answer)
		}
		for k, v := range recorder.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes()) // a client that went away has lost its answer
	})
}

// method is how a call is described: HEAD is GET without the body.
func method(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}
