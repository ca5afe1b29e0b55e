package nunjucks

// primary parses a literal, a name, a list, an object or a group, with the calls
// and member accesses that follow it, and leaves it on the stack.
func (p *parser) primary() {
	t := p.next()
	height := 0
	var e expr
	switch t.kind {
	case tokString:
		e = &literalExpr{t.text}
	case tokInt, tokFloat:
		e = &literalExpr{parseDecimal(t.text)}
	case tokBoolean:
		e = &literalExpr{t.text == "true"}
	case tokNone:
		e = &literalExpr{nil}
	case tokRegex:
		re, err := compileRegexp(t.text, t.flags)
		if err != nil {
			p.failAt(t.pos, "%v", err)
		}
		e = &regexpExpr{re}
	case tokSymbol:
		p.checkName(t.text, t.pos)
		if t.text == "loop" {
			p.t.usesLoop = true
		}
		e = &symbolExpr{name: t.text, ref: p.scope.lookup(t.text), pos: t.pos}
	case tokLeftParen:
		e, height = p.parenthesised(t)
	case tokLeftBracket:
		e, height = p.array(t)
	case tokLeftCurly:
		e, height = p.object(t)
	case tokEOF:
		p.failAt(t.pos, "expected an expression, found the end of the template")
	default:
		p.failAt(t.pos, "expected an expression, found %s", t.describe())
	}
	p.push(e, height, t.pos)
	p.postfix()
}

// postfix parses calls and member accesses on the operand on top of the stack.
func (p *parser) postfix() {
	top := len(p.parts) - 1
	for {
		t := p.peek()
		operand := p.parts[top]
		var e expr
		height := operand.height
		switch {
		case t.kind == tokLeftParen:
			args := p.arguments()
			height = max(height, p.lastHeight)
			if s, ok := operand.node.(*symbolExpr); ok && s.name == "super" && p.inBlock != nil {
				p.inBlock.callsSuper = true
			}
			e = &callExpr{callee: operand.node, args: args, pos: t.pos}
		case t.kind == tokLeftBracket:
			p.hasPeek = false
			key, keyHeight := p.index(t)
			height = max(height, keyHeight)
			if s, ok := key.(*sliceExpr); ok {
				s.target = operand.node
				e = s
			} else {
				e = &memberExpr{target: operand.node, key: key, pos: t.pos}
				p.noteMutation(key)
			}
		case t.kind == tokOperator && t.text == ".":
			p.hasPeek = false
			name := p.symbol("the name of a member")
			key := &literalExpr{name.text}
			e = &memberExpr{target: operand.node, key: key, pos: t.pos}
			p.noteMutation(key)
		default:
			return
		}
		p.parts = p.parts[:top]
		p.push(e, height, t.pos)
	}
}

// closes consumes any closing bracket: nunjucks does not ask for the matching one.
func (p *parser) closes() bool {
	return p.skip(tokRightParen) || p.skip(tokRightBracket) || p.skip(tokRightCurly)
}

// list parses expressions up to a closing bracket.
func (p *parser) elements(open token) (items []expr, height int) {
	for !p.closes() {
		if len(items) > 0 {
			p.comma(open)
		}
		e := p.expressionPart()
		items = append(items, e.node)
		height = max(height, e.height)
	}
	return items, height
}

func (p *parser) comma(open token) {
	if !p.skip(tokComma) {
		t := p.peek()
		p.failAt(t.pos, "expected a comma or the end of what %q opened, found %s", open.text, t.describe())
	}
}

func (p *parser) parenthesised(open token) (expr, int) {
	items, height := p.elements(open)
	if len(items) == 0 {
		p.failAt(open.pos, "empty parentheses")
	}
	return &groupExpr{items}, height
}

func (p *parser) array(open token) (expr, int) {
	if p.jinja {
		s, height, items := p.sliceOrElements(open)
		if s != nil { // outside a member access: the list of its bounds
			items = []expr{s.start, s.stop, s.step}
		}
		return &arrayExpr{items}, height
	}
	items, height := p.elements(open)
	return &arrayExpr{items}, height
}

// index parses what stands in target[ ].
func (p *parser) index(open token) (expr, int) {
	var items []expr
	var height int
	if p.jinja {
		var s *sliceExpr
		if s, height, items = p.sliceOrElements(open); s != nil {
			return s, height
		}
	} else {
		items, height = p.elements(open)
	}
	if len(items) != 1 {
		p.failAt(open.pos, "expected one expression between [ and ]")
	}
	if lit, ok := items[0].(*literalExpr); ok {
		if name, ok := lit.value.(string); ok {
			p.checkName(name, open.pos)
		}
	}
	return items[0], height
}

// sliceOrElements parses Python's start:stop:step, or else a list.
func (p *parser) sliceOrElements(open token) (s *sliceExpr, height int, items []expr) {
	if p.closes() {
		return nil, 0, nil
	}
	var first part
	if p.peek().kind != tokColon {
		first = p.expressionPart()
		height = first.height
		if p.peek().kind != tokColon {
			items = []expr{first.node}
			for !p.closes() {
				p.comma(open)
				e := p.expressionPart()
				items = append(items, e.node)
				height = max(height, e.height)
			}
			return nil, height, items
		}
	}
	bounds := [3]expr{&literalExpr{nil}, &literalExpr{nil}, &literalExpr{1.0}}
	if first.node != nil {
		bounds[0] = first.node
	}
	p.skip(tokColon)
	for i := 1; !p.skip(tokRightBracket); i++ {
		if i > 2 {
			p.failAt(open.pos, "a slice has at most start, stop and step")
		}
		if p.skip(tokColon) {
			continue
		}
		e := p.expressionPart()
		bounds[i] = e.node
		height = max(height, e.height)
		p.skip(tokColon)
	}
	return &sliceExpr{start: bounds[0], stop: bounds[1], step: bounds[2], pos: open.pos}, height, nil
}

func (p *parser) object(open token) (expr, int) {
	o := &objectExpr{}
	height := 0
	for !p.closes() {
		if len(o.keys) > 0 {
			p.comma(open)
		}
		mark := len(p.parts)
		p.deeper(open.pos)
		p.primary()
		p.shallower()
		key := p.group(mark)
		name, ok := keyName(key.node)
		if !ok {
			p.failAt(key.pos, "an object's key is a name or a string")
		}
		p.checkName(name, key.pos)
		if !p.skip(tokColon) {
			t := p.peek()
			p.failAt(t.pos, "expected a colon after the key, found %s", t.describe())
		}
		v := p.expressionPart()
		height = max(height, v.height)
		o.keys = append(o.keys, name)
		o.values = append(o.values, v.node)
	}
	return o, height
}

// noteMutation notes a member that may be a method which changes what it is called
// on: one of those names, or a name known only while rendering.
func (p *parser) noteMutation(key expr) {
	literal, ok := key.(*literalExpr)
	if !ok {
		p.t.mutates = true
		return
	}
	switch literal.value {
	case "push", "pop", "sort", "reverse", "append", "insert", "remove", "popitem", "setdefault", "update":
		p.t.mutates = true
	}
}
