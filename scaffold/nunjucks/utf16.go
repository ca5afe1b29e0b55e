package nunjucks

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Strings are UTF-8, but the language counts UTF-16 code units. A lone surrogate,
// which a slice can leave behind, is kept in its three-byte form (ED A0..BF xx),
// and two halves that meet again become one character.

const (
	surrogateMin = 0xD800
	lowMin       = 0xDC00
	surrogateMax = 0xDFFF
)

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeRune is utf8.DecodeRuneInString that also knows lone surrogates.
func decodeRune(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80 {
		return rune(s[0]&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, size
}

func isSurrogate(r rune) bool { return r >= surrogateMin && r <= surrogateMax }

// appendRune appends r, a lone surrogate included.
func appendRune(b []byte, r rune) []byte {
	if isSurrogate(r) {
		return append(b, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0xBF, 0x80|byte(r)&0xBF)
	}
	return utf8.AppendRune(b, r)
}

func endsHigh(s string) bool {
	n := len(s)
	return n >= 3 && s[n-3] == 0xED && s[n-2] >= 0xA0 && s[n-2] <= 0xAF
}

func startsLow(s string) bool {
	return len(s) >= 3 && s[0] == 0xED && s[1] >= 0xB0 && s[1] <= 0xBF
}

// combine makes one character of its two halves.
func combine(high, low string) rune {
	h, _ := decodeRune(high)
	l, _ := decodeRune(low)
	return utf16.DecodeRune(h, l)
}

// length16 is the length of s in UTF-16 code units.
func length16(s string) int {
	if isASCII(s) {
		return len(s)
	}
	n := 0
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		i += size
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// units returns the UTF-16 code units of s.
func units(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		i += size
		if r > 0xFFFF {
			h, l := utf16.EncodeRune(r)
			out = append(out, uint16(h), uint16(l))
		} else {
			out = append(out, uint16(r))
		}
	}
	return out
}

// fromUnits is the string of UTF-16 code units.
func fromUnits(u []uint16) string {
	b := make([]byte, 0, len(u))
	for i := 0; i < len(u); i++ {
		r := rune(u[i])
		if isSurrogate(r) && i+1 < len(u) {
			if c := utf16.DecodeRune(r, rune(u[i+1])); c != utf8.RuneError {
				r = c
				i++
			}
		}
		b = appendRune(b, r)
	}
	return string(b)
}

// slice16 is s between two UTF-16 offsets, both within the string.
func slice16(s string, from, to int) string {
	if from >= to {
		return ""
	}
	if isASCII(s) {
		return s[from:to]
	}
	return fromUnits(units(s)[from:to])
}

// chars16 splits s into one string per UTF-16 code unit.
func chars16(s string) []string {
	out := make([]string, 0, len(s))
	if isASCII(s) {
		for i := range len(s) {
			out = append(out, s[i:i+1])
		}
		return out
	}
	for _, u := range units(s) {
		out = append(out, string(appendRune(nil, rune(u))))
	}
	return out
}

// index16 turns a byte offset of s into a UTF-16 offset.
func index16(s string, at int) int {
	if at < 0 {
		return at
	}
	return length16(s[:at])
}

// compare16 orders strings by UTF-16 code units, as < and sort do.
func compare16(a, b string) int {
	for i := 0; ; {
		switch {
		case i == len(a) && i == len(b):
			return 0
		case i == len(a):
			return -1
		case i == len(b):
			return 1
		case a[i] != b[i]:
			return compareRest(a, b, i)
		}
		i++
	}
}

// compareRest compares at the first byte that differs. UTF-8 order differs from
// UTF-16 order only between characters above U+FFFF and those from U+E000.
func compareRest(a, b string, i int) int {
	for i > 0 && a[i]&0xC0 == 0x80 || i > 0 && b[i]&0xC0 == 0x80 {
		i--
	}
	x, _ := decodeRune(a[i:])
	y, _ := decodeRune(b[i:])
	ux, uy := leadUnit(x), leadUnit(y)
	if ux != uy {
		return int(ux) - int(uy)
	}
	return int(x) - int(y)
}

func leadUnit(r rune) uint16 {
	if r > 0xFFFF {
		h, _ := utf16.EncodeRune(r)
		return uint16(h)
	}
	return uint16(r)
}

// spaceRanges is isSpace as the inside of a character class.
const spaceRanges = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`

const spaceClass = "[" + spaceRanges + "]"

// isSpace is JavaScript's \s and what trim removes.
func isSpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r == ' ', r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A,
		r == 0x2028, r == 0x2029, r == 0x202F, r == 0x205F, r == 0x3000, r == 0xFEFF:
		return true
	}
	return false
}

func trimSpace(s string) string { return strings.TrimFunc(s, isSpace) }
