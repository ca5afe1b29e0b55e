package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What Cairn allows itself per installation and process, at or below GitHub's
// secondary limits (docs.github.com, "Rate limits for the REST API", "Rate limits
// and query limits for the GraphQL API").
const (
	maxConcurrent     = 20   // GitHub: 100, REST and GraphQL together
	restPoints        = 900  // a minute: reads 1, writes 5
	graphqlPoints     = 2000 // a minute: queries 1, mutations 5
	contentsPerMinute = 80
	contentsPerHour   = 500
)

const (
	// maxWait is how long a call waits for Cairn's own budget; beyond it the call
	// is refused, and the job goes back to the queue instead of holding a worker.
	maxWait = 10 * time.Second
	// firstBackoff is the pause after a secondary limit that names no time; it
	// doubles with each one in a row up to maxBackoff ("wait for at least one
	// minute … exponentially increasing", same page).
	firstBackoff = time.Minute
	maxBackoff   = 30 * time.Minute
	// maxPause bounds what a header can ask for: limits are hourly.
	maxPause = 2 * time.Hour
	// maxBody bounds any answer, in bytes, after decompression.
	maxBody = 32 << 20
	// maxRefusal is how much of a refusal's body is read to find its reason.
	maxRefusal = 64 << 10
)

// limiter is the RoundTripper below all clients of one installation. It refuses
// calls while a pause is in force, keeps to the budget, and learns pauses from
// the answers: a rate-limited answer comes back as *RateLimitedError.
type limiter struct {
	installation   int64 // 0: the App itself
	next           http.RoundTripper
	clock          Clock
	pauses         *pauses
	observer       Observer
	v3Path, v4Path string

	slots chan struct{}

	mu      sync.Mutex
	rest    window
	graphql window
	content []*window
	streak  int // secondary limits in a row
}

func (c *Client) newLimiter(installationID int64) *limiter {
	return &limiter{
		installation: installationID, next: c.base, clock: c.clock, pauses: c.pauses, observer: c.observer,
		v3Path: c.v3.Path, v4Path: c.v4.Path,
		slots:   make(chan struct{}, maxConcurrent),
		rest:    window{span: time.Minute, limit: restPoints},
		graphql: window{span: time.Minute, limit: graphqlPoints},
		content: []*window{{span: time.Minute, limit: contentsPerMinute}, {span: time.Hour, limit: contentsPerHour}},
	}
}

// RoundTrip makes the call, or returns *RateLimitedError without making it.
func (l *limiter) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.roundTrip(req)
	if err != nil && req.Body != nil {
		err = errors.Join(err, req.Body.Close()) // a RoundTripper closes the body in any case
	}
	return resp, err
}

func (l *limiter) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	call := l.classify(req)
	if err := l.admit(ctx, call); err != nil {
		return nil, err
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.slots }()
	// While this call waited for its turn another may have met a limit.
	if err := l.refusal(ctx, call.resource); err != nil {
		return nil, err
	}
	started := l.clock.Now()
	resp, err := l.next.RoundTrip(req)
	seen := Request{InstallationID: l.installation, Resource: call.resource, Route: call.route, Duration: l.clock.Now().Sub(started)}
	if err != nil {
		l.observer.Request(seen)
		return nil, err
	}
	seen.Status = resp.StatusCode
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxBody)
	l.observer.Request(seen)
	return l.learn(ctx, call, resp)
}

// call is what the limits ask about a request.
type call struct {
	resource string
	route    string
	points   int
	content  bool
}

func (l *limiter) classify(req *http.Request) call {
	if req.URL.Path == l.v4Path && req.Method == http.MethodPost {
		points := 1
		if isMutation(req) {
			points = 5
		}
		return call{resource: ResourceGraphQL, route: "POST /graphql", points: points}
	}
	path := strings.TrimPrefix(req.URL.Path, l.v3Path)
	c := call{resource: ResourceCore, route: req.Method + " " + template(path), points: 5}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		c.points = 1
	}
	if strings.HasPrefix(path, "/search/") {
		c.resource = "search"
	}
	c.content = createsContent(req.Method, path)
	return c
}

// isMutation looks at the start of the body, which this package writes itself.
func isMutation(req *http.Request) bool {
	if req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	defer body.Close()
	const start = `{"query":"mutation`
	head := make([]byte, len(start))
	n, err := io.ReadFull(body, head)
	return err == nil && string(head[:n]) == start
}

// refusal returns an error while a pause is in force.
func (l *limiter) refusal(ctx context.Context, resource string) error {
	if p, ok := l.pauses.inForce(ctx, l.installation, resource); ok {
		return &RateLimitedError{Until: p.Until, Resource: p.Resource, Installation: l.installation, Why: p.Why}
	}
	return nil
}

// admit waits until the budget has room for the call, or refuses it.
func (l *limiter) admit(ctx context.Context, c call) error {
	for {
		if err := l.refusal(ctx, c.resource); err != nil {
			return err
		}
		now := l.clock.Now()
		d := l.spend(now, c)
		switch {
		case d == 0:
			return nil
		case d > maxWait:
			return &RateLimitedError{Until: now.Add(d), Resource: c.resource, Installation: l.installation,
				Why: "Cairn's own budget below GitHub's secondary rate limit is spent"}
		}
		if err := wait(ctx, l.clock, d); err != nil {
			return err
		}
	}
}

// spend takes the call's points from every budget it counts against, or says how
// long to wait for them.
func (l *limiter) spend(now time.Time, c call) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	points := &l.rest
	if c.resource == ResourceGraphQL {
		points = &l.graphql
	}
	d := points.wait(now, c.points)
	if c.content {
		for _, w := range l.content {
			d = max(d, w.wait(now, 1))
		}
	}
	if d > 0 {
		return d
	}
	points.add(now, c.points)
	if c.content {
		for _, w := range l.content {
			w.add(now, 1)
		}
	}
	return 0
}

