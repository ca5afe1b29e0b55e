package action

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// InputError is an input that an action's schema refuses.
type InputError struct {
	Action   string
	Problems []Problem // in the order of the fields; never empty
}

// Problem is one thing wrong with one field of a step's input.
type Problem struct {
	Field   string // such as input.files[0].to; "input" is the whole
	Message string // goes after Field: is not of a type(s) string
}

func (p Problem) String() string { return p.Field + " " + p.Message }

// Error is Backstage's sentence, with input in the place of instance.
func (e *InputError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.String()
	}
	return fmt.Sprintf("Invalid input passed to action %s, %s", e.Action, strings.Join(texts, ", "))
}

// Validate checks a step's rendered input against the action's schema. Fields
// that the schema does not name are refused, as Backstage does. The error is an
// *InputError that lists every problem, or says that the schema is broken.
func (a Action) Validate(input *nunjucks.Object) error {
	if len(a.Input) == 0 {
		return nil
	}
	schema, err := compile(a.Input)
	if err != nil {
		return fmt.Errorf("the input schema of %s: %w", a.ID, err)
	}
	if input == nil {
		input = nunjucks.NewObject()
	}
	text, err := nunjucks.EncodeJSON(input)
	if err != nil {
		return fmt.Errorf("the input of %s: %w", a.ID, err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the input of %s: %w", a.ID, err)
	}
	err = schema.Validate(instance)
	if refused := (*jsonschema.ValidationError)(nil); errors.As(err, &refused) {
		return &InputError{Action: a.ID, Problems: problems(refused)}
	}
	return err
}

func compile(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	const name = "input.json"
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource(name, doc); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// problems collects the innermost complaints; of alternatives, that none fits.
func problems(e *jsonschema.ValidationError) []Problem {
	field := fieldName(e.InstanceLocation)
	one := func(format string, args ...any) []Problem {
		return []Problem{{Field: field, Message: fmt.Sprintf(format, args...)}}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return one("is not %s", alternatives(e))
	case *kind.Required:
		var out []Problem
		for _, name := range k.Missing {
			out = append(out, one("requires property %q", name)...)
		}
		return out
	case *kind.AdditionalProperties:
		var out []Problem
		for _, name := range k.Properties {
			out = append(out, one("is not allowed to have the additional property %q", shorten(name))...)
		}
		return out
	case *kind.Type:
		return one("is not of a type(s) %s", strings.Join(k.Want, ","))
	case *kind.Enum:
		return one("is not one of enum values: %s", list(k.Want))
	case *kind.MinLength:
		return one("does not meet minimum length of %d", k.Want)
	}
	if len(e.Causes) == 0 {
		return one("%s", strings.TrimPrefix(strings.TrimSpace(lastLine(e.Error())), "- "))
	}
	var out []Problem
	for _, cause := range e.Causes {
		out = append(out, problems(cause)...)
	}
	return out
}

// alternatives says what would have fitted.
func alternatives(e *jsonschema.ValidationError) string {
	var parts []string
	for _, cause := range e.Causes {
		switch k := cause.ErrorKind.(type) {
		case *kind.Type:
			parts = append(parts, strings.Join(k.Want, " or "))
			continue
		case *kind.Enum:
			parts = append(parts, "one of "+list(k.Want))
			continue
		}
		for _, p := range problems(cause) {
			parts = append(parts, p.Message)
		}
	}
	return strings.Join(parts, " nor ")
}

func list(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// fieldName writes a place as an author would: input.files[0].to.
func fieldName(place []string) string {
	var b strings.Builder
	b.WriteString("input")
	for _, part := range place {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			fmt.Fprintf(&b, "[%s]", part)
		} else {
			b.WriteString("." + part)
		}
	}
	return b.String()
}
