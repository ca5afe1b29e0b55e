package scaffold

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Severity ranks a Finding. Only errors mean that the template is not in order.
type Severity string

// The severities, as SARIF calls them.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is one thing that Lint has against a template.
type Finding struct {
	Rule     string   `json:"rule"` // one of Rules
	Severity Severity `json:"severity"`
	File     string   `json:"file"` // with slashes, relative to the template's folder
	Line     int      `json:"line"` // from 1
	Column   int      `json:"column"`
	Message  string   `json:"message"` // what is wrong, and what comes of it
	Remedy   string   `json:"remedy,omitempty"`
}

func (f Finding) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s: %s [%s]", f.File, f.Line, f.Column, f.Severity, f.Message, f.Rule)
	if f.Remedy != "" {
		text += "\n    " + f.Remedy
	}
	return text
}

// Rule is a question that Lint asks.
type Rule struct {
	ID    string
	About string // one sentence
}

// Rules lists what Lint asks, by ID.
func Rules() []Rule {
	return []Rule{
		{ruleAlwaysTrue, "An if that is plain text, or has text around its expression, always holds."},
		{ruleDuplicateID, "Two steps with one ID hide each other's outputs."},
		{ruleExtension, "Cairn renders it, Backstage does not."},
		{ruleGitHubEaten, "A GitHub expression in a file that is rendered comes out empty."},
		{ruleGitHubEscape, "A GitHub expression whose escaping does not give one."},
		{ruleInput, "A step's input that its action refuses."},
		{ruleLaterStep, "A step that uses the output of itself or of a later one."},
		{ruleNotRendered, "An expression where nothing is rendered."},
		{ruleSecret, "A secret in an output, a log or a file."},
		{ruleSkeleton, "A skeleton that is not there."},
		{ruleSyntax, "An expression that does not render; Backstage passes its text on without a word."},
		{ruleTemplate, "A template entity that Backstage refuses."},
		{ruleUnavailable, "An action or a skeleton that Backstage has and that is not available here."},
		{ruleUnknownAction, "An action that neither Backstage nor Cairn knows."},
		{ruleUnknownField, "A field of a step that nobody reads."},
		{ruleUnknownName, "A name that has no value where it stands."},
		{ruleUnknownOutput, "An output that the step's action does not have."},
		{ruleUnknownParameter, "A parameter that the form does not ask for."},
		{ruleUnknownStep, "A step that is not there."},
		{ruleUnknownValue, "A value that the step does not give to its skeleton."},
		{ruleUnusedParameter, "A parameter that is asked for and never used."},
	}
}

// IDs of rules. They are stable: people suppress findings by them.
const (
	ruleAlwaysTrue       = "always-true"
	ruleDuplicateID      = "duplicate-id"
	ruleExtension        = "not-in-backstage"
	ruleGitHubEaten      = "github-expression-rendered"
	ruleGitHubEscape     = "github-expression-escape"
	ruleInput            = "input"
	ruleLaterStep        = "later-step"
	ruleNotRendered      = "not-rendered"
	ruleSecret           = "secret-exposed"
	ruleSkeleton         = "missing-skeleton"
	ruleSyntax           = "syntax"
	ruleTemplate         = "invalid-template"
	ruleUnavailable      = "unavailable-action"
	ruleUnknownAction    = "unknown-action"
	ruleUnknownField     = "unknown-field"
	ruleUnknownName      = "unknown-name"
	ruleUnknownOutput    = "unknown-output"
	ruleUnknownParameter = "unknown-parameter"
	ruleUnknownStep      = "unknown-step"
	ruleUnknownValue     = "unknown-value"
	ruleUnusedParameter  = "unused-parameter"
)

// sortFindings orders findings as people read files, each once.
func sortFindings(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		own := func(f Finding) int { // template.yaml first
			if strings.HasPrefix(f.File, "template.y") {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(own(a), own(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(list)
}

// WriteFindings writes findings for people, a line each with what to do below.
func WriteFindings(w io.Writer, list []Finding) error {
	var b strings.Builder
	errors := 0
	for _, f := range list {
		fmt.Fprintln(&b, f)
		if f.Severity == SeverityError {
			errors++
		}
	}
	switch {
	case len(list) == 0:
		fmt.Fprintln(&b, "nothing found")
	default:
		fmt.Fprintf(&b, "%s, %s\n", plural(errors, "error"), plural(len(list)-errors, "warning"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// WriteJSON writes findings as one JSON array.
func WriteJSON(w io.Writer, list []Finding) error {
	if list == nil {
		list = []Finding{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
