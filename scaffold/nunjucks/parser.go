package nunjucks

import (
	"fmt"
	"slices"
	"strings"
)

// parser builds a Template from tokens. It resolves names to slots on the way,
// because which variable a name means depends on where it stands, not on what ran
// (see scope). Errors are failures; parse recovers them.
type parser struct {
	lex    lexer
	limits Limits
	jinja  bool

	peeked   token
	hasPeek  bool
	breakOn  []string // names of block tags that end the list being parsed
	dropNext bool     // the text that follows loses its leading white space

	parts      []part // stack of the expression being read
	lastHeight int    // of the arguments just read
	scope      *scope
	fn         *function
	blocks     map[string]*block
	inBlock    *block
	nodes      int
	nesting    int
	deepest    int // most levels of evaluation since the macro at hand began
	t          *Template
}

// parse reads a whole template.
func parse(source string, opts Options, limits Limits) (t *Template, err error) {
	p := &parser{
		lex: lexer{
			src:          source,
			tags:         opts.Tags.withDefaults(),
			trimBlocks:   opts.TrimBlocks,
			lstripBlocks: opts.LstripBlocks,
		},
		limits: limits,
		jinja:  opts.JinjaCompat,
		blocks: map[string]*block{},
		t:      &Template{source: source},
	}
	at := 0
	defer recoverError(&err, source, &at)
	if len(source) > limits.Source {
		p.limit("source", limits.Source, limits.Source)
	}
	p.fn = &function{}
	p.scope = newScope(nil, p.fn)
	p.t.body, _ = p.list()
	p.t.slots = p.fn.slots
	return p.t, nil
}

func (p *parser) failAt(pos int, format string, args ...any) {
	p.lex.fail(pos, fmt.Sprintf(format, args...))
}

func (p *parser) limit(name string, limit, pos int) {
	e := &Error{Message: fmt.Sprintf("limit of %d %s reached", limit, limitUnit(name)), Limit: name}
	e.locate(p.lex.src, pos)
	panic(failure{e})
}

// count counts a node.
func (p *parser) count(pos int) {
	p.nodes++
	if p.nodes > p.limits.Nodes {
		p.limit("nodes", p.limits.Nodes, pos)
	}
}

// deeper enters one level of nesting; the caller leaves it with shallower.
func (p *parser) deeper(pos int) {
	p.nesting++
	p.deepest = max(p.deepest, p.nesting)
	if p.nesting > p.limits.Nesting {
		p.limit("nesting", p.limits.Nesting, pos)
	}
}

func (p *parser) shallower() { p.nesting-- }

func (p *parser) next() token {
	if p.hasPeek {
		p.hasPeek = false
		return p.peeked
	}
	return p.lex.next()
}

func (p *parser) peek() token {
	if !p.hasPeek {
		p.peeked = p.lex.next()
		p.hasPeek = true
	}
	return p.peeked
}

// skip consumes the next token if it is of kind.
func (p *parser) skip(kind tokenKind) bool {
	if p.peek().kind != kind {
		return false
	}
	p.hasPeek = false
	return true
}

func (p *parser) peekIs(kind tokenKind, text string) bool {
	t := p.peek()
	return t.kind == kind && t.text == text
}

func (p *parser) skipText(kind tokenKind, text string) bool {
	if !p.peekIs(kind, text) {
		return false
	}
	p.hasPeek = false
	return true
}

func (p *parser) skipSymbol(name string) bool { return p.skipText(tokSymbol, name) }

// symbol consumes a name that a tag needs.
func (p *parser) symbol(what string) token {
	t := p.next()
	if t.kind != tokSymbol {
		p.failAt(t.pos, "expected %s, found %s", what, t.describe())
	}
	p.checkName(t.text, t.pos)
	return t
}

// checkName refuses the names that lead to JavaScript's prototypes.
func (p *parser) checkName(name string, pos int) {
	if reserved(name) {
		p.failAt(pos, "the name %q is reserved", name)
	}
}

func reserved(name string) bool {
	return name == "constructor" || name == "prototype" || name == "__proto__"
}

