package githubsim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// pullRoutes are pull requests.
func pullRoutes() []route {
	return []route{
		{"GET /repos/{owner}/{repo}/pulls", "pull_requests:read", withRepo(listPulls)},
		{"POST /repos/{owner}/{repo}/pulls", "pull_requests:write", withRepo(createPull)},
		{"GET /repos/{owner}/{repo}/pulls/{number}", "pull_requests:read", withPull(func(c *call, r *Repository, i *Issue) reply { return ok(c.s.pullFull(r, i)) })},
		{"PATCH /repos/{owner}/{repo}/pulls/{number}", "pull_requests:write", withPull(patchPull)},
		{"GET /repos/{owner}/{repo}/pulls/{number}/files", "pull_requests:read", withPull(pullFiles)},
		{"GET /repos/{owner}/{repo}/pulls/{number}/commits", "pull_requests:read", withPull(pullCommits)},
		{"GET /repos/{owner}/{repo}/pulls/{number}/reviews", "pull_requests:read", withPull(func(*call, *Repository, *Issue) reply { return ok([]any{}) })},
		{"GET /repos/{owner}/{repo}/pulls/{number}/merge", "pull_requests:read", withPull(func(_ *call, _ *Repository, i *Issue) reply {
			if i.Pull.MergedAt.IsZero() {
				return notFound()
			}
			return noContent()
		})},
		{"PUT /repos/{owner}/{repo}/pulls/{number}/merge", "contents:write", withPull(mergePull)},
	}
}

func withPull(do func(*call, *Repository, *Issue) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		i := r.Issues[c.number("number")]
		if i == nil || i.Pull == nil {
			return notFound()
		}
		return do(c, r, i)
	})
}

// why is the text of an act that was refused.
func why(err error) string {
	if errors.Is(err, ErrRefused) {
		return strings.TrimPrefix(err.Error(), ErrRefused.Error()+": ")
	}
	return err.Error()
}

func listPulls(c *call, r *Repository) reply {
	state, head, base := c.query("state"), c.query("head"), c.query("base")
	if state == "" {
		state = "open"
	}
	list := newestFirst(r, func(i *Issue) bool {
		p := i.Pull
		switch {
		case p == nil, state != "all" && i.State != state, base != "" && p.BaseRef != base:
			return false
		case head == "":
			return true
		}
		return p.HeadRepo != nil && strings.EqualFold(head, p.HeadRepo.Owner.Login+":"+p.HeadRef)
	})
	return paged(c, list, func(i *Issue) any { return c.s.pull(r, i) })
}

func createPull(c *call, r *Repository) reply {
	var in struct {
		Title, Head, Base, Body string
		Draft                   bool
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Title == "" {
		return invalid("PullRequest", "title", "missing_field")
	}
	i, err := c.s.openPull(r, c.actor(), in.Title, in.Body, in.Head, in.Base, in.Draft)
	if err != nil {
		return invalidMessage("PullRequest", "head", why(err))
	}
	return created(c.s.pullFull(r, i))
}

func patchPull(c *call, r *Repository, i *Issue) reply {
	var in struct{ Title, Body, State, Base *string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	changes := obj{}
	if in.Title != nil && *in.Title != i.Title {
		changes["title"] = obj{"from": i.Title}
		i.Title = *in.Title
	}
	if in.Body != nil && *in.Body != i.Body {
		changes["body"] = obj{"from": i.Body}
		i.Body = *in.Body
	}
	if in.Base != nil && *in.Base != i.Pull.BaseRef {
		to, there := r.Git.Branch(*in.Base)
		if !there {
			return invalid("PullRequest", "base", "invalid")
		}
		changes["base"] = obj{"ref": obj{"from": i.Pull.BaseRef}, "sha": obj{"from": i.Pull.Base.String()}}
		i.Pull.BaseRef, i.Pull.Base = *in.Base, to
	}
	i.UpdatedAt = c.s.time()
	if len(changes) > 0 {
		c.s.pullEvent(r, i, "edited", c.actor(), obj{"changes": changes})
	}
	if in.State != nil {
		if err := c.s.setState(r, i, c.actor(), *in.State); err != nil {
			return invalidMessage("PullRequest", "state", why(err))
		}
	}
	return ok(c.s.pullFull(r, i))
}

func pullFiles(c *call, r *Repository, i *Issue) reply {
	d, err := r.Git.Compare(i.Pull.Base, i.Pull.Head)
	if err != nil {
		return notFound()
	}
	return paged(c, d.Files, func(f FileChange) any { return c.s.file(r, i.Pull.Head, f) })
}

func pullCommits(c *call, r *Repository, i *Issue) reply {
	d, err := r.Git.Compare(i.Pull.Base, i.Pull.Head)
	if err != nil {
		return notFound()
	}
	return paged(c, d.Ahead, func(commit *object.Commit) any { return c.s.commit(r, commit) })
}

func mergePull(c *call, r *Repository, i *Issue) reply {
	if no := c.mayWrite(r); no.status != 0 {
		return no
	}
	var in struct {
		Method string `json:"merge_method"`
		Title  string `json:"commit_title"`
		SHA    string
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.SHA != "" && in.SHA != i.Pull.Head.String() {
		return refuse(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	if in.Method == "" {
		in.Method = "merge"
	}
	h, err := c.s.merge(r, i, c.actor(), in.Method, in.Title)
	if err != nil {
		return refuse(http.StatusMethodNotAllowed, why(err))
	}
	return ok(obj{"sha": h.String(), "merged": true, "message": "Pull Request successfully merged"})
}
