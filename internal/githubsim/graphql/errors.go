package graphql

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Error is one entry of a GraphQL answer's errors, in GitHub's form: errors of
// execution carry a type such as NOT_FOUND, errors of validation carry
// extensions with a code.
type Error struct {
	Type       string              `json:"type,omitempty"`
	Path       []any               `json:"path,omitempty"`
	Extensions map[string]any      `json:"extensions,omitempty"`
	Locations  []gqlerror.Location `json:"locations,omitempty"`
	Message    string              `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// notFound is GitHub's answer to a name, number or id that leads nowhere, or
// to something the app may not see.
func notFound(format string, args ...any) *Error {
	return &Error{Type: "NOT_FOUND", Message: fmt.Sprintf(format, args...)}
}

// forbidden is GitHub's answer to an app that lacks the permission for a field.
func forbidden() *Error {
	return &Error{
		Type:       "FORBIDDEN",
		Extensions: map[string]any{"saml_failure": false},
		Message:    "Resource not accessible by integration",
	}
}

// unanswered says that GitHub knows the field and the stand-in does not. GitHub
// has no such error: it is loud on purpose.
func unanswered(typeName, fieldName string) *Error {
	return &Error{
		Type:    "NOT_IN_STAND_IN",
		Message: fmt.Sprintf("%s.%s is in GitHub's schema, but this stand-in does not answer it", typeName, fieldName),
	}
}
