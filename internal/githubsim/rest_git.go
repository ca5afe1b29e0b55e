package githubsim

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// gitRoutes are the git data API, commits and compare.
func gitRoutes() []route {
	return []route{
		{"POST /repos/{owner}/{repo}/git/blobs", "contents:write", withGit(createBlob)},
		{"GET /repos/{owner}/{repo}/git/blobs/{sha}", "contents:read", withRepo(getBlob)},
		{"POST /repos/{owner}/{repo}/git/trees", "contents:write", withGit(createTree)},
		{"GET /repos/{owner}/{repo}/git/trees/{sha}", "contents:read", withGit(getTree)},
		{"POST /repos/{owner}/{repo}/git/commits", "contents:write", withGit(createCommit)},
		{"GET /repos/{owner}/{repo}/git/commits/{sha}", "contents:read", withRepo(func(c *call, r *Repository) reply {
			commit, err := r.Git.Commit(plumbing.NewHash(c.path("sha")))
			if err != nil {
				return notFound()
			}
			return ok(c.s.gitCommit(r, commit))
		})},
		{"GET /repos/{owner}/{repo}/git/ref/{ref...}", "contents:read", withGit(func(c *call, r *Repository) reply {
			h, there := r.Git.Refs["refs/"+c.path("ref")]
			if !there {
				return notFound()
			}
			return ok(c.s.ref(r, "refs/"+c.path("ref"), h))
		})},
		{"GET /repos/{owner}/{repo}/git/matching-refs/{ref...}", "contents:read", withRepo(func(c *call, r *Repository) reply {
			out := []any{}
			for _, name := range r.Git.Branches() {
				if full := "refs/heads/" + name; strings.HasPrefix(full, "refs/"+c.path("ref")) {
					out = append(out, c.s.ref(r, full, r.Git.Refs[full]))
				}
			}
			return ok(out)
		})},
		{"POST /repos/{owner}/{repo}/git/refs", "contents:write", withGit(createRef)},
		{"PATCH /repos/{owner}/{repo}/git/refs/{ref...}", "contents:write", withGit(updateRef)},
		{"DELETE /repos/{owner}/{repo}/git/refs/{ref...}", "contents:write", withRepo(func(c *call, r *Repository) reply {
			name := "refs/" + c.path("ref")
			if _, there := r.Git.Refs[name]; !there {
				return refuse(http.StatusUnprocessableEntity, "Reference does not exist")
			}
			delete(r.Git.Refs, name)
			return noContent()
		})},
		{"GET /repos/{owner}/{repo}/compare/{basehead...}", "contents:read", withRepo(compare)},
		{"GET /repos/{owner}/{repo}/commits", "contents:read", withGit(listCommits)},
		{"GET /repos/{owner}/{repo}/commits/{ref}", "contents:read", withRepo(getCommit)},
		{"GET /repos/{owner}/{repo}/commits/{ref}/pulls", "contents:read", withRepo(commitPulls)},
		{"POST /repos/{owner}/{repo}/statuses/{sha}", "statuses:write", withRepo(createStatus)},
		{"GET /repos/{owner}/{repo}/commits/{ref}/statuses", "statuses:read", withRepo(func(c *call, r *Repository) reply {
			list, no := c.statuses(r)
			if no.status != 0 {
				return no
			}
			return paged(c, list, func(st *Status) any { return c.s.status(r, st) })
		})},
		{"GET /repos/{owner}/{repo}/commits/{ref}/status", "statuses:read", withRepo(combinedStatus)},
	}
}

// withGit refuses a repository without commits, as the git data API does.
func withGit(do func(*call, *Repository) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		if len(r.Git.Refs) == 0 {
			return refuse(http.StatusConflict, "Git Repository is empty.")
		}
		return do(c, r)
	})
}

func createBlob(c *call, r *Repository) reply {
	var in struct{ Content, Encoding string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	content := []byte(in.Content)
	if in.Encoding == "base64" {
		var err error
		if content, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(in.Content, "\n", "")); err != nil {
			return refuse(http.StatusUnprocessableEntity, "content is not valid Base64")
		}
	}
	h, err := r.Git.WriteBlob(content)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return created(obj{"sha": h.String(), "url": c.s.opts.URL + "/repos/" + r.FullName() + "/git/blobs/" + h.String()})
}

