package github_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairn-dev/cairn/internal/github"
)

// answering answers every request of a pull request's commit with one answer.
func (f *fakeGitHub) answering(status int, header map[string]string, body string) {
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

// ask makes one REST request.
func ask(c *github.Client) error {
	_, err := c.PullRequestsWithCommit(context.Background(), testInstallation, pay(), "c0ffee")
	return err
}

func TestLimitsAreLearnt(t *testing.T) {
	start := newClock().Now()
	reset := strconv.FormatInt(start.Add(20*time.Minute).Unix(), 10)
	empty := map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset, "X-RateLimit-Resource": "core"}
	with := func(h map[string]string, k, v string) map[string]string {
		out := maps.Clone(h)
		out[k] = v
		return out
	}
	const secondary = `{"message": "You have exceeded a secondary rate limit."}`
	for name, c := range map[string]struct {
		status   int
		header   map[string]string
		body     string
		resource string // of the pause; "" for none
		wait     time.Duration
	}{
		"primary, 403":               {403, empty, `{"message": "API rate limit exceeded"}`, "core", 20 * time.Minute},
		"primary, 429":               {429, empty, `{"message": "API rate limit exceeded"}`, "core", 20 * time.Minute},
		"primary with Retry-After":   {429, with(empty, "Retry-After", "90"), `{}`, "core", 90 * time.Second},
		"secondary with Retry-After": {403, map[string]string{"Retry-After": "61"}, secondary, "all", 61 * time.Second},
		"secondary on 429":           {429, map[string]string{"Retry-After": "30"}, `{}`, "all", 30 * time.Second},
		"secondary without a time":   {403, nil, secondary, "all", time.Minute},
		"secondary by its page":      {403, nil, `{"message": "no", "documentation_url": "https://docs/x#secondary-rate-limits"}`, "all", time.Minute},
		"429 without a word":         {429, nil, ``, "all", time.Minute},
		"Retry-After as a date":      {429, map[string]string{"Retry-After": start.Add(5 * time.Minute).Format(http.TimeFormat)}, ``, "all", 5 * time.Minute},
		"Retry-After beyond reason":  {429, map[string]string{"Retry-After": "999999999"}, ``, "all", 2 * time.Hour},
		"Retry-After not understood": {429, map[string]string{"Retry-After": "soon"}, ``, "all", time.Minute},
		"reset in the past":          {403, with(empty, "X-RateLimit-Reset", "1"), ``, "core", time.Second},
		"unavailable for a while":    {503, map[string]string{"Retry-After": "10"}, ``, "all", 10 * time.Second},
		"unavailable":                {503, nil, ``, "", 0},
		"not permitted":              {403, nil, `{"message": "Resource not accessible by integration"}`, "", 0},
		"the last request":           {200, empty, `[]`, "core", 20 * time.Minute},
		"fine":                       {200, map[string]string{"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": reset}, `[]`, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, clock := newFake(t), newClock()
			f.answering(c.status, c.header, c.body)
			client := f.client(func(cfg *github.Config) { cfg.Clock = clock })
			first := ask(client)
			if limited, ok := errors.AsType[*github.RateLimitedError](first); ok != (c.resource != "" && c.status != 200) {
				t.Fatalf("the first answer: %v", first)
			} else if ok && !limited.RetryAt().Equal(start.Add(c.wait)) {
				t.Errorf("the first answer: come back at %s", limited.RetryAt())
			}
			if c.resource == "" {
				ask(client) // only whether it is made counts
				if n := len(f.calls()); n != 2 {
					t.Errorf("%d requests, nothing forbids the second", n)
				}
				return
			}
			limited, ok := errors.AsType[*github.RateLimitedError](ask(client))
			if !ok || limited.Resource != c.resource || !limited.Until.Equal(start.Add(c.wait)) || limited.Installation != testInstallation {
				t.Errorf("the next call: %+v", limited)
			}
			if n := len(f.calls()); n != 1 {
				t.Errorf("%d requests during the pause", n)
			}
			clock.advance(c.wait)
			ask(client) // only whether it is made counts
			if n := len(f.calls()); n != 2 {
				t.Errorf("%d requests after the pause, want the second to be made", n)
			}
		})
	}
}