// tagEnd consumes the end of a block tag.
func (p *parser) tagEnd(tag string) {
	t := p.next()
	if t.kind != tokBlockEnd {
		p.failAt(t.pos, "expected %s at the end of the %s tag, found %s", p.lex.tags.BlockEnd, tag, t.describe())
	}
	if t.dash {
		p.dropNext = true
	}
}

// closingTag consumes the name of the tag that ended a list, and the tag's end.
func (p *parser) closingTag(opened string, pos int) {
	t := p.next()
	if t.kind != tokSymbol {
		p.failAt(pos, "the %s tag is never closed", opened)
	}
	p.tagEnd(t.text)
}

// until parses nodes up to a block tag with one of names, which is left to read.
// count is the number of nodes before empty text was dropped.
func (p *parser) until(names ...string) (body []stmt, count int) {
	previous := p.breakOn
	p.breakOn = names
	p.deeper(p.lex.at)
	body, count = p.list()
	p.shallower()
	p.breakOn = previous
	return body, count
}

// list parses nodes up to the end of source or a tag in breakOn.
func (p *parser) list() (body []stmt, count int) {
	for {
		t := p.next()
		switch t.kind {
		case tokEOF:
			return body, count
		case tokData:
			if text := p.stripped(t.text); text != "" {
				p.count(t.pos)
				body = append(body, &textStmt{text})
			}
		case tokComment:
			inner := t.text[:len(t.text)-len(p.lex.tags.CommentEnd)]
			p.dropNext = strings.HasSuffix(inner, "-")
			continue
		case tokVariableStart:
			body = append(body, p.output(t.pos))
		case tokBlockStart:
			p.dropNext = false
			s := p.statement()
			if s == nil {
				return body, count
			}
			body = append(body, s)
		default:
			p.failAt(t.pos, "unexpected %s", t.describe())
		}
		count++
	}
}

// stripped is text without the white space that the tags around it take away.
func (p *parser) stripped(text string) string {
	if p.dropNext {
		text = strings.TrimLeftFunc(text, isSpace)
		p.dropNext = false
	}
	next := p.peek()
	switch next.kind {
	case tokBlockStart, tokVariableStart:
		if next.dash {
			text = strings.TrimRightFunc(text, isSpace)
		}
	case tokComment:
		if strings.HasPrefix(next.text[len(p.lex.tags.CommentStart):], "-") {
			text = strings.TrimRightFunc(text, isSpace)
		}
	}
	return text
}

// output parses the rest of {{ expression }}.
func (p *parser) output(pos int) stmt {
	e := p.expression()
	p.dropNext = false
	end := p.next()
	if end.kind != tokVariableEnd {
		p.failAt(end.pos, "expected %s after the expression, found %s", p.lex.tags.VariableEnd, end.describe())
	}
	p.dropNext = end.dash
	return &outputStmt{value: e, pos: pos}
}

// statement parses a block tag, or returns nil at one that ends the list.
func (p *parser) statement() stmt {
	tag := p.peek()
	if tag.kind != tokSymbol {
		p.failAt(tag.pos, "expected the name of a tag, found %s", tag.describe())
	}
	if slices.Contains(p.breakOn, tag.text) {
		return nil
	}
	p.count(tag.pos)
	p.hasPeek = false
	switch tag.text {
	case "raw", "verbatim":
		return p.raw(tag)
	case "if", "ifAsync":
		return p.ifTag(tag)
	case "for":
		return p.forTag(tag, "endfor")
	case "asyncEach":
		return p.forTag(tag, "endeach")
	case "asyncAll":
		return p.forTag(tag, "endall")
	case "set":
		return p.setTag(tag)
	case "switch":
		return p.switchTag(tag)
	case "macro":
		return p.macroTag(tag)
	case "call":
		return p.callTag(tag)
	case "filter":
		return p.filterTag(tag)
	case "block":
		return p.blockTag(tag)
	case "extends", "include", "import", "from":
		return p.loadTag(tag)
	}
	p.failAt(tag.pos, "unknown tag %q", tag.text)
	return nil
}
