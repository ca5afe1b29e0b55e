// Package shape checks JSON that clients send, and words its complaints as
// Backstage's backend does (zod 3 with zod-validation-error), because clients and
// their tests read them. It only checks: nothing is converted or filled in.
//
// Start reading at Check.
package shape

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Status says how far a value fits.
type Status int

// A Dirty value has the right type but breaks a rule; an Aborted one has the
// wrong type.
const (
	Valid Status = iota
	Dirty
	Aborted
)

// Input is a value at a path. It is absent where an object lacks a member.
type Input struct {
	Value  catalog.Value
	Absent bool
	path   []any // strings and ints
}

// Of is the value as a whole.
func Of(v catalog.Value) Input { return Input{Value: v} }

// Member is the member of an object.
func (in Input) Member(key string) Input {
	v, ok := in.Value.Object().Get(key)
	return Input{Value: v, Absent: !ok, path: append(slices.Clip(in.path), key)}
}

func (in Input) item(i int) Input {
	return Input{Value: in.Value.Items()[i], path: append(slices.Clip(in.path), i)}
}

// Check looks at a value and lists what is wrong.
type Check func(Input) (Status, Issues)

func typeName(in Input) string {
	if in.Absent {
		return "undefined"
	}
	switch in.Value.Type() {
	case catalog.Null:
		return "null"
	case catalog.Array:
		return "array"
	}
	return in.Value.Type().String()
}

func wrongType(in Input, expected string) (Status, Issues) {
	received := typeName(in)
	message := "Expected " + expected + ", received " + received
	if in.Absent {
		message = "Required"
	}
	return Aborted, Issues{{
		fields:  []any{"code", "invalid_type", "expected", expected, "received", received},
		message: message, path: in.path,
	}}
}

func primitive(t catalog.Type, name string) Check {
	return func(in Input) (Status, Issues) {
		if in.Absent || in.Value.Type() != t {
			return wrongType(in, name)
		}
		return Valid, nil
	}
}

// String accepts texts.
func String() Check { return primitive(catalog.String, "string") }

// Number accepts numbers.
func Number() Check { return primitive(catalog.Number, "number") }

// Boolean accepts true and false.
func Boolean() Check { return primitive(catalog.Bool, "boolean") }

// Null accepts null.
func Null() Check { return primitive(catalog.Null, "null") }

// Never accepts nothing.
func Never() Check {
	return func(in Input) (Status, Issues) { return wrongType(in, "never") }
}

// PositiveInteger accepts 1, 2, 3 and so on.
func PositiveInteger() Check {
	return func(in Input) (Status, Issues) {
		n, ok := in.Value.Number()
		if in.Absent || !ok {
			return wrongType(in, "number")
		}
		var issues Issues
		if n != float64(int64(n)) {
			issues = append(issues, Issue{
				fields:  []any{"code", "invalid_type", "expected", "integer", "received", "float"},
				message: "Expected integer, received float", path: in.path,
			})
		}
		if n < 1 {
			issues = append(issues, Issue{
				fields:  []any{"code", "too_small", "minimum", 1, "type", "number", "inclusive", true, "exact", false},
				message: "Number must be greater than or equal to 1", path: in.path,
			})
		}
		if issues != nil {
			return Dirty, issues
		}
		return Valid, nil
	}
}

// Literal accepts one text.
func Literal(text string) Check {
	return func(in Input) (Status, Issues) {
		if s, ok := in.Value.Text(); ok && !in.Absent && s == text {
			return Valid, nil
		}
		issue := Issue{message: fmt.Sprintf("Invalid literal value, expected %q", text), path: in.path}
		if !in.Absent {
			issue.fields = []any{"received", in.Value}
		}
		issue.fields = append(issue.fields, "code", "invalid_literal", "expected", text)
		return Aborted, Issues{issue}
	}
}

