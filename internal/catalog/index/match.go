package index

import (
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// match returns the served nodes that a predicate chooses.
func (s *state) match(p Predicate) set {
	switch p.logic {
	case "$not":
		out := s.all()
		out.not(s.match(p.sub[0]))
		return out
	case "$any":
		out := s.newSet()
		for _, sub := range p.sub {
			out.or(s.match(sub))
		}
		return out
	case "$all":
		out := s.all()
		for _, sub := range p.sub {
			out.and(s.match(sub))
		}
		return out
	}
	var out set
	for _, c := range p.fields {
		if found := s.matchField(c); out == nil {
			out = found
		} else {
			out.and(found)
		}
	}
	if out == nil {
		return s.all()
	}
	return out
}

func (s *state) matchField(c condition) set {
	key := lower(c.key)
	out := s.newSet()
	switch {
	case c.relation != nil:
		col := s.column(relationKey(c.relation.typ))
		if c.relation.targets == nil {
			col.addExisting(out)
		}
		for _, target := range c.relation.targets {
			col.addValue(out, target)
		}
	case c.op == "$exists":
		s.column(key).addExisting(out)
		if exists, _ := c.value.Bool(); !exists {
			missing := s.all()
			missing.not(out)
			return missing
		}
	case c.op == "$in":
		col := s.column(key)
		for _, v := range c.value.Items() {
			col.addValue(out, searched(v))
		}
	case c.op == "$hasPrefix":
		prefix, _ := c.value.Text()
		s.column(key).addPrefix(out, lower(prefix))
	default:
		s.column(key).addValue(out, searched(c.value))
	}
	return out
}

// searched is a primitive as values are compared: JavaScript's
// String(v).toLowerCase().
func searched(v catalog.Value) string { return lower(v.Display()) }

func (c column) addValue(out set, folded string) {
	for t := range c.values(folded) {
		out.addTerm(t)
	}
	if folded == truth {
		out.addAll(c.truths)
	}
}

func (b set) addTerm(t *term) {
	if t.more == nil {
		b.add(t.first)
		return
	}
	b.addAll(*t.more)
}

// addExisting adds what has the key at all, with whatever value.
func (c column) addExisting(out set) {
	c.addValued(out)
	out.addAll(c.nulls)
}

// addValued adds what has a value that can be searched for.
func (c column) addValued(out set) {
	for t := range c.terms() {
		out.addTerm(t)
	}
	out.addAll(c.truths)
}

func (c column) addPrefix(out set, prefix string) {
	for p := c.seek(prefix); ; p = c.next(p) {
		t := c.term(p)
		if t == nil || !strings.HasPrefix(t.folded(), prefix) {
			break
		}
		out.addTerm(t)
	}
	if strings.HasPrefix(truth, prefix) {
		out.addAll(c.truths)
	}
}

func (c column) addLike(out set, l like) {
	var text []byte
	for t := range c.terms() {
		if t.plain {
			text = append(text[:0], t.text...)
		} else {
			text = appendLower(text[:0], t.text)
		}
		if l.match(text) {
			out.addTerm(t)
		}
	}
	if l.match([]byte(truth)) {
		out.addAll(c.truths)
	}
}
