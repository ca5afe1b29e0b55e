package scaffold

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// checkExpressions judges every string of the template that a run renders.
func (l *linter) checkExpressions() {
	for _, x := range l.t.expressions() {
		l.checkExpression(x)
	}
}

func (l *linter) checkExpression(x expression) {
	if !hasTag(x.text) || l.full() {
		return
	}
	at := func(offset int) catalog.Position { return l.t.source.within(x.value, offset) }
	for _, offset := range escapeTraps(x.text) {
		l.addEscapeTrap(l.t.File, at(offset))
	}
	t, err := l.engine.Parse(x.text)
	if err != nil {
		line, column, message := parseError(err)
		l.addf(ruleSyntax, SeverityError, at(byteOffset(x.text, line, column)), "mend it: "+swallowed(x), "%s", message)
		return
	}
	for _, e := range t.Extensions() {
		l.addf(ruleExtension, SeverityWarning, at(e.Offset), inlineIf(x.text, e.Offset),
			"%s is rendered here, but Backstage does not know it: %s", e.What, swallowed(x))
	}
	for _, r := range l.engine.References(t) {
		if l.full() {
			return
		}
		l.checkReference(x, r, func() catalog.Position { return at(r.Offset) })
	}
}

// parseError is the place and words of an error of the template language.
func parseError(err error) (line, column int, message string) {
	if e := (*nunjucks.Error)(nil); errors.As(err, &e) {
		return e.Line, e.Column, e.Message
	}
	return 1, 1, err.Error()
}

// swallowed says what Backstage makes of a string that does not render.
func swallowed(x expression) string {
	switch x.part {
	case partIf:
		return "Backstage would take the text for true"
	case partEach:
		return "Backstage would fail, because a text is no list"
	case partOutput:
		return "Backstage would show the text as it stands"
	}
	return "Backstage would pass the text to the action as it stands, without a word"
}

// inlineIf rewrites `${{ a ? b : c }}` where it is that simple.
func inlineIf(text string, offset int) string {
	const advice = "write it as ${{ value if condition else other }}"
	open := strings.LastIndex(text[:min(offset, len(text))], "${{")
	if open < 0 {
		return advice
	}
	inner, _, ok := strings.Cut(text[open+3:], "}}")
	if !ok || strings.Count(inner, "?") != 1 || strings.ContainsAny(inner, "()|") {
		return advice
	}
	condition, rest, _ := strings.Cut(inner, "?")
	yes, no, ok := strings.Cut(rest, " : ")
	if !ok || strings.Contains(no, " : ") {
		return advice
	}
	return fmt.Sprintf("write ${{ %s if %s else %s }}, which both render", strings.TrimSpace(yes), strings.TrimSpace(condition), strings.TrimSpace(no))
}

func (l *linter) checkReference(x expression, r nunjucks.Reference, at func() catalog.Position) {
	switch r.Kind {
	case nunjucks.Filter:
		if !r.Known {
			l.addf(ruleSyntax, SeverityError, at(), "leave it out, or give the value in another way: "+swallowed(x), "there is no filter %s", r.Name)
		}
		return
	case nunjucks.Test:
		if !r.Known {
			l.addf(ruleSyntax, SeverityError, at(), "leave it out: "+swallowed(x), "there is no test %s", r.Name)
		}
		return
	}
	switch r.Name {
	case "parameters":
		l.checkParameter(r, at)
	case "steps":
		l.checkStepReference(x, r, at)
	case "secrets":
		l.checkSecret(x, r, at)
	case "each":
		if x.step == len(l.t.Steps) || isUndefined(l.t.Steps[x.step].Each) || x.part == partEach {
			l.addf(ruleUnknownName, SeverityError, at(), "give the step an each", "each has no value here")
		}
	case "user", "context", "environment":
	default:
		l.checkName(x, r, at)
	}
}

func (l *linter) checkName(x expression, r nunjucks.Reference, at func() catalog.Position) {
	if r.Known {
		return
	}
	if r.Called && len(r.Path) == 0 {
		l.addf(ruleSyntax, SeverityError, at(), "leave it out: "+swallowed(x), "there is no function %s", r.Name)
		return
	}
	remedy := "known here are parameters, steps, user, context and, in inputs, secrets and each"
	if _, ok := l.parameters[r.Name]; ok {
		remedy = "did you mean parameters." + r.Name + "?"
	} else if r.Name == "values" {
		remedy = "values is for the skeleton; here it is parameters"
	} else if near := nearest(r.Name, []string{"parameters", "steps", "user", "context", "secrets", "each"}); near != "" {
		remedy = "did you mean " + near + "?"
	}
	l.addf(ruleUnknownName, SeverityError, at(), remedy, "%s has no value here, so nothing comes of it", r.Name)
}

