package nunjucks

// builtinGlobals is the one list of nunjucks's global functions.
func builtinGlobals() map[string]*Func {
	return map[string]*Func{
		"range":  {name: "range", call: globalRange},
		"cycler": {name: "cycler", call: globalCycler},
		"joiner": {name: "joiner", call: globalJoiner},
	}
}

// globalRange takes (stop) or (start, stop, step).
func globalRange(m *machine, args []Value) Value {
	start, stop, step := arg(args, 0), arg(args, 1), arg(args, 2)
	if isUndefined(stop) {
		start, stop, step = 0.0, start, 1.0
	} else {
		step = orDefault(step, 1.0)
	}
	compare := opGreater
	if m.relation(opGreater, step, 0.0) {
		compare = opLess
	}
	out := NewArray()
	for i := start; m.relation(compare, i, stop); i = m.add(i, step) {
		m.step(1)
		m.grow(2 * valueSize)
		out.Items = append(out.Items, i)
	}
	return out
}

// globalCycler makes an object whose next() gives its items in turn.
func globalCycler(m *machine, args []Value) Value {
	items := m.newArray(args).Items
	index := -1
	c := NewObject()
	c.Set("current", nil)
	c.Set("reset", &Func{name: "reset", call: func(*machine, []Value) Value {
		index = -1
		c.Set("current", nil)
		return Undefined{}
	}})
	c.Set("next", &Func{name: "next", call: func(*machine, []Value) Value {
		index++
		if index >= len(items) {
			index = 0
		}
		c.Set("current", arg(items, index))
		return c.Get("current")
	}})
	return c
}

// globalJoiner makes a function that gives nothing the first time and the
// separator from then on.
func globalJoiner(_ *machine, args []Value) Value {
	sep := orDefault(arg(args, 0), ",")
	first := true
	return &Func{name: "joiner", call: func(*machine, []Value) Value {
		if first {
			first = false
			return ""
		}
		return sep
	}}
}
