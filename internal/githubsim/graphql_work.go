package githubsim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/cairn-dev/cairn/internal/githubsim/graphql"
)

// numbered lists the issues or the pull requests of a repository by number.
func numbered(r *Repository, pulls bool) []*Issue {
	var out []*Issue
	for _, i := range r.Issues {
		if (i.Pull != nil) == pulls {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b *Issue) int { return cmp.Compare(a.Number, b.Number) })
	return out
}

func (w *world) Issues(repo *graphql.Repository) []*graphql.Issue {
	return each(numbered(w.of(repo), false), func(i *Issue) *graphql.Issue {
		out := w.issue(repo, i)
		return &out
	})
}

func (w *world) issue(repo *graphql.Repository, i *Issue) graphql.Issue {
	kind, id, page := "Issue", i.ID, "/issues/"
	if i.Pull != nil {
		kind, id, page = "PullRequest", i.Pull.ID, "/pull/"
	}
	return graphql.Issue{
		NodeID: nodeID(kind, id), ID: int(id), Repo: repo, Number: i.Number, Title: i.Title, Body: i.Body, State: upper(i.State),
		Reason: upper(i.Reason), Author: w.account(i.Author), Assignees: each(i.Assignees, w.account),
		Labels: each(i.Labels, func(l *Label) *graphql.Label {
			return &graphql.Label{NodeID: nodeID("Label", l.ID), Name: l.Name, Color: l.Color, Description: l.Description, Repo: repo, URL: repo.URL + "/labels/" + l.Name}
		}),
		URL: repo.URL + page + strconv.Itoa(i.Number), CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt, ClosedAt: i.ClosedAt,
	}
}

func (w *world) PullRequests(repo *graphql.Repository) []*graphql.PullRequest {
	return each(numbered(w.of(repo), true), func(i *Issue) *graphql.PullRequest {
		p := i.Pull
		out := &graphql.PullRequest{
			Issue: w.issue(repo, i), Draft: p.Draft, HeadRef: p.HeadRef, HeadOID: p.Head.String(), HeadRepo: w.repository(p.HeadRepo),
			BaseRef: p.BaseRef, BaseOID: p.Base.String(), MergedAt: p.MergedAt, MergedBy: w.account(p.MergedBy),
		}
		if !p.MergeCommit.IsZero() {
			out.MergeCommit = p.MergeCommit.String()
		}
		return out
	})
}

func (w *world) Comments(repo *graphql.Repository, number int) []*graphql.Comment {
	i := w.of(repo).Issues[number]
	if i == nil {
		return nil
	}
	page := w.issue(repo, i).URL
	return each(i.Comments, func(c *Comment) *graphql.Comment {
		return &graphql.Comment{
			NodeID: nodeID("IssueComment", c.ID), ID: int(c.ID), Repo: repo, Number: number, Author: w.account(c.Author), Body: c.Body,
			URL: page + "#issuecomment-" + itoa(c.ID), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		}
	})
}

func (w *world) compare(repo *graphql.Repository, number int) Comparison {
	r := w.of(repo)
	i := r.Issues[number]
	if i == nil || i.Pull == nil {
		return Comparison{}
	}
	compared, err := r.Git.Compare(i.Pull.Base, i.Pull.Head)
	if err != nil {
		return Comparison{}
	}
	return compared
}

func (w *world) Changes(repo *graphql.Repository, number int) []graphql.Change {
	return each(w.compare(repo, number).Files, func(f FileChange) graphql.Change {
		kind := upper(f.Status)
		if kind == "REMOVED" {
			kind = "DELETED"
		}
		return graphql.Change{Path: f.Path, Type: kind, Additions: f.Additions, Deletions: f.Deletions}
	})
}

func (w *world) Commits(repo *graphql.Repository, number int) []*graphql.Commit {
	return each(w.compare(repo, number).Ahead, w.commit)
}

func (w *world) CheckSuites(repo *graphql.Repository, sha string) []*graphql.CheckSuite {
	r := w.of(repo)
	var out []*graphql.CheckSuite
	for _, suite := range r.Suites {
		if suite.SHA == plumbing.NewHash(sha) {
			out = append(out, w.suite(r, suite))
		}
	}
	return out
}

