package githubsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim/graphql"
)

// Faults is what goes wrong on demand. It is set by [Server.SetFaults] or by
// PUT /_sim/faults with the same JSON; GET shows it, with what is left.
type Faults struct {
	LatencyMS int `json:"latency_ms"` // before every answer
	// The next so many API calls …
	ServerErrors   int    `json:"server_errors"`   // … are answered 502, and do nothing
	LostAnswers    int    `json:"lost_answers"`    // … are done, and the connection is cut
	PrimaryLimit   int    `json:"primary_limit"`   // … meet the primary rate limit (GraphQL: 200 with RATE_LIMITED)
	SecondaryLimit int    `json:"secondary_limit"` // … meet the secondary limit: 403 with Retry-After
	TooMany        int    `json:"too_many"`        // … the same as 429
	RetryAfter     int    `json:"retry_after"`     // seconds told by the secondary limit; 0: 60
	Forbid         string `json:"forbid"`          // the permission whose routes answer 403, such as checks:write
	Only           string `json:"only"`            // faults meet this route only, such as POST /graphql
	// GraphQL queries.
	SlowNodes int               `json:"slow_nodes"` // those that may bring more nodes than this time out: 502; 0: none does
	Slow      []string          `json:"slow"`       // reading files of these repositories (owner/name) times out: 502
	Refuse    map[string]string `json:"refuse"`     // repository (owner/name) to the permission it is kept back with: metadata, contents …
	// Deliveries.
	DropDeliveries   int  `json:"drop_deliveries"`   // the next so many fail as if nobody answered
	RepeatDeliveries bool `json:"repeat_deliveries"` // each is sent twice
	StopDeliveries   bool `json:"stop_deliveries"`   // none is sent; the log says they failed
}

// SetFaults replaces what goes wrong.
func (s *Server) SetFaults(f Faults) { s.locked(func() { s.faults = f }) }

// slowFor reports whether reading a repository's files times out.
func (f Faults) slowFor(r *graphql.Repository) bool { return slices.Contains(f.Slow, r.FullName()) }

// fault is what happens to one call.
type fault struct {
	latency                     time.Duration
	serverError, cut            bool
	primary, secondary, tooMany bool
	retryAfter                  int
}

// nextFault takes what is due for a call.
func (s *Server) nextFault(operation string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &fault{latency: time.Duration(s.faults.LatencyMS) * time.Millisecond, retryAfter: s.faults.RetryAfter}
	if s.faults.Only != "" && s.faults.Only != operation {
		return f
	}
	take := func(n *int) bool {
		if *n <= 0 {
			return false
		}
		*n--
		return true
	}
	switch {
	case take(&s.faults.ServerErrors):
		f.serverError = true
	case take(&s.faults.LostAnswers):
		f.cut = true
	case take(&s.faults.PrimaryLimit):
		f.primary = true
	case take(&s.faults.SecondaryLimit):
		f.secondary = true
	case take(&s.faults.TooMany):
		f.secondary, f.tooMany = true, true
	}
	return f
}

// wait is the latency; false when the client went away.
func (f *fault) wait(r *http.Request) bool {
	if f.latency <= 0 {
		return true
	}
	timer := time.NewTimer(f.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// before returns the answer of a fault that keeps the work from being done.
func (f *fault) before(s *Server, who caller, resource string) reply {
	switch {
	case f.serverError:
		return reply{status: http.StatusBadGateway, text: []byte("<html><title>502 Bad Gateway</title></html>"), kind: "text/html"}
	case f.primary:
		s.budget(who, resource).empty()
		return refuse(http.StatusForbidden, "API rate limit exceeded for "+who.key()+".")
	case f.secondary:
		status := http.StatusForbidden
		if f.tooMany {
			status = http.StatusTooManyRequests
		}
		a := refuse(status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
		wait := f.retryAfter
		if wait == 0 {
			wait = 60
		}
		a.header = http.Header{"Retry-After": {strconv.Itoa(wait)}}
		return a
	}
	if s.budget(who, resource).remaining <= 0 {
		return refuse(http.StatusForbidden, "API rate limit exceeded for "+who.key()+".")
	}
	return reply{}
}

// after may lose the answer of work that was done.
func (f *fault) after(a reply) reply { return a }

// budget is a caller's primary rate limit.
type budget struct {
	resource         string
	limit, remaining int
	reset            time.Time
}

func (s *Server) budget(who caller, resource string) *budget {
	key := who.key() + " " + resource
	b, ok := s.budgets[key]
	if !ok || !s.time().Before(b.reset) {
		limit := 5000
		if who.key() == "anonymous" {
			limit = 60
		}
		b = &budget{resource: resource, limit: limit, remaining: limit, reset: s.time().Add(time.Hour)}
		s.budgets[key] = b
	}
	return b
}

func (b *budget) empty() { b.remaining = 0 }

// spend takes n and writes GitHub's headers.
func (b *budget) spend(h http.Header, n int) {
	b.remaining = max(0, b.remaining-n)
	h.Set("X-Ratelimit-Limit", strconv.Itoa(b.limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(b.remaining))
	h.Set("X-Ratelimit-Used", strconv.Itoa(b.limit-b.remaining))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(b.reset.Unix(), 10))
	h.Set("X-Ratelimit-Resource", b.resource)
}

func (b *budget) json() map[string]any {
	return map[string]any{"limit": b.limit, "remaining": b.remaining, "used": b.limit - b.remaining, "reset": b.reset.Unix(), "resource": b.resource}
}

// control answers /_sim/: faults, and how often each route was called.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) // a client that went away has lost its answer
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_sim/faults":
		s.mu.Lock()
		defer s.mu.Unlock()
		answer(s.faults)
	case "PUT /_sim/faults":
		var f Faults
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.SetFaults(f)
		answer(f)
	case "GET /_sim/requests":
		answer(map[string]any{"requests": s.Requests(), "most_at_once": s.MostAtOnce()})
	case "DELETE /_sim/requests":
		s.ResetRequests()
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "GET or PUT /_sim/faults, GET or DELETE /_sim/requests", http.StatusNotFound)
	}
}

// serveGraphQL counts the call, lets faults happen, and hands over.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	defer s.begin()()
	const operation = "POST /graphql"
	fault := s.nextFault(operation)
	if !fault.wait(r) {
		return
	}
	var answer reply
	s.locked(func() {
		s.counts[operation]++
		var who caller
		who, answer = s.identify(r)
		switch {
		case answer.status == 0 && who.key() == "anonymous":
			answer = refuse(http.StatusUnauthorized, "This endpoint requires you to be authenticated.")
		case answer.status == 0 && fault.primary:
			s.budget(who, "graphql").empty()
			answer = ok(map[string]any{"errors": []any{map[string]any{"type": "RATE_LIMITED", "message": "API rate limit exceeded for " + who.key() + "."}}})
		case answer.status == 0:
			answer = fault.before(s, who, "graphql")
		}
		if answer.status != 0 {
			s.finish(w, r, route{needs: "any"}, who, &answer, "graphql")
			return
		}
		s.budget(who, "graphql").spend(w.Header(), 1)
		w.Header().Set("X-GitHub-Request-Id", requestID(s.state.id()))
		w.Header().Set("X-GitHub-Media-Type", "github.v4; format=json")
	})
	switch {
	case answer.status != 0:
		s.write(w, r, answer)
	case s.graphql == nil:
		http.NotFound(w, r)
	case fault.cut:
		panic(http.ErrAbortHandler)
	default:
		s.graphql.ServeHTTP(w, r)
	}
}
