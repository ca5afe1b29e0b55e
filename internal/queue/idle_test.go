package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// The clock stands still and the poll is an hour: only the end of a round can wake
// Idle.
func TestIdleWaitsForTheLastRound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		begun, goOn := make(chan struct{}), make(chan struct{})
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
			close(begun)
			<-goOn
			return queue.Outcome{}, nil
		})
		later := hint("later")
		later.RunAt = noon.Add(time.Hour)
		q.enqueue(hint("now"), later)
		idle := make(chan error, 1)
		go func() { idle <- q.Idle(context.Background()) }()
		q.clock.await(t, time.Hour) // Idle has seen the waiting job
		q.run()
		receive(t, begun)
		expect(t, "idle while a round goes on", len(idle), 0)
		close(goOn)
		ok(t, receive(t, idle))
		expect(t, "job", q.job("now").State, queue.Done)
		expect(t, "job of later", q.job("later").State, queue.Waiting)
		ok(t, q.Idle(t.Context())) // a second time: at once
	})
}

func TestIdleEndsWithItsContext(t *testing.T) {
	q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), nil)
	q.enqueue(hint("k"))
	ctx, cancel := context.WithCancel(t.Context())
	idle := make(chan error, 1)
	go func() { idle <- q.Idle(ctx) }()
	q.clock.await(t, time.Hour)
	cancel()
	if err := receive(t, idle); !errors.Is(err, context.Canceled) {
		t.Errorf("Idle where nothing runs: %v", err)
	}
}

func TestPeriodicAtStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		at := newClock()
		for range 2 { // a process and its restart within the hour
			q := newQueue(t, db, func(o *queue.Options) { o.Clock = at })
			called := make(chan string, 9)
			record := func(name string) func(context.Context) error {
				return func(context.Context) error { called <- name; return nil }
			}
			q.Periodic("recover", time.Hour, record("recover"), queue.AtStart)
			q.run()
			expect(t, "called", receive(t, called), "recover")
			q.stop()
			expect(t, "next", q.job("periodic:recover").RunAt, noon.Add(time.Hour))
		}
	})
}

// While OnDone is being told, the database says already that the job is done.
func TestIdleWaitsForOnDone(t *testing.T) {
	told, goOn := make(chan struct{}), make(chan struct{})
	q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), func(o *queue.Options) {
		o.OnDone = func(queue.Job, queue.Outcome, error, time.Duration) { close(told); <-goOn }
	})
	q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{}, nil })
	q.enqueue(hint("k"))
	q.run()
	receive(t, told)
	expect(t, "job", q.job("k").State, queue.Done)
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := q.Idle(brief)
	close(goOn)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Idle while OnDone is being told: %v", err)
	}
	ok(t, q.Idle(t.Context()))
}
