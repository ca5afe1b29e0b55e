package scaffold

import (
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// LimitError is work that was stopped because it went over one of the bounds that
// keep a hostile template from doing harm. Message names the limit.
type LimitError struct {
	File    string
	At      catalog.Position
	Message string
	Err     error // cause, if any
}

func (e *LimitError) Error() string { return place(e.File, e.At) + e.Message }

// Unwrap returns the cause.
func (e *LimitError) Unwrap() error { return e.Err }

// StepError is a step that failed, or whose input its action would refuse.
type StepError struct {
	File string
	At   catalog.Position
	Step string // its ID
	Err  error
}

func (e *StepError) Error() string {
	return fmt.Sprintf("%sstep %s: %v", place(e.File, e.At), e.Step, e.Err)
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error { return e.Err }

// place is "file:line:column: ", as far as it is known.
func place(file string, at catalog.Position) string {
	switch {
	case file == "":
		return ""
	case at == catalog.Position{}:
		return file + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", file, at.Line, at.Column)
}

// limited names the template's file in a limit's error.
func (t *Template) limited(err error) error {
	if limit := (*LimitError)(nil); errors.As(err, &limit) && limit.File == "" {
		limit.File = t.File
	}
	return err
}
