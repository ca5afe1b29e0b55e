package index_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index"
)

func parse(t testing.TB, text string) catalog.Value {
	t.Helper()
	v, err := catalog.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// small is an index to ask fuzzed questions of.
func small(t testing.TB) *index.Index {
	t.Helper()
	x := index.New()
	replace(t, x, "a",
		record("a", 1, entity("pay", `,"owner":"team-a","tags":["go","Ä"],"a":{"b":[1,null,{"c":"d"}]}`)),
		record("a", 1, entity("Web", `,"owner":"Team-A","dependsOn":["component:pay"],"tags":["go","GO"]`)))
	return x
}

// sameAgain demands that a predicate means the same once written and read.
func sameAgain(t *testing.T, x *index.Index, p index.Predicate) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := index.ParsePredicate(parse(t, string(text)))
	if err != nil {
		t.Fatalf("%s cannot be read again: %v", text, err)
	}
	a := x.Query(index.Query{Where: []index.Predicate{p}, Limit: 9, Count: true})
	b := x.Query(index.Query{Where: []index.Predicate{again}, Limit: 9, Count: true})
	if a.Total != b.Total || a.Total != len(a.Entities) {
		t.Errorf("%s finds %d of %d, then %d", text, len(a.Entities), a.Total, b.Total)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"kind=component", "a,b=c , d=", "spec.tags.go=true,spec.tags=ä", "=x", ",", "spec.a.b.c=d", "kind==x", "relations.dependson", "x\x00=\xff"} {
		f.Add(seed)
	}
	x := small(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, ok, err := index.ParseFilters([]string{text})
		// No entity has a key that begins with $; as a predicate it is refused.
		if err == nil && ok && json.Valid([]byte(`"`+text+`"`)) && !strings.Contains(text, "$") {
			sameAgain(t, x, p)
		}
	})
}

func FuzzPredicate(f *testing.F) {
	for _, seed := range []string{`{}`, `{"kind":"component"}`, `{"$not":{"kind":{"$in":["a",1,true]}}}`, `{"$all":[{"a":{"$exists":false}},{"b":{"$hasPrefix":"x"}}]}`, `{"relations":{"$contains":{"type":"dependsOn","targetRef":{"$in":["component:default/pay"]}}}}`, `{"a":{"$contains":1}}`, `{"$any":[5]}`, `{"a":null}`} {
		f.Add(seed)
	}
	x := small(f)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := catalog.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		p, err := index.ParsePredicate(v)
		if err != nil {
			if len(err.Error()) > 40<<10 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		sameAgain(t, x, p)
	})
}

func FuzzCursor(f *testing.F) {
	x := small(f)
	total := 2
	page := x.Query(index.Query{Limit: 1})
	f.Add(index.Cursor{At: page.First, First: page.First, Total: &total, Where: where(f, "kind=component")}.String())
	f.Add(index.Cursor{Orders: []index.Order{{Field: "metadata.name", Descending: true}}, Text: &index.Text{Term: "a", Fields: []string{"kind"}}}.String())
	f.Add("e30=")
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := index.ParseCursor(text)
		if err != nil {
			return
		}
		again, err := index.ParseCursor(c.String())
		if err != nil {
			t.Fatalf("%s, read and written as %s: %v", index.DecodeBase64(text), index.DecodeBase64(c.String()), err)
		}
		if again.String() != c.String() {
			t.Errorf("%s became %s", c.String(), again.String())
		}
		q := index.Query{Where: c.Where, Text: c.Text, After: c.At, Backwards: c.Backwards, Limit: 3, Count: true}
		if len(c.Orders) > 0 {
			q.Order = &c.Orders[0]
		}
		x.Query(q)
	})
}

func FuzzFields(f *testing.F) {
	for _, seed := range []string{"metadata.name", "metadata,metadata.name", "spec.a.b.0,spec.a.b.2.c", "relations.0.type,kind", "..,.", "a[", "spec.tags.5", "metadata.name.x"} {
		f.Add(seed)
	}
	x := small(f)
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := index.ParseFields([]string{text})
		if err != nil {
			return
		}
		for _, e := range x.Query(index.Query{Limit: 9, Fields: fields}).Entities {
			if !json.Valid(e) {
				t.Errorf("%q makes %s", text, e)
			}
		}
	})
}
