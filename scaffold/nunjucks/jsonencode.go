package nunjucks

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// EncodeJSON writes v as JSON.stringify does, on one line. A value that JSON does
// not know (undefined, a function) is left out of objects and null in arrays; at
// the top it is an error.
func EncodeJSON(v Value) ([]byte, error) {
	e := jsonEncoder{charge: func(int) bool { return true }}
	if !e.value(v, 0) {
		if e.err == nil {
			e.err = errors.New("the value has no JSON form")
		}
		return nil, e.err
	}
	return e.out, e.err
}

// jsonEncoder is JSON.stringify. charge is told of every value's size and may
// refuse to go on.
type jsonEncoder struct {
	out    []byte
	indent string
	charge func(bytes int) bool
	err    error
	told   int
}

// value appends v and reports whether it has a JSON form.
func (e *jsonEncoder) value(v Value, depth int) bool {
	if e.err == nil && depth > maxJSONDepth {
		e.err = errJSONDepth
	}
	if e.err == nil && !e.charge(len(e.out)-e.told+1) {
		e.err = errStopped
	}
	e.told = len(e.out)
	if e.err != nil {
		return false
	}
	switch v := v.(type) {
	case nil:
		e.out = append(e.out, "null"...)
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case float64:
		e.number(v)
	case string:
		e.out = appendQuoted(e.out, v)
	case *Safe:
		o := NewObject()
		o.Set("val", v.text)
		o.Set("length", float64(length16(v.text)))
		e.object(o, depth)
	case *Regexp:
		e.out = append(e.out, "{}"...)
	case *Array:
		e.array(v, depth)
	case *Object:
		e.object(v, depth)
	default:
		return false
	}
	return e.err == nil
}

var errStopped = errors.New("stopped by a limit")

func (e *jsonEncoder) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.out = append(e.out, "null"...)
		return
	}
	e.out = append(e.out, formatNumber(f)...)
}

func (e *jsonEncoder) array(a *Array, depth int) {
	if len(a.Items) == 0 {
		e.out = append(e.out, "[]"...)
		return
	}
	e.out = append(e.out, '[')
	for i, item := range a.Items {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.newline(depth + 1)
		if !e.value(item, depth+1) {
			e.out = append(e.out, "null"...)
		}
		if e.err != nil {
			return
		}
	}
	e.newline(depth)
	e.out = append(e.out, ']')
}

func (e *jsonEncoder) object(o *Object, depth int) {
	e.out = append(e.out, '{')
	empty := true
	for _, key := range o.Keys() {
		undo := len(e.out)
		if !empty {
			e.out = append(e.out, ',')
		}
		e.newline(depth + 1)
		e.out = appendQuoted(e.out, key)
		e.out = append(e.out, ':')
		if e.indent != "" {
			e.out = append(e.out, ' ')
		}
		if !e.value(o.Get(key), depth+1) {
			e.out = e.out[:undo]
			e.told = min(e.told, undo)
		} else {
			empty = false
		}
		if e.err != nil {
			return
		}
	}
	if !empty {
		e.newline(depth)
	}
	e.out = append(e.out, '}')
}

func (e *jsonEncoder) newline(depth int) {
	if e.indent == "" {
		return
	}
	e.out = append(e.out, '\n')
	for range depth {
		e.out = append(e.out, e.indent...)
	}
}

const hexDigits = "0123456789abcdef"

// appendQuoted appends s as a JSON string: no HTML escaping, lone surrogates as
// escapes, as JSON.stringify writes them.
func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0xED {
			i++
			continue
		}
		if c == 0xED {
			r, size := decodeRune(s[i:])
			if isSurrogate(r) {
				out = append(out, s[start:i]...)
				out = append(out, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
				start = i + size
			}
			i += size
			continue
		}
		out = append(out, s[start:i]...)
		out = appendEscape(out, c)
		i++
		start = i
	}
	out = append(out, s[start:]...)
	return append(out, '"')
}

func appendEscape(out []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(out, '\\', c)
	case '\b':
		return append(out, '\\', 'b')
	case '\f':
		return append(out, '\\', 'f')
	case '\n':
		return append(out, '\\', 'n')
	case '\r':
		return append(out, '\\', 'r')
	case '\t':
		return append(out, '\\', 't')
	}
	return append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// dump is the dump filter: JSON.stringify(v, null, spaces).
func (m *machine) dump(v, spaces Value) Value {
	e := jsonEncoder{indent: dumpIndent(spaces), charge: func(n int) bool {
		m.step(1)
		m.grow(n)
		return true
	}}
	ok := e.value(v, 0)
	if e.err != nil {
		m.fail(e.err.Error())
	}
	if !ok {
		return Undefined{}
	}
	return string(e.out)
}

// dumpIndent is JSON.stringify's third argument: up to ten spaces, or the first
// ten units of a string.
func dumpIndent(spaces Value) string {
	switch s := spaces.(type) {
	case float64:
		if n := toIndex(s); n > 0 {
			return strings.Repeat(" ", min(n, 10))
		}
	case string:
		return slice16(s, 0, min(10, length16(s)))
	}
	return ""
}
