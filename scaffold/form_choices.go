package scaffold

import (
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

func (b *formBuilder) choice(e *Element, options []Option, preset nunjucks.Value) {
	e.Type, e.Options = Dropdown, labelled(options)
	for i, o := range e.Options {
		if o.Value == preset {
			e.Default = i
		}
	}
}

// labelled makes options that GitHub takes: distinct, not empty, none called None.
func labelled(options []Option) []Option {
	taken := map[string]bool{"": true}
	out := make([]Option, 0, len(options))
	for _, o := range options {
		if slices.ContainsFunc(out, func(p Option) bool { return p.Value == o.Value && scalar(o.Value) != "" }) {
			continue
		}
		name := label(o.Label, "(empty)")
		if strings.EqualFold(name, "none") {
			name += " of these"
		}
		out = append(out, Option{unique(taken, name, " "), o.Value})
	}
	return out
}

// choices are the values of enum, with their names, or of oneOf with const.
func choices(schema *nunjucks.Object) []Option {
	var out []Option
	if list, ok := schema.Get("enum").(*nunjucks.Array); ok {
		names, _ := schema.Get("enumNames").(*nunjucks.Array)
		for i, v := range list.Items {
			name := scalar(v)
			if names != nil && i < len(names.Items) && scalar(names.Items[i]) != "" {
				name = scalar(names.Items[i])
			}
			out = append(out, Option{name, v})
		}
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		list, ok := schema.Get(key).(*nunjucks.Array)
		if !ok || len(out) > 0 {
			continue
		}
		for _, item := range list.Items {
			o, ok := item.(*nunjucks.Object)
			if !ok || !o.Has("const") {
				return nil
			}
			out = append(out, Option{label(text(o, "title"), scalar(o.Get("const"))), o.Get("const")})
		}
	}
	return out[:min(len(out), maxOptions)]
}
