package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// payload is what most deliveries weigh: 8 KB.
var payload = bytes.Repeat([]byte("cairn---"), 1024) //nolint:gochecknoglobals // never changed

// BenchmarkFloor is what the disk alone takes: 8 KB appended to a file and synced.
// No durable acknowledgement can be faster; many can share one.
func BenchmarkFloor(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	ok(b, err)
	defer file.Close()
	times := make([]time.Duration, 0, b.N)
	for b.Loop() {
		started := time.Now()
		_, err := file.Write(payload)
		ok(b, err)
		ok(b, file.Sync())
		times = append(times, time.Since(started))
	}
	report(b, times, "syncs/s")
}

// BenchmarkAccept is a delivery until it is durable, as a webhook's sender waits
// for it: SQLite with synchronous=FULL, PostgreSQL with its defaults.
func BenchmarkAccept(b *testing.B) {
	eachDurable(b, func(b *testing.B, db *store.DB) {
		for _, senders := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) { benchmarkAccept(b, db, senders) })
		}
	})
}

func eachDurable(b *testing.B, run func(b *testing.B, db *store.DB)) {
	b.Run("SQLite", func(b *testing.B) { run(b, storetest.Open(b, storetest.SQLiteURL(b))) })
	b.Run("PostgreSQL", func(b *testing.B) { run(b, storetest.Open(b, storetest.DurablePostgreSQLURL(b))) })
}

func benchmarkAccept(b *testing.B, db *store.DB, senders int) {
	q := queue.New(db, queue.Options{})
	defer q.Close()
	var next atomic.Int64
	times := make([][]time.Duration, senders)
	run := fmt.Sprint(time.Now().UnixNano())
	var all sync.WaitGroup
	b.ResetTimer()
	for s := range senders {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				started := time.Now()
				_, err := q.Accept(context.Background(), queue.Delivery{
					GUID: fmt.Sprintf("%s-%d", run, n), Event: "pull_request", Action: "synchronize", InstallationID: 5, RepositoryID: 7,
					Repository: "acme/pay", ReceivedAt: started, Payload: payload, Hints: []queue.Hint{hint(fmt.Sprintf("pr:acme/pay#%d", n))},
				})
				if err != nil {
					b.Error(err)
					return
				}
				times[s] = append(times[s], time.Since(started))
			}
		})
	}
	all.Wait()
	report(b, slices.Concat(times...), "acks/s")
}

// BenchmarkWork is the rate of rounds that do nothing, from claim to recorded end.
func BenchmarkWork(b *testing.B) {
	eachDurable(b, func(b *testing.B, db *store.DB) {
		var left atomic.Int64
		left.Store(int64(b.N))
		finished := make(chan struct{})
		q := queue.New(db, queue.Options{Workers: 16, OnDone: func(queue.Job, queue.Outcome, error, time.Duration) {
			if left.Add(-1) == 0 {
				close(finished)
			}
		}})
		defer q.Close()
		q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{}, nil })
		hints := make([]queue.Hint, b.N)
		for i := range hints {
			hints[i] = hint(fmt.Sprint("k", i))
		}
		ok(b, q.Enqueue(context.Background(), hints...))
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		b.ResetTimer()
		running.Go(func() {
			if err := q.Run(ctx); err != nil {
				b.Error(err)
			}
		})
		<-finished
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		cancel()
		running.Wait()
	})
}

func report(b *testing.B, times []time.Duration, rate string) {
	b.Helper()
	slices.Sort(times)
	ms := func(q float64) float64 { return times[int(q*float64(len(times)-1))].Seconds() * 1000 }
	b.ReportMetric(float64(len(times))/b.Elapsed().Seconds(), rate)
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(0, "ns/op") // the rate says it
}
