// Package githubsim is a stand-in for GitHub over HTTP: organisations,
// repositories with real git objects, pull requests, checks, issues, deployments,
// Apps, and webhooks that are signed and delivered. It keeps everything in memory
// and is held to GitHub's published descriptions (package contract). It knows
// nothing of Cairn, and is meant for loopback only.
//
// Start reading at [Server]; what a person does is a method of it (act_*.go), what
// a client asks is a route (rest_*.go). The stand-in's own controls are under
// /_sim/, see [Faults].
package githubsim

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options make a Server. The zero value works: it makes its own key and secret.
type Options struct {
	URL           string // where it is reached, such as http://127.0.0.1:8081; no slash at the end
	Now           func() time.Time
	AppID         int64
	AppSlug       string
	PrivateKey    []byte // PEM; the App's key, of which the public half is used
	WebhookURL    string // "" delivers nothing
	WebhookSecret string
	Permissions   map[string]string // the App's, such as checks → write
	Events        []string          // the App's webhooks
	// SeparateForks gives forks objects of their own, so that a fork's commit cannot
	// be read through the repository it was forked from.
	SeparateForks bool
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	opts Options
	key  *rsa.PublicKey
	app  *App
	mux  http.Handler

	mu       sync.Mutex
	state    state
	tokens   map[string]*token // installation tokens
	budgets  map[string]*budget
	manifest map[string]manifestApp // by code
	faults   Faults
	counts   map[string]int // by route
	now, top int            // requests in flight, and the most there were

	hooks   *deliverer
	graphql http.Handler
	pages   http.Handler
}

// App is the GitHub App that the stand-in knows.
type App struct {
	ID          int64
	Slug, Name  string
	Owner       *Account
	Permissions map[string]string
	Events      []string
	CreatedAt   time.Time
	Bot         *Account
}

// New returns an empty GitHub with one App.
func New(opts Options) (*Server, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.AppID == 0 {
		opts.AppID = 1
	}
	if opts.AppSlug == "" {
		opts.AppSlug = "cairn"
	}
	if opts.PrivateKey == nil {
		key, err := NewPrivateKey()
		if err != nil {
			return nil, err
		}
		opts.PrivateKey = key
	}
	key, err := parseKey(opts.PrivateKey)
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, key: &key.PublicKey, state: newState(), tokens: map[string]*token{}, budgets: map[string]*budget{},
		manifest: map[string]manifestApp{}, counts: map[string]int{},
	}
	owner := s.newAccount("github", "Organization")
	bot := s.newAccount(opts.AppSlug+"[bot]", "Bot")
	s.app = &App{
		ID: opts.AppID, Slug: opts.AppSlug, Name: strings.ToUpper(opts.AppSlug[:1]) + opts.AppSlug[1:], Owner: owner,
		Permissions: opts.Permissions, Events: opts.Events, CreatedAt: s.time(), Bot: bot,
	}
	s.hooks = newDeliverer(s)
	s.mux = s.routes()
	return s, nil
}

// NewPrivateKey makes an App's private key, in PEM.
func NewPrivateKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the private key is no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the private key is not RSA")
	}
	return rsaKey, nil
}

// SetURL tells where the stand-in is reached, once its listener is open.
func (s *Server) SetURL(url string) { s.locked(func() { s.opts.URL = strings.TrimSuffix(url, "/") }) }

// URL is where the stand-in is reached.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.URL
}

// SetWebhook tells where deliveries go.
func (s *Server) SetWebhook(url, secret string) {
	s.locked(func() { s.opts.WebhookURL, s.opts.WebhookSecret = url, secret })
}

// SetGraphQL gives the handler of POST /graphql. It is called under no lock.
func (s *Server) SetGraphQL(h http.Handler) { s.graphql = h }

// SetPages gives the handler of the pages for browsers.
func (s *Server) SetPages(h http.Handler) { s.pages = h }

// PrivateKey is the App's key, for the client that plays the App.
func (s *Server) PrivateKey() []byte { return s.opts.PrivateKey }

// AppID is the App's ID.
func (s *Server) AppID() int64 { return s.app.ID }

func (s *Server) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// time is now as GitHub tells it: whole seconds, UTC.
func (s *Server) time() time.Time { return s.opts.Now().UTC().Truncate(time.Second) }

// ServeHTTP answers API calls, the stand-in's own controls, and pages for browsers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/_sim/"):
		s.control(w, r)
	case path == "/graphql" || path == "/api/graphql":
		s.serveGraphQL(w, r)
	case strings.HasPrefix(path, "/api/v3/") || path == "/api/v3":
		http.StripPrefix("/api/v3", http.HandlerFunc(s.serveAPI)).ServeHTTP(w, r)
	case s.pages != nil && isPage(r):
		s.pages.ServeHTTP(w, r)
	default:
		s.serveAPI(w, r)
	}
}

// isPage tells a browser from a client of the API: both live under the same host
// here, and only a browser asks for HTML or posts forms.
func isPage(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" {
		return false
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html") ||
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") ||
		strings.HasPrefix(r.URL.Path, "/_")
}

// Requests returns how often each route was called, such as "POST /graphql".
func (s *Server) Requests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.counts))
	for k, v := range s.counts {
		out[k] = v
	}
	return out
}

// ResetRequests starts counting anew.
func (s *Server) ResetRequests() {
	s.locked(func() { s.counts, s.top = map[string]int{}, 0 })
}

// MostAtOnce is the largest number of API requests there were at one time.
func (s *Server) MostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.top
}

// begin counts a request; the function it returns ends it.
func (s *Server) begin() func() {
	s.locked(func() {
		s.now++
		s.top = max(s.top, s.now)
	})
	return func() { s.locked(func() { s.now-- }) }
}

// encode writes JSON as GitHub does: no HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
