package githubsim

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func (s *Server) label(r *Repository, l *Label) obj {
	return obj{
		"id": l.ID, "node_id": nodeID("Label", l.ID), "url": s.opts.URL + "/repos/" + r.FullName() + "/labels/" + l.Name,
		"name": l.Name, "color": l.Color, "default": false, "description": text(l.Description),
	}
}

func (s *Server) labels(r *Repository, list []*Label) []any {
	out := []any{}
	for _, l := range list {
		out = append(out, s.label(r, l))
	}
	return out
}

func (s *Server) users(list []*Account) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, s.user(a))
	}
	return out
}

func (s *Server) issue(r *Repository, i *Issue) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/issues/" + strconv.Itoa(i.Number)
	html := s.opts.URL + "/" + r.FullName() + "/issues/" + strconv.Itoa(i.Number)
	out := obj{
		"id": i.ID, "node_id": nodeID("Issue", i.ID), "url": api, "repository_url": s.opts.URL + "/repos/" + r.FullName(),
		"labels_url": api + "/labels{/name}", "comments_url": api + "/comments", "events_url": api + "/events", "html_url": html,
		"timeline_url": api + "/timeline", "number": i.Number, "state": i.State, "state_reason": text(i.Reason), "title": i.Title, "body": text(i.Body),
		"user": s.user(i.Author), "labels": s.labels(r, i.Labels), "assignee": nil, "assignees": s.users(i.Assignees), "milestone": nil,
		"locked": false, "active_lock_reason": nil, "comments": len(i.Comments), "created_at": at(i.CreatedAt), "updated_at": at(i.UpdatedAt),
		"closed_at": at(i.ClosedAt), "author_association": s.state.association(r, i.Author), "reactions": s.reactionSummary(api, i.Reactions),
	}
	if len(i.Assignees) > 0 {
		out["assignee"] = s.user(i.Assignees[0])
	}
	if p := i.Pull; p != nil {
		pull := s.opts.URL + "/" + r.FullName() + "/pull/" + strconv.Itoa(i.Number)
		out["html_url"], out["draft"] = pull, p.Draft
		out["pull_request"] = obj{
			"url": s.opts.URL + "/repos/" + r.FullName() + "/pulls/" + strconv.Itoa(i.Number), "html_url": pull,
			"diff_url": pull + ".diff", "patch_url": pull + ".patch", "merged_at": at(p.MergedAt),
		}
	}
	return out
}

func (s *Server) reactionSummary(api string, list []*Reaction) obj {
	out := obj{"url": api + "/reactions", "total_count": len(list)}
	for _, content := range reactionContents() {
		out[content] = 0
	}
	for _, r := range list {
		if n, ok := out[r.Content].(int); ok {
			out[r.Content] = n + 1
		}
	}
	return out
}

func reactionContents() []string {
	return []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket"}
}

func (s *Server) reaction(r *Reaction) any {
	return obj{"id": r.ID, "node_id": nodeID("Reaction", r.ID), "user": s.user(r.Author), "content": r.Content, "created_at": at(r.CreatedAt)}
}

func (s *Server) comment(r *Repository, i *Issue, c *Comment) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/issues"
	kind := "/issues/"
	if i.Pull != nil {
		kind = "/pull/"
	}
	out := obj{
		"id": c.ID, "node_id": nodeID("IssueComment", c.ID), "url": api + "/comments/" + itoa(c.ID),
		"html_url":  s.opts.URL + "/" + r.FullName() + kind + strconv.Itoa(i.Number) + "#issuecomment-" + itoa(c.ID),
		"issue_url": api + "/" + strconv.Itoa(i.Number), "user": s.user(c.Author), "body": c.Body, "created_at": at(c.CreatedAt),
		"updated_at": at(c.UpdatedAt), "author_association": s.state.association(r, c.Author),
		"reactions": s.reactionSummary(api+"/comments/"+itoa(c.ID), c.Reactions), "performed_via_github_app": nil,
	}
	if c.ViaApp {
		out["performed_via_github_app"] = s.application()
	}
	return out
}