func (w *world) suite(r *Repository, suite *CheckSuite) *graphql.CheckSuite {
	app := w.s.app
	out := &graphql.CheckSuite{
		NodeID: nodeID("CheckSuite", suite.ID), ID: int(suite.ID), Repo: w.repository(r), SHA: suite.SHA.String(), Branch: suite.Branch,
		App: &graphql.App{
			NodeID: nodeID("App", app.ID), ID: int(app.ID), Slug: app.Slug, Name: app.Name, URL: w.s.opts.URL + "/apps/" + app.Slug,
			CreatedAt: app.CreatedAt, UpdatedAt: app.CreatedAt,
		},
		Status: upper(suite.Status()), Conclusion: upper(suite.Conclusion()), CreatedAt: suite.CreatedAt, UpdatedAt: suite.UpdatedAt,
	}
	out.Runs = each(suite.Runs, func(run *CheckRun) *graphql.CheckRun {
		return &graphql.CheckRun{
			NodeID: nodeID("CheckRun", run.ID), ID: int(run.ID), Suite: out, Name: run.Name, Status: upper(run.Status), Conclusion: upper(run.Conclusion),
			ExternalID: run.ExternalID, Title: run.Title, Summary: run.Summary, Text: run.Text, DetailsURL: run.DetailsURL, URL: w.s.checkRunURL(r, run),
			StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, Annotations: each(run.Annotations, shownAnnotation),
		}
	})
	return out
}

func shownAnnotation(a Annotation) graphql.Annotation {
	return graphql.Annotation{
		Path: a.Path, StartLine: a.StartLine, EndLine: a.EndLine, StartColumn: a.StartColumn, EndCol: a.EndColumn,
		Level: upper(a.AnnotationLevel), Title: a.Title, Message: a.Message, Data: a.RawDetails,
	}
}

func (w *world) Statuses(repo *graphql.Repository, sha string) []*graphql.Status {
	latest := map[string]*graphql.Status{} // by context: the newest counts
	var contexts []string
	for _, st := range w.of(repo).Statuses {
		if st.SHA != plumbing.NewHash(sha) {
			continue
		}
		if latest[st.Context] == nil {
			contexts = append(contexts, st.Context)
		}
		latest[st.Context] = &graphql.Status{
			NodeID: nodeID("StatusContext", st.ID), Repo: repo, SHA: sha, Context: st.Context, State: upper(st.State),
			Description: st.Description, TargetURL: st.TargetURL, Creator: w.account(st.Creator), CreatedAt: st.CreatedAt,
		}
	}
	return each(contexts, func(name string) *graphql.Status { return latest[name] })
}

func (w *world) Deployments(repo *graphql.Repository) []*graphql.Deployment {
	return each(w.of(repo).Deployments, func(d *Deployment) *graphql.Deployment {
		out := &graphql.Deployment{
			NodeID: nodeID("Deployment", d.ID), ID: int(d.ID), Repo: repo, SHA: d.SHA.String(), Environment: d.Environment,
			OriginalEnvironment: d.Original, Task: d.Task, Description: d.Description, Creator: w.account(d.Creator), CreatedAt: d.CreatedAt,
			UpdatedAt: d.UpdatedAt, State: "PENDING",
		}
		if d.Ref != "" {
			out.Ref = "refs/heads/" + strings.TrimPrefix(d.Ref, "refs/heads/")
		}
		if text, err := json.Marshal(d.Payload); err == nil && d.Payload != nil {
			out.Payload = string(text)
		}
		for _, st := range d.Statuses {
			out.Statuses = append(out.Statuses, &graphql.DeploymentStatus{
				NodeID: nodeID("DeploymentStatus", st.ID), Deployment: out, State: upper(st.State), Description: st.Description, Environment: st.Environment,
				EnvironmentURL: st.EnvironmentURL, LogURL: st.LogURL, Creator: w.account(st.Creator), CreatedAt: st.CreatedAt, UpdatedAt: st.CreatedAt,
			})
			out.State = deploymentState(st.State)
		}
		return out
	})
}

// deploymentState is what the newest status makes of its deployment: a success
// is an active deployment.
func deploymentState(status string) string {
	if status == "success" {
		return "ACTIVE"
	}
	return upper(status)
}

// Releases is empty: the stand-in has none.
func (w *world) Releases(*graphql.Repository) []*graphql.Release { return nil }
