package index

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// namespace makes uids from references: they are the same on every replica and
// after every restart. It is itself the UUIDv5 of this project's address.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/cairn-dev/cairn"))

// UID returns the metadata.uid of the entity with the reference, which must be
// in the lower-cased kind:namespace/name form.
func UID(ref string) string { return uuid.NewSHA1(namespace, []byte(ref)).String() }

// state is one catalog. A node is a reference that is described by a source or
// pointed at by a relation; its number stays the same while it is needed.
type state struct {
	relator *catalog.Relator
	nodes   []node
	free    []uint32
	byRef   map[string]uint32
	sources map[string][]uint32
	fields  map[string]*field
	// types are the relation types that edges count by.
	types []string
	// byUID and byName are the served nodes in the order of uid and reference.
	byUID  []uint32
	byName []uint32
	// targets lead from a location, or a pattern of locations, to the Location
	// entities that point at it.
	targets map[string][]uint32
	// loading says that edges are sorted and hashes taken at the end.
	loading bool
}

// node is one reference. It is served when there is a winner.
type node struct {
	ref    string
	uid    uuid.UUID
	winner *claim
	losers []*claim
	edges  []edge
	etag   [sha1.Size]byte
}

// claim is what one source says of a node.
type claim struct {
	source string
	order  int64
	doc    document
	orphan bool
	errors []StatusItem
}

// edge is a relation that leads away from the node it is kept at.
type edge struct {
	typ    uint16
	target uint32
	origin uint32 // whose text says so
}

func newState(relator *catalog.Relator) *state {
	return &state{
		relator: relator,
		byRef:   map[string]uint32{},
		sources: map[string][]uint32{},
		fields:  map[string]*field{},
		targets: map[string][]uint32{},
	}
}

// compareUID orders nodes as the API does where nothing else decides.
func (s *state) compareUID(a, b uint32) int {
	x, y := &s.nodes[a].uid, &s.nodes[b].uid
	return bytes.Compare(x[:], y[:])
}

// search finds a node in ids, which are sorted by uid.
func (s *state) search(ids []uint32, id uint32) (int, bool) {
	return slices.BinarySearchFunc(ids, id, s.compareUID)
}

func (s *state) insert(ids []uint32, id uint32) []uint32 {
	if n := len(ids); n == 0 || s.compareUID(ids[n-1], id) < 0 {
		return append(ids, id)
	}
	at, found := s.search(ids, id)
	if found {
		return ids
	}
	return slices.Insert(ids, at, id)
}

func (s *state) remove(ids []uint32, id uint32) []uint32 {
	at, found := s.search(ids, id)
	if !found {
		return ids
	}
	return slices.Delete(ids, at, at+1)
}

// node returns the number of ref, which it makes when it is new.
func (s *state) node(ref string) uint32 {
	if id, ok := s.byRef[ref]; ok {
		return id
	}
	n := node{ref: strings.Clone(ref), uid: uuid.NewSHA1(namespace, []byte(ref))}
	var id uint32
	if last := len(s.free) - 1; last >= 0 {
		id, s.free = s.free[last], s.free[:last]
		s.nodes[id] = n
	} else {
		id = uint32(len(s.nodes))
		s.nodes = append(s.nodes, n)
	}
	s.byRef[n.ref] = id
	return id
}

// release forgets a node that nobody describes or points at.
func (s *state) release(id uint32) {
	n := &s.nodes[id]
	if n.winner != nil || len(n.losers) > 0 || len(n.edges) > 0 || n.ref == "" {
		return
	}
	delete(s.byRef, n.ref)
	*n = node{}
	s.free = append(s.free, id)
}

// claims reads the records of one source; the best of each reference stays.
func (s *state) claims(source string, records []Record) (map[uint32]*claim, []uint32, error) {
	var errs []error
	claims := make(map[uint32]*claim, len(records))
	var order []uint32
	for i, r := range records {
		doc, err := newDocument(r.Entity, r.Orphan)
		if err != nil {
			errs = append(errs, invalid(source, i, err))
			continue
		}
		id := s.node(doc.ref())
		old := claims[id]
		if old == nil {
			order = append(order, id)
		}
		if old == nil || r.Order <= old.order {
			claims[id] = &claim{source: source, order: r.Order, doc: doc, orphan: r.Orphan, errors: r.Errors}
		}
	}
	return claims, order, errors.Join(errs...)
}

