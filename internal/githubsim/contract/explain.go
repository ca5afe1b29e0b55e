package contract

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explain turns the validator's tree into what a person can act on: the innermost
// complaints, and of alternatives those of the one that was probably meant.
func explain(e *jsonschema.ValidationError) []mismatch {
	if _, alternatives := e.ErrorKind.(*kind.AnyOf); alternatives {
		return alternative(e)
	}
	if len(e.Causes) == 0 {
		return leaf(e)
	}
	var out []mismatch
	for _, cause := range e.Causes {
		out = append(out, explain(cause)...)
	}
	return out
}

// alternative explains why none of several schemas fits. Those that want another
// type altogether, such as null, say nothing; of the others the one with the
// fewest complaints is taken.
func alternative(e *jsonschema.ValidationError) []mismatch {
	var best []mismatch
	candidates := 0
	for _, cause := range e.Causes {
		if wrongType(cause, len(e.InstanceLocation)) {
			continue
		}
		candidates++
		if found := explain(cause); best == nil || len(found) < len(best) {
			best = found
		}
	}
	if candidates == 0 {
		return []mismatch{newMismatch(e, "is of none of the types that are possible here")}
	}
	return best
}

// wrongType reports whether a schema was left because of the value's own type.
func wrongType(e *jsonschema.ValidationError, depth int) bool {
	if len(e.Causes) == 0 {
		_, ok := e.ErrorKind.(*kind.Type)
		return ok && len(e.InstanceLocation) == depth
	}
	for _, cause := range e.Causes {
		if !wrongType(cause, depth) {
			return false
		}
	}
	return true
}

func leaf(e *jsonschema.ValidationError) []mismatch {
	var out []mismatch
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			out = append(out, newMismatch(e, fmt.Sprintf("lacks '%s'", name)))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			out = append(out, newMismatch(e, fmt.Sprintf("has an unknown '%s'", name)))
		}
	case *kind.Type:
		out = append(out, newMismatch(e, fmt.Sprintf("is %s, not %s", k.Got, strings.Join(k.Want, " or "))))
	case *kind.Enum:
		out = append(out, newMismatch(e, fmt.Sprintf("is %v, not one of %v", k.Got, k.Want)))
	case *kind.Format:
		m := newMismatch(e, "is no "+k.Want)
		m.Message += fmt.Sprintf(": %v", k.Got) // not in the key: it differs
		out = append(out, m)
	default:
		text := e.Error()
		if i := strings.Index(text, "': "); i >= 0 {
			text = text[i+len("': "):]
		}
		out = append(out, newMismatch(e, text))
	}
	return out
}

// newMismatch is a complaint about the value at e's place.
func newMismatch(e *jsonschema.ValidationError, message string) mismatch {
	return mismatch{
		Place:   "/" + strings.Join(e.InstanceLocation, "/"),
		Message: message,
		Key:     shortURL(e.SchemaURL) + ": " + message,
	}
}
