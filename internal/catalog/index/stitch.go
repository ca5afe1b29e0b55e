package index

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
)

// serve makes a node with a winner findable and adds the relations its text
// makes. Nodes whose answer changes with that are noted in dirty.
func (s *state) serve(id uint32, dirty map[uint32]bool) {
	n := &s.nodes[id]
	doc := &n.winner.doc
	if e, err := doc.entity(); err == nil {
		for _, r := range s.relator.Relations(e) {
			source, target := s.node(r.Source.String()), s.node(r.Target.String())
			s.addEdge(source, edge{typ: s.relationType(r.Type), target: target, origin: id})
			if !s.loading {
				dirty[source] = true
			}
		}
	}
	for _, target := range doc.targets() {
		s.targets[target] = append(s.targets[target], id)
	}
	s.addRows(id)
	s.byUID = s.insert(s.byUID, id)
	if s.loading {
		return
	}
	ref := s.nodes[id].ref
	at, _ := slices.BinarySearchFunc(s.byName, ref, s.compareRef)
	s.byName = slices.Insert(s.byName, at, id)
	s.addRelationRows(id)
}

// unserve is serve taken back; the node has no winner afterwards.
func (s *state) unserve(id uint32, dirty map[uint32]bool) {
	s.removeRows(id)
	peers := map[uint32]bool{id: true}
	for _, e := range s.nodes[id].edges {
		if e.origin == id {
			peers[e.target] = true
		}
	}
	s.byUID = s.remove(s.byUID, id)
	at, _ := slices.BinarySearchFunc(s.byName, s.nodes[id].ref, s.compareRef)
	s.byName = slices.Delete(s.byName, at, at+1)
	for _, target := range s.nodes[id].winner.doc.targets() {
		if ids := slices.DeleteFunc(s.targets[target], func(o uint32) bool { return o == id }); len(ids) > 0 {
			s.targets[target] = ids
		} else {
			delete(s.targets, target)
		}
	}
	s.nodes[id].winner = nil
	for peer := range peers {
		s.removeEdges(peer, id)
		dirty[peer] = true
	}
}

func (s *state) compareRef(id uint32, ref string) int { return strings.Compare(s.nodes[id].ref, ref) }

func (s *state) relationType(name string) uint16 {
	if i := slices.Index(s.types, name); i >= 0 {
		return uint16(i)
	}
	s.types = append(s.types, name)
	return uint16(len(s.types) - 1)
}

// compareEdges orders edges as relations are answered: by type, then target.
func (s *state) compareEdges(a, b edge) int {
	if a.typ != b.typ {
		return strings.Compare(s.types[a.typ], s.types[b.typ])
	}
	if a.target != b.target {
		return strings.Compare(s.nodes[a.target].ref, s.nodes[b.target].ref)
	}
	return cmp.Compare(a.origin, b.origin)
}

func sameRelation(a, b edge) bool { return a.typ == b.typ && a.target == b.target }

func (s *state) addEdge(at uint32, e edge) {
	n := &s.nodes[at]
	if s.loading {
		n.edges = append(n.edges, e)
		return
	}
	i, found := slices.BinarySearchFunc(n.edges, e, s.compareEdges)
	if found {
		return
	}
	n.edges = slices.Insert(n.edges, i, e)
	if n.winner != nil {
		s.addRelationRow(at, e)
	}
}

// removeEdges takes away the relations of a node that origin's text made.
func (s *state) removeEdges(at, origin uint32) {
	n := &s.nodes[at]
	var gone []edge
	n.edges = slices.DeleteFunc(n.edges, func(e edge) bool {
		if e.origin == origin {
			gone = append(gone, e)
		}
		return e.origin == origin
	})
	if n.winner == nil {
		return
	}
	for _, e := range gone {
		if !slices.ContainsFunc(n.edges, func(o edge) bool { return sameRelation(e, o) }) {
			s.removeRow(at, relationKey(s.types[e.typ]), s.nodes[e.target].ref)
		}
	}
}

func relationKey(typ string) string { return "relations." + lower(typ) }

func (s *state) addRelationRow(id uint32, e edge) {
	if ref := s.nodes[e.target].ref; !longer(ref, maxText) {
		s.field([]byte(relationKey(s.types[e.typ]))).add(s, ref, false, id)
	}
}

func (s *state) addRelationRows(id uint32) {
	for _, e := range s.nodes[id].edges {
		s.addRelationRow(id, e)
	}
}

func (s *state) field(key []byte) *field {
	f := s.fields[string(key)]
	if f == nil {
		f = &field{}
		s.fields[string(key)] = f
	}
	return f
}

