package queue

import (
	"context"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/store"
)

// Idle returns when no job is due and none is being worked on, over all replicas:
// everything that was queued before and could be done is done. Periodic work and
// jobs that wait for a later time do not count. Of the rounds in this process OnDone
// has returned by then. Idle is for tests and the demo; where nothing runs, it waits
// until ctx ends, and returns ctx's error.
func (q *Queue) Idle(ctx context.Context) error {
	for {
		ended, here := q.nextEnd() // before the look, so that no end in between is missed
		busy, err := q.busy(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("wait until the queue is idle: %w", err)
		case !busy && !here:
			return nil
		}
		select {
		case <-ended:
		case <-q.options.Clock.After(q.options.Poll): // another replica's rounds
		case <-ctx.Done():
			return fmt.Errorf("wait until the queue is idle: %w", ctx.Err())
		}
	}
}

// nextEnd is closed when the next round of this process has ended; here says
// whether one is in hand.
func (q *Queue) nextEnd() (ended <-chan struct{}, here bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range q.running {
		here = here || !strings.HasPrefix(c.job.Kind, periodicKind)
	}
	return q.ended, here
}

// release takes a job out of hand and tells those who wait for it.
func (q *Queue) release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.running, id)
	close(q.ended)
	q.ended = make(chan struct{})
}

// busy reports whether a job is due or running, on any replica.
func (q *Queue) busy(ctx context.Context) (bool, error) {
	var n int
	err := q.db.QueryRowContext(ctx, `
		SELECT CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind NOT LIKE 'periodic:%')
			OR EXISTS (SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= $1 AND kind NOT LIKE 'periodic:%')
			THEN 1 ELSE 0 END`, store.Millis(q.now())).Scan(&n)
	return n == 1, err
}
