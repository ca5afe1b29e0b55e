package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Resolver answers one field of obj. nil means null. An [*Error] is shown as it
// is; any other error is shown by its text.
type Resolver func(ctx context.Context, obj any, args Args) (any, error)

// Guard refuses a field of obj by an error, or lets it through.
type Guard func(typeName, fieldName string, obj any) error

// Types holds the resolvers: type name, then field name.
type Types map[string]map[string]Resolver

// fielder is an object that answers its fields itself.
type fielder interface {
	field(name string) (value any, known bool)
}

// execution is one run of one operation. It is not safe for concurrent use.
type execution struct {
	schema *ast.Schema
	types  Types
	// typeOf names the concrete type of a value where the schema says an
	// interface or a union.
	typeOf func(obj any) string
	// guard refuses a field before its resolver is asked.
	guard Guard
	vars  map[string]any
	errs  []*Error
}

// fieldGroup is everything a selection asks under one key of the answer.
type fieldGroup struct {
	key    string
	fields []*ast.Field
}

func (x *execution) run(ctx context.Context, op *ast.OperationDefinition, root any) any {
	data, ok := x.object(ctx, x.schema.Query, root, []ast.SelectionSet{op.SelectionSet}, nil)
	if !ok {
		return nil
	}
	return data
}

// object completes one object; ok is false when a null stands where none may,
// so that the object itself becomes null.
func (x *execution) object(ctx context.Context, def *ast.Definition, obj any, sets []ast.SelectionSet, path []any) (_ any, ok bool) {
	groups := x.collect(def, sets)
	out := make(orderedObject, 0, len(groups))
	for _, group := range groups {
		value, ok := x.fieldValue(ctx, def, obj, group, append(slices.Clip(path), group.key))
		if !ok {
			return nil, false
		}
		out = append(out, member{group.key, value})
	}
	return out, true
}

func (x *execution) fieldValue(ctx context.Context, def *ast.Definition, obj any, group fieldGroup, path []any) (_ any, ok bool) {
	field := group.fields[0]
	if field.Name == "__typename" {
		return def.Name, true
	}
	fieldDef := def.Fields.ForName(field.Name)
	if fieldDef == nil {
		x.report(unanswered(def.Name, field.Name), field, path)
		return nil, true
	}
	value, err := x.resolve(ctx, def.Name, obj, group, fieldDef)
	if err != nil {
		x.report(err, field, path)
		return nil, !fieldDef.Type.NonNull
	}
	return x.complete(ctx, fieldDef.Type, value, group, path)
}

func (x *execution) resolve(ctx context.Context, typeName string, obj any, group fieldGroup, fieldDef *ast.FieldDefinition) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	field := group.fields[0]
	if err := x.guard(typeName, field.Name, obj); err != nil {
		return nil, err
	}
	if resolver, ok := x.types[typeName][field.Name]; ok {
		with := *field
		with.Definition = fieldDef
		return resolver(ctx, obj, Args{
			field:      field.Name,
			wantsItems: x.wantsItems(group),
			values:     with.ArgumentMap(x.vars),
		})
	}
	if own, ok := obj.(fielder); ok {
		if value, known := own.field(field.Name); known {
			return value, nil
		}
	}
	return nil, unanswered(typeName, field.Name)
}

// complete turns what a resolver gave into what the answer shows.
func (x *execution) complete(ctx context.Context, t *ast.Type, value any, group fieldGroup, path []any) (_ any, ok bool) {
	if failed, ok := value.(*Error); ok { // one item of a list
		x.report(failed, group.fields[0], path)
		return nil, !t.NonNull
	}
	if isNil(value) {
		if t.NonNull {
			x.report(fmt.Errorf("null stands for the non-null type %s", t), group.fields[0], path)
		}
		return nil, !t.NonNull
	}
	if t.Elem != nil {
		return x.list(ctx, t, value, group, path)
	}
	def := x.schema.Types[t.NamedType]
	if def.IsLeafType() {
		leaf, err := leafValue(def, value)
		if err != nil {
			x.report(err, group.fields[0], path)
			return nil, !t.NonNull
		}
		return leaf, true
	}
	if def.IsAbstractType() {
		name := x.typeOf(value)
		concrete := x.schema.Types[name]
		if concrete == nil || !slices.Contains(x.schema.GetPossibleTypes(def), concrete) {
			x.report(fmt.Errorf("%T (%q) is not a %s", value, name, def.Name), group.fields[0], path)
			return nil, !t.NonNull
		}
		def = concrete
	}
	out, ok := x.object(ctx, def, value, selections(group), path)
	if !ok {
		return nil, !t.NonNull
	}
	return out, true
}

