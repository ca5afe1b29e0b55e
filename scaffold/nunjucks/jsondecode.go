package nunjucks

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth bounds how deep JSON may nest.
const maxJSONDepth = 1000

var errJSONDepth = errors.New("JSON is nested more than 1000 levels deep")

// DecodeJSON reads one JSON document as JavaScript's JSON.parse does: object keys
// keep their order, a repeated key keeps its first place and its last value, and
// lone surrogates survive.
func DecodeJSON(data []byte) (Value, error) {
	d := jsonDecoder{data: data}
	d.space()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.at != len(d.data) {
		return nil, d.unexpected()
	}
	return v, nil
}

type jsonDecoder struct {
	data []byte
	at   int
}

func (d *jsonDecoder) unexpected() error {
	if d.at >= len(d.data) {
		return errors.New("JSON ends too early")
	}
	r, _ := utf8.DecodeRune(d.data[d.at:])
	return fmt.Errorf("unexpected %q at byte %d of JSON", r, d.at)
}

func (d *jsonDecoder) space() {
	for d.at < len(d.data) {
		switch d.data[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// skip moves past c if it is next.
func (d *jsonDecoder) skip(c byte) bool {
	if d.at < len(d.data) && d.data[d.at] == c {
		d.at++
		return true
	}
	return false
}

func (d *jsonDecoder) value(depth int) (Value, error) {
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	if d.at >= len(d.data) {
		return nil, d.unexpected()
	}
	switch c := d.data[d.at]; {
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '"':
		return d.str()
	case c == '-' || isDigit(c):
		return d.number()
	case d.word("true"):
		return true, nil
	case d.word("false"):
		return false, nil
	case d.word("null"):
		return nil, nil
	}
	return nil, d.unexpected()
}

func (d *jsonDecoder) word(w string) bool {
	if len(d.data)-d.at >= len(w) && string(d.data[d.at:d.at+len(w)]) == w {
		d.at += len(w)
		return true
	}
	return false
}

func (d *jsonDecoder) object(depth int) (Value, error) {
	d.at++
	o := NewObject()
	d.space()
	if d.skip('}') {
		return o, nil
	}
	for {
		d.space()
		if d.at >= len(d.data) || d.data[d.at] != '"' {
			return nil, d.unexpected()
		}
		key, err := d.str()
		if err != nil {
			return nil, err
		}
		d.space()
		if !d.skip(':') {
			return nil, d.unexpected()
		}
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
		d.space()
		if d.skip('}') {
			return o, nil
		}
		if !d.skip(',') {
			return nil, d.unexpected()
		}
	}
}

func (d *jsonDecoder) array(depth int) (Value, error) {
	d.at++
	a := NewArray()
	d.space()
	if d.skip(']') {
		return a, nil
	}
	for {
		d.space()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		a.Items = append(a.Items, v)
		d.space()
		if d.skip(']') {
			return a, nil
		}
		if !d.skip(',') {
			return nil, d.unexpected()
		}
	}
}

func (d *jsonDecoder) number() (Value, error) {
	start := d.at
	d.skip('-')
	if !d.skip('0') && !d.digits() {
		return nil, d.unexpected()
	}
	if d.skip('.') && !d.digits() {
		return nil, d.unexpected()
	}
	if d.skip('e') || d.skip('E') {
		if !d.skip('+') {
			d.skip('-')
		}
		if !d.digits() {
			return nil, d.unexpected()
		}
	}
	return parseDecimal(string(d.data[start:d.at])), nil
}

func (d *jsonDecoder) digits() bool {
	start := d.at
	for d.at < len(d.data) && isDigit(d.data[d.at]) {
		d.at++
	}
	return d.at > start
}

func (d *jsonDecoder) str() (string, error) {
	d.at++
	start := d.at
	for d.at < len(d.data) && d.data[d.at] >= ' ' && d.data[d.at] != '"' && d.data[d.at] != '\\' {
		d.at++
	}
	out := d.data[start:d.at]
	if d.skip('"') {
		return validText(out), nil
	}
	out = append([]byte(nil), out...)
	for d.at < len(d.data) {
		switch c := d.data[d.at]; {
		case c == '"':
			d.at++
			return validText(out), nil
		case c == '\\':
			var err error
			if out, err = d.escape(out); err != nil {
				return "", err
			}
		case c < ' ':
			return "", d.unexpected()
		default:
			out = append(out, c)
			d.at++
		}
	}
	return "", d.unexpected()
}

// escape appends what the escape sequence at d.at stands for.
func (d *jsonDecoder) escape(out []byte) ([]byte, error) {
	d.at++
	if d.at >= len(d.data) {
		return nil, d.unexpected()
	}
	c := d.data[d.at]
	if c == 'u' {
		return d.unicode(out)
	}
	plain := map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
	r, ok := plain[c]
	if !ok {
		return nil, d.unexpected()
	}
	d.at++
	return append(out, r), nil
}

func (d *jsonDecoder) unicode(out []byte) ([]byte, error) {
	r, ok := d.hex4(d.at)
	if !ok {
		return nil, d.unexpected()
	}
	d.at += 5
	if isSurrogate(r) && d.at+5 < len(d.data) && d.data[d.at] == '\\' && d.data[d.at+1] == 'u' {
		if low, ok := d.hex4(d.at + 1); ok {
			if c := utf16.DecodeRune(r, low); c != utf8.RuneError {
				d.at += 6
				r = c
			}
		}
	}
	return appendRune(out, r), nil
}

// hex4 reads the four digits after the u at position u.
func (d *jsonDecoder) hex4(u int) (rune, bool) {
	if u+5 > len(d.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(d.data[u+1:u+5]), 16, 32)
	return rune(n), err == nil
}

// validText is b as a string; bytes that are not UTF-8 become U+FFFD.
func validText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	s := string(b)
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		i += size
		out = appendRune(out, r)
	}
	return string(out)
}
