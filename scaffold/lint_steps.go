package scaffold

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// checkSteps judges what a step says without its expressions.
func (l *linter) checkSteps() {
	first := map[string]int{}
	for i := range l.t.Steps {
		s := &l.t.Steps[i]
		if before, ok := first[s.ID]; ok {
			at, _ := s.written.Get("id")
			l.addf(ruleDuplicateID, SeverityWarning, at.Position(), "give it an ID of its own",
				"the step %s has the ID of the step in line %d, whose outputs it hides", s.ID, l.t.Steps[before].Position().Line)
		} else {
			first[s.ID] = i
		}
		l.checkFields(s)
		l.checkAction(s)
		l.checkCondition(s)
	}
}

func (l *linter) checkFields(s *Step) {
	known := []string{"id", "name", "action", "input", "if", "each", "backstage:permissions"}
	for key := range s.written.Object().All() {
		if slices.Contains(known, key) {
			continue
		}
		remedy := "leave it out"
		if near := nearest(key, known); near != "" {
			remedy = fmt.Sprintf("did you mean %s?", near)
		} else if key == "parameters" || key == "with" {
			remedy = "did you mean input?"
		}
		l.addf(ruleUnknownField, SeverityWarning, s.written.Object().KeyPosition(key), remedy, "a step has no field %s; it is not read", shorten(key, 40))
	}
	for _, key := range []string{"id", "name", "action"} {
		v, _ := s.written.Get(key)
		if text, ok := v.Text(); ok && strings.Contains(text, "${{") {
			l.addf(ruleNotRendered, SeverityWarning, v.Position(), "write it as plain text", "%s is not rendered: the expression stays as it stands", key)
		}
	}
}

func (l *linter) checkAction(s *Step) {
	at, _ := s.written.Get("action")
	if a, ok := action.Find(l.o.Actions, s.Action); ok {
		l.checkInput(s, a)
		return
	}
	if _, ok := l.knownAction(s.Action); ok {
		l.addf(ruleUnavailable, SeverityWarning, at.Position(), "cairn template run prints what it would do", "the action %s is not available here", s.Action)
		return
	}
	var ids []string
	for _, a := range l.o.Actions {
		ids = append(ids, a.ID)
	}
	for _, a := range l.known {
		ids = append(ids, a.ID)
	}
	remedy := "cairn template actions lists what there is"
	if near := nearest(s.Action, ids); near != "" {
		remedy = fmt.Sprintf("did you mean %s?", near)
	}
	l.addf(ruleUnknownAction, SeverityError, at.Position(), remedy, "there is no action %q", shorten(s.Action, 60))
}

func (l *linter) knownAction(id string) (KnownAction, bool) {
	i := slices.IndexFunc(l.known, func(a KnownAction) bool { return a.ID == id })
	if i < 0 {
		return KnownAction{}, false
	}
	return l.known[i], true
}

// checkInput holds what is plain in an input against the action's schema.
func (l *linter) checkInput(s *Step, a action.Action) {
	input, _ := s.Input.(*nunjucks.Object)
	refused := (*action.InputError)(nil)
	if !errors.As(a.Validate(input), &refused) {
		return
	}
	written, _ := s.written.Get("input")
	var unknown []string
	for _, x := range collectStrings(nil, expression{value: written}) {
		if hasTag(x.text) {
			unknown = append(unknown, dotted(append([]string{"input"}, x.path...), ""))
		}
	}
	for _, p := range refused.Problems {
		if certain(p, unknown) {
			l.addf(ruleInput, SeverityError, l.inputPosition(s, p.Field), "see cairn template actions", "%s refuses this: %s", s.Action, p)
		}
	}
}

// inputPosition is where a field such as input.files[0].to was written, or the
// nearest of what it lies in.
func (l *linter) inputPosition(s *Step, field string) catalog.Position {
	at := s.written
	best := s.Position()
	for _, key := range strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next, ok := at.Get(key)
		if !ok {
			break
		}
		at, best = next, next.Position()
	}
	return best
}

// checkCondition finds an `if` that is true whatever happens.
func (l *linter) checkCondition(s *Step) {
	v, _ := s.written.Get("if")
	text, ok := v.Text()
	if !ok || text == "" {
		return
	}
	switch trimmed := strings.TrimSpace(text); {
	case !hasTag(text):
		l.addf(ruleAlwaysTrue, SeverityWarning, v.Position(), fmt.Sprintf("write ${{ %s }}", shorten(trimmed, 60)), "this if is text without an expression, so it always holds")
	case strings.HasPrefix(text, "${{") && strings.HasSuffix(text, "}}"):
		if t, err := l.engine.Parse(text); err == nil && strings.Count(text, "${{") > 1 && len(l.engine.References(t)) > 0 && !strings.Contains(text, `"${{`) && !strings.Contains(text, `'${{`) {
			l.addf(ruleAlwaysTrue, SeverityWarning, v.Position(), "write one ${{ }} with and, or and not in it", "this if is made of several expressions, which give a text, so it always holds")
		}
	case strings.HasPrefix(trimmed, "${{") && strings.HasSuffix(trimmed, "}}") && strings.Count(text, "${{") == 1:
		l.addf(ruleAlwaysTrue, SeverityWarning, v.Position(), "write the expression without anything around it (YAML: if: ${{ … }}, or >- instead of |)", "this if has white space around its expression, which gives a text, so it always holds")
	case strings.Contains(text, "${{"):
		l.addf(ruleAlwaysTrue, SeverityWarning, v.Position(), "write one ${{ }} with and, or and not in it", "this if has text around its expression, so it always holds")
	}
}

// outputsOf lists the outputs of an action; ok is whether they are known.
func (l *linter) outputsOf(id string) (names []string, ok bool) {
	if a, found := action.Find(l.o.Actions, id); found {
		var schema struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
		if a.Output == nil {
			return nil, true
		}
		if json.Unmarshal(a.Output, &schema) != nil || schema.Properties == nil {
			return nil, false
		}
		for name := range schema.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		return names, true
	}
	a, found := l.knownAction(id)
	return a.Outputs, found && a.Outputs != nil
}
