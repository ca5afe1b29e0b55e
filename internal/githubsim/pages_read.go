package githubsim

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// People lists the logins of everybody, in the order in which they came.
func (s *Server) People() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return each(s.accountsOf("User"), func(a *Account) string { return a.Login })
}

func (s *Server) accountsOf(kind string) []*Account {
	var out []*Account
	for _, a := range s.state.accounts {
		if a.Type == kind {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *Account) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Organisations lists the organisations, without what is in their repositories.
func (s *Server) Organisations() []OrganisationView {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []OrganisationView
	for _, a := range s.accountsOf("Organization") {
		if v := s.organisationView(a); a != s.app.Owner || len(v.Repositories) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// Organisation returns an organisation, or a person's account.
func (s *Server) Organisation(login string) (OrganisationView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.account(login)
	if a == nil || a.Type == "Bot" {
		return OrganisationView{}, false
	}
	return s.organisationView(a), true
}

func (s *Server) organisationView(a *Account) OrganisationView {
	v := OrganisationView{Login: a.Login, Name: a.Name, Description: a.Description, Person: a.Type == "User"}
	for _, r := range s.state.sorted() {
		if r.Owner == a {
			v.Repositories = append(v.Repositories, s.repositoryView(r))
		}
	}
	for _, t := range a.Teams {
		v.Teams = append(v.Teams, TeamView{Name: t.Name, Members: slices.Sorted(maps.Keys(t.Members))})
	}
	for _, login := range slices.Sorted(maps.Keys(a.Members)) {
		if m := s.state.account(login); m != nil {
			v.Members = append(v.Members, MemberView{Login: m.Login, Name: m.Name, Role: a.Members[login]})
		}
	}
	return v
}

// RepositoryPage returns a repository with its issues and pull requests in short.
func (s *Server) RepositoryPage(owner, name string) (RepositoryView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return RepositoryView{}, false
	}
	v := s.repositoryView(r)
	v.Languages = each(s.languages(r), func(l Language) string { return l.Name })
	return v, true
}

// RepositoryNames maps the repositories' IDs to their full names.
func (s *Server) RepositoryNames() map[int64]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[int64]string, len(s.state.repositories))
	for _, r := range s.state.repositories {
		out[r.ID] = r.FullName()
	}
	return out
}

// MayPush reports whether a person may write to a repository.
func (s *Server) MayPush(owner, name, login string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	return r != nil && !r.Archived && rank(s.state.permission(r, login)) >= rank("write")
}

func (s *Server) repositoryView(r *Repository) RepositoryView {
	v := RepositoryView{
		Owner: r.Owner.Login, Name: r.Name, Description: r.Description, DefaultBranch: r.DefaultBranch, Private: r.Visibility != "public",
		Archived: r.Archived, Topics: slices.Clone(r.Topics), Branches: r.Git.Branches(),
	}
	if r.Parent != nil {
		v.Fork = r.Parent.FullName()
	}
	head, ok := r.Git.Branch(r.DefaultBranch)
	v.Empty, v.Checks = !ok, s.checkView(r, head)
	for _, i := range newestFirst(r, func(*Issue) bool { return true }) {
		if short := s.issueView(r, i); i.Pull != nil {
			v.Pulls = append(v.Pulls, short)
		} else {
			v.Issues = append(v.Issues, short)
		}
	}
	for _, d := range slices.Backward(r.Deployments) {
		short := DeploymentView{SHA: d.SHA.String(), Environment: d.Environment, State: "pending", At: d.UpdatedAt, Creator: d.Creator.Login}
		if n := len(d.Statuses); n > 0 {
			short.State = d.Statuses[n-1].State
		}
		v.Deployments = append(v.Deployments, short)
	}
	return v
}

// checkView copies the check runs of a commit.
func (s *Server) checkView(r *Repository, h plumbing.Hash) CheckView {
	v := CheckView{App: s.app.Name}
	if !h.IsZero() {
		v.SHA = h.String()
	}
	suite := s.suite(r, h)
	if suite == nil {
		return v
	}
	v.Status, v.Conclusion = suite.Status(), suite.Conclusion()
	for _, run := range suite.Runs {
		c := *run
		c.Suite, c.Annotations, c.Actions = nil, slices.Clone(run.Annotations), slices.Clone(run.Actions)
		if suite.Reset {
			c.Status, c.Conclusion = "queued", "" // as people see it; the API tells the run as it was
		}
		v.Runs = append(v.Runs, c)
	}
	return v
}

func (s *Server) issueView(r *Repository, i *Issue) IssueView {
	v := IssueView{
		Number: i.Number, Title: i.Title, State: i.State, Author: i.Author.Login, At: i.CreatedAt,
		Labels: each(i.Labels, func(l *Label) string { return l.Name }),
	}
	if p := i.Pull; p != nil {
		v.Pull = &PullView{
			Draft: p.Draft, Head: p.HeadRef, Base: p.BaseRef, Branch: p.HeadRef, SHA: p.Head.String(), Merged: !p.MergedAt.IsZero(),
			Checks: s.checkView(r, p.Head),
		}
		if p.HeadRepo != nil {
			v.Pull.HeadOwner, v.Pull.HeadName = p.HeadRepo.Owner.Login, p.HeadRepo.Name
			_, v.Pull.HeadExists = p.HeadRepo.Git.Branch(p.HeadRef)
		}
		if p.HeadRepo != r {
			v.Pull.Head = cmp.Or(v.Pull.HeadOwner, "unknown") + ":" + p.HeadRef
		}
		if v.Pull.Merged {
			v.State, v.Pull.MergedAs = "merged", p.MergeCommit.String()
		}
	}
	return v
}

// IssuePage returns an issue or pull request with its conversation; a pull request
// with its commits and files as well.
func (s *Server) IssuePage(owner, name string, number int) (IssueView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil || r.Issues[number] == nil {
		return IssueView{}, false
	}
	i := r.Issues[number]
	v := s.issueView(r, i)
	v.Body, v.Reactions = i.Body, reactionViews(i.Reactions)
	v.Comments = each(i.Comments, func(c *Comment) CommentView {
		return CommentView{ID: c.ID, Author: c.Author.Login, Body: c.Body, At: c.CreatedAt, Reactions: reactionViews(c.Reactions)}
	})
	if i.Pull != nil {
		s.pullView(r, i, v.Pull)
	}
	return v, true
}

func (s *Server) pullView(r *Repository, i *Issue, v *PullView) {
	p := i.Pull
	if compared, err := r.Git.Compare(p.Base, p.Head); err == nil {
		v.Files, v.Commits = compared.Files, each(compared.Ahead, commitView)
	}
	if base, ok := r.Git.Branch(p.BaseRef); ok && i.State == "open" {
		if compared, err := r.Git.Compare(base, p.Head); err == nil {
			if _, err := s.mergeable(r, compared); err != nil {
				v.ConflictsWith = strings.TrimPrefix(err.Error(), ErrRefused.Error()+": ")
			}
		}
	}
	if c, err := r.Git.Commit(p.Head); err == nil {
		if files, err := r.Git.Files(c.TreeHash); err == nil {
			v.HeadFiles = each(files, func(e Entry) string { return e.Path })
		}
	}
}

func reactionViews(list []*Reaction) []ReactionView {
	var out []ReactionView
	for _, content := range reactionContents() {
		v := ReactionView{Content: content}
		for _, r := range list {
			if r.Content == content {
				v.Who = append(v.Who, r.Author.Login)
			}
		}
		if len(v.Who) > 0 {
			out = append(out, v)
		}
	}
	return out
}

func commitView(c *object.Commit) CommitView {
	return CommitView{
		SHA: c.Hash.String(), Message: c.Message, Author: c.Author.Name, At: c.Author.When,
		Parents: each(c.ParentHashes, plumbing.Hash.String),
	}
}

// CommitPage returns a commit with what it changed and its check runs.
func (s *Server) CommitPage(owner, name, sha string) (CommitView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil || !plumbing.IsHash(sha) {
		return CommitView{}, false
	}
	c, err := r.Git.Commit(plumbing.NewHash(sha))
	if err != nil {
		return CommitView{}, false
	}
	v := commitView(c)
	var parent plumbing.Hash
	if len(c.ParentHashes) > 0 {
		parent = c.ParentHashes[0]
	}
	if v.Files, err = r.Git.Diff(parent, c.Hash); err != nil {
		v.Files = nil
	}
	v.Checks = s.checkView(r, c.Hash)
	return v, true
}

// FolderPage returns what is at a path such as "main/docs/README.md": a branch's
// name may hold slashes, so the longest one that fits counts.
func (s *Server) FolderPage(owner, name, refAndPath string) (FolderView, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return FolderView{}, false
	}
	ref, file := r.splitRef(refAndPath)
	at, err := r.Git.Resolve(ref, r.DefaultBranch)
	if err != nil {
		return FolderView{}, false
	}
	c, err := r.Git.Commit(at)
	if err != nil {
		return FolderView{}, false
	}
	e, err := r.Git.EntryAt(c.TreeHash, file)
	if err != nil {
		return FolderView{}, false
	}
	v := FolderView{Ref: ref, Path: file, Folder: e.Mode == filemode.Dir, Mode: e.Mode, Head: commitView(c)}
	_, v.Branch = r.Git.Branch(ref)
	v.Head.Checks = s.checkView(r, c.Hash)
	if !v.Folder {
		v.Size, v.Content = r.Git.Size(e.Hash), r.Git.shown(e.Hash)
		return v, true
	}
	return v, r.Git.list(e.Hash, &v)
}