func (l *linter) checkParameter(r nunjucks.Reference, at func() catalog.Position) {
	if len(r.Path) == 0 {
		l.usesAll = true
		return
	}
	name := r.Path[0]
	p, ok := l.parameters[name]
	if !ok {
		remedy := "ask for it under spec.parameters"
		if near := nearest(name, l.names); near != "" {
			remedy = "did you mean " + near + "?"
		}
		l.addf(ruleUnknownParameter, SeverityError, at(), remedy, "there is no parameter %s, so nothing comes of it", name)
		return
	}
	l.used[name] = true
	if p.Schema.Get("ui:field") == "Secret" {
		l.addf(ruleSecret, SeverityWarning, at(), "use secrets."+name, "%s is asked for with the Secret field, whose answer is no parameter", name)
	}
}

func (l *linter) checkStepReference(x expression, r nunjucks.Reference, at func() catalog.Position) {
	if len(r.Path) == 0 {
		return
	}
	id := r.Path[0]
	i := l.stepIndex(id)
	if i < 0 {
		remedy := "give the step that ID"
		if near := nearest(id, l.stepIDs()); near != "" {
			remedy = "did you mean " + near + "?"
		}
		l.addf(ruleUnknownStep, SeverityError, at(), remedy, "there is no step %s, so nothing comes of it", id)
		return
	}
	if i >= x.step {
		what := "comes later, in line " + fmt.Sprint(l.t.Steps[i].Position().Line)
		if i == x.step {
			what = "is this very step"
		}
		l.addf(ruleLaterStep, SeverityError, at(), "move it up", "the step %s %s: it has no output yet", id, what)
		return
	}
	switch {
	case len(r.Path) == 1:
	case r.Path[1] != "output":
		rest := r.Path[1:]
		if nearest(rest[0], []string{"output"}) != "" && len(rest) > 1 {
			rest = rest[1:]
		}
		l.addf(ruleUnknownOutput, SeverityError, at(), fmt.Sprintf("write steps.%s.output.%s", id, strings.Join(rest, ".")), "a step has nothing but output; %s has no value", r.Path[1])
	case len(r.Path) > 2:
		l.checkOutputName(l.t.Steps[i], r.Path[2], at)
	}
}

func (l *linter) checkOutputName(s Step, name string, at func() catalog.Position) {
	names, ok := l.outputsOf(s.Action)
	if !ok || slices.Contains(names, name) {
		return
	}
	remedy := fmt.Sprintf("%s has no outputs", s.Action)
	if len(names) > 0 {
		remedy = fmt.Sprintf("%s has %s", s.Action, oneOf(names))
	}
	l.addf(ruleUnknownOutput, SeverityWarning, at(), remedy, "%s has no output %s, so nothing comes of it", s.Action, name)
}

func (l *linter) checkSecret(x expression, r nunjucks.Reference, at func() catalog.Position) {
	if len(r.Path) > 0 {
		l.used[r.Path[0]] = true
	}
	switch x.part {
	case partOutput:
		l.addf(ruleSecret, SeverityError, at(), "show something else", "secrets do not belong in an output; there they have no value")
		return
	case partIf:
		if isUndefined(l.t.Steps[x.step].Each) {
			l.addf(ruleUnknownName, SeverityError, at(), "decide by a parameter", "secrets have no value in an if")
		}
		return
	case partEach:
		return
	}
	switch s := l.t.Steps[x.step]; s.Action {
	case "debug:log":
		l.addf(ruleSecret, SeverityError, at(), "log something else", "this writes a secret into the run's log")
	case "fetch:template", "fetch:template:file":
		if x.path[0] == "values" {
			l.addf(ruleSecret, SeverityWarning, at(), "let the service read it from its environment", "this writes a secret into the new repository's files")
		}
	case "catalog:write":
		l.addf(ruleSecret, SeverityWarning, at(), "leave it out", "this writes a secret into the catalog")
	}
}
