package scaffold

import (
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest is the candidate that name is most likely a misspelling of, or "".
func nearest(name string, candidates []string) string {
	best, least := "", 3
	for _, c := range candidates {
		if len(c) > 4*len(name)+8 || c == name {
			continue
		}
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(c)); d < least && d*2 <= len(name) {
			best, least = c, d
		}
	}
	return best
}

// oneOf writes a list as people say it: a, b or c.
func oneOf(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " and " + b
}

// shorten cuts what somebody else wrote to what fits a message.
func shorten(s string, most int) string {
	runes := []rune(s)
	if len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// dotted is a path as people write it: a.b[0]; root when it is empty.
func dotted(path []string, root string) string {
	var b strings.Builder
	for _, key := range path {
		if _, err := strconv.Atoi(key); err == nil {
			b.WriteString("[" + key + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(key)
	}
	if b.Len() == 0 {
		return root
	}
	return b.String()
}

// pointerKeys splits a local reference such as #/definitions/name.
func pointerKeys(ref string) []string {
	var keys []string
	for _, key := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if key != "" {
			keys = append(keys, strings.NewReplacer("~1", "/", "~0", "~").Replace(key))
		}
	}
	return keys
}
