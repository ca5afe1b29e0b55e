package githubsim

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrRefused is what an act ends with that GitHub would not do; the text says why.
var ErrRefused = errors.New("refused")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRefused, fmt.Sprintf(format, args...))
}

func (s *Server) newAccount(login, kind string) *Account {
	a := &Account{ID: s.state.id(), Type: kind, Login: login, Name: login, CreatedAt: s.time(), Members: map[string]string{}}
	a.Email = strings.ToLower(login) + "@users.noreply.github.example"
	if kind == "User" {
		a.Token = "ghp_" + login
	}
	s.state.accounts[strings.ToLower(login)] = a
	return a
}

// AddOrganisation makes an organisation.
func (s *Server) AddOrganisation(login, name string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.newAccount(login, "Organization")
	a.Name = name
	return a
}

// AddUser makes a person, with the personal access token ghp_LOGIN.
func (s *Server) AddUser(login, name string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.newAccount(login, "User")
	a.Name = name
	return a
}

// AddMember makes a person a member of an organisation; role is admin or member.
func (s *Server) AddMember(org, login, role string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, u := s.state.account(org), s.state.account(login)
	if o == nil || u == nil {
		return refused("no organisation %q or person %q", org, login)
	}
	o.Members[strings.ToLower(login)] = role
	s.emit("organization", "member_added", s.installationAt(o), nil, u, obj{
		"organization": s.organisation(o), "membership": s.orgMembership(o, u),
	})
	return nil
}

// AddTeam makes a team of an organisation with its members.
func (s *Server) AddTeam(org, name, parent string, members ...string) (*Team, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(org)
	if o == nil {
		return nil, refused("no organisation %q", org)
	}
	t := &Team{
		ID: s.state.id(), Org: o, Name: name, Slug: slug(name), Privacy: "closed", Members: map[string]string{},
		Repositories: map[int64]string{}, CreatedAt: s.time(), Parent: s.teamBySlug(o, parent),
	}
	for _, m := range members {
		t.Members[strings.ToLower(m)] = "member"
	}
	o.Teams = append(o.Teams, t)
	s.emit("team", "created", s.installationAt(o), nil, o, obj{"team": s.team(t)})
	return t, nil
}

// GrantTeam gives a team a permission on a repository: pull, triage, push,
// maintain or admin.
func (s *Server) GrantTeam(org, team, repository, permission string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(org)
	if o == nil {
		return refused("no organisation %q", org)
	}
	t, r := s.teamBySlug(o, team), s.state.repository(org, repository)
	if t == nil || r == nil {
		return refused("no team %q or repository %q", team, repository)
	}
	t.Repositories[r.ID] = permission
	return nil
}

