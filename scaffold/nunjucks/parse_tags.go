package nunjucks

import (
	"regexp"
	"strings"
)

// Each function here parses one block tag. Its name has been read.

func (p *parser) ifTag(tag token) stmt {
	s := &ifStmt{}
	for {
		cond := p.expression()
		p.tagEnd(tag.text)
		body, _ := p.until("elif", "elseif", "else", "endif")
		s.branches = append(s.branches, branch{cond, body})
		switch end := p.peek(); end.text {
		case "elif", "elseif":
			p.hasPeek = false
			p.count(end.pos)
		case "else":
			p.hasPeek = false
			p.tagEnd("else")
			s.otherwise, _ = p.until("endif")
			p.closingTag("if", tag.pos)
			return s
		default:
			p.closingTag("if", tag.pos)
			return s
		}
	}
}

func (p *parser) forTag(tag token, end string) stmt {
	s := &forStmt{pos: tag.pos}
	for {
		target := p.symbol("the name of a loop variable")
		s.names = append(s.names, target.text)
		if !p.skip(tokComma) {
			break
		}
	}
	if s.names[0] == "loop" && len(s.names) == 1 {
		p.failAt(tag.pos, "a loop variable cannot be called loop")
	}
	if !p.skipSymbol("in") {
		t := p.peek()
		p.failAt(t.pos, "expected \"in\" after the loop variable, found %s", t.describe())
	}
	s.over = p.expression()
	p.tagEnd(tag.text)

	outer := p.scope
	p.scope = newScope(outer, p.fn)
	s.length = p.fn.newSlot()
	p.bindTargets(s)
	s.body, _ = p.until(end, "else")
	p.endBranch(s, tag.pos)
	if p.skipSymbol("else") {
		p.tagEnd("else")
		s.otherwise, _ = p.until(end)
	}
	p.closingTag(tag.text, tag.pos)
	p.scope = outer
	return s
}

// bindTargets gives a loop's variables their slots: those from the third on first,
// because the array's and the other branch of the body share them.
func (p *parser) bindTargets(s *forStmt) {
	s.slots = make([]int, len(s.names))
	for i := 2; i < len(s.names); i++ {
		s.slots[i] = p.fn.newSlot()
	}
	s.branch.low = p.fn.slots
	for i := range min(2, len(s.names)) {
		s.slots[i] = p.fn.newSlot()
	}
	p.scope.names = map[string]int{}
	for i, name := range s.names {
		p.scope.names[name] = s.slots[i]
	}
}

// endBranch reserves the slots that the array's branch of the body has for its own.
func (p *parser) endBranch(s *forStmt, pos int) {
	if len(s.names) < 2 {
		return
	}
	b := &s.branch
	b.key, b.value = p.scope.names[s.names[0]], p.scope.names[s.names[1]]
	b.alternate = p.fn.slots
	b.count = p.fn.slots - b.low
	p.fn.slots += b.count
	if p.nodes += b.count; p.nodes > p.limits.Nodes {
		p.limit("nodes", p.limits.Nodes, pos)
	}
}

func (p *parser) setTag(tag token) stmt {
	s := &setStmt{pos: tag.pos}
	for {
		target := p.symbol("the name of a variable")
		s.targets = append(s.targets, target.text)
		s.refs = append(s.refs, p.scope.lookup(target.text))
		if !p.skip(tokComma) {
			break
		}
	}
	if p.skipText(tokOperator, "=") {
		s.value = p.expression()
		p.tagEnd("set")
		return s
	}
	if t := p.next(); t.kind != tokBlockEnd {
		p.failAt(t.pos, "expected = or the end of the set tag, found %s", t.describe())
	}
	body, _ := p.until("endset")
	s.value = &captureExpr{body}
	p.closingTag("set", tag.pos)
	return s
}

