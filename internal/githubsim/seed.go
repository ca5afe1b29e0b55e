package githubsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// Seed is what there is at the start, as a YAML file says it. Everything is made in
// the order of the fields; deliveries are sent for what happens after the
// installations.
type Seed struct {
	Users         []SeedUser         `yaml:"users"`
	Organisations []SeedOrganisation `yaml:"organisations"`
	Installations []SeedInstallation `yaml:"installations"` // before the repositories, so that they are told of
	Repositories  []SeedRepository   `yaml:"repositories"`
}

// SeedUser is a person; its token is ghp_LOGIN.
type SeedUser struct {
	Login string `yaml:"login"`
	Name  string `yaml:"name"`
}

// SeedOrganisation is an organisation with its members (login: admin or member)
// and teams.
type SeedOrganisation struct {
	Login   string            `yaml:"login"`
	Name    string            `yaml:"name"`
	Members map[string]string `yaml:"members"`
	Teams   []struct {
		Name    string   `yaml:"name"`
		Parent  string   `yaml:"parent"` // slug
		Members []string `yaml:"members"`
	} `yaml:"teams"`
}

// SeedInstallation puts the App on an organisation, on all its repositories.
type SeedInstallation struct {
	Organisation string `yaml:"organisation"`
}

// SeedRepository is a repository with its files on main, further branches (each
// the default branch with some files changed) and pull requests.
type SeedRepository struct {
	Owner       string                       `yaml:"owner"`
	Name        string                       `yaml:"name"`
	Description string                       `yaml:"description"`
	Visibility  string                       `yaml:"visibility"`
	Topics      []string                     `yaml:"topics"`
	Author      string                       `yaml:"author"`
	Files       map[string]string            `yaml:"files"`
	Branches    map[string]map[string]string `yaml:"branches"`
	Teams       map[string]string            `yaml:"teams"` // slug: pull, triage, push, maintain or admin
	Pulls       []SeedPull                   `yaml:"pull_requests"`
}

// SeedPull is a pull request.
type SeedPull struct {
	Author string `yaml:"author"`
	Title  string `yaml:"title"`
	Body   string `yaml:"body"`
	Head   string `yaml:"head"`
	Base   string `yaml:"base"`
	Draft  bool   `yaml:"draft"`
}

// LoadSeed makes what a seed file lists; file names it in errors.
func (s *Server) LoadSeed(file string, text []byte) error {
	var seed Seed
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&seed); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := s.seed(seed); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (s *Server) seed(seed Seed) error {
	for _, u := range seed.Users {
		s.AddUser(u.Login, u.Name)
	}
	for _, o := range seed.Organisations {
		if err := s.seedOrganisation(o); err != nil {
			return err
		}
	}
	for _, i := range seed.Installations {
		if _, err := s.Install(i.Organisation); err != nil {
			return err
		}
	}
	for _, r := range seed.Repositories {
		if err := s.seedRepository(r); err != nil {
			return fmt.Errorf("repository %s/%s: %w", r.Owner, r.Name, err)
		}
	}
	return nil
}

func (s *Server) seedOrganisation(o SeedOrganisation) error {
	s.AddOrganisation(o.Login, o.Name)
	for _, login := range slices.Sorted(maps.Keys(o.Members)) {
		if err := s.AddMember(o.Login, login, o.Members[login]); err != nil {
			return err
		}
	}
	for _, t := range o.Teams {
		if _, err := s.AddTeam(o.Login, t.Name, t.Parent, t.Members...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) seedRepository(r SeedRepository) error {
	_, err := s.AddRepository(r.Owner, Seeded{
		Name: r.Name, Description: r.Description, Visibility: r.Visibility, Topics: r.Topics, Files: r.Files, Author: r.Author,
	})
	if err != nil {
		return err
	}
	for team, permission := range r.Teams {
		if err := s.GrantTeam(r.Owner, team, r.Name, permission); err != nil {
			return err
		}
	}
	for _, branch := range slices.Sorted(maps.Keys(r.Branches)) {
		changes := map[string]Change{}
		for file, text := range r.Branches[branch] {
			changes[file] = Change{Content: []byte(text)}
		}
		if _, err := s.Push(r.Owner, r.Name, branch, r.Author, "Change "+branch, changes); err != nil {
			return err
		}
	}
	for _, p := range r.Pulls {
		author, base := p.Author, p.Base
		if author == "" {
			author = r.Author
		}
		if base == "" {
			base = "main"
		}
		if _, err := s.OpenPullRequest(r.Owner, r.Name, author, p.Title, p.Body, p.Head, base, p.Draft); err != nil {
			return err
		}
	}
	return nil
}
