package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// checkpointEvery is how many commits are between two checkpoints. With a full
// intake (64 senders, a commit holds about 60 deliveries) small ones keep the tail
// short: p99 was 24-35 ms at 4, 36-57 ms at 8 and 16, 42-143 ms at 256, at the same
// rate (go test -bench Accept/SQLite ./internal/queue).
const checkpointEvery = 4

// checkpoints moves what SQLite's write-ahead log holds into the database file,
// beside the writers: a passive checkpoint waits for nobody and nobody waits for it
// (sqlite.org, "PRAGMA wal_checkpoint"). Left to SQLite, every so many commits one
// of them would do it, and those behind it would wait for tens of milliseconds.
type checkpoints struct {
	commits atomic.Int64
	due     chan struct{}
	stop    func() // ends it and waits
}

func startCheckpoints(ctx context.Context, db *sql.DB) *checkpoints {
	ctx, cancel := context.WithCancel(ctx)
	c := &checkpoints{due: make(chan struct{}, 1)}
	var running sync.WaitGroup
	running.Go(func() { c.run(ctx, db) })
	c.stop = func() {
		cancel()
		running.Wait()
	}
	return c
}

// written is called after each commit.
func (c *checkpoints) written() {
	if c.commits.Add(1)%checkpointEvery != 0 {
		return
	}
	select {
	case c.due <- struct{}{}:
	default:
	}
}

func (c *checkpoints) run(ctx context.Context, db *sql.DB) {
	for {
		select {
		case <-c.due:
			// Best effort: what fails now is done by the next one, or by a commit
			// when the log has grown long.
			db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") //nolint:errcheck // see above
		case <-ctx.Done():
			return
		}
	}
}
