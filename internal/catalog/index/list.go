package index

import (
	"encoding/json"
	"slices"
	"strings"
)

// MaxOrders bounds by how many keys a List may be sorted.
const MaxOrders = 5

// List asks for entities as GET /entities with limit, offset or after does.
type List struct {
	Where  []Predicate
	Orders []Order // first counts most; entities without the key come last
	Offset int
	Limit  int // below 0 is no limit
	Fields *Fields
}

// List answers with entities and whether more follow. Without Orders they come
// by reference. Unlike with Query, the case of the keys sorted by matters.
func (x *Index) List(l List) (entities []json.RawMessage, more bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.state
	chosen := s.choose(l.Where)
	skip := l.Offset
	take := func(id uint32) bool {
		switch {
		case !chosen.allows(id):
		case skip > 0:
			skip--
		case l.Limit >= 0 && len(entities) == l.Limit:
			more = true
			return false
		default:
			entities = append(entities, s.render(id, l.Fields))
		}
		return true
	}
	switch len(l.Orders) {
	case 0:
		for _, id := range s.byName {
			if !take(id) {
				break
			}
		}
	case 1:
		s.listBy(l.Orders[0], take)
	default:
		for _, id := range s.sorted(l.Orders, chosen) {
			if !take(id) {
				break
			}
		}
	}
	return entities, more
}

// listBy yields all nodes by the values of one key, then those without one.
func (s *state) listBy(order Order, yield func(uint32) bool) {
	col := column{field: &field{}}
	if order.Field == lower(order.Field) {
		col = s.column(order.Field)
	}
	groups := col.groups(s, "")
	if order.Descending {
		groups = col.groupsDown(s, nil)
	}
	for g := range groups {
		for _, id := range g.ids {
			if !yield(id) {
				return
			}
		}
	}
	valued := s.newSet()
	col.addValued(valued)
	for _, id := range s.byUID {
		if !valued.has(id) && !yield(id) {
			return
		}
	}
}

// sorted returns the chosen nodes by several keys. As in the join that Backstage
// makes, an entity with several values for a key comes once for each.
func (s *state) sorted(orders []Order, chosen set) []uint32 {
	type row struct {
		id   uint32
		keys []*string
	}
	var rows []row
	for _, id := range s.byUID {
		if chosen.allows(id) {
			rows = append(rows, row{id: id})
		}
	}
	for _, order := range orders {
		values := s.valuesBy(order.Field)
		joined := make([]row, 0, len(rows))
		for _, r := range rows {
			list := values[r.id]
			if len(list) == 0 {
				list = []*string{nil}
			}
			for _, v := range list {
				joined = append(joined, row{r.id, append(slices.Clip(r.keys), v)})
			}
		}
		rows = joined
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for i, order := range orders {
			if c := compareKeys(a.keys[i], b.keys[i], order.Descending); c != 0 {
				return c
			}
		}
		return s.compareUID(a.id, b.id)
	})
	ids := make([]uint32, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	return ids
}

// compareKeys puts nothing last in either direction.
func compareKeys(a, b *string, descending bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	case descending:
		return strings.Compare(*b, *a)
	}
	return strings.Compare(*a, *b)
}

// valuesBy returns the values of a key by node; nil is a value of null.
func (s *state) valuesBy(key string) map[uint32][]*string {
	if key != lower(key) {
		return nil
	}
	values := map[uint32][]*string{}
	col := s.column(key)
	for g := range col.groups(s, "") {
		for _, id := range g.ids {
			values[id] = append(values[id], &g.value)
		}
	}
	for _, id := range col.nulls {
		values[id] = append(values[id], nil)
	}
	return values
}

// Facet counts the entities by the values of one key.
type Facet struct {
	Name   string // as asked for
	Values []FacetValue
}

// FacetValue is a value as first written, and how many entities have it.
type FacetValue struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Facets counts the values of each key among the entities that all predicates
// choose, sorted by value.
func (x *Index) Facets(names []string, where []Predicate) []Facet {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.state
	chosen := s.choose(where)
	out := make([]Facet, 0, len(names))
	for _, name := range names {
		if !slices.ContainsFunc(out, func(f Facet) bool { return f.Name == name }) {
			out = append(out, Facet{Name: name, Values: s.column(lower(name)).facet(chosen)})
		}
	}
	return out
}

func (c column) facet(chosen set) []FacetValue {
	values := []FacetValue{}
	count := func(ids []uint32) int {
		if chosen == nil {
			return len(ids)
		}
		return chosen.countIn(ids)
	}
	sorted := true
	add := func(text string, n int) {
		if last := len(values) - 1; last >= 0 && values[last].Value == text {
			values[last].Count += n
		} else if n > 0 {
			sorted = sorted && (last < 0 || values[last].Value < text)
			values = append(values, FacetValue{text, n})
		}
	}
	var one [1]uint32
	for t := range c.terms() {
		add(t.text, count(t.entities(&one)))
	}
	if n := count(c.truths); n > 0 {
		if i := slices.IndexFunc(values, func(v FacetValue) bool { return v.Value == truth }); i >= 0 {
			values[i].Count += n
		} else {
			add(truth, n)
		}
	}
	if !sorted {
		slices.SortFunc(values, func(a, b FacetValue) int { return strings.Compare(a.Value, b.Value) })
	}
	return values
}
