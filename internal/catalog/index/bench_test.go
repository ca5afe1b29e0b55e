package index_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/catalog/index/indextest"
)

// resident is the process's memory in bytes, where Linux tells it.
func resident() int {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		return 0
	}
	return pages * os.Getpagesize()
}

// BenchmarkLoad prints how long a catalog takes to load, and the memory of the
// process once it answers. One size at a time tells most: memory is the process's.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				records := indextest.Organisation(n)
				runtime.GC()
				b.StartTimer()
				x := index.New()
				if err := x.ReplaceAll(records); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				peak := resident()
				clear(records)
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				for range 1000 {
					x.Query(index.Query{Limit: 20, Count: true})
				}
				b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB-heap")
				b.ReportMetric(float64(peak)/(1<<20), "MiB-RSS-loading")
				b.ReportMetric(float64(resident())/(1<<20), "MiB-RSS")
				runtime.KeepAlive(x)
				b.StartTimer()
			}
		})
	}
}

// BenchmarkQuery prints how long answers take, p50 and p99.
func BenchmarkQuery(b *testing.B) {
	filter := func(b *testing.B, text ...string) []index.Predicate {
		p, _, err := index.ParseFilters(text)
		if err != nil {
			b.Fatal(err)
		}
		return []index.Predicate{p}
	}
	for _, n := range []int{10_000, 100_000} {
		x := index.New()
		if err := x.ReplaceAll(indextest.Organisation(n)); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		mid := x.Query(index.Query{Order: &index.Order{Field: "metadata.name"}, Offset: n / 2, Limit: 1}).First
		queries := map[string]func(){
			"all":  func() { x.Query(index.Query{Limit: 20, Count: true}) },
			"kind": func() { x.Query(index.Query{Where: filter(b, "kind=component"), Limit: 20, Count: true}) },
			"and-or": func() {
				x.Query(index.Query{Where: filter(b, "kind=component,spec.type=service,metadata.tags.go", "kind=api,spec.type=openapi,relations.partof=system:default/system-1"), Limit: 20, Count: true})
			},
			"name-desc": func() {
				x.Query(index.Query{Where: filter(b, "kind=component"), Order: &index.Order{Field: "metadata.name", Descending: true}, Limit: 20, Count: true})
			},
			"cursor": func() {
				x.Query(index.Query{Where: filter(b, "kind=component"), Order: &index.Order{Field: "metadata.name"}, After: mid, Limit: 20})
			},
			"text": func() {
				x.Query(index.Query{Text: &index.Text{Term: "99", Fields: []string{"metadata.name", "metadata.title", "metadata.description"}}, Order: &index.Order{Field: "metadata.name"}, Limit: 20, Count: true})
			},
			"far-offset": func() {
				x.Query(index.Query{Order: &index.Order{Field: "spec.owner"}, Offset: n - n/5, Limit: 20, Count: true})
			},
			"facets": func() {
				x.Facets([]string{"kind", "spec.type", "metadata.tags", "spec.owner"}, filter(b, "kind=component"))
			},
			"by-name": func() { x.ByRef("component:default/svc-00001") },
		}
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range queries {
				if !yield(name) {
					return
				}
			}
		}) {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				var times []time.Duration
				for b.Loop() {
					start := time.Now()
					queries[name]()
					times = append(times, time.Since(start))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-p50")
				b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
			})
		}
	}
}
