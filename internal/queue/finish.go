package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// finish is the end of a round.
type finish struct {
	job     Job
	state   State     // what becomes of the job unless a hint came meanwhile
	runAt   time.Time // for Waiting: not before
	attempt int       // attempts that count
	outcome Outcome
	problem string // the error; "" for none

	written bool // answer: false when the claim was lost, and nothing was recorded
}

const (
	maxSummary = 1000 // characters kept of an outcome
	maxProblem = 2000 // characters kept of an error
)

// write records the end on the job, if this claim still holds, and on the delivery
// when there is nothing more to come. It reports whether the job waits again.
func (f *finish) write(ctx context.Context, tx *sql.Tx, now time.Time) (waits bool, err error) {
	f.written = false
	var state, delivery string
	summary, problem := clip(f.outcome.Summary, maxSummary), clip(f.problem, maxProblem)
	err = tx.QueryRowContext(ctx, `
		UPDATE jobs SET
			state = CASE WHEN again = 1 THEN 'waiting' ELSE $4 END,
			run_at = CASE WHEN run_at < $5 THEN $5 ELSE run_at END,
			attempt = CASE WHEN again = 1 THEN 0 ELSE $6 END,
			again = 0, owner = '', lease_until = 0, finished_at = $7, outcome = $8, url = $9, error = $10
		WHERE id = $1 AND owner = $2 AND round = $3 AND state = 'running'
		RETURNING state, delivery`,
		f.job.ID, f.job.owner, f.job.round, string(f.state), store.Millis(f.runAt), f.attempt,
		store.Millis(now), summary, clip(f.outcome.URL, maxSummary), problem).Scan(&state, &delivery)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("record the end of %s: %w", f.job.Key, err)
	}
	f.written = true
	waits = State(state) == Waiting
	if err := f.tellDelivery(ctx, tx, waits, delivery); err != nil {
		return false, fmt.Errorf("record the end of %s: %w", f.job.Key, err)
	}
	return waits, nil
}

// tellDelivery notes on the delivery that asked for this round what became of it,
// unless the job waits for another try. next is the delivery that asks now.
func (f *finish) tellDelivery(ctx context.Context, tx *sql.Tx, waits bool, next string) error {
	line := clip(f.outcome.Summary, maxSummary)
	if line == "" {
		line = f.job.Key + ": done"
	}
	switch {
	case f.state == Done:
		return conclude(ctx, tx, f.job.Delivery, 1, Done, line)
	case f.state == Failed && !waits:
		return conclude(ctx, tx, f.job.Delivery, 1, Failed, clip(f.job.Key+": "+f.problem, maxProblem))
	case waits && next != f.job.Delivery:
		return conclude(ctx, tx, f.job.Delivery, 1, Done, takenOver)
	}
	return nil
}

// clip makes s fit for a text column of at most limit characters.
func clip(s string, limit int) string {
	s = strings.TrimSpace(store.Text(s))
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
