package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestAcceptOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		expect(t, "fresh", q.accept("g1", hint("a", 1)), true)
		expect(t, "fresh again", q.accept("g1", hint("a", 2)), false)
		expect(t, "payload", string(q.job("a").Payload), `"1"`)
		expect(t, "fresh without hints", q.accept("g2"), true)
		seen, err := q.Seen(t.Context(), []string{"g1", "g2", "g3"})
		ok(t, err)
		expect(t, "seen", fmt.Sprint(seen), "map[g1:true]")
		var payload []byte
		ok(t, db.QueryRowContext(t.Context(), `SELECT payload FROM deliveries`).Scan(&payload))
		expect(t, "kept payload", string(payload), `{"zen":"g1"}`)
	})
}

func TestAcceptConcurrently(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		var fresh atomic.Int64
		var senders sync.WaitGroup
		for i := range 200 {
			senders.Go(func() {
				if q.accept(fmt.Sprintf("g%d", i%50), hint(fmt.Sprintf("k%d", i%7))) {
					fresh.Add(1)
				}
			})
		}
		senders.Wait()
		expect(t, "fresh", fresh.Load(), 50)
		stats, err := q.Stats(t.Context())
		ok(t, err)
		expect(t, "waiting", stats.Waiting, 7)
		all, err := q.Deliveries(t.Context(), "", 0)
		ok(t, err)
		expect(t, "deliveries", len(all), 50)
	})
}

// One write that the database refuses must not take down those that share its
// transaction.
func TestBadWriteStandsAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		refuse := `ALTER TABLE deliveries ADD CONSTRAINT refuse CHECK (guid <> 'bad')`
		if db.Dialect() == store.SQLite {
			refuse = `CREATE TRIGGER refuse BEFORE INSERT ON deliveries WHEN NEW.guid = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END`
		}
		_, err := db.ExecContext(t.Context(), refuse)
		ok(t, err)
		q := newQueue(t, db, nil)
		var senders sync.WaitGroup
		for i := range 40 {
			senders.Go(func() { expect(t, "fresh", q.accept(fmt.Sprint("g", i), hint(fmt.Sprint("k", i))), true) })
		}
		_, err = q.Accept(t.Context(), queue.Delivery{GUID: "bad", Hints: []queue.Hint{hint("bad")}})
		if err == nil {
			t.Error("the bad one was accepted")
		}
		senders.Wait()
		stats, err := q.Stats(t.Context())
		ok(t, err)
		expect(t, "waiting", stats.Waiting, 40)
	})
}

func TestOddText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
			return queue.Outcome{Summary: "a\x00b\xff"}, errors.New("c\x00d\xff")
		})
		fresh, err := q.Accept(t.Context(), queue.Delivery{GUID: "g\x00\xff", Event: "e\x00", Repository: "r\xff", Payload: []byte("\x00\xff"),
			Hints: []queue.Hint{{Kind: "thing", Key: "k\x00\xff", Payload: []byte("\x00\xff")}}})
		ok(t, err)
		expect(t, "fresh", fresh, true)
		q.run()
		q.await()
		expect(t, "error", q.job("k\uFFFD\uFFFD").Error, "c\uFFFDd\uFFFD")
	})
}

func TestClose(t *testing.T) {
	q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), nil)
	var senders sync.WaitGroup
	var kept atomic.Int64
	for i := range 100 {
		senders.Go(func() {
			_, err := q.Accept(context.Background(), queue.Delivery{GUID: fmt.Sprint("g", i), Hints: []queue.Hint{hint("k")}})
			switch {
			case err == nil:
				kept.Add(1)
			case !errors.Is(err, queue.ErrClosed):
				t.Error(err)
			}
		})
	}
	ok(t, q.Close())
	senders.Wait()
	all, err := q.Deliveries(t.Context(), "", 200)
	ok(t, err)
	expect(t, "deliveries on disk", int64(len(all)), kept.Load())
	if err := q.Enqueue(t.Context(), hint("k")); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("Enqueue after Close: %v", err)
	}
}

func TestNewerHintReplacesTheWaitingOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		var rounds atomic.Int64
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			rounds.Add(1)
			return queue.Outcome{Summary: "judged " + string(job.Payload)}, nil
		})
		for i := range 20 { // twenty pushes to one pull request
			q.accept(fmt.Sprint("g", i), hint("pr:acme/pay#12", i))
		}
		q.enqueue(hint("pr:acme/pay#12", "sweep")) // asks for nobody: the last delivery stays
		q.run()
		expect(t, "delivery", q.await().job.Delivery, "g19")
		q.stop()
		expect(t, "rounds", rounds.Load(), 1)
		expect(t, "first delivery", q.story("g0"), "done: a newer event took over")
		expect(t, "last delivery", q.story("g19"), `done: judged "sweep"`)
		expect(t, "job", q.job("pr:acme/pay#12").State, queue.Done)
	})
}

func TestHintsKeepTheEarlierTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		at := func(d time.Duration) queue.Hint { h := hint("k", d); h.RunAt = noon.Add(d); return h }
		q.enqueue(at(time.Hour))
		q.enqueue(at(time.Minute), at(2*time.Minute))
		q.enqueue(at(3 * time.Minute))
		job := q.job("k")
		expect(t, "run at", job.RunAt, noon.Add(time.Minute))
		expect(t, "payload", string(job.Payload), `"3m0s"`)
	})
}

func TestDeliveryWithSeveralHints(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, func(o *queue.Options) { o.Workers = 1 })
		hold := make(chan struct{})
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			<-hold
			return queue.Outcome{Summary: "did " + job.Key}, nil
		})
		q.accept("g", hint("a"), hint("b"))
		q.run()
		hold <- struct{}{}
		first := q.await()
		expect(t, "half way", q.story("g"), "waiting: did "+first.job.Key)
		hold <- struct{}{}
		second := q.await()
		expect(t, "in the end", q.story("g"), "done: did "+first.job.Key+"\ndid "+second.job.Key)
	})
}
