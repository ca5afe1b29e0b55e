package catalog

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// DefaultNamespace is the namespace of an entity that names none.
const DefaultNamespace = "default"

// Ref names an entity. Its parts keep the case they were written in; two Refs
// name the same entity when their String is equal.
type Ref struct {
	Kind      string
	Namespace string
	Name      string
}

// String returns the lower-cased kind:namespace/name, by which Backstage stores
// and compares entities.
func (r Ref) String() string {
	return lower(r.Kind) + ":" + lower(r.Namespace) + "/" + lower(r.Name)
}

// ParseRef reads "[kind:][namespace/]name". The first colon counts only before
// the first slash; the name may hold anything after that. defaultKind stands in
// for a missing kind and may be "" where the field has none, which makes a
// reference without kind an error; defaultNamespace "" means [DefaultNamespace].
func ParseRef(s, defaultKind, defaultNamespace string) (Ref, error) {
	if s == "" {
		return Ref{}, refError("Error", "Entity reference must not be empty")
	}
	colon, slash := strings.IndexByte(s, ':'), strings.IndexByte(s, '/')
	if slash >= 0 && slash < colon {
		colon = -1
	}
	r := Ref{Kind: defaultKind, Namespace: defaultNamespace, Name: s[max(colon, slash)+1:]}
	if r.Namespace == "" {
		r.Namespace = DefaultNamespace
	}
	empty := r.Name == ""
	if colon >= 0 {
		r.Kind = s[:colon]
		empty = empty || r.Kind == ""
	}
	if slash >= 0 {
		r.Namespace = s[colon+1 : slash]
		empty = empty || r.Namespace == ""
	}
	if empty {
		return Ref{}, refError("TypeError", "Entity reference %q was not on the form [<kind>:][<namespace>/]<name>", quoted(s))
	}
	if r.Kind == "" {
		return Ref{}, missingKind(stringValue(s))
	}
	return r, nil
}

func missingKind(v Value) *Error {
	return refError("Error", `Entity reference %s had missing or empty kind (e.g. did not start with "component:" or similar)`, v.appendJSON(nil))
}

// quoted keeps %q from escaping: Backstage puts plain quotes around the text.
type quoted string

// Format implements fmt.Formatter.
func (q quoted) Format(f fmt.State, _ rune) { fmt.Fprintf(f, `"%s"`, string(q)) }

func refError(name, format string, args ...any) *Error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
}

// lower is JavaScript's toLowerCase: full Unicode mapping, no language.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return cases.Lower(language.Und).String(s)
		}
	}
	return strings.ToLower(s)
}

// utf16Len is JavaScript's string length.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// compareUTF16 orders strings as JavaScript's sort does, by UTF-16 unit. It
// differs from byte order only above U+FFFF.
func compareUTF16(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] && a[0] < 0x80 {
		a, b = a[1:], b[1:]
	}
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	ua, ub := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(ua), len(ub)) {
		if ua[i] != ub[i] {
			return int(ua[i]) - int(ub[i])
		}
	}
	return len(ua) - len(ub)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
