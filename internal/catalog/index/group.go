package index

import (
	"iter"
	"slices"
)

// values yields the spellings of a lower-cased value.
func (f *field) values(folded string) iter.Seq[*term] {
	return func(yield func(*term) bool) {
		for p := f.seek(folded); ; p = f.next(p) {
			t := f.term(p)
			if t == nil || t.compare(folded) != 0 || !yield(t) {
				return
			}
		}
	}
}

// terms yields all spellings of all values in order.
func (f *field) terms() iter.Seq[*term] {
	return func(yield func(*term) bool) {
		for _, chunk := range f.chunks {
			for i := range chunk {
				if !yield(&chunk[i]) {
					return
				}
			}
		}
	}
}

// group is one lower-cased value with the nodes that have it, by uid.
type group struct {
	value string
	ids   []uint32
}

const truth = "true"

// groups yields the values of a column upwards, from the first that is not below
// start.
func (c column) groups(s *state, start string) iter.Seq[group] {
	return func(yield func(group) bool) {
		pending := len(c.truths) > 0 && start <= truth
		for p := c.seek(start); ; {
			t := c.term(p)
			if t == nil {
				break
			}
			g := c.groupAt(s, &p, t.folded(), c.next)
			if pending && g.value >= truth {
				pending = false
				if g.value == truth {
					g.ids = s.union(g.ids, c.truths)
				} else if !yield(group{truth, c.truths}) {
					return
				}
			}
			if !yield(g) {
				return
			}
		}
		if pending {
			yield(group{truth, c.truths})
		}
	}
}

// groupsDown yields the values of a column downwards, from the last that is not
// above start; a nil start is above all.
func (c column) groupsDown(s *state, start *string) iter.Seq[group] {
	return func(yield func(group) bool) {
		pending := len(c.truths) > 0 && (start == nil || *start >= truth)
		p, ok := c.previous(place{len(c.chunks), 0})
		if start != nil {
			at := c.seek(*start)
			for t := c.term(at); t != nil && t.compare(*start) == 0; t = c.term(at) {
				at = c.next(at)
			}
			p, ok = c.previous(at)
		}
		for ok {
			back := func(p place) place {
				before, more := c.previous(p)
				if !more {
					ok = false
					return place{-1, 0}
				}
				return before
			}
			g := c.groupAt(s, &p, c.term(p).folded(), back)
			if pending && g.value <= truth {
				pending = false
				if g.value == truth {
					g.ids = s.union(g.ids, c.truths)
				} else if !yield(group{truth, c.truths}) {
					return
				}
			}
			if !yield(g) {
				return
			}
		}
		if pending {
			yield(group{truth, c.truths})
		}
	}
}

// groupAt collects the spellings of value from p on and moves p past them.
func (c column) groupAt(s *state, p *place, value string, move func(place) place) group {
	g := group{value: value}
	merged := false
	for p.chunk >= 0 {
		t := c.term(*p)
		if t == nil || t.compare(value) != 0 {
			break
		}
		if g.ids == nil {
			g.ids = t.entities(new([1]uint32))
		} else {
			g.ids, merged = slices.Concat(g.ids, t.entities(new([1]uint32))), true
		}
		*p = move(*p)
	}
	if merged {
		slices.SortFunc(g.ids, s.compareUID)
	}
	return g
}

// union merges two lists into a new one.
func (s *state) union(a, b []uint32) []uint32 {
	out := slices.Concat(a, b)
	slices.SortFunc(out, s.compareUID)
	return slices.Compact(out)
}
