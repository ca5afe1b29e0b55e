package checks

import (
	"fmt"
	"io"
	"strings"
)

// WriteText prints a Report for a terminal: one line per check, what is wrong with
// its place, and how to mend it. colour is for terminals that show it.
func WriteText(out io.Writer, r Report, colour bool) error {
	p := painter{colour: colour}
	if r.Path == "" {
		p.line("%s: no golden path applies: %s", p.bold(oneLine(r.Service)), unmark(r.Reason))
		return p.flush(out)
	}
	p.line("%s  %s  %s", p.bold(oneLine(r.Service)), oneLine(r.Title), p.status(r.Status, fmt.Sprintf("%d/100 %s", r.Whole(), r.Status.Words())))
	p.line("%s\n", p.faint("path "+r.Path+": "+unmark(r.Reason)))
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	for _, c := range r.Checks {
		p.line("  %s %-*s  %s", p.status(c.Status, mark(c.Status)), width, c.Name, c.Description)
	}
	for _, c := range worstFirst(r.Checks) {
		if len(c.Places) == 0 && c.Remediation == "" {
			continue
		}
		p.line("\n%s", p.bold(c.Name))
		for _, place := range c.Places {
			where := oneLine(place.File)
			if place.Line > 0 {
				where += fmt.Sprintf(":%d", place.Line)
			}
			p.line("  %s: %s", where, oneLine(place.Message))
		}
		if c.Remediation != "" {
			p.line("")
			p.remediation(c.Remediation)
		}
	}
	return p.flush(out)
}

// painter collects lines and knows how to colour.
type painter struct {
	b      strings.Builder
	colour bool
}

func (p *painter) line(format string, args ...any) {
	p.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (p *painter) flush(out io.Writer) error {
	_, err := io.WriteString(out, p.b.String())
	return err
}

func (p *painter) paint(code, s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *painter) bold(s string) string  { return p.paint("1", s) }
func (p *painter) faint(s string) string { return p.paint("2", s) }

func (p *painter) status(s Status, text string) string {
	switch s {
	case Compliant:
		return p.paint("32", text)
	case Partial:
		return p.paint("33", text)
	case NonCompliant:
		return p.paint("31", text)
	}
	return p.paint("2", text)
}

func mark(s Status) string {
	switch s {
	case Compliant:
		return "ok     "
	case Partial:
		return "partial"
	case NonCompliant:
		return "FAIL   "
	}
	return "n/a    "
}

// unmark takes the escapes and code marks out of Markdown made by this package.
func unmark(markdown string) string {
	return strings.NewReplacer("\u200b", "", "\\", "", "`", "", "&amp;", "&").Replace(oneLine(markdown))
}

// remediation shows Markdown made by this package: prose without its marks, and
// snippets as they are, without their fences.
func (p *painter) remediation(markdown string) {
	fence := ""
	for row := range strings.SplitSeq(markdown, "\n") {
		ticks := row[:longestPrefix(row, '`')]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && row == fence:
			fence = ""
		case fence != "":
			p.line("      %s", strings.TrimRight(row, "\r"))
		case row == "":
			p.line("")
		default:
			p.line("  %s", unmark(row))
		}
	}
}
