package pages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// change is what a form does to one file.
type change struct {
	was, path     string // was: the file it began as, "" for a new one
	text, message string
	seen          string // the digest of the text that the edit began from
	remove        bool
}

// maxEdit is the size of the largest file that can be edited here, in bytes.
const maxEdit = 256 << 10

// editable reports whether a text area can hold a file.
func editable(f githubsim.FolderView) bool {
	return (f.Mode == filemode.Regular || f.Mode == filemode.Executable) && f.Size <= maxEdit && isText(f.Content)
}

// digest tells one text from another.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func changeOf(r *http.Request) *change {
	return &change{
		was: r.PostForm.Get("was"), path: strings.Trim(strings.TrimSpace(r.PostForm.Get("path")), "/"), text: lines(r.PostForm.Get("text")),
		message: strings.TrimSpace(lines(r.PostForm.Get("message"))), seen: r.PostForm.Get("seen"), remove: r.PostForm.Get("do") == "delete",
	}
}

// subject is the commit message: the person's, or one made of the path.
func (c *change) subject() string {
	verb := "Update "
	switch {
	case c.remove:
		verb = "Delete "
	case c.was == "":
		verb = "Add "
	}
	return cmp.Or(c.message, verb+c.path)
}

// onto turns a change into what a push needs, held against the branch as it is now.
func (s *site) onto(owner, name, branch string, c *change) (map[string]githubsim.Change, error) {
	if !fs.ValidPath(c.path) || c.path == "." || strings.ContainsAny(c.path, "\\\x00\r\n") {
		return nil, errors.New("give the file a path such as docs/runbook.md")
	}
	if len(c.text) > maxEdit {
		return nil, fmt.Errorf("a file edited here has at most %d KB", maxEdit>>10)
	}
	changes := map[string]githubsim.Change{}
	text, mode := c.text, filemode.Regular
	if c.was == "" {
		if _, there := s.sim.FolderPage(owner, name, branch+"/"+c.path); there {
			return nil, fmt.Errorf("the branch has %s already: open it to edit it", c.path)
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		changes[c.path] = githubsim.Change{Content: []byte(text), Mode: mode}
		return changes, nil
	}
	f, there := s.sim.FolderPage(owner, name, branch+"/"+c.was)
	if !there || f.Folder || digest(f.Content) != c.seen {
		return nil, fmt.Errorf("%s changed on the branch meanwhile; open it again and repeat the edit", c.was)
	}
	if c.remove {
		changes[c.was] = githubsim.Change{}
		return changes, nil
	}
	if strings.Contains(string(f.Content), "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if c.path == c.was && text == string(f.Content) {
		return nil, errors.New("nothing was changed, so there is nothing to commit")
	}
	if c.path != c.was {
		if _, there := s.sim.FolderPage(owner, name, branch+"/"+c.path); there {
			return nil, fmt.Errorf("the branch has %s already: choose another path", c.path)
		}
		changes[c.was] = githubsim.Change{}
	}
	changes[c.path] = githubsim.Change{Content: []byte(text), Mode: f.Mode}
	return changes, nil
}

// push commits a change to the branch of a pull request.
func (s *site) push(r *http.Request, actor string) (string, *page, error) {
	owner, name, n, next, err := s.at(r)
	if err != nil {
		return "", nil, err
	}
	i, ok := s.sim.IssuePage(owner, name, n)
	if !ok || i.Pull == nil {
		return "", nil, errNotFound
	}
	c, pull := changeOf(r), i.Pull
	if !s.sim.MayPush(pull.HeadOwner, pull.HeadName, actor) {
		if err := s.mustPush(r, actor); err != nil {
			return s.again(r, typed{push: c}, err)
		}
	}
	if i.State != "open" || !pull.HeadExists {
		return s.again(r, typed{push: c}, errors.New("the pull request is closed or its branch is gone, so nothing can be pushed to it"))
	}
	changes, err := s.onto(pull.HeadOwner, pull.HeadName, pull.Branch, c)
	if err != nil {
		return s.again(r, typed{push: c}, err)
	}
	if _, err := s.sim.Push(pull.HeadOwner, pull.HeadName, pull.Branch, actor, c.subject(), changes); err != nil {
		return s.again(r, typed{push: c}, err)
	}
	return next + "#checks", nil, nil
}

// edit is the form for a file of a branch.
func (s *site) edit(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "edit", "Edit", "code")
	if err != nil {
		return nil, err
	}
	f, ok := s.sim.FolderPage(repo.Owner, repo.Name, r.PathValue("rest"))
	if !ok || f.Folder || !f.Branch {
		return nil, errNotFound
	}
	if !editable(f) {
		return nil, fmt.Errorf("%w: %s is no text that can be edited here", githubsim.ErrRefused, f.Path)
	}
	p.title = "Edit " + f.Path + " · " + repo.FullName()
	s.editParts(r, repo, p, f.Ref, &change{was: f.Path, path: f.Path, text: string(f.Content), seen: digest(f.Content)}, content)
	return p, nil
}

