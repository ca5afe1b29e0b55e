package nunjucks

// nunjucks turns an expression into JavaScript source without parentheses of its
// own, so that JavaScript's precedence decides how most operators group, whatever
// nunjucks's grammar says. Only in, is, //, **, inline if, filters and calls come
// out closed. This parser does the same in two steps: it reads operands and
// operators onto a stack, closes what comes out closed, and groups the rest by
// JavaScript's precedence.

// part is an operand (node set) or an operator on the parser's stack. height is
// how deep the operand's tree is.
type part struct {
	node   expr
	op     operator
	height int
	pos    int
}

type operator uint8

const (
	opNone operator = iota
	opOr
	opAnd
	opEqual
	opNotEqual
	opStrictEqual
	opStrictNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opAdd
	opSub
	opMul
	opDiv
	opMod
	opNot // prefix from here on
	opNegate
	opPlus
)

const precedenceUnary = 7

// precedence is JavaScript's.
func (op operator) precedence() int {
	switch op {
	case opOr:
		return 1
	case opAnd:
		return 2
	case opEqual, opNotEqual, opStrictEqual, opStrictNotEqual:
		return 3
	case opLess, opLessEqual, opGreater, opGreaterEqual:
		return 4
	case opAdd, opSub:
		return 5
	case opMul, opDiv, opMod:
		return 6
	}
	return precedenceUnary
}

// binaryOperator maps the operators between operands that need no closing.
func binaryOperator(text string) operator {
	switch text {
	case "==":
		return opEqual
	case "!=":
		return opNotEqual
	case "===":
		return opStrictEqual
	case "!==":
		return opStrictNotEqual
	case "<":
		return opLess
	case "<=":
		return opLessEqual
	case ">":
		return opGreater
	case ">=":
		return opGreaterEqual
	case "+":
		return opAdd
	case "-":
		return opSub
	case "*":
		return opMul
	case "/":
		return opDiv
	}
	return opNone
}

func (p *parser) pushOp(op operator, pos int) {
	p.count(pos)
	p.parts = append(p.parts, part{op: op, pos: pos})
}

// push adds an operand whose deepest child is height levels deep.
func (p *parser) push(node expr, height, pos int) {
	p.count(pos)
	if height >= p.limits.Nesting {
		p.limit("nesting", p.limits.Nesting, pos)
	}
	p.deepest = max(p.deepest, p.nesting+height)
	p.parts = append(p.parts, part{node: node, height: height + 1, pos: pos})
}

// expression parses a whole expression.
func (p *parser) expression() expr { return p.expressionPart().node }

func (p *parser) expressionPart() part {
	p.deeper(p.lex.at)
	mark := len(p.parts)
	p.or()
	switch t := p.peek(); {
	case t.kind != tokSymbol:
	case t.text == "if":
		p.inlineIf(mark, t.pos)
	case t.text[0] == '?':
		p.ternary(mark, t)
	}
	p.shallower()
	return p.group(mark)
}

// inlineIf parses "if condition else other" after the value at mark.
func (p *parser) inlineIf(mark, pos int) {
	p.hasPeek = false
	value := p.group(mark)
	p.or()
	cond := p.group(mark)
	e := &conditionExpr{cond: cond.node, then: value.node}
	height := max(value.height, cond.height)
	if p.skipSymbol("else") {
		p.or()
		other := p.group(mark)
		e.otherwise = other.node
		height = max(height, other.height)
	}
	p.push(e, height, pos)
}

// ternary parses JavaScript's "? value : other" after the condition at mark.
// Neither of Backstage's engines knows it; Template.Extensions tells of its use.
func (p *parser) ternary(mark int, t token) {
	p.hasPeek = false
	p.lex.at = t.pos + 1 // what follows ? without a space was read into the token
	cond := p.group(mark)
	then := p.expressionPart()
	if !p.skip(tokColon) {
		found := p.peek()
		p.failAt(found.pos, "expected : after the value of the condition, found %s", found.describe())
	}
	other := p.expressionPart()
	p.t.extensions = append(p.t.extensions, Extension{Offset: t.pos, What: "condition ? value : other"})
	e := &conditionExpr{cond: cond.node, then: then.node, otherwise: other.node}
	p.push(e, max(cond.height, then.height, other.height), t.pos)
}

func (p *parser) or() {
	p.and()
	for p.peekIs(tokSymbol, "or") {
		p.pushOp(opOr, p.next().pos)
		p.and()
	}
}

