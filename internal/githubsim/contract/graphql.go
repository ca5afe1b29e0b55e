package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxNodes is how many nodes a query may ask for, and maxPage how many of one
// connection ("Rate limits and query limits for the GraphQL API").
const (
	maxNodes = 500_000
	maxPage  = 100
)

// query is a GraphQL call that was understood.
type query struct {
	schema    *ast.Schema
	operation *ast.OperationDefinition
	variables map[string]any
	nodes     int
	requests  int
}

// checkQuery says what is wrong with a GraphQL call.
func (c *Contracts) checkQuery(call *call) {
	call.checkUserAgent()
	switch kind := authKind(call.request.Header); kind {
	case authNone, authJWT:
		call.app(RuleAuth, "wants a token, came with %s", kind)
	}
	if call.request.Method != http.MethodPost {
		call.app(RuleEndpoint, "GraphQL wants POST, not %s", call.request.Method)
		return
	}
	for _, said := range c.understand(call) {
		call.app(RuleGraphQL, "%s", said)
	}
	if call.query == nil {
		return
	}
	call.checkFields(call.query.operation.SelectionSet, 1, map[string]bool{})
	if call.query.nodes > maxNodes {
		call.app(RuleGraphQL, "asks for up to %d nodes, GitHub gives %d", call.query.nodes, maxNodes)
	}
}

// understand reads a call's query and sets it, or says why it cannot be answered.
func (c *Contracts) understand(call *call) []string {
	schema, err := c.graphql()
	if err != nil {
		return []string{err.Error()}
	}
	var body struct {
		Query         string
		OperationName string
		Variables     map[string]any
	}
	decoder := json.NewDecoder(bytes.NewReader(call.body))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: body.Query})
	if err != nil {
		return []string{err.Error()}
	}
	if invalid := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(invalid) > 0 {
		var out []string
		for _, e := range invalid {
			out = append(out, e.Message)
		}
		return out
	}
	operation := doc.Operations.ForName(body.OperationName)
	if operation == nil {
		return []string{fmt.Sprintf("no operation %q", body.OperationName)}
	}
	variables, err := validator.VariableValues(schema, operation, body.Variables)
	if err != nil {
		return []string{err.Error()}
	}
	call.query = &query{schema: schema, operation: operation, variables: variables}
	return nil
}

// checkFields warns of deprecated fields, and asks every connection for a page of 1
// to 100. times is how often set may be answered.
func (call *call) checkFields(set ast.SelectionSet, times int, warned map[string]bool) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			call.checkFields(s.SelectionSet, times, warned)
		case *ast.FragmentSpread:
			call.checkFields(s.Definition.SelectionSet, times, warned)
		case *ast.Field:
			name := s.ObjectDefinition.Name + "." + s.Name
			if s.Definition.Directives.ForName("deprecated") != nil && !warned[name] {
				warned[name] = true
				call.warn(RuleDeprecated, "%s is deprecated", name)
			}
			call.checkFields(s.SelectionSet, times*call.pageSize(s, times), warned)
		}
	}
}

// pageSize is how many items a field may bring: 1, or the page of a connection.
func (call *call) pageSize(f *ast.Field, times int) int {
	if !strings.HasSuffix(f.Definition.Type.Name(), "Connection") || f.Definition.Arguments.ForName("first") == nil {
		return 1
	}
	call.query.requests = min(call.query.requests+times, 100*maxNodes)
	arguments := f.ArgumentMap(call.query.variables)
	given, ok := arguments["first"]
	if !ok || given == nil {
		given = arguments["last"]
	}
	if given == nil {
		if f.SelectionSet != nil && wantsItems(f.SelectionSet) {
			call.app(RuleGraphQL, "the connection %s has neither first nor last", f.Name)
		}
		return 1
	}
	var n int
	if _, err := fmt.Sscan(fmt.Sprint(given), &n); err != nil || n < 1 || n > maxPage {
		call.app(RuleGraphQL, "the connection %s asks for %v, GitHub gives 1 to %d", f.Name, given, maxPage)
		return 1
	}
	call.query.nodes = min(call.query.nodes+times*n, 100*maxNodes)
	return min(n, 100*maxNodes/times+1)
}

func wantsItems(set ast.SelectionSet) bool {
	for _, selection := range set {
		field, ok := selection.(*ast.Field)
		if !ok || field.Name == "nodes" || field.Name == "edges" {
			return true
		}
	}
	return false
}

// points is what the query costs by GitHub's formula: its connections' requests
// were every page full, divided by 100, at least 1.
func (q *query) points() int { return max(1, (q.requests+50)/100) }
