package index_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// entity is a component as a source describes it.
func entity(name, spec string) string {
	return fmt.Sprintf(`{"metadata":{"namespace":"default","name":%q},"apiVersion":"backstage.io/v1alpha1","kind":"Component","spec":{"type":"service","lifecycle":"production"%s}}`, name, spec)
}

func record(source string, order int64, e string) index.Record {
	return index.Record{Source: source, Order: order, Entity: e}
}

// names lists the metadata.name of a page.
func names(t testing.TB, entities []json.RawMessage) []string {
	t.Helper()
	var out []string
	for _, raw := range entities {
		var e struct{ Metadata struct{ Name string } }
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		out = append(out, e.Metadata.Name)
	}
	return out
}

func replace(t testing.TB, x *index.Index, source string, records ...index.Record) {
	t.Helper()
	if err := x.Replace(source, records); err != nil {
		t.Fatal(err)
	}
}

func where(t testing.TB, filters ...string) []index.Predicate {
	t.Helper()
	p, ok, err := index.ParseFilters(filters)
	if err != nil || !ok {
		t.Fatalf("ParseFilters(%q) = %v, %v", filters, ok, err)
	}
	return []index.Predicate{p}
}

func relations(t testing.TB, x *index.Index, ref string) []string {
	t.Helper()
	raw, ok := x.ByRef(ref)
	if !ok {
		t.Fatalf("%s is not there", ref)
	}
	var e struct {
		Relations []struct{ Type, TargetRef string }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, r := range e.Relations {
		out = append(out, r.Type+" "+r.TargetRef)
	}
	return out
}

// What the first source claims is served; when it lets go, the next takes over,
// and what points at the entity follows.
func TestConflict(t *testing.T) {
	x := index.New()
	replace(t, x, "repo:2", record("repo:2", 5, entity("pay", `,"owner":"team-b"`)))
	replace(t, x, "repo:1", record("repo:1", 9, entity("pay", `,"owner":"team-a","dependsOn":["component:db"]`)), record("repo:1", 9, entity("db", "")))
	if diff := cmp.Diff([]index.Conflict{{Ref: "component:default/pay", Winner: "repo:2"}}, x.Shadowed("repo:1")); diff != "" {
		t.Error(diff)
	}
	if got := relations(t, x, "component:default/db"); len(got) != 0 {
		t.Errorf("relations made by the loser: %v", got)
	}
	replace(t, x, "repo:2")
	if got := x.Shadowed("repo:1"); len(got) != 0 {
		t.Errorf("shadowed after the winner went: %v", got)
	}
	if diff := cmp.Diff([]string{"dependencyOf component:default/pay"}, relations(t, x, "component:default/db")); diff != "" {
		t.Error(diff)
	}
	replace(t, x, "repo:3", record("repo:3", 1, entity("pay", "")))
	if diff := cmp.Diff([]index.Conflict{{Ref: "component:default/pay", Winner: "repo:3"}}, x.Shadowed("repo:1")); diff != "" {
		t.Error(diff)
	}
	if got := relations(t, x, "component:default/db"); len(got) != 0 {
		t.Errorf("relations of what is not served any more: %v", got)
	}
	replace(t, x, "repo:1")
	replace(t, x, "repo:3")
	if n := x.Len(); n != 0 {
		t.Errorf("%d entities are left", n)
	}
}

// The last of several records of one name in a source counts.
func TestSameNameTwice(t *testing.T) {
	x := index.New()
	replace(t, x, "a", record("a", 1, entity("pay", `,"owner":"x"`)), record("a", 1, entity("Pay", `,"owner":"y"`)))
	if got := x.Query(index.Query{Where: where(t, "spec.owner=y"), Limit: 9}); len(got.Entities) != 1 {
		t.Errorf("entities of the last record: %d", len(got.Entities))
	}
	if x.Len() != 1 {
		t.Errorf("%d entities", x.Len())
	}
}

func TestOrphanAndErrors(t *testing.T) {
	x := index.New()
	r := record("a", 1, entity("pay", ""))
	r.Orphan = true
	r.Errors = []index.StatusItem{{Type: "backstage.io/catalog-processing", Level: "error", Message: "InputError: no", Error: &index.StatusError{Name: "InputError", Message: "no"}}}
	replace(t, x, "a", r)
	got, _ := x.ByRef("component:default/pay")
	for _, want := range []string{
		`"annotations":{"backstage.io/orphan":"true"}`,
		`"status":{"items":[{"type":"backstage.io/catalog-processing","level":"error","message":"InputError: no","error":{"name":"InputError","message":"no"}}]}`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	if page := x.Query(index.Query{Where: where(t, "metadata.annotations.backstage.io/orphan=true"), Limit: 1}); len(page.Entities) != 1 {
		t.Error("the orphan cannot be asked for")
	}
	r.Orphan, r.Errors = false, nil
	replace(t, x, "a", r)
	if got, _ := x.ByRef("component:default/pay"); strings.Contains(string(got), "orphan") || strings.Contains(string(got), "status") {
		t.Errorf("still marked: %s", got)
	}
}

// A record that cannot be read is named; the others are served.
func TestBrokenRecord(t *testing.T) {
	x := index.New()
	for _, broken := range []string{``, `{`, `[]`, `"x"`, `{}`, `{"kind":"Component","metadata":5}`, `{"kind":"","metadata":{"name":"x"}}`, `{"kind":"C","metadata":{"name":""}}`} {
		err := x.Replace("a", []index.Record{record("a", 1, broken), record("a", 1, entity("pay", ""))})
		if err == nil || !strings.Contains(err.Error(), "record 0 of a") {
			t.Errorf("%s: error %v", broken, err)
		}
		if x.Len() != 1 {
			t.Errorf("%s: %d entities", broken, x.Len())
		}
	}
}

// Keys that differ only in case hide an entity in Backstage; here it is served.
func TestKeysThatDifferInCase(t *testing.T) {
	x := index.New()
	replace(t, x, "a", record("a", 1, entity("pay", `,"Type":"other","x":{"A":1,"a":[1,"one"]}`)))
	for _, filter := range []string{"spec.type=service", "spec.type=other", "spec.x.a=1", "spec.x.a.one"} {
		if page := x.Query(index.Query{Where: where(t, filter), Limit: 9, Count: true}); page.Total != 1 {
			t.Errorf("%s finds %d", filter, page.Total)
		}
	}
	replace(t, x, "a")
	if got := x.Facets([]string{"spec.type"}, nil); len(got[0].Values) != 0 {
		t.Errorf("left over: %v", got)
	}
}

// dump is everything an index can be seen to hold.
func dump(t testing.TB, x *index.Index, sources []string) []string {
	t.Helper()
	var out []string
	for _, order := range []*index.Order{nil, {Field: "spec.tags"}, {Field: "spec.tags", Descending: true}, {Field: "metadata.name"}, {Field: "relations.ownedby", Descending: true}} {
		page := x.Query(index.Query{Order: order, Limit: 1000, Count: true})
		out = append(out, fmt.Sprint(page.Total, names(t, page.Entities)))
	}
	entities, _ := x.List(index.List{Limit: -1})
	for _, e := range entities {
		out = append(out, string(e))
	}
	keys := []string{"kind", "metadata.name", "spec.owner", "spec.tags", "spec.tags.a", "relations.ownedby", "relations.dependson", "relations.dependencyof", "metadata.uid", "spec.nothing"}
	out = append(out, fmt.Sprint(x.Facets(keys, nil)), fmt.Sprint(x.Facets(keys, where(t, "spec.tags.b", "relations.dependsOn"))))
	for _, source := range sources {
		out = append(out, fmt.Sprint(source, x.Shadowed(source)))
	}
	return out
}

// However a catalog came about, it answers as one that was loaded at once.
func TestReplaceEqualsReplaceAll(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		var sources []string
		for i := range 6 {
			sources = append(sources, fmt.Sprint("repo:", i))
		}
		x := index.New()
		now := map[string][]index.Record{}
		for range 40 {
			source := sources[r.IntN(len(sources))]
			var records []index.Record
			for range r.IntN(5) {
				spec := fmt.Sprintf(`,"owner":"team-%d","dependsOn":["component:c%d"],"tags":["%s","%s"],"nothing":null`,
					r.IntN(3), r.IntN(8), []string{"a", "b", "A", "ä"}[r.IntN(4)], []string{"c", "B", "true"}[r.IntN(3)])
				rec := record(source, int64(r.IntN(3)), entity(fmt.Sprint("c", r.IntN(8)), spec))
				rec.Orphan = r.IntN(5) == 0
				records = append(records, rec)
			}
			replace(t, x, source, records...)
			now[source] = records
		}
		y := index.New()
		if err := y.ReplaceAll(now); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dump(t, y, sources), dump(t, x, sources)); diff != "" {
			t.Fatalf("seed %d (-loaded at once +step by step):\n%s", seed, diff)
		}
	}
}

