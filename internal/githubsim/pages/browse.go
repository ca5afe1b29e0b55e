package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

func (s *site) home(*http.Request) (*page, error) {
	type org struct {
		Login, Description string
		Repos              int
	}
	var orgs []org
	for _, o := range s.sim.Organisations() {
		orgs = append(orgs, org{Login: o.Login, Description: o.Description, Repos: len(o.Repositories)})
	}
	return &page{name: "home", title: "Organisations", content: map[string]any{"Orgs": orgs}}, nil
}

func (s *site) organisation(r *http.Request) (*page, error) {
	v, ok := s.sim.Organisation(r.PathValue("owner"))
	if !ok {
		return nil, errNotFound
	}
	type repository struct {
		URL, Name, Description string
		Mark                   *mark
		Archived, Private      bool
		Topics                 []string
		Pulls                  int
	}
	var repositories []repository
	for _, repo := range v.Repositories {
		repositories = append(repositories, repository{
			URL: join(repo.Owner, repo.Name), Name: repo.Name, Description: repo.Description, Mark: checkMark(repo.Checks),
			Archived: repo.Archived, Private: repo.Private, Topics: repo.Topics, Pulls: len(rows(repo, repo.Pulls, true)),
		})
	}
	return &page{
		name: "org", title: v.Login, scope: v.Login, crumbs: []link{{v.Login, join(v.Login)}},
		content: map[string]any{
			"Login": v.Login, "Name": v.Name, "Description": v.Description, "Person": v.Person, "Repos": repositories,
			"Teams": v.Teams, "Members": v.Members,
		},
	}, nil
}

// head is the top of a repository's pages.
type head struct {
	Path, Name, Description, Fork, Issues, Pulls, Here string
	Private, Archived                                  bool
	Topics                                             []string
}

// in finds the repository of a request and starts a page of it.
func (s *site) in(r *http.Request, name, title, here string) (githubsim.RepositoryView, *page, map[string]any, error) {
	repo, ok := s.sim.RepositoryPage(r.PathValue("owner"), r.PathValue("repo"))
	if !ok {
		return repo, nil, nil, errNotFound
	}
	at := join(repo.Owner, repo.Name)
	content := map[string]any{
		"Head": head{
			Path: at, Name: repo.Name, Description: repo.Description, Fork: repo.Fork, Private: repo.Private, Archived: repo.Archived,
			Topics: repo.Topics, Here: here, Issues: fmt.Sprint(len(rows(repo, repo.Issues, true))), Pulls: fmt.Sprint(len(rows(repo, repo.Pulls, true))),
		},
		"Path": at,
	}
	p := &page{
		name: name, title: strings.TrimPrefix(title+" · ", " · ") + repo.FullName(), scope: repo.FullName(), content: content,
		crumbs: []link{{repo.Owner, join(repo.Owner)}, {repo.Name, at}},
	}
	return repo, p, content, nil
}

func (s *site) repository(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "repo", "", "code")
	if err != nil {
		return nil, err
	}
	s.overview(repo, content)
	if repo.Empty {
		content["Empty"] = true
		return p, nil
	}
	folder, ok := s.sim.FolderPage(repo.Owner, repo.Name, repo.DefaultBranch)
	if !ok {
		return nil, errNotFound
	}
	s.folder(repo, folder, content)
	return p, nil
}

// overview is the column beside a repository's files.
func (s *site) overview(repo githubsim.RepositoryView, content map[string]any) {
	type deployment struct {
		Environment, SHA, URL, State string
		Mark                         *mark
		At                           time.Time
	}
	var deployments []deployment
	for _, d := range repo.Deployments[:min(len(repo.Deployments), 8)] {
		deployments = append(deployments, deployment{
			Environment: d.Environment, SHA: d.SHA, URL: join(repo.Owner, repo.Name, "commit", d.SHA), Mark: markOf(d.State, ""), At: d.At, State: d.State,
		})
	}
	type branch struct{ Name, URL string }
	var branches []branch
	for _, b := range repo.Branches {
		branches = append(branches, branch{b, join(repo.Owner, repo.Name, "tree", b)})
	}
	content["Pulls"], content["Issues"] = rows(repo, repo.Pulls, true), rows(repo, repo.Issues, true)
	content["Deployments"], content["Branches"], content["Languages"] = deployments, branches, repo.Languages
}

func (s *site) tree(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "repo", r.PathValue("rest"), "code")
	if err != nil {
		return nil, err
	}
	folder, ok := s.sim.FolderPage(repo.Owner, repo.Name, r.PathValue("rest"))
	if !ok {
		return nil, errNotFound
	}
	if !folder.Folder {
		return s.blob(r)
	}
	s.overview(repo, content)
	s.folder(repo, folder, content)
	return p, nil
}

