package pages

import (
	"errors"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// typed is what a person had typed when a form was refused, to be shown again.
type typed struct {
	comment string
	push    *change
}

type comment struct {
	ID        int64
	Author    string
	At        time.Time
	Body      template.HTML
	Reactions []reaction
}

func (s *site) issue(r *http.Request) (*page, error) { return s.talk(r, typed{}) }

func (s *site) pull(r *http.Request) (*page, error) { return s.talk(r, typed{}) }

// talk is the page of an issue or pull request, with what was typed in its forms.
func (s *site) talk(r *http.Request, typed typed) (*page, error) {
	here := "issues"
	if strings.HasPrefix(r.Pattern, "GET /{owner}/{repo}/pull/") || strings.HasPrefix(r.Pattern, "POST /{owner}/{repo}/pull/") {
		here = "pulls"
	}
	repo, p, content, err := s.in(r, "issue", "", here)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return nil, errNotFound
	}
	i, ok := s.sim.IssuePage(repo.Owner, repo.Name, n)
	if !ok {
		return nil, errNotFound
	}
	at := issuePath(repo, i)
	p.title = i.Title + " · #" + strconv.Itoa(n) + " · " + repo.FullName()
	p.crumbs = append(p.crumbs, link{"#" + strconv.Itoa(n), at})
	var comments []comment
	for _, c := range i.Comments {
		comments = append(comments, comment{ID: c.ID, Author: c.Author, At: c.At, Body: s.described(c.Body), Reactions: reactions(c.Reactions)})
	}
	for key, value := range map[string]any{
		"Path": at, "Number": n, "Title": i.Title, "State": i.State, "Author": i.Author, "At": i.At, "Labels": i.Labels,
		"Body": s.described(i.Body), "Reactions": reactions(i.Reactions), "Comments": comments, "Typed": typed.comment,
	} {
		content[key] = value
	}
	if i.Pull != nil {
		p.name = "pull"
		s.pullParts(r, repo, i, at, typed, content)
	}
	return p, nil
}

func (s *site) pullParts(r *http.Request, repo githubsim.RepositoryView, i githubsim.IssueView, at string, typed typed, content map[string]any) {
	pull := i.Pull
	var commits []commitRow
	for _, c := range pull.Commits {
		commits = append(commits, commitRowOf(repo, c))
	}
	content["Draft"], content["HeadLabel"], content["BaseLabel"] = pull.Draft, pull.Head, pull.Base
	content["BaseURL"] = join(repo.Owner, repo.Name, "tree", pull.Base)
	if pull.HeadExists {
		content["HeadURL"] = join(pull.HeadOwner, pull.HeadName, "tree", pull.Branch)
	}
	if pull.Merged {
		content["MergedURL"] = join(repo.Owner, repo.Name, "commit", pull.MergedAs)
	}
	content["Conflict"], content["Commits"], content["Files"] = pull.ConflictsWith, commits, diffs(pull.Files)
	content["Checks"] = s.checks(repo, pull.Checks, at, true)
	if i.State == "open" && pull.HeadExists {
		content["Push"] = s.pushForm(r, pull, typed.push)
	}
}

// pushForm is the form to push a change to a pull request's branch.
func (s *site) pushForm(r *http.Request, pull *githubsim.PullView, again *change) map[string]any {
	form := map[string]any{"Branch": pull.Head, "Files": pull.HeadFiles, "Repo": pull.HeadOwner + "/" + pull.HeadName}
	if again != nil {
		form["File"], form["Text"], form["Message"], form["Was"], form["Path"] = again.was, again.text, again.message, again.seen, again.path
		return form
	}
	file := r.URL.Query().Get("file")
	if file == "" {
		return form
	}
	f, ok := s.sim.FolderPage(pull.HeadOwner, pull.HeadName, pull.Branch+"/"+file)
	switch {
	case !ok || f.Folder || path.Clean(file) != file:
		form["Note"] = "The branch has no file " + file + "."
	case !editable(f):
		form["Note"] = file + " is no text that can be edited here."
	default:
		form["File"], form["Path"], form["Text"], form["Was"] = file, file, string(f.Content), digest(f.Content)
	}
	return form
}

func (s *site) newIssue(r *http.Request) (*page, error) {
	_, p, _, err := s.in(r, "newissue", "New issue", "issues")
	if err != nil {
		return nil, err
	}
	p.scope = ""
	return p, nil
}

func (s *site) openIssue(r *http.Request, actor string) (string, *page, error) {
	owner, name := r.PathValue("owner"), r.PathValue("repo")
	title, body := strings.TrimSpace(r.PostForm.Get("title")), lines(r.PostForm.Get("body"))
	n, err := 0, errors.New("an issue needs a title of at most 256 characters")
	if title != "" && len([]rune(title)) <= 256 {
		n, err = s.sim.OpenIssue(owner, name, actor, title, body)
	}
	if err == nil {
		return join(owner, name, "issues", strconv.Itoa(n)), nil, nil
	}
	_, again, content, missing := s.in(r, "newissue", "New issue", "issues")
	if missing != nil {
		return "", nil, missing
	}
	content["Title"], content["Body"] = title, body
	return "", again, err
}

// at is the issue or pull request that a form is about.
func (s *site) at(r *http.Request) (owner, name string, n int, next string, err error) {
	owner, name = r.PathValue("owner"), r.PathValue("repo")
	n, err = strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return "", "", 0, "", errNotFound
	}
	return owner, name, n, path.Dir(r.URL.EscapedPath()), nil
}

func (s *site) comment(r *http.Request, actor string) (string, *page, error) {
	owner, name, n, next, err := s.at(r)
	if err != nil {
		return "", nil, err
	}
	body := lines(r.PostForm.Get("body"))
	if strings.TrimSpace(body) == "" {
		return s.again(r, typed{}, errors.New("write something first: the comment was empty"))
	}
	c, err := s.sim.AddComment(owner, name, n, actor, body)
	if err != nil {
		return s.again(r, typed{comment: body}, err)
	}
	return next + "#issuecomment-" + strconv.FormatInt(c.ID, 10), nil, nil
}

// again shows the page of an issue or pull request with what went wrong.
func (s *site) again(r *http.Request, typed typed, why error) (string, *page, error) {
	p, err := s.talk(r, typed)
	if err != nil {
		return "", nil, err
	}
	return "", p, why
}

func (s *site) setState(r *http.Request, actor string) (string, *page, error) {
	owner, name, n, next, err := s.at(r)
	if err != nil {
		return "", nil, err
	}
	i, ok := s.sim.IssuePage(owner, name, n)
	if !ok {
		return "", nil, errNotFound
	}
	state := r.PostForm.Get("state")
	if state != "open" && state != "closed" {
		return s.again(r, typed{}, errors.New("an issue is open or closed, nothing else"))
	}
	if err := s.mustPush(r, actor); err != nil && i.Author != actor {
		return s.again(r, typed{}, err)
	}
	if err := s.sim.SetState(owner, name, n, actor, state); err != nil {
		return s.again(r, typed{}, err)
	}
	return next, nil, nil
}

func (s *site) merge(r *http.Request, actor string) (string, *page, error) {
	owner, name, n, next, err := s.at(r)
	if err != nil {
		return "", nil, err
	}
	if err := s.mustPush(r, actor); err != nil {
		return s.again(r, typed{}, err)
	}
	if err := s.sim.MergePullRequest(owner, name, n, actor); err != nil {
		return s.again(r, typed{}, err)
	}
	return next, nil, nil
}

// lines undoes what browsers do to line ends.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
