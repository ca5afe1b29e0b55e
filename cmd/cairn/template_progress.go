package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// progress shows a run: a line for each step, below it what it says and how it
// ended. A terminal also shows, in a line that is written over, that it works.
type progress struct {
	out  io.Writer
	live bool
	step int // the one whose line stands, counted from 1
}

func (p *progress) event(e scaffold.Event) {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	if p.step != e.Index+1 {
		p.step = e.Index + 1
		fmt.Fprintf(p.out, "[%d/%d] %s (%s)\n", p.step, e.Total, printable(e.Name), printable(e.Action))
	}
	key := ""
	if e.Key != "" {
		key = printable(e.Key) + ": "
	}
	switch e.Kind {
	case scaffold.Log:
		fmt.Fprintf(p.out, "    %s%s\n", key, printable(e.Text))
	case scaffold.Warning:
		fmt.Fprintf(p.out, "  ! %s%s\n", key, printable(e.Text))
	case scaffold.Done:
		fmt.Fprintln(p.out, "  ✓ done")
	case scaffold.Planned:
		fmt.Fprintf(p.out, "  ○ %swould run with %s\n", key, indented(e.Input))
	case scaffold.Skipped:
		fmt.Fprintf(p.out, "  - skipped: %s\n", printable(e.Text))
	case scaffold.Failed:
		fmt.Fprintf(p.out, "  ✗ %s\n", printable(e.Text))
	}
	if p.live && (e.Kind == scaffold.Started || e.Kind == scaffold.Log) {
		fmt.Fprint(p.out, "  … working")
	}
}

// indented is a value as JSON, below a line of a step.
func indented(v nunjucks.Value) string {
	data, err := nunjucks.EncodeJSON(v)
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "    ", "  "); err != nil {
		return err.Error()
	}
	return printable(b.String())
}

// printable is text from a template without what would move a terminal's cursor
// or hide what it shows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return '�'
		}
		return r
	}, s)
}
