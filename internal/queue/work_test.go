package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestHintWhileRunningMakesOneMoreRound(t *testing.T) {
	for name, failure := range map[string]error{"after success": nil, "after an error": errors.New("broken"), "after failing for good": queue.Permanent(errors.New("broken"))} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				q := newQueue(t, db, nil)
				begun, hold := make(chan queue.Job, 9), make(chan error)
				q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
					begun <- job
					return queue.Outcome{Summary: "saw " + string(job.Payload)}, <-hold
				})
				q.accept("g1", hint("k", 1))
				q.run()
				expect(t, "first", string(receive(t, begun).Payload), `"1"`)
				for i := range 5 {
					q.accept(fmt.Sprint("h", i), hint("k", "h", i))
				}
				expect(t, "again", q.job("k").Again, true)
				hold <- failure
				q.await()
				if failure != nil && queue.ResultOf(failure) == queue.ResultRetried {
					q.clock.advance(t, time.Second) // the backoff is kept
				}
				second := receive(t, begun)
				expect(t, "second", string(second.Payload), `"h4"`)
				expect(t, "attempt", second.Attempt, 1)
				hold <- nil
				q.await()
				q.stop()
				expect(t, "rounds left", len(begun), 0)
				expect(t, "last delivery", q.story("h4"), `done: saw "h4"`)
				expect(t, "one between", q.story("h2"), "done: a newer event took over")
				want := `done: saw "1"`
				if failure != nil {
					want = "done: a newer event took over"
				}
				expect(t, "first delivery", q.story("g1"), want)
			})
		})
	}
}

func TestBackoffUntilItFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, func(o *queue.Options) { o.MaxAttempts, o.MaxBackoff = 4, 3*time.Second })
		var broken atomic.Bool
		broken.Store(true)
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
			if broken.Load() {
				return queue.Outcome{}, errors.New("GitHub answered 502")
			}
			return queue.Outcome{Summary: "mended", URL: "https://github.test/1"}, nil
		})
		q.accept("g", hint("k"))
		q.run()
		for i, wait := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
			e := q.await()
			expect(t, "attempt", e.job.Attempt, i+1)
			expect(t, "result", queue.ResultOf(e.err), queue.ResultRetried)
			q.clock.advance(t, wait)
		}
		e := q.await()
		expect(t, "result", queue.ResultOf(e.err), queue.ResultFailed)
		expect(t, "error", e.err.Error(), "gave up after 4 attempts: GitHub answered 502")
		failed, err := q.List(t.Context(), queue.Filter{State: queue.Failed})
		ok(t, err)
		expect(t, "failed jobs", len(failed), 1)
		expect(t, "delivery", q.story("g"), "failed: k: gave up after 4 attempts: GitHub answered 502")

		ok(t, q.Retry(t.Context(), failed[0].ID)) // what `cairn queue retry` does
		expect(t, "attempt", q.await().job.Attempt, 1)
		broken.Store(false)
		q.clock.advance(t, time.Second)
		expect(t, "outcome", q.await().outcome.Summary, "mended")
		expect(t, "job's URL", q.job("k").Outcome.URL, "https://github.test/1")
		if err := q.Retry(t.Context(), "k"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Retry of a job that has not failed: %v", err)
		}
	})
}

func TestRedeliveryOfAFailedDelivery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		var rounds atomic.Int64
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
			if rounds.Add(1) == 1 {
				return queue.Outcome{}, queue.Permanent(errors.New("no such branch"))
			}
			return queue.Outcome{Summary: "fine"}, nil
		})
		q.accept("g", hint("k"))
		q.run()
		expect(t, "result", queue.ResultOf(q.await().err), queue.ResultFailed)
		expect(t, "fresh", q.accept("g", hint("k")), true)
		expect(t, "second try", q.await().err, nil)
		expect(t, "story", q.story("g"), "done: k: no such branch\nfine")
		expect(t, "fresh once it is done", q.accept("g", hint("k")), false)
	})
}

func TestRetryAll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			return queue.Outcome{}, queue.Permanent(errors.New(job.Key))
		})
		q.enqueue(hint("a"), hint("b"))
		q.run()
		q.await()
		q.await()
		n, err := q.RetryAll(t.Context())
		if n != 2 || err != nil {
			t.Errorf("RetryAll = %d, %v", n, err)
		}
		q.await()
		q.await()
	})
}

// limited is an error of another package that says when to come back.
type limited struct{ until time.Time }

func (e limited) Error() string      { return "rate limited" }
func (e limited) RetryAt() time.Time { return e.until }

func TestRetryAtIsNoAttempt(t *testing.T) {
	for name, failure := range map[string]error{
		"wrapped here":       queue.RetryAt(errors.New("limited"), noon.Add(10*time.Minute)),
		"of another package": fmt.Errorf("read acme/pay: %w", limited{noon.Add(10 * time.Minute)}),
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				q := newQueue(t, db, func(o *queue.Options) { o.MaxAttempts = 1 })
				var rounds atomic.Int64
				q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
					if rounds.Add(1) == 1 {
						return queue.Outcome{}, failure
					}
					return queue.Outcome{}, nil
				})
				q.accept("g", hint("k"))
				q.run()
				expect(t, "result", queue.ResultOf(q.await().err), queue.ResultPaused)
				expect(t, "waits until", q.job("k").RunAt, noon.Add(10*time.Minute))
				q.clock.advance(t, 10*time.Minute)
				e := q.await()
				expect(t, "attempt", e.job.Attempt, 1)
				expect(t, "error", e.err, nil)
				expect(t, "story", q.story("g"), "done: k: done")
			})
		})
	}
}

