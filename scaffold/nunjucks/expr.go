package nunjucks

import "math"

// expr is a node that has a value.
type expr interface {
	eval(m *machine) Value
}

type literalExpr struct{ value Value }

func (e *literalExpr) eval(*machine) Value { return e.value }

// regexpExpr makes a new regular expression object each time, as JavaScript does:
// the object remembers where its last match ended.
type regexpExpr struct{ re *Regexp }

func (e *regexpExpr) eval(*machine) Value {
	re := *e.re
	return &re
}

type symbolExpr struct {
	name string
	ref  ref
	pos  int
}

func (e *symbolExpr) eval(m *machine) Value {
	m.step(1)
	if e.ref.slot >= 0 {
		return *m.slots.at(e.ref)
	}
	return m.lookup(e.name)
}

// groupExpr is (a, b): all are evaluated, the last is the value.
type groupExpr struct{ items []expr }

func (e *groupExpr) eval(m *machine) Value {
	var v Value
	for _, item := range e.items {
		v = item.eval(m)
	}
	return v
}

type arrayExpr struct{ items []expr }

func (e *arrayExpr) eval(m *machine) Value {
	m.step(1)
	m.growTimes(len(e.items)+1, valueSize)
	a := &Array{Items: make([]Value, len(e.items))}
	for i, item := range e.items {
		a.Items[i] = item.eval(m)
	}
	return a
}

type objectExpr struct {
	keys   []string
	values []expr
}

func (e *objectExpr) eval(m *machine) Value {
	m.step(1)
	m.growTimes(len(e.keys)+1, entrySize)
	o := NewObject()
	for i, key := range e.keys {
		o.Set(key, e.values[i].eval(m))
	}
	return o
}

// keywordsExpr is the keyword arguments of a call: one object after the others,
// marked by a key of its own, as nunjucks passes them.
type keywordsExpr struct {
	keys   []string
	values []expr
}

const keywordsMark = "__keywords"

func (e *keywordsExpr) eval(m *machine) Value {
	o := (&objectExpr{e.keys, e.values}).eval(m).(*Object)
	o.Set(keywordsMark, true)
	return o
}

type conditionExpr struct{ cond, then, otherwise expr }

func (e *conditionExpr) eval(m *machine) Value {
	m.step(1)
	switch {
	case Truthy(e.cond.eval(m)):
		return e.then.eval(m)
	case e.otherwise != nil:
		return e.otherwise.eval(m)
	}
	return ""
}

// link is an operator and its right operand in a chain.
type link struct {
	op   operator
	node expr
}

type orExpr struct {
	first expr
	rest  []link
}

func (e *orExpr) eval(m *machine) Value {
	v := e.first.eval(m)
	for _, l := range e.rest {
		if Truthy(v) {
			return v
		}
		v = l.node.eval(m)
	}
	return v
}

type andExpr struct {
	first expr
	rest  []link
}

func (e *andExpr) eval(m *machine) Value {
	v := e.first.eval(m)
	for _, l := range e.rest {
		if !Truthy(v) {
			return v
		}
		v = l.node.eval(m)
	}
	return v
}

// chainExpr is operators of one precedence, applied from left to right.
type chainExpr struct {
	first expr
	rest  []link
}

func (e *chainExpr) eval(m *machine) Value {
	v := e.first.eval(m)
	for _, l := range e.rest {
		v = m.binary(l.op, v, l.node.eval(m))
	}
	return v
}

func (m *machine) binary(op operator, a, b Value) Value {
	m.step(1)
	switch op {
	case opEqual:
		return m.looseEqual(a, b)
	case opNotEqual:
		return !m.looseEqual(a, b)
	case opStrictEqual:
		return strictEqual(a, b)
	case opStrictNotEqual:
		return !strictEqual(a, b)
	case opLess, opLessEqual, opGreater, opGreaterEqual:
		return m.relation(op, a, b)
	case opAdd:
		return m.add(a, b)
	}
	return m.arithmetic(op, a, b)
}

// unaryExpr applies prefix operators, the innermost first.
type unaryExpr struct {
	ops     []operator
	operand expr
}

