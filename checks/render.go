package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/config"
)

// CheckRunName is the name under which the verdict appears on a commit, and the
// one that branch protection asks for.
const CheckRunName = "Golden path"

// GitHub's limits for a check run's output, in characters
// (docs.github.com/rest/checks/runs). Cairn counts bytes, which are never fewer.
const (
	maxOutput          = 65_535 // of summary and of text
	maxAnnotationTitle = 255
	maxMessage         = 64 << 10
	maxRawDetails      = 2_000 // GitHub allows 64 KB; nobody reads that beside a line
)

// RenderInput is a verdict and what surrounds it.
type RenderInput struct {
	Report Report
	// Base is the verdict on the branch that the pull request goes to; nil when
	// there is none to compare with.
	Base *Report
	Mode config.Mode
	// PolicyProblems are the mistakes of a policy file that could not be used, so that
	// the last good one stays in force.
	PolicyProblems []config.Problem
	// Scorecards is a section about the service's scorecards, as Markdown that is safe
	// to show; "" for none. Package scorecard writes it.
	Scorecards string
	// Changed lists the files of the pull request: annotations go there only. Nil is
	// for a push, where they go everywhere.
	Changed []string
}

// Output is the content of a check run, within GitHub's limits except for the
// number of annotations, which the writer sends in batches.
type Output struct {
	Title       string
	Summary     string // Markdown
	Text        string // Markdown
	Conclusion  string // success, neutral, failure or skipped
	Annotations []Annotation
}

// Annotation marks a line in the files view.
type Annotation struct {
	Path       string
	StartLine  int // from 1
	EndLine    int
	Level      string // notice, warning or failure
	Title      string
	Message    string // plain text
	RawDetails string // plain text; "" for none
}

// Render writes a Report down for the people of the pull request.
func Render(in RenderInput) Output {
	if in.Mode == config.Off {
		return Output{Title: "Switched off by the organisation's policy", Summary: "The policy's mode for this repository is `off`, so nothing was judged.", Conclusion: "skipped"}
	}
	view := newView(in)
	return Output{
		Title:       title(in.Report),
		Summary:     cut(execute("summary", view), maxOutput),
		Text:        details(in.Report),
		Conclusion:  conclusion(in.Report.Status, in.Mode),
		Annotations: view.annotations,
	}
}

func title(r Report) string {
	name := oneLine(r.Title)
	switch {
	case r.Path == "":
		return "No golden path applies"
	case r.Status == NotApplicable:
		return name + ": nothing to check"
	case r.Status == Compliant:
		return name + ": 100/100, on the golden path"
	}
	return fmt.Sprintf("%s: %d/100, %d %s to mend", name, r.Whole(), r.Open(), plural(r.Open(), "check", "checks"))
}

// conclusion maps a status to GitHub's word: only enforce ever fails.
func conclusion(s Status, mode config.Mode) string {
	switch {
	case s == Compliant:
		return "success"
	case s == NonCompliant && mode == config.Enforce:
		return "failure"
	}
	return "neutral"
}

// view is what the templates are given.
type view struct {
	Report
	Advise   bool
	Score    string // "83", or "67 → 83"
	Mended   []change
	Broken   []change
	Remedies []remedyLine
	MoreOpen int
	Problems []config.Problem
	Cards    string // the section of scorecards

	annotations []Annotation
	Marked      int
	Elsewhere   int
}

// change is a check whose answer this pull request changes.
type change struct {
	Name     string
	From, To Status
}

// remedyLine is the first step of one check's remedy.
type remedyLine struct{ Name, Step string }

const topRemedies = 5

func newView(in RenderInput) view {
	v := view{Report: in.Report, Advise: in.Mode == config.Advise, Problems: in.PolicyProblems, Cards: in.Scorecards}
	v.Score = fmt.Sprintf("%d", in.Report.Whole())
	if in.Base != nil && in.Base.Path == in.Report.Path && in.Base.Status != NotApplicable {
		if in.Base.Whole() != in.Report.Whole() {
			v.Score = fmt.Sprintf("%d → %d", in.Base.Whole(), in.Report.Whole())
		}
		v.compare(*in.Base)
	}
	for _, c := range worstFirst(in.Report.Checks) {
		if c.Status != Partial && c.Status != NonCompliant {
			continue
		}
		if len(v.Remedies) == topRemedies {
			v.MoreOpen++
			continue
		}
		v.Remedies = append(v.Remedies, remedyLine{c.Name, firstStep(c.Remediation)})
	}
	v.annotations, v.Elsewhere = annotations(in)
	v.Marked = len(v.annotations)
	return v
}

func (v *view) compare(base Report) {
	for _, now := range v.Checks {
		before, ok := base.check(now.ID)
		if !ok || before.Status == now.Status {
			continue
		}
		c := change{now.Name, before.Status, now.Status}
		switch {
		case now.Status.rank() > before.Status.rank():
			v.Mended = append(v.Mended, c)
		case now.Status.rank() < before.Status.rank():
			v.Broken = append(v.Broken, c)
		}
	}
}