func getBlob(c *call, r *Repository) reply {
	h := plumbing.NewHash(c.path("sha"))
	content, err := r.Git.Blob(h)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.r.Header.Get("Accept"), "raw") {
		return reply{status: http.StatusOK, text: content, kind: "application/vnd.github.raw+json; charset=utf-8"}
	}
	return ok(obj{
		"sha": h.String(), "node_id": "B_" + h.String(), "size": len(content), "encoding": "base64", "content": base64.StdEncoding.EncodeToString(content),
		"url": c.s.opts.URL + "/repos/" + r.FullName() + "/git/blobs/" + h.String(),
	})
}

func createTree(c *call, r *Repository) reply {
	var in struct {
		BaseTree string `json:"base_tree"`
		Tree     []struct {
			Path, Mode, Type string
			SHA              *string
			Content          *string
		}
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	files := map[string]Entry{}
	if in.BaseTree != "" {
		base, err := r.Git.At(plumbing.NewHash(in.BaseTree), "")
		if err != nil {
			return invalidMessage("Tree", "base_tree", "base_tree is not a valid tree oid")
		}
		list, err := r.Git.Files(base)
		if err != nil {
			return invalidMessage("Tree", "base_tree", "base_tree is not a valid tree oid")
		}
		for _, e := range list {
			files[e.Path] = e
		}
	}
	for _, t := range in.Tree {
		mode, err := filemode.New(t.Mode)
		switch {
		case err != nil || t.Path == "" || strings.HasPrefix(t.Path, "/") || strings.Contains("/"+t.Path+"/", "/../"):
			return refuse(http.StatusUnprocessableEntity, "tree.path contains a malformed path component")
		case t.Content != nil:
			h, err := r.Git.WriteBlob([]byte(*t.Content))
			if err != nil {
				return refuse(http.StatusInternalServerError, err.Error())
			}
			files[t.Path] = Entry{Path: t.Path, Mode: mode, Hash: h}
		case t.SHA == nil:
			delete(files, t.Path)
		default:
			h := plumbing.NewHash(*t.SHA)
			if _, err := r.Git.Type(h); err != nil && mode != filemode.Submodule {
				return refuse(http.StatusUnprocessableEntity, "tree.sha "+*t.SHA+" is not a valid blob")
			}
			files[t.Path] = Entry{Path: t.Path, Mode: mode, Hash: h}
		}
	}
	list := make([]Entry, 0, len(files))
	for _, e := range files {
		list = append(list, e)
	}
	h, err := r.Git.WriteTree(list)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return created(c.s.tree(r, h, false))
}

func getTree(c *call, r *Repository) reply {
	h, err := r.Git.Resolve(c.path("sha"), r.DefaultBranch)
	if err == nil {
		h, err = r.Git.At(h, "")
	}
	if err != nil {
		return notFound()
	}
	return ok(c.s.tree(r, h, c.query("recursive") != ""))
}

func (s *Server) tree(r *Repository, h plumbing.Hash, recursive bool) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/git"
	list := []any{}
	var walk func(prefix string, h plumbing.Hash)
	walk = func(prefix string, h plumbing.Hash) {
		t, err := r.Git.Tree(h)
		if err != nil {
			return
		}
		for _, e := range t.Entries {
			kind := entryType(e.Mode)
			o := obj{"path": prefix + e.Name, "mode": mode6(e.Mode), "type": kind, "sha": e.Hash.String(), "url": api + "/" + kind + "s/" + e.Hash.String()}
			if kind == "blob" {
				o["size"] = r.Git.Size(e.Hash)
			}
			list = append(list, o)
			if recursive && kind == "tree" {
				walk(prefix+e.Name+"/", e.Hash)
			}
		}
	}
	walk("", h)
	return obj{"sha": h.String(), "url": api + "/trees/" + h.String(), "tree": list, "truncated": false}
}

func entryType(m filemode.FileMode) string {
	switch m {
	case filemode.Dir:
		return "tree"
	case filemode.Submodule:
		return "commit"
	}
	return "blob"
}

func mode6(m filemode.FileMode) string {
	s := m.String()
	return s[max(0, len(s)-6):]
}

