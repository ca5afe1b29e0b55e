package githubsim

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func (s *Server) writeCommit(r *Repository, parent plumbing.Hash, author *Account, message string, changes map[string]Change) (plumbing.Hash, error) {
	tree, err := r.Git.Apply(parent, changes)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	var parents []plumbing.Hash
	if !parent.IsZero() {
		parents = append(parents, parent)
	}
	who := Person{Name: author.Name, Email: author.Email, When: s.time()}
	return r.Git.WriteCommit(tree, parents, who, who, message)
}

// Push commits changes to a branch, which is made from the default branch when it
// is not there, and tells of it. A change without Content deletes its path.
func (s *Server) Push(owner, name, branch, author, message string, changes map[string]Change) (sha string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(author)
	if r == nil || who == nil {
		return "", refused("no repository %s/%s or person %q", owner, name, author)
	}
	if r.Archived {
		return "", refused("%s is archived", r.FullName())
	}
	for p := range changes {
		if clean := path.Clean(p); clean != p || path.IsAbs(p) || p == "." || strings.HasPrefix(p, "../") || strings.HasPrefix(p, ".git/") {
			return "", refused("%q is no path of a repository", p)
		}
	}
	parent, there := r.Git.Branch(branch)
	if !there {
		parent, _ = r.Git.Branch(r.DefaultBranch)
	}
	hash, err := s.writeCommit(r, parent, who, message, changes)
	if err != nil {
		return "", err
	}
	return hash.String(), s.setBranch(r, branch, hash, who)
}

// setBranch moves a branch and tells everybody whom that concerns: push, check
// suite, and the pull requests whose head it is.
func (s *Server) setBranch(r *Repository, branch string, to plumbing.Hash, who *Account) error {
	ref := "refs/heads/" + branch
	before := r.Git.Refs[ref]
	r.Git.Refs[ref] = to
	r.PushedAt, r.UpdatedAt = s.time(), s.time()
	installation := s.state.installationOf(r)
	s.emit("push", "", installation, r, who, s.pushEvent(r, ref, before, to, who))
	if installation != nil {
		s.requestSuite(r, branch, before, to)
	}
	for _, other := range s.state.sorted() {
		for _, i := range newestFirst(other, func(i *Issue) bool { return i.Pull != nil && i.State == "open" }) {
			p := i.Pull
			if p.HeadRepo != r || p.HeadRef != branch {
				continue
			}
			if err := other.Git.copyFrom(r.Git); err != nil {
				return err
			}
			p.Head, i.UpdatedAt = to, s.time()
			if !s.opts.SeparateForks || r == other {
				other.Git.Refs[pullRef(i.Number)] = to
			}
			s.emit("pull_request", "synchronize", s.state.installationOf(other), other, who, obj{
				"number": i.Number, "pull_request": s.pullFull(other, i), "before": before.String(), "after": to.String(),
			})
		}
	}
	return nil
}

func (s *Server) pushEvent(r *Repository, ref string, before, after plumbing.Hash, who *Account) obj {
	commits := []any{}
	var head any
	if compared, err := r.Git.Compare(before, after); err == nil {
		for _, c := range compared.Ahead {
			commits = append(commits, s.pushCommit(r, c))
		}
	}
	if c, err := r.Git.Commit(after); err == nil {
		head = s.pushCommit(r, c)
		if before.IsZero() {
			commits = append(commits, head)
		}
	}
	pusher := obj{"name": who.Login, "email": who.Email}
	repository := merge(s.repository(r), obj{
		"created_at": r.CreatedAt.Unix(), "pushed_at": r.PushedAt.Unix(), "stargazers": 0, "master_branch": r.DefaultBranch,
		"url": s.opts.URL + "/" + r.FullName(),
	})
	if r.Owner.Type == "Organization" {
		repository["organization"] = r.Owner.Login
	}
	return obj{
		"ref": ref, "before": before.String(), "after": after.String(), "created": before.IsZero(), "deleted": after.IsZero(), "forced": false,
		"base_ref": nil, "compare": s.opts.URL + "/" + r.FullName() + "/compare/" + before.String()[:12] + "..." + after.String()[:12],
		"commits": commits, "head_commit": head, "pusher": pusher, "repository": repository,
	}
}

