package index

import (
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
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(b[:start], lower(s)...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
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

// like is SQL's LIKE '%term%': % stands for any text and _ for any character. The
// term is lower-cased.
type like struct {
	parts []string
	wild  bool // a part holds _
}

func newLike(term string) like {
	return like{strings.Split(term, "%"), strings.Contains(term, "_")}
}

// match compares in lower case; plain says that text is in lower case already.
func (l like) match(text string, plain bool) bool {
	if !plain && !isASCII(text) {
		text, plain = lower(text), true
	}
	for _, part := range l.parts {
		var at int
		if plain && !l.wild {
			if at = strings.Index(text, part); at >= 0 {
				at += len(part)
			}
		} else {
			at = indexWild(text, part)
		}
		if at < 0 {
			return false
		}
		text = text[at:]
	}
	return true
}

// indexWild returns the index after the first place where part fits, or -1.
func indexWild(text, part string) int {
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
func matchWild(text, part string) int {
	at := 0
	for i := range len(part) {
		if at >= len(text) {
			return -1
		}
		c := text[at]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch part[i] {
		case '_':
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
		case c:
			at++
		default:
			return -1
		}
	}
	return at
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
