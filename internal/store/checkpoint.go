package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// checkpointEvery is how many commits are between two checkpoints.
const checkpointEvery = 256

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
