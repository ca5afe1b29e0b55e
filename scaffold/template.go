// Package scaffold reads Backstage's software templates
// (scaffolder.backstage.io/v1beta3), judges them, asks for their parameters and
// runs them: what a step may see, when it runs, what it leaves behind and when a
// run fails are as in Backstage's scaffolder backend.
//
// It never talks to a network, never starts a program, and writes only through
// the workspace it is given. A template, its skeleton and the values for it are
// untrusted: Limits bound a run whatever they hold.
//
// Start from Template, then Run and Lint.
package scaffold

import (
	"fmt"
	"slices"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Bounds of a template.yaml. Templates in use stay far below them.
const (
	maxTemplateBytes  = 1 << 20
	maxTemplateValues = 50_000
	maxTemplateDepth  = 100
	maxSteps          = 500
)

// apiVersion is the only one of Backstage's template formats that is still read.
const apiVersion = "scaffolder.backstage.io/v1beta3"

// Template is a template entity that Backstage would accept. It never changes.
type Template struct {
	File        string // as given to Read; stands before lines in errors
	Ref         string // such as template:default/backend-service
	Name        string
	Title       string // Name when there is none
	Description string
	Pages       []Page // of the form that asks for the parameters
	Steps       []Step
	// Output is spec.output as written; Undefined when there is none.
	Output nunjucks.Value

	source  source
	entity  *catalog.Entity
	output  catalog.Value
	secrets *schema // of spec.secrets.schema; nil is anything
	// unquoted are expressions with a colon that should have been in quotes.
	unquoted []catalog.Position
}

// Step is one of spec.steps. Its values are as written, not rendered.
type Step struct {
	ID     string // step-N, counted from 1, when it has none
	Name   string // for people; Action when there is none
	Action string
	If     nunjucks.Value // a boolean, a string, or Undefined when there is none
	Each   nunjucks.Value // Undefined when there is none
	Input  nunjucks.Value // an object, or Undefined when there is none

	named   bool // the ID is the author's
	written catalog.Value
}

// Position is where the step stands in the template's file.
func (s *Step) Position() catalog.Position { return s.written.Position() }

// Read reads a template.yaml. The template is nil when Backstage would not take
// it, and the problems then say why; a template may come with warnings. file is
// how the problems call it.
//
// An expression such as ${{ a ? b : c }} that stands without quotes is no YAML,
// because of its colon, and Backstage refuses the file. It is read as if it were
// in quotes; Lint tells.
func Read(file string, data []byte) (*Template, []catalog.Problem) {
	t, problems := read(file, data)
	if t != nil {
		return t, problems
	}
	mended, at := quoteExpressions(data)
	if len(at) == 0 {
		return nil, problems
	}
	t, others := read(file, mended)
	if t == nil {
		return nil, problems
	}
	t.source, t.unquoted = newSource(data), at
	return t, others
}

func read(file string, data []byte) (*Template, []catalog.Problem) {
	var found *catalog.Document
	var problems []catalog.Problem
	for doc := range catalog.Each(file, data, catalog.Options{MaxBytes: maxTemplateBytes}) {
		switch {
		case !doc.OK:
			return nil, doc.Problems
		case doc.Null:
			continue
		case doc.Kind != "Template":
			problems = append(problems, problem(doc.Position, catalog.SeverityWarning, "", fmt.Sprintf("this document is a %s and no part of the template", doc.Kind),
				"keep it in a file of its own"))
			continue
		case found != nil:
			return nil, []catalog.Problem{problem(doc.Position, catalog.SeverityError, "", "a second template starts here", "keep one template in a file")}
		}
		problems = append(problems, doc.Problems...)
		found = &doc
	}
	if found == nil {
		return nil, append(problems, problem(catalog.Position{Line: 1, Column: 1}, catalog.SeverityError, "", "there is no template in this file",
			"start it with apiVersion: "+apiVersion+" and kind: Template"))
	}
	if found.APIVersion != apiVersion {
		return nil, append(problems, problem(found.Position, catalog.SeverityError, "apiVersion", fmt.Sprintf("apiVersion %s is not run", found.APIVersion),
			"rewrite the template for "+apiVersion))
	}
	t, more := newTemplate(file, data, found.Entity)
	return t, append(problems, more...)
}

func problem(at catalog.Position, severity catalog.Severity, path, message, remedy string) catalog.Problem {
	return catalog.Problem{Position: at, Severity: severity, Path: path, Message: message, Remedy: remedy}
}

func newTemplate(file string, data []byte, entity *catalog.Entity) (*Template, []catalog.Problem) {
	root := entity.Value()
	if p := measure(root); p != nil {
		return nil, []catalog.Problem{*p}
	}
	t := &Template{
		File: file, Ref: entity.Ref().String(), Name: entity.Name(), Title: entity.Title(), Description: entity.Description(),
		Output: nunjucks.Undefined{}, source: newSource(data), entity: entity,
	}
	if t.Title == "" {
		t.Title = t.Name
	}
	steps, _ := root.Get("spec", "steps")
	if len(steps.Items()) > maxSteps {
		return nil, []catalog.Problem{problem(steps.Position(), catalog.SeverityError, "spec.steps",
			fmt.Sprintf("limit of %d steps reached: there are %d", maxSteps, len(steps.Items())), "split the template")}
	}
	for i, item := range steps.Items() {
		t.Steps = append(t.Steps, newStep(i, item))
	}
	if v, ok := root.Get("spec", "output"); ok && v.Type() != catalog.Null {
		t.output, t.Output = v, toValue(v)
	}
	var problems []catalog.Problem
	t.Pages, problems = readPages(root)
	if v, ok := root.Get("spec", "secrets", "schema"); ok {
		s, more := newSchema(v)
		t.secrets, problems = s, append(problems, more...)
	}
	if slices.ContainsFunc(problems, func(p catalog.Problem) bool { return p.Severity == catalog.SeverityError }) {
		return nil, problems
	}
	return t, problems
}

func newStep(index int, v catalog.Value) Step {
	s := Step{written: v, If: field(v, "if"), Each: field(v, "each"), Input: field(v, "input")}
	text := func(key string) string {
		member, _ := v.Get(key)
		s, _ := member.Text()
		return s
	}
	s.ID, s.Name, s.Action = text("id"), text("name"), text("action")
	_, s.named = v.Get("id")
	if !s.named {
		s.ID = fmt.Sprintf("step-%d", index+1)
	}
	if s.Name == "" {
		s.Name = s.Action
	}
	return s
}

// measure holds a template's size and nesting against the bounds.
func measure(root catalog.Value) *catalog.Problem {
	count := 0
	var walk func(v catalog.Value, depth int) *catalog.Problem
	walk = func(v catalog.Value, depth int) *catalog.Problem {
		count++
		if depth > maxTemplateDepth {
			p := problem(v.Position(), catalog.SeverityError, "", fmt.Sprintf("limit of %d levels of nesting reached", maxTemplateDepth), "write it flatter")
			return &p
		}
		if count > maxTemplateValues {
			p := problem(v.Position(), catalog.SeverityError, "", fmt.Sprintf("limit of %d values reached, with aliases expanded", maxTemplateValues), "make the template smaller")
			return &p
		}
		for _, item := range v.Items() {
			if p := walk(item, depth+1); p != nil {
				return p
			}
		}
		for _, item := range v.Object().All() {
			if p := walk(item, depth+1); p != nil {
				return p
			}
		}
		return nil
	}
	return walk(root, 1)
}

// field is a member of an object as a value of the template language.
func field(v catalog.Value, key string) nunjucks.Value {
	member, ok := v.Get(key)
	if !ok {
		return nunjucks.Undefined{}
	}
	return toValue(member)
}

// toValue is v as the template language sees it.
func toValue(v catalog.Value) nunjucks.Value {
	switch v.Type() {
	case catalog.Bool:
		b, _ := v.Bool()
		return b
	case catalog.Number:
		n, _ := v.Number()
		return n
	case catalog.String:
		s, _ := v.Text()
		return s
	case catalog.Array:
		a := nunjucks.NewArray()
		for _, item := range v.Items() {
			a.Items = append(a.Items, toValue(item))
		}
		return a
	case catalog.Map:
		o := nunjucks.NewObject()
		for key, item := range v.Object().All() {
			o.Set(key, toValue(item))
		}
		return o
	}
	return nil
}
