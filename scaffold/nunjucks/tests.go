package nunjucks

import "math"

// builtinTests is the one list of nunjucks's tests, what follows "is". args[0] is
// the value.
func builtinTests() map[string]builtin {
	equal := func(_ *machine, a []Value) Value { return strictEqual(a[0], arg(a, 1)) }
	relation := func(op operator) builtin {
		return func(m *machine, a []Value) Value { return m.relation(op, a[0], arg(a, 1)) }
	}
	remainder := func(want float64) builtin {
		return func(m *machine, a []Value) Value { return math.Mod(m.toNumber(a[0]), 2) == want }
	}
	return map[string]builtin{
		"callable":    testCallable,
		"defined":     func(_ *machine, a []Value) Value { return !isUndefined(a[0]) },
		"divisibleby": func(m *machine, a []Value) Value { return math.Mod(m.toNumber(a[0]), m.toNumber(arg(a, 1))) == 0 },
		"eq":          equal,
		"equalto":     equal,
		"escaped":     testEscaped,
		"even":        remainder(0),
		"falsy":       func(_ *machine, a []Value) Value { return !Truthy(a[0]) },
		"ge":          relation(opGreaterEqual),
		"greaterthan": relation(opGreater),
		"gt":          relation(opGreater),
		"iterable":    testIterable,
		"le":          relation(opLessEqual),
		"lessthan":    relation(opLess),
		"lower":       func(m *machine, a []Value) Value { return m.lower(m.plainText(a[0], "lower")) == a[0] },
		"lt":          relation(opLess),
		"mapping":     testMapping,
		"ne":          func(_ *machine, a []Value) Value { return !strictEqual(a[0], arg(a, 1)) },
		"null":        func(_ *machine, a []Value) Value { return a[0] == nil },
		"number":      func(_ *machine, a []Value) Value { return isPrimitiveNumber(a[0]) },
		"odd":         remainder(1),
		"sameas":      equal,
		"string":      func(_ *machine, a []Value) Value { return isJSString(a[0]) },
		"truthy":      func(_ *machine, a []Value) Value { return Truthy(a[0]) },
		"undefined":   func(_ *machine, a []Value) Value { return isUndefined(a[0]) },
		"upper":       func(m *machine, a []Value) Value { return m.upper(m.plainText(a[0], "upper")) == a[0] },
	}
}

// test finds a test, which is an error only once it is reached.
func (m *machine) test(name string, pos int) builtin {
	t := m.engine.tests[name]
	if t == nil {
		m.pos = pos
		m.failf("there is no test %q", name)
	}
	return t
}

func testCallable(_ *machine, a []Value) Value {
	_, ok := a[0].(*Func)
	return ok
}

func testEscaped(_ *machine, a []Value) Value {
	_, ok := a[0].(*Safe)
	return ok
}

func testIterable(m *machine, a []Value) Value {
	if isNullish(a[0]) {
		m.failf("the test iterable takes no %s", typeName(a[0]))
	}
	switch a[0].(type) {
	case string, *Safe, *Array:
		return true
	}
	return false
}

func testMapping(_ *machine, a []Value) Value {
	switch a[0].(type) {
	case *Object, *Safe, *Regexp:
		return true
	}
	return false
}
