package scaffold

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// schemaURL names a schema inside the validator. Nothing is ever fetched.
const schemaURL = "https://cairn.invalid/schema.json"

// maxExpanded bounds a schema with its references followed, in values.
const maxExpanded = 50_000

// schema is one page of parameters, checked and ready to validate values.
type schema struct {
	doc     map[string]any // as the validator reads it
	size    int            // values in doc
	written catalog.Value
}

// newSchema reads a JSON Schema (draft 7) as Backstage takes them: also with
// `required: true` at a property, and with keywords that say nothing.
func newSchema(v catalog.Value) (*schema, []catalog.Problem) {
	r := schemaReader{}
	doc, _ := r.schema(v).(map[string]any)
	if doc == nil {
		r.fail(v.Position(), "a schema is a mapping", "write it as JSON Schema: properties, required, …")
	}
	expanded := 0
	if len(r.problems) == 0 {
		expanded = r.checkReferences(doc)
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	s := &schema{doc: doc, size: expanded, written: v}
	if _, err := s.validator(); err != nil {
		r.explain(v, err)
		return nil, r.problems
	}
	return s, nil
}

// schemaReader turns a schema as written into what the validator takes.
type schemaReader struct {
	problems []catalog.Problem
	refs     []schemaRef
}

// schemaRef is a $ref and where it stands.
type schemaRef struct {
	target string
	at     catalog.Position
}

func (r *schemaReader) fail(at catalog.Position, message, remedy string) {
	r.problems = append(r.problems, problem(at, catalog.SeverityError, "spec.parameters", message, remedy))
}

// schema reads one schema: a mapping, or true and false.
func (r *schemaReader) schema(v catalog.Value) any {
	if v.Type() != catalog.Map {
		return plain(v)
	}
	out := map[string]any{}
	for key, value := range v.Object().All() {
		if value.Type() == catalog.Null && key != "const" && key != "default" {
			continue // a keyword with nothing after it
		}
		switch key {
		case "$id", "$schema", "id":
		case "properties", "patternProperties", "definitions", "$defs":
			out[key] = r.members(out, key, value)
		case "dependencies":
			out[key] = r.dependencies(value)
		case "allOf", "anyOf", "oneOf":
			out[key] = r.list(value)
		case "items":
			if value.Type() == catalog.Array {
				out[key] = r.list(value)
				continue
			}
			out[key] = r.schema(value)
		case "additionalItems", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else":
			out[key] = r.schema(value)
		case "required":
			if value.Type() == catalog.Array {
				out[key] = distinct(append(requiredList(out), plain(value).([]any)...))
			} else if value.Type() != catalog.Bool {
				out[key] = plain(value)
			}
		default:
			r.keyword(out, key, value)
		}
	}
	return out
}

// keyword reads what holds no schema.
func (r *schemaReader) keyword(out map[string]any, key string, value catalog.Value) {
	text, isText := value.Text()
	switch {
	case key == "pattern" && isText:
		if _, err := compilePattern(text); err != nil {
			r.fail(value.Position(), fmt.Sprintf("the pattern cannot be used: %v", err), "patterns run in linear time: write it without look-around and back-references")
			return
		}
	case key == "$ref" && isText:
		if !strings.HasPrefix(text, "#") {
			r.fail(value.Position(), fmt.Sprintf("$ref %q points outside the template", text), "put the schema under definitions and refer to #/definitions/NAME")
			return
		}
		r.refs = append(r.refs, schemaRef{text, value.Position()})
	case strings.HasPrefix(key, "ui:"), key == "backstage:permissions", key == "backstage:featureFlag", key == "enumNames", key == "examples":
		return // for the form
	}
	out[key] = plain(value)
	if list, ok := out[key].([]any); ok && key == "enum" {
		out[key] = distinct(list)
	}
}

// distinct drops single values that come again, which Backstage does not mind.
func distinct(list []any) []any {
	seen := map[any]bool{}
	return slices.DeleteFunc(list, func(v any) bool {
		switch v.(type) {
		case []any, map[string]any:
			return false
		}
		again := seen[v]
		seen[v] = true
		return again
	})
}

// members reads properties. A property that calls itself required is, as in
// Backstage.
func (r *schemaReader) members(parent map[string]any, keyword string, v catalog.Value) any {
	if v.Type() != catalog.Map {
		return plain(v)
	}
	out := map[string]any{}
	for key, value := range v.Object().All() {
		if value.Type() == catalog.Null {
			out[key] = map[string]any{}
			continue
		}
		if keyword == "patternProperties" {
			if _, err := compilePattern(key); err != nil {
				r.fail(value.Position(), fmt.Sprintf("the pattern %q cannot be used: %v", key, err), "")
				continue
			}
		}
		out[key] = r.schema(value)
		if required, _ := value.Get("required"); keyword == "properties" {
			if yes, _ := required.Bool(); yes {
				parent["required"] = distinct(append(requiredList(parent), key))
			}
		}
	}
	return out
}

func requiredList(schema map[string]any) []any {
	list, _ := schema["required"].([]any)
	return slices.Clip(list)
}

func (r *schemaReader) dependencies(v catalog.Value) any {
	if v.Type() != catalog.Map {
		return plain(v)
	}
	out := map[string]any{}
	for key, value := range v.Object().All() {
		switch value.Type() {
		case catalog.Null:
		case catalog.Array:
			out[key] = plain(value)
		default:
			out[key] = r.schema(value)
		}
	}
	return out
}

func (r *schemaReader) list(v catalog.Value) any {
	if v.Type() != catalog.Array {
		return plain(v)
	}
	out := make([]any, 0, len(v.Items()))
	for _, item := range v.Items() {
		if item.Type() == catalog.Null {
			out = append(out, map[string]any{})
			continue
		}
		out = append(out, r.schema(item))
	}
	return out
}

// checkReferences refuses references that go round in circles or multiply, since
// time and memory would follow. It returns how many values the schema has when
// they are followed.
func (r *schemaReader) checkReferences(doc map[string]any) int {
	w := refChecker{doc: doc, following: map[string]bool{}}
	if why := w.walk(doc); why != "" {
		at := catalog.Position{}
		if len(r.refs) > 0 {
			at = r.refs[0].at
		}
		r.fail(at, why, "write the schema out where it is used")
	}
	return w.count
}

type refChecker struct {
	doc       map[string]any
	following map[string]bool
	count     int
}

// walk returns what is wrong, or "".
func (w *refChecker) walk(v any) string {
	if w.count++; w.count > maxExpanded {
		return fmt.Sprintf("limit of %d values in a schema reached, with $ref followed", maxExpanded)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if why := w.walk(item); why != "" {
				return why
			}
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if why := w.follow(ref); why != "" {
				return why
			}
		}
		for key, item := range v {
			if key == "definitions" || key == "$defs" {
				continue
			}
			if why := w.walk(item); why != "" {
				return why
			}
		}
	}
	return ""
}

