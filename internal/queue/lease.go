package queue

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/cairn-dev/cairn/internal/store"
)

// renew makes the leases of the jobs in hand last again. A job whose lease is gone,
// or may soon end because the database cannot be reached, is stopped: another
// replica will take it.
func (q *Queue) renew(ctx context.Context) error {
	ids, args := q.claims()
	if len(ids) == 0 {
		return nil
	}
	now := q.now()
	until := now.Add(q.options.Lease)
	ctx, cancel := context.WithTimeout(ctx, q.options.Lease/6)
	defer cancel()
	var kept []string
	err := q.db.Write(ctx, func(tx *sql.Tx) (err error) {
		kept, err = strs(ctx, tx, `
			UPDATE jobs SET lease_until = $1
			WHERE state = 'running' AND (id, owner, round) IN (VALUES `+claimRows(len(ids))+`)
			RETURNING id`, append([]any{store.Millis(until)}, args...)...)
		return err
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		for _, id := range kept {
			if c := q.running[id]; c != nil {
				c.until = until
			}
			delete(ids, id)
		}
		for id, round := range ids { // not kept
			if c := q.running[id]; c != nil && c.job.round == round {
				c.cancel(errLeaseLost)
			}
		}
		return nil
	}
	for _, c := range q.running {
		if c.until.Sub(now) < q.options.Lease/3 {
			c.cancel(errLeaseLost)
		}
	}
	return fmt.Errorf("renew leases: %w", err)
}

// claims lists the jobs in hand: rounds by ID, and (id, owner, round) in a row.
func (q *Queue) claims() (rounds map[string]int64, args []any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	rounds = map[string]int64{}
	for id, c := range q.running {
		rounds[id] = c.job.round
		args = append(args, id, c.job.owner, c.job.round)
	}
	return rounds, args
}

// claimRows makes the rows that claims fills, from $2 on; PostgreSQL has to be told their types.
func claimRows(n int) string {
	rows := ""
	for i := range n {
		if i > 0 {
			rows += ", "
		}
		rows += fmt.Sprintf("(CAST($%d AS TEXT), CAST($%d AS TEXT), CAST($%d AS BIGINT))", 3*i+2, 3*i+3, 3*i+4)
	}
	return rows
}

// rescueAtStart frees what a former process left. On SQLite there is no other
// process, so its leases need not run out first.
func (q *Queue) rescueAtStart(ctx context.Context) error {
	if q.db.Dialect() == store.SQLite {
		return q.rescueUntil(ctx, math.MaxInt64)
	}
	return q.rescue(ctx)
}

// rescue frees jobs whose lease has run out: who worked on them has crashed or
// cannot be reached. The attempt counts, so that a job that kills the process fails
// in the end.
func (q *Queue) rescue(ctx context.Context) error {
	return q.rescueUntil(ctx, store.Millis(q.now()))
}

func (q *Queue) rescueUntil(ctx context.Context, expired int64) error {
	now := store.Millis(q.now())
	freed := 0
	err := q.db.Write(ctx, func(tx *sql.Tx) error {
		freed = 0
		rows, err := tx.QueryContext(ctx, `
			UPDATE jobs SET
				state = CASE WHEN again = 0 AND attempt >= $3 AND kind NOT LIKE 'periodic:%' THEN 'failed' ELSE 'waiting' END,
				run_at = CASE WHEN again = 1 THEN run_at ELSE $2 END,
				attempt = CASE WHEN again = 1 THEN 0 ELSE attempt END,
				again = 0, owner = '', lease_until = 0, finished_at = $2, error = $4
			WHERE state = 'running' AND lease_until < $1
			RETURNING state, delivery, key`, expired, now, q.options.MaxAttempts, abandoned)
		if err != nil {
			return err
		}
		defer rows.Close()
		var failed [][2]string
		for rows.Next() {
			var state, delivery, key string
			if err := rows.Scan(&state, &delivery, &key); err != nil {
				return err
			}
			freed++
			if State(state) == Failed {
				failed = append(failed, [2]string{delivery, key})
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, f := range failed {
			if err := conclude(ctx, tx, f[0], 1, Failed, f[1]+": "+abandoned); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("free abandoned jobs: %w", err)
	}
	if freed > 0 {
		q.options.Logger.Warn().Int("jobs", freed).Msg("taken up: " + abandoned)
		q.signal()
	}
	return nil
}

// abandoned is the error of a round that nobody ended.
const abandoned = "the process that worked on it ended or lost its database"
