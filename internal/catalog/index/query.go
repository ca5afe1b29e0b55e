package index

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// Order sorts entities by the value of a key, smallest first unless Descending.
type Order struct {
	Field      string
	Descending bool
}

// Text chooses the entities that have Term in the value of any of the Fields, in
// any case. % in Term stands for any text and _ for any character, as in SQL.
type Text struct {
	Term   string
	Fields []string
}

// maxTerm bounds a Term, in UTF-16 units; nothing that is searched is longer.
const maxTerm = 1000

// Query asks for a page of entities. The zero Query asks for none.
type Query struct {
	Where []Predicate // all of them hold
	// Order sorts by one key and leaves out the entities without it; nil sorts by
	// uid.
	Order *Order
	Text  *Text
	// After is where the page starts: behind it in the order asked for, or before
	// it when Backwards. nil is the beginning.
	After     *Position
	Backwards bool
	Offset    int // entities passed over at the start
	Limit     int
	Count     bool // whether Total is wanted
	Fields    *Fields
}

// Position is the place of an entity in an order.
type Position struct {
	Value string // of the order's key, lower-cased; "" without an order
	UID   string
}

// Page is the answer to a Query.
type Page struct {
	Entities []json.RawMessage
	// First and Last are the positions of the first and last entity; nil when
	// there is none.
	First, Last *Position
	More        bool // whether entities follow the last
	Total       int  // 0 unless Query.Count
}

// Query answers with one page.
func (x *Index) Query(q Query) Page {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.state
	chosen := s.choose(q.Where)
	key := "metadata.uid"
	if q.Order != nil {
		key = lower(q.Order.Field)
	}
	inOrder := func(string) bool { return true }
	if q.Text != nil && trimSpace(q.Text.Term) != "" {
		inOrder = s.chooseText(&chosen, q, key)
	}
	var page Page
	if q.Count {
		page.Total = s.count(chosen, q.Order, key)
	}
	if q.Limit <= 0 {
		return page
	}
	descending := q.Order != nil && q.Order.Descending
	up := descending == q.Backwards
	positions, ids, more := s.take(s.ordered(q, key, up, inOrder), chosen, q)
	page.More = more
	if q.Backwards {
		slices.Reverse(ids)
		slices.Reverse(positions)
	}
	for _, id := range ids {
		page.Entities = append(page.Entities, s.render(id, q.Fields))
	}
	if len(positions) > 0 {
		page.First, page.Last = &positions[0], &positions[len(positions)-1]
	}
	return page
}

// choose is the set that all predicates agree on; nil stands for all nodes.
func (s *state) choose(where []Predicate) set {
	var chosen set
	for _, p := range where {
		if found := s.match(p); chosen == nil {
			chosen = found
		} else {
			chosen.and(found)
		}
	}
	return chosen
}

func (b set) allows(id uint32) bool { return b == nil || b.has(id) }

// chooseText narrows chosen down to what has the text. When the key that is
// searched is the one sorted by, the rows themselves must have it: the function
// returned says which values do.
func (s *state) chooseText(chosen *set, q Query, key string) func(string) bool {
	term := lower(trimSpace(q.Text.Term))
	if longer(term, maxTerm) {
		*chosen = s.newSet()
		return func(string) bool { return false }
	}
	l := newLike(term)
	fields := q.Text.Fields
	if fields == nil {
		fields = []string{key}
	}
	found := s.newSet()
	done := map[string]bool{}
	for _, field := range fields {
		if field = lower(field); !done[field] {
			done[field] = true
			s.column(field).addLike(found, l)
		}
	}
	if *chosen != nil {
		found.and(*chosen)
	}
	*chosen = found
	if q.Order != nil && len(fields) == 1 && fields[0] == key {
		return func(value string) bool { return l.match([]byte(value)) }
	}
	return func(string) bool { return true }
}

func (s *state) count(chosen set, order *Order, key string) int {
	if order == nil {
		if chosen == nil {
			return len(s.byUID)
		}
		return chosen.len()
	}
	valued := s.newSet()
	s.column(key).addValued(valued)
	if chosen != nil {
		valued.and(chosen)
	}
	return valued.len()
}