// firstStep is a remediation up to its first snippet, in one line.
func firstStep(remediation string) string {
	step, _, _ := strings.Cut(remediation, "\n\n")
	step, _, _ = strings.Cut(step, "\n```")
	return strings.TrimSuffix(strings.TrimSpace(strings.ReplaceAll(step, "\n", " ")), ":")
}

func worstFirst(list []Result) []Result {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b Result) int { return a.Status.rank() - b.Status.rank() })
	return out
}

// annotations marks every place that has a line; elsewhere counts those in files
// that the pull request does not touch.
func annotations(in RenderInput) (list []Annotation, elsewhere int) {
	changed := map[string]bool{}
	for _, file := range in.Changed {
		changed[file] = true
	}
	for _, c := range worstFirst(in.Report.Checks) {
		first := true
		for _, p := range c.Places {
			switch {
			case p.Line < 1 || p.File == "":
				continue
			case in.Changed != nil && !changed[p.File]:
				elsewhere++
				continue
			}
			a := Annotation{
				Path: p.File, StartLine: p.Line, EndLine: p.Line, Level: level(c.Status, in.Mode, p.Message),
				Title: clip(c.Name, maxAnnotationTitle), Message: clip(p.Message, maxMessage),
			}
			if first {
				a.RawDetails = clip(c.Remediation, maxRawDetails)
				first = false
			}
			list = append(list, a)
		}
	}
	return list, elsewhere
}

func level(s Status, mode config.Mode, message string) string {
	switch {
	case s == Compliant || s == NotApplicable || strings.HasPrefix(message, "Advice: "):
		return "notice"
	case s == NonCompliant && mode == config.Enforce:
		return "failure"
	}
	return "warning"
}

// clip cuts plain text at a line, or else at a rune.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = strings.ToValidUTF8(s[:limit-len("…")], "")
	if i := strings.LastIndexByte(s, '\n'); i > limit/2 {
		s = s[:i+1]
	}
	return s + "…"
}

func execute(name string, data any) string {
	var b strings.Builder
	if err := texts.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // the template is part of the program, and tested
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// details writes every check down, the worst first, within GitHub's limit.
func details(r Report) string {
	var b strings.Builder
	for _, c := range worstFirst(r.Checks) {
		b.WriteString(execute("check", c) + "\n")
	}
	return cut(b.String(), maxOutput)
}

// cut keeps Markdown below limit bytes by leaving out whole blocks at its end, and
// says which headings are cut. Code blocks are never split.
func cut(markdown string, limit int) string {
	if len(markdown) <= limit {
		return markdown
	}
	const reserve = 1_000 // for the sentence at the end
	var b strings.Builder
	var left []string
	current, full := "", false
	for _, block := range blocks(markdown) {
		isHeading := strings.HasPrefix(block, "### ")
		if isHeading {
			current = strings.TrimPrefix(strings.SplitN(block, "\n", 2)[0], "### ")
		}
		if !full && b.Len()+len(block)+2 <= limit-reserve {
			b.WriteString(block + "\n\n")
			continue
		}
		full = true
		if !slices.Contains(left, current) {
			left = append(left, current)
		}
	}
	const named = 8
	names := left
	if len(names) > named {
		names = names[:named]
	}
	for i, name := range names {
		names[i] = clip(name, 80)
	}
	said := strings.Join(names, ", ")
	if len(left) > named {
		said += fmt.Sprintf(" and %d more", len(left)-named)
	}
	fmt.Fprintf(&b, "Left out, because GitHub shows no more than %d characters: the rest of %s. `cairn check` in a checkout shows everything.\n", maxOutput, said)
	return b.String()
}

// blocks splits Markdown at blank lines outside of code fences; long lists are
// split into their lines.
func blocks(markdown string) []string {
	var out []string
	var b []string
	fence := ""
	flush := func() {
		if len(b) > 0 {
			out = append(out, strings.Join(b, "\n"))
			b = nil
		}
	}
	for line := range strings.SplitSeq(markdown, "\n") {
		ticks := line[:longestPrefix(line, '`')]
		switch {
		case fence == "" && len(ticks) >= 3:
			flush()
			fence = ticks
		case fence != "" && line == fence:
			b = append(b, line)
			flush()
			fence = ""
			continue
		case fence == "" && strings.TrimSpace(line) == "":
			flush()
			continue
		case fence == "" && len(b) >= 50:
			flush()
		}
		b = append(b, line)
	}
	flush()
	return out
}

func longestPrefix(s string, c byte) int {
	n := 0
	for n < len(s) && s[n] == c {
		n++
	}
	return n
}

// icon shows a status where colour would.
func icon(s Status) string {
	switch s {
	case Compliant:
		return "✅"
	case Partial:
		return "🟡"
	case NonCompliant:
		return "❌"
	}
	return "➖"
}

// Words is a status as people say it.
func (s Status) Words() string {
	return map[Status]string{Compliant: "compliant", Partial: "partly compliant", NonCompliant: "not compliant", NotApplicable: "not applicable"}[s]
}
