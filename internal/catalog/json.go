package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MarshalJSON writes the value as JavaScript's JSON.stringify does: keys in
// order, numbers in their shortest form, infinities and NaN as null, nothing
// escaped that need not be.
func (v Value) MarshalJSON() ([]byte, error) { return v.appendJSON(nil), nil }

// MarshalJSON writes the object; see [Value.MarshalJSON].
func (o *Object) MarshalJSON() ([]byte, error) { return objectValue(o).appendJSON(nil), nil }

func (v Value) appendJSON(b []byte) []byte {
	switch v.kind {
	case Bool:
		return strconv.AppendBool(b, v.flag)
	case Number:
		if math.IsNaN(v.num) || math.IsInf(v.num, 0) {
			return append(b, "null"...)
		}
		return append(b, formatNumber(v.num)...)
	case String:
		return appendJSONString(b, v.str)
	case Array:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case Map:
		b = append(b, '{')
		first := true
		for key, value := range v.obj.All() {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendJSONString(b, key)
			b = append(b, ':')
			b = value.appendJSON(b)
		}
		return append(b, '}')
	default:
		return append(b, "null"...)
	}
}

// formatNumber is JavaScript's Number.prototype.toString.
func formatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(s, "e")
	sign, digits := exponent[:1], strings.TrimLeft(exponent[1:], "0")
	return mantissa + "e" + sign + digits
}

// appendJSONString quotes s. A lone surrogate, which a YAML escape can make and
// which is kept as its three bytes, becomes an escape again.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c >= 0x20:
				b = append(b, c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c == '\t':
				b = append(b, '\\', 't')
			case c == '\b':
				b = append(b, '\\', 'b')
			case c == '\f':
				b = append(b, '\\', 'f')
			default:
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			continue
		}
		if u, ok := surrogateAt(s[i:]); ok {
			b = append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
			i += 3
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return append(b, '"')
}

// surrogateAt decodes a UTF-16 surrogate written as three bytes, which is not
// valid UTF-8 and so cannot be mistaken for text.
func surrogateAt(s string) (uint16, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1] < 0xA0 || s[1] > 0xBF || s[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F), true
}

func appendSurrogate(b []byte, u uint16) []byte {
	return append(b, 0xED, 0x80|byte(u>>6&0x3F), 0x80|byte(u&0x3F))
}

// jsonMaxDepth bounds how deep a JSON text may nest before it is refused.
const jsonMaxDepth = 1000

// ParseJSON reads one JSON value and keeps the order of its keys. Positions are
// unknown. It refuses text after the value and nesting over 1,000 levels.
func ParseJSON(data []byte) (Value, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	v, err := decodeJSON(dec, 0)
	if err != nil {
		return Value{}, fmt.Errorf("reading JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Value{}, fmt.Errorf("reading JSON: text after the value at byte %d", dec.InputOffset())
	}
	return v, nil
}

func decodeJSON(dec *json.Decoder, depth int) (Value, error) {
	token, err := dec.Token()
	if err != nil {
		return Value{}, err
	}
	if depth > jsonMaxDepth {
		return Value{}, fmt.Errorf("nested over %d levels", jsonMaxDepth)
	}
	switch t := token.(type) {
	case bool:
		return boolValue(t), nil
	case float64:
		return numberValue(t), nil
	case string:
		return stringValue(t), nil
	case json.Delim:
		if t == '[' {
			return decodeJSONArray(dec, depth)
		}
		return decodeJSONObject(dec, depth)
	}
	return Value{}, nil
}

func decodeJSONArray(dec *json.Decoder, depth int) (Value, error) {
	items := []Value{}
	for dec.More() {
		item, err := decodeJSON(dec, depth+1)
		if err != nil {
			return Value{}, err
		}
		items = append(items, item)
	}
	_, err := dec.Token()
	return arrayValue(items), err
}

func decodeJSONObject(dec *json.Decoder, depth int) (Value, error) {
	obj := &Object{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return Value{}, err
		}
		key, ok := token.(string)
		if !ok {
			return Value{}, fmt.Errorf("key %v is no string", token)
		}
		value, err := decodeJSON(dec, depth+1)
		if err != nil {
			return Value{}, err
		}
		obj.set(key, Position{}, value)
	}
	_, err := dec.Token()
	return objectValue(obj), err
}
