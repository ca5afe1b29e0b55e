package checks

import (
	"fmt"
	"strings"
)

// answer is a Result in the making. A check adds what it found and what should be
// done; result writes it down.
type answer struct {
	findings []finding
	notes    []string // Markdown, for what was accepted or passed over
	remedies []remedy
}

// finding is one thing that is wrong, or could be better (advice, which does not
// count).
type finding struct {
	Place
	why    string // Markdown
	advice bool
}

// remedy is one step that mends something: a sentence, and perhaps what to paste.
type remedy struct {
	say     string   // Markdown
	names   []string // Markdown: what it is for, put before say
	file    string   // the snippet's file, for its heading
	lang    string   // of the fence
	snippet string
}

func (a *answer) fault(file string, line int, why, format string, args ...any) {
	a.findings = append(a.findings, finding{Place: Place{File: file, Line: line, Message: fmt.Sprintf(format, args...)}, why: why})
}

func (a *answer) advise(file string, line int, why, format string, args ...any) {
	a.findings = append(a.findings, finding{Place: Place{File: file, Line: line, Message: "Advice: " + fmt.Sprintf(format, args...)}, why: why, advice: true})
}

func (a *answer) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

func (a *answer) mend(r remedy) { a.remedies = append(a.remedies, r) }

// faults counts the findings that count.
func (a *answer) faults() int {
	n := 0
	for _, f := range a.findings {
		if !f.advice {
			n++
		}
	}
	return n
}

// result writes the answer down.
func (a *answer) result(status Status, description string) Result {
	r := Result{Status: status, Description: oneLine(description), Places: []Place{}}
	for _, f := range a.findings {
		r.Places = append(r.Places, Place{File: f.File, Line: f.Line, Message: oneLine(f.Message)})
	}
	r.Details = a.details()
	r.Remediation = a.remediation()
	return r
}

// details lists findings, grouped by their reason, so that a reason is told once.
func (a *answer) details() string {
	var b strings.Builder
	var order []string
	byWhy := map[string][]finding{}
	for _, f := range a.findings {
		if _, ok := byWhy[f.why]; !ok {
			order = append(order, f.why)
		}
		byWhy[f.why] = append(byWhy[f.why], f)
	}
	for _, why := range order {
		for _, f := range byWhy[why] {
			fmt.Fprintf(&b, "- %s: %s\n", where(f.Place), Text(oneLine(f.Message)))
		}
		if why != "" {
			fmt.Fprintf(&b, "\n%s\n\n", why)
		}
	}
	for _, n := range a.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return strings.TrimSpace(b.String())
}

// maxSnippets bounds how much of one check is there to paste.
const maxSnippets = 12

func (a *answer) remediation() string {
	var b strings.Builder
	for i, r := range a.remedies {
		if i == maxSnippets {
			fmt.Fprintf(&b, "And %d more like these.\n", len(a.remedies)-i)
			break
		}
		fmt.Fprintf(&b, "%s%s\n\n", listed(r.names), r.say)
		if r.snippet != "" {
			if r.file != "" {
				fmt.Fprintf(&b, "%s:\n", Code(r.file))
			}
			fmt.Fprintf(&b, "%s\n\n", Fence(r.lang, r.snippet))
		}
	}
	return strings.TrimSpace(b.String())
}

// listed makes "In a, b and 3 more, " of names.
func listed(names []string) string {
	const shown = 5
	switch n := len(names); {
	case n == 0:
		return ""
	case n > shown:
		return fmt.Sprintf("In %s and %d more, ", strings.Join(names[:shown], ", "), n-shown)
	}
	return "In " + strings.Join(names, ", ") + ", "
}

// where names a place as an editor would.
func where(p Place) string {
	if p.Line > 0 {
		return Code(fmt.Sprintf("%s:%d", p.File, p.Line))
	}
	return Code(p.File)
}

// oneLine keeps control characters and very long words out of messages.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029' || isBidi(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	const limit = 500
	if runes := []rune(s); len(runes) > limit {
		s = string(runes[:limit-1]) + "…"
	}
	return s
}

// isBidi reports the characters that make text read differently from what it is.
func isBidi(r rune) bool {
	return (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') || r == '\u200e' || r == '\u200f'
}
