package catalog

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// documentJSON is one line of `cairn catalog validate --format jsonl`.
type documentJSON struct {
	File         string            `json:"file"`
	Doc          int               `json:"doc"`
	OK           bool              `json:"ok"`
	Null         bool              `json:"nullDoc,omitempty"`
	Stage        Stage             `json:"stage,omitempty"`
	Err          *Error            `json:"error,omitempty"`
	Ref          string            `json:"entityRef,omitempty"`
	Kind         string            `json:"kind,omitempty"`
	APIVersion   string            `json:"apiVersion,omitempty"`
	Entity       *Entity           `json:"entity,omitempty"`
	Relations    []Relation        `json:"relations,omitzero"`
	Placeholders []placeholderJSON `json:"placeholders,omitzero"`
	Line         int               `json:"line"`
	Column       int               `json:"column"`
}

type placeholderJSON struct {
	Path  string `json:"path"`
	Key   string `json:"key"`
	Value Value  `json:"value"`
}

// AppendJSON appends the verdict as one JSON object without a line end: the
// fields of Backstage's validators and the line and column of the first problem,
// or of the document when there is none.
func (doc Document) AppendJSON(b []byte) ([]byte, error) {
	line := documentJSON{
		File: doc.File, Doc: doc.Index, OK: doc.OK, Null: doc.Null, Stage: doc.Stage, Err: doc.Err,
		Ref: doc.Ref, Kind: doc.Kind, APIVersion: doc.APIVersion, Entity: doc.Entity, Relations: doc.Relations,
		Line: doc.Line, Column: doc.Column,
	}
	if doc.Ref != "" && doc.Stage != StageAnnotations {
		line.Placeholders = make([]placeholderJSON, len(doc.Placeholders))
		for i, p := range doc.Placeholders {
			line.Placeholders[i] = placeholderJSON{p.Path, p.Key, p.Value}
		}
	}
	if doc.OK && !doc.Null && line.Relations == nil {
		line.Relations = []Relation{}
	}
	if len(doc.Problems) > 0 {
		line.Line, line.Column = doc.Problems[0].Line, doc.Problems[0].Column
	}
	out, err := encodeLine(line)
	return append(b, out...), err
}

func encodeLine(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("writing a verdict: %w", err)
	}
	return []byte(strings.TrimSuffix(b.String(), "\n")), nil
}

// WriteProblems writes the document's problems as a compiler would: the place
// and what is wrong, the line with a mark under the place, and the remedy.
// source is the file the document was parsed from.
func (doc Document) WriteProblems(w io.Writer, source []byte) error {
	lines := strings.Split(decodeUTF8(source), "\n")
	for _, p := range doc.Problems {
		var b strings.Builder
		level := ""
		if p.Severity == SeverityWarning {
			level = "warning: "
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s%s\n", doc.File, p.Line, p.Column, level, printable(p.Message))
		if p.Line >= 1 && p.Line <= len(lines) {
			writeExcerpt(&b, strings.TrimSuffix(lines[p.Line-1], "\r"), p.Position)
		}
		if p.Remedy != "" {
			fmt.Fprintf(&b, "  → %s\n", printable(p.Remedy))
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// writeExcerpt shows a line with a mark under a column, at most 120 characters
// around it.
func writeExcerpt(b *strings.Builder, line string, at Position) {
	const most, before = 120, 60
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	column := min(max(at.Column-1, 0), len(runes))
	from := 0
	if len(runes) > most {
		from = max(0, column-before)
		runes = runes[from:min(len(runes), from+most)]
	}
	number := fmt.Sprintf("%5d", at.Line)
	fmt.Fprintf(b, "%s | %s\n", number, printable(string(runes)))
	fmt.Fprintf(b, "%s | %s^\n", strings.Repeat(" ", len(number)), strings.Repeat(" ", column-from))
}

// printable replaces control characters, so that a file cannot steer the
// terminal it is shown on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return '�'
		}
		return r
	}, s)
}
