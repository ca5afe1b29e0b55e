package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

// Request is the body of a GraphQL call.
type Request struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
}

// Response is the answer: Data is absent when the query was not run at all, and
// null when a null reached the top.
type Response struct {
	Data   json.RawMessage `json:"data,omitempty"`
	Errors []*Error        `json:"errors,omitempty"`
}

// Engine runs queries against a schema with a set of resolvers. It is safe for
// concurrent use; each run resolves its fields one after the other.
type Engine struct {
	Schema *ast.Schema
	Types  Types
	// TypeOf names the concrete type of a resolved value; "" where unknown.
	TypeOf func(obj any) string
}

// Do validates, prices and runs one request. root makes the object the query
// starts at from the query's price; guard may refuse single fields.
func (e *Engine) Do(ctx context.Context, req Request, root func(Cost) any, guard Guard) Response {
	doc, invalid := parse(e.Schema, req.Query)
	if invalid != nil {
		return Response{Errors: invalid}
	}
	op, refusal := pick(doc, req.OperationName)
	if refusal != nil {
		return refuse(refusal)
	}
	vars, refusal := variables(e.Schema, op, req.Variables)
	if refusal != nil {
		return refuse(refusal)
	}
	cost := price(e.Schema, op, vars)
	if cost.Nodes > maxNodes {
		return refuse(&Error{Type: "MAX_NODE_LIMIT_EXCEEDED", Message: fmt.Sprintf(
			"This query requests up to %s possible nodes which exceeds the maximum limit of %s.", grouped(cost.Nodes), grouped(maxNodes))})
	}
	x := &execution{schema: e.Schema, types: e.Types, typeOf: e.TypeOf, guard: guard, vars: vars}
	data, err := appendJSON(nil, x.run(ctx, op, root(cost)))
	if err != nil {
		return refuse(&Error{Message: fmt.Sprintf("write the answer: %v", err)})
	}
	return Response{Data: data, Errors: x.errs}
}

func refuse(err *Error) Response { return Response{Errors: []*Error{err}} }

// pick chooses the operation to run.
func pick(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *Error) {
	op := doc.Operations.ForName(name)
	switch {
	case op == nil && name == "":
		return nil, &Error{Message: "An operation name is required"}
	case op == nil:
		return nil, &Error{Message: fmt.Sprintf("No operation named %q", name)}
	case op.Operation != ast.Query:
		return nil, &Error{Message: "This stand-in answers queries; use the REST API to change something"}
	}
	return op, nil
}

func variables(schema *ast.Schema, op *ast.OperationDefinition, given map[string]any) (map[string]any, *Error) {
	vars, err := validator.VariableValues(schema, op, given)
	if err == nil {
		return vars, nil
	}
	out := &Error{Message: err.Error()}
	detail, ok := errors.AsType[*gqlerror.Error](err)
	if !ok || len(detail.Path) < 2 {
		return nil, out
	}
	name, ok := detail.Path[1].(ast.PathName)
	if !ok {
		return nil, out
	}
	def := op.VariableDefinitions.ForName(string(name))
	if def == nil {
		return nil, out
	}
	problem := []any{}
	for _, step := range detail.Path[2:] {
		problem = append(problem, step)
	}
	return nil, &Error{
		Message:   fmt.Sprintf("Variable $%s of type %s was provided invalid value", name, def.Type),
		Locations: []gqlerror.Location{{Line: def.Position.Line, Column: def.Position.Column}},
		Extensions: map[string]any{
			"value":    given[string(name)],
			"problems": []any{map[string]any{"path": problem, "explanation": detail.Message}},
		},
	}
}

// grouped writes 500000 as 500,000.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
