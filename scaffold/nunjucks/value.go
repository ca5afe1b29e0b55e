package nunjucks

import (
	"math"
	"strconv"
	"strings"
)

// Value is a value of the language. It is one of:
//
//	nil         null
//	Undefined   undefined
//	bool        true and false
//	float64     a number
//	string      a string in UTF-8; lone UTF-16 surrogates use their three-byte form
//	*Safe       a string that autoescape leaves alone
//	*Array      an array, shared by reference
//	*Object     an object, shared by reference
//	*Func       something callable: a macro, a method, a global
//	*Regexp     a regular expression literal
//
// Any other Go type is a programming error.
type Value = any

// Undefined is JavaScript's undefined: what an absent variable or member is.
type Undefined struct{}

// Safe is a string marked as needing no escaping. It is an object in the
// language: true even when empty, and equal (===) only to itself.
type Safe struct{ text string }

// Array is an array. It grows and shrinks in place, as methods such as push do.
type Array struct{ Items []Value }

// NewArray returns an array that holds items.
func NewArray(items ...Value) *Array { return &Array{Items: items} }

// Func is a callable value. It is never printed, dumped or returned to Go.
type Func struct {
	name string
	call func(m *machine, args []Value) Value
}

func isUndefined(v Value) bool {
	_, ok := v.(Undefined)
	return ok
}

// isNullish reports undefined or null.
func isNullish(v Value) bool { return v == nil || isUndefined(v) }

// Truthy is JavaScript's truth of a value: undefined, null, false, 0, NaN and
// the empty string are false, everything else (empty arrays too) is true.
func Truthy(v Value) bool {
	switch v := v.(type) {
	case nil, Undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

// typeName is what an error calls a value's kind.
func typeName(v Value) string {
	switch v.(type) {
	case nil:
		return "null"
	case Undefined:
		return "undefined"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string, *Safe:
		return "a string"
	case *Array:
		return "an array"
	case *Object:
		return "an object"
	case *Regexp:
		return "a regular expression"
	}
	return "a function"
}

// arg returns args[i], undefined when there is none.
func arg(args []Value, i int) Value {
	if i < len(args) {
		return args[i]
	}
	return Undefined{}
}

// isJSString is true for a primitive string only: a Safe is an object.
func isJSString(v Value) bool {
	_, ok := v.(string)
	return ok
}

// primitive turns arrays, objects and the like into the string that operators
// see; other values stay as they are.
func (m *machine) primitive(v Value) Value {
	switch v.(type) {
	case nil, Undefined, bool, float64, string:
		return v
	}
	return m.text(v)
}

// primitiveText is String(v) of a primitive value.
func primitiveText(v Value) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case nil:
		return "null", true
	case Undefined:
		return "undefined", true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return formatNumber(v), true
	}
	return "", false
}

// text is String(v).
func (m *machine) text(v Value) string {
	if text, ok := primitiveText(v); ok {
		return text
	}
	switch v := v.(type) {
	case *Safe:
		return v.text
	case *Array:
		return m.joinArray(v, ",")
	case *Object:
		if v.Has("toString") {
			m.fail("cannot convert an object with its own toString to a string")
		}
		return "[object Object]"
	case *Regexp:
		return v.String()
	case *Func:
		m.fail("a function cannot be printed: call it with ()")
	}
	panic("nunjucks: value of unknown type")
}

// joinArray is Array.prototype.join: null and undefined are empty.
func (m *machine) joinArray(a *Array, sep string) string {
	m.enter(1)
	defer m.leave(1)
	var b strings.Builder
	last := ""
	for i, item := range a.Items {
		m.step(1)
		if i > 0 && sep != "" {
			last = sep
			m.grow(len(sep))
			b.WriteString(sep)
		}
		if isNullish(item) {
			continue
		}
		s := m.text(item)
		m.grow(len(s))
		if endsHigh(last) && startsLow(s) {
			return m.joinSurrogates(a, sep)
		}
		b.WriteString(s)
		if s != "" {
			last = s
		}
	}
	return b.String()
}

// joinSurrogates is joinArray for the rare case that halves of one character
// meet: they become one again.
func (m *machine) joinSurrogates(a *Array, sep string) string {
	out := ""
	for i, item := range a.Items {
		m.step(1 + len(out)/256)
		if i > 0 {
			out = m.concat(out, sep)
		}
		if !isNullish(item) {
			out = m.concat(out, m.text(item))
		}
	}
	return out
}

// concat is string concatenation, counted against the memory limit.
func (m *machine) concat(a, b string) string {
	if a == "" {
		return b
	}
	if b == "" {
		return a
	}
	m.grow(len(a) + len(b))
	if endsHigh(a) && startsLow(b) {
		return a[:len(a)-3] + string(combine(a[len(a)-3:], b[:3])) + b[3:]
	}
	return a + b
}
