package action

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A glob is a pattern in the language of Backstage's globs (globby 11, that is
// picomatch 2 with dot and posix): * ? ** [a-z] [!a] and the groups @(a|b) ?(a)
// *(a) +(a) !(a) (a|b). Braces are gone by then.
type glob struct {
	nodes []globNode
	base  string // the folder that the walk starts in; "." is the top
	plain bool   // has no magic: names one path
	dot   bool   // starts with ./
}

type globNode struct {
	kind  globKind
	text  string     // literal; of a class, the text that it matches as well
	class *globClass // class
	alts  [][]globNode
	start bool // a star starts a name, so the name is not empty; /** follows a star, so the / is there
	last  bool // nothing follows the group
}

type globKind byte

const (
	globLiteral  globKind = iota
	globAny               // ? one byte other than / (one character)
	globStar              // * within a name
	globFolders           // **/ no or some folders
	globAll               // ** as the whole pattern
	globBelow             // /** at the end
	globClassOne          // [a-z]
	globOnce              // @(a|b), (a|b)
	globMaybe             // ?(a)
	globMany              // *(a)
	globSome              // +(a)
	globNot               // !(a)
)

type globClass struct {
	negated bool
	ranges  []rune // pairs
}

func (c *globClass) has(r rune) bool {
	for i := 0; i < len(c.ranges); i += 2 {
		if c.ranges[i] <= r && r <= c.ranges[i+1] {
			return !c.negated
		}
	}
	return c.negated
}

const (
	maxPattern      = 1024 // bytes
	maxPatternDepth = 16   // groups in groups
)

// parseGlob reads a pattern without braces.
func parseGlob(pattern string) (*glob, error) {
	for strings.Contains(pattern[min(1, len(pattern)):], "//") {
		pattern = pattern[:1] + strings.ReplaceAll(pattern[1:], "//", "/")
	}
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("pattern %q: %w: a pattern has at most %d bytes", shorten(pattern), ErrLimit, maxPattern)
	}
	g := &glob{base: globBase(pattern), plain: !hasMagic(pattern), dot: strings.HasPrefix(pattern, "./")}
	p := globParser{text: strings.TrimPrefix(pattern, "./")}
	nodes, err := p.sequence(0, "")
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", shorten(pattern), err)
	}
	g.nodes = nodes
	return g, nil
}

