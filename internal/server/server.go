// Package server is Cairn's HTTP side: GitHub's deliveries in, health, metrics and
// the API out. It decides no rules and writes no SQL; what it serves is handed to
// it as values and functions.
//
// Start reading at [Routes].
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/cairn-dev/cairn/internal/catalog/api"
)

// Routes is everything the server answers.
type Routes struct {
	Webhook *Webhook
	Metrics *Metrics
	Catalog *api.Handler
	// Ready returns nil when the process can take and work on deliveries.
	Ready func(context.Context) error
}

// Server serves Routes until it is told to stop.
type Server struct {
	http     *http.Server
	draining atomic.Bool
	ready    func(context.Context) error
}

// New builds the server; Serve runs it.
func New(routes Routes) *Server {
	s := &Server{ready: routes.Ready}
	mux := http.NewServeMux()
	mux.Handle("POST "+githubapp.DefaultWebhookRoute, routes.Webhook.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(routes.Metrics.Registry, promhttp.HandlerOpts{}))
	mux.Handle(api.Prefix+"/", routes.Catalog)
	mux.Handle("GET "+api.ScorecardsPath, routes.Catalog.Scorecards())
	mux.Handle("GET "+api.AllPath, routes.Catalog.All())
	mux.HandleFunc("GET /{$}", home)
	s.http = &http.Server{
		Handler:           secure(mux),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
	return s
}

// Handler is what Serve serves, for tests that bring their own listener.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve answers on l until Shutdown. It returns nil after a Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown says not ready, takes no further deliveries and waits for those being
// answered, until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	return s.http.Shutdown(ctx)
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	plain(w, http.StatusOK, "ready")
}

func home(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "Cairn is running. GitHub delivers to "+githubapp.DefaultWebhookRoute+
		"; see also /healthz, /readyz, /metrics and /api/catalog/entities.")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// secure sets the headers that every answer carries.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
