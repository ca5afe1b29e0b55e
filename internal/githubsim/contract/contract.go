// Package contract holds calls, answers and webhook deliveries against GitHub's own
// published descriptions: the REST API's, GraphQL's, the webhooks', and the
// permissions that an App needs. The descriptions are trimmed copies without prose
// in data/ (README.md says of what, and how to make them again).
//
// It is for tests: it never calls out, and it knows nothing of Cairn or of the
// stand-in that it judges; they share GitHub's GraphQL schema. Start at [Watch].
package contract

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/cairn-dev/cairn/internal/githubsim/graphql"
)

//go:embed data
var data embed.FS

// The two sides of a conversation: who calls, and who answers or delivers.
const (
	App    = "app"
	Server = "server"
)

// Rule names what a finding offends against.
type Rule string

// The rules.
const (
	RuleEndpoint     Rule = "endpoint"     // GitHub has such a method and path
	RuleDeprecated   Rule = "deprecated"   // GitHub means to remove it: a warning
	RuleUserAgent    Rule = "user-agent"   // a call says who calls
	RuleAuth         Rule = "auth"         // the App's JWT, or an installation's token: the right one
	RulePermission   Rule = "permission"   // the App has a permission that suffices
	RuleParameter    Rule = "parameter"    // path and query parameters are known and fit
	RuleRequestBody  Rule = "request-body" // a call's body fits its schema
	RuleStatus       Rule = "status"       // the answer's status is documented
	RuleHeader       Rule = "header"       // GitHub's headers are there, on answers and deliveries
	RulePaging       Rule = "paging"       // pages are no longer than asked for, and linked
	RuleBody         Rule = "body"         // an answer's or a delivery's body fits its schema
	RuleGraphQL      Rule = "graphql"      // the query, its variables and its answer fit the schema
	RuleSignature    Rule = "signature"    // a delivery is signed with the secret
	RuleEvent        Rule = "event"        // GitHub sends such an event and action to Apps
	RuleInstallation Rule = "installation" // a delivery says of which installation it is
	RuleManifest     Rule = "manifest"     // an App's permissions and events exist, and fit each other
)

// Finding is one way in which something does not fit GitHub's description.
type Finding struct {
	Side      string // App or Server
	Rule      Rule
	Operation string // "POST /repos/{owner}/{repo}/check-runs", "POST /graphql", "push delivery"
	Message   string
	// Warning is set where GitHub's own published examples do the same, and for
	// what works but is unwise.
	Warning bool
}

func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", f.Side, f.Operation, f.Rule, f.Message)
}

// Contracts are GitHub's descriptions, ready to compare with. They are safe for
// concurrent use; a schema is compiled when it is first needed.
type Contracts struct {
	operations  map[string][]*operation // by method, the most literal path first
	paths       map[string]bool         // "GET /zen": all that GitHub has, kept or not
	permissions map[string][]string     // the levels of each
	events      map[string]string       // the permission an event needs; "-" if it comes unasked
	webhooks    map[string]webhook      // by "event.action"
	schemas     *schemas
	graphql     func() (*ast.Schema, error)
}

// Load returns the descriptions. They are read once in a process, in about 50 ms,
// and shared by all callers, as are the schemas compiled from them.
func Load() (*Contracts, error) { return shared() }

var shared = sync.OnceValues(load) // a constant that is dear to make

func load() (*Contracts, error) {
	var rest struct {
		Operations  []*operation
		Schemas     map[string]json.RawMessage
		Paths       []string
		Permissions map[string][]string
		Events      map[string]string
	}
	if err := decode("rest.json", &rest); err != nil {
		return nil, err
	}
	var hooks struct {
		Webhooks map[string]webhook
		Schemas  map[string]json.RawMessage
	}
	if err := decode("webhooks.json", &hooks); err != nil {
		return nil, err
	}
	noise, err := data.ReadFile("data/noise.txt")
	if err != nil {
		return nil, err
	}
	c := &Contracts{
		operations: map[string][]*operation{}, paths: map[string]bool{}, permissions: rest.Permissions, events: rest.Events,
		webhooks: hooks.Webhooks, schemas: newSchemas(strings.Split(string(noise), "\n")), graphql: sync.OnceValues(graphql.GitHubSchema),
	}
	for _, p := range rest.Paths {
		c.paths[p] = true
	}
	c.schemas.addAll(restSchemas, rest.Schemas)
	c.schemas.addAll(hookSchemas, hooks.Schemas)
	for event, hook := range hooks.Webhooks {
		c.schemas.add(hookSchemas+event, hook.Schema)
	}
	c.addOperations(rest.Operations)
	return c, nil
}

// decode reads a compressed file of data/.
func decode(name string, into any) error {
	text, err := unpack(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("data/%s: %w", name, err)
	}
	return nil
}

func unpack(name string) ([]byte, error) {
	packed, err := data.ReadFile("data/" + name + ".gz")
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