// learn reads the budget and the limits from an answer.
func (l *limiter) learn(ctx context.Context, c call, resp *http.Response) (*http.Response, error) {
	budget, ok := l.budget(c, resp.Header)
	if ok {
		l.observer.Budget(budget)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusForbidden, code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		reason, err := peek(resp)
		if err != nil {
			return nil, fmt.Errorf("read GitHub's refusal: %w", err)
		}
		if p, limited := l.limit(c, code, resp.Header, reason); limited {
			l.pauses.add(ctx, p)
			refused := &RateLimitedError{Until: p.Until, Resource: p.Resource, Installation: l.installation, Why: p.Why}
			return nil, errors.Join(refused, resp.Body.Close())
		}
	case ok && budget.Remaining == 0:
		l.pauses.add(ctx, l.primary(budget))
	default:
		l.mu.Lock()
		l.streak = 0
		l.mu.Unlock()
	}
	return resp, nil
}

func (l *limiter) budget(c call, h http.Header) (Budget, bool) {
	remaining, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	if err != nil {
		return Budget{}, false // some Enterprise Servers have no limit
	}
	reset, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return Budget{}, false
	}
	limit, err := strconv.Atoi(h.Get("X-Ratelimit-Limit"))
	if err != nil {
		limit = 0
	}
	resource := h.Get("X-Ratelimit-Resource")
	if resource == "" || len(resource) > 40 {
		resource = c.resource
	}
	return Budget{InstallationID: l.installation, Resource: resource, Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0)}, true
}

// limit tells a rate limit from another refusal, in the order GitHub documents:
// Retry-After, else the reset of an empty budget, else a growing pause.
func (l *limiter) limit(c call, status int, h http.Header, reason string) (Pause, bool) {
	now := l.clock.Now()
	secondary := isSecondary(reason)
	budget, known := l.budget(c, h)
	empty := known && budget.Remaining == 0
	if d, ok := retryAfter(h, now); ok {
		p := Pause{InstallationID: l.installation, Resource: ResourceAll, Until: now.Add(d), Why: "secondary rate limit, Retry-After"}
		switch {
		case status == http.StatusServiceUnavailable:
			p.Why = "GitHub is unavailable, Retry-After"
		case empty && !secondary:
			p.Resource, p.Why = budget.Resource, "rate limit, Retry-After"
		}
		return p, true
	}
	switch {
	case status == http.StatusServiceUnavailable:
		return Pause{}, false
	case empty && !secondary:
		return l.primary(budget), true
	case secondary, status == http.StatusTooManyRequests:
		return l.backoff("secondary rate limit"), true
	}
	return Pause{}, false
}

// primary is the pause until an empty budget is filled again.
func (l *limiter) primary(b Budget) Pause {
	d := min(max(b.Reset.Sub(l.clock.Now()), time.Second), maxPause)
	return Pause{InstallationID: l.installation, Resource: b.Resource, Until: l.clock.Now().Add(d),
		Why: fmt.Sprintf("rate limit of %d an hour is used up", b.Limit)}
}

// backoff is the pause after a limit that names no time.
func (l *limiter) backoff(why string) Pause {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := min(firstBackoff<<min(l.streak, 10), maxBackoff)
	l.streak++
	return Pause{InstallationID: l.installation, Resource: ResourceAll, Until: l.clock.Now().Add(d), Why: why}
}

// limitedAnswer is called for a GraphQL answer of 200 that says RATE_LIMITED.
func (l *limiter) limitedAnswer(ctx context.Context, h http.Header, reason string) error {
	p, limited := l.limit(call{resource: ResourceGraphQL}, http.StatusTooManyRequests, h, reason)
	if limited {
		l.pauses.add(ctx, p)
	}
	return &RateLimitedError{Until: p.Until, Resource: p.Resource, Installation: l.installation, Why: p.Why}
}

func isSecondary(reason string) bool {
	reason = strings.ToLower(reason)
	return strings.Contains(reason, "secondary rate limit") || strings.Contains(reason, "secondary-rate-limit") ||
		strings.Contains(reason, "abuse-rate-limit") || strings.Contains(reason, "abuse detection")
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := h.Get("Retry-After")
	if text == "" {
		return 0, false
	}
	d := firstBackoff // not understood: GitHub asks for a pause all the same
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, time.Second), maxPause), true
}

// peek reads the start of a body and puts it back: message and documentation_url
// of a refusal in JSON, else the text.
func peek(resp *http.Response) (string, error) {
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return "", err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	var refusal struct {
		Message string `json:"message"`
		URL     string `json:"documentation_url"`
	}
	if err := json.Unmarshal(head, &refusal); err == nil {
		return refusal.Message + " " + refusal.URL, nil
	}
	return string(head), nil
}

// window counts points in the last span of time.
type window struct {
	span  time.Duration
	limit int
	spent []spending
	total int
}

type spending struct {
	at     time.Time
	points int
}

// wait says how long until there is room for points; 0 for now.
func (w *window) wait(now time.Time, points int) time.Duration {
	past := 0
	for past < len(w.spent) && now.Sub(w.spent[past].at) >= w.span {
		w.total -= w.spent[past].points
		past++
	}
	w.spent = w.spent[past:]
	over := w.total + points - w.limit
	for _, s := range w.spent {
		if over <= 0 {
			return 0
		}
		if over -= s.points; over <= 0 {
			return w.span - now.Sub(s.at)
		}
	}
	return 0
}

func (w *window) add(now time.Time, points int) {
	w.spent = append(w.spent, spending{now, points})
	w.total += points
}
