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

func TestStats(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		hold, begun := make(chan struct{}), make(chan struct{})
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			if job.Key == "bad" {
				return queue.Outcome{}, queue.Permanent(errors.New("bad"))
			}
			close(begun)
			<-hold
			return queue.Outcome{}, nil
		})
		later := hint("later")
		later.RunAt = noon.Add(time.Hour)
		q.enqueue(hint("bad"), hint("slow"), later, queue.Hint{Kind: "of another release", Key: "x"})
		q.run()
		q.await()
		receive(t, begun)
		q.clock.skip(90 * time.Second)
		stats, err := q.Stats(t.Context())
		ok(t, err)
		expect(t, "all", stats.Count, queue.Count{Waiting: 2, Running: 1, Failed: 1})
		expect(t, "things", stats.Kinds["thing"], queue.Count{Waiting: 1, Running: 1, Failed: 1})
		expect(t, "unprocessed", stats.Unprocessed, 1)
		expect(t, "oldest due", stats.OldestDue, 90*time.Second)
		close(hold)
	})
}

func TestListAndShow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		q.accept("g1", hint("a"))
		q.clock.skip(time.Second)
		q.accept("g2", hint("b"), queue.Hint{Kind: "other", Key: "c"})
		for filter, want := range map[queue.Filter]string{
			{}:                               "[b c a]",
			{Kind: "thing"}:                  "[b a]",
			{Kind: "thing", Limit: 1}:        "[b]",
			{State: queue.Failed}:            "[]",
			{State: queue.Waiting, Limit: 9}: "[b c a]",
		} {
			all, err := q.List(t.Context(), filter)
			ok(t, err)
			keys := []string{}
			for _, r := range all {
				keys = append(keys, r.Key)
			}
			if got := fmt.Sprint(keys); got != want && got != "[c b a]" {
				t.Errorf("List(%+v) = %s, want %s", filter, got, want)
			}
		}
		for id, want := range map[string]string{"a": "1 jobs, 1 deliveries", "g2": "2 jobs, 1 deliveries", q.job("a").ID: "1 jobs, 1 deliveries"} {
			d, err := q.Show(t.Context(), id)
			ok(t, err)
			expect(t, "Show "+id, fmt.Sprintf("%d jobs, %d deliveries", len(d.Jobs), len(d.Deliveries)), want)
		}
		for _, id := range []string{"", "none"} {
			if _, err := q.Show(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Show(%q): %v", id, err)
			}
			if err := q.Retry(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Retry(%q): %v", id, err)
			}
		}
	})
}

func TestPrune(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		q := newQueue(t, db, nil)
		q.Register("thing", func(_ context.Context, job queue.Job) (queue.Outcome, error) {
			if job.Key == "bad" {
				return queue.Outcome{}, queue.Permanent(errors.New("bad"))
			}
			return queue.Outcome{}, nil
		})
		q.accept("bad", hint("bad"))
		for i := range 450 { // more than two batches
			q.enqueue(hint(fmt.Sprint("k", i)))
		}
		q.accept("good", hint("k0"))
		q.accept("owed", queue.Hint{Kind: "other", Key: "x"})
		q.run()
		for range 451 {
			q.await()
		}
		eventually(t, "pruned once", func() bool { return q.job("periodic:prune").RunAt.Equal(noon.Add(10 * time.Minute)) })
		q.clock.skip(7*24*time.Hour + time.Minute)
		q.enqueue(queue.Hint{Kind: "other", Key: "x"}) // wakes
		count := func(query string) (n int) {
			ok(t, db.QueryRowContext(t.Context(), query).Scan(&n))
			return n
		}
		eventually(t, "pruned", func() bool { return count(`SELECT count(*) FROM jobs WHERE state = 'done'`) == 0 })
		eventually(t, "finished", func() bool { return q.job("periodic:prune").State == queue.Waiting })
		expect(t, "failed jobs kept", count(`SELECT count(*) FROM jobs WHERE state = 'failed'`), 1)
		expect(t, "deliveries kept, those still owed work", count(`SELECT count(*) FROM deliveries`), 1)
		expect(t, "the one", q.story("owed"), "waiting: ")
	})
}
