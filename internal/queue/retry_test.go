package queue_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestBackoffIsJitteredInFull(t *testing.T) {
	tests := map[float64]time.Duration{0: 0, 0.25: 500 * time.Millisecond, 0.75: 1500 * time.Millisecond}
	for random, want := range tests {
		t.Run(fmt.Sprint(random), func(t *testing.T) {
			q := newQueue(t, storetest.Open(t, storetest.SQLiteURL(t)), func(o *queue.Options) {
				o.FirstBackoff, o.MaxAttempts = 2*time.Second, 2
				o.Random = func() float64 { return random }
			})
			q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
				return queue.Outcome{}, errors.New("GitHub answered 502")
			})
			q.enqueue(hint("k"))
			q.run()
			q.await()
			expect(t, "due again", q.job("k").RunAt, noon.Add(want))
		})
	}
}
