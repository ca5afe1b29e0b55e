package index

import (
	"encoding/json"
	"iter"
	"strings"
)

// The functions here walk JSON text that is known to be valid and hand out parts
// of it without copying. White space between tokens is allowed.

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// skipString returns the index after the string that starts at s[i].
func skipString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// skipValue returns the index after the value that starts at s[i].
func skipValue(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		for depth := 0; i < len(s); {
			switch s[i] {
			case '"':
				i = skipString(s, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(s)
	}
	for i < len(s) && s[i] != ',' && s[i] != '}' && s[i] != ']' && !isSpace(s[i]) {
		i++
	}
	return i
}

// span is where a value lies in the text it was found in.
type span struct{ start, end int }

// memberSpans yields the members of a JSON object in order: the key as it is in
// raw, and where the value is. It yields nothing for other values.
func memberSpans(raw string) iter.Seq2[string, span] {
	return func(yield func(string, span) bool) {
		if raw == "" || raw[0] != '{' {
			return
		}
		for i := skipSpace(raw, 1); i < len(raw) && raw[i] == '"'; {
			end := skipString(raw, i)
			key := raw[i:end]
			i = skipSpace(raw, end)
			i = skipSpace(raw, i+1)
			end = skipValue(raw, i)
			if !yield(key, span{i, end}) {
				return
			}
			i = skipSpace(raw, end)
			if i < len(raw) && raw[i] == ',' {
				i = skipSpace(raw, i+1)
			}
		}
	}
}

// members is memberSpans with the text of the values.
func members(raw string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for key, at := range memberSpans(raw) {
			if !yield(key, raw[at.start:at.end]) {
				return
			}
		}
	}
}

// elements yields the text of the elements of a JSON array, and nothing for
// other values.
func elements(raw string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if raw == "" || raw[0] != '[' {
			return
		}
		for i := skipSpace(raw, 1); i < len(raw) && raw[i] != ']'; {
			end := skipValue(raw, i)
			if !yield(raw[i:end]) {
				return
			}
			i = skipSpace(raw, end)
			if i < len(raw) && raw[i] == ',' {
				i = skipSpace(raw, i+1)
			}
		}
	}
}

// member returns the text of the member of an object.
func member(raw, name string) (string, bool) {
	for key, value := range members(raw) {
		if unquote(key) == name {
			return value, true
		}
	}
	return "", false
}

// unquote returns what a JSON string says; it shares raw's memory where it can.
func unquote(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}
	inner := raw[1 : len(raw)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return inner
	}
	return s
}

// appendQuoted writes s as JSON.stringify does for text without lone surrogates.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
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
	}
	return append(b, '"')
}