func (s *Server) pushCommit(r *Repository, c *object.Commit) obj {
	out := simpleCommit(c)
	out["distinct"], out["url"] = true, s.commitURL(r, c.Hash)
	added, removed, modified := []string{}, []string{}, []string{}
	var parent plumbing.Hash
	if len(c.ParentHashes) > 0 {
		parent = c.ParentHashes[0]
	}
	files, err := r.Git.Diff(parent, c.Hash)
	if err != nil {
		files = nil
	}
	for _, f := range files {
		switch f.Status {
		case "added":
			added = append(added, f.Path)
		case "removed":
			removed = append(removed, f.Path)
		default:
			modified = append(modified, f.Path)
		}
	}
	out["added"], out["removed"], out["modified"] = added, removed, modified
	return out
}

// requestSuite makes the App's check suite of a pushed commit.
func (s *Server) requestSuite(r *Repository, branch string, before, head plumbing.Hash) {
	if s.suite(r, head) != nil || head.IsZero() {
		return
	}
	suite := s.newSuite(r, branch, before, head)
	s.emit("check_suite", "requested", s.state.installationOf(r), r, r.Owner, obj{"check_suite": s.checkSuiteEvent(r, suite)})
}

func (s *Server) newSuite(r *Repository, branch string, before, head plumbing.Hash) *CheckSuite {
	suite := &CheckSuite{ID: s.state.id(), SHA: head, Before: before, Branch: branch, CreatedAt: s.time(), UpdatedAt: s.time()}
	r.Suites = append(r.Suites, suite)
	return suite
}

func (s *Server) suite(r *Repository, head plumbing.Hash) *CheckSuite {
	i := slices.IndexFunc(r.Suites, func(c *CheckSuite) bool { return c.SHA == head })
	if i < 0 {
		return nil
	}
	return r.Suites[i]
}

// checkSuiteEvent is the form of webhooks: it has no repository of its own.
func (s *Server) checkSuiteEvent(r *Repository, c *CheckSuite) obj {
	return s.checkSuite(r, c)
}

func (s *Server) checkRunEvent(r *Repository, c *CheckRun) obj {
	out := s.checkRun(r, c)
	suite := s.checkSuite(r, c.Suite)
	for _, key := range []string{"head_commit", "latest_check_runs_count", "check_runs_url", "rerequestable", "runs_rerequestable"} {
		delete(suite, key)
	}
	out["check_suite"] = suite
	return out
}

func pullRef(number int) string { return "refs/pull/" + itoa(int64(number)) + "/head" }

// OpenPullRequest opens a pull request from a branch of the repository, or of a
// fork when head is "account:branch".
func (s *Server) OpenPullRequest(owner, name, author, title, body, head, base string, draft bool) (number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(author)
	if r == nil || who == nil {
		return 0, refused("no repository %s/%s or person %q", owner, name, author)
	}
	i, err := s.openPull(r, who, title, body, head, base, draft)
	if err != nil {
		return 0, err
	}
	return i.Number, nil
}

func (s *Server) openPull(r *Repository, who *Account, title, body, head, base string, draft bool) (*Issue, error) {
	from, branch := r, head
	if account, ref, crosses := strings.Cut(head, ":"); crosses {
		branch = ref
		if !strings.EqualFold(account, r.Owner.Login) {
			from = s.forkOf(r, account)
		}
	}
	if from == nil {
		return nil, refused("head %q names no fork", head)
	}
	headHash, ok := from.Git.Branch(branch)
	if !ok {
		return nil, refused("head %q is no branch", head)
	}
	baseHash, ok := r.Git.Branch(base)
	if !ok {
		return nil, refused("base %q is no branch", base)
	}
	for _, i := range newestFirst(r, func(i *Issue) bool { return i.Pull != nil && i.State == "open" }) {
		if i.Pull.HeadRepo == from && i.Pull.HeadRef == branch && i.Pull.BaseRef == base {
			return nil, refused("A pull request already exists for %s:%s.", from.Owner.Login, branch)
		}
	}
	i := s.newIssue(r, who, title, body)
	i.Pull = &Pull{ID: s.state.id(), Draft: draft, HeadRef: branch, BaseRef: base, HeadRepo: from, Head: headHash, Base: baseHash}
	if err := r.Git.copyFrom(from.Git); err != nil {
		return nil, err
	}
	r.Git.Refs[pullRef(i.Number)] = headHash
	s.pullEvent(r, i, "opened", who, obj{})
	return i, nil
}