func (p *parser) and() {
	p.not()
	for p.peekIs(tokSymbol, "and") {
		p.pushOp(opAnd, p.next().pos)
		p.not()
	}
}

func (p *parser) not() {
	for p.peekIs(tokSymbol, "not") {
		p.pushOp(opNot, p.next().pos)
	}
	p.in()
}

func (p *parser) in() {
	mark := len(p.parts)
	p.is()
	for {
		t := p.peek()
		invert := p.skipSymbol("not")
		if !p.skipSymbol("in") {
			if invert {
				p.failAt(t.pos, "expected \"in\" after \"not\"")
			}
			return
		}
		item := p.group(mark)
		p.is()
		list := p.group(mark)
		if invert {
			p.pushOp(opNot, t.pos)
		}
		p.push(&inExpr{item: item.node, list: list.node, pos: t.pos}, max(item.height, list.height), t.pos)
	}
}

func (p *parser) is() {
	mark := len(p.parts)
	p.compare()
	t := p.peek()
	if !p.skipSymbol("is") {
		return
	}
	invert := p.skipSymbol("not")
	value := p.group(mark)
	p.compare()
	right := p.group(mark)
	e := &testExpr{value: value.node, pos: t.pos}
	e.name, e.args = testCall(right.node)
	if invert {
		p.pushOp(opNot, t.pos)
	}
	p.push(e, max(value.height, right.height), t.pos)
}

// testCall reads a test's name and arguments off the expression after is, as
// nunjucks's compiler does: whatever has no name is the test undefined.
func testCall(e expr) (name string, args []expr) {
	switch e := e.(type) {
	case *symbolExpr:
		return e.name, nil
	case *literalExpr:
		return literalText(e.value), nil
	case *callExpr:
		switch callee := e.callee.(type) {
		case *symbolExpr:
			return callee.name, e.args
		case *literalExpr:
			return literalText(callee.value), e.args
		}
		return "undefined", e.args
	case *filterExpr:
		return e.name, e.args
	}
	return "undefined", nil
}

// compare reads comparison, ~ and arithmetic: all come out open.
func (p *parser) compare() {
	for {
		p.floorDivide()
		t := p.peek()
		switch t.kind {
		case tokTilde:
			p.hasPeek = false
			p.pushOp(opAdd, t.pos)
			p.push(&literalExpr{""}, 0, t.pos)
			p.pushOp(opAdd, t.pos)
			continue
		case tokOperator:
			if op := binaryOperator(t.text); op != opNone {
				p.hasPeek = false
				p.pushOp(op, t.pos)
				continue
			}
		}
		return
	}
}

func (p *parser) floorDivide() {
	mark := len(p.parts)
	p.modulo()
	for p.peekIs(tokOperator, "//") {
		pos := p.next().pos
		p.pushOp(opDiv, pos)
		p.modulo()
		quotient := p.group(mark)
		p.push(&floorExpr{quotient.node}, quotient.height, pos)
	}
}

func (p *parser) modulo() {
	p.powers()
	for p.peekIs(tokOperator, "%") {
		p.pushOp(opMod, p.next().pos)
		p.powers()
	}
}

func (p *parser) powers() {
	mark := len(p.parts)
	p.unary()
	for p.peekIs(tokOperator, "**") {
		pos := p.next().pos
		base := p.group(mark)
		p.unary()
		exponent := p.group(mark)
		p.push(&powerExpr{base.node, exponent.node}, max(base.height, exponent.height), pos)
	}
}

// unary reads signs, a primary and the filters on all of it.
func (p *parser) unary() {
	mark := len(p.parts)
	last := ""
	for t := p.peek(); t.kind == tokOperator && (t.text == "-" || t.text == "+"); t = p.peek() {
		if t.text == last {
			p.failAt(t.pos, "two %s in a row: use parentheses", t.text)
		}
		last = t.text
		p.hasPeek = false
		op := opNegate
		if t.text == "+" {
			op = opPlus
		}
		p.pushOp(op, t.pos)
	}
	p.primary()
	for p.skip(tokPipe) {
		p.filter(mark)
	}
}

// filter parses a filter's name and arguments after | and applies it to what is
// on the stack from mark.
func (p *parser) filter(mark int) {
	input := p.group(mark)
	name := p.filterName()
	f := &filterExpr{name: name.text, pos: name.pos}
	args := p.filterArgs()
	height := max(input.height, p.lastHeight)
	f.args = append([]expr{input.node}, args...)
	p.push(f, height, name.pos)
}