func TestCorePauseLeavesGraphQLAlone(t *testing.T) {
	f := newFake(t)
	f.answering(403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(newClock().Now().Add(time.Hour).Unix(), 10)}, ``)
	f.graphql(`{"data": {"r0": {"nameWithOwner": "acme/pay"}}}`)
	c := f.client()
	if _, ok := errors.AsType[*github.RateLimitedError](ask(c)); !ok {
		t.Fatal("not limited")
	}
	if _, err := c.ReadBranch(context.Background(), testInstallation, pay(), github.ReadOptions{}); err != nil {
		t.Errorf("GraphQL is paused too: %v", err)
	}
}

// Over its primary limit GraphQL answers 200 with an error.
func TestGraphQLLimit(t *testing.T) {
	reset := newClock().Now().Add(7 * time.Minute)
	for name, header := range map[string]http.Header{
		"with headers":    {"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {strconv.FormatInt(reset.Unix(), 10)}, "X-Ratelimit-Resource": {"graphql"}},
		"without headers": {},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.handle("POST /api/graphql", func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range header {
					w.Header()[k] = v
				}
				io.WriteString(w, `{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation ID 77."}]}`)
			})
			c := f.client()
			want := reset
			if len(header) == 0 {
				want = newClock().Now().Add(time.Minute)
			}
			for range 2 {
				_, err := c.ReadBranch(context.Background(), testInstallation, pay(), github.ReadOptions{})
				if limited, ok := errors.AsType[*github.RateLimitedError](err); !ok || !limited.Until.Equal(want) {
					t.Errorf("%v", err)
				}
			}
			if n := len(f.calls()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestSecondaryPausesGrowUntilOneIsAnswered(t *testing.T) {
	f, clock := newFake(t), newClock()
	var status atomic.Int32
	status.Store(http.StatusTooManyRequests)
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		io.WriteString(w, `[]`)
	})
	c := f.client(func(cfg *github.Config) { cfg.Clock = clock })
	limited := func(want time.Duration) {
		t.Helper()
		l, ok := errors.AsType[*github.RateLimitedError](ask(c))
		if !ok || l.Until.Sub(clock.Now()) != want {
			t.Fatalf("%+v, want a pause of %s", l, want)
		}
		clock.advance(want)
	}
	limited(time.Minute)
	limited(2 * time.Minute)
	limited(4 * time.Minute)
	status.Store(http.StatusOK)
	if err := ask(c); err != nil {
		t.Fatal(err)
	}
	status.Store(http.StatusTooManyRequests)
	limited(time.Minute)
}

func TestReplicasShareAPause(t *testing.T) {
	f, clock, store := newFake(t), newClock(), &sharedPauses{}
	f.answering(429, map[string]string{"Retry-After": "60"}, ``)
	replica := func() *github.Client {
		return f.client(func(cfg *github.Config) { cfg.Clock, cfg.Pauses = clock, store })
	}
	one, other := replica(), replica()
	if _, ok := errors.AsType[*github.RateLimitedError](ask(one)); !ok {
		t.Fatal("not limited")
	}
	for range 5 {
		if _, ok := errors.AsType[*github.RateLimitedError](ask(other)); !ok {
			t.Fatal("the other replica calls during the pause")
		}
	}
	if n := len(f.calls()); n != 1 {
		t.Errorf("%d requests", n)
	}
	if store.reads != 2 {
		t.Errorf("the shared pauses were read %d times within a few seconds by 2 replicas", store.reads)
	}
}

func TestOtherInstallationsGoOn(t *testing.T) {
	f, store := newFake(t), &sharedPauses{}
	store.pauses = []github.Pause{{78, github.ResourceAll, newClock().Now().Add(time.Hour), "theirs"}}
	f.answering(200, nil, `[]`)
	if err := ask(f.client(func(cfg *github.Config) { cfg.Pauses = store })); err != nil {
		t.Error(err)
	}
}

type brokenStore struct{}

func (brokenStore) Pause(context.Context, int64, string, time.Time, string) error {
	return errors.New("database is gone")
}

func (brokenStore) Pauses(context.Context, time.Time) ([]github.Pause, error) {
	return nil, errors.New("database is gone")
}

func TestABrokenPauseStoreStopsNothing(t *testing.T) {
	f := newFake(t)
	f.answering(429, map[string]string{"Retry-After": "60"}, ``)
	c := f.client(func(cfg *github.Config) { cfg.Pauses = brokenStore{} })
	for range 2 {
		if _, ok := errors.AsType[*github.RateLimitedError](ask(c)); !ok {
			t.Fatal("the process forgot its own pause")
		}
	}
	if n := len(f.calls()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// Cairn stays below GitHub's secondary limit by itself: a short wait is waited
// out, for a long one the job goes back to the queue.
func TestOwnBudget(t *testing.T) {
	f, clock := newFake(t), newClock()
	f.answering(200, nil, `[]`)
	c := f.client(func(cfg *github.Config) { cfg.Clock = clock })
	for range 900 { // what GitHub allows a minute
		if err := ask(c); err != nil {
			t.Fatal(err)
		}
	}
	limited, ok := errors.AsType[*github.RateLimitedError](ask(c))
	if !ok || limited.Until.Sub(clock.Now()) != time.Minute {
		t.Fatalf("%+v", limited)
	}
	clock.advance(55 * time.Second)
	if err := ask(c); err != nil {
		t.Fatal(err)
	}
	if clock.waited != 5*time.Second {
		t.Errorf("waited %s", clock.waited)
	}
}

// standingClock never lets a wait end.
type standingClock struct{ *fakeClock }

func (standingClock) After(time.Duration) <-chan time.Time { return nil }

func TestCancellingEndsAWait(t *testing.T) {
	f, clock := newFake(t), standingClock{newClock()}
	f.answering(200, nil, `[]`)
	c := f.client(func(cfg *github.Config) { cfg.Clock = clock })
	for range 900 { // what GitHub allows a minute
		if err := ask(c); err != nil {
			t.Fatal(err)
		}
	}
	clock.advance(55 * time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := c.PullRequestsWithCommit(ctx, testInstallation, pay(), "c0ffee"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n := len(f.calls()); n != 900 {
		t.Errorf("%d requests", n)
	}
}

func TestConcurrencyIsCapped(t *testing.T) {
	f := newFake(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	f.handle("GET /api/v3/repos/acme/pay/commits/{sha}/pulls", func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		io.WriteString(w, `[]`)
	})
	c := f.client()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := c.PullRequestsWithCommit(context.Background(), testInstallation, pay(), fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
		<-arrived
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.PullRequestsWithCommit(ctx, testInstallation, pay(), "more"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one call more than the cap: %v", err)
	}
	if n := len(f.calls()); n != 20 {
		t.Errorf("%d requests at once, the cap is %d", n, 20)
	}
	close(release)
	wg.Wait()
}

func TestEveryCallIsObserved(t *testing.T) {
	f, seen := newFake(t), &observed{}
	reset := time.Unix(1_800_000_000, 0)
	f.answering(200, map[string]string{"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1800000000"}, `[]`)
	f.graphql(`{"data": {"r0": {"nameWithOwner": "acme/pay"}}}`)
	c := f.client(func(cfg *github.Config) { cfg.Observer = seen })
	if err := ask(c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadBranch(context.Background(), testInstallation, pay(), github.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	requests, budgets := seen.all()
	want := []github.Request{
		{Resource: "core", Route: "POST /app/installations/{installation_id}/access_tokens", Status: 201},
		{InstallationID: testInstallation, Resource: "core", Route: "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", Status: 200},
		{InstallationID: testInstallation, Resource: "graphql", Route: "POST /graphql", Status: 200},
	}
	if diff := cmp.Diff(want, requests, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("requests: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([]github.Budget{{testInstallation, "core", 5000, 4999, reset}}, budgets); diff != "" {
		t.Errorf("budgets: -want +got\n%s", diff)
	}
}