// folder is the list of a folder's files.
func (s *site) folder(repo githubsim.RepositoryView, f githubsim.FolderView, content map[string]any) {
	type entry struct {
		URL, Name, Size string
		Folder          bool
	}
	var entries []entry
	for _, e := range f.Entries {
		shown := entry{Name: e.Name, Folder: e.Folder, URL: join(repo.Owner, repo.Name, "blob", f.Ref, f.Path, e.Name), Size: size(e.Size)}
		if e.Folder {
			shown.URL, shown.Size = join(repo.Owner, repo.Name, "tree", f.Ref, f.Path, e.Name), ""
		}
		entries = append(entries, shown)
	}
	if f.Path != "" {
		content["Up"] = join(repo.Owner, repo.Name, "tree", f.Ref, strings.TrimPrefix(path.Dir(f.Path), "."))
	}
	if f.Readme != "" {
		content["Readme"] = s.markdown.document(f.Readme)
	}
	if f.Branch && !repo.Archived {
		content["New"] = join(repo.Owner, repo.Name, "new", f.Ref, f.Path)
	}
	content["Ref"], content["Dir"], content["Entries"] = shortRef(f), f.Path, entries
	content["Commit"], content["CommitMark"] = commitRowOf(repo, f.Head), checkMark(f.Head.Checks)
}

func shortRef(f githubsim.FolderView) string {
	if !f.Branch && f.Ref == f.Head.SHA {
		return f.Ref[:7]
	}
	return f.Ref
}

// maxLines is how many lines of a file a page shows.
const maxLines = 20000

func (s *site) blob(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "blob", r.PathValue("rest"), "code")
	if err != nil {
		return nil, err
	}
	f, ok := s.sim.FolderPage(repo.Owner, repo.Name, r.PathValue("rest"))
	if !ok {
		return nil, errNotFound
	}
	if f.Folder {
		return s.tree(r)
	}
	p.scope = ""
	content["Ref"], content["RefURL"] = shortRef(f), join(repo.Owner, repo.Name, "tree", f.Ref)
	content["File"], content["Size"], content["Crumbs"] = f.Path, size(f.Size), folders(repo, f)
	var note string
	switch {
	case !isText(f.Content):
		note = "This file is not text, so it is not shown."
	case f.Size > int64(len(f.Content)):
		note = "This file is large: only its first megabyte is shown."
	}
	if isText(f.Content) {
		lines := strings.Split(strings.TrimSuffix(string(f.Content), "\n"), "\n")
		if len(lines) > maxLines {
			lines, note = lines[:maxLines], fmt.Sprintf("Only the first %d lines are shown.", maxLines)
		}
		content["Lines"] = lines
		if strings.EqualFold(path.Ext(f.Path), ".md") {
			content["Markdown"] = s.markdown.document(string(f.Content))
		}
		if f.Branch && !repo.Archived && editable(f) {
			content["Edit"] = join(repo.Owner, repo.Name, "edit", f.Ref, f.Path)
		}
	}
	content["Note"] = note
	return p, nil
}

// folders leads from a file to each folder that it is in.
func folders(repo githubsim.RepositoryView, f githubsim.FolderView) []link {
	parts := strings.Split(f.Path, "/")
	var out []link
	for i := range len(parts) - 1 {
		out = append(out, link{parts[i], join(repo.Owner, repo.Name, "tree", f.Ref, strings.Join(parts[:i+1], "/"))})
	}
	return append(out, link{parts[len(parts)-1], ""})
}

func isText(b []byte) bool {
	for len(b) > 0 && len(b) == githubsim.MaxShown && !utf8.Valid(b) && !utf8.RuneStart(b[len(b)-1]) {
		b = b[:len(b)-1] // cut in the midst of a character
	}
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}

func (s *site) commit(r *http.Request) (*page, error) {
	repo, p, content, err := s.in(r, "commit", "Commit", "code")
	if err != nil {
		return nil, err
	}
	c, ok := s.sim.CommitPage(repo.Owner, repo.Name, r.PathValue("sha"))
	if !ok {
		return nil, errNotFound
	}
	headline, rest, _ := strings.Cut(c.Message, "\n")
	at := join(repo.Owner, repo.Name, "commit", c.SHA)
	var parents []commitRow
	for _, sha := range c.Parents {
		parents = append(parents, commitRowOf(repo, githubsim.CommitView{SHA: sha}))
	}
	p.title = headline + " · " + repo.FullName()
	content["Headline"], content["Rest"], content["Author"], content["At"] = headline, strings.TrimSpace(rest), c.Author, c.At
	content["SHA"], content["Browse"], content["Parents"] = c.SHA, join(repo.Owner, repo.Name, "tree", c.SHA), parents
	content["Checks"], content["Files"] = s.checks(repo, c.Checks, at, true), diffs(c.Files)
	return p, nil
}

// list is the page of all issues or all pull requests.
func (s *site) list(r *http.Request, heading, here string, of func(githubsim.RepositoryView) []githubsim.IssueView) (*page, error) {
	repo, p, content, err := s.in(r, "list", heading, here)
	if err != nil {
		return nil, err
	}
	content["Heading"], content["Rows"] = heading, rows(repo, of(repo), false)
	if here == "issues" {
		content["New"] = join(repo.Owner, repo.Name, "issues", "new")
	}
	return p, nil
}

func (s *site) issues(r *http.Request) (*page, error) {
	return s.list(r, "Issues", "issues", func(v githubsim.RepositoryView) []githubsim.IssueView { return v.Issues })
}

func (s *site) pulls(r *http.Request) (*page, error) {
	return s.list(r, "Pull requests", "pulls", func(v githubsim.RepositoryView) []githubsim.IssueView { return v.Pulls })
}

// described renders a description or comment; nil when there is none.
func (s *site) described(text string) template.HTML {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return s.markdown.comment(text)
}