// branchRef is the head or base of a pull request.
func (s *Server) branchRef(r *Repository, ref string, at plumbing.Hash) obj {
	if r == nil {
		return obj{"label": "unknown repository", "ref": ref, "sha": at.String(), "user": nil, "repo": nil}
	}
	return obj{"label": r.Owner.Login + ":" + ref, "ref": ref, "sha": at.String(), "user": s.user(r.Owner), "repo": s.repository(r)}
}

// pull is the form of lists and events.
func (s *Server) pull(r *Repository, i *Issue) obj {
	p := i.Pull
	api := s.opts.URL + "/repos/" + r.FullName()
	self := api + "/pulls/" + strconv.Itoa(i.Number)
	html := s.opts.URL + "/" + r.FullName() + "/pull/" + strconv.Itoa(i.Number)
	issue := api + "/issues/" + strconv.Itoa(i.Number)
	link := func(href string) obj { return obj{"href": href} }
	return obj{
		"id": p.ID, "node_id": nodeID("PullRequest", p.ID), "url": self, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"issue_url": issue, "commits_url": self + "/commits", "review_comments_url": self + "/comments",
		"review_comment_url": api + "/pulls/comments{/number}", "comments_url": issue + "/comments", "statuses_url": api + "/statuses/" + p.Head.String(),
		"number": i.Number, "state": i.State, "locked": false, "active_lock_reason": nil, "title": i.Title, "body": text(i.Body), "user": s.user(i.Author),
		"labels": s.labels(r, i.Labels), "milestone": nil, "assignee": nil, "assignees": s.users(i.Assignees), "requested_reviewers": []any{},
		"requested_teams": []any{}, "created_at": at(i.CreatedAt), "updated_at": at(i.UpdatedAt), "closed_at": at(i.ClosedAt),
		"merged_at": at(p.MergedAt), "merge_commit_sha": sha(p.MergeCommit), "draft": p.Draft, "auto_merge": nil,
		"author_association": s.state.association(r, i.Author), "head": s.branchRef(p.HeadRepo, p.HeadRef, p.Head), "base": s.branchRef(r, p.BaseRef, p.Base),
		"_links": obj{
			"self": link(self), "html": link(html), "issue": link(issue), "comments": link(issue + "/comments"),
			"review_comments": link(self + "/comments"), "review_comment": link(api + "/pulls/comments{/number}"),
			"commits": link(self + "/commits"), "statuses": link(api + "/statuses/" + p.Head.String()),
		},
	}
}

// pullFull is the form of one pull request.
func (s *Server) pullFull(r *Repository, i *Issue) obj {
	p := i.Pull
	compared, _ := r.Git.Compare(p.Base, p.Head) // both commits are kept as long as the pull request
	additions, deletions := 0, 0
	for _, f := range compared.Files {
		additions += f.Additions
		deletions += f.Deletions
	}
	return merge(s.pull(r, i), obj{
		"merged": !p.MergedAt.IsZero(), "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "merged_by": s.user(p.MergedBy),
		"comments": len(i.Comments), "review_comments": 0, "maintainer_can_modify": false, "commits": len(compared.Ahead),
		"additions": additions, "deletions": deletions, "changed_files": len(compared.Files),
	})
}

// pullMinimal is the form that check runs and suites carry.
func (s *Server) pullMinimal(r *Repository, i *Issue) obj {
	p := i.Pull
	side := func(of *Repository, ref string, h plumbing.Hash) obj {
		return obj{"ref": ref, "sha": h.String(), "repo": obj{"id": of.ID, "url": s.opts.URL + "/repos/" + of.FullName(), "name": of.Name}}
	}
	return obj{
		"id": p.ID, "number": i.Number, "url": s.opts.URL + "/repos/" + r.FullName() + "/pulls/" + strconv.Itoa(i.Number),
		"head": side(p.HeadRepo, p.HeadRef, p.Head), "base": side(r, p.BaseRef, p.Base),
	}
}

// pullsOf lists the open pull requests of a head, without those from forks: GitHub
// does not tell an App of them.
func (s *Server) pullsOf(r *Repository, head plumbing.Hash) []any {
	out := []any{}
	for _, i := range newestFirst(r, func(i *Issue) bool { return i.Pull != nil && i.State == "open" }) {
		if i.Pull.Head == head && i.Pull.HeadRepo == r {
			out = append(out, s.pullMinimal(r, i))
		}
	}
	return out
}

