package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/cairn-dev/cairn/internal/store"
)

// Stats is the queue as it stands, periodic work left out.
type Stats struct {
	Count                     // of all kinds
	OldestDue   time.Duration // how long the job that is due longest has been due; 0 when none is
	Kinds       map[string]Count
	Unprocessed int // waiting jobs of kinds that no worker here takes
}

// Count is jobs by state.
type Count struct {
	Waiting, Running, Failed int
}

// Stats counts, over all replicas.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	// Three queries, so that each reads its own small index and not the done jobs.
	rows, err := q.db.QueryContext(ctx, `
		SELECT kind, 'waiting', count(*), min(run_at) FROM jobs WHERE state = 'waiting' AND kind NOT LIKE 'periodic:%' GROUP BY kind
		UNION ALL SELECT kind, 'running', count(*), 0 FROM jobs WHERE state = 'running' AND kind NOT LIKE 'periodic:%' GROUP BY kind
		UNION ALL SELECT kind, 'failed', count(*), 0 FROM jobs WHERE state = 'failed' AND kind NOT LIKE 'periodic:%' GROUP BY kind`)
	if err != nil {
		return Stats{}, fmt.Errorf("count the queue: %w", err)
	}
	defer rows.Close()
	s := Stats{Kinds: map[string]Count{}}
	for rows.Next() {
		var kind, state string
		var n int
		var first int64
		if err := rows.Scan(&kind, &state, &n, &first); err != nil {
			return Stats{}, fmt.Errorf("count the queue: %w", err)
		}
		s.add(kind, State(state), n)
		if State(state) == Waiting {
			s.OldestDue = max(s.OldestDue, q.now().Sub(store.FromMillis(first)))
			if q.workers[kind] == nil {
				s.Unprocessed += n
			}
		}
	}
	if err := rows.Err(); err != nil {
		return Stats{}, fmt.Errorf("count the queue: %w", err)
	}
	return s, nil
}

func (s *Stats) add(kind string, state State, n int) {
	c := s.Kinds[kind]
	switch state {
	case Waiting:
		s.Waiting, c.Waiting = s.Waiting+n, c.Waiting+n
	case Running:
		s.Running, c.Running = s.Running+n, c.Running+n
	default:
		s.Failed, c.Failed = s.Failed+n, c.Failed+n
	}
	s.Kinds[kind] = c
}