// switchTag parses switch as nunjucks does: text before the first case is dropped,
// and the first case is read even when another tag stands there.
func (p *parser) switchTag(tag token) stmt {
	s := &switchStmt{value: p.expression()}
	p.tagEnd("switch")
	p.until("case", "default", "endswitch")
	for {
		p.skipSymbol("case")
		c := switchCase{value: p.expression()}
		p.tagEnd("case")
		var count int
		c.body, count = p.until("case", "default", "endswitch")
		c.falls = count == 0
		s.cases = append(s.cases, c)
		if !p.peekIs(tokSymbol, "case") {
			break
		}
	}
	if p.skipSymbol("default") {
		p.tagEnd("default")
		s.otherwise, _ = p.until("endswitch")
	}
	p.closingTag("switch", tag.pos)
	return s
}

func (p *parser) macroTag(tag token) stmt {
	name := p.symbol("the name of the macro")
	fn := &function{}
	m := p.macro(newScope(nil, fn), fn, "endmacro", "macro", tag.pos)
	m.name = name.text
	s := &macroStmt{macro: m, inner: p.scope.parent != nil}
	s.slot = p.scope.bind(name.text)
	return s
}

// macro parses (arguments), the tag's end and the body up to end.
func (p *parser) macro(sc *scope, fn *function, end, tag string, pos int) *macro {
	m := p.signature(sc, fn, tag)
	p.tagEnd(tag)
	p.macroBody(m, sc, fn, end, tag, pos)
	return m
}

// signature parses a macro's formal arguments.
func (p *parser) signature(sc *scope, fn *function, tag string) *macro {
	if !p.skip(tokLeftParen) {
		t := p.peek()
		p.failAt(t.pos, "expected the %s's arguments in ( ), found %s", tag, t.describe())
	}
	m := &macro{}
	defer p.inScope(sc, fn)()
	for first := true; !p.skip(tokRightParen); first = false {
		if !first && !p.skip(tokComma) {
			t := p.peek()
			p.failAt(t.pos, "expected a comma or ) in the %s's arguments, found %s", tag, t.describe())
		}
		name := p.symbol("the name of an argument")
		if p.skipText(tokOperator, "=") {
			m.optional = append(m.optional, name.text)
			m.defaults = append(m.defaults, p.expression())
			continue
		}
		m.required = append(m.required, name.text)
		m.slots = append(m.slots, sc.bind(name.text))
	}
	return m
}

func (p *parser) macroBody(m *macro, sc *scope, fn *function, end, tag string, pos int) {
	restore := p.inScope(sc, fn)
	deepest := p.deepest
	p.deepest = p.nesting
	m.body, _ = p.until(end)
	m.depth = p.deepest - p.nesting + macroOverhead
	p.deepest = max(p.deepest, deepest)
	restore()
	m.size = fn
	p.closingTag(tag, pos)
}

// macroOverhead is the levels of evaluation of a call itself and its arguments.
const macroOverhead = 8

// inScope makes sc and fn current and returns what undoes it.
func (p *parser) inScope(sc *scope, fn *function) func() {
	oldScope, oldFn := p.scope, p.fn
	p.scope, p.fn = sc, fn
	return func() { p.scope, p.fn = oldScope, oldFn }
}

func (p *parser) callTag(tag token) stmt {
	fn := &function{parent: p.fn}
	sc := newScope(p.scope, fn)
	caller := &macro{name: "caller"}
	if p.peek().kind == tokLeftParen {
		caller = p.signature(sc, fn, "call")
		caller.name = "caller"
	}
	mark := len(p.parts)
	at := p.peek().pos
	p.primary()
	call, ok := p.group(mark).node.(*callExpr)
	if !ok {
		p.failAt(at, "expected a macro call in the call tag")
	}
	p.tagEnd("call")
	p.macroBody(caller, sc, fn, "endcall", "call", tag.pos)
	call.addKeyword("caller", &callerExpr{caller})
	return &outputStmt{value: call, pos: tag.pos}
}

