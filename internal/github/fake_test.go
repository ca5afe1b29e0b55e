package github_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/repo"
)

const (
	testInstallation = 77
	testToken        = "ghs_77_secret"
	testApp          = 5
)

var testKey = sync.OnceValue(func() []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
})

// fakeGitHub answers over HTTP: tokens by itself, the rest by the handlers of the
// test. It keeps what it was asked.
type fakeGitHub struct {
	*httptest.Server
	t   testing.TB
	mux *http.ServeMux

	mu   sync.Mutex
	seen []seenRequest
}

type seenRequest struct {
	Method, Path, Query, Body string
	Header                    http.Header
}

func newFake(tb testing.TB) *fakeGitHub {
	tb.Helper()
	f := &fakeGitHub{t: tb, mux: http.NewServeMux()}
	f.Server = httptest.NewServer(f)
	tb.Cleanup(f.Close)
	f.handle("POST /api/v3/app/installations/77/access_tokens", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token":%q,"expires_at":%q,"permissions":{"checks":"write"}}`, testToken, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	})
	return f
}

func (f *fakeGitHub) handle(pattern string, h http.HandlerFunc) { f.mux.HandleFunc(pattern, h) }

func (f *fakeGitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	f.seen = append(f.seen, seenRequest{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
	f.mu.Unlock()
	f.mux.ServeHTTP(w, r)
}

// calls returns the requests other than those for tokens, as "METHOD path".
func (f *fakeGitHub) calls() []string {
	var out []string
	for _, r := range f.requests("") {
		if !strings.HasSuffix(r.Path, "/access_tokens") {
			out = append(out, r.Method+" "+strings.TrimPrefix(r.Path, "/api"))
		}
	}
	return out
}

// requests returns those whose path ends in suffix.
func (f *fakeGitHub) requests(suffix string) []seenRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []seenRequest
	for _, r := range f.seen {
		if strings.HasSuffix(r.Path, suffix) {
			out = append(out, r)
		}
	}
	return out
}

// graphql answers every query with text, in turn; the last one again and again.
func (f *fakeGitHub) graphql(answers ...string) {
	n := 0
	f.handle("POST /api/graphql", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		text := answers[min(n, len(answers)-1)]
		n++
		f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
	})
}

// client returns a Client of the fake, as Enterprise Server's URLs are.
func (f *fakeGitHub) client(change ...func(*github.Config)) *github.Client {
	f.t.Helper()
	cfg := github.Config{
		WebURL: f.URL, V3URL: f.URL + "/api/v3/", V4URL: f.URL + "/api/graphql",
		AppID: testApp, PrivateKey: testKey(), UserAgent: "cairn/test", Logger: zerolog.Nop(), Clock: newClock(),
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := github.New(cfg)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// fakeClock stands still, except that waiting moves it on at once.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	waited time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited += d
	c.now = c.now.Add(d)
	ch := make(chan time.Time, 1)
	ch <- c.now
	return ch
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// observed keeps what an Observer was told.
type observed struct {
	mu       sync.Mutex
	requests []github.Request
	budgets  []github.Budget
}

func (o *observed) Request(r github.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.Duration = 0
	o.requests = append(o.requests, r)
}

func (o *observed) Budget(b github.Budget) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.budgets = append(o.budgets, b)
}

func (o *observed) all() ([]github.Request, []github.Budget) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.requests), slices.Clone(o.budgets)
}

// sharedPauses is a PauseStore of several replicas.
type sharedPauses struct {
	mu     sync.Mutex
	pauses []github.Pause
	reads  int
}

func (s *sharedPauses) Pause(_ context.Context, id int64, resource string, until time.Time, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses = append(s.pauses, github.Pause{id, resource, until, why})
	return nil
}

func (s *sharedPauses) Pauses(_ context.Context, now time.Time) ([]github.Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	var out []github.Pause
	for _, p := range s.pauses {
		if p.Until.After(now) {
			out = append(out, p)
		}
	}
	return out, nil
}

func pay() repo.Name { return repo.Name{Owner: "acme", Repo: "pay"} }

// pullRequestAnswer is GitHub's answer to the query of pull request acme/pay#12.
func pullRequestAnswer(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "pullrequest.json"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// edit changes one value of a JSON text: edit(t, text, "new", "data", "repository", "name").
func edit(tb testing.TB, text string, value any, path ...string) string {
	tb.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		tb.Fatal(err)
	}
	at := doc
	for _, p := range path[:len(path)-1] {
		next, ok := at[p].(map[string]any)
		if !ok {
			tb.Fatalf("no object %q on the way %v", p, path)
		}
		at = next
	}
	at[path[len(path)-1]] = value
	out, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	return string(out)
}

func wantAll() repo.Want {
	return repo.Want{
		Files: []string{"README.md", "go.mod", "Dockerfile"},
		Dirs:  []repo.Dir{{Path: "k8s", Depth: 3}, {Path: ".github/workflows", Depth: 1}, {Path: "", Depth: 1, NamesOnly: true}},
	}
}

func optionsAll() github.ReadOptions {
	return github.ReadOptions{
		Want: wantAll(), PolicyRepo: ".github", PolicyPath: ".platform/policy.yaml",
		SettingsPath: ".github/platform.yaml", CheckName: "Golden path", AppID: testApp,
	}
}