// Many thousands of values fill several chunks; they stay in order and countable.
func TestManyValues(t *testing.T) {
	x := index.New()
	var want []string
	for i := range 2000 {
		name := fmt.Sprintf("c%04d", i*7919%2000)
		want = append(want, name)
		replace(t, x, name, record(name, 1, entity(name, "")))
	}
	slices.Sort(want)
	page := x.Query(index.Query{Order: &index.Order{Field: "metadata.name"}, Limit: 5000})
	if diff := cmp.Diff(want, names(t, page.Entities)); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(want)
	page = x.Query(index.Query{Order: &index.Order{Field: "metadata.name", Descending: true}, Limit: 5000})
	if diff := cmp.Diff(want, names(t, page.Entities)); diff != "" {
		t.Error(diff)
	}
	for _, name := range want[:1990] {
		replace(t, x, name)
	}
	if got := names(t, x.Query(index.Query{Order: &index.Order{Field: "metadata.name", Descending: true}, Limit: 50}).Entities); !slices.Equal(got, want[1990:]) {
		t.Errorf("left %v, want %v", got, want[1990:])
	}
}

// Readers and writers do not get in each other's way.
func TestConcurrentUse(t *testing.T) {
	x := index.New()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				name := fmt.Sprint("c", (i+j)%7)
				if err := x.Replace(fmt.Sprint("repo:", i), []index.Record{record("", 1, entity(name, `,"owner":"a"`))}); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 50 {
				page := x.Query(index.Query{Order: &index.Order{Field: "metadata.name"}, Limit: 9, Count: true})
				if page.Total != len(page.Entities) {
					t.Errorf("%d of %d entities", len(page.Entities), page.Total)
				}
				x.Facets([]string{"kind"}, nil)
				x.List(index.List{Limit: -1})
			}
		})
	}
	wg.Wait()
}

