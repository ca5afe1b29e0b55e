package githubsim

import (
	"encoding/base64"
	"net/http"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// contentRoutes are files by path.
func contentRoutes() []route {
	return []route{
		{"GET /repos/{owner}/{repo}/contents/{path...}", "contents:read", withRepo(getContents)},
		{"PUT /repos/{owner}/{repo}/contents/{path...}", "contents:write", withRepo(putContents)},
		{"DELETE /repos/{owner}/{repo}/contents/{path...}", "contents:write", withGit(deleteContents)},
	}
}

// maxContents is the largest file that the contents API shows in JSON, in bytes.
const maxContents = 1 << 20

func getContents(c *call, r *Repository) reply {
	ref := c.query("ref")
	if ref == "" {
		ref = "HEAD"
	}
	h, err := r.Git.Resolve(ref, r.DefaultBranch)
	if err != nil {
		return refuse(http.StatusNotFound, "No commit found for the ref "+c.query("ref"))
	}
	e, err := r.Git.EntryAt(h, c.path("path"))
	if err != nil {
		return notFound()
	}
	if e.Mode == filemode.Dir {
		return c.folder(r, e.Hash, strings.Trim(c.path("path"), "/"), ref)
	}
	content, err := r.Git.Blob(e.Hash)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.r.Header.Get("Accept"), "raw") {
		return reply{status: http.StatusOK, text: content, kind: "application/vnd.github.raw+json; charset=utf-8"}
	}
	out := c.s.content(r, e.Path, ref, e)
	out["encoding"], out["content"] = "base64", lines60(base64.StdEncoding.EncodeToString(content))
	if len(content) > maxContents {
		out["encoding"], out["content"] = "none", ""
	}
	return ok(out)
}

// lines60 breaks Base64 into lines, as GitHub does.
func lines60(s string) string {
	var b strings.Builder
	for len(s) > 60 {
		b.WriteString(s[:60] + "\n")
		s = s[60:]
	}
	b.WriteString(s + "\n")
	return b.String()
}

func (c *call) folder(r *Repository, h plumbing.Hash, dir, ref string) reply {
	t, err := r.Git.Tree(h)
	if err != nil {
		return notFound()
	}
	out := []any{}
	for _, e := range t.Entries {
		out = append(out, c.s.content(r, strings.TrimPrefix(path.Join(dir, e.Name), "/"), ref, Entry{Path: path.Join(dir, e.Name), Mode: e.Mode, Hash: e.Hash}))
	}
	return ok(out)
}

func (s *Server) content(r *Repository, file, ref string, e Entry) obj {
	if ref == "HEAD" {
		ref = r.DefaultBranch
	}
	kind := map[string]string{"tree": "dir", "commit": "submodule", "blob": "file"}[entryType(e.Mode)]
	if e.Mode == filemode.Symlink {
		kind = "symlink"
	}
	api := s.opts.URL + "/repos/" + r.FullName()
	self := api + "/contents/" + file + "?ref=" + ref
	html := s.opts.URL + "/" + r.FullName() + "/blob/" + ref + "/" + file
	git := api + "/git/" + entryType(e.Mode) + "s/" + e.Hash.String()
	var download any = s.opts.URL + "/" + r.FullName() + "/raw/" + ref + "/" + file
	if kind == "dir" {
		html, download = s.opts.URL+"/"+r.FullName()+"/tree/"+ref+"/"+file, nil
	}
	return obj{
		"type": kind, "name": path.Base(file), "path": file, "sha": e.Hash.String(), "size": r.Git.Size(e.Hash), "url": self, "html_url": html,
		"git_url": git, "download_url": download, "_links": obj{"self": self, "git": git, "html": html},
	}
}

type contentsChange struct {
	Message, Content, SHA, Branch string
}

func putContents(c *call, r *Repository) reply {
	var in contentsChange
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	content, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(in.Content, "\n", ""))
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "content is not valid Base64")
	}
	if content == nil {
		content = []byte{}
	}
	return c.changeContents(r, in, Change{Content: content})
}

func deleteContents(c *call, r *Repository) reply {
	in := contentsChange{Message: c.query("message"), SHA: c.query("sha"), Branch: c.query("branch")}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.SHA == "" {
		return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\"sha\" wasn't supplied.")
	}
	return c.changeContents(r, in, Change{})
}

// changeContents commits one file, if the caller saw its present state.
func (c *call) changeContents(r *Repository, in contentsChange, change Change) reply {
	branch := in.Branch
	if branch == "" {
		branch = r.DefaultBranch
	}
	parent, there := r.Git.Branch(branch)
	if !there && len(r.Git.Refs) > 0 {
		return refuse(http.StatusNotFound, "Branch "+branch+" not found")
	}
	file := c.path("path")
	if clean := path.Clean(file); clean != file || file == "." || strings.HasPrefix(file, "../") {
		return refuse(http.StatusUnprocessableEntity, "path contains a malformed path component")
	}
	status := http.StatusCreated
	if there {
		old, err := r.Git.EntryAt(parent, file)
		switch {
		case err == nil && in.SHA == "":
			return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\"sha\" wasn't supplied.")
		case err == nil && in.SHA != old.Hash.String():
			return refuse(http.StatusConflict, file+" does not match "+in.SHA)
		case err == nil:
			status = http.StatusOK
			change.Mode = old.Mode
		case change.Content == nil:
			return notFound()
		}
	}
	h, err := c.s.writeCommit(r, parent, c.actor(), in.Message, map[string]Change{file: change})
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	if err := c.s.setBranch(r, branch, h, c.actor()); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	commit, err := r.Git.Commit(h)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	var content any
	if change.Content != nil {
		if e, err := r.Git.EntryAt(h, file); err == nil {
			content = c.s.content(r, file, branch, e)
		}
	}
	return reply{status: status, body: obj{"content": content, "commit": c.s.gitCommit(r, commit)}}
}
