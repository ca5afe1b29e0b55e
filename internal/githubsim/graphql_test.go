package githubsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// newGraphQL returns a stand-in with the organisation acme and its member ann, and
// a function that asks it as ann: it gives the status with the body, and the
// points left.
func newGraphQL(t *testing.T) (*githubsim.Server, func(query string) (answer, remaining string)) {
	t.Helper()
	sim, err := githubsim.New(githubsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := sim.NewGraphQL()
	if err != nil {
		t.Fatal(err)
	}
	sim.SetGraphQL(endpoint)
	web := httptest.NewServer(sim)
	t.Cleanup(web.Close)
	sim.SetURL(web.URL)
	sim.AddOrganisation("acme", "Acme")
	ann := sim.AddUser("ann", "Ann")
	if err := sim.AddMember("acme", "ann", "admin"); err != nil {
		t.Fatal(err)
	}
	return sim, func(query string) (answer, remaining string) {
		t.Helper()
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/api/graphql", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+ann.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d %s", resp.StatusCode, got), resp.Header.Get("X-Ratelimit-Remaining")
	}
}

// The GraphQL endpoint shows what people did through the state's own acts.
func TestGraphQLShowsTheState(t *testing.T) {
	sim, ask := newGraphQL(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := sim.AddRepository("acme", githubsim.Seeded{Name: "pay", Author: "ann", Files: map[string]string{
		"README.md": "# pay\n", ".github/workflows/ci.yaml": "on: push\n"}})
	check(err)
	_, err = sim.Push("acme", "pay", "docs", "ann", "Add a page", map[string]githubsim.Change{"docs/a.md": {Content: []byte("hello\n")}})
	check(err)
	_, err = sim.OpenPullRequest("acme", "pay", "ann", "Docs", "", "docs", "main", false)
	check(err)

	const query = `{organization(login:"acme"){membersWithRole(first:5){edges{role node{login}}}}
repository(owner:"acme",name:"pay"){
  object(expression:"HEAD:.github/workflows"){...on Tree{entries{name object{...on Blob{text}}}}}
  pullRequest(number:1){title author{login} files(first:10){nodes{path changeType}} commits(first:5){nodes{commit{messageHeadline}}}
    headRepository{object(expression:"refs/pull/1/head:docs/a.md"){...on Blob{text}}}}
}}`
	const want = `{"data":{"organization":{"membersWithRole":{"edges":[{"role":"ADMIN","node":{"login":"ann"}}]}},` +
		`"repository":{"object":{"entries":[{"name":"ci.yaml","object":{"text":"on: push\n"}}]},` +
		`"pullRequest":{"title":"Docs","author":{"login":"ann"},"files":{"nodes":[{"path":"docs/a.md","changeType":"ADDED"}]},` +
		`"commits":{"nodes":[{"commit":{"messageHeadline":"Add a page"}}]},"headRepository":{"object":{"text":"hello\n"}}}}}}`
	got, remaining := ask(query)
	if got != "200 "+want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if remaining != "4999" {
		t.Errorf("the call left %s points, want 4999", remaining)
	}
}

// What is wrong with one repository is told at its place and spares the others;
// a query that takes too long has no answer at all.
func TestGraphQLFaults(t *testing.T) {
	sim, ask := newGraphQL(t)
	for _, name := range []string{"app", "lab", "pay"} {
		if _, err := sim.AddRepository("acme", githubsim.Seeded{Name: name, Author: "ann", Files: map[string]string{"a": name}}); err != nil {
			t.Fatal(err)
		}
	}
	const query = `{organization(login:"acme"){repositories(first:3){nodes{name object(expression:"HEAD:a"){...on Blob{text}}}}}}`
	const timeout = `502 {"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."}]}`
	for name, test := range map[string]struct {
		faults githubsim.Faults
		want   string
	}{
		"a repository is kept back": {
			githubsim.Faults{Refuse: map[string]string{"acme/lab": "metadata"}},
			`200 {"data":{"organization":{"repositories":{"nodes":[{"name":"app","object":{"text":"app"}},null,{"name":"pay","object":{"text":"pay"}}]}}},` +
				`"errors":[{"type":"FORBIDDEN","path":["organization","repositories","nodes",1],"extensions":{"saml_failure":false},"locations":[{"line":1,"column":51}],"message":"Resource not accessible by integration"}]}`,
		},
		"its files are": {
			githubsim.Faults{Refuse: map[string]string{"acme/pay": "contents"}},
			`200 {"data":{"organization":{"repositories":{"nodes":[{"name":"app","object":{"text":"app"}},{"name":"lab","object":{"text":"lab"}},{"name":"pay","object":null}]}}},` +
				`"errors":[{"type":"FORBIDDEN","path":["organization","repositories","nodes",2,"object"],"extensions":{"saml_failure":false},"locations":[{"line":1,"column":62}],"message":"Resource not accessible by integration"}]}`,
		},
		"its files are slow":   {githubsim.Faults{Slow: []string{"acme/app"}}, timeout},
		"too much is asked":    {githubsim.Faults{SlowNodes: 2}, timeout},
		"just as much as fits": {githubsim.Faults{SlowNodes: 3}, `200 {"data":{"organization":{"repositories":{"nodes":[{"name":"app","object":{"text":"app"}},{"name":"lab","object":{"text":"lab"}},{"name":"pay","object":{"text":"pay"}}]}}}}`},
	} {
		sim.SetFaults(test.faults)
		if got, _ := ask(query); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}
