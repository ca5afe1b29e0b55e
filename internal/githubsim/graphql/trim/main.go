// Command trim makes the copy of GitHub's GraphQL schema that the stand-in
// validates queries with: the published schema without descriptions, reasons
// and mutations, compressed.
//
//	go run ./internal/githubsim/graphql/trim schema.graphql schema.graphql.gz
//
// schema.graphql is the file of that name in the npm package
// @octokit/graphql-schema.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trim schema.graphql schema.graphql.gz")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	small, err := trim(string(text))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = zip.Write(small)
	if err := errors.Join(err, zip.Close()); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// trim returns the schema's queries: no prose, no mutations, and no type that
// only mutations use.
func trim(text string) ([]byte, error) {
	doc, err := parser.ParseSchema(&ast.Source{Input: text})
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	for _, def := range doc.Definitions {
		def.Directives = bare(def.Directives)
		def.Fields = unique(def.Fields)
		for _, value := range def.EnumValues {
			value.Directives = bare(value.Directives)
		}
	}
	doc.Definitions = reachable(doc.Definitions)
	doc.Directives = nil

	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithoutDescription()).FormatSchemaDocument(doc)
	if _, err := validator.LoadSchema(validator.Prelude, &ast.Source{Input: out.String()}); err != nil {
		return nil, fmt.Errorf("read the trimmed schema back: %w", err)
	}
	return out.Bytes(), nil
}

// unique drops repeated fields: GitHub has published types with a field twice.
func unique(fields ast.FieldList) ast.FieldList {
	var out ast.FieldList
	for _, field := range fields {
		if out.ForName(field.Name) != nil {
			continue
		}
		field.Directives = bare(field.Directives)
		for _, arg := range field.Arguments {
			arg.Directives = bare(arg.Directives)
		}
		out = append(out, field)
	}
	return out
}

// bare keeps @deprecated, without its reason, and drops GitHub's own directives.
func bare(directives ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range directives {
		if d.Name == "deprecated" {
			d.Arguments = nil
			out = append(out, d)
		}
	}
	return out
}

// reachable keeps what a query can name: everything that Query leads to, and
// every type that implements a kept interface.
func reachable(defs ast.DefinitionList) ast.DefinitionList {
	keep := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		def := defs.ForName(name)
		if def == nil || keep[name] {
			return
		}
		keep[name] = true
		for _, other := range append(append([]string{}, def.Interfaces...), def.Types...) {
			visit(other)
		}
		for _, field := range def.Fields {
			visit(field.Type.Name())
			for _, arg := range field.Arguments {
				visit(arg.Type.Name())
			}
		}
		if def.Kind != ast.Interface {
			return
		}
		for _, other := range defs {
			for _, implemented := range other.Interfaces {
				if implemented == name {
					visit(other.Name)
				}
			}
		}
	}
	visit("Query")
	var out ast.DefinitionList
	for _, def := range defs {
		if keep[def.Name] {
			out = append(out, def)
		}
	}
	return out
}
