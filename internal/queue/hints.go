package queue

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// takenOver is what becomes of a delivery whose hint a newer one replaced.
const takenOver = "a newer event took over"

// queuedHint is a hint on its way into the table.
type queuedHint struct {
	Hint
	id string
}

// queueHints writes hints, in their order, into the jobs' rows.
func (q *Queue) queueHints(ctx context.Context, tx *sql.Tx, hints []Hint) error {
	merged, replaced := merge(hints, q.now())
	for part := range slices.Chunk(merged, rowsPerStatement) {
		old, err := q.replacedBy(ctx, tx, part)
		if err != nil {
			return fmt.Errorf("look which jobs wait: %w", err)
		}
		replaced = append(replaced, old...)
		if err := upsertJobs(ctx, tx, part, q.now()); err != nil {
			return fmt.Errorf("write jobs: %w", err)
		}
	}
	if err := takeOver(ctx, tx, replaced); err != nil {
		return fmt.Errorf("note what newer events took over: %w", err)
	}
	return nil
}

// merge leaves one hint for each job, in order of ID so that two replicas do not
// deadlock, and names the deliveries whose hint another in the batch replaced.
func merge(hints []Hint, now time.Time) (merged []queuedHint, replaced []string) {
	at := map[string]int{}
	for _, h := range hints {
		if h.RunAt.IsZero() {
			h.RunAt = now
		}
		next := queuedHint{Hint: h, id: jobID(h.Kind, h.Key)}
		i, known := at[next.id]
		if !known {
			at[next.id] = len(merged)
			merged = append(merged, next)
			continue
		}
		last := merged[i]
		switch {
		case next.Delivery == "":
			next.Delivery = last.Delivery
		case last.Delivery != "" && last.Delivery != next.Delivery:
			replaced = append(replaced, last.Delivery)
		}
		if last.RunAt.Before(next.RunAt) {
			next.RunAt = last.RunAt
		}
		merged[i] = next
	}
	slices.SortFunc(merged, func(a, b queuedHint) int { return cmp.Compare(a.id, b.id) })
	return merged, replaced
}

// replacedBy returns the deliveries that wait for jobs whose hint is replaced now.
func (q *Queue) replacedBy(ctx context.Context, tx *sql.Tx, hints []queuedHint) ([]string, error) {
	asking := map[string]string{}
	args := make([]any, len(hints))
	for i, h := range hints {
		asking[h.id] = h.Delivery
		args[i] = h.id
	}
	lock := ""
	if q.db.Dialect() == store.PostgreSQL {
		lock = " FOR UPDATE"
	}
	query := `
		SELECT id, delivery FROM jobs WHERE id IN ` + placeholders(1, len(hints), "") + `
			AND delivery <> '' AND (state = 'waiting' OR state = 'running' AND again = 1)
		ORDER BY id` + lock
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var replaced []string
	for rows.Next() {
		var id, delivery string
		if err := rows.Scan(&id, &delivery); err != nil {
			return nil, err
		}
		if by := asking[id]; by != "" && by != delivery {
			replaced = append(replaced, delivery)
		}
	}
	return replaced, rows.Err()
}

// upsertJobs is where the rule of Hint is kept: a waiting job gets the new payload
// and keeps the earlier time, a running one makes one more round, and a job that is
// done or has failed begins anew.
func upsertJobs(ctx context.Context, tx *sql.Tx, hints []queuedHint, now time.Time) error {
	var args []any
	for _, h := range hints {
		args = append(args, h.id, store.Text(h.Kind), store.Text(h.Key), h.InstallationID, store.Text(string(h.Payload)),
			h.Delivery, store.Millis(now), store.Millis(h.RunAt))
	}
	query := `
		INSERT INTO jobs (id, kind, key, installation_id, payload, delivery, queued_at, run_at,
			state, again, attempt, owner, round, lease_until, finished_at, outcome, url, error)
		VALUES ` + placeholders(len(hints), 8, ", 'waiting', 0, 0, '', 0, 0, 0, '', '', ''") + `
		ON CONFLICT (id) DO UPDATE SET
			installation_id = excluded.installation_id,
			payload = excluded.payload,
			delivery = CASE WHEN excluded.delivery = '' AND jobs.state IN ('waiting', 'running')
				THEN jobs.delivery ELSE excluded.delivery END,
			queued_at = CASE WHEN jobs.state = 'waiting' THEN jobs.queued_at ELSE excluded.queued_at END,
			run_at = CASE WHEN (jobs.state = 'waiting' OR jobs.state = 'running' AND jobs.again = 1)
				AND jobs.run_at < excluded.run_at THEN jobs.run_at ELSE excluded.run_at END,
			attempt = CASE WHEN jobs.state = 'running' THEN jobs.attempt ELSE 0 END,
			again = CASE WHEN jobs.state = 'running' THEN 1 ELSE 0 END,
			state = CASE WHEN jobs.state = 'running' THEN 'running' ELSE 'waiting' END`
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// takeOver notes on deliveries that their hints were replaced. One that is named
// twice had two hints replaced.
func takeOver(ctx context.Context, tx *sql.Tx, guids []string) error {
	slices.Sort(guids)
	for len(guids) > 0 {
		n := 1
		for n < len(guids) && guids[n] == guids[0] {
			n++
		}
		if err := conclude(ctx, tx, guids[0], n, Done, takenOver); err != nil {
			return err
		}
		guids = guids[n:]
	}
	return nil
}

// maxStory bounds what is kept of a delivery's outcomes, in characters.
const maxStory = 4000

// conclude notes on a delivery what became of rounds of its work: it is done when
// no round is owed to it, and has failed when one has.
func conclude(ctx context.Context, tx *sql.Tx, guid string, rounds int, state State, line string) error {
	if guid == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE deliveries SET
			pending = CASE WHEN pending > $2 THEN pending - $2 ELSE 0 END,
			state = CASE WHEN state = 'failed' THEN 'failed' WHEN $3 = 'failed' THEN 'failed'
				WHEN pending > $2 THEN 'waiting' ELSE 'done' END,
			outcome = CASE WHEN outcome = '' THEN $4 WHEN length(outcome) > $5 THEN outcome ELSE outcome || $6 END
		WHERE guid = $1`, guid, rounds, string(state), line, maxStory, "\n"+line)
	return err
}
