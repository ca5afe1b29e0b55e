package github

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/people"
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
		return membersQuery(r.login, size, after)
	}, func(o *organisationNode) pageInfo {
		r.out.ID, r.out.Login, r.out.Name, r.out.Description, r.out.URL = o.DatabaseID, o.Login, o.Name, o.Description, o.URL
		for _, e := range o.MembersWithRole.Edges {
			if n := e.Node; n != nil {
				r.out.Members = append(r.out.Members, people.Member{
					ID: n.DatabaseID, NodeID: n.ID, Login: n.Login, Name: n.Name, Bio: n.Bio, URL: n.URL, AvatarURL: n.AvatarURL,
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
		return teamsQuery(r.login, size, after, r.opts.TeamRepositories)
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
	team  int // its place among all
	list  teamList
	after string
}

// complete reads the rest of a team's members or repositories.
func (r *organisationReading) complete(ctx context.Context, rest teamRest) error {
	team := &r.out.Teams[rest.team]
	gone := false
	err := r.pages(ctx, membersPage, func(size int, after string) query {
		if after == "" {
			after = rest.after
		}
		return teamQuery(r.login, team.Slug, rest.list, size, after)
	}, func(o *organisationNode) pageInfo {
		if gone = o.Team == nil; gone {
			return pageInfo{}
		}
		team.Members = append(team.Members, o.Team.Members.list()...)
		team.Repositories = append(team.Repositories, o.Team.Repositories.list()...)
		if rest.list == teamRepositories {
			return o.Team.Repositories.PageInfo
		}
		return o.Team.Members.PageInfo
	})
	if err == nil && gone {
		return fmt.Errorf("%s: the team %s was removed or renamed meanwhile", r.op, team.Slug)
	}
	return err
}
