package contract_test

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestGraphQL(t *testing.T) {
	t.Parallel()
	const (
		simple = `query($o: String!, $n: Int = 1) { repository(owner: $o, name: "pay") { id isPrivate visibility pushedAt issues(first: $n) { nodes { title } } } rateLimit { cost } }`
		answer = `{"data":{"repository":{"id":"R_1","isPrivate":false,"visibility":"PRIVATE","pushedAt":null,"issues":{"nodes":[{"title":"t"}]}},"rateLimit":{"cost":1}}}`
		object = `{ repository(owner: "acme", name: "pay") { object(expression: "HEAD:a") { __typename ... on Blob { text isTruncated } } } }`
		acme   = `{"o":"acme"}`
	)
	replaced := func(old, with string) string { return strings.Replace(answer, old, with, 1) }
	tests := map[string]struct {
		query, variables, answer, want string
	}{
		"in order":                 {simple, acme, answer, ""},
		"a mutation":               {`mutation($i: AddReactionInput!) { addReaction(input: $i) { clientMutationId } }`, `{"i":{"subjectId":"I_1","content":"EYES"}}`, `{"data":{"addReaction":{"clientMutationId":null}}}`, ""},
		"a fragment of another":    {object, "{}", `{"data":{"repository":{"object":{"__typename":"Tree"}}}}`, ""},
		"unknown field":            {`{ repository(owner: "a", name: "b") { stars } }`, "{}", `{"errors":[{"message":"no"}]}`, `app graphql: "stars"`},
		"syntax":                   {`{ repository(`, "{}", `{"errors":[{"message":"no"}]}`, "app graphql: Expected"},
		"unknown argument":         {`{ repository(owner: "a", name: "b", branch: "c") { id } }`, "{}", `{"errors":[{"message":"no"}]}`, `app graphql: "branch"`},
		"missing variable":         {simple, `{}`, `{"errors":[{"message":"no"}]}`, "app graphql: must be defined"},
		"variable of wrong type":   {simple, `{"o":"acme","n":"one"}`, `{"errors":[{"message":"no"}]}`, "app graphql: cannot use"},
		"value not in the enum":    {`mutation { addReaction(input: {subjectId: "I_1", content: SHRUG}) { clientMutationId } }`, "{}", `{"errors":[{"message":"no"}]}`, "app graphql: SHRUG"},
		"deprecated field":         {`{ repository(owner: "a", name: "b") { databaseId projects(first: 1) { totalCount } } }`, "{}", `{"data":{"repository":null}}`, "warning app deprecated: Repository.projects"},
		"no page size":             {`{ repository(owner: "a", name: "b") { issues { nodes { id } } } }`, "{}", `{"errors":[{"message":"no"}]}`, "app graphql: issues has neither first nor last"},
		"page too large":           {simple, `{"o":"acme","n":101}`, `{"errors":[{"message":"no"}]}`, "app graphql: issues asks for 101, GitHub gives 1 to 100"},
		"too many nodes":           {`{ viewer { repositories(first: 100) { nodes { issues(first: 100) { nodes { comments(first: 100) { nodes { id } } } } } } } }`, "{}", `{"errors":[{"message":"no"}]}`, "app graphql: asks for up to 1010100 nodes"},
		"field left out":           {simple, acme, replaced(`"isPrivate":false,`, ""), "server graphql: data.repository.isPrivate is missing"},
		"null where it may not be": {simple, acme, replaced(`"R_1"`, "null"), "server graphql: data.repository.id is null, its type is ID!"},
		"no value of the enum":     {simple, acme, replaced(`"PRIVATE"`, `"private"`), "server graphql: data.repository.visibility is private, no value of RepositoryVisibility"},
		"wrong scalar":             {simple, acme, replaced("false", `"no"`), "server graphql: data.repository.isPrivate is no, no Boolean"},
		"no date":                  {simple, acme, replaced(`"pushedAt":null`, `"pushedAt":"today"`), "server graphql: data.repository.pushedAt is today, no DateTime"},
		"no list":                  {simple, acme, replaced(`[{"title":"t"}]`, `{}`), "server graphql: data.repository.issues.nodes is no list"},
		"deep in a list":           {simple, acme, replaced(`"t"`, "1"), "server graphql: data.repository.issues.nodes[0].title is 1, no String"},
		"another type":             {object, "{}", `{"data":{"repository":{"object":{"__typename":"Issue"}}}}`, "server graphql: data.repository.object is a Issue, which is no GitObject"},
		"field of a fragment":      {object, "{}", `{"data":{"repository":{"object":{"__typename":"Blob","text":"t"}}}}`, "server graphql: data.repository.object.isTruncated is missing"},
		"wrong cost":               {simple, acme, replaced(`"cost":1`, `"cost":7`), "warning server graphql: rateLimit.cost is 7, by GitHub's formula 1"},
		"neither data nor errors":  {simple, acme, `{}`, "server graphql: neither data nor errors"},
		"an error without message": {simple, acme, `{"data":null,"errors":[{}]}`, "server graphql: an error without a message"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]any{"query": test.query, "variables": json.RawMessage(test.variables)})
			if err != nil {
				t.Fatal(err)
			}
			e := exchange{request: "POST /graphql", body: string(body), reply: test.answer}
			expect(t, e.findings(t, nil), test.want)
		})
	}
}

func TestGraphQLCalls(t *testing.T) {
	t.Parallel()
	const body, data = `{"query":"{ viewer { login } }"}`, `{"data":{"viewer":{"login":"ada"}}}`
	with := func(name, value string) map[string]string { return map[string]string{name: value} }
	for name, test := range map[string]struct {
		exchange
		want string
	}{
		"in order, on a server":  {exchange{request: "POST /api/graphql", body: body, reply: data}, ""},
		"an App's JWT":           {exchange{request: "POST /graphql", header: with("Authorization", jwt), body: body, reply: data}, "app auth: wants a token"},
		"no credentials":         {exchange{request: "POST /graphql", header: with("Authorization", ""), body: body, reply: data}, "app auth: wants a token"},
		"GET":                    {exchange{request: "GET /graphql"}, "app endpoint: GraphQL wants POST"},
		"not JSON":               {exchange{request: "POST /graphql", body: "{ viewer }", reply: data}, "app graphql: the body is not JSON"},
		"another limit's header": {exchange{request: "POST /graphql", body: body, reply: data, answer: with("X-RateLimit-Resource", "core")}, "server header: not graphql"},
		"a broken answer":        {exchange{request: "POST /graphql", body: body, reply: "{"}, "server graphql: not JSON"},
		"too many calls":         {exchange{request: "POST /graphql", body: body, status: 403, reply: `{"message":"slow down","documentation_url":"u"}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, test.findings(t, nil), test.want)
		})
	}
}
