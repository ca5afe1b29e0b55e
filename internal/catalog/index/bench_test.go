package index_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// organisation makes n entities as an organisation with a repository for each
// would have them: mostly components, with APIs, resources, systems, groups and
// users. The same n gives the same entities.
func organisation(n int) map[string][]index.Record {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	languages := strings.Fields("go java kotlin typescript python rust scala ruby csharp swift")
	types := strings.Fields("service website library data-pipeline")
	lifecycles := strings.Fields("production production production experimental deprecated")
	groups, systems := n/100+1, n/40+1
	out := make(map[string][]index.Record, n)
	for i := range n {
		name := fmt.Sprintf("svc-%05d", i)
		meta := fmt.Sprintf(`"description":"Takes part %d of what the shop sells to where it is paid for and shipped","tags":["%s","%s","tier-%d"],"links":[{"url":"https://wiki.example.com/%s","title":"Runbook"}]`,
			i, languages[r.IntN(len(languages))], types[r.IntN(len(types))], r.IntN(4), name)
		kind, spec := "Component", fmt.Sprintf(
			`"type":"%s","lifecycle":"%s","owner":"group:default/team-%d","system":"system-%d","providesApis":["api-%d"],"consumesApis":["api-%d","api-%d"],"dependsOn":["component:svc-%05d","resource:res-%d"]`,
			types[r.IntN(len(types))], lifecycles[r.IntN(len(lifecycles))], r.IntN(groups), r.IntN(systems), i, r.IntN(n), r.IntN(n), r.IntN(n), r.IntN(n))
		switch c := r.IntN(100); {
		case c < 12:
			kind, name = "API", fmt.Sprintf("api-%d", i)
			spec = fmt.Sprintf(`"type":"openapi","lifecycle":"production","owner":"team-%d","system":"system-%d","definition":"openapi: 3.1.0\ninfo:\n  title: %s\npaths: {}\n%s"`,
				r.IntN(groups), r.IntN(systems), name, strings.Repeat("# an operation\\n", 20))
		case c < 20:
			kind, name = "Resource", fmt.Sprintf("res-%d", i)
			spec = fmt.Sprintf(`"type":"database","owner":"team-%d","system":"system-%d"`, r.IntN(groups), r.IntN(systems))
		case c < 23:
			kind, name = "System", fmt.Sprintf("system-%d", i%systems+i/systems*systems)
			spec = fmt.Sprintf(`"owner":"team-%d","domain":"domain-%d"`, r.IntN(groups), r.IntN(20))
		case c < 25:
			kind, name = "Group", fmt.Sprintf("team-%d", i)
			spec = fmt.Sprintf(`"type":"team","parent":"team-%d","children":[]`, r.IntN(groups))
		case c < 30:
			kind, name = "User", fmt.Sprintf("user-%d", i)
			spec = fmt.Sprintf(`"profile":{"displayName":"User Number %d","email":"u%d@example.com"},"memberOf":["team-%d"]`, i, i, r.IntN(groups))
		}
		at := fmt.Sprintf("https://github.com/acme/%s/tree/main/", name)
		entity := fmt.Sprintf(`{"metadata":{"namespace":"default","annotations":{"backstage.io/managed-by-location":"url:%[1]scatalog-info.yaml","backstage.io/managed-by-origin-location":"url:%[1]scatalog-info.yaml","backstage.io/view-url":"%[1]scatalog-info.yaml","backstage.io/edit-url":"https://github.com/acme/%[2]s/edit/main/catalog-info.yaml","backstage.io/source-location":"url:%[1]s","github.com/project-slug":"acme/%[2]s"},"name":"%[2]s",%[3]s},"apiVersion":"backstage.io/v1alpha1","kind":"%[4]s","spec":{%[5]s}}`,
			at, name, meta, kind, spec)
		source := fmt.Sprintf("repo:%d", i)
		out[source] = []index.Record{{Source: source, Order: int64(i), Entity: entity}}
	}
	return out
}

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
				records := organisation(n)
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
		if err := x.ReplaceAll(organisation(n)); err != nil {
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
