package nunjucks

import "math"

// member is target[key] or target.key: an own member, or a method from the list of
// allowed ones. Nothing else of JavaScript's prototypes is there.
func (m *machine) member(target, key Value) Value {
	if m.engine.opts.JinjaCompat {
		if f := m.jinjaMethod(target, key); f != nil {
			return f
		}
	}
	if isNullish(target) {
		return Undefined{}
	}
	if f, ok := key.(float64); ok {
		if v, ok := m.element(target, f); ok {
			return v
		}
	}
	name := m.text(key)
	if reserved(name) {
		m.failf("the name %q is reserved", name)
	}
	switch t := target.(type) {
	case *Object:
		return fresh(t.Get(name))
	case *Array:
		if name == "length" {
			return float64(len(t.Items))
		}
		if i, ok := arrayIndex(name); ok {
			return fresh(m.at(t, i))
		}
		return method(t, name, arrayMethods(name))
	case string:
		if name == "length" {
			return float64(length16(t))
		}
		if i, ok := arrayIndex(name); ok {
			return m.unitAt(t, i)
		}
		return method(t, name, stringMethods(name))
	case *Safe:
		switch name {
		case "length":
			return float64(length16(t.text))
		case "val":
			return t.text
		}
		return method(t.text, name, stringMethods(name))
	case float64:
		return method(t, name, numberMethods(name))
	case *Regexp:
		return t.member(name)
	}
	return Undefined{}
}

// element is the quick way for a list's or a string's element by number.
func (m *machine) element(target Value, f float64) (Value, bool) {
	i := int(f)
	if float64(i) != f || i < 0 {
		return nil, false
	}
	switch t := target.(type) {
	case *Array:
		return fresh(m.at(t, i)), true
	case string:
		return m.unitAt(t, i), true
	}
	return nil, false
}

// fresh makes a function read as a member a new one each time, equal to no other,
// as nunjucks's wrapper does. Other values stay themselves.
func fresh(v Value) Value {
	if f, ok := v.(*Func); ok {
		return &Func{f.name, f.call}
	}
	return v
}

// unitAt is the UTF-16 code unit i of s as a string.
func (m *machine) unitAt(s string, i int) Value {
	m.step(len(s) / 256)
	if i < 0 || i >= length16(s) {
		return Undefined{}
	}
	return slice16(s, i, i+1)
}

// method binds body to self.
func method(self Value, name string, body builtin) Value {
	if body == nil {
		return Undefined{}
	}
	return &Func{name: name, call: func(m *machine, args []Value) Value {
		return body(m, append([]Value{self}, args...))
	}}
}

// relativeIndex is what slice makes of an index: negative ones count from the end.
func (m *machine) relativeIndex(v Value, length, absent int) int {
	if isUndefined(v) {
		return absent
	}
	i := toIndex(m.toNumber(v))
	if i < 0 {
		return max(0, length+i)
	}
	return min(i, length)
}

// clampIndex holds an index within 0 and length, NaN being 0.
func (m *machine) clampIndex(v Value, length, absent int) int {
	if isUndefined(v) {
		return absent
	}
	return max(0, min(toIndex(m.toNumber(v)), length))
}

// slice is target[start:stop:step] of jinjaCompat, with nunjucks's habits: it reads
// one past the end, and adds as JavaScript does, so that a text for a bound makes
// texts of the indices.
func (m *machine) slice(target, start, stop, step Value) Value {
	length := Value(0.0)
	if Truthy(target) {
		length = m.lengthOf(target)
	} else {
		target = NewArray()
	}
	down, up := m.relation(opLess, step, 0.0), m.relation(opGreater, step, 0.0)
	if start == nil {
		start = 0.0
		if down {
			start = m.arithmetic(opSub, length, 1.0)
		}
	}
	switch {
	case stop == nil && down:
		stop = -1.0
	case stop == nil:
		stop = length
	case m.relation(opLess, stop, 0.0):
		stop = m.add(stop, length)
	}
	if m.relation(opLess, start, 0.0) {
		start = m.add(start, length)
	}
	if math.IsNaN(m.toNumber(start)) || !down && !up {
		m.fail("a slice needs numbers for its bounds, and a step other than 0")
	}
	out := NewArray()
	for i := start; !m.relation(opLess, i, 0.0) && !m.relation(opGreater, i, length); i = m.add(i, step) {
		if up && m.relation(opGreaterEqual, i, stop) || down && m.relation(opLessEqual, i, stop) {
			break
		}
		m.step(1)
		m.grow(valueSize)
		out.Items = append(out.Items, m.member(target, i))
	}
	return out
}
