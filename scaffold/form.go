package scaffold

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Form is a GitHub issue form that asks for a template's parameters.
// Source: docs.github.com, Syntax for issue forms and its common validation errors.
type Form struct {
	Name        string
	Description string
	Title       string // of the issue
	Labels      []string
	Elements    []Element
	// Omitted lists parameters that an issue cannot ask for, because everybody can
	// read it.
	Omitted []string
}

// ElementType is a type of an issue form's element.
type ElementType string

// The element types.
const (
	Markdown   ElementType = "markdown"
	Input      ElementType = "input"
	Textarea   ElementType = "textarea"
	Dropdown   ElementType = "dropdown"
	Checkboxes ElementType = "checkboxes"
)

// Element is one element of a form's body.
type Element struct {
	Type ElementType
	// ID is letters, digits, - and _, and stays the same while the parameter's name
	// does. Parameter is that name; a Markdown element has neither.
	ID, Parameter string
	Label         string // unique in the form
	Description   string
	Placeholder   string
	Value         string // what an input starts with; the text of Markdown
	Render        string // language of a textarea
	Options       []Option
	Multiple      bool
	Default       int // index of a dropdown's first choice; -1 is none
	Required      bool
}

// Option is a choice of a dropdown or a checkbox.
type Option struct {
	Label string         // unique among the options, never GitHub's reserved None
	Value nunjucks.Value // what the parameter is set to
}

// Limits of issue forms. GitHub documents no lengths; these keep to what its own
// forms show in full.
const (
	formName        = 100
	formDescription = 200
	formLabel       = 120
	formText        = 1000
	maxOptions      = 500
)

// Form makes the issue form of a template.
func (t *Template) Form() Form {
	f := Form{Name: atLeast(shorten(t.Title, formName), "template"), Title: "Create: ", Labels: []string{"template:" + t.Name}}
	f.Description = atLeast(shorten(strings.TrimSpace(t.Description), formDescription), "Create something from the template "+t.Name)
	b := formBuilder{form: &f, ids: map[string]bool{}, labels: map[string]bool{}, asked: map[string]bool{}}
	b.text(fmt.Sprintf("This creates something from the template **%s**.", escapeMarkdown(f.Name)))
	for _, p := range t.Pages {
		if len(t.Pages) > 1 && p.Title != "" {
			text := "## " + escapeMarkdown(shorten(p.Title, formLabel))
			if p.Description != "" {
				text += "\n\n" + escapeMarkdown(shorten(p.Description, formText))
			}
			b.text(text)
		}
		for _, param := range p.Parameters() {
			b.parameter(param)
		}
	}
	if len(b.ids) == 0 { // a form has to ask for something
		b.add(Element{Type: Textarea, ID: "note", Label: "Note", Description: "The template asks for nothing; write what it is for.", Default: -1})
	}
	return f
}

func atLeast(s, other string) string {
	if utf8.RuneCountInString(s) < 3 {
		return other
	}
	return s
}

// label is the first text that says something, on one line.
func label(texts ...string) string {
	for _, s := range texts {
		if s = strings.TrimSpace(shorten(strings.ToValidUTF8(s, "\ufffd"), formLabel)); s != "" {
			return s
		}
	}
	return ""
}

func escapeMarkdown(s string) string {
	return strings.NewReplacer("<", "&lt;", "@", "@\u200b", "[", "\\[", "*", "\\*", "`", "\\`").Replace(s)
}

type formBuilder struct {
	form               *Form
	ids, labels, asked map[string]bool
}

func (b *formBuilder) text(s string) {
	b.form.Elements = append(b.form.Elements, Element{Type: Markdown, Value: s, Default: -1})
}

// add puts an element into the form, with an ID and a label of its own.
func (b *formBuilder) add(e Element) {
	e.ID = unique(b.ids, formID(e.ID), "-")
	e.Label = unique(b.labels, e.Label, " ")
	b.form.Elements = append(b.form.Elements, e)
}

func unique(taken map[string]bool, name, between string) string {
	out := name
	for n := 2; taken[strings.ToLower(out)]; n++ {
		out = fmt.Sprintf("%s%s%d", name, between, n)
	}
	taken[strings.ToLower(out)] = true
	return out
}

func formID(name string) string {
	id := regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(name, "-")
	if strings.Trim(id, "-_") == "" {
		return "parameter"
	}
	return id
}

// secretField matches parameters that must not be asked for in the open.
func secretField(p Parameter) bool {
	widget := text(p.Schema, "ui:widget")
	return text(p.Schema, "ui:field") == "Secret" || widget == "password" || text(p.Schema, "format") == "password"
}

func text(o *nunjucks.Object, key string) string {
	s, _ := o.Get(key).(string)
	return s
}

func (b *formBuilder) parameter(p Parameter) {
	if b.asked[p.Name] || text(p.Schema, "ui:widget") == "hidden" {
		return
	}
	b.asked[p.Name] = true
	if secretField(p) {
		b.form.Omitted = append(b.form.Omitted, p.Name)
		return
	}
	e := Element{ID: p.Name, Parameter: p.Name, Label: label(text(p.Schema, "title"), p.Name, "Parameter"), Required: p.Required, Default: -1}
	e.Description = describe(p)
	switch kind := schemaType(p.Schema); {
	case len(choices(p.Schema)) > 0:
		b.choice(&e, choices(p.Schema), p.Schema.Get("default"))
	case kind == "boolean":
		b.boolean(&e, p)
	case kind == "array":
		b.list(&e, p)
	case kind == "object":
		e.Type, e.Render = Textarea, "yaml"
		e.Value = example(p.Schema.Get("default"))
	default:
		b.line(&e, p)
	}
	if e.Type == Markdown { // a choice without choices
		return
	}
	b.add(e)
}

