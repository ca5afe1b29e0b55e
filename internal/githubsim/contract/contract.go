// Package contract holds calls, answers and deliveries against GitHub's own
// published descriptions: the REST API's, the webhooks', and the permissions an
// App needs. The descriptions are trimmed copies without prose in data/, made by
// `make contracts`; GraphQL's schema is in package graphql, which answers no query
// that does not fit it.
//
// It is for tests. Start reading at [Watch].
package contract

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed data/*.json.gz
var data embed.FS

// Finding is one way in which something does not fit GitHub's description.
type Finding struct {
	Side    string // app: whoever called; server: who answered or delivered
	Where   string // "POST /repos/{owner}/{repo}/check-runs", "push delivery"
	Message string
}

func (f Finding) String() string { return f.Side + ": " + f.Where + ": " + f.Message }

// Contracts are GitHub's descriptions, ready to compare with. It is safe for
// concurrent use; schemas are compiled when first needed.
type Contracts struct {
	operations []operation
	webhooks   map[string]bool

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// operation is one endpoint of the REST API.
type operation struct {
	Method     string
	Path       string
	Needs      []string // permissions of which one is needed, such as checks:write
	Apps       bool     // whether Apps may call it
	Parameters []struct {
		Name     string
		Required bool
	}
	Body         json.RawMessage
	BodyRequired bool
	Answers      map[string]json.RawMessage
}

// Load reads the descriptions.
func Load() (*Contracts, error) {
	c := &Contracts{webhooks: map[string]bool{}, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	for _, name := range []string{"rest", "webhooks"} {
		text, err := read(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("data/%s: %w", name, err)
		}
		if err := c.compiler.AddResource("contract:///"+name, doc); err != nil {
			return nil, fmt.Errorf("data/%s: %w", name, err)
		}
		var parts struct {
			Operations []operation
			Webhooks   map[string]json.RawMessage
		}
		if err := json.Unmarshal(text, &parts); err != nil {
			return nil, fmt.Errorf("data/%s: %w", name, err)
		}
		c.operations = append(c.operations, parts.Operations...)
		for hook := range parts.Webhooks {
			c.webhooks[hook] = true
		}
	}
	return c, nil
}

func read(name string) ([]byte, error) {
	packed, err := data.ReadFile("data/" + name + ".json.gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("data/%s: %w", name, err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(z); err != nil {
		return nil, fmt.Errorf("data/%s: %w", name, err)
	}
	return text.Bytes(), nil
}

// validate compares JSON with the schema at a place such as rest#/operations/3/body
// and returns what does not fit, one line each.
func (c *Contracts) validate(place string, body []byte) []string {
	schema, err := c.schema(place)
	if err != nil {
		return []string{"its schema cannot be read: " + err.Error()}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []string{"not JSON: " + err.Error()}
	}
	err = schema.Validate(value)
	if err == nil {
		return nil
	}
	invalid, ok := err.(*jsonschema.ValidationError) //nolint:errorlint // Validate returns it unwrapped
	if !ok {
		return []string{err.Error()}
	}
	var out []string
	leaves(invalid, &out)
	return out
}

func (c *Contracts) schema(place string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.compiled[place]; ok {
		return s, nil
	}
	s, err := c.compiler.Compile("contract:///" + place)
	if err == nil {
		c.compiled[place] = s
	}
	return s, err
}

// leaves collects the innermost errors. Of alternatives none of which fits, only
// that is said: the branches' own complaints contradict each other.
func leaves(e *jsonschema.ValidationError, out *[]string) {
	_, alternatives := e.ErrorKind.(*kind.AnyOf)
	if len(e.Causes) == 0 || alternatives {
		where := "/" + strings.Join(e.InstanceLocation, "/")
		text := e.Error()
		if i := strings.LastIndex(text, "': "); i >= 0 && !alternatives {
			text = text[i+3:]
		} else if alternatives {
			text = "fits none of the alternatives"
			if best := nearest(e); best != "" {
				text += "; the nearest lacks: " + best
			}
		}
		*out = append(*out, where+": "+text)
		return
	}
	for _, cause := range e.Causes {
		leaves(cause, out)
	}
}

// nearest is the first complaint of the alternative that got farthest.
func nearest(e *jsonschema.ValidationError) string {
	best, depth := "", -1
	for _, cause := range e.Causes {
		var inner []string
		leaves(cause, &inner)
		if len(inner) > 0 && len(inner[0]) > 0 {
			if d := strings.Count(inner[0], "/"); d > depth {
				best, depth = inner[0], d
			}
		}
	}
	return best
}