func (s *Server) forkOf(r *Repository, account string) *Repository {
	for _, other := range s.state.repositories {
		if other.Parent == r && strings.EqualFold(other.Owner.Login, account) {
			return other
		}
	}
	return nil
}

func (s *Server) pullEvent(r *Repository, i *Issue, action string, who *Account, extra obj) {
	body := merge(obj{"number": i.Number, "pull_request": s.pullFull(r, i)}, extra)
	s.emit("pull_request", action, s.state.installationOf(r), r, who, body)
}

func (s *Server) newIssue(r *Repository, who *Account, title, body string) *Issue {
	r.NextNumber++
	i := &Issue{ID: s.state.id(), Number: r.NextNumber, Title: title, Body: body, State: "open", Author: who, CreatedAt: s.time(), UpdatedAt: s.time()}
	r.Issues[i.Number] = i
	return i
}

// OpenIssue opens an issue.
func (s *Server) OpenIssue(owner, name, author, title, body string) (number int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(author)
	if r == nil || who == nil {
		return 0, refused("no repository %s/%s or person %q", owner, name, author)
	}
	i := s.newIssue(r, who, title, body)
	s.emit("issues", "opened", s.state.installationOf(r), r, who, obj{"issue": s.issue(r, i)})
	return i.Number, nil
}

// maxText is GitHub's limit of an issue's or comment's body, in characters.
const maxText = 65536

// AddComment comments on an issue or pull request.
func (s *Server) AddComment(owner, name string, number int, author, body string) (*Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(author)
	if r == nil || who == nil || r.Issues[number] == nil {
		return nil, refused("no issue %s/%s#%d or person %q", owner, name, number, author)
	}
	if body == "" || len([]rune(body)) > maxText {
		return nil, refused("a comment has 1 to %d characters", maxText)
	}
	return s.addComment(r, r.Issues[number], who, false, body), nil
}

func (s *Server) addComment(r *Repository, i *Issue, who *Account, viaApp bool, body string) *Comment {
	c := &Comment{ID: s.state.id(), Author: who, ViaApp: viaApp, Body: body, CreatedAt: s.time(), UpdatedAt: s.time()}
	i.Comments = append(i.Comments, c)
	i.UpdatedAt = s.time()
	s.emit("issue_comment", "created", s.state.installationOf(r), r, who, obj{"issue": s.issue(r, i), "comment": s.comment(r, i, c)})
	return c
}

// SetState closes an issue or pull request, or opens it again.
func (s *Server) SetState(owner, name string, number int, actor, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil || r.Issues[number] == nil {
		return refused("no issue %s/%s#%d or person %q", owner, name, number, actor)
	}
	return s.setState(r, r.Issues[number], who, state)
}

func (s *Server) setState(r *Repository, i *Issue, who *Account, state string) error {
	if i.State == state {
		return nil
	}
	if i.Pull != nil && !i.Pull.MergedAt.IsZero() {
		return refused("a merged pull request stays closed")
	}
	action := "reopened"
	i.State, i.UpdatedAt, i.Reason = state, s.time(), ""
	if state == "closed" {
		action, i.ClosedAt = "closed", s.time()
		if i.Pull == nil {
			i.Reason = "completed"
		}
	} else {
		i.ClosedAt = time.Time{}
	}
	if i.Pull != nil {
		s.pullEvent(r, i, action, who, obj{})
		return nil
	}
	s.emit("issues", action, s.state.installationOf(r), r, who, obj{"issue": s.issue(r, i)})
	return nil
}

// MergePullRequest merges with a merge commit, as the button does.
func (s *Server) MergePullRequest(owner, name string, number int, actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil || r.Issues[number] == nil || r.Issues[number].Pull == nil {
		return refused("no pull request %s/%s#%d or person %q", owner, name, number, actor)
	}
	_, err := s.merge(r, r.Issues[number], who, "merge", "")
	return err
}

