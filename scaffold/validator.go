package scaffold

import (
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// validator validates values against a schema and its parts, once: the work that
// patterns may do is counted over its whole life.
type validator struct {
	schema   *schema
	compiler *jsonschema.Compiler
	root     *jsonschema.Schema
	patterns int // what is left of maxPatternWork
}

// Bounds of one validation, about a second's work each.
const (
	maxPatternWork = 100_000_000 // instructions of the patterns, times bytes they are held against
	maxSchemaWork  = 20_000_000  // values, times values in the schema
)

func (s *schema) validator() (*validator, error) {
	v := &validator{schema: s, compiler: jsonschema.NewCompiler(), patterns: maxPatternWork}
	v.compiler.DefaultDraft(jsonschema.Draft7)
	v.compiler.UseLoader(noLoader{})
	v.compiler.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) {
		p, err := compilePattern(text)
		if err != nil {
			return nil, err
		}
		return &countedPattern{p, v}, nil
	})
	if err := v.compiler.AddResource(schemaURL, s.doc); err != nil {
		return nil, err
	}
	var err error
	v.root, err = v.compiler.Compile(schemaURL)
	return v, err
}

// part compiles the part of the schema that a JSON pointer names.
func (v *validator) part(path []string) (*jsonschema.Schema, error) {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", " ", "%20", "#", "%23", "?", "%3F", `"`, "%22")
	var b strings.Builder
	for _, key := range path {
		b.WriteString("/" + escape.Replace(key))
	}
	return v.compiler.Compile(schemaURL + "#" + b.String())
}

// countedPattern is a pattern whose work is counted.
type countedPattern struct {
	*pattern
	of *validator
}

func (p *countedPattern) MatchString(s string) bool {
	if p.of.patterns -= p.size * (len(s) + 1); p.of.patterns < 0 {
		panic(tooMuchWork{p.source})
	}
	return p.pattern.MatchString(s)
}

// tooMuchWork is thrown by a pattern that has used up the work it may do.
type tooMuchWork struct{ pattern string }

// run validates instance against part. It never panics.
func (v *validator) run(part *jsonschema.Schema, instance any) (err error) {
	if count(instance) > maxSchemaWork/max(v.schema.size, 1) {
		return &LimitError{At: v.schema.written.Position(),
			Message: fmt.Sprintf("limit of %d checks reached: there are %d values for a schema of %d", maxSchemaWork, count(instance), v.schema.size)}
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooMuchWork:
			err = &LimitError{At: v.schema.find("pattern", r.pattern),
				Message: fmt.Sprintf("limit of %d steps for patterns reached by %s", maxPatternWork, shorten(r.pattern, 60))}
		default:
			panic(r)
		}
	}()
	return part.Validate(instance)
}

// count is how many values v holds, itself included.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += count(item)
		}
	case map[string]any:
		for _, item := range v {
			n += count(item)
		}
	}
	return n
}

// find is where a keyword with a text stands, or the schema's start.
func (s *schema) find(key, text string) catalog.Position {
	var walk func(v catalog.Value) (catalog.Position, bool)
	walk = func(v catalog.Value) (catalog.Position, bool) {
		if got, ok := v.Get(key); ok && v.Type() == catalog.Map {
			if t, _ := got.Text(); t == text {
				return got.Position(), true
			}
		}
		for _, item := range v.Items() {
			if at, ok := walk(item); ok {
				return at, true
			}
		}
		for _, item := range v.Object().All() {
			if at, ok := walk(item); ok {
				return at, true
			}
		}
		return catalog.Position{}, false
	}
	if at, ok := walk(s.written); ok {
		return at
	}
	return s.written.Position()
}

// noLoader keeps a schema from reading files or the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s lies outside the template", url)
}
