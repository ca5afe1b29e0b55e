package scaffold

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// ValuesError is values that a template's parameters refuse.
type ValuesError struct {
	Problems []ValueProblem // never empty
}

// ValueProblem is one thing wrong with one parameter.
type ValueProblem struct {
	Parameter string // such as owner or ports[0].name; "" for the values as a whole
	Message   string // goes after Parameter: is required
	Remedy    string // what to do; may be ""
}

func (p ValueProblem) String() string {
	text := strings.TrimSpace(p.Parameter + " " + p.Message)
	if p.Remedy != "" {
		text += ": " + p.Remedy
	}
	return text
}

func (e *ValuesError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "the parameters are not right:\n  " + strings.Join(lines, "\n  ")
}

// Validate checks values against every page. The error is a *ValuesError or a
// *LimitError.
func (t *Template) Validate(values *nunjucks.Object) error {
	var problems []ValueProblem
	order := map[string]int{}
	for i, p := range t.Parameters() {
		order[p.Name] = i
	}
	for _, p := range t.Pages {
		more, err := p.schema.validate(values)
		if err != nil {
			return t.limited(err)
		}
		for _, one := range more {
			if !slices.Contains(problems, one) {
				problems = append(problems, one)
			}
		}
	}
	slices.SortStableFunc(problems, func(a, b ValueProblem) int {
		return cmp.Or(cmp.Compare(order[a.top()], order[b.top()]), cmp.Compare(a.Parameter, b.Parameter), cmp.Compare(a.Message, b.Message))
	})
	if len(problems) > 0 {
		return &ValuesError{problems}
	}
	return nil
}

// top is the parameter that the problem is in.
func (p ValueProblem) top() string {
	name, _, _ := strings.Cut(p.Parameter, ".")
	name, _, _ = strings.Cut(name, "[")
	return name
}

func (s *schema) validate(values nunjucks.Value) ([]ValueProblem, error) {
	instance, err := toJSON(values)
	if err != nil {
		return nil, err
	}
	v, err := s.validator()
	if err != nil {
		return nil, err
	}
	err = v.run(v.root, instance)
	if refused := (*jsonschema.ValidationError)(nil); errors.As(err, &refused) {
		return valueProblems(refused), nil
	}
	return nil, err
}

// toJSON is a value in the types that the validator takes.
func toJSON(v nunjucks.Value) (any, error) {
	text, err := nunjucks.EncodeJSON(v)
	if err != nil {
		return nil, fmt.Errorf("the values: %w", err)
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// valueProblems collects the innermost complaints.
func valueProblems(e *jsonschema.ValidationError) []ValueProblem {
	name := dotted(e.InstanceLocation, "")
	one := func(message, remedy string) []ValueProblem {
		return []ValueProblem{{Parameter: name, Message: message, Remedy: remedy}}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		var out []ValueProblem
		for _, missing := range k.Missing {
			full := dotted(append(slices.Clone(e.InstanceLocation), missing), "")
			out = append(out, ValueProblem{full, "is required", "give it a value"})
		}
		return out
	case *kind.Dependency:
		return dependents(k.Prop, k.Missing)
	case *kind.DependentRequired:
		return dependents(k.Prop, k.Missing)
	case *kind.AdditionalProperties:
		var out []ValueProblem
		for _, extra := range k.Properties {
			full := dotted(append(slices.Clone(e.InstanceLocation), shorten(extra, 60)), "")
			out = append(out, ValueProblem{full, "is no parameter of this template", "leave it out"})
		}
		return out
	case *kind.Type:
		return one(fmt.Sprintf("is %s", article(k.Got)), "it must be "+oneOf(mapped(k.Want, article)))
	case *kind.Enum:
		return one("is none of its choices", "choose "+oneOf(displayed(k.Want)))
	case *kind.Const:
		return one("is not right", fmt.Sprintf("it must be %s", display(k.Want)))
	case *kind.Pattern:
		return one(fmt.Sprintf("%q does not have the form that is asked for", shorten(k.Got, 60)), "it must match "+shorten(k.Want, 120))
	case *kind.MinLength:
		return one(fmt.Sprintf("is too short (%d)", k.Got), fmt.Sprintf("write at least %d characters", k.Want))
	case *kind.MaxLength:
		return one(fmt.Sprintf("is too long (%d)", k.Got), fmt.Sprintf("write at most %d characters", k.Want))
	case *kind.OneOf:
		return alternatives(e, one)
	case *kind.AnyOf:
		return alternatives(e, one)
	}
	if len(e.Causes) == 0 {
		return one(reason(e), "")
	}
	var out []ValueProblem
	for _, cause := range e.Causes {
		out = append(out, valueProblems(cause)...)
	}
	return out
}

func dependents(given string, missing []string) []ValueProblem {
	var out []ValueProblem
	for _, name := range missing {
		out = append(out, ValueProblem{name, "is required when " + given + " is given", "give it a value"})
	}
	return out
}

// alternatives explains a choice that fits nothing. Where all but one alternative
// are for other answers (they pin a property to one value), it is that one that was
// meant.
func alternatives(e *jsonschema.ValidationError, one func(message, remedy string) []ValueProblem) []ValueProblem {
	if k, ok := e.ErrorKind.(*kind.OneOf); ok && len(k.Subschemas) > 1 {
		return one("fits more than one alternative", "see the template's parameters")
	}
	var meant []*jsonschema.ValidationError
	var where string
	var choices []string
	for _, cause := range e.Causes {
		p, want := pinned(cause)
		if p == nil {
			meant = append(meant, cause)
			continue
		}
		if at := dotted(p.InstanceLocation, ""); len(choices) == 0 || at == where {
			where = at
			choices = append(choices, display(want))
		}
	}
	switch {
	case len(meant) == 1:
		return valueProblems(meant[0])
	case len(meant) == 0 && len(choices) > 0 && len(choices) == len(e.Causes):
		return []ValueProblem{{where, "is none of its choices", "choose " + oneOf(choices)}}
	}
	return one("fits none of the alternatives", "see the template's parameters")
}

// pinned finds a complaint that some property has to have one value, and that.
func pinned(e *jsonschema.ValidationError) (at *jsonschema.ValidationError, want any) {
	switch k := e.ErrorKind.(type) {
	case *kind.Const:
		return e, k.Want
	case *kind.Enum:
		if len(k.Want) == 1 {
			return e, k.Want[0]
		}
	}
	for _, cause := range e.Causes {
		if at, want := pinned(cause); at != nil {
			return at, want
		}
	}
	return nil, nil
}

// reason is the validator's own words, without where.
func reason(e *jsonschema.ValidationError) string {
	return shorten(e.ErrorKind.LocalizedString(message.NewPrinter(language.English)), 200)
}

func article(t string) string {
	switch t {
	case "null":
		return "nothing"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	case "integer":
		return "a whole number"
	}
	return "a " + t
}

func mapped(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

func displayed(list []any) []string {
	out := make([]string, 0, len(list))
	for i, v := range list {
		if i == 20 {
			return append(out, fmt.Sprintf("one of %d more", len(list)-i))
		}
		out = append(out, display(v))
	}
	return out
}

func display(v any) string {
	if s, ok := v.(string); ok {
		return shorten(s, 60)
	}
	return shorten(fmt.Sprint(v), 60)
}
