package queue

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

const (
	// maxBatch bounds how many writes share a transaction, and maxBatchBytes their
	// payloads: a commit stays short, and one huge delivery does not make others wait.
	maxBatch      = 256
	maxBatchBytes = 4 << 20
	// writeTimeout bounds one transaction; who sent a write may stop waiting before.
	writeTimeout = 30 * time.Second
)

// write is what somebody wants on disk: a delivery with its hints, hints alone, or
// the end of a round.
type write struct {
	delivery *Delivery
	hints    []Hint
	finish   *finish

	fresh bool       // answer: the delivery was not known
	done  chan error // receives once; buffered
}

func (w *write) bytes() int {
	if w.delivery == nil {
		return 0
	}
	return len(w.delivery.Payload)
}

// Accept keeps a delivery and queues its hints, and returns once both are on disk
// for good. fresh is false for a GUID that is known: then nothing was done, unless
// the work for it had failed: then this is somebody's "Redeliver", and it is queued
// anew. A delivery without hints is not stored, and fresh. When ctx ends first, or
// on an error, the delivery may be kept or not; GitHub's redelivery puts it right.
func (q *Queue) Accept(ctx context.Context, d Delivery) (fresh bool, err error) {
	if len(d.Hints) == 0 {
		return true, nil
	}
	if d.GUID == "" {
		return false, errors.New("a delivery without GUID cannot be kept")
	}
	if d.ReceivedAt.IsZero() {
		d.ReceivedAt = q.now()
	}
	if d.Payload == nil {
		d.Payload = []byte{}
	}
	d.GUID = store.Text(d.GUID)
	hints := slices.Clone(d.Hints)
	for i := range hints {
		hints[i].Delivery = d.GUID
	}
	d.Hints = hints
	w := &write{delivery: &d, done: make(chan error, 1)}
	if err := q.send(ctx, w); err != nil {
		return false, fmt.Errorf("keep delivery %s: %w", d.GUID, err)
	}
	return w.fresh, nil
}

// Enqueue queues hints, and returns once they are on disk.
func (q *Queue) Enqueue(ctx context.Context, hints ...Hint) error {
	if len(hints) == 0 {
		return nil
	}
	if err := q.send(ctx, &write{hints: hints, done: make(chan error, 1)}); err != nil {
		return fmt.Errorf("queue %s: %w", hints[0].Key, err)
	}
	return nil
}

