package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
	"github.com/cairn-dev/cairn/internal/people"
	"github.com/cairn-dev/cairn/internal/repo"
)

func (s *simulated) organisation(opts github.OrganisationOptions) (*people.Organisation, error) {
	return s.client.ReadOrganisation(s.t.Context(), s.on.ID, "acme", opts)
}

func (s *simulated) team(name, parent string, members ...string) {
	s.t.Helper()
	_, err := s.AddTeam("acme", name, parent, members...)
	s.must(err)
}

// Calls and answers are held against GitHub's descriptions.
func TestReadOrganisation(t *testing.T) {
	contracts, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := newSimulated(t, func(sim http.Handler) http.Handler { return contract.Watch(t, contracts, sim, nil) })
	ada := s.AddUser("Ada", "Ada Lovelace")
	ada.Description, ada.VerifiedEmails = "Analyst", map[string][]string{"acme": {"ada@acme.example"}}
	s.AddUser("bob", "")
	s.must(s.AddMember("acme", "Ada", "admin"))
	s.must(s.AddMember("acme", "bob", "member"))
	s.team("Engineering", "", "ada")
	s.team("Payments", "engineering", "bob", "ada")
	pay := s.add("pay", nil)
	s.must(s.GrantTeam("acme", "payments", "pay", "admin"))
	s.install()

	got, err := s.organisation(github.OrganisationOptions{TeamRepositories: true})
	s.must(err)
	at := s.URL()
	want := &people.Organisation{
		Login: "acme", Name: "Acme", URL: at + "/acme",
		Members: []people.Member{
			{Login: "Ada", Name: "Ada Lovelace", Bio: "Analyst", URL: at + "/Ada", AvatarURL: at + "/Ada.png", Emails: []string{"ada@acme.example"}, Role: "admin"},
			{Login: "bob", URL: at + "/bob", AvatarURL: at + "/bob.png", Emails: []string{}, Role: "member"},
		},
		Teams: []people.Team{
			{
				Slug: "engineering", Name: "Engineering", URL: at + "/orgs/acme/teams/engineering", EditURL: at + "/orgs/acme/teams/engineering/edit",
				AvatarURL: at + "/orgs/acme/teams/engineering.png", Members: []people.TeamMember{{Login: "Ada", Role: "member"}},
			},
			{
				Slug: "payments", Name: "Payments", Parent: "engineering", URL: at + "/orgs/acme/teams/payments", EditURL: at + "/orgs/acme/teams/payments/edit",
				AvatarURL:    at + "/orgs/acme/teams/payments.png",
				Members:      []people.TeamMember{{Login: "Ada", Role: "member"}, {Login: "bob", Role: "member"}},
				Repositories: []people.TeamRepository{{ID: pay.ID, Name: repo.Name{Owner: "acme", Repo: "pay"}, Permission: "admin"}},
			},
		},
	}
	ids := cmp.Options{
		cmpopts.IgnoreFields(people.Organisation{}, "ID"), cmpopts.IgnoreFields(people.Member{}, "ID", "NodeID"), cmpopts.IgnoreFields(people.Team{}, "ID"),
	}
	if diff := cmp.Diff(want, got, ids); diff != "" {
		t.Error(diff)
	}
	if got.ID == 0 || got.Members[0].ID != ada.ID || got.Members[0].NodeID == "" || got.Teams[0].ID == 0 {
		t.Errorf("IDs: %+v", got)
	}
	if s.queries() != 2 {
		t.Errorf("%d queries", s.queries())
	}
}

// 1,000 people in 100 teams, one of which holds everybody: 10 queries for the
// people, 2 for the teams, and 9 for the rest of the large one.
func TestReadOrganisationCounts(t *testing.T) {
	s := newSimulated(t, nil)
	var everybody []string
	for i := range 1000 {
		login := fmt.Sprintf("dev-%04d", i)
		s.AddUser(login, "")
		s.must(s.AddMember("acme", login, "member"))
		everybody = append(everybody, login)
	}
	for i := range 99 {
		s.team(fmt.Sprintf("team %03d", i), "", everybody[10*i:10*i+10]...)
	}
	s.team("everybody", "", everybody...)
	s.install()
	for name, c := range map[string]struct {
		faults githubsim.Faults
		most   int
	}{
		"at best": {githubsim.Faults{}, 21},
		// 50 teams with 100 members each are 5,050 nodes: too many here.
		"in halves": {githubsim.Faults{SlowNodes: 3000}, 24},
	} {
		s.ResetRequests()
		s.SetFaults(c.faults)
		got, err := s.organisation(github.OrganisationOptions{})
		s.must(err)
		everyone := got.Teams[0]
		if len(got.Members) != 1000 || len(got.Teams) != 100 || everyone.Slug != "everybody" || len(everyone.Members) != 1000 || len(got.Teams[7].Members) != 10 {
			t.Errorf("%s: %d members, %d teams, %d in %s", name, len(got.Members), len(got.Teams), len(everyone.Members), everyone.Slug)
		}
		if s.queries() > c.most {
			t.Errorf("%s: %d queries, want at most %d", name, s.queries(), c.most)
		}
		t.Logf("%s: 1,000 people in 100 teams in %d queries", name, s.queries())
	}
}

// Half of the people must not be taken for all of them.
func TestReadOrganisationWhole(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		right  func(error) bool
	}{
		"not permitted": {
			`{"data":{"organization":{"login":"acme","membersWithRole":null}},"errors":[{"type":"FORBIDDEN","path":["organization","membersWithRole"],"message":"Resource not accessible by integration"}]}`,
			func(err error) bool {
				f, ok := errors.AsType[*github.ForbiddenError](err)
				return ok && f.Permission == "members: read"
			},
		},
		"no such organisation": {
			`{"data":{"organization":null},"errors":[{"type":"NOT_FOUND","path":["organization"],"message":"Could not resolve"}]}`,
			func(err error) bool {
				missing, ok := errors.AsType[*github.NotFoundError](err)
				return ok && missing.What == "the organisation"
			},
		},
		"a part is missing": {
			`{"data":{"organization":{"login":"acme","membersWithRole":{"pageInfo":{},"edges":[{"role":"MEMBER","node":null}]}}},"errors":[{"path":["organization","membersWithRole","edges",0,"node"],"message":"oops"}]}`,
			func(err error) bool { return strings.Contains(fmt.Sprint(err), "oops") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.graphql(c.answer)
			got, err := f.client().ReadOrganisation(t.Context(), testInstallation, "acme", github.OrganisationOptions{})
			if got != nil || !c.right(err) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
