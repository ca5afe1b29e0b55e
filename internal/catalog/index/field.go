package index

import (
	"slices"
	"strings"
)

// chunkSize bounds how many terms lie in one piece of memory, so that putting
// one in moves little.
const chunkSize = 256

// field holds, for one key such as metadata.tags, which entities have which
// value. Terms are sorted by lower-cased text, then text.
type field struct {
	chunks [][]term
	nulls  []uint32 // entities whose value is null or too long to be searched
}

// term is one value, as it was written, with the entities that have it.
type term struct {
	text string
	// more holds the entities, by uid, when there are several; else first is it.
	more  *[]uint32
	first uint32
	// item tells an element of an array, which can be asked for as key.element
	// too, from a plain value.
	item bool
	// plain says that text is its own lower case.
	plain bool
}

// compare is compareLower of the text.
func (t *term) compare(folded string) int {
	if t.plain {
		return strings.Compare(t.text, folded)
	}
	return compareLower(t.text, folded)
}

// folded is the lower-cased text.
func (t *term) folded() string {
	if t.plain {
		return t.text
	}
	return lower(t.text)
}

// entities returns the nodes that have the value, by uid. one saves allocating
// when there is a single one.
func (t *term) entities(one *[1]uint32) []uint32 {
	if t.more != nil {
		return *t.more
	}
	one[0] = t.first
	return one[:]
}

func (t *term) has(s *state, id uint32) bool {
	if t.more == nil {
		return t.first == id
	}
	_, found := s.search(*t.more, id)
	return found
}

func (t *term) add(s *state, id uint32) {
	if t.more == nil {
		if t.first == id {
			return
		}
		t.more = &[]uint32{t.first}
	}
	*t.more = s.insert(*t.more, id)
}

// remove reports whether the term still has an entity.
func (t *term) remove(s *state, id uint32) bool {
	if t.more == nil {
		return t.first != id
	}
	*t.more = s.remove(*t.more, id)
	if len(*t.more) == 1 {
		t.first, t.more = (*t.more)[0], nil
	}
	return true
}

// place is where a term is, or would be.
type place struct{ chunk, at int }

// seek returns the place of the first term whose lower-cased text is not below
// folded.
func (f *field) seek(folded string) place {
	c, _ := slices.BinarySearchFunc(f.chunks, folded, func(chunk []term, folded string) int {
		return chunk[len(chunk)-1].compare(folded)
	})
	for c > 0 && f.chunks[c-1][len(f.chunks[c-1])-1].compare(folded) == 0 {
		c-- // equal texts may fill several chunks
	}
	if c == len(f.chunks) {
		return place{c, 0}
	}
	at, _ := slices.BinarySearchFunc(f.chunks[c], folded, func(t term, folded string) int {
		return t.compare(folded)
	})
	return place{c, at}
}

func (f *field) term(p place) *term {
	if p.chunk >= len(f.chunks) || p.at >= len(f.chunks[p.chunk]) {
		return nil
	}
	return &f.chunks[p.chunk][p.at]
}

func (f *field) next(p place) place {
	if p.at++; p.chunk < len(f.chunks) && p.at >= len(f.chunks[p.chunk]) {
		return place{p.chunk + 1, 0}
	}
	return p
}

func (f *field) previous(p place) (place, bool) {
	if p.at > 0 {
		return place{p.chunk, p.at - 1}, true
	}
	if p.chunk == 0 {
		return p, false
	}
	return place{p.chunk - 1, len(f.chunks[p.chunk-1]) - 1}, true
}

func (f *field) empty() bool { return len(f.chunks) == 0 && len(f.nulls) == 0 }

// add notes that the entity id has text. The first spelling of a value wins.
func (f *field) add(s *state, text string, item bool, id uint32) {
	folded := lower(text)
	at := f.seek(folded)
	into := at
	for t := f.term(into); t != nil && t.compare(folded) == 0; t = f.term(into) {
		order := strings.Compare(t.text, text)
		if order == 0 && t.item == item {
			if !f.hasOther(s, at, into, folded, id) {
				t.add(s, id)
			}
			return
		}
		if order > 0 || order == 0 && t.item {
			break
		}
		into = f.next(into)
	}
	if !f.hasOther(s, at, place{-1, 0}, folded, id) {
		f.put(into, term{text: text, first: id, item: item, plain: folded == text})
	}
}

// hasOther reports whether another spelling of folded than the one at self holds
// the entity.
func (f *field) hasOther(s *state, at, self place, folded string, id uint32) bool {
	for t := f.term(at); t != nil && t.compare(folded) == 0; t = f.term(at) {
		if at != self && t.has(s, id) {
			return true
		}
		at = f.next(at)
	}
	return false
}

func (f *field) put(p place, t term) {
	if p.chunk == len(f.chunks) {
		if p.chunk == 0 {
			f.chunks = append(f.chunks, []term{t})
			return
		}
		p = place{p.chunk - 1, len(f.chunks[p.chunk-1])}
	}
	chunk := slices.Insert(f.chunks[p.chunk], p.at, t)
	if len(chunk) <= chunkSize {
		f.chunks[p.chunk] = chunk
		return
	}
	half := chunkSize / 2
	if p.at == chunkSize {
		half = chunkSize // values that arrive in order leave full chunks
	}
	right := append(make([]term, 0, chunkSize), chunk[half:]...)
	left := append(make([]term, 0, chunkSize), chunk[:half]...)
	f.chunks[p.chunk] = left
	f.chunks = slices.Insert(f.chunks, p.chunk+1, right)
}

// remove forgets that the entity has text, in whatever spelling.
func (f *field) remove(s *state, text string, id uint32) {
	folded := lower(text)
	for at := f.seek(folded); ; at = f.next(at) {
		t := f.term(at)
		if t == nil || t.compare(folded) != 0 {
			return
		}
		if !t.has(s, id) {
			continue
		}
		if !t.remove(s, id) {
			f.drop(at)
		}
		return
	}
}

func (f *field) drop(p place) {
	chunk := slices.Delete(f.chunks[p.chunk], p.at, p.at+1)
	f.chunks[p.chunk] = chunk
	if len(chunk) == 0 {
		f.chunks = slices.Delete(f.chunks, p.chunk, p.chunk+1)
	}
}

// pack gives back the memory that growing left over.
func (f *field) pack() {
	if len(f.chunks) > 0 {
		packed := make([][]term, 0, len(f.chunks))
		chunk := make([]term, 0, min(chunkSize, f.size()))
		left := f.size()
		for _, terms := range f.chunks {
			for _, t := range terms {
				if t.more != nil {
					*t.more = slices.Clip(slices.Clone(*t.more))
				}
				chunk = append(chunk, t)
				left--
				if len(chunk) == cap(chunk) && left > 0 {
					packed = append(packed, chunk)
					chunk = make([]term, 0, min(chunkSize, left))
				}
			}
		}
		f.chunks = slices.Clip(append(packed, chunk))
	}
	f.nulls = slices.Clip(f.nulls)
}

func (f *field) size() int {
	n := 0
	for _, chunk := range f.chunks {
		n += len(chunk)
	}
	return n
}
