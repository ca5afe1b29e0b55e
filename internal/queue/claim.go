package queue

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// channel is where replicas tell each other that there is work.
const channel = "cairn_queue"

// notify wakes the other replicas when tx is committed.
func (q *Queue) notify(ctx context.Context, tx *sql.Tx) error {
	if q.db.Dialect() != store.PostgreSQL {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_notify($1, '')", channel)
	return err
}

// waitingOf is an installation that has waiting jobs, and when the first is due.
type waitingOf struct {
	installation int64
	first        time.Time
}

// selectWaiting finds the installations with waiting jobs by hopping through the
// index from one to the next, whatever the number of jobs, longest waiting first.
const selectWaiting = `
	WITH RECURSIVE having_work(id) AS (
		SELECT min(installation_id) FROM jobs WHERE state = 'waiting'
		UNION ALL
		SELECT (SELECT min(j.installation_id) FROM jobs j WHERE j.state = 'waiting' AND j.installation_id > having_work.id)
		FROM having_work WHERE having_work.id IS NOT NULL)
	SELECT id, (SELECT min(j.run_at) FROM jobs j WHERE j.state = 'waiting' AND j.installation_id = having_work.id) AS first
	FROM having_work WHERE id IS NOT NULL ORDER BY first, id`

func (q *Queue) waiting(ctx context.Context) ([]waitingOf, error) {
	rows, err := q.db.QueryContext(ctx, selectWaiting)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []waitingOf
	for rows.Next() {
		var w waitingOf
		var first sql.NullInt64 // another replica may claim the last job in between
		if err := rows.Scan(&w.installation, &first); err != nil {
			return nil, err
		}
		w.first = store.FromMillis(first.Int64)
		all = append(all, w)
	}
	return all, rows.Err()
}

// claim takes up to free due jobs for this process, and returns when the next one
// that is not due yet will be (zero: none known).
//
// Free places go to the installations in turn, to those with the fewest running
// jobs first: one with a thousand jobs does not hold the others up.
func (q *Queue) claim(ctx context.Context, free int) (jobs []Job, next time.Time, err error) {
	all, err := q.waiting(ctx)
	if err != nil {
		return nil, next, fmt.Errorf("look for work: %w", err)
	}
	now := q.now()
	var due []int64
	for _, w := range all {
		switch {
		case !w.first.After(now):
			due = append(due, w.installation)
		case next.IsZero() || w.first.Before(next):
			next = w.first
		}
	}
	if len(due) == 0 {
		return nil, next, nil
	}
	err = q.db.Write(ctx, func(tx *sql.Tx) error {
		jobs = nil
		shares := share(due, q.runningOf(), free)
		for _, installation := range slices.Sorted(maps.Keys(shares)) {
			some, err := q.claimOf(ctx, tx, installation, shares[installation], now)
			if err != nil {
				return err
			}
			jobs = append(jobs, some...)
		}
		return nil
	})
	if err != nil {
		return nil, next, fmt.Errorf("claim work: %w", err)
	}
	return jobs, next, nil
}

// runningOf counts this process's running jobs by installation.
func (q *Queue) runningOf() map[int64]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	counts := map[int64]int{}
	for _, c := range q.running {
		counts[c.job.InstallationID]++
	}
	return counts
}

// share deals free places out among installations, each to the one that has the
// fewest then; earlier in due wins a tie.
func share(due []int64, running map[int64]int, free int) map[int64]int {
	shares := map[int64]int{}
	for range free {
		least := slices.MinFunc(due, func(a, b int64) int { return cmp.Compare(running[a]+shares[a], running[b]+shares[b]) })
		shares[least]++
	}
	return shares
}

// claimOf claims an installation's jobs that are due longest, of the kinds that
// have a worker here.
func (q *Queue) claimOf(ctx context.Context, tx *sql.Tx, installation int64, limit int, now time.Time) ([]Job, error) {
	args := []any{q.owner, store.Millis(now.Add(q.options.Lease)), installation, store.Millis(now), limit}
	kinds := ""
	for _, kind := range slices.Sorted(maps.Keys(q.workers)) {
		args = append(args, kind)
		kinds += fmt.Sprintf(", $%d", len(args))
	}
	skip := ""
	if q.db.Dialect() == store.PostgreSQL {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	rows, err := tx.QueryContext(ctx, `
		WITH due AS MATERIALIZED (
			SELECT id FROM jobs WHERE state = 'waiting' AND installation_id = $3 AND run_at <= $4 AND kind IN (''`+kinds+`)
			ORDER BY run_at, id LIMIT $5 `+skip+`)
		UPDATE jobs SET state = 'running', again = 0, attempt = attempt + 1, owner = $1, round = round + 1, lease_until = $2
		WHERE id IN (SELECT id FROM due)
		RETURNING id, kind, key, installation_id, payload, run_at, delivery, attempt, owner, round`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var jobs []Job
	for rows.Next() {
		var job Job
		var runAt int64
		if err := rows.Scan(&job.ID, &job.Kind, &job.Key, &job.InstallationID, (*[]byte)(&job.Payload), &runAt,
			&job.Delivery, &job.Attempt, &job.owner, &job.round); err != nil {
			return nil, err
		}
		job.RunAt = store.FromMillis(runAt)
		jobs = append(jobs, job)
	}
	return jobs, rows.Err()
}
