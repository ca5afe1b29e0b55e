package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxShown bounds what is said of one answer: a wrong list is wrong in every item.
const maxShown = 20

// checkData says what is wrong with the answer to a GraphQL call: every field asked
// for is there, of its type, and null only where it may be.
func (c *Contracts) checkData(r *reply) {
	r.checkHeaders()
	if r.status != http.StatusOK {
		if r.status >= http.StatusBadRequest {
			r.checkError(true)
		} else {
			r.say(RuleStatus, false, "GraphQL answers 200")
		}
		return
	}
	if resource := r.header.Get("X-Ratelimit-Resource"); resource != "graphql" {
		r.say(RuleHeader, false, "X-RateLimit-Resource is %q, not graphql", resource)
	}
	var answer struct {
		Data   map[string]any
		Errors []struct{ Message string }
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		r.say(RuleGraphQL, false, "not JSON: %v", err)
		return
	}
	for _, e := range answer.Errors {
		if e.Message == "" {
			r.say(RuleGraphQL, false, "an error without a message")
		}
	}
	switch {
	case answer.Data == nil && len(answer.Errors) == 0:
		r.say(RuleGraphQL, false, "neither data nor errors")
	case answer.Data == nil || len(answer.Errors) > 0 || r.query == nil: // what an error left out may be missing
	default:
		s := &shape{schema: r.query.schema}
		s.object(answer.Data, r.query.root(), r.query.operation.SelectionSet, "data")
		for _, said := range s.wrong {
			r.say(RuleGraphQL, false, "%s", said)
		}
		r.checkCost(answer.Data)
	}
}

func (q *query) root() *ast.Definition {
	if q.operation.Operation == ast.Mutation {
		return q.schema.Mutation
	}
	return q.schema.Query
}

// checkCost compares rateLimit.cost, if it was asked for, with GitHub's formula.
func (r *reply) checkCost(data map[string]any) {
	limit, _ := data["rateLimit"].(map[string]any)
	if cost, ok := limit["cost"]; ok && fmt.Sprint(cost) != fmt.Sprint(r.query.points()) {
		r.say(RuleGraphQL, true, "rateLimit.cost is %v, by GitHub's formula %d", cost, r.query.points())
	}
}

// shape compares data with the selection it answers.
type shape struct {
	schema *ast.Schema
	wrong  []string
}

func (s *shape) add(path, format string, args ...any) {
	if len(s.wrong) < maxShown {
		s.wrong = append(s.wrong, path+" "+fmt.Sprintf(format, args...))
	}
}

// object compares one object. def is its declared type: an object, or an interface
// or union whose concrete type is known if __typename was asked for.
func (s *shape) object(v map[string]any, def *ast.Definition, set ast.SelectionSet, path string) {
	concrete := def
	if name, ok := v["__typename"].(string); ok {
		if concrete = s.schema.Types[name]; concrete == nil || !s.is(concrete, def.Name) {
			s.add(path, "is a %s, which is no %s", name, def.Name)
			return
		}
	}
	for _, selection := range set {
		switch f := selection.(type) {
		case *ast.InlineFragment:
			if f.TypeCondition == "" || s.is(concrete, f.TypeCondition) {
				s.object(v, concrete, f.SelectionSet, path)
			}
		case *ast.FragmentSpread:
			if s.is(concrete, f.Definition.TypeCondition) {
				s.object(v, concrete, f.Definition.SelectionSet, path)
			}
		case *ast.Field:
			s.field(v, f, path)
		}
	}
}

func (s *shape) field(v map[string]any, f *ast.Field, path string) {
	value, ok := v[f.Alias]
	if !ok {
		if f.Directives.ForName("skip") == nil && f.Directives.ForName("include") == nil {
			s.add(path+"."+f.Alias, "is missing")
		}
		return
	}
	s.value(value, f.Definition.Type, f.SelectionSet, path+"."+f.Alias)
}

// is reports whether def is, or implements, or belongs to the type of that name.
func (s *shape) is(def *ast.Definition, name string) bool {
	if def.Name == name {
		return true
	}
	for _, possible := range s.schema.PossibleTypes[name] {
		if possible.Name == def.Name {
			return true
		}
	}
	return false
}

func (s *shape) value(v any, t *ast.Type, set ast.SelectionSet, path string) {
	if v == nil {
		if t.NonNull {
			s.add(path, "is null, its type is %s", t)
		}
		return
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			s.add(path, "is no list")
			return
		}
		for i, item := range list {
			s.value(item, t.Elem, set, fmt.Sprintf("%s[%d]", path, i))
		}
		return
	}
	def := s.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		if text, ok := v.(string); !ok || def.EnumValues.ForName(text) == nil {
			s.add(path, "is %v, no value of %s", v, def.Name)
		}
	case ast.Scalar:
		if !scalar(def.Name, v) {
			s.add(path, "is %v, no %s", v, def.Name)
		}
	default:
		if object, ok := v.(map[string]any); ok {
			s.object(object, def, set, path)
		} else {
			s.add(path, "is no object")
		}
	}
}

var oidForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// scalar reports whether a value is of GraphQL's or GitHub's own scalar type. One
// that is not known here may be anything.
func scalar(name string, v any) bool {
	text, isText := v.(string)
	n, isNumber := v.(json.Number)
	switch name {
	case "Int":
		return isNumber && !strings.ContainsAny(n.String(), ".eE")
	case "Float":
		return isNumber
	case "Boolean":
		_, ok := v.(bool)
		return ok
	case "String", "ID", "URI", "HTML", "Base64String", "GitTimestamp":
		return isText
	case "DateTime":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	case "GitObjectID":
		return oidForm.MatchString(text)
	}
	return true
}