func (x *execution) list(ctx context.Context, t *ast.Type, value any, group fieldGroup, path []any) (_ any, ok bool) {
	items := reflect.ValueOf(value)
	if items.Kind() != reflect.Slice {
		x.report(fmt.Errorf("%T is not a list", value), group.fields[0], path)
		return nil, !t.NonNull
	}
	out := make([]any, items.Len())
	for i := range out {
		item, ok := x.complete(ctx, t.Elem, items.Index(i).Interface(), group, append(slices.Clip(path), i))
		if !ok {
			return nil, !t.NonNull
		}
		out[i] = item
	}
	return out, true
}

// report keeps an error with the place it belongs to.
func (x *execution) report(err error, field *ast.Field, path []any) {
	shown := &Error{Message: err.Error()}
	if own, ok := errors.AsType[*Error](err); ok {
		*shown = *own
	}
	shown.Path = path
	shown.Locations = []gqlerror.Location{{Line: field.Position.Line, Column: field.Position.Column}}
	x.errs = append(x.errs, shown)
}

// collect gathers the fields that apply to def, in the order they are asked,
// merging those of one key.
func (x *execution) collect(def *ast.Definition, sets []ast.SelectionSet) []fieldGroup {
	var groups []fieldGroup
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if !x.included(s.Directives) {
					continue
				}
				i := slices.IndexFunc(groups, func(g fieldGroup) bool { return g.key == s.Alias })
				if i < 0 {
					groups = append(groups, fieldGroup{key: s.Alias, fields: []*ast.Field{s}})
					continue
				}
				groups[i].fields = append(groups[i].fields, s)
			case *ast.InlineFragment:
				if x.included(s.Directives) && x.applies(s.TypeCondition, def) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if x.included(s.Directives) && x.applies(s.Definition.TypeCondition, def) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return groups
}

// applies reports whether a type condition holds for the concrete type def.
func (x *execution) applies(condition string, def *ast.Definition) bool {
	if condition == "" || condition == def.Name {
		return true
	}
	wanted := x.schema.Types[condition]
	return wanted != nil && wanted.IsAbstractType() && slices.Contains(x.schema.GetPossibleTypes(wanted), def)
}

// included applies @skip and @include.
func (x *execution) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		condition, _ := d.ArgumentMap(x.vars)["if"].(bool)
		if d.Name == "skip" && condition || d.Name == "include" && !condition {
			return false
		}
	}
	return true
}

// wantsItems reports whether a connection's items are asked for: their number
// alone needs no first or last.
func (x *execution) wantsItems(group fieldGroup) bool {
	return selectsAny(selections(group), "nodes", "edges", "pageInfo")
}

func selectsAny(sets []ast.SelectionSet, names ...string) bool {
	for _, set := range sets {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if slices.Contains(names, s.Name) {
					return true
				}
			case *ast.InlineFragment:
				if selectsAny([]ast.SelectionSet{s.SelectionSet}, names...) {
					return true
				}
			case *ast.FragmentSpread:
				if selectsAny([]ast.SelectionSet{s.Definition.SelectionSet}, names...) {
					return true
				}
			}
		}
	}
	return false
}

func selections(group fieldGroup) []ast.SelectionSet {
	sets := make([]ast.SelectionSet, len(group.fields))
	for i, field := range group.fields {
		sets[i] = field.SelectionSet
	}
	return sets
}

// leafValue writes a scalar or enum value, and refuses what the schema does not
// allow: the stand-in may not drift from GitHub.
func leafValue(def *ast.Definition, value any) (any, error) {
	if at, ok := value.(time.Time); ok {
		return at.UTC().Format(time.RFC3339), nil
	}
	v := reflect.ValueOf(value)
	switch {
	case def.Kind == ast.Enum:
		if v.Kind() != reflect.String || def.EnumValues.ForName(v.String()) == nil {
			return nil, fmt.Errorf("%v is not a value of the enum %s", value, def.Name)
		}
		return v.String(), nil
	case def.Name == "Int":
		if !v.CanInt() || v.Int() < math.MinInt32 || v.Int() > math.MaxInt32 {
			return nil, fmt.Errorf("%v is not an Int of 32 bits", value)
		}
		return v.Int(), nil
	case def.Name == "Boolean":
		if v.Kind() != reflect.Bool {
			return nil, fmt.Errorf("%v is not a Boolean", value)
		}
		return v.Bool(), nil
	case v.Kind() == reflect.String:
		return v.String(), nil
	}
	return nil, fmt.Errorf("%T does not fit the scalar %s", value, def.Name)
}

// isNil sees through typed nil pointers, which resolvers return as any.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// orderedObject is a JSON object that keeps the order of its members, as GraphQL answers do.
type orderedObject []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order.
func (o orderedObject) MarshalJSON() ([]byte, error) { return appendJSON(nil, o) }

func appendJSON(out []byte, value any) ([]byte, error) {
	var err error
	switch v := value.(type) {
	case orderedObject:
		out = append(out, '{')
		for i, m := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(strconv.AppendQuote(out, m.key), ':') // a GraphQL name: letters, digits, _
			if out, err = appendJSON(out, m.value); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendJSON(out, item); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	}
	leaf, err := json.Marshal(value)
	return append(out, leaf...), err
}
