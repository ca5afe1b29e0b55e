package action

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// globSteps bounds the work of matching one input's patterns: about a second.
const globSteps = 100_000_000

// globSet is a list of patterns as Backstage hands it to globby: a pattern that
// starts with ! takes away from those before it, and a pattern that names a folder
// means all that lies in it.
type globSet struct {
	rules []globRule
	left  int // of globSteps
}

// globRule is one pattern with what takes away from it.
type globRule struct {
	glob   *glob
	except []*glob
}

// newGlobSet reads patterns; isFolder tells which of them name folders.
func newGlobSet(patterns []string, isFolder func(name string) bool) (*globSet, error) {
	set := &globSet{left: globSteps}
	for i, pattern := range patterns {
		if strings.HasPrefix(pattern, "!") {
			continue
		}
		var except []*glob
		for _, later := range patterns[i:] {
			if taken, ok := strings.CutPrefix(later, "!"); ok {
				globs, err := parseGlobs(taken)
				if err != nil {
					return nil, err
				}
				except = append(except, globs...)
			}
		}
		if name := path.Clean(pattern); isFolder(name) {
			pattern = path.Join(name, "**")
		}
		globs, err := parseGlobs(pattern)
		if err != nil {
			return nil, err
		}
		shareTop(globs)
		for _, g := range globs {
			set.rules = append(set.rules, globRule{glob: g, except: except})
		}
		if len(set.rules)*(1+len(except)) > maxPatterns*10 {
			return nil, fmt.Errorf("patterns: %w: there are too many", ErrLimit)
		}
	}
	return set, nil
}

// shareTop makes what braces became one walk from the top, if a part of it starts
// there.
func shareTop(globs []*glob) {
	top := func(g *glob) bool { return !g.plain && g.base == "." }
	if !slices.ContainsFunc(globs, top) {
		return
	}
	for _, g := range globs {
		if !g.plain {
			g.base = "."
		}
	}
}

func parseGlobs(pattern string) ([]*glob, error) {
	expanded, err := expandBraces(pattern)
	if err != nil {
		return nil, err
	}
	var globs []*glob
	for _, p := range expanded {
		if p == "" {
			continue
		}
		g, err := parseGlob(p)
		if err != nil {
			return nil, err
		}
		globs = append(globs, g)
	}
	return globs, nil
}

// match reports whether the set takes the entry name, a path without a slash at
// its end.
func (s *globSet) match(ctx context.Context, name string, folder bool) (bool, error) {
	for _, rule := range s.rules {
		if s.takes(rule, name, folder) {
			return true, nil
		}
		if s.left < 0 {
			return false, fmt.Errorf("matching %s: %w: the patterns are too costly", shorten(name), ErrLimit)
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (s *globSet) takes(rule globRule, name string, folder bool) bool {
	below, ok := rule.glob.below(name)
	if !ok || !s.matches(rule.glob, name, folder) {
		return false
	}
	for _, g := range rule.except {
		if s.matches(g, name, folder) {
			return false
		}
		if rule.glob.plain {
			continue
		}
		// What is taken away is not walked into either.
		for i := below; i < len(name); i++ {
			if name[i] == '/' && s.matches(g, name[:i], false) {
				return false
			}
		}
	}
	return true
}

// below returns where name goes on below the folder that the walk for g starts in.
// A pattern ./name or ./folder/* finds paths that start with ./, as no entry's does.
func (g *glob) below(name string) (int, bool) {
	if g.base == "." {
		return 0, !g.dot || !g.plain
	}
	rest, ok := strings.CutPrefix(name, g.base+"/")
	return len(name) - len(rest), ok
}

func (s *globSet) matches(g *glob, name string, folder bool) bool {
	return s.whole(g, name) || folder && s.whole(g, name+"/")
}

func (s *globSet) whole(g *glob, name string) bool {
	m := globMatcher{name: name, left: &s.left}
	from := make([]bool, len(name)+1)
	from[0] = true
	return m.sequence(g.nodes, from)[len(name)]
}

// globMatcher follows all ways through a pattern at once: a set of offsets in the
// name goes into a node, and the set of offsets after it comes out. So the work is
// the product of both lengths at most, whatever the pattern.
type globMatcher struct {
	name string
	left *int // steps
}

func (m *globMatcher) sequence(nodes []globNode, from []bool) []bool {
	for i := range nodes {
		if !slices.Contains(from, true) {
			break
		}
		from = m.node(&nodes[i], from)
	}
	return from
}

func (m *globMatcher) node(n *globNode, from []bool) []bool {
	*m.left -= len(from)
	to := make([]bool, len(from))
	if *m.left < 0 {
		return to
	}
	switch n.kind {
	case globMaybe, globMany:
		copy(to, from)
		m.repeat(n, from, to)
		return to
	case globSome:
		m.repeat(n, from, to)
		return to
	case globOnce:
		for _, alt := range n.alts {
			merge(to, m.sequence(alt, from))
		}
		return to
	}
	for i, here := range from {
		if here {
			m.simple(n, i, to)
		}
	}
	return to
}

// repeat adds to to what n's alternatives reach from from, again and again unless
// n is ?().
func (m *globMatcher) repeat(n *globNode, from, to []bool) {
	for {
		grown := false
		next := make([]bool, len(from))
		for _, alt := range n.alts {
			for i, reached := range m.sequence(alt, from) {
				if reached && !to[i] {
					to[i], next[i], grown = true, true, true
				}
			}
		}
		if !grown || n.kind == globMaybe || *m.left < 0 {
			return
		}
		from = next
	}
}

// simple adds where n ends when it starts at i.
func (m *globMatcher) simple(n *globNode, i int, to []bool) {
	rest := m.name[i:]
	switch n.kind {
	case globLiteral:
		if strings.HasPrefix(rest, n.text) {
			to[i+len(n.text)] = true
		}
	case globAny, globClassOne:
		r, size := utf8.DecodeRuneInString(rest)
		if size > 0 && r != '/' && (n.kind == globAny || n.class.has(r)) {
			to[i+size] = true
		}
		if n.text != "" && strings.HasPrefix(rest, n.text) {
			to[i+len(n.text)] = true
		}
	case globStar:
		if !n.start || rest != "" {
			m.name1(i, to)
		}
	case globFolders:
		to[i] = true
		for j, c := range []byte(rest) {
			if c == '/' {
				to[i+j+1] = true
			}
		}
	case globAll:
		for j := i; j < len(to); j++ {
			to[j] = true
		}
	case globBelow:
		if rest == "" {
			to[i] = to[i] || !n.start
		} else if rest[0] == '/' {
			for j := i + 1; j < len(to); j++ {
				to[j] = true
			}
		}
	case globNot:
		if !m.taken(n, i) {
			m.name1(i, to)
		}
	}
}

// name1 adds every end of a part of one name that starts at i.
func (m *globMatcher) name1(i int, to []bool) {
	to[i] = true
	for ; i < len(m.name) && m.name[i] != '/'; i++ {
		to[i+1] = true
	}
}

// taken reports whether an alternative of !() fits at i: up to the end when the
// group ends the pattern, else any way.
func (m *globMatcher) taken(n *globNode, i int) bool {
	from := make([]bool, len(m.name)+1)
	from[i] = true
	for _, alt := range n.alts {
		for j, reached := range m.sequence(alt, from) {
			if reached && (!n.last || j == len(m.name)) {
				return true
			}
		}
	}
	return false
}

func merge(to, from []bool) {
	for i, reached := range from {
		to[i] = to[i] || reached
	}
}
