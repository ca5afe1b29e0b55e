package queue

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// periodicKind begins the kind of periodic work; the rest is its name.
const periodicKind = "periodic:"

// PeriodicOption changes when periodic work is due.
type PeriodicOption int

// AtStart makes periodic work due when a process starts to Run, however short ago
// it was done: for what an outage may have left undone.
const AtStart PeriodicOption = iota + 1

// period is when periodic work is due.
type period struct {
	every   time.Duration
	atStart bool
}

// Periodic calls fn every so often, counted from the end of the call before, on one
// replica at a time. The time is kept: a restart does not repeat it early, unless
// AtStart is given, and after a longer outage it is due at once. After an error it is
// tried again with the usual backoff, at most every later. It must come before Run.
func (q *Queue) Periodic(name string, every time.Duration, fn func(context.Context) error, options ...PeriodicOption) {
	kind := periodicKind + name
	q.periods[kind] = period{every: every, atStart: slices.Contains(options, AtStart)}
	q.Register(kind, func(ctx context.Context, _ Job) (Outcome, error) { return Outcome{}, fn(ctx) })
}

// schedulePeriodic makes the rows of periodic work that is new, and moves up what
// is due later than its period, or AtStart, says now.
func (q *Queue) schedulePeriodic(ctx context.Context) error {
	now := q.now()
	return q.db.Write(ctx, func(tx *sql.Tx) error {
		for kind, period := range q.periods {
			id := jobID(kind, kind)
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO jobs (id, kind, key, queued_at, run_at, installation_id, payload, delivery,
					state, again, attempt, owner, round, lease_until, finished_at, outcome, url, error)
				VALUES ($1, $2, $3, $4, $5, 0, '', '', 'waiting', 0, 0, '', 0, 0, 0, '', '', '')
				ON CONFLICT (id) DO NOTHING`, id, kind, kind, store.Millis(now), store.Millis(now)); err != nil {
				return err
			}
			latest := now.Add(period.every)
			if period.atStart {
				latest = now
			}
			if _, err := tx.ExecContext(ctx, `UPDATE jobs SET run_at = $2 WHERE id = $1 AND run_at > $2`,
				id, store.Millis(latest)); err != nil {
				return err
			}
		}
		return nil
	})
}

// nextPeriod is when periodic work is due next; it always waits.
func (q *Queue) nextPeriod(f finish, job Job, every time.Duration, err error) (again time.Time, attempt int) {
	now := q.now()
	if err == nil {
		return now.Add(every), 0
	}
	again = f.runAt
	if f.state == Failed {
		again = now.Add(every)
	}
	if ResultOf(err) != ResultPaused && again.After(now.Add(every)) {
		again = now.Add(every)
	}
	return again, min(job.Attempt, q.options.MaxAttempts)
}
