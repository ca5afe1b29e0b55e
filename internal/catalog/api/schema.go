package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// schema is the little of JSON Schema that the bodies of the API need. It finds
// the same first fault as Backstage's validator and words it alike.
type schema struct {
	kind     catalog.Type
	any      bool
	enum     []string
	items    *schema
	required []string
	closed   bool // no other members than properties
	// properties are checked in order.
	properties []property
}

type property struct {
	name string
	schema
}

func (s *schema) check(v catalog.Value, path string) string {
	if s.any {
		return ""
	}
	if v.Type() != s.kind {
		return path + " must be " + kindName(s.kind)
	}
	if text, _ := v.Text(); s.enum != nil && !slices.Contains(s.enum, text) {
		return fmt.Sprintf("%s must be equal to one of the allowed values: %s", path, strings.Join(s.enum, ", "))
	}
	for i, item := range v.Items() {
		if s.items == nil {
			break
		}
		if complaint := s.items.check(item, path+"/"+strconv.Itoa(i)); complaint != "" {
			return complaint
		}
	}
	for _, name := range s.required {
		if _, ok := v.Get(name); !ok {
			return fmt.Sprintf("%s must have required property '%s'", path, name)
		}
	}
	return s.checkMembers(v, path)
}

func (s *schema) checkMembers(v catalog.Value, path string) string {
	for name := range v.Object().All() {
		if s.closed && !slices.ContainsFunc(s.properties, func(p property) bool { return p.name == name }) {
			return path + " must NOT have additional properties"
		}
	}
	for i := range s.properties {
		p := &s.properties[i]
		if member, ok := v.Get(p.name); ok {
			if complaint := p.check(member, path+"/"+p.name); complaint != "" {
				return complaint
			}
		}
	}
	return ""
}

func kindName(t catalog.Type) string {
	switch t {
	case catalog.Array:
		return "array"
	case catalog.Map:
		return "object"
	}
	return t.String()
}

func aString(name string) property { return property{name, schema{kind: catalog.String}} }
func aNumber(name string) property { return property{name, schema{kind: catalog.Number}} }
func anObject(name string) property {
	return property{name, schema{kind: catalog.Map}}
}

func texts(name string) property {
	return property{name, schema{kind: catalog.Array, items: &schema{kind: catalog.String}}}
}

func object(required []string, properties ...property) *schema {
	return &schema{kind: catalog.Map, required: required, properties: properties}
}

// The bodies of the routes; see openapi.yaml of Backstage's catalog backend.
var (
	pageBody = object(nil,
		aString("cursor"), aNumber("limit"), aNumber("offset"),
		property{"orderBy", schema{kind: catalog.Array, items: object([]string{"field", "order"},
			aString("field"), property{"order", schema{kind: catalog.String, enum: []string{"asc", "desc"}}})}},
		property{"fullTextFilter", *object(nil, aString("term"), texts("fields"))},
		texts("fields"),
		property{"totalItems", schema{kind: catalog.String, enum: []string{"include", "exclude"}}},
		anObject("query"))
	refsBody      = object([]string{"entityRefs"}, texts("entityRefs"), texts("fields"), anObject("query"))
	facetsBody    = object([]string{"facets"}, texts("facets"), anObject("query"))
	addBody       = object([]string{"target", "type"}, aString("target"), aString("type"))
	locationsBody = object(nil, aString("cursor"), aNumber("limit"), anObject("query"))
	locationInput = &schema{
		kind: catalog.Map, required: []string{"type", "target"}, closed: true,
		properties: []property{aString("type"), aString("target")},
	}
	refreshBody = &schema{
		kind: catalog.Map, required: []string{"entityRef"}, closed: true,
		properties: []property{aString("authorizationToken"), aString("entityRef")},
	}
	validateBody = object([]string{"location", "entity"}, aString("location"), anObject("entity"))
	analyzeBody  = object([]string{"location"}, aString("catalogFileName"), property{"location", *locationInput})
)
