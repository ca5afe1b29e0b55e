package github_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/github"
)

func TestNewNamesEveryProblem(t *testing.T) {
	key := "-----BEGIN SECRET-----"
	_, err := github.New(github.Config{WebURL: "https://github.com", V3URL: "api.github.com", V4URL: ":", PrivateKey: []byte(key)})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"v3 URL", "v4 URL", "App's ID", "private key"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "SECRET") {
		t.Errorf("the key is shown: %v", err)
	}
}

func TestOneTokenForAll(t *testing.T) {
	f := newFake(t)
	f.answering(200, nil, `[]`)
	f.graphql(`{"data": {"r0": {"nameWithOwner": "acme/pay"}}}`)
	c := f.client()
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				err = ask(c)
			} else {
				_, err = c.ReadBranch(context.Background(), testInstallation, pay(), github.ReadOptions{})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	tokens := f.requests("/access_tokens")
	if len(tokens) != 1 {
		t.Fatalf("%d tokens were fetched", len(tokens))
	}
	if body := strings.TrimSpace(tokens[0].Body); body != "{}" {
		t.Errorf("the token was asked for with %s", body)
	}
	if auth := tokens[0].Header.Get("Authorization"); !strings.HasPrefix(auth, "Bearer ey") {
		t.Errorf("the token was asked for as %q", auth)
	}
	for _, r := range f.requests("/pulls") {
		if r.Header.Get("Authorization") != "token "+testToken || r.Header.Get("User-Agent") != "cairn/test" {
			t.Errorf("%v", r.Header)
		}
	}
}

// expiring hands out tokens that last for d, numbered.
func (f *fakeGitHub) expiring(id int64, d time.Duration) {
	n := 0
	f.handle(fmt.Sprintf("POST /api/v3/app/installations/%d/access_tokens", id), func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		n++
		f.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token": "t%d", "expires_at": %q}`, n, time.Now().Add(d).UTC().Format(time.RFC3339))
	})
}

func TestATokenIsFetchedAgainBeforeItExpires(t *testing.T) {
	f := newFake(t)
	f.expiring(78, 30*time.Second)
	f.answering(200, nil, `[]`)
	c := f.client()
	for range 2 {
		if _, err := c.PullRequestsWithCommit(context.Background(), 78, pay(), "c0ffee"); err != nil {
			t.Fatal(err)
		}
	}
	asked := f.requests("/pulls")
	if a, b := asked[0].Header.Get("Authorization"), asked[1].Header.Get("Authorization"); a != "token t1" || b != "token t2" {
		t.Errorf("%s, then %s: a token with 30 s left was used again", a, b)
	}
}

// A token that was revoked is forgotten, so that the job's next try works.
func TestARevokedTokenIsReplaced(t *testing.T) {
	f := newFake(t)
	f.expiring(78, time.Hour)
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "token t1" {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message": "Bad credentials"}`)
			return
		}
		io.WriteString(w, `[]`)
	})
	c := f.client()
	if _, err := c.PullRequestsWithCommit(context.Background(), 78, pay(), "c0ffee"); err == nil || strings.Contains(err.Error(), "t1 ") {
		t.Fatalf("%v", err)
	}
	if _, err := c.PullRequestsWithCommit(context.Background(), 78, pay(), "c0ffee"); err != nil {
		t.Error(err)
	}
}