func createCommit(c *call, r *Repository) reply {
	var in struct {
		Message, Tree string
		Parents       []string
		Author        *struct{ Name, Email string }
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	tree := plumbing.NewHash(in.Tree)
	if _, err := r.Git.Tree(tree); err != nil {
		return refuse(http.StatusUnprocessableEntity, "Tree SHA does not exist")
	}
	var parents []plumbing.Hash
	for _, p := range in.Parents {
		h := plumbing.NewHash(p)
		if _, err := r.Git.Commit(h); err != nil {
			return refuse(http.StatusUnprocessableEntity, "Parent SHA does not exist or is not a commit object")
		}
		parents = append(parents, h)
	}
	who := Person{Name: c.actor().Name, Email: c.actor().Email, When: c.s.time()}
	author := who
	if in.Author != nil {
		author.Name, author.Email = in.Author.Name, in.Author.Email
	}
	h, err := r.Git.WriteCommit(tree, parents, author, who, in.Message)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	commit, err := r.Git.Commit(h)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return created(c.s.gitCommit(r, commit))
}

func (s *Server) ref(r *Repository, name string, h plumbing.Hash) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/git"
	return obj{
		"ref": name, "node_id": "REF_" + name, "url": api + "/" + name,
		"object": obj{"type": "commit", "sha": h.String(), "url": api + "/commits/" + h.String()},
	}
}

func createRef(c *call, r *Repository) reply {
	var in struct{ Ref, SHA string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	h := plumbing.NewHash(in.SHA)
	_, exists := r.Git.Refs[in.Ref]
	switch {
	case !strings.HasPrefix(in.Ref, "refs/") || strings.Count(in.Ref, "/") < 2:
		return refuse(http.StatusUnprocessableEntity, "Reference name must start with 'refs/'.")
	case exists:
		return refuse(http.StatusUnprocessableEntity, "Reference already exists")
	}
	if _, err := r.Git.Commit(h); err != nil {
		return refuse(http.StatusUnprocessableEntity, "Object does not exist")
	}
	if err := c.moveRef(r, in.Ref, h); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return created(c.s.ref(r, in.Ref, h))
}

func updateRef(c *call, r *Repository) reply {
	var in struct {
		SHA   string
		Force bool
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	name := "refs/" + c.path("ref")
	old, there := r.Git.Refs[name]
	if !there {
		return refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	h := plumbing.NewHash(in.SHA)
	compared, err := r.Git.Compare(old, h)
	switch {
	case err != nil:
		return refuse(http.StatusUnprocessableEntity, "Object does not exist")
	case compared.Behind > 0 && !in.Force:
		return refuse(http.StatusUnprocessableEntity, "Update is not a fast forward")
	}
	if err := c.moveRef(r, name, h); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return ok(c.s.ref(r, name, h))
}

func (c *call) moveRef(r *Repository, name string, h plumbing.Hash) error {
	if branch, isBranch := strings.CutPrefix(name, "refs/heads/"); isBranch {
		return c.s.setBranch(r, branch, h, c.actor())
	}
	r.Git.Refs[name] = h
	return nil
}

func compare(c *call, r *Repository) reply {
	from, to, found := strings.Cut(c.path("basehead"), "...")
	if !found {
		return notFound()
	}
	base, err := r.Git.Resolve(branchOf(from), r.DefaultBranch)
	if err != nil {
		return notFound()
	}
	head, err := r.Git.Resolve(branchOf(to), r.DefaultBranch)
	if err != nil {
		return notFound()
	}
	d, err := r.Git.Compare(base, head)
	if err != nil {
		return notFound()
	}
	show := func(h plumbing.Hash) any {
		commit, err := r.Git.Commit(h)
		if err != nil {
			return nil
		}
		return c.s.commit(r, commit)
	}
	answer := paged(c, d.Ahead, func(commit *object.Commit) any { return c.s.commit(r, commit) })
	files := []any{}
	for _, f := range d.Files[:min(len(d.Files), 300)] {
		files = append(files, c.s.file(r, head, f))
	}
	html := c.s.opts.URL + "/" + r.FullName() + "/compare/" + c.path("basehead")
	answer.body = obj{
		"url": c.s.opts.URL + "/repos/" + r.FullName() + "/compare/" + c.path("basehead"), "html_url": html, "permalink_url": html, "diff_url": html + ".diff",
		"patch_url": html + ".patch", "base_commit": show(base), "merge_base_commit": show(d.MergeBase), "status": d.Status(), "ahead_by": len(d.Ahead),
		"behind_by": d.Behind, "total_commits": len(d.Ahead), "commits": answer.body, "files": files,
	}
	return answer
}

// branchOf takes the account off "account:branch".
func branchOf(ref string) string {
	if _, branch, crosses := strings.Cut(ref, ":"); crosses {
		return branch
	}
	return ref
}

func listCommits(c *call, r *Repository) reply {
	from := c.query("sha")
	if from == "" {
		from = "HEAD"
	}
	h, err := r.Git.Resolve(from, r.DefaultBranch)
	if err != nil {
		return notFound()
	}
	list, err := r.Git.History(h)
	if err != nil {
		return notFound()
	}
	return paged(c, list, func(commit *object.Commit) any { return c.s.commit(r, commit) })
}

func getCommit(c *call, r *Repository) reply {
	h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path("ref"))
	}
	commit, err := r.Git.Commit(h)
	if err != nil {
		return notFound()
	}
	var parent plumbing.Hash
	if len(commit.ParentHashes) > 0 {
		parent = commit.ParentHashes[0]
	}
	changes, err := r.Git.Diff(parent, h)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	files := []any{}
	stats := obj{"additions": 0, "deletions": 0, "total": 0}
	additions, deletions := 0, 0
	for _, f := range changes {
		files = append(files, c.s.file(r, h, f))
		additions += f.Additions
		deletions += f.Deletions
	}
	stats["additions"], stats["deletions"], stats["total"] = additions, deletions, additions+deletions
	return ok(merge(c.s.commit(r, commit), obj{"stats": stats, "files": files}))
}

func commitPulls(c *call, r *Repository) reply {
	h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path("ref"))
	}
	list := newestFirst(r, func(i *Issue) bool {
		if i.Pull == nil {
			return false
		}
		d, err := r.Git.Compare(i.Pull.Base, i.Pull.Head)
		if err != nil {
			return false
		}
		for _, commit := range d.Ahead {
			if commit.Hash == h {
				return true
			}
		}
		return false
	})
	return paged(c, list, func(i *Issue) any { return c.s.pull(r, i) })
}

