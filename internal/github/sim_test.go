package github_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/githubsim"
)

// simulated is the stand-in for GitHub with the App on the organisation acme.
type simulated struct {
	*githubsim.Server
	t      *testing.T
	client *github.Client
	seen   *observed
	on     github.Installation
}

// newSimulated returns a stand-in with the empty organisation acme; install puts
// the App on it. wrap, when not nil, sees every call before the stand-in does.
func newSimulated(t *testing.T, wrap func(http.Handler) http.Handler) *simulated {
	t.Helper()
	sim, err := githubsim.New(githubsim.Options{
		PrivateKey:  testKey(),
		Permissions: map[string]string{"contents": "read", "metadata": "read", "members": "read"},
	})
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := sim.NewGraphQL()
	if err != nil {
		t.Fatal(err)
	}
	sim.SetGraphQL(endpoint)
	handler := http.Handler(sim)
	if wrap != nil {
		handler = wrap(sim)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	sim.SetURL(web.URL)
	sim.AddOrganisation("acme", "Acme")
	s := &simulated{Server: sim, t: t, seen: &observed{}}
	s.client = s.newClient()
	return s
}

func (s *simulated) newClient() *github.Client {
	s.t.Helper()
	url := s.URL()
	client, err := github.New(github.Config{
		WebURL: url, V3URL: url + "/api/v3/", V4URL: url + "/api/graphql",
		AppID: s.AppID(), PrivateKey: testKey(), UserAgent: "cairn/test", Logger: zerolog.Nop(), Observer: s.seen,
	})
	s.must(err)
	return client
}

func (s *simulated) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *simulated) install(repositories ...string) {
	s.t.Helper()
	_, err := s.Install("acme", repositories...)
	s.must(err)
	for on, err := range s.client.Installations(s.t.Context()) {
		s.must(err)
		s.on = on
	}
	s.ResetRequests()
}

func (s *simulated) add(name string, files map[string]string) *githubsim.Repository {
	s.t.Helper()
	r, err := s.AddRepository("acme", githubsim.Seeded{Name: name, Files: files})
	s.must(err)
	return r
}

// points is how much of the GraphQL budget is spent.
func (s *simulated) points() int {
	_, budgets := s.seen.all()
	for _, b := range slices.Backward(budgets) {
		if b.Resource == github.ResourceGraphQL {
			return b.Limit - b.Remaining
		}
	}
	return 0
}

// queries is how many GraphQL queries the stand-in was asked.
func (s *simulated) queries() int { return s.Requests()["POST /graphql"] }