// send hands w to the writer and waits until it is on disk.
func (q *Queue) send(ctx context.Context, w *write) error {
	if err := q.post(ctx, w); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) post(ctx context.Context, w *write) error {
	q.sending.RLock()
	defer q.sending.RUnlock()
	select {
	case <-q.closed:
		return ErrClosed
	default:
	}
	select {
	case q.intake <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeBatches is the one writer. While it commits, others queue up: they are the
// next transaction. So one fsync serves all who came during the one before.
func (q *Queue) writeBatches() {
	defer close(q.idle)
	for first := range q.intake {
		batch := q.gather(first)
		if err := q.commit(batch); err == nil || len(batch) == 1 {
			answer(batch, err)
			continue
		}
		// One bad write must not take the others with it.
		for _, w := range batch {
			alone := []*write{w}
			answer(alone, q.commit(alone))
		}
	}
}

func answer(batch []*write, err error) {
	for _, w := range batch {
		w.done <- err
	}
}

// gather adds what else is there already.
func (q *Queue) gather(first *write) []*write {
	batch, size := []*write{first}, first.bytes()
	for len(batch) < maxBatch && size < maxBatchBytes {
		select {
		case w, open := <-q.intake:
			if !open {
				return batch
			}
			batch, size = append(batch, w), size+w.bytes()
		default:
			return batch
		}
	}
	return batch
}

// commit writes a batch in one transaction and tells those who look for work.
func (q *Queue) commit(batch []*write) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	queued := false
	err := q.db.Write(ctx, func(tx *sql.Tx) error {
		hints, err := q.keepDeliveries(ctx, tx, batch)
		if err != nil {
			return err
		}
		for _, w := range batch {
			hints = append(hints, w.hints...)
		}
		if err := q.queueHints(ctx, tx, hints); err != nil {
			return err
		}
		queued = len(hints) > 0
		for _, w := range batch {
			if w.finish == nil {
				continue
			}
			waits, err := w.finish.write(ctx, tx, q.now())
			if err != nil {
				return err
			}
			queued = queued || waits
		}
		if !queued {
			return nil
		}
		return q.notify(ctx, tx)
	})
	if err == nil && queued {
		q.signal()
	}
	return err
}

// keepDeliveries writes the batch's deliveries, marks the fresh ones, and returns
// their hints.
func (q *Queue) keepDeliveries(ctx context.Context, tx *sql.Tx, batch []*write) ([]Hint, error) {
	byGUID := map[string]*write{}
	var fresh []*write
	for _, w := range batch {
		if w.delivery == nil {
			continue
		}
		w.fresh = false
		if byGUID[w.delivery.GUID] == nil {
			byGUID[w.delivery.GUID] = w
			fresh = append(fresh, w)
		}
	}
	// In order of GUID, so that two replicas with the same deliveries do not deadlock.
	slices.SortFunc(fresh, func(a, b *write) int { return cmp.Compare(a.delivery.GUID, b.delivery.GUID) })
	for part := range slices.Chunk(fresh, rowsPerStatement) {
		guids, err := insertDeliveries(ctx, tx, part)
		if err != nil {
			return nil, fmt.Errorf("write deliveries: %w", err)
		}
		for _, guid := range guids {
			byGUID[guid].fresh = true
		}
	}
	var hints []Hint
	for _, w := range batch { // the order of arrival: a later hint replaces an earlier one
		if w.delivery != nil && w.fresh {
			hints = append(hints, w.delivery.Hints...)
		}
	}
	return hints, nil
}

// rowsPerStatement keeps statements few in form, and far below both engines' limit
// of parameters.
const rowsPerStatement = 64

// insertDeliveries returns the GUIDs that were not known, or whose work had failed.
func insertDeliveries(ctx context.Context, tx *sql.Tx, writes []*write) ([]string, error) {
	var args []any
	for _, w := range writes {
		d := w.delivery
		args = append(args, d.GUID, store.Text(d.Event), store.Text(d.Action), d.InstallationID, d.RepositoryID,
			store.Text(d.Repository), store.Millis(d.ReceivedAt), d.Payload, distinct(d.Hints))
	}
	return strs(ctx, tx, `
		INSERT INTO deliveries (guid, event, action, installation_id, repository_id, repository, received_at, payload, pending, state, outcome)
		VALUES `+placeholders(len(writes), 9, ", 'waiting', ''")+`
		ON CONFLICT (guid) DO UPDATE SET state = 'waiting', pending = excluded.pending, received_at = excluded.received_at
		WHERE deliveries.state = 'failed'
		RETURNING guid`, args...)
}

// distinct counts the jobs that hints stand for.
func distinct(hints []Hint) int {
	ids := map[string]bool{}
	for _, h := range hints {
		ids[jobID(h.Kind, h.Key)] = true
	}
	return len(ids)
}

// placeholders makes "($1, $2 suffix), ($3, $4 suffix)".
func placeholders(rows, columns int, suffix string) string {
	var b strings.Builder
	n := 0
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for column := range columns {
			n++
			if column > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", n)
		}
		b.WriteString(suffix + ")")
	}
	return b.String()
}

// jobID derives a job's ID, so that a kind and key have one row: 80 bits, in
// letters and digits that are easy to say.
func jobID(kind, key string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + key))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:10]))
}

// queryer is what reads: the database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// strs reads one text column.
func strs(ctx context.Context, from queryer, query string, args ...any) ([]string, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