func (p *parser) filterTag(tag token) stmt {
	name := p.filterName()
	f := &filterExpr{name: name.text, pos: name.pos}
	args := p.filterArgs()
	p.tagEnd("filter")
	body, _ := p.until("endfilter")
	f.args = append([]expr{&captureExpr{body}}, args...)
	p.closingTag("filter", tag.pos)
	return &outputStmt{value: f, pos: name.pos}
}

func (p *parser) blockTag(tag token) stmt {
	name := p.symbol("the name of the block")
	if p.blocks[name.text] != nil {
		p.failAt(name.pos, "block %q is defined more than once", name.text)
	}
	fn := &function{}
	b := &block{name: name.text}
	p.blocks[name.text] = b
	p.tagEnd("block")
	restore := p.inScope(newScope(nil, fn), fn)
	outer := p.inBlock
	p.inBlock = b
	b.body, _ = p.until("endblock")
	p.inBlock = outer
	restore()
	b.size = fn
	if !p.skipSymbol("endblock") {
		p.failAt(tag.pos, "the block tag is never closed")
	}
	p.skipSymbol(name.text)
	p.tagEnd("endblock")
	return &blockStmt{block: b, pos: tag.pos}
}

// loadTag parses the tags that would load another template. Backstage has none to
// load, so they fail when they are reached.
func (p *parser) loadTag(tag token) stmt {
	s := &loadStmt{tag: tag.text, pos: tag.pos, template: p.expression()}
	switch tag.text {
	case "include":
		s.optional = p.skipSymbol("ignore") && p.skipSymbol("missing")
	case "import":
		if !p.skipSymbol("as") {
			p.failAt(p.peek().pos, "expected \"as\" in the import tag")
		}
		p.expression()
		p.withContext()
	case "from":
		p.importedNames(tag)
	}
	p.tagEnd(tag.text)
	return s
}

func (p *parser) importedNames(tag token) {
	if !p.skipSymbol("import") {
		p.failAt(p.peek().pos, "expected \"import\" in the from tag")
	}
	for n := 0; n == 0 || p.peek().kind != tokBlockEnd; n++ {
		if n > 0 && !p.skip(tokComma) {
			p.failAt(tag.pos, "expected a comma between the imported names")
		}
		if name := p.symbol("a name to import"); strings.HasPrefix(name.text, "_") {
			p.failAt(name.pos, "names that start with an underscore cannot be imported")
		}
		if p.skipSymbol("as") {
			p.symbol("a name to import as")
		}
		p.withContext()
	}
}

func (p *parser) withContext() {
	if (p.skipSymbol("with") || p.skipSymbol("without")) && !p.skipSymbol("context") {
		p.failAt(p.peek().pos, "expected \"context\"")
	}
}

// rawTag matches the tags that start and end raw text: always in plain {% %},
// whatever the delimiters are.
var rawTag = regexp.MustCompile(`\{%` + spaceClass + `*(raw|endraw|verbatim|endverbatim)` + spaceClass + `*%\}`)

// raw parses raw and verbatim: text up to the matching end tag. Without one the
// tag has no effect, as in nunjucks.
func (p *parser) raw(tag token) stmt {
	p.tagEnd(tag.text)
	rest := p.lex.src[p.lex.at:]
	text, after := 0, 0 // ends of the raw text and of what was read
	for at, level := 0, 1; level > 0; {
		m := rawTag.FindStringSubmatchIndex(rest[at:])
		if m == nil {
			break
		}
		from, to, name := at+m[0], at+m[1], rest[at+m[2]:at+m[3]]
		at = to
		switch name {
		case tag.text:
			level++
			text, after = to, to
		case "end" + tag.text:
			level--
			text, after = to, to
			if level == 0 {
				text = from
			}
		}
	}
	p.lex.at += after
	return &textStmt{rest[:text]}
}