func (s *Server) teamBySlug(o *Account, slug string) *Team {
	for _, t := range o.Teams {
		if t.Slug == slug {
			return t
		}
	}
	return nil
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(name string) string {
	return strings.Trim(notSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

func (s *Server) installationAt(a *Account) *Installation {
	for _, i := range s.state.installations {
		if i.Account == a && !i.Suspended {
			return i
		}
	}
	return nil
}

// Install puts the App on an organisation: on all its repositories, or on those
// named.
func (s *Server) Install(org string, repositories ...string) (*Installation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(org)
	if o == nil {
		return nil, refused("no organisation %q", org)
	}
	i := &Installation{ID: s.state.id(), Account: o, All: len(repositories) == 0, Repositories: map[int64]bool{}, CreatedAt: s.time()}
	for _, name := range repositories {
		r := s.state.repository(org, name)
		if r == nil {
			return nil, refused("no repository %q", name)
		}
		i.Repositories[r.ID] = true
	}
	s.state.installations = append(s.state.installations, i)
	s.emit("installation", "created", i, nil, o, obj{
		"installation": s.installation(i), "repositories": s.briefs(i), "requester": nil,
	})
	return i, nil
}

// Uninstall takes the App off an organisation.
func (s *Server) Uninstall(org string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(org)
	for n, i := range s.state.installations {
		if i.Account == o {
			s.emit("installation", "deleted", i, nil, o, obj{"installation": s.installation(i), "repositories": s.briefs(i), "requester": nil})
			s.state.installations = append(s.state.installations[:n:n], s.state.installations[n+1:]...)
			return nil
		}
	}
	return refused("the App is not on %q", org)
}

// Select adds repositories to an installation of some, or takes them from it.
func (s *Server) Select(org string, add, remove []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(org)
	i := s.installationAt(o)
	if i == nil {
		return refused("the App is not on %q", org)
	}
	change := func(names []string, on bool) []any {
		list := []any{}
		for _, name := range names {
			if r := s.state.repository(org, name); r != nil {
				i.Repositories[r.ID] = on
				list = append(list, repositoryBrief(r))
			}
		}
		return list
	}
	added, removed := change(add, true), change(remove, false)
	action := "added"
	if len(removed) > 0 {
		action = "removed"
	}
	s.emit("installation_repositories", action, i, nil, o, obj{
		"installation": s.installation(i), "repositories_added": added, "repositories_removed": removed,
		"repository_selection": "selected", "requester": nil,
	})
	return nil
}

func (s *Server) briefs(i *Installation) []any {
	list := []any{}
	for _, r := range s.state.sorted() {
		if i.Holds(r) {
			list = append(list, repositoryBrief(r))
		}
	}
	return list
}

// orgMembership shows how a person stands to an organisation.
func (s *Server) orgMembership(o, u *Account) obj {
	role := o.Members[strings.ToLower(u.Login)]
	return obj{
		"url": s.opts.URL + "/orgs/" + o.Login + "/memberships/" + u.Login, "state": "active", "role": role,
		"organization_url": s.opts.URL + "/orgs/" + o.Login, "organization": s.organisation(o), "user": s.user(u),
	}
}

// Seeded is a repository to make: its files, by path.
type Seeded struct {
	Name, Description string
	Visibility        string // public when ""
	Topics            []string
	Files             map[string]string
	Author            string
	ForkOf            string // owner/name
}

// AddRepository makes a repository with one commit on main, or an empty one.
func (s *Server) AddRepository(owner string, seed Seeded) (*Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.account(owner)
	if o == nil {
		return nil, refused("no account %q", owner)
	}
	r, err := s.newRepository(o, seed.Name)
	if err != nil {
		return nil, err
	}
	r.Description, r.Topics = seed.Description, seed.Topics
	if seed.Visibility != "" {
		r.Visibility = seed.Visibility
	}
	actor := s.state.account(seed.Author)
	if actor == nil {
		actor = o
	}
	if len(seed.Files) > 0 {
		if err := s.firstCommit(r, actor, seed.Files); err != nil {
			return nil, err
		}
	}
	s.emit("repository", "created", s.state.installationOf(r), r, actor, obj{})
	return r, nil
}

func (s *Server) firstCommit(r *Repository, author *Account, files map[string]string) error {
	changes := map[string]Change{}
	for p, text := range files {
		changes[p] = Change{Content: []byte(text)}
	}
	hash, err := s.writeCommit(r, plumbing.ZeroHash, author, "Initial commit", changes)
	if err != nil {
		return err
	}
	r.Git.Refs["refs/heads/"+r.DefaultBranch] = hash
	r.PushedAt = s.time()
	return nil
}

func (s *Server) newRepository(o *Account, name string) (*Repository, error) {
	if !repositoryName.MatchString(name) {
		return nil, refused("%q is no name for a repository", name)
	}
	key := strings.ToLower(o.Login + "/" + name)
	if s.state.repositories[key] != nil {
		return nil, refused("name already exists on this account")
	}
	r := &Repository{
		ID: s.state.id(), Owner: o, Name: name, DefaultBranch: "main", Visibility: "public", CreatedAt: s.time(), UpdatedAt: s.time(),
		Collaborators: map[string]string{}, Git: newGit(), Protection: map[string]*Protection{}, Issues: map[int]*Issue{},
	}
	r.NodeID = nodeID("Repository", r.ID)
	for _, l := range []Label{{Name: "bug", Color: "d73a4a"}, {Name: "enhancement", Color: "a2eeef"}, {Name: "documentation", Color: "0075ca"}} {
		l.ID = s.state.id()
		r.Labels = append(r.Labels, &l)
	}
	s.state.keep(r)
	return r, nil
}

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// Fork copies a repository to another account.
func (s *Server) Fork(owner, name, to string) (*Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, account := s.state.repository(owner, name), s.state.account(to)
	if parent == nil || account == nil {
		return nil, refused("no repository %s/%s or account %q", owner, name, to)
	}
	r, err := s.newRepository(account, parent.Name)
	if err != nil {
		return nil, err
	}
	r.Parent, r.DefaultBranch, r.Visibility = parent, parent.DefaultBranch, parent.Visibility
	r.Git, err = parent.Git.fork(!s.opts.SeparateForks)
	return r, err
}

// RenameRepository gives a repository another name; the former one leads to it.
func (s *Server) RenameRepository(owner, name, to string) error {
	return s.move(owner, name, func(r *Repository) (string, obj) {
		from := r.Name
		r.Name = to
		return "renamed", obj{"changes": obj{"repository": obj{"name": obj{"from": from}}}}
	})
}

// TransferRepository gives a repository to another account.
func (s *Server) TransferRepository(owner, name, to string) error {
	s.mu.Lock()
	account := s.state.account(to)
	s.mu.Unlock()
	if account == nil {
		return refused("no account %q", to)
	}
	return s.move(owner, name, func(r *Repository) (string, obj) {
		from := r.Owner
		r.Owner = account
		kind := "user"
		if from.Type == "Organization" {
			kind = "organization"
		}
		who := s.user(from)
		if kind == "organization" {
			who = s.organisation(from)
		}
		return "transferred", obj{"changes": obj{"owner": obj{"from": obj{kind: who}}}}
	})
}

// move changes what a repository is called and tells of it.
func (s *Server) move(owner, name string, change func(*Repository) (string, obj)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return refused("no repository %s/%s", owner, name)
	}
	former := r.FullName()
	action, body := change(r)
	now := strings.ToLower(r.FullName())
	if strings.ToLower(former) != now && s.state.repositories[now] != nil {
		return refused("%s exists already", r.FullName())
	}
	s.state.move(r, former)
	r.UpdatedAt = s.time()
	s.emit("repository", action, s.state.installationOf(r), r, r.Owner, body)
	return nil
}

// SetArchived archives a repository or brings it back.
func (s *Server) SetArchived(owner, name string, archived bool) error {
	action := map[bool]string{true: "archived", false: "unarchived"}[archived]
	return s.alter(owner, name, action, obj{}, func(r *Repository) { r.Archived = archived })
}

// SetVisibility makes a repository public, private or internal.
func (s *Server) SetVisibility(owner, name, visibility string) error {
	action := "privatized"
	if visibility == "public" {
		action = "publicized"
	}
	return s.alter(owner, name, action, obj{}, func(r *Repository) { r.Visibility = visibility })
}

// SetTopics replaces a repository's topics.
func (s *Server) SetTopics(owner, name string, topics ...string) error {
	return s.alter(owner, name, "edited", obj{"changes": obj{"topics": obj{"from": []any{}}}}, func(r *Repository) { r.Topics = topics })
}

// SetDefaultBranch makes another branch the default.
func (s *Server) SetDefaultBranch(owner, name, branch string) error {
	changes := obj{"changes": obj{"default_branch": obj{"from": "main"}}}
	return s.alter(owner, name, "edited", changes, func(r *Repository) {
		changes["changes"] = obj{"default_branch": obj{"from": r.DefaultBranch}}
		r.DefaultBranch = branch
	})
}

func (s *Server) alter(owner, name, action string, body obj, change func(*Repository)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return refused("no repository %s/%s", owner, name)
	}
	change(r)
	r.UpdatedAt = s.time()
	s.emit("repository", action, s.state.installationOf(r), r, r.Owner, body)
	return nil
}

// DeleteRepository removes a repository for good. Apps that see it are told that it
// left their installation: so it was seen on GitHub (github/docs issue 36991), whose
// description keeps repository.deleted from them.
func (s *Server) DeleteRepository(owner, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return refused("no repository %s/%s", owner, name)
	}
	s.remove(r)
	return nil
}

func (s *Server) remove(r *Repository) {
	if i := s.state.installationOf(r); i != nil {
		selection := "selected"
		if i.All {
			selection = "all"
		}
		s.emit("installation_repositories", "removed", i, nil, r.Owner, obj{
			"installation": s.installation(i), "repositories_added": []any{}, "repositories_removed": []any{repositoryBrief(r)},
			"repository_selection": selection, "requester": nil,
		})
	}
	s.state.drop(r)
	for _, other := range s.state.repositories {
		for _, i := range other.Issues {
			if i.Pull != nil && i.Pull.HeadRepo == r {
				i.Pull.HeadRepo = nil
			}
		}
	}
}

// Protect sets the classic protection of a branch; nil takes it away.
func (s *Server) Protect(owner, name, branch string, p *Protection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return refused("no repository %s/%s", owner, name)
	}
	if p == nil {
		delete(r.Protection, branch)
		return nil
	}
	p.ID = s.state.id()
	r.Protection[branch] = p
	return nil
}

// Installations lists the IDs of the App's installations.
func (s *Server) Installations() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int64
	for _, i := range s.state.installations {
		ids = append(ids, i.ID)
	}
	return ids
}
