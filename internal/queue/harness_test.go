package queue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
)

// patience bounds every wait of these tests; nothing waits that long unless it is
// broken.
const patience = 20 * time.Second

// noon is when these tests begin.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// clock is moved by the test.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
	grown  chan struct{} // closed and renewed when a timer is set
}

type timer struct {
	in   time.Duration
	at   time.Time
	fire chan time.Time
}

func newClock() *clock { return &clock{now: noon, grown: make(chan struct{})} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := timer{d, c.now.Add(d), make(chan time.Time, 1)}
	c.timers = append(c.timers, t)
	close(c.grown)
	c.grown = make(chan struct{})
	return t.fire
}

// advance moves the time once somebody waits for exactly d, by d.
func (c *clock) advance(t *testing.T, d time.Duration) {
	t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		waited, grown := false, c.grown
		for _, timer := range c.timers {
			waited = waited || timer.in == d && timer.at.Equal(c.now.Add(d))
		}
		if waited {
			c.jump(d)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("nobody waits for %s", d)
		}
	}
}

// skip moves the time by d whoever waits.
func (c *clock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jump(d)
}

func (c *clock) jump(d time.Duration) {
	c.now = c.now.Add(d)
	var later []timer
	for _, t := range c.timers {
		if t.at.After(c.now) {
			later = append(later, t)
			continue
		}
		t.fire <- c.now
	}
	c.timers = later
}

// ended is what OnDone heard.
type ended struct {
	job     queue.Job
	outcome queue.Outcome
	err     error
}

// fixture is a queue under test with what it told.
type fixture struct {
	*queue.Queue
	t     *testing.T
	clock *clock
	done  chan ended
	stop  func() // ends Run and waits for it
}

// newQueue makes a queue that does not run yet. Jitter is none: backoffs are whole.
func newQueue(t *testing.T, db *store.DB, change func(*queue.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: newClock(), done: make(chan ended, 1000)}
	options := queue.Options{
		Workers: 4, Clock: f.clock, Poll: time.Hour, Random: func() float64 { return 1 },
		OnDone: func(job queue.Job, outcome queue.Outcome, err error, _ time.Duration) {
			f.done <- ended{job, outcome, err}
		},
	}
	if change != nil {
		change(&options)
	}
	if c, ok := options.Clock.(*clock); ok {
		f.clock = c
	}
	f.Queue = queue.New(db, options)
	t.Cleanup(func() {
		if f.stop != nil {
			f.stop()
		}
		f.Close()
	})
	return f
}

func (f *fixture) run() {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan error, 1)
	go func() { finished <- f.Run(ctx) }()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := receive(f.t, finished); err != nil {
			f.t.Errorf("Run: %v", err)
		}
	})
}

func (f *fixture) await() ended {
	f.t.Helper()
	return receive(f.t, f.done)
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

// eventually polls for what no signal tells.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

func (f *fixture) accept(guid string, hints ...queue.Hint) bool {
	f.t.Helper()
	fresh, err := f.Accept(context.Background(), queue.Delivery{GUID: guid, Event: "push", InstallationID: 5,
		Repository: "acme/pay", ReceivedAt: f.clock.Now(), Payload: []byte(`{"zen":"` + guid + `"}`), Hints: hints})
	ok(f.t, err)
	return fresh
}

func (f *fixture) enqueue(hints ...queue.Hint) {
	f.t.Helper()
	ok(f.t, f.Enqueue(context.Background(), hints...))
}

// job returns the one job with a key.
func (f *fixture) job(key string) queue.Record {
	f.t.Helper()
	details, err := f.Show(context.Background(), key)
	ok(f.t, err)
	if len(details.Jobs) != 1 {
		f.t.Fatalf("%d jobs %s", len(details.Jobs), key)
	}
	return details.Jobs[0]
}

// story is a delivery's state and what became of it.
func (f *fixture) story(guid string) string {
	f.t.Helper()
	details, err := f.Show(context.Background(), guid)
	ok(f.t, err)
	for _, d := range details.Deliveries {
		if d.GUID == guid {
			return string(d.State) + ": " + d.Outcome
		}
	}
	f.t.Fatalf("no delivery %s", guid)
	return ""
}

func hint(key string, payload ...any) queue.Hint {
	return queue.Hint{Kind: "thing", Key: key, InstallationID: 5, Payload: []byte(fmt.Sprintf("%q", fmt.Sprint(payload...)))}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// await waits until somebody waits for d.
func (c *clock) await(t *testing.T, d time.Duration) {
	t.Helper()
	eventually(t, "somebody waits for "+d.String(), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, timer := range c.timers {
			if timer.in == d {
				return true
			}
		}
		return false
	})
}
