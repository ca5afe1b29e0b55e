package rule

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// The bounds of an Answer, in characters.
const (
	maxActual  = 120
	maxMessage = 500
)

// unknownName says that there is no such name, and which one may be meant.
func unknownName(what, name string, known []string) error {
	hint := ""
	if near := Nearest(name, known); near != "" {
		hint = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Errorf("%q is not %s%s; known are %s", clip(name, 60), what, hint, strings.Join(known, ", "))
}

// Nearest returns the known name that name is most likely a misspelling of, or "".
func Nearest(name string, known []string) string {
	if len(name) > 60 {
		return ""
	}
	best, least := "", max(3, len(name)/3+1)
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(k)); d < least && d*2 < len(name) {
			best, least = k, d
		}
	}
	return best
}

// clip puts s on one line, without characters that nobody sees, and cuts it.
func clip(s string, most int) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean && len(s) <= most {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == most-1 && utf8.RuneCountInString(s) > most {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
