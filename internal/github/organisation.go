package github

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/people"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Pages of an organisation's people: GitHub lists at most 100 of anything. A page
// of teams lists up to 100 members and repositories of each.
const (
	membersPage = 100
	teamsPage   = 50
)

// OrganisationOptions says what to read of an organisation beside its people.
type OrganisationOptions struct {
	TeamRepositories bool // what its teams may do, where
}

// ReadOrganisation reads an organisation's members and teams: one GraphQL query of
// one point for every 100 members and for every 50 teams, and one for every further
// 100 members or repositories of a team. Like a sweep it asks for less when GitHub
// cannot answer so much in time.
//
// Errors are as for Sweep, and any of them is one of the whole: half of the people
// must not be taken for all of them. It needs the permission "members: read".
func (c *Client) ReadOrganisation(ctx context.Context, installationID int64, login string, opts OrganisationOptions) (*people.Organisation, error) {
	inst, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	r := &organisationReading{client: c, inst: inst, op: "read the people of " + login, login: login, opts: opts}
	if err := r.members(ctx); err != nil {
		return nil, err
	}
	if err := r.teams(ctx); err != nil {
		return nil, err
	}
	return &r.out, nil
}

// organisationReading is one such read in progress.
type organisationReading struct {
	client *Client
	inst   *installation
	op     string
	login  string
	opts   OrganisationOptions
	out    people.Organisation
}

// ask makes a query about the organisation.
func (r *organisationReading) ask(ctx context.Context, q query) (*organisationNode, error) {
	a, err := r.inst.query(ctx, q)
	if err != nil {
		return nil, r.client.explain(r.inst.id, r.op, "members: read", err)
	}
	if err := explainAnswer(r.op, a.Errors, func(graphqlError) bool { return false }); err != nil {
		return nil, err
	}
	var data struct{ Organization *organisationNode }
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", r.op, err)
	}
	if data.Organization == nil {
		return nil, &NotFoundError{Op: r.op, What: "the organisation"}
	}
	return data.Organization, nil
}

// pages asks for every page of a list; take keeps one and says where it ends.
func (r *organisationReading) pages(ctx context.Context, most int, build func(size int, after string) query, take func(*organisationNode) pageInfo) error {
	p := newPager(most)
	for cursor, more := "", true; more; {
		var page *organisationNode
		err := p.read(ctx, func(size int) (err error) {
			page, err = r.ask(ctx, build(size, cursor))
			return err
		})
		if err != nil {
			return err
		}
		next, further := take(page).next()
		if further && next == cursor {
			return fmt.Errorf("%s: GitHub's list does not go on after %q", r.op, cursor)
		}
		cursor, more = next, further
	}
	return nil
}

func (r *organisationReading) members(ctx context.Context) error {
	return r.pages(ctx, membersPage, func(size int, after string) query {
		b := r.page(size, after)
		return b.build("Members", `  organization(login: $login) {
    databaseId
    login
    name
    description
    url
    membersWithRole(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { role node { databaseId login name bio url avatarUrl organizationVerifiedDomainEmails(login: $login) } }
    }
  }
`)
	}, func(o *organisationNode) pageInfo {
		r.out.ID, r.out.Login, r.out.Name, r.out.Description, r.out.URL = o.DatabaseID, o.Login, o.Name, o.Description, o.URL
		for _, e := range o.MembersWithRole.Edges {
			if n := e.Node; n != nil {
				r.out.Members = append(r.out.Members, people.Member{
					ID: n.DatabaseID, Login: n.Login, Name: n.Name, Bio: n.Bio, URL: n.URL, AvatarURL: n.AvatarURL,
					Emails: n.OrganizationVerifiedDomainEmails, Role: strings.ToLower(e.Role),
				})
			}
		}
		return o.MembersWithRole.PageInfo
	})
}

