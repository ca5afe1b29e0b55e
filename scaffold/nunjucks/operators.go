package nunjucks

import "math"

// add is JavaScript's +: concatenation when either side is a string once arrays
// and objects have become strings, else addition.
func (m *machine) add(a, b Value) Value {
	if x, ok := a.(float64); ok {
		if y, ok := b.(float64); ok {
			return x + y
		}
	}
	a, b = m.primitive(a), m.primitive(b)
	_, aText := a.(string)
	_, bText := b.(string)
	if aText || bText {
		return m.concat(m.text(a), m.text(b))
	}
	return m.toNumber(a) + m.toNumber(b)
}

// arithmetic is - * / % on numbers.
func (m *machine) arithmetic(op operator, a, b Value) Value {
	x, y := m.toNumber(a), m.toNumber(b)
	switch op {
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	default:
		return math.Mod(x, y)
	}
}

// order compares a and b: by code units between strings, else by number. ordered is false
// when a side is NaN.
func (m *machine) order(a, b Value) (cmp int, ordered bool) {
	_, aFunc := a.(*Func)
	_, bFunc := b.(*Func)
	if aFunc || bFunc {
		return 0, false
	}
	a, b = m.primitive(a), m.primitive(b)
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return compare16(x, y), true
		}
	}
	x, y := m.toNumber(a), m.toNumber(b)
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	case x == y:
		return 0, true
	}
	return 0, false
}

func (m *machine) relation(op operator, a, b Value) bool {
	cmp, ordered := m.order(a, b)
	if !ordered {
		return false
	}
	switch op {
	case opLess:
		return cmp < 0
	case opLessEqual:
		return cmp <= 0
	case opGreater:
		return cmp > 0
	default:
		return cmp >= 0
	}
}

// strictEqual is ===: no coercion, arrays and objects by identity.
func strictEqual(a, b Value) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case Undefined:
		return isUndefined(b)
	case bool:
		y, ok := b.(bool)
		return ok && a == y
	case float64:
		y, ok := b.(float64)
		return ok && a == y
	case string:
		y, ok := b.(string)
		return ok && a == y
	}
	return a == b
}

// looseEqual is ==.
func (m *machine) looseEqual(a, b Value) bool {
	if isNullish(a) || isNullish(b) {
		return isNullish(a) && isNullish(b)
	}
	aObject, bObject := !isPrimitive(a), !isPrimitive(b)
	_, aFunc := a.(*Func)
	_, bFunc := b.(*Func)
	if aObject && bObject || aFunc || bFunc {
		return a == b
	}
	a, b = m.primitive(a), m.primitive(b)
	if x, ok := a.(string); ok {
		if y, ok := b.(string); ok {
			return x == y
		}
	}
	return m.toNumber(a) == m.toNumber(b)
}

func isPrimitive(v Value) bool {
	switch v.(type) {
	case nil, Undefined, bool, float64, string:
		return true
	}
	return false
}

// contains is the language's in: an element of an array, a part of a string, a
// key of an object.
func (m *machine) contains(key, in Value) bool {
	switch in := in.(type) {
	case *Array:
		m.step(len(in.Items) / 8)
		return indexOf(in.Items, key, 0) >= 0
	case string:
		return indexString(in, m.text(key), 0) >= 0
	case *Object:
		return in.Has(m.text(key))
	case *Safe:
		k := m.text(key)
		return k == "val" || k == "length"
	}
	m.failf("cannot use \"in\" to search %s: it takes an array, a string or an object", typeName(in))
	return false
}

func indexOf(items []Value, v Value, from int) int {
	for i := from; i < len(items); i++ {
		if strictEqual(items[i], v) {
			return i
		}
	}
	return -1
}