// ordered yields the rows to page through, from the start of the page on: an
// entity has one for each value of the key that is sorted by.
func (s *state) ordered(q Query, key string, up bool, inOrder func(string) bool) iter.Seq2[string, uint32] {
	if q.Order == nil {
		return func(yield func(string, uint32) bool) {
			uid := ""
			if q.After != nil {
				uid = q.After.UID
			}
			s.walk(s.byUID, uid, up, func(id uint32) bool { return yield("", id) })
		}
	}
	return func(yield func(string, uint32) bool) {
		col := s.column(key)
		groups := col.groups(s, "")
		switch {
		case !up && q.After != nil:
			groups = col.groupsDown(s, &q.After.Value)
		case !up:
			groups = col.groupsDown(s, nil)
		case q.After != nil:
			groups = col.groups(s, q.After.Value)
		}
		for g := range groups {
			if !inOrder(g.value) {
				continue
			}
			uid := ""
			if q.After != nil && g.value == q.After.Value {
				uid = q.After.UID
			}
			if !s.walk(g.ids, uid, up, func(id uint32) bool { return yield(g.value, id) }) {
				return
			}
		}
	}
}

// walk yields ids, which are sorted by uid, beyond a uid; "" is the end to start
// from. It reports false when yield did.
func (s *state) walk(ids []uint32, uid string, up bool, yield func(uint32) bool) bool {
	from, found := 0, false
	if uid != "" {
		from, found = s.place(ids, uid)
	}
	if up {
		if found {
			from++
		}
		for _, id := range ids[from:] {
			if !yield(id) {
				return false
			}
		}
		return true
	}
	if uid == "" {
		from = len(ids)
	}
	for i := from - 1; i >= 0; i-- {
		if !yield(ids[i]) {
			return false
		}
	}
	return true
}

// place finds a uid among ids, which are sorted by it.
func (s *state) place(ids []uint32, uid string) (int, bool) {
	return slices.BinarySearchFunc(ids, uid, func(id uint32, uid string) int {
		return strings.Compare(s.nodes[id].uid.String(), uid)
	})
}

// take collects one page of chosen rows, and says whether another one follows.
func (s *state) take(rows iter.Seq2[string, uint32], chosen set, q Query) ([]Position, []uint32, bool) {
	var positions []Position
	var ids []uint32
	skip := q.Offset
	more := false
	rows(func(value string, id uint32) bool {
		switch {
		case !chosen.allows(id):
		case skip > 0:
			skip--
		case len(ids) == q.Limit:
			more = true
			return false
		default:
			ids = append(ids, id)
			positions = append(positions, Position{Value: value, UID: s.nodes[id].uid.String()})
		}
		return true
	})
	return positions, ids, more
}

// render writes an entity, or the fields asked for.
func (s *state) render(id uint32, fields *Fields) json.RawMessage {
	if fields == nil {
		return s.appendEntity(make([]byte, 0, 2048), id)
	}
	return fields.pick(string(s.appendEntity(nil, id)))
}

// served finds a served node by its reference, which is compared literally.
func (s *state) served(ref string) (uint32, bool) {
	id, ok := s.byRef[ref]
	return id, ok && s.nodes[id].winner != nil
}

// ByRef answers with one entity; the reference must be in the lower-cased
// kind:namespace/name form.
func (x *Index) ByRef(ref string) (json.RawMessage, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok := x.state.served(ref)
	if !ok {
		return nil, false
	}
	return x.state.render(id, nil), true
}

// ByRefs answers with an entity for each reference, nil where there is none or
// where does not choose it. References are compared literally.
func (x *Index) ByRefs(refs []string, where []Predicate, fields *Fields) []json.RawMessage {
	x.mu.RLock()
	defer x.mu.RUnlock()
	chosen := x.state.choose(where)
	out := make([]json.RawMessage, len(refs))
	for i, ref := range refs {
		if id, ok := x.state.served(ref); ok && chosen.allows(id) {
			out[i] = x.state.render(id, fields)
		}
	}
	return out
}

// ByUID answers with one entity and its reference; the uid may be in any case.
func (x *Index) ByUID(uid string) (entity json.RawMessage, ref string, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for t := range x.state.column("metadata.uid").values(lower(uid)) {
		return x.state.render(t.first, nil), x.state.nodes[t.first].ref, true
	}
	return nil, "", false
}
