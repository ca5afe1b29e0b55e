// Package action holds the steps a template run can take without leaving its
// workspace: fetching a skeleton, renaming, deleting and reading files, and
// writing a catalog file. Ids, inputs, outputs and errors are those of
// Backstage's scaffolder backend, so that a template behaves here as there.
//
// It never talks to a network, never reads a file that its Source does not
// hand it, and never writes outside its Workspace, whose Limits it obeys.
//
// Start from Action; Pure is the list of them.
package action

import (
	"context"
	"encoding/json"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Action is one kind of step of a template.
type Action struct {
	ID          string // what a step's `action` says, such as fetch:template
	Description string
	Input       json.RawMessage // JSON Schema draft-07 of Call.Input
	Output      json.RawMessage // JSON Schema draft-07 of what Run outputs; nil is none
	Examples    []Example
	Pure        bool // touches nothing but the workspace
	Run         func(ctx context.Context, c *Call) error
}

// Example shows a use of an action.
type Example struct {
	Description string
	YAML        string // a step, as it stands in a template
}

// Call is one execution of an action. Input was checked with Action.Validate.
type Call struct {
	Input     *nunjucks.Object // the step's rendered input; nil is empty
	Workspace *Workspace
	Source    Source
	// Integrations are the hosts that the filter parseRepoUrl knows; nil is
	// nunjucks.DefaultIntegrations.
	Integrations map[string]string
	// Template is the entity ref of the template, such as
	// template:default/backend-service; catalog:write notes it. "" is unknown.
	Template string
	// Log takes a line for the reader of the run's log. Nil drops it.
	Log func(format string, args ...any)

	outputs nunjucks.Object
}

// Output sets what ${{ steps.ID.output.NAME }} is after the step.
func (c *Call) Output(name string, value nunjucks.Value) { c.outputs.Set(name, value) }

// Outputs are the values that Output was given.
func (c *Call) Outputs() *nunjucks.Object { return &c.outputs }

func (c *Call) logf(format string, args ...any) {
	if c.Log != nil {
		c.Log(format, args...)
	}
}

// Pure lists the actions of this package. A new action is a file of its own and
// a line here.
func Pure() []Action {
	return []Action{
		FetchTemplate(),
		FetchTemplateFile(),
		FetchPlain(),
		FetchPlainFile(),
		Rename(),
		Delete(),
		ReadDir(),
		DebugLog(),
		CatalogWrite(),
	}
}

// Find returns the action of list with the given id.
func Find(list []Action, id string) (Action, bool) {
	for _, a := range list {
		if a.ID == id {
			return a, true
		}
	}
	return Action{}, false
}
