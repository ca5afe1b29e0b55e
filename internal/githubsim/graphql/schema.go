package graphql

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// GitHub's public schema without prose: 50 kB. It is kept whole, so that a query is
// valid here exactly when it is valid there; `make contracts` makes it.
//
//go:embed schema.graphql.gz
var packedSchema []byte

// GitHubSchema returns GitHub's public schema as this package carries it:
// mutations too, which the engine refuses. Reading it takes about 50 ms.
func GitHubSchema() (*ast.Schema, error) {
	unzip, err := gzip.NewReader(bytes.NewReader(packedSchema))
	if err != nil {
		return nil, fmt.Errorf("unpack the GraphQL schema: %w", err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return nil, fmt.Errorf("unpack the GraphQL schema: %w", err)
	}
	schema, err := validator.LoadSchema(validator.Prelude, &ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		return nil, fmt.Errorf("read the GraphQL schema: %w", err)
	}
	return schema, nil
}
