package graphql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// maxTokens bounds a query; GitHub's own limit is not published.
const maxTokens = 50_000

// parse reads and validates a query against the schema. The mistakes people
// make most are told in GitHub's own words and codes, the others in the
// validator's, with the code taken from the rule's name.
func parse(schema *ast.Schema, query string) (*ast.QueryDocument, []*Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return nil, []*Error{syntaxError(err)}
	}
	found := validator.ValidateWithRules(schema, doc, githubRules())
	if len(found) == 0 {
		return doc, nil
	}
	places := fieldPaths(doc)
	var out []*Error
	for _, err := range found {
		shown := validationError(err, places)
		// The validator visits a fragment where it stands and where it is spread.
		if !slices.ContainsFunc(out, func(e *Error) bool {
			return e.Message == shown.Message && slices.Equal(e.Locations, shown.Locations)
		}) {
			out = append(out, shown)
		}
	}
	return nil, out
}

func syntaxError(err error) *Error {
	var list *gqlerror.Error
	if !errors.As(err, &list) {
		return &Error{Message: err.Error()}
	}
	at := ""
	if len(list.Locations) > 0 {
		at = fmt.Sprintf(" at [%d, %d]", list.Locations[0].Line, list.Locations[0].Column)
	}
	return &Error{Message: "Parse error: " + list.Message + at, Locations: list.Locations}
}

func validationError(err *gqlerror.Error, places map[gqlerror.Location][]any) *Error {
	out := &Error{Message: err.Message, Locations: err.Locations, Extensions: err.Extensions}
	if out.Extensions == nil {
		out.Extensions = map[string]any{"code": lowerFirst(err.Rule)}
	}
	if len(err.Locations) > 0 {
		out.Path = places[err.Locations[0]]
	}
	return out
}

func lowerFirst(s string) string {
	for i, r := range s {
		return string(unicode.ToLower(r)) + s[i+1:]
	}
	return s
}

// fieldPaths tells where each field and fragment of a document stands, as
// GitHub writes it: ["query Name", "repository", "... on Commit", "oid"].
func fieldPaths(doc *ast.QueryDocument) map[gqlerror.Location][]any {
	places := map[gqlerror.Location][]any{}
	mark := func(at *ast.Position, path []any) {
		places[gqlerror.Location{Line: at.Line, Column: at.Column}] = path
	}
	var walk func(set ast.SelectionSet, path []any)
	walk = func(set ast.SelectionSet, path []any) {
		for _, selection := range set {
			var below []any
			switch s := selection.(type) {
			case *ast.Field:
				below = append(slices.Clip(path), s.Alias)
				walk(s.SelectionSet, below)
			case *ast.InlineFragment:
				below = append(slices.Clip(path), strings.TrimSpace("... on "+s.TypeCondition))
				walk(s.SelectionSet, below)
			case *ast.FragmentSpread:
				below = append(slices.Clip(path), "... "+s.Name)
			}
			mark(selection.GetPosition(), below)
		}
	}
	for _, op := range doc.Operations {
		path := []any{strings.TrimSpace(string(op.Operation) + " " + op.Name)}
		mark(op.Position, path)
		for _, variable := range op.VariableDefinitions {
			mark(variable.Position, path)
		}
		walk(op.SelectionSet, path)
	}
	for _, fragment := range doc.Fragments {
		path := []any{"fragment " + fragment.Name}
		mark(fragment.Position, path)
		walk(fragment.SelectionSet, path)
	}
	return places
}

// githubRules are the usual rules with four of them in GitHub's words.
func githubRules() *rules.Rules {
	set := rules.NewDefaultRules()
	set.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, undefinedField)
	set.ReplaceRule(rules.KnownArgumentNamesRule.Name, argumentNotAccepted)
	set.ReplaceRule(rules.ProvidedRequiredArgumentsRule.Name, missingRequiredArguments)
	set.ReplaceRule(rules.ScalarLeafsRule.Name, selectionMismatch)
	return set
}

func extensions(code string, pairs ...string) core.ErrorOption {
	return func(err *gqlerror.Error) {
		err.Extensions = map[string]any{"code": code}
		for i := 0; i+1 < len(pairs); i += 2 {
			err.Extensions[pairs[i]] = pairs[i+1]
		}
	}
}

func undefinedField(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.ObjectDefinition == nil || field.Definition != nil {
			return
		}
		addError(
			core.Message("Field '%s' doesn't exist on type '%s'", field.Name, field.ObjectDefinition.Name),
			core.At(field.Position),
			extensions("undefinedField", "typeName", field.ObjectDefinition.Name, "fieldName", field.Name),
		)
	})
}

func argumentNotAccepted(observers *core.Events, addError core.AddErrFunc) {
	refuse := func(kind, name string, args ast.ArgumentList, known ast.ArgumentDefinitionList, at *ast.Position) {
		for _, arg := range args {
			if known.ForName(arg.Name) != nil {
				continue
			}
			addError(
				core.Message("%s '%s' doesn't accept argument '%s'", kind, name, arg.Name),
				core.At(at),
				extensions("argumentNotAccepted", "name", name, "typeName", kind, "argumentName", arg.Name),
			)
		}
	}
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Definition != nil {
			refuse("Field", field.Name, field.Arguments, field.Definition.Arguments, field.Position)
		}
	})
	observers.OnDirective(func(_ *core.Walker, d *ast.Directive) {
		if d.Definition != nil {
			refuse("Directive", d.Name, d.Arguments, d.Definition.Arguments, d.Position)
		}
	})
}

func missingRequiredArguments(observers *core.Events, addError core.AddErrFunc) {
	demand := func(kind, name string, args ast.ArgumentList, known ast.ArgumentDefinitionList, at *ast.Position) {
		var missing []string
		for _, def := range known {
			if def.Type.NonNull && def.DefaultValue == nil && args.ForName(def.Name) == nil {
				missing = append(missing, def.Name)
			}
		}
		if len(missing) == 0 {
			return
		}
		list := strings.Join(missing, ", ")
		addError(
			core.Message("%s '%s' is missing required arguments: %s", kind, name, list),
			core.At(at),
			extensions("missingRequiredArguments", "className", kind, "name", name, "arguments", list),
		)
	}
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Definition != nil {
			demand("Field", field.Name, field.Arguments, field.Definition.Arguments, field.Position)
		}
	})
	observers.OnDirective(func(_ *core.Walker, d *ast.Directive) {
		if d.Definition != nil {
			demand("Directive", d.Name, d.Arguments, d.Definition.Arguments, d.Position)
		}
	})
}

func selectionMismatch(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(walker *core.Walker, field *ast.Field) {
		if field.Definition == nil {
			return
		}
		def := walker.Schema.Types[field.Definition.Type.Name()]
		if def == nil || def.IsLeafType() == (len(field.SelectionSet) == 0) {
			return
		}
		message := fmt.Sprintf("Field must have selections (field '%[1]s' returns %[2]s but has no selections. Did you mean '%[1]s { ... }'?)",
			field.Name, def.Name)
		if def.IsLeafType() {
			message = fmt.Sprintf("Selections can't be made on %ss (field '%s' returns %s but has selections)",
				strings.ToLower(string(def.Kind)), field.Name, def.Name)
		}
		addError(
			core.Message("%s", message),
			core.At(field.Position),
			extensions("selectionMismatch", "nodeName", fmt.Sprintf("field '%s'", field.Name), "typeName", def.Name),
		)
	})
}
