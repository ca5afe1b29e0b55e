package graphql

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// The schema of a small zoo, so that each rule of execution is seen alone.
const zooSchema = `
interface Animal { name: String! friend: Animal }
type Cat implements Animal { name: String! friend: Animal lives: Int! }
type Dog implements Animal { name: String! friend: Animal barks: Boolean! loud: Volume }
union Pet = Cat | Dog
enum Volume { QUIET LOUD }
type Query {
  cat: Cat
  pets: [Pet!]!
  animal(name: String! = "Rex"): Animal
  echo(n: Int, list: [String!], text: String = "none"): String!
  broken: Cat
  strict: Cat!
  secret: String
  wrongVolume: Dog
  missing: String
}`

type (
	cat struct{ name string }
	dog struct {
		name string
		loud string
	}
)

func zoo(t *testing.T) *Engine {
	t.Helper()
	schema, err := validator.LoadSchema(validator.Prelude, &ast.Source{Input: zooSchema})
	if err != nil {
		t.Fatal(err)
	}
	give := func(v any) Resolver {
		return func(context.Context, any, Args) (any, error) { return v, nil }
	}
	return &Engine{
		Schema: schema,
		TypeOf: func(obj any) string {
			switch obj.(type) {
			case cat:
				return "Cat"
			case dog:
				return "Dog"
			}
			return ""
		},
		Types: Types{
			"Query": {
				"cat":  give(cat{"Tom"}),
				"pets": give([]any{cat{"Tom"}, dog{"Rex", "LOUD"}}),
				"animal": func(_ context.Context, _ any, args Args) (any, error) {
					if name := args.String("name"); name != "Rex" {
						return nil, notFound("Could not resolve to an Animal with the name '%s'.", name)
					}
					return dog{"Rex", "LOUD"}, nil
				},
				"echo": func(_ context.Context, _ any, args Args) (any, error) {
					out, err := json.Marshal(args.values)
					return string(out), err
				},
				"broken":      give(cat{""}),
				"strict":      give(cat{""}),
				"secret":      give("gold"),
				"wrongVolume": give(dog{"Rex", "DEAFENING"}),
			},
			"Cat": {
				"name": func(_ context.Context, obj any, _ Args) (any, error) {
					if obj.(cat).name == "" {
						return nil, nil
					}
					return obj.(cat).name, nil
				},
				"lives":  give(9),
				"friend": give((*cat)(nil)),
			},
			"Dog": {
				"name":   func(_ context.Context, obj any, _ Args) (any, error) { return obj.(dog).name, nil },
				"loud":   func(_ context.Context, obj any, _ Args) (any, error) { return obj.(dog).loud, nil },
				"barks":  give(true),
				"friend": give(cat{"Tom"}),
			},
		},
	}
}

