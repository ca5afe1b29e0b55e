package index

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// Limits on one predicate. Backstage has none; a request over them is answered
// with an InputError.
const (
	MaxConditions = 1000
	MaxValues     = 20_000
	maxDepth      = 100
)

// InputError is a request that cannot be answered, in Backstage's words.
type InputError struct{ Message string }

func (e *InputError) Error() string { return e.Message }

func inputErrorf(format string, args ...any) error {
	return &InputError{Message: fmt.Sprintf(format, args...)}
}

// Predicate chooses entities. The zero Predicate chooses all.
type Predicate struct {
	logic  string // "", $all, $any or $not
	sub    []Predicate
	fields []condition // all of them hold; only when there is no logic
}

// condition is what is asked of one key.
type condition struct {
	key      string // as written
	op       string // "", $exists, $in, $hasPrefix or $contains
	value    catalog.Value
	relation *relationTest // of $contains on relations
}

// relationTest is a relation an entity must have; nil targets stand for any.
type relationTest struct {
	typ     string
	targets []string
}

// PredicateShape is the form of a predicate, as the schema of
// @backstage/filter-predicates has it.
func PredicateShape() shape.Check {
	primitive := shape.Union(shape.String(), shape.Number(), shape.Boolean())
	var value, predicate shape.Check
	lazy := func(check *shape.Check) shape.Check {
		return func(in shape.Input) (shape.Status, shape.Issues) { return (*check)(in) }
	}
	field := func(name string, check shape.Check) shape.Field { return shape.Field{Name: name, Check: check} }
	value = shape.Union(
		primitive,
		shape.Object(field("$exists", shape.Boolean())),
		shape.Object(field("$in", shape.Array(primitive))),
		shape.Object(field("$contains", lazy(&predicate))),
		shape.Object(field("$hasPrefix", shape.String())),
	)
	predicate = shape.Union(
		shape.Union(
			shape.Record(isKey, lazy(&value)),
			shape.Record(func(key string) bool { return strings.HasPrefix(key, "$") }, shape.Never()),
		),
		primitive,
		shape.Strict(field("$all", shape.Array(lazy(&predicate)))),
		shape.Strict(field("$any", shape.Array(lazy(&predicate)))),
		shape.Strict(field("$not", lazy(&predicate))),
	)
	return predicate
}

func isKey(s string) bool {
	return !strings.HasPrefix(s, "$") && !strings.ContainsAny(s, "\r\n\u2028\u2029")
}

// ParsePredicate reads the query of POST /entities/by-query. The error is a
// [shape.Issues] for a wrong form, else an [InputError].
func ParsePredicate(v catalog.Value) (Predicate, error) {
	if depth(v) > maxDepth {
		return Predicate{}, inputErrorf("the query is nested over %d levels deep", maxDepth)
	}
	if status, issues := PredicateShape()(shape.Of(v)); status != shape.Valid {
		return Predicate{}, issues
	}
	b := builder{}
	return b.predicate(v)
}

func depth(v catalog.Value) int {
	deepest := 0
	for _, item := range v.Items() {
		deepest = max(deepest, depth(item))
	}
	for _, item := range v.Object().All() {
		deepest = max(deepest, depth(item))
	}
	return deepest + 1
}

// builder turns a value of the right form into a predicate.
type builder struct{ conditions, values int }

func text(v catalog.Value) string {
	b, err := v.MarshalJSON()
	if err != nil { // never: values are JSON
		return ""
	}
	return string(b)
}

func (b *builder) predicate(v catalog.Value) (Predicate, error) {
	if v.Type() != catalog.Map {
		return Predicate{}, inputErrorf("Invalid filter predicate: top-level primitive values are not supported. "+
			"Wrap the value in a field expression, e.g. { \"kind\": %s }", text(v))
	}
	for _, logic := range []string{"$not", "$all", "$any"} {
		operand, ok := v.Get(logic)
		if !ok {
			continue
		}
		items := []catalog.Value{operand}
		if logic != "$not" {
			items = operand.Items()
		}
		p := Predicate{logic: logic}
		if err := b.count(len(items), 0); err != nil {
			return Predicate{}, err
		}
		for _, item := range items {
			sub, err := b.predicate(item)
			if err != nil {
				return Predicate{}, err
			}
			p.sub = append(p.sub, sub)
		}
		return p, nil
	}
	var p Predicate
	for key, value := range v.Object().All() {
		c, err := b.condition(key, value)
		if err != nil {
			return Predicate{}, err
		}
		p.fields = append(p.fields, c)
	}
	return p, nil
}

