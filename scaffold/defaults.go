package scaffold

import (
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Fill returns values with the defaults of what they leave out, as Backstage's
// form would have put them: also those of questions that other answers ask for.
func (t *Template) Fill(values *nunjucks.Object) (*nunjucks.Object, error) {
	out := clone(values, 0).(*nunjucks.Object)
	for _, p := range t.Pages {
		v, err := p.schema.validator()
		if err != nil {
			return nil, err
		}
		f := filler{validator: v, page: p.written}
		for range 3 { // a default may be what another question depends on
			before := f.filled
			if err := f.fill(p.written, nil, out, 0); err != nil {
				return nil, t.limited(err)
			}
			if f.filled == before {
				break
			}
		}
	}
	return out, nil
}

// clone is a copy of v that shares nothing with it.
func clone(v nunjucks.Value, depth int) nunjucks.Value {
	switch v := v.(type) {
	case *nunjucks.Array:
		out := nunjucks.NewArray()
		for _, item := range v.Items {
			out.Items = append(out.Items, clone(item, depth+1))
		}
		return out
	case *nunjucks.Object:
		out := nunjucks.NewObject()
		if v == nil {
			return out
		}
		for _, key := range v.Keys() {
			out.Set(key, clone(v.Get(key), depth+1))
		}
		return out
	}
	return v
}

// filler puts the defaults of one page into values.
type filler struct {
	validator *validator
	page      catalog.Value
	filled    int // defaults put in
}

// fill handles the schema v, which stands at path, for the object into.
func (f *filler) fill(v catalog.Value, path []string, into *nunjucks.Object, depth int) error {
	if v.Type() != catalog.Map || depth > maxTemplateDepth {
		return nil
	}
	if ref, ok := v.Get("$ref"); ok {
		text, _ := ref.Text()
		keys := pointerKeys(text)
		if target, ok := f.page.Get(keys...); ok {
			return f.fill(target, keys, into, depth+1)
		}
	}
	properties, _ := v.Get("properties")
	for name, s := range properties.Object().All() {
		if err := f.property(s, child(path, "properties", name), name, into, depth); err != nil {
			return err
		}
	}
	all, _ := v.Get("allOf")
	for i, item := range all.Items() {
		if err := f.fill(item, child(path, "allOf", fmt.Sprint(i)), into, depth+1); err != nil {
			return err
		}
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		list, _ := v.Get(key)
		if err := f.choose(list, child(path, key), into, depth); err != nil {
			return err
		}
	}
	if err := f.conditional(v, path, into, depth); err != nil {
		return err
	}
	dependencies, _ := v.Get("dependencies")
	for name, item := range dependencies.Object().All() {
		if into.Has(name) {
			if err := f.fill(item, child(path, "dependencies", name), into, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func child(path []string, keys ...string) []string {
	return append(path[:len(path):len(path)], keys...)
}

func (f *filler) property(s catalog.Value, path []string, name string, into *nunjucks.Object, depth int) error {
	if !into.Has(name) {
		if v, ok := s.Get("default"); ok {
			into.Set(name, toValue(v))
			f.filled++
		}
	}
	inner, given := into.Get(name).(*nunjucks.Object)
	if !given {
		if into.Has(name) {
			return nil
		}
		inner = nunjucks.NewObject()
	}
	if err := f.fill(s, path, inner, depth+1); err != nil {
		return err
	}
	if !given && inner.Len() > 0 {
		into.Set(name, inner)
	}
	return nil
}

// choose fills in the first alternative whose pinned properties fit.
func (f *filler) choose(list catalog.Value, path []string, into *nunjucks.Object, depth int) error {
	for i, item := range list.Items() {
		at := child(path, fmt.Sprint(i))
		fits, err := f.pinned(item, at, into)
		if err != nil {
			return err
		}
		if fits {
			return f.fill(item, at, into, depth+1)
		}
	}
	return nil
}

// pinned reports whether what an alternative says of values that are there holds.
func (f *filler) pinned(v catalog.Value, path []string, into *nunjucks.Object) (bool, error) {
	properties, _ := v.Get("properties")
	for name := range properties.Object().All() {
		if !into.Has(name) {
			continue
		}
		ok, err := f.holds(child(path, "properties", name), into.Get(name))
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (f *filler) conditional(v catalog.Value, path []string, into *nunjucks.Object, depth int) error {
	if _, ok := v.Get("if"); !ok {
		return nil
	}
	ok, err := f.holds(child(path, "if"), into)
	if err != nil {
		return err
	}
	key := "then"
	if !ok {
		key = "else"
	}
	branch, _ := v.Get(key)
	return f.fill(branch, child(path, key), into, depth+1)
}

// holds validates v against the part of the schema at path.
func (f *filler) holds(path []string, v nunjucks.Value) (bool, error) {
	part, err := f.validator.part(path)
	if err != nil {
		return false, err
	}
	instance, err := toJSON(v)
	if err != nil {
		return false, err
	}
	err = f.validator.run(part, instance)
	if limit := (*LimitError)(nil); errors.As(err, &limit) {
		return false, err
	}
	return err == nil, nil
}