// line asks for a text or a number.
func (b *formBuilder) line(e *Element, p Parameter) {
	e.Type = Input
	widget, field := text(p.Schema, "ui:widget"), text(p.Schema, "ui:field")
	options, _ := p.Schema.Get("ui:options").(*nunjucks.Object)
	if options == nil {
		options = nunjucks.NewObject()
	}
	if widget == "textarea" || text(options, "widget") == "textarea" || nunjucks.Truthy(options.Get("multiline")) || strings.HasPrefix(text(p.Schema, "format"), "multi") {
		e.Type = Textarea
	}
	e.Value = scalar(p.Schema.Get("default"))
	if strings.Contains(e.Value, "\n") {
		e.Type = Textarea
	}
	e.Placeholder = label(text(p.Schema, "ui:placeholder"), text(options, "placeholder"), "")
	if e.Placeholder == "" {
		e.Placeholder = map[string]string{
			"RepoUrlPicker": repoExample(options), "OwnerPicker": "team-name", "EntityPicker": refExample(options), "OwnedEntityPicker": refExample(options),
		}[field]
	}
}

// refExample is a reference of the kind that an entity picker looks for.
func refExample(options *nunjucks.Object) string {
	kind := "component"
	if filter, ok := options.Get("catalogFilter").(*nunjucks.Object); ok && text(filter, "kind") != "" {
		kind = strings.ToLower(shorten(text(filter, "kind"), 40))
	}
	return kind + ":default/name"
}

// repoExample is the address that RepoUrlPicker gives, with what it allows.
func repoExample(options *nunjucks.Object) string {
	first := func(key, otherwise string) string {
		if list, ok := options.Get(key).(*nunjucks.Array); ok && len(list.Items) > 0 {
			if s, ok := list.Items[0].(string); ok {
				return shorten(s, 40)
			}
		}
		return otherwise
	}
	return fmt.Sprintf("%s?owner=%s&repo=NAME", first("allowedHosts", "github.com"), first("allowedOwners", "OWNER"))
}

// boolean asks for yes or no. A checkbox cannot be ticked beforehand, and one that
// is required has to be ticked, so those are dropdowns.
func (b *formBuilder) boolean(e *Element, p Parameter) {
	preset := p.Schema.Get("default")
	if p.Required || preset == true {
		e.Type = Dropdown
		e.Options = []Option{{"yes", true}, {"no", false}}
		switch preset {
		case true:
			e.Default = 0
		case false:
			e.Default = 1
		}
		return
	}
	e.Type = Checkboxes
	e.Options = []Option{{Label: e.Label, Value: true}}
}

// list asks for several values: of a choice, or a line each.
func (b *formBuilder) list(e *Element, p Parameter) {
	items, _ := p.Schema.Get("items").(*nunjucks.Object)
	if items == nil {
		items = nunjucks.NewObject()
	}
	if options := choices(items); len(options) > 0 {
		if text(p.Schema, "ui:widget") == "checkboxes" && !p.Required {
			e.Type, e.Options = Checkboxes, labelled(options)
			return
		}
		b.choice(e, options, nil)
		e.Multiple = true
		return
	}
	e.Type = Textarea
	e.Description = strings.TrimSpace(e.Description + " One in each line.")
	if kind := schemaType(items); kind == "object" || kind == "array" {
		e.Description, e.Render = describe(p), "yaml"
		e.Value = example(p.Schema.Get("default"))
		return
	}
	if list, ok := p.Schema.Get("default").(*nunjucks.Array); ok {
		var lines []string
		for _, item := range list.Items {
			lines = append(lines, scalar(item))
		}
		e.Value = strings.Join(lines, "\n")
	}
}

// schemaType is the first type a schema allows, guessed where it says none.
func schemaType(schema *nunjucks.Object) string {
	switch t := schema.Get("type").(type) {
	case string:
		return t
	case *nunjucks.Array:
		for _, item := range t.Items {
			if s, ok := item.(string); ok && s != "null" {
				return s
			}
		}
	}
	switch {
	case schema.Has("properties"):
		return "object"
	case schema.Has("items"):
		return "array"
	}
	return "string"
}

// describe is a parameter's description, and what is expected of an answer.
func describe(p Parameter) string {
	var parts []string
	if d := strings.TrimSpace(text(p.Schema, "description")); d != "" {
		parts = append(parts, strings.TrimSuffix(shorten(d, formText), ".")+".")
	}
	if help := strings.TrimSpace(text(p.Schema, "ui:help")); help != "" {
		parts = append(parts, strings.TrimSuffix(shorten(help, formText), ".")+".")
	}
	if p.When != "" {
		parts = append(parts, "Only when "+shorten(p.When, formLabel)+".")
	}
	for _, limit := range []struct{ key, say string }{
		{"minLength", "At least %s characters."}, {"maxLength", "At most %s characters."}, {"minimum", "At least %s."}, {"maximum", "At most %s."},
		{"pattern", "Must match `%s`."},
	} {
		if v := scalar(p.Schema.Get(limit.key)); v != "" {
			parts = append(parts, fmt.Sprintf(limit.say, shorten(v, formLabel)))
		}
	}
	return strings.Join(parts, " ")
}

// scalar is a single value as text, "" for anything else.
func scalar(v nunjucks.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool, float64:
		text, err := nunjucks.EncodeJSON(v)
		if err == nil {
			return string(text)
		}
	}
	return ""
}

// example is a default as JSON, which is YAML too; "" when there is none.
func example(v nunjucks.Value) string {
	switch v.(type) {
	case *nunjucks.Object, *nunjucks.Array:
		if text, err := nunjucks.EncodeJSON(v); err == nil {
			return string(text)
		}
	}
	return ""
}
