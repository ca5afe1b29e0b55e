package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Watch returns next with every call and answer compared to GitHub's description.
// Each finding fails the test at its end, once, with how often it came up.
// permissions are those of the App; nil leaves them out.
func Watch(tb testing.TB, c *Contracts, next http.Handler, permissions map[string]string) http.Handler {
	tb.Helper()
	var mu sync.Mutex
	seen := map[Finding]int{}
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for f, n := range seen {
			tb.Errorf("%s (%d times)", f, n)
		}
	})
	return c.Middleware(next, permissions, func(f Finding) {
		mu.Lock()
		defer mu.Unlock()
		seen[f]++
	})
}

// Middleware passes calls through and reports what does not fit. GraphQL calls and
// the stand-in's own paths (/_…) are passed over. It is called by several
// goroutines at once.
func (c *Contracts) Middleware(next http.Handler, permissions map[string]string, report func(Finding)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v3")
		if strings.HasPrefix(path, "/_") || strings.HasSuffix(path, "/graphql") || strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		n := c.find(r.Method, path)
		for _, f := range c.request(n, r, path, body, permissions) {
			report(f)
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		for _, f := range c.answer(n, r, answer) {
			report(f)
		}
		for k, v := range answer.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a client that went away has lost its answer
	})
}

// find returns the operation's index, or -1. Literal parts win over parameters.
func (c *Contracts) find(method, path string) int {
	best, literals := -1, -1
	for n, op := range c.operations {
		if op.Method != method {
			continue
		}
		if fits, l := match(op.Path, path); fits && l > literals {
			best, literals = n, l
		}
	}
	return best
}

// match compares a path with a template; a parameter that ends it takes slashes
// where GitHub's do: contents, refs, compare.
func match(template, path string) (fits bool, literals int) {
	parts := strings.Split(template, "/")
	have := strings.Split(path, "/")
	open := strings.HasSuffix(template, "{path}") || strings.HasSuffix(template, "/{ref}") && strings.Contains(template, "/git/") || strings.HasSuffix(template, "{basehead}")
	if len(have) < len(parts) || (len(have) > len(parts) && !open) {
		return false, 0
	}
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			continue
		}
		if part != have[i] {
			return false, 0
		}
		literals++
	}
	return true, literals
}

var jwtForm = regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+$`)

// request says what is wrong with a call.
func (c *Contracts) request(n int, r *http.Request, path string, body []byte, permissions map[string]string) []Finding {
	where := r.Method + " " + path
	var out []Finding
	add := func(format string, args ...any) {
		out = append(out, Finding{Side: "app", Where: where, Message: fmt.Sprintf(format, args...)})
	}
	if n < 0 {
		add("no such endpoint in GitHub's description, as far as it is kept (trim/operations.txt)")
		return out
	}
	op := c.operations[n]
	where = op.Method + " " + op.Path
	if r.Header.Get("User-Agent") == "" {
		add("no User-Agent: GitHub refuses it")
	}
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	isJWT := jwtForm.MatchString(token)
	wantsJWT := (strings.HasPrefix(op.Path, "/app/") || op.Path == "/app" || strings.HasSuffix(op.Path, "/installation")) && !strings.Contains(op.Path, "manifests")
	switch {
	case wantsJWT && !isJWT:
		add("needs the App's JWT")
	case !wantsJWT && isJWT:
		add("was called with the App's JWT, needs an installation's token")
	case strings.HasPrefix(token, "ghs_") && !op.Apps:
		add("is not open to Apps")
	}
	if strings.HasPrefix(token, "ghs_") && permissions != nil && len(op.Needs) > 0 && !slices.ContainsFunc(op.Needs, func(need string) bool { return Grants(permissions, need) }) {
		add("needs one of %s, which the App does not have", strings.Join(op.Needs, ", "))
	}
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(op.Parameters, func(p struct {
			Name     string
			Required bool
		}) bool {
			return p.Name == name
		}) {
			add("has no query parameter %q", name)
		}
	}
	switch {
	case len(body) > 0 && string(op.Body) != "null" && r.Method != http.MethodGet:
		for _, line := range c.validate(fmt.Sprintf("rest#/operations/%d/body", n), body) {
			add("body %s", line)
		}
	case len(body) == 0 && op.BodyRequired:
		add("needs a body")
	}
	return out
}

// Grants reports whether permissions hold one such as checks:write; write includes
// read, and metadata is read by every App.
func Grants(permissions map[string]string, need string) bool {
	name, level, _ := strings.Cut(need, ":")
	have := permissions[name]
	return have == level || have == "write" || name == "metadata"
}

// answer says what is wrong with an answer.
func (c *Contracts) answer(n int, r *http.Request, a *httptest.ResponseRecorder) []Finding {
	if n < 0 {
		return nil
	}
	op := c.operations[n]
	var out []Finding
	add := func(format string, args ...any) {
		out = append(out, Finding{Side: "server", Where: op.Method + " " + op.Path, Message: fmt.Sprintf("%d: ", a.Code) + fmt.Sprintf(format, args...)})
	}
	for _, h := range []string{"X-Github-Request-Id", "X-Github-Media-Type", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Ratelimit-Used", "X-Ratelimit-Resource"} {
		if a.Header().Get(h) == "" {
			add("no header %s", h)
		}
	}
	body := a.Body.Bytes()
	documented, ok := op.Answers[strconv.Itoa(a.Code)]
	switch {
	case a.Code == http.StatusNoContent || a.Code == http.StatusNotModified:
		if len(body) > 0 {
			add("has a body")
		}
	case a.Code >= 500 || a.Code == http.StatusUnauthorized || a.Code == http.StatusForbidden || a.Code == http.StatusTooManyRequests || (a.Code >= 400 && !ok):
		if !bytes.Contains(body, []byte(`"message"`)) && a.Code < 500 {
			add("an error without a message")
		}
	case !ok:
		add("is no documented answer")
	case string(documented) == "null" || strings.Contains(r.Header.Get("Accept"), "raw"):
	case !strings.Contains(a.Header().Get("Content-Type"), "json"):
		add("is %q, not JSON", a.Header().Get("Content-Type"))
	default:
		for _, line := range c.validate(fmt.Sprintf("rest#/operations/%d/answers/%d", n, a.Code), body) {
			add("body %s", line)
		}
	}
	if a.Code == http.StatusOK && r.Method == http.MethodGet && a.Header().Get("ETag") == "" {
		add("no ETag")
	}
	return out
}
