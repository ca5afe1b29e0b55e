package githubsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// issueRoutes are issues, comments and reactions. A comment on a pull request may
// be written with the permission for either.
func issueRoutes() []route {
	const read, write = "issues|pull_requests:read", "issues|pull_requests:write"
	return []route{
		{"GET /repos/{owner}/{repo}/issues", "issues:read", withRepo(listIssues)},
		{"POST /repos/{owner}/{repo}/issues", "issues:write", withRepo(createIssue)},
		{"GET /repos/{owner}/{repo}/issues/{number}", read, withIssue(func(c *call, r *Repository, i *Issue) reply {
			return ok(merge(c.s.issue(r, i), obj{"closed_by": nil}))
		})},
		{"PATCH /repos/{owner}/{repo}/issues/{number}", write, withIssue(patchIssue)},
		{"GET /repos/{owner}/{repo}/issues/{number}/comments", read, withIssue(func(c *call, r *Repository, i *Issue) reply {
			since, _ := time.Parse(time.RFC3339, c.query("since")) // the zero time lists all
			list := slices.DeleteFunc(slices.Clone(i.Comments), func(cm *Comment) bool { return cm.UpdatedAt.Before(since) })
			return paged(c, list, func(cm *Comment) any { return c.s.comment(r, i, cm) })
		})},
		{"POST /repos/{owner}/{repo}/issues/{number}/comments", write, withIssue(createComment)},
		{"GET /repos/{owner}/{repo}/issues/comments/{id}", read, withComment(func(c *call, r *Repository, i *Issue, cm *Comment) reply { return ok(c.s.comment(r, i, cm)) })},
		{"PATCH /repos/{owner}/{repo}/issues/comments/{id}", write, withComment(patchComment)},
		{"DELETE /repos/{owner}/{repo}/issues/comments/{id}", write, withComment(deleteComment)},
		{"GET /repos/{owner}/{repo}/issues/comments/{id}/reactions", read, withComment(func(c *call, _ *Repository, _ *Issue, cm *Comment) reply {
			return paged(c, cm.Reactions, c.s.reaction)
		})},
		{"POST /repos/{owner}/{repo}/issues/comments/{id}/reactions", write, withComment(func(c *call, _ *Repository, _ *Issue, cm *Comment) reply { return c.react(&cm.Reactions) })},
		{"DELETE /repos/{owner}/{repo}/issues/comments/{id}/reactions/{reaction}", write, withComment(func(c *call, _ *Repository, _ *Issue, cm *Comment) reply { return c.unreact(&cm.Reactions) })},
		{"GET /repos/{owner}/{repo}/issues/{number}/reactions", read, withIssue(func(c *call, _ *Repository, i *Issue) reply { return paged(c, i.Reactions, c.s.reaction) })},
		{"POST /repos/{owner}/{repo}/issues/{number}/reactions", write, withIssue(func(c *call, _ *Repository, i *Issue) reply { return c.react(&i.Reactions) })},
		{"GET /repos/{owner}/{repo}/issues/{number}/labels", read, withIssue(func(c *call, r *Repository, i *Issue) reply { return ok(c.s.labels(r, i.Labels)) })},
		{"POST /repos/{owner}/{repo}/issues/{number}/labels", write, withIssue(addLabels)},
		{"DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", write, withIssue(removeLabel)},
		{"GET /repos/{owner}/{repo}/labels", "issues:read", withRepo(func(c *call, r *Repository) reply {
			return paged(c, r.Labels, func(l *Label) any { return c.s.label(r, l) })
		})},
	}
}

func withIssue(do func(*call, *Repository, *Issue) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		i := r.Issues[c.number("number")]
		if i == nil {
			return notFound()
		}
		return do(c, r, i)
	})
}

func withComment(do func(*call, *Repository, *Issue, *Comment) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		for _, i := range r.Issues {
			for _, cm := range i.Comments {
				if cm.ID == int64(c.number("id")) {
					return do(c, r, i, cm)
				}
			}
		}
		return notFound()
	})
}

func listIssues(c *call, r *Repository) reply {
	state, label := c.query("state"), c.query("labels")
	if state == "" {
		state = "open"
	}
	list := newestFirst(r, func(i *Issue) bool {
		has := label == "" || slices.ContainsFunc(i.Labels, func(l *Label) bool { return l.Name == label })
		return has && (state == "all" || i.State == state)
	})
	return paged(c, list, func(i *Issue) any { return c.s.issue(r, i) })
}

