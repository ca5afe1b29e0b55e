// Package indextest makes catalogs of any size, for benchmarks. What it makes is
// made up, and the same every time.
//
// Start reading at [Organisation].
package indextest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// Organisation makes n entities as an organisation with a repository for each
// would have them: mostly components, with APIs, resources, systems, groups and
// users. The same n gives the same entities.
func Organisation(n int) map[string][]index.Record {
	r := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // the same catalog every time
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