func TestEngine(t *testing.T) {
	tests := []struct {
		name, query, vars string
		data              string
		errors            []string // "path: type: message"
	}{
		{name: "fields keep the order asked", query: `{cat{lives name}}`, data: `{"cat":{"lives":9,"name":"Tom"}}`},
		{name: "aliases", query: `{a:cat{n:name} b:cat{lives}}`, data: `{"a":{"n":"Tom"},"b":{"lives":9}}`},
		{name: "one key asked twice is merged", query: `{cat{name} cat{lives}}`, data: `{"cat":{"name":"Tom","lives":9}}`},
		{name: "union by type", query: `{pets{__typename ... on Cat{lives} ... on Dog{barks}}}`,
			data: `{"pets":[{"__typename":"Cat","lives":9},{"__typename":"Dog","barks":true}]}`},
		{name: "interface conditions and spreads", query: `{pets{...N}} fragment N on Animal{name friend{name}}`,
			data: `{"pets":[{"name":"Tom","friend":null},{"name":"Rex","friend":{"name":"Tom"}}]}`},
		{name: "default argument", query: `{animal{name}}`, data: `{"animal":{"name":"Rex"}}`},
		{name: "variables with defaults", query: `query($n:Int=3,$s:[String!]){echo(n:$n,list:$s)}`, vars: `{"s":["x"]}`,
			data: `{"echo":"{\"list\":[\"x\"],\"n\":3,\"text\":\"none\"}"}`},
		{name: "skip and include", query: `query($y:Boolean!){cat{name @skip(if:$y) lives @include(if:$y)}}`, vars: `{"y":true}`,
			data: `{"cat":{"lives":9}}`},
		{name: "fragment skipped", query: `{cat{name ...L @include(if:false)}} fragment L on Cat{lives}`, data: `{"cat":{"name":"Tom"}}`},
		{name: "error leaves the rest", query: `{cat{name} x:animal(name:"Bo"){name}}`, data: `{"cat":{"name":"Tom"},"x":null}`,
			errors: []string{"x: NOT_FOUND: Could not resolve to an Animal with the name 'Bo'."}},
		{name: "null in a non-null place empties the parent", query: `{broken{lives name} cat{name}}`, data: `{"broken":null,"cat":{"name":"Tom"}}`,
			errors: []string{"broken.name: : null stands for the non-null type String!"}},
		{name: "and the top when nothing may be null", query: `{strict{name}}`, data: `null`,
			errors: []string{"strict.name: : null stands for the non-null type String!"}},
		{name: "forbidden field", query: `{secret cat{name}}`, data: `{"secret":null,"cat":{"name":"Tom"}}`,
			errors: []string{"secret: FORBIDDEN: Resource not accessible by integration"}},
		{name: "an enum value the schema does not know", query: `{wrongVolume{name loud}}`, data: `{"wrongVolume":{"name":"Rex","loud":null}}`,
			errors: []string{"wrongVolume.loud: : DEAFENING is not a value of the enum Volume"}},
		{name: "a field without a resolver says so", query: `{missing}`, data: `{"missing":null}`,
			errors: []string{"missing: NOT_IN_STAND_IN: Query.missing is in GitHub's schema, but this stand-in does not answer it"}},
	}
	engine := zoo(t)
	guard := func(_, field string, _ any) error {
		if field == "secret" {
			return forbidden()
		}
		return nil
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			req := Request{Query: test.query}
			if test.vars != "" {
				if err := json.Unmarshal([]byte(test.vars), &req.Variables); err != nil {
					t.Fatal(err)
				}
			}
			got := engine.Do(t.Context(), req, func(Cost) any { return nil }, guard)
			if string(got.Data) != test.data {
				t.Errorf("data\n got %s\nwant %s", got.Data, test.data)
			}
			var errs []string
			for _, err := range got.Errors {
				errs = append(errs, pathText(err.Path)+": "+err.Type+": "+err.Message)
			}
			if diff := cmp.Diff(test.errors, errs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func pathText(path []any) string {
	parts := make([]string, len(path))
	for i, step := range path {
		out, _ := json.Marshal(step)
		parts[i] = strings.Trim(string(out), `"`)
	}
	return strings.Join(parts, ".")
}

// Invalid queries are told as GitHub tells them. The first four are GitHub's
// own words; the others are checked for their place and code.
func TestInvalidQueries(t *testing.T) {
	schema, err := GitHubSchema()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, query, want string }{
		{"unknown field", `query Q { repository(owner:"a", name:"b") { wat } }`,
			`{"path":["query Q","repository","wat"],"extensions":{"code":"undefinedField","fieldName":"wat","typeName":"Repository"},"locations":[{"line":1,"column":45}],"message":"Field 'wat' doesn't exist on type 'Repository'"}`},
		{"missing arguments", `{ repository { id } }`,
			`{"path":["query","repository"],"extensions":{"arguments":"name, owner","className":"Field","code":"missingRequiredArguments","name":"repository"},"locations":[{"line":1,"column":3}],"message":"Field 'repository' is missing required arguments: name, owner"}`},
		{"unknown argument", `{ viewer { login(size: 3) } }`,
			`{"path":["query","viewer","login"],"extensions":{"argumentName":"size","code":"argumentNotAccepted","name":"login","typeName":"Field"},"locations":[{"line":1,"column":12}],"message":"Field 'login' doesn't accept argument 'size'"}`},
		{"no selection", `{ viewer }`,
			`{"path":["query","viewer"],"extensions":{"code":"selectionMismatch","nodeName":"field 'viewer'","typeName":"User"},"locations":[{"line":1,"column":3}],"message":"Field must have selections (field 'viewer' returns User but has no selections. Did you mean 'viewer { ... }'?)"}`},
		{"inside a fragment", `{ viewer { ...F } } fragment F on User { wat }`,
			`{"path":["fragment F","wat"],"extensions":{"code":"undefinedField","fieldName":"wat","typeName":"User"},"locations":[{"line":1,"column":42}],"message":"Field 'wat' doesn't exist on type 'User'"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, errs := parse(schema, test.query)
			if len(errs) != 1 {
				t.Fatalf("%d errors: %v", len(errs), errs)
			}
			got, err := json.Marshal(errs[0])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("syntax", func(t *testing.T) {
		_, errs := parse(schema, "{ viewer {")
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Message, "Parse error") || len(errs[0].Locations) == 0 {
			t.Errorf("got %+v", errs)
		}
	})
	t.Run("other rules keep their name as code", func(t *testing.T) {
		_, errs := parse(schema, "query($x: Int) { viewer { login } }")
		if len(errs) != 1 || errs[0].Extensions["code"] != "noUnusedVariables" {
			t.Errorf("got %+v", errs)
		}
	})
}

func TestPrice(t *testing.T) {
	schema, err := GitHubSchema()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, query string
		want        Cost
	}{
		{"no connection", `{viewer{login}}`, Cost{Points: 1}},
		// The worked example of GitHub's documentation.
		{"GitHub's example", `{viewer{repositories(first:100){edges{node{issues(first:50){edges{node{labels(first:60){edges{node{name}}}}}}}}}}}`,
			Cost{Points: 51, Nodes: 100 + 100*50 + 100*50*60}},
		{"aliases of single objects", `{a:repository(owner:"x",name:"y"){languages(first:10){nodes{name}}} b:repository(owner:"x",name:"z"){languages(first:10){nodes{name}}}}`,
			Cost{Points: 1, Nodes: 20}},
		{"number only", `{repository(owner:"x",name:"y"){issues{totalCount}}}`, Cost{Points: 1}},
		{"through a fragment and a variable", `query($n:Int=20){repository(owner:"x",name:"y"){...F}} fragment F on Repository{pullRequests(first:$n){nodes{files(first:$n){nodes{path}}}}}`,
			Cost{Points: 1, Nodes: 20 + 400}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, errs := parse(schema, test.query)
			if errs != nil {
				t.Fatal(errs)
			}
			op := doc.Operations[0]
			vars, refusal := variables(schema, op, nil)
			if refusal != nil {
				t.Fatal(refusal)
			}
			if got := price(schema, op, vars); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	schema, err := GitHubSchema()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{`{viewer{login}}`, `query($a:Int=1){rateLimit(dryRun:true){cost}}`, `{node(id:"x"){...F}} fragment F on Node{id}`, "{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		doc, errs := parse(schema, query)
		if (doc == nil) == (errs == nil) {
			t.Errorf("doc %v, errors %v", doc, errs)
		}
	})
}