// merge brings a pull request into its base; how is merge, squash or rebase (which
// this stand-in does as a squash). A path that both sides changed is a conflict.
func (s *Server) merge(r *Repository, i *Issue, who *Account, how, title string) (plumbing.Hash, error) {
	p := i.Pull
	if i.State != "open" {
		return plumbing.ZeroHash, refused("Pull Request is not mergeable")
	}
	base, _ := r.Git.Branch(p.BaseRef)
	compared, err := r.Git.Compare(base, p.Head)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	changes, err := s.mergeable(r, compared)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	tree, err := r.Git.Apply(base, changes)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	parents := []plumbing.Hash{base, p.Head}
	if title == "" {
		title = "Merge pull request #" + itoa(int64(i.Number)) + " from " + r.Owner.Login + "/" + p.HeadRef
	}
	if how != "merge" {
		parents = parents[:1]
		title = i.Title + " (#" + itoa(int64(i.Number)) + ")"
	}
	person := Person{Name: who.Name, Email: who.Email, When: s.time()}
	hash, err := r.Git.WriteCommit(tree, parents, person, person, title)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	p.MergedAt, p.MergedBy, p.MergeCommit = s.time(), who, hash
	i.State, i.ClosedAt, i.UpdatedAt = "closed", s.time(), s.time()
	s.pullEvent(r, i, "closed", who, obj{})
	return hash, s.setBranch(r, p.BaseRef, hash, who)
}

// mergeable returns what the head changed, or says which paths both sides changed.
func (s *Server) mergeable(r *Repository, compared Comparison) (map[string]Change, error) {
	ours, err := r.Git.Diff(compared.MergeBase, compared.Base)
	if err != nil {
		return nil, err
	}
	changes := map[string]Change{}
	for _, f := range compared.Files {
		for _, o := range ours {
			if o.Path == f.Path && o.Hash != f.Hash {
				return nil, refused("merge conflict in %s", f.Path)
			}
		}
		if f.Status == "removed" {
			changes[f.Path] = Change{}
			continue
		}
		content, err := r.Git.Blob(f.Hash)
		if err != nil {
			return nil, err
		}
		e, err := r.Git.EntryAt(compared.Head, f.Path)
		if err != nil {
			return nil, err
		}
		changes[f.Path] = Change{Content: content, Mode: e.Mode}
	}
	return changes, nil
}

// RerunCheck presses 'Re-run' on a check run.
func (s *Server) RerunCheck(owner, name string, id int64, actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil {
		return refused("no repository %s/%s or person %q", owner, name, actor)
	}
	c := s.run(r, id)
	if c == nil {
		return refused("no check run %d", id)
	}
	s.rerun(r, c, who)
	return nil
}

// rerun sets the suite back and leaves the run as it is: it is the App that changes
// it (GitHub's "Rerequest a check run").
func (s *Server) rerun(r *Repository, c *CheckRun, who *Account) {
	c.Suite.Reset, c.Suite.UpdatedAt = true, s.time()
	s.emit("check_run", "rerequested", s.state.installationOf(r), r, who, obj{"check_run": s.checkRunEvent(r, c)})
}

// RerunSuite presses 'Re-run all checks' on a commit.
func (s *Server) RerunSuite(owner, name, sha, actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil {
		return refused("no repository %s/%s or person %q", owner, name, actor)
	}
	suite := s.suite(r, plumbing.NewHash(sha))
	if suite == nil {
		return refused("no check suite of %s", sha)
	}
	s.rerunSuite(r, suite, who)
	return nil
}

func (s *Server) rerunSuite(r *Repository, suite *CheckSuite, who *Account) {
	suite.Reset, suite.UpdatedAt = true, s.time()
	s.emit("check_suite", "rerequested", s.state.installationOf(r), r, who, obj{"check_suite": s.checkSuiteEvent(r, suite)})
}

func (s *Server) run(r *Repository, id int64) *CheckRun {
	for _, suite := range r.Suites {
		for _, c := range suite.Runs {
			if c.ID == id {
				return c
			}
		}
	}
	return nil
}