func createIssue(c *call, r *Repository) reply {
	var in struct {
		Title, Body string
		Labels      []string
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Title == "" {
		return invalid("Issue", "title", "missing_field")
	}
	if tooLong(in.Body) {
		return invalidMessage("Issue", "body", "body is too long (maximum is 65536 characters)")
	}
	i := c.s.newIssue(r, c.actor(), in.Title, in.Body)
	c.s.putLabels(r, i, in.Labels)
	c.s.emit("issues", "opened", c.s.state.installationOf(r), r, c.actor(), obj{"issue": c.s.issue(r, i)})
	return created(merge(c.s.issue(r, i), obj{"closed_by": nil}))
}

func tooLong(s string) bool { return len([]rune(s)) > maxText }

func patchIssue(c *call, r *Repository, i *Issue) reply {
	var in struct {
		Title, Body, State *string
		Labels             []string
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	changes := obj{}
	if in.Title != nil && *in.Title != i.Title {
		changes["title"] = obj{"from": i.Title}
		i.Title = *in.Title
	}
	if in.Body != nil && *in.Body != i.Body {
		if tooLong(*in.Body) {
			return invalidMessage("Issue", "body", "body is too long (maximum is 65536 characters)")
		}
		changes["body"] = obj{"from": i.Body}
		i.Body = *in.Body
	}
	if in.Labels != nil {
		i.Labels = nil
		c.s.putLabels(r, i, in.Labels)
	}
	i.UpdatedAt = c.s.time()
	if len(changes) > 0 && i.Pull == nil {
		c.s.emit("issues", "edited", c.s.state.installationOf(r), r, c.actor(), obj{"issue": c.s.issue(r, i), "changes": changes})
	}
	if in.State != nil {
		if err := c.s.setState(r, i, c.actor(), *in.State); err != nil {
			return invalidMessage("Issue", "state", why(err))
		}
	}
	return ok(merge(c.s.issue(r, i), obj{"closed_by": nil}))
}

// putLabels puts labels on an issue; those the repository lacks are made.
func (s *Server) putLabels(r *Repository, i *Issue, names []string) {
	for _, name := range names {
		n := slices.IndexFunc(r.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, name) })
		if n < 0 {
			n = len(r.Labels)
			r.Labels = append(r.Labels, &Label{ID: s.state.id(), Name: name, Color: "ededed"})
		}
		if !slices.Contains(i.Labels, r.Labels[n]) {
			i.Labels = append(i.Labels, r.Labels[n])
		}
	}
}

func addLabels(c *call, r *Repository, i *Issue) reply {
	var in struct{ Labels []string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	before := len(i.Labels)
	c.s.putLabels(r, i, in.Labels)
	for _, l := range i.Labels[before:] {
		body := obj{"label": c.s.label(r, l)}
		if i.Pull != nil {
			c.s.pullEvent(r, i, "labeled", c.actor(), body)
			continue
		}
		c.s.emit("issues", "labeled", c.s.state.installationOf(r), r, c.actor(), merge(body, obj{"issue": c.s.issue(r, i)}))
	}
	return ok(c.s.labels(r, i.Labels))
}

func removeLabel(c *call, r *Repository, i *Issue) reply {
	before := len(i.Labels)
	i.Labels = slices.DeleteFunc(i.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, c.path("name")) })
	if len(i.Labels) == before {
		return refuse(http.StatusNotFound, "Label does not exist")
	}
	return ok(c.s.labels(r, i.Labels))
}

func createComment(c *call, r *Repository, i *Issue) reply {
	var in struct{ Body string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Body == "" {
		return invalid("IssueComment", "body", "missing_field")
	}
	if tooLong(in.Body) {
		return invalidMessage("IssueComment", "body", "body is too long (maximum is 65536 characters)")
	}
	return created(c.s.comment(r, i, c.s.addComment(r, i, c.actor(), c.caller.token != nil, in.Body)))
}

func patchComment(c *call, r *Repository, i *Issue, cm *Comment) reply {
	var in struct{ Body string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Body == "" || tooLong(in.Body) {
		return invalid("IssueComment", "body", "invalid")
	}
	from := cm.Body
	cm.Body, cm.UpdatedAt = in.Body, c.s.time()
	c.s.emit("issue_comment", "edited", c.s.state.installationOf(r), r, c.actor(), obj{
		"issue": c.s.issue(r, i), "comment": c.s.comment(r, i, cm), "changes": obj{"body": obj{"from": from}},
	})
	return ok(c.s.comment(r, i, cm))
}

func deleteComment(c *call, _ *Repository, i *Issue, cm *Comment) reply {
	i.Comments = slices.DeleteFunc(i.Comments, func(other *Comment) bool { return other == cm })
	return noContent()
}

// react adds the caller's reaction; one that is there already is answered with 200.
func (c *call) react(list *[]*Reaction) reply {
	content, _ := c.body["content"].(string)
	if !slices.Contains(reactionContents(), content) {
		return invalid("Reaction", "content", "invalid")
	}
	for _, r := range *list {
		if r.Author == c.actor() && r.Content == content {
			return ok(c.s.reaction(r))
		}
	}
	r := &Reaction{ID: c.s.state.id(), Author: c.actor(), Content: content, CreatedAt: c.s.time()}
	*list = append(*list, r)
	return created(c.s.reaction(r))
}

func (c *call) unreact(list *[]*Reaction) reply {
	before := len(*list)
	id, err := strconv.ParseInt(c.path("reaction"), 10, 64)
	if err != nil {
		return notFound()
	}
	*list = slices.DeleteFunc(*list, func(r *Reaction) bool { return r.ID == id })
	if len(*list) == before {
		return notFound()
	}
	return noContent()
}