// application is the App, as check runs name it.
func (s *Server) application() obj {
	a := s.app
	permissions := obj{"metadata": "read"}
	for k, v := range a.Permissions {
		permissions[k] = v
	}
	return obj{
		"id": a.ID, "slug": a.Slug, "node_id": nodeID("App", a.ID), "client_id": "Iv23li" + a.Slug, "owner": s.user(a.Owner), "name": a.Name, "description": "",
		"external_url": s.opts.URL + "/apps/" + a.Slug, "html_url": s.opts.URL + "/apps/" + a.Slug,
		"created_at": at(a.CreatedAt), "updated_at": at(a.CreatedAt), "permissions": permissions, "events": orEmpty(a.Events),
	}
}

func (s *Server) checkRun(r *Repository, c *CheckRun) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/check-runs/" + itoa(c.ID)
	html := s.checkRunURL(r, c)
	details := c.DetailsURL
	if details == "" {
		details = html
	}
	return obj{
		"id": c.ID, "node_id": nodeID("CheckRun", c.ID), "head_sha": c.Suite.SHA.String(), "external_id": c.ExternalID, "url": api, "html_url": html,
		"details_url": details, "status": c.Status, "conclusion": text(c.Conclusion), "started_at": at(c.StartedAt), "completed_at": at(c.CompletedAt),
		"output": obj{
			"title": text(c.Title), "summary": text(c.Summary), "text": text(c.Text), "annotations_count": len(c.Annotations), "annotations_url": api + "/annotations",
		},
		"name": c.Name, "check_suite": obj{"id": c.Suite.ID}, "app": s.application(), "pull_requests": s.pullsOf(r, c.Suite.SHA),
	}
}

func (s *Server) checkRunURL(r *Repository, c *CheckRun) string {
	for _, i := range newestFirst(r, func(i *Issue) bool { return i.Pull != nil && i.Pull.Head == c.Suite.SHA }) {
		return s.opts.URL + "/" + r.FullName() + "/pull/" + strconv.Itoa(i.Number) + "#check-" + itoa(c.ID)
	}
	return s.commitURL(r, c.Suite.SHA) + "#check-" + itoa(c.ID)
}

func (s *Server) checkSuite(r *Repository, c *CheckSuite) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/check-suites/" + itoa(c.ID)
	return obj{
		"id": c.ID, "node_id": nodeID("CheckSuite", c.ID), "head_branch": text(c.Branch), "head_sha": c.SHA.String(), "status": c.Status(),
		"conclusion": text(c.Conclusion()), "url": api, "before": sha(c.Before), "after": c.SHA.String(), "pull_requests": s.pullsOf(r, c.SHA),
		"app": s.application(), "created_at": at(c.CreatedAt), "updated_at": at(c.UpdatedAt), "rerequestable": true, "runs_rerequestable": true,
		"latest_check_runs_count": len(c.Runs), "check_runs_url": api + "/check-runs", "head_commit": s.headCommit(r, c.SHA),
	}
}

func (s *Server) headCommit(r *Repository, h plumbing.Hash) any {
	c, err := r.Git.Commit(h)
	if err != nil {
		return nil
	}
	return simpleCommit(c)
}

func (s *Server) deployment(r *Repository, d *Deployment) obj {
	api := s.opts.URL + "/repos/" + r.FullName()
	payload := d.Payload
	if payload == nil {
		payload = obj{}
	}
	return obj{
		"id": d.ID, "node_id": nodeID("Deployment", d.ID), "url": api + "/deployments/" + itoa(d.ID), "sha": d.SHA.String(), "ref": d.Ref, "task": d.Task,
		"payload": payload, "original_environment": d.Original, "environment": d.Environment, "description": text(d.Description), "creator": s.user(d.Creator),
		"created_at": at(d.CreatedAt), "updated_at": at(d.UpdatedAt), "statuses_url": api + "/deployments/" + itoa(d.ID) + "/statuses", "repository_url": api,
		"transient_environment": d.Transient, "production_environment": d.Production, "performed_via_github_app": nil,
	}
}

