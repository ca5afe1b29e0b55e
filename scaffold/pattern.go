package scaffold

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxPattern bounds a regular expression in a schema, in bytes.
const maxPattern = 2000

// pattern is a JavaScript regular expression of a schema on RE2, which takes time
// linear in the text. Look-aheads are understood where the pattern starts with
// them; the others, look-behinds and back-references are errors.
type pattern struct {
	source string
	main   *regexp.Regexp
	ahead  []lookahead
	size   int // instructions
}

type lookahead struct {
	re     *regexp.Regexp
	negate bool
}

func (p *pattern) String() string { return p.source }

// MatchString reports whether the pattern is found in s.
func (p *pattern) MatchString(s string) bool {
	for _, l := range p.ahead {
		if l.re.MatchString(s) == l.negate {
			return false
		}
	}
	return p.main.MatchString(s)
}

// compilePattern reads a pattern of a schema.
func compilePattern(s string) (*pattern, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("limit of %d bytes for a pattern reached", maxPattern)
	}
	p := &pattern{source: s}
	rest := s
	if strings.HasPrefix(rest, "^(?!") || strings.HasPrefix(rest, "^(?=") {
		rest = rest[1:]
		for strings.HasPrefix(rest, "(?!") || strings.HasPrefix(rest, "(?=") {
			end := closing(rest)
			if end < 0 {
				return nil, errors.New("a ( is never closed")
			}
			re, err := p.compile("^(?:" + rest[3:end] + ")")
			if err != nil {
				return nil, err
			}
			p.ahead = append(p.ahead, lookahead{re: re, negate: rest[2] == '!'})
			rest = rest[end+1:]
		}
		if alternates(rest) {
			return nil, errors.New("a look-ahead before alternatives is not supported; write a group around the alternatives")
		}
		rest = "^" + rest
	}
	re, err := p.compile(rest)
	if err != nil {
		return nil, err
	}
	p.main = re
	return p, nil
}

// compile compiles a part of the pattern: what JavaScript and RE2 have in common,
// and the few escapes that they write differently.
func (p *pattern) compile(s string) (*regexp.Regexp, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'u' && i+4 < len(s) && s[i+1] != '{':
			b.WriteString(`\x{` + s[i+1:i+5] + "}")
			i += 4
		case c == 'u':
			b.WriteString(`\x`)
		case c == '_', c == ' ':
			b.WriteByte(c) // needs no escape, and RE2 takes none
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		if strings.Contains(message, "(?!") || strings.Contains(message, "(?=") || strings.Contains(message, "(?<") || strings.Contains(message, "invalid or unsupported Perl syntax") {
			message = "look-around is only supported at the start of a pattern"
		}
		return nil, errors.New(message)
	}
	if parsed, err := syntax.Parse(b.String(), syntax.Perl); err == nil {
		if prog, err := syntax.Compile(parsed.Simplify()); err == nil {
			p.size += len(prog.Inst)
		}
	}
	return re, nil
}

// closing is where the group that s starts with ends, or -1.
func closing(s string) int {
	depth, class := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// alternates reports whether s has a | outside any group.
func alternates(s string) bool {
	depth, class := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return true
		}
	}
	return false
}