// replace is [Index.Replace].
func (s *state) replace(source string, records []Record) error {
	claims, order, err := s.claims(source, records)
	dirty := map[uint32]bool{}
	for _, id := range s.sources[source] {
		if claims[id] == nil {
			s.settle(id, source, nil, dirty)
		}
	}
	for _, id := range order {
		s.settle(id, source, claims[id], dirty)
	}
	delete(s.sources, source)
	if len(order) > 0 {
		s.sources[source] = order
	}
	for id := range dirty {
		s.rehash(id)
	}
	for id := range dirty {
		s.release(id)
	}
	return err
}

// settle puts what source says of a node, nil for nothing any more, beside what
// others say, and serves the winner.
func (s *state) settle(id uint32, source string, says *claim, dirty map[uint32]bool) {
	n := &s.nodes[id]
	all := n.losers
	if n.winner != nil {
		all = append([]*claim{n.winner}, all...)
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c *claim) bool { return c.source == source })
	if says != nil {
		all = append(all, says)
	}
	slices.SortFunc(all, func(a, b *claim) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.source, b.source))
	})
	var winner *claim
	n.losers = nil
	if len(all) > 0 {
		winner = all[0]
	}
	if len(all) > 1 {
		n.losers = all[1:]
	}
	dirty[id] = true
	if old := n.winner; old != nil && winner != nil && old.same(winner) {
		winner.doc = old.doc // whose text the index holds on to
		n.winner = winner
		return
	}
	if n.winner != nil {
		s.unserve(id, dirty)
	}
	if winner != nil {
		s.nodes[id].winner = winner
		s.serve(id, dirty)
	}
}

// same reports whether two claims are answered alike.
func (c *claim) same(o *claim) bool {
	return c.doc.raw == o.doc.raw && c.orphan == o.orphan && len(c.errors) == 0 && len(o.errors) == 0
}

// load is [Index.ReplaceAll].
func load(relator *catalog.Relator, records map[string][]Record) (*state, error) {
	s := newState(relator)
	s.loading = true
	var errs []error
	sources := make([]string, 0, len(records))
	total := 0
	for source, list := range records {
		sources = append(sources, source)
		total += len(list)
	}
	slices.Sort(sources)
	s.nodes = make([]node, 0, total+total/8)
	for _, source := range sources {
		claims, order, err := s.claims(source, records[source])
		if err != nil {
			errs = append(errs, err)
		}
		for _, id := range order {
			s.nodes[id].losers = append(s.nodes[id].losers, claims[id])
		}
		if len(order) > 0 {
			s.sources[source] = slices.Clip(order)
		}
	}
	ids := make([]uint32, len(s.nodes))
	for i := range ids {
		ids[i] = uint32(i)
	}
	// In the order of uid everything is added at an end.
	slices.SortFunc(ids, s.compareUID)
	for _, id := range ids {
		s.elect(id)
	}
	s.finish()
	return s, errors.Join(errs...)
}

// elect serves the best of a node's losers, while loading.
func (s *state) elect(id uint32) {
	n := &s.nodes[id]
	slices.SortFunc(n.losers, func(a, b *claim) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.source, b.source))
	})
	n.winner = n.losers[0]
	if n.losers = n.losers[1:]; len(n.losers) == 0 {
		n.losers = nil
	}
	s.serve(id, nil)
}

// finish does what is better done once for all nodes than for each.
func (s *state) finish() {
	s.loading = false
	s.byName = slices.Clone(s.byUID)
	slices.SortFunc(s.byName, func(a, b uint32) int { return strings.Compare(s.nodes[a].ref, s.nodes[b].ref) })
	for i := range s.nodes {
		n := &s.nodes[i]
		slices.SortFunc(n.edges, s.compareEdges)
		n.edges = slices.Clip(n.edges)
	}
	for _, id := range s.byUID {
		s.addRelationRows(id)
		s.rehash(id)
	}
	for _, f := range s.fields {
		f.pack()
	}
}