func (s *Server) deploymentStatus(r *Repository, d *Deployment, st *DeploymentStatus) obj {
	api := s.opts.URL + "/repos/" + r.FullName()
	return obj{
		"id": st.ID, "node_id": nodeID("DeploymentStatus", st.ID), "url": api + "/deployments/" + itoa(d.ID) + "/statuses/" + itoa(st.ID), "state": st.State,
		"creator": s.user(st.Creator), "description": st.Description, "environment": st.Environment, "target_url": st.LogURL, "log_url": st.LogURL,
		"environment_url": st.EnvironmentURL, "created_at": at(st.CreatedAt), "updated_at": at(st.CreatedAt), "deployment_url": api + "/deployments/" + itoa(d.ID),
		"repository_url": api, "performed_via_github_app": nil,
	}
}

func (s *Server) installation(i *Installation) obj {
	api := s.opts.URL + "/app/installations/" + itoa(i.ID)
	selection := "selected"
	if i.All {
		selection = "all"
	}
	return obj{
		"id": i.ID, "account": s.user(i.Account), "access_tokens_url": api + "/access_tokens", "repositories_url": s.opts.URL + "/installation/repositories",
		"html_url": s.opts.URL + "/organizations/" + i.Account.Login + "/settings/installations/" + itoa(i.ID), "app_id": s.app.ID, "app_slug": s.app.Slug,
		"client_id": "Iv23li" + s.app.Slug, "target_id": i.Account.ID, "target_type": i.Account.Type, "permissions": s.permissions(), "events": orEmpty(s.app.Events),
		"single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": []any{}, "repository_selection": selection,
		"created_at": at(i.CreatedAt), "updated_at": at(i.CreatedAt), "suspended_at": s.suspendedAt(i), "suspended_by": nil,
	}
}

func (s *Server) suspendedAt(i *Installation) any {
	if !i.Suspended {
		return nil
	}
	return at(s.time())
}

// permissions are the App's; every App may read metadata.
func (s *Server) permissions() map[string]string {
	out := map[string]string{"metadata": "read"}
	for k, v := range s.app.Permissions {
		out[k] = v
	}
	return out
}

// repositoryBrief is the form that installation events carry.
func repositoryBrief(r *Repository) obj {
	return obj{"id": r.ID, "node_id": nodeID("Repository", r.ID), "name": r.Name, "full_name": r.FullName(), "private": r.Visibility != "public"}
}

// Language is a language's share of a repository in bytes.
type Language struct {
	Name, Color string
	Bytes       int64
}

// languages counts the default branch's bytes by the endings of its files, the
// largest first.
func (s *Server) languages(r *Repository) []Language {
	head, ok := r.Git.Branch(r.DefaultBranch)
	if !ok {
		return nil
	}
	c, err := r.Git.Commit(head)
	if err != nil {
		return nil
	}
	files, err := r.Git.Files(c.TreeHash)
	if err != nil {
		return nil
	}
	var out []Language
	for _, f := range files {
		name, color := language(f.Path)
		if name == "" {
			continue
		}
		i := slices.IndexFunc(out, func(l Language) bool { return l.Name == name })
		if i < 0 {
			i, out = len(out), append(out, Language{Name: name, Color: color})
		}
		out[i].Bytes += r.Git.Size(f.Hash)
	}
	slices.SortStableFunc(out, func(a, b Language) int { return int(b.Bytes - a.Bytes) })
	return out
}

func (s *Server) mainLanguage(r *Repository) string {
	if list := s.languages(r); len(list) > 0 {
		return list[0].Name
	}
	return ""
}

func language(file string) (name, color string) {
	base := path.Base(file)
	switch base {
	case "Dockerfile":
		return "Dockerfile", "#384d54"
	case "Makefile":
		return "Makefile", "#427819"
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".go":
		return "Go", "#00ADD8"
	case ".ts", ".tsx":
		return "TypeScript", "#3178c6"
	case ".js", ".jsx", ".mjs":
		return "JavaScript", "#f1e05a"
	case ".py":
		return "Python", "#3572A5"
	case ".css":
		return "CSS", "#663399"
	case ".html":
		return "HTML", "#e34c26"
	case ".sh":
		return "Shell", "#89e051"
	}
	return "", ""
}
