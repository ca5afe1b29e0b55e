package scaffold

import (
	"time"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// EventKind is what an Event tells of.
type EventKind string

// The kinds. A step starts, says any number of log lines and warnings, and ends
// as done, planned, skipped or failed. A skipped step may not have started.
const (
	Started EventKind = "started"
	Log     EventKind = "log"     // Text is a line for the reader
	Warning EventKind = "warning" // Text is what the author should know
	Done    EventKind = "done"
	Planned EventKind = "planned" // did not run; Input is what it would have run with
	Skipped EventKind = "skipped" // Text is why
	Failed  EventKind = "failed"  // Text is why, without the step's name
)

// Event is one thing that happened in a run. Texts are free of secrets, but may
// quote what a template's author or user wrote: escape them before showing them.
type Event struct {
	Kind   EventKind
	Index  int // of the step, from 0
	Total  int // steps of the template
	ID     string
	Name   string
	Action string
	Key    string // of the iteration, in a step with each
	Text   string
	Input  nunjucks.Value
}

// Observer is told of each event in order, while the run waits. Nil hears nothing.
type Observer func(Event)

// Limits bound one run. The limits of its workspace and of the template language
// come on top.
type Limits struct {
	Time       time.Duration // from the start of Run to its end
	Iterations int           // entries of one step's each
	Bytes      int           // of rendered inputs and outputs, together
}

// DefaultLimits end a hostile run within 2 seconds.
func DefaultLimits() Limits {
	return Limits{Time: 1800 * time.Millisecond, Iterations: 1000, Bytes: 32 << 20}
}
