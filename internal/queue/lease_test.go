package queue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestLeasesAreRenewed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		begun, hold := make(chan struct{}), make(chan struct{})
		q.Register("thing", func(ctx context.Context, _ queue.Job) (queue.Outcome, error) {
			close(begun)
			<-hold
			return queue.Outcome{}, ctx.Err()
		})
		q.enqueue(hint("k"))
		q.run()
		receive(t, begun)
		for i := range 8 { // two minutes, twice the lease
			q.clock.advance(t, 15*time.Second)
			want := noon.Add(time.Duration(i+1)*15*time.Second + time.Minute)
			eventually(t, "renewed", func() bool { return q.job("k").LeaseUntil.Equal(want) })
		}
		close(hold)
		expect(t, "error", q.await().err, nil)
	})
}

// A replica whose clock stands still stands for one that hangs: it
// renews nothing, so another takes its job over, and what it says late is dropped.
func TestAnotherReplicaTakesOver(t *testing.T) {
	url := storetest.PostgreSQLURL(t)
	hung := newQueue(t, storetest.Open(t, url), nil)
	begun, hold := make(chan struct{}), make(chan struct{})
	hung.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
		close(begun)
		<-hold
		return queue.Outcome{Summary: "too late"}, nil
	})
	hung.accept("g", hint("k"))
	hung.run()
	receive(t, begun)

	next := newQueue(t, storetest.Open(t, url), nil)
	next.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
		return queue.Outcome{Summary: "taken over"}, nil
	})
	next.clock.skip(time.Minute)
	next.run()
	eventually(t, "the other replica looked for abandoned jobs, and found none", func() bool { return next.job("k").State == queue.Running })
	next.clock.advance(t, 10*time.Second) // now the lease has run out
	e := next.await()
	expect(t, "attempt", e.job.Attempt, 2)
	close(hold)
	hung.stop()
	expect(t, "told by the hung one", len(hung.done), 0)
	expect(t, "outcome", next.job("k").Outcome.Summary, "taken over")
	expect(t, "story", next.story("g"), "done: taken over")
}

// The database going away for a whole lease ends the rounds in hand before another
// replica may begin them.
func TestLostDatabaseStopsTheWork(t *testing.T) {
	url := storetest.PostgreSQLURL(t)
	db := storetest.Open(t, url)
	q := newQueue(t, db, nil)
	begun, cause := make(chan struct{}), make(chan error, 1)
	q.Register("thing", func(ctx context.Context, _ queue.Job) (queue.Outcome, error) {
		close(begun)
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return queue.Outcome{}, ctx.Err()
	})
	q.enqueue(hint("k"))
	q.run()
	receive(t, begun)
	eventually(t, "the queue's own work is done", func() bool { return q.job("periodic:prune").State == queue.Waiting })
	ok(t, db.Close())
	for range 3 {
		q.clock.advance(t, 15*time.Second)
	}
	expect(t, "cause", receive(t, cause).Error(), "the lease on the job was lost")
}

func TestRestartTakesUpWhatWasLeft(t *testing.T) {
	path := storetest.SQLiteURL(t)
	db := storetest.Open(t, path)
	before := newQueue(t, db, nil)
	before.accept("g", hint("k"))
	before.accept("h", hint("deadly"))
	ok(t, before.Close())
	// As a kill leaves them: running, with leases that last.
	_, err := db.ExecContext(t.Context(), `UPDATE jobs SET state = 'running', owner = 'gone', round = 1, lease_until = $1,
		attempt = CASE WHEN key = 'deadly' THEN 12 ELSE 3 END`, noon.Add(time.Minute).UnixMilli())
	ok(t, err)

	q := newQueue(t, db, nil)
	q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{}, nil })
	q.run()
	e := q.await()
	expect(t, "key", e.job.Key, "k")
	expect(t, "attempt", e.job.Attempt, 4)
	expect(t, "job that kills the process every time", q.job("deadly").State, queue.Failed)
	expect(t, "its delivery", q.story("h"), "failed: deadly: the process that worked on it ended or lost its database")
}

func TestRoundsHaveALimit(t *testing.T) {
	q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), func(o *queue.Options) { o.Timeout = time.Millisecond })
	q.Register("thing", func(ctx context.Context, _ queue.Job) (queue.Outcome, error) {
		<-ctx.Done()
		return queue.Outcome{}, fmt.Errorf("read acme/pay: %w", ctx.Err())
	})
	q.enqueue(hint("k"))
	q.run()
	e := q.await()
	for e.job.Kind != "thing" { // the queue's own work has the same limit
		e = q.await()
	}
	expect(t, "error", e.err.Error(), "stopped after 1ms: read acme/pay: context deadline exceeded")
}

func TestPeriodic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		calls := make(chan error, 9)
		calls <- errors.New("GitHub is away")
		begin := func(at *clock) (*fixture, chan struct{}) {
			q := newQueue(t, db, func(o *queue.Options) { o.Clock = at })
			called := make(chan struct{}, 9)
			q.Periodic("sweep", 5*time.Minute, func(context.Context) error {
				defer func() { called <- struct{}{} }()
				select {
				case err := <-calls:
					return err
				default:
					return nil
				}
			})
			q.run()
			return q, called
		}
		at := newClock()
		first, called := begin(at)
		receive(t, called)
		expect(t, "told of the error", first.await().err.Error(), "GitHub is away")
		first.clock.advance(t, time.Second) // backoff, far shorter than the period
		receive(t, called)
		key := "periodic:sweep"
		eventually(t, "rescheduled", func() bool { return first.job(key).RunAt.Equal(noon.Add(5*time.Minute + time.Second)) })
		first.stop()

		second, called := begin(at) // a restart does not repeat it
		second.clock.await(t, 5*time.Minute)
		expect(t, "calls after the restart", len(called), 0)
		second.clock.advance(t, 5*time.Minute)
		receive(t, called)
		stats, err := second.Stats(t.Context())
		ok(t, err)
		expect(t, "counted in the statistics", stats.Waiting+stats.Running, 0)
	})
}