// hasMagic reports whether pattern may match more than the path it spells.
func hasMagic(pattern string) bool {
	if strings.ContainsAny(pattern, `*?\`) || strings.HasPrefix(pattern, "!") {
		return true
	}
	if i := strings.IndexByte(pattern, '['); i >= 0 && strings.IndexByte(pattern[i:], ']') > 0 {
		return true
	}
	open := strings.IndexByte(pattern, '(')
	if open < 0 || strings.IndexByte(pattern[open:], ')') < 0 {
		return false
	}
	return open > 0 && strings.IndexByte("!*+?@", pattern[open-1]) >= 0 || strings.IndexByte(pattern[open:], '|') > 0
}

// globBase is the folder of pattern before its first magic. A question mark is not
// taken for magic here, so that ?ocs/** finds nothing, as in Backstage.
func globBase(pattern string) string {
	parts := strings.Split(pattern, "/")
	n := 0
	for n < len(parts)-1 && !strings.ContainsAny(parts[n], "*[{(") {
		n++
	}
	if n == 0 {
		return "."
	}
	return strings.Join(parts[:n], "/")
}

type globParser struct {
	text string
	at   int
}

// sequence reads nodes up to one of the bytes in until, which it leaves.
func (p *globParser) sequence(depth int, until string) ([]globNode, error) {
	if depth > maxPatternDepth {
		return nil, fmt.Errorf("%w: groups are nested at most %d deep", ErrLimit, maxPatternDepth)
	}
	var nodes []globNode
	literal := func(s string) {
		if n := len(nodes); n > 0 && nodes[n-1].kind == globLiteral {
			nodes[n-1].text += s
			return
		}
		nodes = append(nodes, globNode{kind: globLiteral, text: s})
	}
	for p.at < len(p.text) && strings.IndexByte(until, p.text[p.at]) < 0 {
		c := p.text[p.at]
		if kind, ok := p.group(); ok {
			alts, err := p.alternatives(depth)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, globNode{kind: kind, alts: alts, last: strings.Trim(p.text[p.at:], ")") == ""})
			continue
		}
		switch c {
		case '\\':
			p.at++
			if p.at < len(p.text) {
				literal(p.text[p.at : p.at+1])
				p.at++
			}
		case '*':
			nodes = p.stars(nodes, depth)
		case '?':
			p.at++
			nodes = append(nodes, globNode{kind: globAny})
		case '[':
			class, size := parseClass(p.text[p.at:])
			if class == nil {
				literal("[")
				p.at++
				continue
			}
			node := globNode{kind: globClassOne, class: class}
			if text := p.text[p.at : p.at+size]; !strings.ContainsAny(text[1:size-1], `-*+?.^${}(|)[]!`) {
				node.text = text
			}
			p.at += size
			nodes = append(nodes, node)
		default:
			literal(string(c))
			p.at++
		}
	}
	return nodes, nil
}

// group recognises the start of a group that closes and steps over its bracket.
func (p *globParser) group() (globKind, bool) {
	rest := p.text[p.at:]
	kind, skip := globOnce, 1
	if rest[0] != '(' {
		i := strings.IndexByte("@?*+!", rest[0])
		if i < 0 || len(rest) < 2 || rest[1] != '(' {
			return 0, false
		}
		kind, skip = []globKind{globOnce, globMaybe, globMany, globSome, globNot}[i], 2
	}
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.at += skip
				return kind, true
			}
		}
	}
	return 0, false
}

func (p *globParser) alternatives(depth int) ([][]globNode, error) {
	var alts [][]globNode
	for {
		alt, err := p.sequence(depth+1, "|)")
		if err != nil {
			return nil, err
		}
		alts = append(alts, alt)
		p.at++ // the | or )
		if p.at > len(p.text) || p.text[p.at-1] == ')' {
			return alts, nil
		}
	}
}

// stars reads * and **. Two stars cross folders only when they are a whole name.
func (p *globParser) stars(nodes []globNode, depth int) []globNode {
	from := p.at
	for p.at < len(p.text) && p.text[p.at] == '*' && !strings.HasPrefix(p.text[p.at:], "*(") {
		p.at++
	}
	count := p.at - from
	start := from == 0 || p.text[from-1] == '/'
	ends := p.at == len(p.text)
	if count < 2 || !start || depth > 0 || !ends && p.text[p.at] != '/' {
		return append(nodes, globNode{kind: globStar, start: start})
	}
	if !ends {
		p.at++
		return append(nodes, globNode{kind: globFolders})
	}
	if from == 0 {
		return append(nodes, globNode{kind: globAll})
	}
	last := &nodes[len(nodes)-1]
	if last.kind != globLiteral {
		return append(nodes, globNode{kind: globAll})
	}
	afterStar := last.text == "/" && len(nodes) > 1 && nodes[len(nodes)-2].kind == globStar
	last.text = strings.TrimSuffix(last.text, "/")
	return append(nodes, globNode{kind: globBelow, start: afterStar})
}

// parseClass reads the [class] that text starts with; nil when it does not close.
func parseClass(text string) (*globClass, int) {
	c := &globClass{}
	i := 1
	if i < len(text) && (text[i] == '!' || text[i] == '^') {
		c.negated = true
		i++
	}
	for first := true; i < len(text); first = false {
		if text[i] == ']' && !first {
			return c, i + 1
		}
		if name, ok := posixClass(text[i:]); ok {
			c.ranges = append(c.ranges, posixRanges(name)...)
			i += len(name) + len("[::]")
			continue
		}
		lo, size := classRune(text[i:])
		i += size
		hi := lo
		if i+1 < len(text) && text[i] == '-' && text[i+1] != ']' {
			hi, size = classRune(text[i+1:])
			i += 1 + size
		}
		c.ranges = append(c.ranges, lo, hi)
	}
	return nil, 0
}

func classRune(text string) (rune, int) {
	if text[0] == '\\' && len(text) > 1 {
		r, size := utf8.DecodeRuneInString(text[1:])
		return r, size + 1
	}
	return utf8.DecodeRuneInString(text)
}

func posixClass(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, "[:")
	if !ok {
		return "", false
	}
	name, _, ok := strings.Cut(rest, ":]")
	return name, ok && posixRanges(name) != nil
}

func posixRanges(name string) []rune {
	switch name {
	case "alpha":
		return []rune("azAZ")
	case "alnum":
		return []rune("azAZ09")
	case "digit":
		return []rune("09")
	case "lower":
		return []rune("az")
	case "upper":
		return []rune("AZ")
	case "xdigit":
		return []rune("afAF09")
	case "word":
		return []rune("azAZ09__")
	case "space", "blank":
		return []rune("\t\r  ")
	}
	return nil
}