func (b *builder) count(conditions, values int) error {
	b.conditions += conditions
	b.values += values
	if b.conditions > MaxConditions || b.values > MaxValues {
		return inputErrorf("the filter has over %d conditions or %d values: ask in several requests", MaxConditions, MaxValues)
	}
	return nil
}

func (b *builder) condition(key string, v catalog.Value) (condition, error) {
	c := condition{key: key, value: v}
	if v.Type() == catalog.Map {
		for _, op := range []string{"$exists", "$in", "$contains", "$hasPrefix"} {
			operand, ok := v.Get(op)
			if ok && operandFits(op, operand) {
				c.op, c.value = op, operand
				break
			}
		}
	}
	if err := b.count(1, len(c.value.Items())); err != nil {
		return condition{}, err
	}
	if c.op == "$contains" {
		return b.contains(c)
	}
	return c, nil
}

// operandFits tells which of several operators in one object is meant: the first
// whose operand has the right form.
func operandFits(op string, v catalog.Value) bool {
	switch op {
	case "$exists":
		return v.Type() == catalog.Bool
	case "$in":
		return v.Type() == catalog.Array && !slices.ContainsFunc(v.Items(), func(item catalog.Value) bool { return !isPrimitive(item) })
	case "$hasPrefix":
		return v.Type() == catalog.String
	}
	return isPrimitive(v) || v.Type() == catalog.Map
}

func isPrimitive(v catalog.Value) bool {
	return v.Type() == catalog.String || v.Type() == catalog.Number || v.Type() == catalog.Bool
}

func (b *builder) contains(c condition) (condition, error) {
	key := lower(c.key)
	if c.value.Type() != catalog.Map {
		return c, nil
	}
	if key != "relations" {
		return c, inputErrorf("Object form of $contains is not supported for field \"%s\"", key)
	}
	test := &relationTest{}
	for name, v := range c.value.Object().All() {
		if err := b.relationTest(test, name, v); err != nil {
			return c, err
		}
	}
	if test.typ == "" {
		return c, inputErrorf(`The $contains operator for "relations" requires a "type" string property`)
	}
	c.relation = test
	return c, nil
}

func (b *builder) relationTest(test *relationTest, name string, v catalog.Value) error {
	switch lower(name) {
	case "type":
		typ, ok := v.Text()
		if !ok {
			return inputErrorf(`The $contains operator for "relations" requires a "type" string property`)
		}
		if test.typ != "" {
			return inputErrorf(`Duplicate key "%s" in $contains for "relations"`, name)
		}
		test.typ = typ
	case "targetref":
		if test.targets != nil {
			return inputErrorf(`Duplicate key "%s" in $contains for "relations"`, name)
		}
		items := []catalog.Value{v}
		if list, ok := v.Get("$in"); ok && v.Type() == catalog.Map {
			items = list.Items()
			if len(items) == 0 {
				return inputErrorf(`Empty "$in" array for $contains on "relations" is not allowed`)
			}
		}
		for _, item := range items {
			s, ok := item.Text()
			if !ok {
				return inputErrorf(`Unsupported value in $contains for "relations": expected a string or { "$in": [strings] }, but got %s`, text(v))
			}
			test.targets = append(test.targets, lower(s))
		}
		return b.count(0, len(items))
	default:
		return inputErrorf(`Unsupported key "%s" in $contains for "relations". Only "type" and "targetRef" are supported`, name)
	}
	return nil
}

// MarshalJSON writes the predicate as ParsePredicate reads it.
func (p Predicate) MarshalJSON() ([]byte, error) { return p.append(nil), nil }

func (p Predicate) append(b []byte) []byte {
	if p.logic != "" {
		b = append(append(append(b, `{"`...), p.logic...), `":`...)
		if p.logic == "$not" {
			return append(p.sub[0].append(b), '}')
		}
		b = append(b, '[')
		for i, sub := range p.sub {
			if i > 0 {
				b = append(b, ',')
			}
			b = sub.append(b)
		}
		return append(b, "]}"...)
	}
	b = append(b, '{')
	for i, c := range p.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, c.key), ':')
		if c.op == "" {
			b = append(b, text(c.value)...)
			continue
		}
		b = append(append(append(b, `{"`...), c.op...), `":`...)
		b = append(append(b, text(c.value)...), '}')
	}
	return append(b, '}')
}