func (r *Repository) splitRef(refAndPath string) (ref, file string) {
	refAndPath = strings.Trim(refAndPath, "/")
	for _, branch := range r.Git.Branches() {
		if (refAndPath == branch || strings.HasPrefix(refAndPath, branch+"/")) && len(branch) > len(ref) {
			ref = branch
		}
	}
	if ref == "" {
		ref, _, _ = strings.Cut(refAndPath, "/")
	}
	return ref, strings.Trim(refAndPath[len(ref):], "/")
}

// list fills a folder's entries, folders first, and its README.
func (g *Git) list(hash plumbing.Hash, v *FolderView) bool {
	t, err := g.Tree(hash)
	if err != nil {
		return false
	}
	for _, e := range t.Entries {
		entry := EntryView{Name: e.Name, Folder: e.Mode == filemode.Dir}
		if !entry.Folder {
			entry.Size = g.Size(e.Hash)
			if strings.EqualFold(e.Name, "README.md") {
				v.Readme = string(g.shown(e.Hash))
			}
		}
		v.Entries = append(v.Entries, entry)
	}
	slices.SortStableFunc(v.Entries, func(a, b EntryView) int {
		if a.Folder != b.Folder {
			return map[bool]int{true: -1, false: 1}[a.Folder]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return true
}

func (g *Git) shown(hash plumbing.Hash) []byte {
	content, err := g.Blob(hash)
	if err != nil {
		return nil // a submodule: its commit is elsewhere
	}
	return slices.Clone(content[:min(len(content), MaxShown)])
}