func (p *parser) filterName() token {
	name := p.symbol("the name of a filter")
	for p.skipText(tokOperator, ".") {
		name.text += "." + p.symbol("the name of a filter").text
	}
	return name
}

// filterArgs parses the (arguments) of a filter. Of several lists the last counts,
// as in nunjucks.
func (p *parser) filterArgs() []expr {
	var args []expr
	p.lastHeight = 0
	height := 0
	for p.peek().kind == tokLeftParen {
		args = p.arguments()
		height = max(height, p.lastHeight)
	}
	if t := p.peek(); t.kind == tokLeftBracket || p.peekIs(tokOperator, ".") {
		p.failAt(t.pos, "a member of a filter's result needs parentheses around the filter")
	}
	p.lastHeight = height
	return args
}

// arguments parses (a, b, name=c). Keyword arguments become one last argument.
// lastHeight is then the height of the highest.
func (p *parser) arguments() []expr {
	open := p.next()
	var args []expr
	var keywords *keywordsExpr
	height := 0
	for first := true; !p.skip(tokRightParen); first = false {
		if !first && !p.skip(tokComma) {
			t := p.peek()
			p.failAt(t.pos, "expected a comma or ) in the arguments, found %s", t.describe())
		}
		a := p.expressionPart()
		height = max(height, a.height)
		if !p.skipText(tokOperator, "=") {
			args = append(args, a.node)
			continue
		}
		name, ok := keyName(a.node)
		if !ok {
			p.failAt(a.pos, "expected a name before =")
		}
		if keywords == nil {
			keywords = &keywordsExpr{}
		}
		v := p.expressionPart()
		height = max(height, v.height)
		keywords.keys = append(keywords.keys, name)
		keywords.values = append(keywords.values, v.node)
	}
	if keywords != nil {
		p.count(open.pos)
		args = append(args, keywords)
	}
	p.lastHeight = height
	return args
}

// keyName is the name or string that stands for a key.
func keyName(e expr) (string, bool) {
	switch e := e.(type) {
	case *symbolExpr:
		return e.name, true
	case *literalExpr:
		s, ok := e.value.(string)
		return s, ok
	}
	return "", false
}

// group closes what is on the stack from mark: the tree by JavaScript's
// precedence, with no part left.
func (p *parser) group(mark int) part {
	if len(p.parts) == mark+1 {
		only := p.parts[mark]
		p.parts = p.parts[:mark]
		return only
	}
	g := grouper{parts: p.parts[mark:]}
	whole := g.level(1)
	if whole.height >= p.limits.Nesting {
		p.limit("nesting", p.limits.Nesting, whole.pos)
	}
	p.parts = p.parts[:mark]
	return whole
}

// grouper builds a tree from operands and operators.
type grouper struct {
	parts []part
	at    int
}

// level reads operands joined by operators of this precedence, all of which
// JavaScript groups to the left.
func (g *grouper) level(precedence int) part {
	if precedence == precedenceUnary {
		return g.unary()
	}
	first := g.level(precedence + 1)
	if g.at >= len(g.parts) || g.parts[g.at].op.precedence() != precedence {
		return first
	}
	height := first.height
	var links []link
	for g.at < len(g.parts) && g.parts[g.at].op.precedence() == precedence {
		op := g.parts[g.at].op
		g.at++
		next := g.level(precedence + 1)
		height = max(height, next.height)
		links = append(links, link{op, next.node})
	}
	var node expr
	switch precedence {
	case 1:
		node = &orExpr{first.node, links}
	case 2:
		node = &andExpr{first.node, links}
	default:
		node = &chainExpr{first.node, links}
	}
	return part{node: node, height: height + 1, pos: first.pos}
}

func (g *grouper) unary() part {
	start := g.at
	for g.parts[g.at].node == nil {
		g.at++
	}
	operand := g.parts[g.at]
	g.at++
	if start == g.at-1 {
		return operand
	}
	ops := make([]operator, 0, g.at-1-start)
	for i := g.at - 2; i >= start; i-- {
		ops = append(ops, g.parts[i].op)
	}
	return part{node: &unaryExpr{ops, operand.node}, height: operand.height + 1, pos: operand.pos}
}

// literalText is how nunjucks spells a literal used as a test's name.
func literalText(v Value) string {
	text, _ := primitiveText(v)
	return text
}
