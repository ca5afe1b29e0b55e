package scorecard

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/cairn-dev/cairn/checks"
)

// maxShown is how many rules of one kind are shown of a scorecard: who mends so many
// asks again.
const maxShown = 5

//go:embed show.tmpl
var showText string

// showTexts is parsed once and never changed.
var showTexts = template.Must(template.New("").Funcs(template.FuncMap{
	"markdown": func(s string) string { return checks.Text(flat(s)) },
	"flat":     flat,
}).Parse(showText))

// Markdown writes a short section for a check run's summary: every scorecard with its
// level, and what is missing. It is safe to show, and "" when there is nothing to say.
func Markdown(a Answer) string { return show("markdown", a) }

// WriteText prints the same for a terminal.
func WriteText(out io.Writer, a Answer) error {
	_, err := io.WriteString(out, show("text", a))
	return err
}

func show(name string, a Answer) string {
	if len(a.Scorecards) == 0 {
		return ""
	}
	shown := make([]shownCard, len(a.Scorecards))
	for i, r := range a.Scorecards {
		shown[i] = newShownCard(r)
	}
	var b strings.Builder
	if err := showTexts.ExecuteTemplate(&b, name, map[string]any{"Entity": a.Entity, "Cards": shown}); err != nil {
		panic(err) // the template is part of the program, and tested
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// shownCard is a Result as people see it.
type shownCard struct {
	Result
	Grade string       // "silver, 85/100", or why there is none
	Open  []RuleResult // the heaviest first
	// Missing are the rules whose facts are not available.
	Missing               []RuleResult
	MoreOpen, MoreMissing int // beyond those
}

func newShownCard(r Result) shownCard {
	c := shownCard{Result: r, Grade: r.Reason}
	if r.Applies {
		level := r.Level
		if level == "" {
			level = "no level yet"
		}
		c.Grade = fmt.Sprintf("%s, %d/100", level, r.Whole())
	}
	for _, rule := range r.Rules {
		switch rule.Status {
		case Fail, Error:
			c.Open = append(c.Open, rule)
		case NotAvailable:
			c.Missing = append(c.Missing, rule)
		case Pass, NotApplicable:
		}
	}
	slices.SortStableFunc(c.Open, func(a, b RuleResult) int { return b.Weight - a.Weight })
	c.Open, c.MoreOpen = first(c.Open)
	c.Missing, c.MoreMissing = first(c.Missing)
	return c
}

func first(rules []RuleResult) (shown []RuleResult, more int) {
	n := min(len(rules), maxShown)
	return rules[:n], len(rules) - n
}

// Trouble says in a word what is the matter with an open rule.
func (r RuleResult) Trouble() string {
	if r.Status == Error {
		return "cannot be judged"
	}
	return "missing"
}

// Step is what to do about an open rule, or else what was found.
func (r RuleResult) Step() string {
	if r.Remedy != "" && r.Status == Fail {
		return r.Remedy
	}
	return r.Message
}

// flat puts a text of the policy or an entity on one line, without characters that a
// terminal would obey.
func flat(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
}