func (s *state) addRows(id uint32) {
	n := &s.nodes[id]
	for r := range rowsOf(&n.winner.doc) {
		f := s.field(r.key)
		if r.null {
			f.nulls = s.insert(f.nulls, id)
		} else {
			f.add(s, r.value, r.item, id)
		}
	}
	s.field([]byte("metadata.uid")).add(s, n.uid.String(), false, id)
}

func (s *state) removeRows(id uint32) {
	n := &s.nodes[id]
	for r := range rowsOf(&n.winner.doc) {
		f := s.fields[string(r.key)]
		switch {
		case f == nil: // gone with an earlier row of the same key
		case r.null:
			f.nulls = s.remove(f.nulls, id)
			s.dropField(string(r.key), f)
		default:
			s.removeRow(id, string(r.key), r.value)
		}
	}
	s.removeRow(id, "metadata.uid", n.uid.String())
	for _, e := range n.edges {
		s.removeRow(id, relationKey(s.types[e.typ]), s.nodes[e.target].ref)
	}
}

func (s *state) removeRow(id uint32, key, value string) {
	if f := s.fields[key]; f != nil {
		f.remove(s, value, id)
		s.dropField(key, f)
	}
}

func (s *state) dropField(key string, f *field) {
	if f.empty() {
		delete(s.fields, key)
	}
}

// rehash takes the etag of a node anew: the SHA-1 of its content, uid included,
// with sorted keys, as Backstage takes it.
func (s *state) rehash(id uint32) {
	n := &s.nodes[id]
	if n.winner == nil {
		return
	}
	doc := &n.winner.doc
	whole := make([]byte, 0, 2*len(doc.raw)+64*len(n.edges))
	end := doc.metadataAt.end - 1
	whole = s.appendUID(append(whole, doc.raw[:end]...), n)
	whole = append(whole, doc.raw[end:len(doc.raw)-1]...)
	whole = append(s.appendTail(whole, n), '}')
	n.etag = sha1.Sum(appendStable(nil, string(whole)))
}

// appendTail writes what follows the author's text: relations and status.
func (s *state) appendTail(b []byte, n *node) []byte {
	b = append(b, `,"relations":[`...)
	last := -1
	for i, e := range n.edges {
		if last >= 0 && sameRelation(n.edges[last], e) {
			continue
		}
		if last >= 0 {
			b = append(b, ',')
		}
		last = i
		b = append(b, `{"type":`...)
		b = appendQuoted(b, s.types[e.typ])
		b = append(b, `,"targetRef":`...)
		b = appendQuoted(b, s.nodes[e.target].ref)
		b = append(b, '}')
	}
	b = append(b, ']')
	if len(n.winner.errors) == 0 {
		return b
	}
	b = append(b, `,"status":{"items":[`...)
	for i, item := range n.winner.errors {
		if i > 0 {
			b = append(b, ',')
		}
		text, err := json.Marshal(item)
		if err != nil { // strings and nothing else
			panic(err)
		}
		b = append(b, text...)
	}
	return append(b, `]}`...)
}

// appendUID writes the uid as the last member of metadata, unless the author
// gave it a place.
func (s *state) appendUID(b []byte, n *node) []byte {
	if n.winner.doc.hasUID {
		return b
	}
	b = append(b, `,"uid":"`...)
	return append(append(b, n.uid.String()...), '"')
}

// appendEntity writes a served node as the API answers it.
func (s *state) appendEntity(b []byte, id uint32) []byte {
	n := &s.nodes[id]
	doc := &n.winner.doc
	end := doc.metadataAt.end - 1
	b = append(b, doc.raw[:end]...)
	b = s.appendUID(b, n)
	if !doc.hasETag {
		b = append(b, `,"etag":"`...)
		b = hex.AppendEncode(b, n.etag[:])
		b = append(b, '"')
	}
	b = append(b, doc.raw[end:len(doc.raw)-1]...)
	return append(s.appendTail(b, n), '}')
}

// appendStable writes a JSON value with the keys of its objects sorted.
func appendStable(b []byte, raw string) []byte {
	switch raw[0] {
	case '{':
		type entry struct{ key, value string }
		var entries []entry
		for key, value := range members(raw) {
			entries = append(entries, entry{key, value})
		}
		slices.SortFunc(entries, func(a, b entry) int { return compareUnits(unquote(a.key), unquote(b.key)) })
		b = append(b, '{')
		for i, e := range entries {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, e.key...), ':')
			b = appendStable(b, e.value)
		}
		return append(b, '}')
	case '[':
		b = append(b, '[')
		first := true
		for value := range elements(raw) {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendStable(b, value)
		}
		return append(b, ']')
	}
	return append(b, raw...)
}

// compareUnits compares as JavaScript sorts, by UTF-16 unit.
func compareUnits(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] >= 0x80 || b[i] >= 0x80 {
			return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		}
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return len(a) - len(b)
}
