package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The two folders of schemas, which refer to each other by name within a folder.
const (
	restSchemas = "github:///rest/"
	hookSchemas = "github:///webhooks/"
)

// schemas compiles JSON Schemas on demand and keeps them.
type schemas struct {
	noise map[string]bool

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	sources  sources
	compiled map[string]*jsonschema.Schema
}

// mismatch is one way in which a value does not fit its schema.
type mismatch struct {
	Place   string // "/repository/owner/login"
	Message string
	// Key names the mismatch by schema, wherever and however often it came up:
	// "rest/simple-user: lacks 'html_url'".
	Key string
	// Known is set for what GitHub's own examples do as well (data/noise.txt).
	Known bool
}

func (m mismatch) String() string { return m.Place + " " + m.Message }

// newSchemas makes an empty collection. noise are the keys of known mismatches; a
// line that starts with # is none.
func newSchemas(noise []string) *schemas {
	s := &schemas{noise: map[string]bool{}, compiler: jsonschema.NewCompiler(), sources: sources{}, compiled: map[string]*jsonschema.Schema{}}
	for _, key := range noise {
		s.noise[key] = true
	}
	s.compiler.UseLoader(s.sources)
	s.compiler.AssertFormat()
	s.compiler.RegisterFormat(&jsonschema.Format{Name: "uri", Validate: looksLikeURI})
	return s
}

var uriForm = regexp.MustCompile(`^($|[a-zA-Z][a-zA-Z0-9+.-]*:|/)`)

// looksLikeURI is milder than RFC 3986: GitHub gives templates, paths and nothing
// at all (log_url of a deployment status) as URIs.
func looksLikeURI(v any) error {
	if s, ok := v.(string); ok && !uriForm.MatchString(s) {
		return errors.New("neither a URL nor a path")
	}
	return nil
}

func (s *schemas) add(url string, schema json.RawMessage) {
	if len(schema) > 0 {
		s.sources[url] = schema
	}
}

func (s *schemas) addAll(folder string, all map[string]json.RawMessage) {
	for name, schema := range all {
		s.add(folder+name, schema)
	}
}

func (s *schemas) has(url string) bool { return len(s.sources[url]) > 0 }

// sources are the schemas' texts by URL; nothing else is ever loaded.
type sources map[string]json.RawMessage

// Load is what the compiler calls for a schema it has not seen.
func (s sources) Load(url string) (any, error) {
	text, ok := s[url]
	if !ok {
		return nil, fmt.Errorf("there is no schema %s", url)
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

func (s *schemas) compile(url string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema, ok := s.compiled[url]; ok {
		return schema, nil
	}
	schema, err := s.compiler.Compile(url)
	if err == nil {
		s.compiled[url] = schema
	}
	return schema, err
}

// validate says how a JSON text does not fit the schema at url.
func (s *schemas) validate(url string, text []byte) []mismatch {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []mismatch{{Place: "/", Message: "not JSON: " + err.Error()}}
	}
	return s.check(url, value)
}

// check is validate for a value that was decoded with jsonschema.UnmarshalJSON.
func (s *schemas) check(url string, value any) []mismatch {
	schema, err := s.compile(url)
	if err != nil {
		return []mismatch{{Place: "/", Message: "its schema cannot be read: " + err.Error()}}
	}
	err = schema.Validate(value)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []mismatch{{Place: "/", Message: err.Error()}}
	}
	found := explain(invalid)
	for i, m := range found {
		found[i].Known = s.noise[m.Key]
	}
	return found
}

// shortURL is a schema's folder and name, and the place in it.
func shortURL(url string) string {
	return strings.ReplaceAll(strings.TrimPrefix(url, "github:///"), "#", "")
}
