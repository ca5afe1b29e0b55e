package queue

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

const (
	pruneEvery = 10 * time.Minute
	// pruneBatch bounds the rows one transaction removes, so that deliveries do not
	// wait for it.
	pruneBatch = 200
)

// prune removes old records. A delivery that is still owed work stays.
func (q *Queue) prune(ctx context.Context) error {
	for _, old := range []struct {
		what, query string
		keep        time.Duration
	}{
		{"deliveries", `DELETE FROM deliveries WHERE guid IN (
			SELECT guid FROM deliveries WHERE received_at < $1 AND state <> 'waiting' LIMIT $2)`, q.options.KeepDeliveries},
		{"done jobs", `DELETE FROM jobs WHERE state = 'done' AND id IN (
			SELECT id FROM jobs WHERE state = 'done' AND finished_at < $1 LIMIT $2)`, q.options.KeepDone},
		{"failed jobs", `DELETE FROM jobs WHERE state = 'failed' AND id IN (
			SELECT id FROM jobs WHERE state = 'failed' AND finished_at < $1 LIMIT $2)`, q.options.KeepFailed},
		{"periodic work of former releases", `DELETE FROM jobs WHERE state = 'waiting' AND id IN (
			SELECT id FROM jobs WHERE state = 'waiting' AND installation_id = 0 AND kind LIKE 'periodic:%' AND run_at < $1 LIMIT $2)`, q.options.KeepDone},
	} {
		if err := q.remove(ctx, old.query, q.now().Add(-old.keep)); err != nil {
			return fmt.Errorf("remove old %s: %w", old.what, err)
		}
	}
	return nil
}

func (q *Queue) remove(ctx context.Context, query string, before time.Time) error {
	for {
		var removed int64
		err := q.db.Write(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, query, store.Millis(before), pruneBatch)
			if err != nil {
				return err
			}
			removed, err = result.RowsAffected()
			return err
		})
		if err != nil || removed < pruneBatch {
			return err
		}
	}
}