// What an attacker makes up is refused before it costs anything.
func TestHostileInput(t *testing.T) {
	deep := strings.Repeat(`{"$not":`, 200) + `{}` + strings.Repeat(`}`, 200)
	wide := `{"$any":[` + strings.TrimSuffix(strings.Repeat(`{"a":{"$exists":true}},`, 2000), ",") + `]}`
	long := `{"a":{"$in":[` + strings.TrimSuffix(strings.Repeat(`"x",`, 30_000), ",") + `]}}`
	for _, query := range []string{deep, wide, long} {
		if _, err := index.ParsePredicate(parse(t, query)); err == nil {
			t.Errorf("%.40s… is accepted", query)
		}
	}
	if _, _, err := index.ParseFilters(slices.Repeat([]string{"a,b,c,d"}, 500)); err == nil {
		t.Error("2000 conditions are accepted")
	}
	if _, err := index.ParseFields([]string{strings.Repeat("a,", 10) + manyFields(600)}); err == nil {
		t.Error("600 fields are accepted")
	}
	x := index.New()
	replace(t, x, "a", record("a", 1, entity("pay", "")))
	if page := x.Query(index.Query{Text: &index.Text{Term: strings.Repeat("%a", 5000)}, Limit: 1}); len(page.Entities) != 0 {
		t.Error("a term that is too long finds something")
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d,", i)
	}
	return b.String()
}

// Text is found in any case, wherever it stands and whatever alphabet it is in.
func TestFullTextFolds(t *testing.T) {
	x := index.New()
	text := "@AZ[`az{ Straße ÄÖÜ 0123456789 The Quick Brown Fox"
	replace(t, x, "a", record("a", 1, entity("pay", fmt.Sprintf(`,"plain":%q,"long":%q`, strings.ToUpper("the quick brown fox jumps"), text))))
	for term, want := range map[string]int{
		"the QUICK brown fox jumps": 1, "k b": 1, "jumps": 1, "foxj": 0, "q%k_brown": 1,
		"@az[`az{": 1, "straße": 1, "äöü": 1, "9 the": 1, "@az{": 0,
	} {
		q := index.Query{Text: &index.Text{Term: term, Fields: []string{"spec.plain", "spec.long"}}, Limit: 1}
		if got := len(x.Query(q).Entities); got != want {
			t.Errorf("%q finds %d, want %d", term, got, want)
		}
	}
}
