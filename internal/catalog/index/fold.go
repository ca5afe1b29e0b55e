package index

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// lower is JavaScript's toLowerCase, by which the catalog compares.
func lower(s string) string {
	upper := false
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return cases.Lower(language.Und).String(s)
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s
	}
	return strings.ToLower(s)
}

// appendLower appends lower(s).
func appendLower(b []byte, s string) []byte {
	start := len(b)
	b = append(b, s...)
	if !lowerASCII(b[start:]) {
		return append(b[:start], lower(s)...)
	}
	return b
}

// lowerASCII lower-cases b in place, eight bytes at a time: full-text search does
// this to every value there is. It reports false when b is not ASCII.
func lowerASCII(b []byte) bool {
	const each = 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		if x&(0x80*each) != 0 {
			return false
		}
		// The high bit of a byte is set from 'A' on, and from beyond 'Z' on.
		upper := (x + (0x80-'A')*each) &^ (x + (0x80-'Z'-1)*each) & (0x80 * each)
		binary.LittleEndian.PutUint64(b, x|upper>>2)
	}
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
		if c-'A' <= 'Z'-'A' {
			b[i] = c + 'a' - 'A'
		}
	}
	return true
}

// compareLower compares lower(s) with folded, which is lower-cased already, byte
// by byte.
func compareLower(s, folded string) int {
	n := min(len(s), len(folded))
	for i := range n {
		c := s[i]
		if c >= utf8.RuneSelf {
			return strings.Compare(lower(s), folded)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != folded[i] {
			return int(c) - int(folded[i])
		}
	}
	return len(s) - len(folded)
}

// units counts the UTF-16 units of s, which is what JavaScript calls its length.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// longer reports whether s has more than limit UTF-16 units.
func longer(s string, limit int) bool { return len(s) > limit && units(s) > limit }

// like is SQL's LIKE '%term%': % stands for any text and _ for any character.
type like struct {
	parts [][]byte
	wild  bool // a part holds _
}

// newLike takes a term that is lower-cased.
func newLike(term string) like {
	return like{bytes.Split([]byte(term), []byte("%")), strings.Contains(term, "_")}
}

// match takes a text that is lower-cased.
func (l like) match(text []byte) bool {
	for _, part := range l.parts {
		end := indexPlain(text, part)
		if l.wild {
			end = indexWild(text, part)
		}
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// indexPlain returns the index after the first place where part is, or -1.
func indexPlain(text, part []byte) int {
	at := bytes.Index(text, part)
	if at < 0 {
		return -1
	}
	return at + len(part)
}

// indexWild returns the index after the first place where part fits, or -1.
func indexWild(text, part []byte) int {
	for start := 0; start <= len(text); start++ {
		if start < len(text) && !utf8.RuneStart(text[start]) {
			continue
		}
		if n := matchWild(text[start:], part); n >= 0 {
			return start + n
		}
	}
	return -1
}

// matchWild returns how much of text part takes from its start, or -1.
func matchWild(text, part []byte) int {
	at := 0
	for _, want := range part {
		switch {
		case at >= len(text):
			return -1
		case want == '_':
			_, size := utf8.DecodeRune(text[at:])
			at += size
		case want == text[at]:
			at++
		default:
			return -1
		}
	}
	return at
}