// create is the form for a new file in a folder of a branch.
func (s *site) create(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "edit", "New file", "code")
	if err != nil {
		return nil, err
	}
	f, ok := s.sim.FolderPage(repo.Owner, repo.Name, r.PathValue("rest"))
	if !ok || !f.Folder || !f.Branch {
		return nil, errNotFound
	}
	c := &change{}
	if f.Path != "" {
		c.path = f.Path + "/"
	}
	s.editParts(r, repo, p, f.Ref, c, content)
	return p, nil
}

func (s *site) editParts(r *http.Request, repo githubsim.RepositoryView, p *page, ref string, c *change, content map[string]any) {
	p.scope = "" // nothing of the form changes by itself
	content["Ref"], content["File"], content["Path"], content["Text"] = ref, c.was, c.path, c.text
	content["Was"], content["Message"] = c.seen, c.message
	content["Proposes"] = ref == repo.DefaultBranch // a new branch starts at the default branch
	content["Direct"] = r.PostFormValue("how") == "direct" || ref != repo.DefaultBranch
	content["Branch"] = cmp.Or(r.PostFormValue("branch"), freeBranch(repo, s.actor(r)))
	content["PullTitle"], content["PullBody"] = r.PostFormValue("title"), r.PostFormValue("body")
}

// freeBranch is a name for a person's next branch.
func freeBranch(repo githubsim.RepositoryView, actor string) string {
	for n := 1; ; n++ {
		if name := actor + "-patch-" + strconv.Itoa(n); !slices.Contains(repo.Branches, name) {
			return name
		}
	}
}

// save commits an edit: to the branch itself, or to a new one with a pull request.
func (s *site) save(r *http.Request, actor string) (string, *page, error) {
	c, ref := changeOf(r), r.PostForm.Get("ref")
	repo, again, content, err := s.in(r, "edit", "Edit", "code")
	if err != nil {
		return "", nil, err
	}
	s.editParts(r, repo, again, ref, c, content)
	next, err := s.saved(r, repo, actor, ref, c)
	if err != nil {
		return "", again, err
	}
	return next, nil, nil
}

var branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$`)

func (s *site) saved(r *http.Request, repo githubsim.RepositoryView, actor, ref string, c *change) (string, error) {
	if err := s.mustPush(r, actor); err != nil {
		return "", err
	}
	if !slices.Contains(repo.Branches, ref) {
		return "", fmt.Errorf("there is no branch %s any more", ref)
	}
	changes, err := s.onto(repo.Owner, repo.Name, ref, c)
	if err != nil {
		return "", err
	}
	if r.PostForm.Get("how") == "direct" {
		if _, err := s.sim.Push(repo.Owner, repo.Name, ref, actor, c.subject(), changes); err != nil {
			return "", err
		}
		if c.remove {
			return join(repo.Owner, repo.Name, "tree", ref), nil
		}
		return join(repo.Owner, repo.Name, "blob", ref, c.path), nil
	}
	branch, title := strings.TrimSpace(r.PostForm.Get("branch")), strings.TrimSpace(r.PostForm.Get("title"))
	switch {
	case ref != repo.DefaultBranch:
		return "", fmt.Errorf("pull requests started here begin at %s", repo.DefaultBranch)
	case len(branch) > 100 || !branchName.MatchString(branch) || strings.Contains(branch, "..") || strings.HasSuffix(branch, ".lock"):
		return "", errors.New("a branch's name is made of letters, digits, dots, dashes and slashes")
	case slices.ContainsFunc(repo.Branches, func(b string) bool {
		return b == branch || strings.HasPrefix(b, branch+"/") || strings.HasPrefix(branch, b+"/")
	}):
		return "", fmt.Errorf("%s collides with a branch that there is: choose another name", branch)
	}
	if _, err := s.sim.Push(repo.Owner, repo.Name, branch, actor, c.subject(), changes); err != nil {
		return "", err
	}
	n, err := s.sim.OpenPullRequest(repo.Owner, repo.Name, actor, cmp.Or(title, c.subject()), lines(r.PostForm.Get("body")), branch, ref, false)
	if err != nil {
		return "", err
	}
	return join(repo.Owner, repo.Name, "pull", strconv.Itoa(n)), nil
}