func (w *refChecker) follow(ref string) string {
	if w.following[ref] {
		return fmt.Sprintf("$ref %s leads back to itself", ref)
	}
	var target any = w.doc
	for _, key := range pointerKeys(ref) {
		m, _ := target.(map[string]any)
		var ok bool
		if target, ok = m[key]; !ok {
			return "" // the validator says so
		}
	}
	w.following[ref] = true
	defer delete(w.following, ref)
	return w.walk(target)
}

// explain says what the validator has against the schema, at the place.
func (r *schemaReader) explain(v catalog.Value, err error) {
	if refused := (*jsonschema.SchemaValidationError)(nil); errors.As(err, &refused) {
		if first := (*jsonschema.ValidationError)(nil); errors.As(refused.Err, &first) {
			for len(first.Causes) > 0 {
				first = first.Causes[0]
			}
			at, where := v, first.InstanceLocation
			for _, key := range where {
				next, ok := at.Get(key)
				if !ok {
					break
				}
				at = next
			}
			r.fail(at.Position(), fmt.Sprintf("%s is no JSON Schema: %s", dotted(where, "the schema"), reason(first)), "see json-schema.org/understanding-json-schema")
			return
		}
	}
	r.fail(v.Position(), fmt.Sprintf("this is no JSON Schema: %s", strings.ReplaceAll(err.Error(), schemaURL, "")), "see json-schema.org/understanding-json-schema")
}

// plain is v in the types of encoding/json.
func plain(v catalog.Value) any {
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
		out := make([]any, 0, len(v.Items()))
		for _, item := range v.Items() {
			out = append(out, plain(item))
		}
		return out
	case catalog.Map:
		out := map[string]any{}
		for key, item := range v.Object().All() {
			out[key] = plain(item)
		}
		return out
	}
	return nil
}
