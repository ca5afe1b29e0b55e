package nunjucks

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a template that cannot be parsed or rendered, with the place.
type Error struct {
	Line    int    // from 1; 0 when unknown
	Column  int    // from 1, in bytes
	Text    string // the offending line, shortened
	Message string // what is wrong
	Limit   string // which of Limits was reached: "steps", "memory", ...; "time" for the context; else ""
	Err     error  // cause, if any
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	if e.Text == "" {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s, at %q", e.Line, e.Column, e.Message, e.Text)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// locate fills in the place that offset points to.
func (e *Error) locate(source string, offset int) {
	if e.Line != 0 {
		return
	}
	offset = max(0, min(offset, len(source)))
	before := source[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	e.Line = strings.Count(before, "\n") + 1
	e.Column = offset - start + 1
	line := source[start:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	e.Text = excerpt(line, offset-start)
}

const excerptLength = 80

// excerpt cuts a long line to the part around at.
func excerpt(line string, at int) string {
	if len(line) > excerptLength {
		from := max(0, min(at-excerptLength/4, len(line)-excerptLength))
		for from > 0 && !utf8.RuneStart(line[from]) {
			from--
		}
		to := min(len(line), from+excerptLength)
		for to < len(line) && !utf8.RuneStart(line[to]) {
			to++
		}
		line = line[from:to]
	}
	return strings.TrimSpace(line)
}

// failure carries an *Error up to the exported call that started the work. It
// never leaves the package.
type failure struct{ err *Error }

// recoverError turns a failure into err, placed at the offset. Any other panic
// goes on.
func recoverError(err *error, source string, offset *int) {
	switch r := recover().(type) {
	case nil:
	case failure:
		r.err.locate(source, *offset)
		*err = r.err
	default:
		panic(r)
	}
}

func (m *machine) fail(message string) { m.failWith(&Error{Message: message}) }

func (m *machine) failf(format string, args ...any) { m.fail(fmt.Sprintf(format, args...)) }

func (m *machine) failWith(err *Error) { panic(failure{err}) }