func (s *Server) status(r *Repository, st *Status) obj {
	return obj{
		"id": st.ID, "node_id": nodeID("StatusContext", st.ID), "url": s.opts.URL + "/repos/" + r.FullName() + "/statuses/" + st.SHA.String(), "avatar_url": nil,
		"state": st.State, "description": text(st.Description), "target_url": text(st.TargetURL), "context": st.Context, "created_at": at(st.CreatedAt),
		"updated_at": at(st.CreatedAt), "creator": s.user(st.Creator),
	}
}

func createStatus(c *call, r *Repository) reply {
	h := plumbing.NewHash(c.path("sha"))
	if _, err := r.Git.Commit(h); err != nil {
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path("sha"))
	}
	var in struct {
		State, Description, Context string
		TargetURL                   string `json:"target_url"`
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Context == "" {
		in.Context = "default"
	}
	st := &Status{ID: c.s.state.id(), SHA: h, State: in.State, Description: in.Description, Context: in.Context, TargetURL: in.TargetURL, Creator: c.actor(), CreatedAt: c.s.time()}
	r.Statuses = append(r.Statuses, st)
	return created(c.s.status(r, st))
}

// statuses lists those of the path's commit, newest first.
func (c *call) statuses(r *Repository) ([]*Status, reply) {
	h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
	if err != nil {
		return nil, notFound()
	}
	var list []*Status
	for n := len(r.Statuses) - 1; n >= 0; n-- {
		if r.Statuses[n].SHA == h {
			list = append(list, r.Statuses[n])
		}
	}
	return list, reply{}
}

func combinedStatus(c *call, r *Repository) reply {
	list, no := c.statuses(r)
	if no.status != 0 {
		return no
	}
	seen := map[string]bool{}
	shown := []any{}
	state := "success"
	for _, st := range list {
		if seen[st.Context] {
			continue
		}
		seen[st.Context] = true
		shown = append(shown, merge(c.s.status(r, st), obj{"avatar_url": nil}))
		if st.State == "failure" || st.State == "error" {
			state = "failure"
		} else if st.State == "pending" && state != "failure" {
			state = "pending"
		}
	}
	if len(shown) == 0 {
		state = "pending"
	}
	h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
	if err != nil {
		return notFound()
	}
	api := c.s.opts.URL + "/repos/" + r.FullName() + "/commits/" + h.String()
	return ok(obj{
		"state": state, "sha": h.String(), "total_count": len(shown), "statuses": shown, "repository": c.s.repository(r), "commit_url": api, "url": api + "/status",
	})
}
