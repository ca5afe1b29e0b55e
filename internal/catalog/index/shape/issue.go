package shape

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// maxMessage bounds the text of all issues together, in bytes: a client can make
// a value whose faults fill many times its own size.
const maxMessage = 16 << 10

// Issue is one thing that is wrong with a value.
type Issue struct {
	fields       []any // names and values of what describes it, in order
	message      string
	path         []any
	union        []Issues // what each option of a Union found wrong
	messageFirst bool
}

// Issues are all that is wrong with a value.
type Issues []Issue

// Error is the message for people, such as
//
//	Validation error: Expected string, received null at "kind"
func (list Issues) Error() string {
	return "Validation error: " + bounded(list[:min(len(list), 99)].text())
}

func bounded(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + "…"
}

func (list Issues) text() string {
	var parts []string
	size := 0
	for _, issue := range list {
		part := issue.text()
		if size += len(part); size > 2*maxMessage {
			break
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func (issue Issue) text() string {
	if issue.union != nil {
		var parts []string
		seen := map[string]bool{}
		for _, option := range issue.union {
			if text := option.text(); !seen[text] {
				seen[text] = true
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", or ")
	}
	if len(issue.path) == 0 {
		return issue.message
	}
	if i, ok := issue.path[0].(int); ok && len(issue.path) == 1 {
		return fmt.Sprintf("%s at index %d", issue.message, i)
	}
	return issue.message + ` at "` + joinPath(issue.path) + `"`
}

func joinPath(path []any) string {
	if name, ok := path[0].(string); ok && len(path) == 1 {
		if name == "" {
			return `""`
		}
		return name
	}
	var b strings.Builder
	for _, step := range path {
		switch s := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		case string:
			switch {
			case strings.Contains(s, `"`):
				b.WriteString(`["` + strings.ReplaceAll(s, `"`, `\"`) + `"]`)
			case !strings.ContainsFunc(s, startsName):
				b.WriteString(`["` + s + `"]`)
			case b.Len() > 0:
				b.WriteString("." + s)
			default:
				b.WriteString(s)
			}
		}
	}
	return b.String()
}

func startsName(r rune) bool { return r == '$' || r == '_' || unicode.IsLetter(r) }

// JSON is the list of issues as zod prints it: indented, one object per issue.
func (list Issues) JSON() string {
	var b strings.Builder
	writeValue(&b, list, "")
	return bounded(b.String())
}

func writeValue(b *strings.Builder, v any, indent string) {
	inner := indent + "  "
	list := func(n int, each func(int)) {
		if n == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[")
		for i := range n {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString("\n" + inner)
			each(i)
		}
		b.WriteString("\n" + indent + "]")
	}
	switch v := v.(type) {
	case Issues:
		list(len(v), func(i int) { writeObject(b, v[i].members(), inner) })
	case []Issues:
		list(len(v), func(i int) { writeObject(b, []any{"issues", v[i], "name", "ZodError"}, inner) })
	case []any:
		list(len(v), func(i int) { writeValue(b, v[i], inner) })
	case []string:
		list(len(v), func(i int) { writeValue(b, v[i], inner) })
	case catalog.Value:
		text, err := v.MarshalJSON()
		if err == nil {
			b.Write(text)
		}
	case string:
		var text strings.Builder
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if enc.Encode(v) == nil {
			b.WriteString(strings.TrimSuffix(text.String(), "\n"))
		}
	default:
		fmt.Fprint(b, v)
	}
}

func (issue Issue) members() []any {
	path := issue.path
	if path == nil {
		path = []any{}
	}
	if issue.messageFirst {
		return append(issue.fields[:len(issue.fields):len(issue.fields)], "message", issue.message, "path", path)
	}
	return append(issue.fields[:len(issue.fields):len(issue.fields)], "path", path, "message", issue.message)
}

func writeObject(b *strings.Builder, members []any, indent string) {
	b.WriteString("{")
	for i, v := range members {
		switch {
		case i%2 == 1:
			b.WriteString(": ")
		case i > 0:
			b.WriteString(",\n" + indent + "  ")
		default:
			b.WriteString("\n" + indent + "  ")
		}
		writeValue(b, v, indent+"  ")
	}
	b.WriteString("\n" + indent + "}")
}
