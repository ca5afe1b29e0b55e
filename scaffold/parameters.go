package scaffold

import (
	"slices"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Page is one page of the form that asks for a template's parameters.
type Page struct {
	Title       string
	Description string
	// Schema is the page as written: JSON Schema with Backstage's ui: keywords.
	Schema *nunjucks.Object

	schema  *schema
	written catalog.Value
}

// Parameter is a property that a page asks for.
type Parameter struct {
	Name     string
	Schema   *nunjucks.Object
	Required bool
	// When says in words on what the question depends; "" is always asked.
	When string

	at      catalog.Position // of the name
	written catalog.Value
}

// readPages reads spec.parameters: one page, or a list of them.
func readPages(root catalog.Value) ([]Page, []catalog.Problem) {
	v, ok := root.Get("spec", "parameters")
	if !ok || v.Type() == catalog.Null {
		return nil, nil
	}
	written := v.Items()
	if v.Type() == catalog.Map {
		written = []catalog.Value{v}
	}
	var pages []Page
	var problems []catalog.Problem
	for _, w := range written {
		if w.Type() != catalog.Map {
			continue
		}
		s, more := newSchema(w)
		problems = append(problems, more...)
		shown, _ := toValue(w).(*nunjucks.Object)
		page := Page{Schema: shown, schema: s, written: w}
		page.Title, _ = shown.Get("title").(string)
		page.Description, _ = shown.Get("description").(string)
		pages = append(pages, page)
	}
	return pages, problems
}

// Parameters lists what the page may ask for, in the order of the form. A
// parameter that several alternatives ask for comes once, as first written.
func (p Page) Parameters() []Parameter {
	c := collector{page: p.written}
	c.collect(p.written, "", 0)
	return c.list
}

// Parameters lists what all pages may ask for.
func (t *Template) Parameters() []Parameter {
	var all []Parameter
	for _, p := range t.Pages {
		for _, param := range p.Parameters() {
			if !slices.ContainsFunc(all, func(q Parameter) bool { return q.Name == param.Name }) {
				all = append(all, param)
			}
		}
	}
	return all
}

type collector struct {
	page catalog.Value
	list []Parameter
}

// collect finds properties, also those that only some answers ask for.
func (c *collector) collect(v catalog.Value, when string, depth int) {
	if v.Type() != catalog.Map || depth > maxTemplateDepth {
		return
	}
	if ref, ok := v.Get("$ref"); ok {
		c.collect(c.resolve(ref), when, depth+1)
	}
	properties, _ := v.Get("properties")
	for name, s := range properties.Object().All() {
		c.add(v, properties, name, s, when)
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := v.Get(key)
		for _, item := range list.Items() {
			c.collect(item, join(when, c.condition(item)), depth+1)
		}
	}
	condition, _ := v.Get("if")
	holds := c.condition(condition)
	if then, ok := v.Get("then"); ok {
		c.collect(then, join(when, holds), depth+1)
	}
	if otherwise, ok := v.Get("else"); ok {
		c.collect(otherwise, join(when, "unless "+holds), depth+1)
	}
	dependencies, _ := v.Get("dependencies")
	for name, item := range dependencies.Object().All() {
		given := name + " is given"
		if item.Object().Len() == 1 && (has(item, "oneOf") || has(item, "anyOf")) {
			given = "" // the alternatives say it more precisely
		}
		c.collect(item, join(when, given), depth+1)
	}
}

func has(v catalog.Value, key string) bool {
	_, ok := v.Get(key)
	return ok
}

func (c *collector) asked(name string) bool {
	return slices.ContainsFunc(c.list, func(p Parameter) bool { return p.Name == name })
}

func (c *collector) add(parent, properties catalog.Value, name string, s catalog.Value, when string) {
	required := false
	if list, ok := parent.Get("required"); ok {
		required = slices.ContainsFunc(list.Items(), func(v catalog.Value) bool { text, _ := v.Text(); return text == name })
	}
	if own, ok := s.Get("required"); ok {
		yes, _ := own.Bool()
		required = required || yes
	}
	for i := range c.list {
		if c.list[i].Name == name {
			if c.list[i].Schema.Len() == 0 { // so far only the condition of an alternative
				c.list[i].Schema, c.list[i].written = asObject(s), s
			}
			return
		}
	}
	c.list = append(c.list, Parameter{Name: name, Schema: asObject(s), Required: required && when == "", When: when,
		at: properties.Object().KeyPosition(name), written: s})
}

func asObject(v catalog.Value) *nunjucks.Object {
	if o, ok := toValue(v).(*nunjucks.Object); ok {
		return o
	}
	return nunjucks.NewObject()
}

func (c *collector) resolve(ref catalog.Value) catalog.Value {
	text, _ := ref.Text()
	at := c.page
	for _, key := range pointerKeys(text) {
		next, ok := at.Get(key)
		if !ok {
			return catalog.Value{}
		}
		at = next
	}
	return at
}

// condition says in words which answers an alternative is for, as far as it pins
// those to earlier questions: tier is tier-1.
func (c *collector) condition(v catalog.Value) string {
	properties, _ := v.Get("properties")
	out := ""
	for name, s := range properties.Object().All() {
		var values []catalog.Value
		if only, ok := s.Get("const"); ok {
			values = []catalog.Value{only}
		} else if enum, ok := s.Get("enum"); ok {
			values = enum.Items()
		}
		if len(values) == 0 || len(values) > 3 || !c.asked(name) {
			continue
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.Display()
		}
		out = join(out, name+" is "+oneOf(texts))
	}
	return out
}

// deciding tells which parameters decide what the form asks.
func (t *Template) deciding() map[string]bool {
	found := map[string]bool{}
	var walk func(v catalog.Value, inIf bool)
	walk = func(v catalog.Value, inIf bool) {
		for _, item := range v.Items() {
			walk(item, inIf)
		}
		for key, item := range v.Object().All() {
			switch {
			case key == "dependencies", key == "visible", key == "properties" && inIf:
				for name := range item.Object().All() {
					found[name] = true
				}
			}
			walk(item, inIf || key == "if")
		}
	}
	for _, p := range t.Pages {
		walk(p.written, false)
	}
	return found
}
