package githubsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// The GraphQL endpoint shows what people did through the state's own acts.
func TestGraphQLShowsTheState(t *testing.T) {
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
	defer web.Close()
	sim.SetURL(web.URL)

	sim.AddOrganisation("acme", "Acme")
	ann := sim.AddUser("ann", "Ann")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(sim.AddMember("acme", "ann", "admin"))
	_, err = sim.AddRepository("acme", githubsim.Seeded{Name: "pay", Author: "ann", Files: map[string]string{
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
	body, err := json.Marshal(map[string]string{"query": query})
	check(err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/api/graphql", strings.NewReader(string(body)))
	check(err)
	req.Header.Set("Authorization", "Bearer "+ann.Token)
	resp, err := http.DefaultClient.Do(req)
	check(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	check(err)
	if string(got) != want {
		t.Errorf("%s\ngot  %s\nwant %s", resp.Status, got, want)
	}
	if remaining := resp.Header.Get("X-Ratelimit-Remaining"); remaining != "4999" {
		t.Errorf("the call left %s points, want 4999", remaining)
	}
}
