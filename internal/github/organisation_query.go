package github

import (
	"strings"

	"github.com/cairn-dev/cairn/internal/people"
	"github.com/cairn-dev/cairn/internal/repo"
)

// teamList is one of a team's lists.
type teamList int

const (
	teamMembers teamList = iota
	teamRepositories
)

// piece is the fragment that reads a page of the list.
func (l teamList) piece() string {
	if l == teamRepositories {
		return `fragment TeamRepositories on TeamRepositoryConnection {
  pageInfo { hasNextPage endCursor }
  edges { permission node { databaseId nameWithOwner } }
}
`
	}
	return `fragment TeamMembers on TeamMemberConnection {
  pageInfo { hasNextPage endCursor }
  edges { role node { login } }
}
`
}

// field selects a page of the list. A team's own members are asked for: GitHub
// lists those of the teams nested in it too.
func (l teamList) field(arguments string) string {
	if l == teamRepositories {
		return "repositories(" + arguments + ") { ...TeamRepositories }"
	}
	return "members(" + arguments + ", membership: IMMEDIATE) { ...TeamMembers }"
}

// organisationPage begins a query for a page of an organisation's list.
func organisationPage(login string, size int, after string) *builder {
	b := newBuilder()
	b.declare("login", "String!", login)
	b.declare("first", "Int!", size)
	b.declare("after", "String", cursorVariable(after))
	return b
}

func membersQuery(login string, size int, after string) query {
	return organisationPage(login, size, after).build("Members", `  organization(login: $login) {
    databaseId
    login
    name
    description
    url
    membersWithRole(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { role node { id databaseId login name bio url avatarUrl organizationVerifiedDomainEmails(login: $login) } }
    }
  }
`)
}

func teamsQuery(login string, size int, after string, repositories bool) query {
	b := organisationPage(login, size, after)
	lists := []teamList{teamMembers}
	if repositories {
		lists = append(lists, teamRepositories)
	}
	fields := ""
	for _, l := range lists {
		b.use(l.piece())
		fields += "        " + l.field("first: 100") + "\n"
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
`+fields+`      }
    }
  }
`)
}

// teamQuery goes on with a list of one team.
func teamQuery(login, slug string, list teamList, size int, after string) query {
	b := organisationPage(login, size, after)
	b.declare("slug", "String!", slug)
	b.use(list.piece())
	return b.build("Team", "  organization(login: $login) { team(slug: $slug) { "+list.field("first: $first, after: $after")+" } }\n")
}

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
	ID                               string
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
		out = append(out, teamRest{team, teamMembers, after})
	}
	if after, more := n.Repositories.PageInfo.next(); more {
		out = append(out, teamRest{team, teamRepositories, after})
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