func TestPanicIsAnError(t *testing.T) {
	var log bytes.Buffer
	q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), func(o *queue.Options) { o.Logger = zerolog.New(&log) })
	q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { panic("nil map") })
	q.enqueue(hint("k"))
	q.run()
	expect(t, "error", q.await().err.Error(), "panic: nil map")
	q.stop()
	expect(t, "stack in the log", strings.Contains(log.String(), "work_test.go"), true)
	expect(t, "kept error", q.job("k").Error, "panic: nil map")
}

func TestStopLetsJobsFinish(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		begun, hold := make(chan struct{}), make(chan struct{})
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
			close(begun)
			<-hold
			return queue.Outcome{Summary: "finished"}, nil
		})
		q.enqueue(hint("k"))
		q.run()
		receive(t, begun)
		go q.stop()
		q.clock.await(t, 30*time.Second) // Run has been told to stop, and waits
		q.enqueue(hint("later"))
		close(hold)
		expect(t, "outcome", q.await().outcome.Summary, "finished")
		q.stop()
		expect(t, "claimed after the stop", q.job("later").State, queue.Waiting)
	})
}

func TestStopGivesBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		begun := make(chan struct{})
		q.Register("thing", func(ctx context.Context, _ queue.Job) (queue.Outcome, error) {
			close(begun)
			<-ctx.Done()
			return queue.Outcome{}, ctx.Err()
		})
		q.accept("g", hint("k"))
		q.run()
		receive(t, begun)
		go q.stop()
		q.clock.advance(t, 30*time.Second)
		q.stop()
		job := q.job("k")
		expect(t, "state", job.State, queue.Waiting)
		expect(t, "attempts counted", job.Attempt, 0)
		expect(t, "lease", job.LeaseUntil.IsZero(), true)
		expect(t, "delivery", q.story("g"), "waiting: ")
		expect(t, "told", len(q.done), 0)
	})
}

func TestInstallationsTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, func(o *queue.Options) { o.Workers = 2 })
		order, hold := make(chan int64, 100), make(chan struct{})
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			order <- job.InstallationID
			<-hold
			return queue.Outcome{}, nil
		})
		for i := range 30 {
			q.enqueue(hint(fmt.Sprint("big", i)))
		}
		q.clock.skip(time.Minute)
		small := hint("small")
		small.InstallationID = 6
		q.enqueue(small)
		q.run()
		first, second := receive(t, order), receive(t, order)
		expect(t, "both served", first+second, 11)
		close(hold)
	})
}

func TestReplicasShareTheWork(t *testing.T) {
	url := storetest.PostgreSQLURL(t)
	var mu sync.Mutex
	inHand, rounds := map[string]int{}, map[string]int{}
	worker := func(_ context.Context, job queue.Job) (queue.Outcome, error) {
		mu.Lock()
		inHand[job.Key]++
		rounds[job.Key]++
		if inHand[job.Key] > 1 {
			t.Errorf("%s is worked on twice at the same time", job.Key)
		}
		mu.Unlock()
		defer func() { mu.Lock(); inHand[job.Key]--; mu.Unlock() }()
		return queue.Outcome{}, nil
	}
	var replicas []*fixture
	for range 2 {
		q := newQueue(t, storetest.Open(t, url), nil)
		q.Register("thing", worker)
		q.run()
		replicas = append(replicas, q)
	}
	var senders sync.WaitGroup
	for i := range 300 {
		senders.Go(func() { replicas[i%2].accept(fmt.Sprint("g", i), hint(fmt.Sprint("k", i%40), i)) })
	}
	senders.Wait()
	eventually(t, "all done", func() bool {
		stats, err := replicas[0].Stats(t.Context())
		ok(t, err)
		return stats.Waiting+stats.Running == 0
	})
	mu.Lock()
	defer mu.Unlock()
	expect(t, "keys", len(rounds), 40)
	expect(t, "failed", len(failures(replicas)), 0)
	open, err := replicas[0].Deliveries(t.Context(), queue.Waiting, 0)
	ok(t, err)
	expect(t, "deliveries left", len(open), 0)
}

func failures(replicas []*fixture) []error {
	var all []error
	for _, q := range replicas {
		for len(q.done) > 0 {
			if e := <-q.done; e.err != nil {
				all = append(all, e.err)
			}
		}
	}
	return all
}

// The replica that runs polls once an hour of its clock, which stands still: only a
// notification can wake it.
func TestNotificationWakesAnIdleReplica(t *testing.T) {
	url := storetest.PostgreSQLURL(t)
	idle := newQueue(t, storetest.Open(t, url), nil)
	idle.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{}, nil })
	idle.run()
	intake := newQueue(t, storetest.Open(t, url), nil)
	for i := range 3 {
		intake.accept(fmt.Sprint("g", i), hint(fmt.Sprint("k", i)))
		idle.await()
	}
}
