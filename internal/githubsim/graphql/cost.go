package graphql

import (
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxNodes is how many nodes one query may ask for.
const maxNodes = 500_000

// Cost is what a query may ask for at most, before it is run.
type Cost struct {
	// Points count against the rate limit: the requests that each connection
	// would take were every page full, divided by 100, at least 1.
	Points int
	// Nodes is the number of nodes all connections could return.
	Nodes int
}

// price applies GitHub's formula ("Rate limits and query limits for the GraphQL
// API" in its documentation) to an operation that was validated.
func price(schema *ast.Schema, op *ast.OperationDefinition, vars map[string]any) Cost {
	p := pricing{schema: schema, vars: vars}
	p.walk(op.SelectionSet, 1)
	points := math.Round(p.requests / 100)
	return Cost{Points: int(max(1, min(points, math.MaxInt32))), Nodes: int(min(p.nodes, math.MaxInt32))}
}

// pricing counts in floating point: a hostile query multiplies past any integer.
type pricing struct {
	schema          *ast.Schema
	vars            map[string]any
	requests, nodes float64
}

func (p *pricing) walk(set ast.SelectionSet, times float64) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			p.walk(s.SelectionSet, times)
		case *ast.FragmentSpread:
			p.walk(s.Definition.SelectionSet, times)
		case *ast.Field:
			if !isConnection(s.Definition) {
				p.walk(s.SelectionSet, times)
				continue
			}
			p.requests += times
			args := Args{values: s.ArgumentMap(p.vars)}
			n, given := args.Int("first")
			if !given {
				n, given = args.Int("last")
			}
			if given {
				p.nodes += times * float64(n)
			}
			p.walk(s.SelectionSet, times*float64(max(n, 1)))
		}
	}
}

func isConnection(def *ast.FieldDefinition) bool {
	return def != nil && strings.HasSuffix(def.Type.Name(), "Connection") && def.Arguments.ForName("first") != nil
}
