package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// shape is what a field may hold. It says as much of JSON Schema as Backstage's
// schemas use, and is checked in the order of Backstage's validator (ajv 8), so
// that the first violation is the one Backstage reports.
type shape struct {
	types    []Type // allowed types, in the order they are named; nil allows all
	filled   bool   // a string must not be empty
	enum     []string
	pattern  *regexp.Regexp
	required []string
	closed   bool    // no fields but those listed
	others   *shape  // what unlisted fields hold
	fields   []field // in the schema's order
	named    *shape  // what every member with a name holds, as in labels
	items    *shape
	oneOf    []*shape
}

type field struct {
	name string
	*shape
}

// violation is one way in which a value does not have its shape.
type violation struct {
	path    []string
	keyword string // JSON Schema's word for the broken rule
	message string // ajv's message
	params  string // ajv's parameters, "name: value"
	subject string // the missing, foreign or allowed thing, for people
	value   Value
}

// pointer is the JSON pointer of the place, "" for the root.
func (v violation) pointer() string {
	var b strings.Builder
	for _, key := range v.path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// error words the violation as Backstage's schema validators do.
func (v violation) error() *Error {
	at := v.pointer()
	if at == "" {
		at = "<root>"
	}
	return &Error{Name: "TypeError", Message: at + " " + v.message + " - " + v.params}
}

// check returns the violations of s in v, the first first.
func (s *shape) check(v Value, path []string) []violation {
	var out []violation
	report := func(keyword, message, params, subject string) {
		out = append(out, violation{slices.Clone(path), keyword, message, params, subject, v})
	}
	allowed := s.types == nil || slices.Contains(s.types, v.kind)
	if !allowed && (len(s.types) > 1 || !s.hasRulesFor(s.types[0])) {
		report("type", "must be "+s.typeNames(), "type: "+s.typeNames(), s.typeNames())
		allowed = true // reported
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(e string) bool { return v.kind == String && v.str == e }) {
		list := strings.Join(s.enum, ",")
		report("enum", "must be equal to one of the allowed values", "allowedValues: "+list, strings.Join(s.enum, ", "))
	}
	if s.oneOf != nil {
		out = append(out, s.checkOneOf(v, path)...)
	}
	if !allowed {
		report("type", "must be "+s.typeNames(), "type: "+s.typeNames(), s.typeNames())
		return out
	}
	switch v.kind {
	case String:
		if s.filled && v.str == "" {
			report("minLength", "must NOT have fewer than 1 characters", "limit: 1", "")
		}
		if s.pattern != nil && !s.pattern.MatchString(v.str) {
			report("pattern", fmt.Sprintf(`must match pattern "%s"`, s.pattern), "pattern: "+s.pattern.String(), s.pattern.String())
		}
	case Array:
		if s.items != nil {
			for i, item := range v.items {
				out = append(out, s.items.check(item, append(path, fmt.Sprint(i)))...)
			}
		}
	case Map:
		out = append(out, s.checkMembers(v, path)...)
	}
	return out
}

func (s *shape) checkMembers(v Value, path []string) []violation {
	var out []violation
	for _, name := range s.required {
		if _, ok := v.obj.Get(name); !ok {
			out = append(out, violation{slices.Clone(path), "required",
				"must have required property '" + name + "'", "missingProperty: " + name, name, v})
		}
	}
	listed := func(key string) bool {
		return slices.ContainsFunc(s.fields, func(f field) bool { return f.name == key })
	}
	for key, member := range v.obj.All() {
		switch {
		case listed(key):
		case s.closed:
			out = append(out, violation{slices.Clone(path), "additionalProperties",
				"must NOT have additional properties", "additionalProperty: " + key, key, v})
		case s.others != nil:
			out = append(out, s.others.check(member, append(path, key))...)
		}
	}
	for _, f := range s.fields {
		if member, ok := v.obj.Get(f.name); ok {
			out = append(out, f.check(member, append(path, f.name))...)
		}
	}
	if s.named != nil {
		for key, member := range v.obj.All() {
			if key != "" && !strings.ContainsAny(key, "\n\r\u2028\u2029") {
				out = append(out, s.named.check(member, append(path, key))...)
			}
		}
	}
	return out
}

func (s *shape) checkOneOf(v Value, path []string) []violation {
	var all []violation
	for _, branch := range s.oneOf {
		found := branch.check(v, path)
		if len(found) == 0 {
			return nil // the branches exclude each other by type
		}
		all = append(all, found...)
	}
	return all
}

// hasRulesFor reports whether the shape says anything of values of type t beyond
// their being of that type; then ajv reports a wrong type after enum.
func (s *shape) hasRulesFor(t Type) bool {
	switch t {
	case String:
		return s.filled || s.pattern != nil
	case Array:
		return s.items != nil
	case Map:
		return s.required != nil || s.closed || s.others != nil || s.fields != nil || s.named != nil
	}
	return false
}

func (s *shape) typeNames() string {
	names := make([]string, len(s.types))
	for i, t := range s.types {
		names[i] = jsonTypeName(t)
	}
	return strings.Join(names, ",")
}

func jsonTypeName(t Type) string {
	switch t {
	case Null:
		return "null"
	case Array:
		return "array"
	}
	return t.String()
}

// Builders that keep the kinds' tables readable.

func ofType(types ...Type) *shape { return &shape{types: types} }

func text() *shape { return &shape{types: []Type{String}} }

func filled() *shape { return &shape{types: []Type{String}, filled: true} }

func listOf(items *shape) *shape { return &shape{types: []Type{Array}, items: items} }

func mapOf(required []string, fields ...field) *shape {
	return &shape{types: []Type{Map}, required: required, fields: fields}
}