func (e *unaryExpr) eval(m *machine) Value {
	v := e.operand.eval(m)
	for _, op := range e.ops {
		m.step(1)
		switch op {
		case opNot:
			v = !Truthy(v)
		case opNegate:
			v = -m.toNumber(v)
		default:
			v = m.toNumber(v)
		}
	}
	return v
}

type floorExpr struct{ quotient expr }

func (e *floorExpr) eval(m *machine) Value { return math.Floor(m.toNumber(e.quotient.eval(m))) }

type powerExpr struct{ base, exponent expr }

func (e *powerExpr) eval(m *machine) Value {
	base, exponent := e.base.eval(m), e.exponent.eval(m)
	return power(m.toNumber(base), m.toNumber(exponent))
}

type inExpr struct {
	item, list expr
	pos        int
}

func (e *inExpr) eval(m *machine) Value {
	m.step(1)
	item, list := e.item.eval(m), e.list.eval(m)
	m.pos = e.pos
	return m.contains(item, list)
}

// testExpr is "value is name(args)".
type testExpr struct {
	value expr
	name  string
	args  []expr
	pos   int
}

func (e *testExpr) eval(m *machine) Value {
	m.step(1)
	test := m.test(e.name, e.pos)
	if len(e.args) > 1 {
		m.pos = e.pos
		m.failf("the test %q takes one argument", e.name)
	}
	args := m.evalAll(e.value, e.args)
	m.pos = e.pos
	return test(m, args)
}

func (m *machine) evalAll(first expr, rest []expr) []Value {
	args := make([]Value, 0, len(rest)+1)
	args = append(args, first.eval(m))
	for _, a := range rest {
		args = append(args, a.eval(m))
	}
	return args
}

// filterExpr is "args[0] | name(args[1:])".
type filterExpr struct {
	name string
	args []expr
	pos  int
}

func (e *filterExpr) eval(m *machine) Value {
	m.step(1)
	f := m.engine.filter(e.name)
	if f == nil {
		m.pos = e.pos
		m.failf("there is no filter %q", e.name)
	}
	args := m.evalAll(e.args[0], e.args[1:])
	m.pos = e.pos
	return f(m, args)
}

// captureExpr renders its body to a string.
type captureExpr struct{ body []stmt }

func (e *captureExpr) eval(m *machine) Value { return m.capture(e.body) }

type memberExpr struct {
	target, key expr
	pos         int
}

func (e *memberExpr) eval(m *machine) Value {
	m.step(1)
	target, key := e.target.eval(m), e.key.eval(m)
	m.pos = e.pos
	return m.member(target, key)
}

// sliceExpr is target[start:stop:step], which jinjaCompat adds.
type sliceExpr struct {
	target, start, stop, step expr
	pos                       int
}

func (e *sliceExpr) eval(m *machine) Value {
	m.step(1)
	target := e.target.eval(m)
	start, stop, step := e.start.eval(m), e.stop.eval(m), e.step.eval(m)
	m.pos = e.pos
	return m.slice(target, start, stop, step)
}

type callExpr struct {
	callee expr
	args   []expr
	pos    int
}

func (e *callExpr) eval(m *machine) Value {
	m.step(1)
	callee := e.callee.eval(m)
	f, ok := callee.(*Func)
	if !ok {
		m.pos = e.pos
		m.failf("unable to call %q, which is %s", calleeName(e.callee), typeName(callee))
	}
	args := make([]Value, len(e.args))
	for i, a := range e.args {
		args[i] = a.eval(m)
	}
	m.pos = e.pos
	return f.call(m, args)
}

// addKeyword adds a keyword argument to the call.
func (e *callExpr) addKeyword(name string, value expr) {
	if len(e.args) > 0 {
		if k, ok := e.args[len(e.args)-1].(*keywordsExpr); ok {
			k.keys = append(k.keys, name)
			k.values = append(k.values, value)
			return
		}
	}
	e.args = append(e.args, &keywordsExpr{[]string{name}, []expr{value}})
}

// calleeName spells what is called for an error.
func calleeName(e expr) string {
	switch e := e.(type) {
	case *symbolExpr:
		return e.name
	case *memberExpr:
		return calleeName(e.target) + "[" + calleeName(e.key) + "]"
	case *literalExpr:
		return literalText(e.value)
	case *callExpr:
		return "the result of " + calleeName(e.callee)
	}
	return "an expression"
}