// Enum accepts one of several texts.
func Enum(options ...string) Check {
	return func(in Input) (Status, Issues) {
		s, ok := in.Value.Text()
		if in.Absent || !ok {
			status, issues := wrongType(in, "'"+strings.Join(options, "' | '")+"'")
			expected, received := issues[0].fields[3], issues[0].fields[5]
			issues[0].fields = []any{"expected", expected, "received", received, "code", "invalid_type"}
			return status, issues
		}
		if slices.Contains(options, s) {
			return Valid, nil
		}
		return Aborted, Issues{{
			fields:  []any{"received", s, "code", "invalid_enum_value", "options", options},
			message: fmt.Sprintf("Invalid enum value. Expected '%s', received '%s'", strings.Join(options, "' | '"), s),
			path:    in.path,
		}}
	}
}

// Optional accepts absence too.
func Optional(check Check) Check {
	return func(in Input) (Status, Issues) {
		if in.Absent {
			return Valid, nil
		}
		return check(in)
	}
}

// Array accepts arrays whose elements pass.
func Array(element Check) Check {
	return func(in Input) (Status, Issues) {
		if in.Absent || in.Value.Type() != catalog.Array {
			return wrongType(in, "array")
		}
		worst := Valid
		var issues Issues
		for i := range in.Value.Items() {
			status, more := element(in.item(i))
			worst, issues = max(worst, status), append(issues, more...)
		}
		return worst, issues
	}
}

// Record accepts objects with keys for which key is true and values that pass.
func Record(key func(string) bool, value Check) Check {
	return func(in Input) (Status, Issues) {
		if in.Absent || in.Value.Type() != catalog.Map {
			return wrongType(in, "object")
		}
		worst := Valid
		var issues Issues
		for name := range in.Value.Object().All() {
			at := in.Member(name)
			if !key(name) {
				worst = max(worst, Dirty)
				issues = append(issues, Issue{
					fields:  []any{"validation", "regex", "code", "invalid_string"},
					message: "Invalid", path: at.path, messageFirst: true,
				})
			}
			status, more := value(at)
			worst, issues = max(worst, status), append(issues, more...)
		}
		return worst, issues
	}
}

// Field is a member of an Object.
type Field struct {
	Name  string
	Check Check
}

// Object accepts objects whose members pass; others are overlooked.
func Object(fields ...Field) Check { return object(false, fields) }

// Strict is Object without other members.
func Strict(fields ...Field) Check { return object(true, fields) }

func object(strict bool, fields []Field) Check {
	return func(in Input) (Status, Issues) {
		if in.Absent || in.Value.Type() != catalog.Map {
			return wrongType(in, "object")
		}
		worst := Valid
		var issues Issues
		for _, f := range fields {
			status, more := f.Check(in.Member(f.Name))
			worst, issues = max(worst, status), append(issues, more...)
		}
		var extra []string
		for name := range in.Value.Object().All() {
			if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
				extra = append(extra, name)
			}
		}
		if strict && len(extra) > 0 {
			worst = max(worst, Dirty)
			issues = append(issues, Issue{
				fields:  []any{"code", "unrecognized_keys", "keys", extra},
				message: "Unrecognized key(s) in object: '" + strings.Join(extra, "', '") + "'", path: in.path,
			})
		}
		return worst, issues
	}
}

// Union accepts what any of the options accepts.
func Union(options ...Check) Check {
	return func(in Input) (Status, Issues) {
		var failed []Issues
		var dirty Issues
		for _, option := range options {
			status, issues := option(in)
			if status == Valid {
				return Valid, nil
			}
			if status == Dirty && dirty == nil {
				dirty = issues
			}
			failed = append(failed, issues)
		}
		if dirty != nil {
			return Dirty, dirty
		}
		return Aborted, Issues{{
			fields:  []any{"code", "invalid_union", "unionErrors", failed},
			message: "Invalid input", path: in.path, union: failed,
		}}
	}
}
