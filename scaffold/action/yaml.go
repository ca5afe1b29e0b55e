package action

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

const (
	yamlWidth   = 80   // UTF-16 units of a line before it is folded
	yamlContent = 20   // units that a line has at least, however deep it is
	yamlKey     = 1024 // units of a key that may stand before a colon
	yamlDepth   = 200  // levels
)

// encodeYAML writes v as the npm package yaml 2 does with its defaults, which is
// what Backstage writes catalog files with: two spaces, block style, plain text
// where it stays text, double quotes else, lines folded at 80.
func encodeYAML(v nunjucks.Value) (string, error) {
	e := &yamlEncoder{yamlForms: newYAMLForms()}
	text := e.value(v, yamlPlace{})
	if e.err != nil {
		return "", e.err
	}
	return text + "\n", nil
}

type yamlEncoder struct {
	*yamlForms
	depth int
	err   error
}

// yamlPlace is where a value stands.
type yamlPlace struct {
	indent string // of the lines after its first
	key    bool   // it is a key
	after  int    // units before it on its line, the indent not counted; 0 is none
}

func (e *yamlEncoder) value(v nunjucks.Value, at yamlPlace) string {
	if e.depth++; e.depth > yamlDepth && e.err == nil {
		e.err = fmt.Errorf("writing YAML: %w: values are nested more than %d deep", ErrLimit, yamlDepth)
	}
	defer func() { e.depth-- }()
	if e.err != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return e.text(v, at)
	case *nunjucks.Array:
		return e.array(v, at)
	case *nunjucks.Object:
		return e.object(v, at)
	case nunjucks.Undefined:
		return "null"
	}
	text, err := nunjucks.EncodeJSON(v) // null, booleans and numbers
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("writing YAML: %w", err)
	}
	return string(text)
}

func (e *yamlEncoder) array(a *nunjucks.Array, at yamlPlace) string {
	if len(a.Items) == 0 {
		return "[]"
	}
	lines := make([]string, len(a.Items))
	for i, item := range a.Items {
		lines[i] = "- " + e.value(item, yamlPlace{indent: at.indent + "  "})
	}
	return strings.Join(lines, "\n"+at.indent)
}

func (e *yamlEncoder) object(o *nunjucks.Object, at yamlPlace) string {
	var lines []string
	for _, key := range o.Keys() {
		if _, absent := o.Get(key).(nunjucks.Undefined); !absent {
			lines = append(lines, e.pair(key, o.Get(key), at.indent))
		}
	}
	if len(lines) == 0 {
		return "{}"
	}
	return strings.Join(lines, "\n"+at.indent)
}

func (e *yamlEncoder) pair(key string, v nunjucks.Value, indent string) string {
	inner := yamlPlace{indent: indent + "  "}
	text := e.text(key, yamlPlace{indent: inner.indent, key: true})
	if width(text) > yamlKey {
		return "? " + text + "\n" + indent + ": " + e.value(v, inner)
	}
	text += ":"
	switch v.(type) {
	case *nunjucks.Array, *nunjucks.Object:
		below := e.value(v, inner)
		if below == "[]" || below == "{}" {
			return text + " " + below
		}
		return text + "\n" + inner.indent + below
	}
	inner.after = width(text) + 1
	value := e.value(v, inner)
	if strings.HasPrefix(value, "\n") {
		return text + value
	}
	return text + " " + value
}

// width counts a text as JavaScript does.
func width(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// yamlForms are the texts that YAML 1.2's core schema reads as something else than
// text, and those that cannot stand without quotes.
type yamlForms struct{ control, typed, unsafe, marker *regexp.Regexp }

func newYAMLForms() *yamlForms {
	return &yamlForms{
		control: regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f-\x{9f}]`),
		typed: regexp.MustCompile(`^(?:~|[Nn]ull|NULL)?$|^(?:[Tt]rue|TRUE|false|False|FALSE)$|^0o[0-7]+$|^[-+]?[0-9]+$|^0x[0-9a-fA-F]+$` +
			`|^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$|^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$|^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$`),
		unsafe: regexp.MustCompile("^[\n\t ,\\[\\]{}#&*!|>'\"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$"),
		marker: regexp.MustCompile(`(?m)^(?:%|---|\.\.\.)`),
	}
}