func (r *organisationReading) teams(ctx context.Context) error {
	var rest []teamRest
	err := r.pages(ctx, teamsPage, func(size int, after string) query {
		b := r.page(size, after)
		b.use(teamMembers)
		repositories := ""
		if r.opts.TeamRepositories {
			b.use(teamRepositories)
			repositories = "\n        repositories(first: 100) { ...TeamRepositories }"
		}
		return b.build("Teams", `  organization(login: $login) {
    teams(first: $first, after: $after, orderBy: {field: NAME, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        databaseId
        slug
        name
        description
        privacy
        url
        editTeamUrl
        avatarUrl
        parentTeam { slug }
        members(first: 100, membership: IMMEDIATE) { ...TeamMembers }`+repositories+`
      }
    }
  }
`)
	}, func(o *organisationNode) pageInfo {
		for _, n := range o.Teams.Nodes {
			if n != nil {
				r.out.Teams = append(r.out.Teams, n.team())
				rest = append(rest, n.rest(len(r.out.Teams)-1)...)
			}
		}
		return o.Teams.PageInfo
	})
	if err != nil {
		return err
	}
	for _, part := range rest {
		if err := r.complete(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// teamRest is a list of a team that went beyond the page of teams.
type teamRest struct {
	team   int // its place among all
	after  string
	fields string // members or repositories
}

// complete reads the rest of a team's members or repositories.
func (r *organisationReading) complete(ctx context.Context, rest teamRest) error {
	team := &r.out.Teams[rest.team]
	selection, piece := "members(first: $first, after: $after, membership: IMMEDIATE) { ...TeamMembers }", teamMembers
	if rest.fields == "repositories" {
		selection, piece = "repositories(first: $first, after: $after) { ...TeamRepositories }", teamRepositories
	}
	var gone bool
	err := r.pages(ctx, membersPage, func(size int, after string) query {
		if after == "" {
			after = rest.after
		}
		b := r.page(size, after)
		b.declare("slug", "String!", team.Slug)
		b.use(piece)
		return b.build("Team", "  organization(login: $login) { team(slug: $slug) { "+selection+" } }\n")
	}, func(o *organisationNode) pageInfo {
		if gone = o.Team == nil; gone {
			return pageInfo{}
		}
		team.Members = append(team.Members, o.Team.Members.list()...)
		team.Repositories = append(team.Repositories, o.Team.Repositories.list()...)
		if rest.fields == "repositories" {
			return o.Team.Repositories.PageInfo
		}
		return o.Team.Members.PageInfo
	})
	if err == nil && gone {
		return fmt.Errorf("%s: the team %s was removed or renamed meanwhile", r.op, team.Slug)
	}
	return err
}

// page begins a query for a page of the organisation.
func (r *organisationReading) page(size int, after string) *builder {
	b := newBuilder()
	b.declare("login", "String!", r.login)
	b.declare("first", "Int!", size)
	b.declare("after", "String", cursorVariable(after))
	return b
}

// The pieces of a team, by name.
const (
	teamMembers = `fragment TeamMembers on TeamMemberConnection {
  pageInfo { hasNextPage endCursor }
  edges { role node { login } }
}
`
	teamRepositories = `fragment TeamRepositories on TeamRepositoryConnection {
  pageInfo { hasNextPage endCursor }
  edges { permission node { databaseId nameWithOwner } }
}
`
)

type organisationNode struct {
	DatabaseID      int64
	Login           string
	Name            string
	Description     string
	URL             string
	MembersWithRole struct {
		PageInfo pageInfo
		Edges    []struct {
			Role string
			Node *memberNode
		}
	}
	Teams struct {
		PageInfo pageInfo
		Nodes    []*teamNode
	}
	Team *teamNode
}

type memberNode struct {
	DatabaseID                       int64
	Login                            string
	Name                             string
	Bio                              string
	URL                              string
	AvatarURL                        string
	OrganizationVerifiedDomainEmails []string
}

type teamNode struct {
	DatabaseID   int64
	Slug         string
	Name         string
	Description  string
	Privacy      string
	URL          string
	EditTeamURL  string
	AvatarURL    string
	ParentTeam   *struct{ Slug string }
	Members      teamMembersNode
	Repositories teamRepositoriesNode
}

type teamMembersNode struct {
	PageInfo pageInfo
	Edges    []struct {
		Role string
		Node *struct{ Login string }
	}
}

type teamRepositoriesNode struct {
	PageInfo pageInfo
	Edges    []struct {
		Permission string
		Node       *struct {
			DatabaseID    int64
			NameWithOwner string
		}
	}
}

func (n *teamNode) team() people.Team {
	t := people.Team{
		ID: n.DatabaseID, Slug: n.Slug, Name: n.Name, Description: n.Description, URL: n.URL, EditURL: n.EditTeamURL, AvatarURL: n.AvatarURL,
		Secret: n.Privacy == "SECRET", Members: n.Members.list(), Repositories: n.Repositories.list(),
	}
	if n.ParentTeam != nil {
		t.Parent = n.ParentTeam.Slug
	}
	return t
}

// rest lists what of a team did not fit the page.
func (n *teamNode) rest(team int) []teamRest {
	var out []teamRest
	if after, more := n.Members.PageInfo.next(); more {
		out = append(out, teamRest{team, after, "members"})
	}
	if after, more := n.Repositories.PageInfo.next(); more {
		out = append(out, teamRest{team, after, "repositories"})
	}
	return out
}

func (n teamMembersNode) list() []people.TeamMember {
	var out []people.TeamMember
	for _, e := range n.Edges {
		if e.Node != nil {
			out = append(out, people.TeamMember{Login: e.Node.Login, Role: strings.ToLower(e.Role)})
		}
	}
	return out
}

func (n teamRepositoriesNode) list() []people.TeamRepository {
	var out []people.TeamRepository
	for _, e := range n.Edges {
		if e.Node != nil {
			name, _ := repo.ParseName(e.Node.NameWithOwner)
			out = append(out, people.TeamRepository{ID: e.Node.DatabaseID, Name: name, Permission: strings.ToLower(e.Permission)})
		}
	}
	return out
}
