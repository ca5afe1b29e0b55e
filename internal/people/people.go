// Package people holds who works in an organisation: its members and teams as one
// read of GitHub says, and the User and Group entities that the catalog shows for
// them. It is pure: internal/github fills an [Organisation], and nothing here talks
// to GitHub or a store.
//
// Start reading at [Organisation] and [Entities].
package people

import "github.com/cairn-dev/cairn/internal/repo"

// Organisation is an organisation with its people.
type Organisation struct {
	ID          int64
	Login       string
	Name        string // "" when it gave none
	Description string
	URL         string
	Members     []Member // in GitHub's order
	Teams       []Team   // by name
}

// Member is a person of the organisation.
type Member struct {
	ID        int64
	NodeID    string // GitHub's ID in its GraphQL API, by which Backstage knows who signs in
	Login     string
	Name      string // "" when they gave none
	Bio       string
	URL       string
	AvatarURL string
	// Emails are addresses at a domain that the organisation verified; GitHub shows
	// no others to an App.
	Emails []string
	Role   string // admin, member
}

// Team is a team of the organisation.
type Team struct {
	ID          int64
	Slug        string // unique in the organisation
	Name        string
	Description string
	URL         string
	EditURL     string
	AvatarURL   string
	Parent      string // the slug of the team it is nested in; ""
	Secret      bool   // seen only by its members and the organisation's owners
	// Members are the team's own, without those of the teams nested in it.
	Members []TeamMember
	// Repositories are those the team has access to; nil when they were not asked for.
	Repositories []TeamRepository
}

// TeamMember is a person in a team.
type TeamMember struct {
	Login string
	Role  string // maintainer, member
}

// TeamRepository is a repository with what a team may do there.
type TeamRepository struct {
	ID         int64
	Name       repo.Name
	Permission string // read, triage, write, maintain, admin
}
