package index

import (
	"math/bits"
	"slices"
)

// set is a set of nodes.
type set []uint64

func (s *state) newSet() set { return make(set, (len(s.nodes)+63)/64) }

func (b set) add(id uint32)      { b[id/64] |= 1 << (id % 64) }
func (b set) has(id uint32) bool { return b[id/64]&(1<<(id%64)) != 0 }

func (b set) addAll(ids []uint32) {
	for _, id := range ids {
		b.add(id)
	}
}

func (b set) and(o set) {
	for i := range b {
		b[i] &= o[i]
	}
}

func (b set) or(o set) {
	for i := range b {
		b[i] |= o[i]
	}
}

func (b set) not(o set) {
	for i := range b {
		b[i] &^= o[i]
	}
}

func (b set) len() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// countIn counts the ids that are in the set.
func (b set) countIn(ids []uint32) int {
	n := 0
	for _, id := range ids {
		n += int(b[id/64] >> (id % 64) & 1)
	}
	return n
}

// all is the set of served nodes.
func (s *state) all() set {
	b := s.newSet()
	b.addAll(s.byUID)
	return b
}

// column is a key as it can be asked for: the values of a field, and true for
// the entities that have the last part of the key as an element of an array,
// such as metadata.tags.java.
type column struct {
	*field
	truths []uint32 // by uid
}

// column finds what is known of a key, which is lower-cased.
func (s *state) column(key string) column {
	c := column{field: s.fields[key]}
	if c.field == nil {
		c.field = &field{}
	}
	if longer(key, maxText) {
		return c
	}
	for i := range len(key) {
		if key[i] != '.' {
			continue
		}
		f := s.fields[key[:i]]
		if f == nil {
			continue
		}
		for t := range f.values(key[i+1:]) {
			if t.item {
				var one [1]uint32
				c.truths = append(c.truths, t.entities(&one)...)
			}
		}
	}
	slices.SortFunc(c.truths, s.compareUID)
	c.truths = slices.Compact(c.truths)
	return c
}