func TestNoTokenToBeHad(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		check  func(error) bool
	}{
		"suspended": {403, `{"message": "This installation has been suspended"}`, func(err error) bool {
			_, ok := errors.AsType[*github.ForbiddenError](err)
			return ok && strings.Contains(err.Error(), "suspended")
		}},
		"uninstalled": {404, `{"message": "Not Found"}`, func(err error) bool {
			missing, ok := errors.AsType[*github.NotFoundError](err)
			return ok && missing.What == "installation 78"
		}},
		"wrong key": {401, `{"message": "A JSON web token could not be decoded"}`, func(err error) bool {
			return strings.Contains(err.Error(), "ID and private key")
		}},
		"limited": {429, ``, func(err error) bool {
			limited, ok := errors.AsType[*github.RateLimitedError](err)
			return ok && limited.Installation == 0
		}},
		"broken": {500, ``, func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.handle("POST /api/v3/app/installations/78/access_tokens", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			_, err := f.client().ReadBranch(context.Background(), 78, pay(), github.ReadOptions{})
			if err == nil || !c.check(err) {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

// Neither errors nor log lines hold the token, whatever goes wrong.
func TestTheTokenIsNeverShown(t *testing.T) {
	var log bytes.Buffer
	shown := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("no error")
		} else if strings.Contains(err.Error()+log.String(), "secret") || strings.Contains(err.Error(), "Bearer") {
			t.Errorf("the token is shown: %v\n%s", err, log.String())
		}
	}
	for _, status := range []int{401, 403, 404, 429, 500} {
		f := newFake(t)
		f.answering(status, nil, `{"message": "no"}`)
		shown(ask(f.client(func(c *github.Config) { c.Logger = zerolog.New(&log) })))
	}
	f := newFake(t)
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	shown(ask(f.client()))
}

// GitHub redirects the requests for a repository that was renamed; the token goes
// nowhere but to GitHub.
func TestRedirects(t *testing.T) {
	var leaked string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("Authorization") }))
	defer elsewhere.Close()
	f := newFake(t)
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, map[string]string{"away": elsewhere.URL, "c0ffee": "/api/v3/repositories/1/commits/c0ffee/pulls"}[r.PathValue("sha")], http.StatusMovedPermanently)
	})
	f.handle("GET /api/v3/repositories/1/commits/c0ffee/pulls", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[]`) })
	c := f.client()
	if err := ask(c); err != nil {
		t.Error(err)
	}
	if _, err := c.PullRequestsWithCommit(context.Background(), testInstallation, pay(), "away"); err == nil {
		t.Error("a redirect to another host was followed")
	}
	if leaked != "" {
		t.Errorf("another host got %q", leaked)
	}
}

func TestForbiddenNamesThePermission(t *testing.T) {
	for header, want := range map[string]string{
		"checks=write":                                "checks: write",
		"pull_requests=read; contents=read":           "pull_requests: read, or contents: read",
		"contents=write,workflows=write; admin=write": "contents: write and workflows: write, or admin: write",
		"": "pull_requests: read",
	} {
		f := newFake(t)
		f.answering(403, map[string]string{"X-Accepted-GitHub-Permissions": header}, `{"message": "Resource not accessible by integration"}`)
		forbidden, ok := errors.AsType[*github.ForbiddenError](ask(f.client()))
		if !ok || forbidden.Permission != want {
			t.Errorf("%q: %v", header, forbidden)
		}
	}
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	f := newFake(t)
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `["`)
		for chunk := bytes.Repeat([]byte("x"), 1<<20); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if err := ask(f.client()); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// A repeated read costs GitHub a 304, which does not count against the limit.
func TestConditionalRequests(t *testing.T) {
	f := newFake(t)
	var answered []int
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
		w.Header().Set("Vary", "Accept, Authorization, Cookie")
		status := http.StatusOK
		if r.Header.Get("If-None-Match") == `"v1"` {
			status = http.StatusNotModified
		}
		f.mu.Lock()
		answered = append(answered, status)
		f.mu.Unlock()
		w.WriteHeader(status)
		if status == http.StatusOK {
			io.WriteString(w, `[{"number": 4, "state": "open", "head": {"sha": "c0ffee"}}]`)
		}
	})
	c := f.client()
	for range 3 {
		got, err := c.PullRequestsWithCommit(context.Background(), testInstallation, pay(), "c0ffee")
		if err != nil || len(got) != 1 || got[0].Number != 4 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if fmt.Sprint(answered) != "[200 304 304]" {
		t.Errorf("GitHub answered %v", answered)
	}
}