// Deploy makes a deployment of a branch, tag or commit and gives it statuses.
func (s *Server) Deploy(owner, name, ref, environment, actor string, states ...string) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, who := s.state.repository(owner, name), s.state.account(actor)
	if r == nil || who == nil {
		return 0, refused("no repository %s/%s or person %q", owner, name, actor)
	}
	hash, err := r.Git.Resolve(ref, r.DefaultBranch)
	if err != nil {
		return 0, refused("no ref %q", ref)
	}
	d := &Deployment{
		SHA: hash, Ref: ref, Task: "deploy", Environment: environment, Original: environment,
		Production: environment == "production", Creator: who,
	}
	s.addDeployment(r, d)
	for _, state := range states {
		s.addDeploymentStatus(r, d, &DeploymentStatus{State: state, Environment: environment, Creator: who})
	}
	return d.ID, nil
}

func (s *Server) addDeployment(r *Repository, d *Deployment) {
	d.ID, d.CreatedAt, d.UpdatedAt = s.state.id(), s.time(), s.time()
	r.Deployments = append(r.Deployments, d)
	s.emit("deployment", "created", s.state.installationOf(r), r, d.Creator, obj{
		"deployment": s.deployment(r, d), "workflow": nil, "workflow_run": nil,
	})
}

func (s *Server) addDeploymentStatus(r *Repository, d *Deployment, st *DeploymentStatus) {
	st.ID, st.CreatedAt = s.state.id(), s.time()
	d.Statuses = append(d.Statuses, st)
	d.UpdatedAt = s.time()
	s.emit("deployment_status", "created", s.state.installationOf(r), r, st.Creator, obj{
		"deployment": s.deployment(r, d), "deployment_status": s.deploymentStatus(r, d, st), "check_run": nil, "workflow": nil, "workflow_run": nil,
	})
}

// ReadFile returns a file's text at a branch, tag or commit.
func (s *Server) ReadFile(owner, name, ref, file string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return "", refused("no repository %s/%s", owner, name)
	}
	h, err := r.Git.Resolve(ref+":"+file, r.DefaultBranch)
	if err != nil {
		return "", err
	}
	content, err := r.Git.Blob(h)
	return string(content), err
}

// Verdict is a check run as people see it.
type Verdict struct {
	ID                               int64
	SHA                              string
	Name, Conclusion, Title, Summary string
	Suite                            string // the status of its check suite
	Annotations                      int
}

// Verdicts lists the check runs on the head of a pull request, or with number 0 of
// the default branch.
func (s *Server) Verdicts(owner, name string, number int) ([]Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return nil, refused("no repository %s/%s", owner, name)
	}
	head, _ := r.Git.Branch(r.DefaultBranch)
	if i := r.Issues[number]; i != nil && i.Pull != nil {
		head = i.Pull.Head
	} else if number != 0 {
		return nil, refused("no pull request %s#%d", r.FullName(), number)
	}
	var out []Verdict
	if suite := s.suite(r, head); suite != nil {
		for _, run := range suite.Runs {
			out = append(out, Verdict{
				ID: run.ID, SHA: head.String(), Name: run.Name, Conclusion: run.Conclusion, Title: run.Title, Summary: run.Summary,
				Suite: suite.Status(), Annotations: len(run.Annotations),
			})
		}
	}
	return out, nil
}

// Suite is the status and conclusion of the check suite of a commit.
func (s *Server) Suite(owner, name, sha string) (status, conclusion string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil {
		return "", "", refused("no repository %s/%s", owner, name)
	}
	suite := s.suite(r, plumbing.NewHash(sha))
	if suite == nil {
		return "", "", refused("no check suite of %s", sha)
	}
	return suite.Status(), suite.Conclusion(), nil
}

// CommentsOn lists the comments of an issue or pull request with their reactions,
// each as "login: text [reactions]".
func (s *Server) CommentsOn(owner, name string, number int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.repository(owner, name)
	if r == nil || r.Issues[number] == nil {
		return nil
	}
	var out []string
	for _, c := range r.Issues[number].Comments {
		line := c.Author.Login + ": " + c.Body
		for _, reaction := range c.Reactions {
			line += " [" + reaction.Content + "]"
		}
		out = append(out, line)
	}
	return out
}
