package catalog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// layout finds what Backstage's YAML library refuses and yaml.v3 lets pass: the
// lines of a quoted text or of a flow collection that are not indented deeper
// than what they belong to, and collections as keys.
type layout struct {
	lines [][]rune
	first int // the line number of lines[0]
}

func newLayout(text string, first int) layout {
	l := layout{first: first}
	for line := range strings.SplitSeq(text, "\n") {
		l.lines = append(l.lines, []rune(strings.TrimSuffix(line, "\r")))
	}
	return l
}

// check walks n, whose further lines have to be indented by need columns.
func (l layout) check(n *yaml.Node, need int) *yamlError {
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		return l.checkFrom(n, need)
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0:
		return l.checkMapping(n)
	case n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0:
		for _, item := range n.Content {
			if err := l.check(item, n.Column); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode:
		return l.checkFrom(n, need)
	}
	return nil
}

func (l layout) checkMapping(n *yaml.Node) *yamlError {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		isCollection := key.Kind == yaml.MappingNode || key.Kind == yaml.SequenceNode
		if isCollection && key.Style&yaml.FlowStyle != 0 && i > 0 && key.Column > 1 && !l.isExplicit(key) {
			return &yamlError{Position: Position{key.Line + l.first - 1, key.Column},
				message: "a list or mapping stands where a key has to be",
				remedy:  "put the key in quotes, also where it is a template's: '{{ name }}': value"}
		}
		if err := l.check(n.Content[i+1], key.Column); err != nil {
			return err
		}
	}
	return nil
}

// isExplicit reports whether a '?' stands before the key.
func (l layout) isExplicit(key *yaml.Node) bool {
	if key.Line < 1 || key.Line > len(l.lines) {
		return false
	}
	line := l.lines[key.Line-1]
	at := min(key.Column-1, len(line)) - 1
	for at >= 0 && line[at] == ' ' {
		at--
	}
	return at >= 0 && line[at] == '?'
}

// isLoneTag reports whether the scalar carries the tag "!", which makes a string
// of any text and which yaml.v3 drops.
func (l layout) isLoneTag(n *yaml.Node) bool {
	if n.Line < 1 || n.Line > len(l.lines) || n.Column < 1 || n.Column > len(l.lines[n.Line-1]) {
		return false
	}
	rest := l.lines[n.Line-1][n.Column-1:] // never copied: a line may hold many scalars
	if n.Anchor != "" && rest[0] == '&' {
		rest = rest[min(1+utf8.RuneCountInString(n.Anchor), len(rest)):]
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			rest = rest[1:]
		}
	}
	return len(rest) > 0 && rest[0] == '!' && (len(rest) == 1 || strings.ContainsRune(" \t,]}", rest[1]))
}

// checkFrom follows the characters of a quoted scalar or a flow collection to
// its end and looks at the indentation of every line on the way.
func (l layout) checkFrom(n *yaml.Node, need int) *yamlError {
	s := flowScanner{token: true}
	column, begun := n.Column-1, false
	for line := n.Line - 1; line >= 0 && line < len(l.lines); line++ {
		text := l.lines[line]
		if line >= n.Line {
			column = 0
			s.token = s.token || s.quote == 0
			if !l.indented(text, need, s) {
				return &yamlError{Position: Position{line + l.first, 1},
					message: "the line belongs to a text or list that began further up, but is not indented deeper than its key",
					remedy:  "indent it, and check that quotes and brackets are closed"}
			}
		}
		rest := text[min(column, len(text)):]
		if !begun { // past a tag and an anchor
			at := slices.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune("'\"[{", r) })
			if at < 0 {
				continue
			}
			begun, rest = true, rest[at:]
		}
		if s.line(rest) {
			return nil
		}
	}
	return nil
}

// indented reports whether a line may continue what s is in the middle of. The
// bracket that closes all may stand one column further left.
func (l layout) indented(text []rune, need int, s flowScanner) bool {
	indent := 0
	for indent < len(text) && text[indent] == ' ' {
		indent++
	}
	if indent >= need || indent == len(text) {
		return true
	}
	switch c := text[indent]; {
	case s.quote != 0:
		return false
	case strings.TrimLeft(string(text[indent:]), "\t") == "", c == '#':
		return true
	case c == ']' || c == '}':
		return indent == need-1 && s.depth == 1
	}
	return false
}

// flowScanner follows brackets and quotes.
type flowScanner struct {
	depth int
	quote rune // the open quote, 0 for none
	token bool // whether a new token may begin here
}

// line takes one line, or the rest of one, and reports whether all is closed.
func (s *flowScanner) line(text []rune) (closed bool) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case s.quote == '"' && c == '\\':
			i++
		case s.quote == '\'' && c == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case s.quote != 0:
			if c == s.quote {
				s.quote, s.token = 0, false
				closed = s.depth == 0
			}
		case c == ' ' || c == '\t':
		case c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t'):
			return false
		case (c == '"' || c == '\'') && s.token:
			s.quote = c
		default:
			closed = s.bracket(c)
		}
		if closed {
			return true
		}
	}
	return false
}

func (s *flowScanner) bracket(c rune) (closed bool) {
	s.token = strings.ContainsRune("[{,:", c)
	switch c {
	case '[', '{':
		s.depth++
	case ']', '}':
		s.depth--
		return s.depth <= 0
	}
	return false
}
