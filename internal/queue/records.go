package queue

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// State is where a job or a delivery stands.
type State string

// The states. A delivery is waiting until the work it asked for has ended, and has
// failed when some of it has.
const (
	Waiting State = "waiting"
	Running State = "running" // jobs only
	Done    State = "done"
	Failed  State = "failed"
)

// Record is a job as it stands.
type Record struct {
	Job        // Attempt: rounds so far that count; RunAt: when it is or was due
	State      State
	Again      bool // a hint came while it is being worked on
	QueuedAt   time.Time
	FinishedAt time.Time // of its last round
	LeaseUntil time.Time // while running
	Outcome    Outcome   // of its last round
	Error      string    // of its last round
}

// DeliveryRecord is a delivery as it stands.
type DeliveryRecord struct {
	Delivery // without Payload and Hints
	State    State
	Outcome  string // what became of it, a line for each round
}

// Filter chooses jobs. Zero fields choose all.
type Filter struct {
	State State
	Kind  string
	Limit int // [100]
}

const selectRecord = `SELECT id, kind, key, installation_id, payload, delivery, state, again, attempt,
	queued_at, run_at, lease_until, finished_at, outcome, url, error FROM jobs `

const defaultLimit = 100

// List returns jobs, the last queued first. Periodic work is among them.
func (q *Queue) List(ctx context.Context, f Filter) ([]Record, error) {
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	all, err := q.records(ctx, selectRecord+`WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2)
		ORDER BY queued_at DESC, id LIMIT $3`, string(f.State), f.Kind, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return all, nil
}

// Deliveries returns what arrived, the last first; state "" chooses all, limit 0
// means 100.
func (q *Queue) Deliveries(ctx context.Context, state State, limit int) ([]DeliveryRecord, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	all, err := q.deliveryRecords(ctx, `WHERE ($1 = '' OR state = $1) ORDER BY received_at DESC, guid LIMIT $2`, string(state), limit)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return all, nil
}

// Details is what is known under an ID.
type Details struct {
	Jobs       []Record
	Deliveries []DeliveryRecord
}

// Show returns the jobs and deliveries that id names: a job's ID or key, or a
// delivery's GUID. With a job comes the delivery that asked for it last, with a
// delivery the jobs it asked for last. It returns store.ErrNotFound when there is
// none.
func (q *Queue) Show(ctx context.Context, id string) (Details, error) {
	if id == "" {
		return Details{}, fmt.Errorf("a job's or delivery's ID is needed: %w", store.ErrNotFound)
	}
	var d Details
	var err error
	if d.Jobs, err = q.records(ctx, selectRecord+`WHERE id = $1 OR key = $1 OR delivery = $1 ORDER BY id`, id); err != nil {
		return Details{}, fmt.Errorf("show %s: %w", id, err)
	}
	guids := []string{id}
	for _, job := range d.Jobs {
		guids = append(guids, job.Delivery)
	}
	slices.Sort(guids)
	for _, guid := range slices.Compact(guids) {
		some, err := q.deliveryRecords(ctx, `WHERE guid = $1`, guid)
		if err != nil {
			return Details{}, fmt.Errorf("show %s: %w", id, err)
		}
		d.Deliveries = append(d.Deliveries, some...)
	}
	if len(d.Jobs)+len(d.Deliveries) == 0 {
		return Details{}, fmt.Errorf("no job and no delivery %q: %w", id, store.ErrNotFound)
	}
	return d, nil
}

// Retry queues a failed job again, with its attempts counted anew; id is a job's ID
// or key, or the GUID of a delivery. It returns store.ErrNotFound when no job of
// that name has failed.
func (q *Queue) Retry(ctx context.Context, id string) error {
	n, err := q.retry(ctx, `$2 <> '' AND (id = $2 OR key = $2 OR delivery = $2)`, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("no failed job %q: %w", id, store.ErrNotFound)
	}
	return err
}

// RetryAll queues all failed jobs again and returns how many.
func (q *Queue) RetryAll(ctx context.Context) (int, error) { return q.retry(ctx, `$2 = ''`, "") }

func (q *Queue) retry(ctx context.Context, which, id string) (int, error) {
	n := 0
	err := q.db.Write(ctx, func(tx *sql.Tx) error {
		guids, err := strs(ctx, tx, `UPDATE jobs SET state = 'waiting', attempt = 0, run_at = $1
			WHERE state = 'failed' AND (`+which+`) RETURNING delivery`, store.Millis(q.now()), id)
		if err != nil {
			return err
		}
		n = len(guids)
		slices.Sort(guids)
		for _, guid := range guids {
			if _, err := tx.ExecContext(ctx, `UPDATE deliveries SET state = 'waiting', pending = pending + 1 WHERE guid = $1`, guid); err != nil {
				return err
			}
		}
		return q.notify(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("queue failed jobs again: %w", err)
	}
	q.signal()
	return n, nil
}

// Seen returns which of the deliveries are known, by GUID.
func (q *Queue) Seen(ctx context.Context, guids []string) (map[string]bool, error) {
	seen := map[string]bool{}
	for part := range slices.Chunk(guids, 500) {
		args := make([]any, len(part))
		for i, guid := range part {
			args[i] = store.Text(guid)
		}
		known, err := strs(ctx, q.db, `SELECT guid FROM deliveries WHERE guid IN `+placeholders(1, len(part), ""), args...)
		if err != nil {
			return nil, fmt.Errorf("look which deliveries are known: %w", err)
		}
		for _, guid := range known {
			seen[guid] = true
		}
	}
	return seen, nil
}

func (q *Queue) records(ctx context.Context, query string, args ...any) ([]Record, error) {
	rows, err := q.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Record
	for rows.Next() {
		var r Record
		var again, queued, runAt, lease, finished int64
		if err := rows.Scan(&r.ID, &r.Kind, &r.Key, &r.InstallationID, (*[]byte)(&r.Payload), &r.Delivery, &r.State, &again, &r.Attempt,
			&queued, &runAt, &lease, &finished, &r.Outcome.Summary, &r.Outcome.URL, &r.Error); err != nil {
			return nil, err
		}
		r.Again = again == 1
		r.QueuedAt, r.RunAt = store.FromMillis(queued), store.FromMillis(runAt)
		r.LeaseUntil, r.FinishedAt = store.FromMillis(lease), store.FromMillis(finished)
		all = append(all, r)
	}
	return all, rows.Err()
}

func (q *Queue) deliveryRecords(ctx context.Context, where string, args ...any) ([]DeliveryRecord, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT guid, event, action, installation_id, repository_id, repository,
		received_at, state, outcome FROM deliveries `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []DeliveryRecord
	for rows.Next() {
		var d DeliveryRecord
		var received int64
		if err := rows.Scan(&d.GUID, &d.Event, &d.Action, &d.InstallationID, &d.RepositoryID, &d.Repository,
			&received, &d.State, &d.Outcome); err != nil {
			return nil, err
		}
		d.ReceivedAt = store.FromMillis(received)
		all = append(all, d)
	}
	return all, rows.Err()
}
