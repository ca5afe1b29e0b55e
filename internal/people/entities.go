package people

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Names maps what GitHub calls people and teams to what the catalog does. Logins
// and slugs that are not listed keep theirs.
type Names struct {
	Users map[string]string // by login, without regard to case
	Teams map[string]string // by slug
}

// Entities makes a User of every member and a Group of every team, in the shape that
// Backstage's GitHub organisation provider gives them (its defaultUserTransformer and
// defaultOrganizationTeamTransformer), and judges them as
// catalog files are judged: one whose name the catalog cannot hold is not OK, and
// its Problems say so. Users come first; each kind keeps the order of o.
func Entities(o *Organisation, names Names) []catalog.Document {
	d := newDirectory(o, names)
	out := make([]catalog.Document, 0, len(o.Members)+len(o.Teams))
	for _, m := range o.Members {
		out = append(out, judge(d.user(m), m.URL, ""))
	}
	for _, t := range o.Teams {
		out = append(out, judge(d.group(t), t.URL, t.EditURL))
	}
	return out
}

// entity is a User or Group with its keys in Backstage's order.
type entity struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
		Description string            `json:"description,omitempty"`
	} `json:"metadata"`
	Spec any `json:"spec"`
}

type profile struct {
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	Picture     string `json:"picture,omitempty"`
}

type userSpec struct {
	Profile  profile  `json:"profile"`
	MemberOf []string `json:"memberOf"`
}

type groupSpec struct {
	Type     string   `json:"type"`
	Profile  profile  `json:"profile"`
	Parent   string   `json:"parent,omitempty"`
	Children []string `json:"children"`
	Members  []string `json:"members"`
}

// directory is what the people and teams of one organisation say of each other.
type directory struct {
	login    string
	users    map[string]string   // catalog names, by login in lower case
	teams    map[string]string   // catalog names, by slug
	memberOf map[string][]string // catalog names of teams, by login in lower case
	children map[string][]string // catalog names of teams, by the parent's slug
}

func newDirectory(o *Organisation, names Names) *directory {
	d := &directory{
		login: o.Login, users: map[string]string{}, teams: names.Teams, memberOf: map[string][]string{}, children: map[string][]string{},
	}
	for login, name := range names.Users {
		d.users[strings.ToLower(login)] = name
	}
	for _, t := range o.Teams {
		for _, m := range t.Members {
			login := strings.ToLower(m.Login)
			d.memberOf[login] = append(d.memberOf[login], d.teamName(t.Slug))
		}
		if t.Parent != "" {
			d.children[t.Parent] = append(d.children[t.Parent], d.teamName(t.Slug))
		}
	}
	return d
}

func (d *directory) userName(login string) string {
	if name := d.users[strings.ToLower(login)]; name != "" {
		return name
	}
	return login
}

func (d *directory) teamName(slug string) string {
	if name := d.teams[slug]; name != "" {
		return name
	}
	return slug
}

func (d *directory) user(m Member) entity {
	e := entity{APIVersion: "backstage.io/v1alpha1", Kind: "User"}
	e.Metadata.Name = d.userName(m.Login)
	e.Metadata.Annotations = map[string]string{"github.com/user-login": m.Login}
	if m.NodeID != "" {
		e.Metadata.Annotations["github.com/user-id"] = m.NodeID
	}
	e.Metadata.Description = strings.TrimSpace(m.Bio)
	p := profile{DisplayName: strings.TrimSpace(m.Name), Picture: m.AvatarURL}
	if len(m.Emails) > 0 {
		p.Email = untagged(m.Emails[0])
	}
	e.Spec = userSpec{Profile: p, MemberOf: sorted(d.memberOf[strings.ToLower(m.Login)])}
	return e
}

func (d *directory) group(t Team) entity {
	e := entity{APIVersion: "backstage.io/v1alpha1", Kind: "Group"}
	e.Metadata.Name = d.teamName(t.Slug)
	e.Metadata.Annotations = map[string]string{"github.com/team-slug": d.login + "/" + t.Slug}
	e.Metadata.Description = strings.TrimSpace(t.Description)
	members := make([]string, len(t.Members))
	for i, m := range t.Members {
		members[i] = d.userName(m.Login)
	}
	spec := groupSpec{
		Type: "team", Profile: profile{DisplayName: strings.TrimSpace(t.Name), Picture: t.AvatarURL},
		Children: sorted(d.children[t.Slug]), Members: sorted(members),
	}
	if t.Parent != "" {
		spec.Parent = d.teamName(t.Parent)
	}
	e.Spec = spec
	return e
}

// judge reads an entity as if it stood in a catalog file at url: JSON is YAML.
func judge(e entity, url, edit string) catalog.Document {
	text, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Errorf("writing the %s %s: %w", e.Kind, e.Metadata.Name, err)) // strings always encode
	}
	opts := catalog.Options{Location: "url:" + url, Annotations: []catalog.Annotation{{Key: "backstage.io/view-url", Value: url}}}
	if edit != "" {
		opts.Annotations = append(opts.Annotations, catalog.Annotation{Key: "backstage.io/edit-url", Value: edit})
	}
	return catalog.Parse(url, text, opts)[0]
}

// untagged takes the tag out of ada+tag@acme.example: GitHub's single sign-on adds
// one of its own.
func untagged(email string) string {
	name, host, ok := strings.Cut(email, "@")
	if !ok {
		return email
	}
	name, _, _ = strings.Cut(name, "+")
	return name + "@" + host
}

// sorted returns names in order and once each, never nil: Backstage's schema asks
// for the list.
func sorted(names []string) []string {
	out := append([]string{}, names...)
	slices.Sort(out)
	return slices.Compact(out)
}
