package githubsim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"
)

// checkRoutes are check runs and suites.
func checkRoutes() []route {
	return []route{
		{"POST /repos/{owner}/{repo}/check-runs", "checks:write", withRepo(createCheckRun)},
		{"GET /repos/{owner}/{repo}/check-runs/{id}", "checks:read", withRun(func(c *call, r *Repository, run *CheckRun) reply { return ok(c.s.checkRun(r, run)) })},
		{"PATCH /repos/{owner}/{repo}/check-runs/{id}", "checks:write", withRun(updateCheckRun)},
		{"GET /repos/{owner}/{repo}/check-runs/{id}/annotations", "checks:read", withRun(listAnnotations)},
		{"POST /repos/{owner}/{repo}/check-runs/{id}/rerequest", "checks:write", withRun(func(c *call, r *Repository, run *CheckRun) reply {
			c.s.rerun(r, run, c.actor())
			return reply{status: http.StatusCreated, body: obj{}}
		})},
		{"GET /repos/{owner}/{repo}/commits/{ref}/check-runs", "checks:read", withRepo(func(c *call, r *Repository) reply {
			h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
			if err != nil {
				return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path("ref"))
			}
			var runs []*CheckRun
			if suite := c.s.suite(r, h); suite != nil {
				runs = suite.Runs
			}
			return listRuns(c, r, runs)
		})},
		{"GET /repos/{owner}/{repo}/commits/{ref}/check-suites", "checks:read", withRepo(func(c *call, r *Repository) reply {
			h, err := r.Git.Resolve(c.path("ref"), r.DefaultBranch)
			if err != nil {
				return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.path("ref"))
			}
			var suites []*CheckSuite
			if suite := c.s.suite(r, h); suite != nil {
				suites = append(suites, suite)
			}
			return counted(c, "check_suites", suites, func(suite *CheckSuite) any { return c.s.checkSuiteFull(r, suite) })
		})},
		{"GET /repos/{owner}/{repo}/check-suites/{id}", "checks:read", withSuite(func(c *call, r *Repository, suite *CheckSuite) reply { return ok(c.s.checkSuiteFull(r, suite)) })},
		{"GET /repos/{owner}/{repo}/check-suites/{id}/check-runs", "checks:read", withSuite(func(c *call, r *Repository, suite *CheckSuite) reply { return listRuns(c, r, suite.Runs) })},
		{"POST /repos/{owner}/{repo}/check-suites/{id}/rerequest", "checks:write", withSuite(func(c *call, r *Repository, suite *CheckSuite) reply {
			c.s.rerunSuite(r, suite, c.actor())
			return reply{status: http.StatusCreated, body: obj{}}
		})},
	}
}

func (s *Server) checkSuiteFull(r *Repository, c *CheckSuite) obj {
	return merge(s.checkSuite(r, c), obj{"repository": s.repository(r)})
}

func withRun(do func(*call, *Repository, *CheckRun) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		run := c.s.run(r, int64(c.number("id")))
		if run == nil {
			return notFound()
		}
		return do(c, r, run)
	})
}

func withSuite(do func(*call, *Repository, *CheckSuite) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		for _, suite := range r.Suites {
			if suite.ID == int64(c.number("id")) {
				return do(c, r, suite)
			}
		}
		return notFound()
	})
}

func listRuns(c *call, r *Repository, runs []*CheckRun) reply {
	var list []*CheckRun
	for n := len(runs) - 1; n >= 0; n-- {
		name, status := c.query("check_name"), c.query("status")
		if (name == "" || runs[n].Name == name) && (status == "" || runs[n].Status == status) {
			list = append(list, runs[n])
		}
	}
	return counted(c, "check_runs", list, func(run *CheckRun) any { return c.s.checkRun(r, run) })
}

func listAnnotations(c *call, r *Repository, run *CheckRun) reply {
	return paged(c, run.Annotations, func(a Annotation) any {
		var start, end any
		if a.StartColumn > 0 {
			start, end = a.StartColumn, a.EndColumn
		}
		return obj{
			"path": a.Path, "blob_href": c.s.opts.URL + "/" + r.FullName() + "/blob/" + run.Suite.SHA.String() + "/" + a.Path, "start_line": a.StartLine,
			"end_line": a.EndLine, "start_column": start, "end_column": end, "annotation_level": a.AnnotationLevel, "title": text(a.Title),
			"message": a.Message, "raw_details": text(a.RawDetails),
		}
	})
}

// runChange is the body of creating and updating a check run.
type runChange struct {
	Name        *string    `json:"name"`
	HeadSHA     string     `json:"head_sha"`
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	Status      *string    `json:"status"`
	Conclusion  *string    `json:"conclusion"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct {
		Title       *string      `json:"title"`
		Summary     *string      `json:"summary"`
		Text        *string      `json:"text"`
		Annotations []Annotation `json:"annotations"`
	} `json:"output"`
	Actions []CheckAction `json:"actions"`
}

// GitHub's limits of a check run (page "REST API endpoints for check runs").
const (
	maxRunText        = 65535
	maxRunAnnotations = 50
)

func (in runChange) problem() reply {
	if in.Status != nil && !slices.Contains([]string{"queued", "in_progress", "completed", "waiting", "requested", "pending"}, *in.Status) {
		return invalid("CheckRun", "status", "invalid")
	}
	conclusions := []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"}
	switch {
	case in.Conclusion != nil && !slices.Contains(conclusions, *in.Conclusion):
		return invalid("CheckRun", "conclusion", "invalid")
	case in.Status != nil && *in.Status == "completed" && in.Conclusion == nil:
		return invalid("CheckRun", "conclusion", "missing_field")
	case len(in.Actions) > 3:
		return invalidMessage("CheckRun", "actions", "actions exceeds a maximum quantity of 3")
	}
	for _, a := range in.Actions {
		if len([]rune(a.Label)) > 20 || len([]rune(a.Description)) > 40 || len([]rune(a.Identifier)) > 20 {
			return invalidMessage("CheckRun", "actions", "label, description and identifier have at most 20, 40 and 20 characters")
		}
	}
	if in.Output == nil {
		return reply{}
	}
	for field, s := range map[string]*string{"summary": in.Output.Summary, "text": in.Output.Text} {
		if s != nil && len(*s) > maxRunText {
			return invalidMessage("CheckRun", field, fmt.Sprintf("Only %d characters are allowed; %d were supplied.", maxRunText, utf8.RuneCountInString(*s)))
		}
	}
	if len(in.Output.Annotations) > maxRunAnnotations {
		return refuse(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid request.\n\nNo more than %d items are allowed; %d were supplied.", maxRunAnnotations, len(in.Output.Annotations)))
	}
	for _, a := range in.Output.Annotations {
		if a.Path == "" || a.Message == "" || a.StartLine < 1 || a.EndLine < a.StartLine || !slices.Contains([]string{"notice", "warning", "failure"}, a.AnnotationLevel) {
			return invalid("CheckRun", "annotations", "invalid")
		}
	}
	return reply{}
}

// apply writes what was given; annotations are added to those there are.
func (in runChange) apply(run *CheckRun, now time.Time) {
	set := func(to, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&run.Name, in.Name)
	set(&run.DetailsURL, in.DetailsURL)
	set(&run.ExternalID, in.ExternalID)
	if in.Status != nil {
		run.Status = *in.Status
		if run.Status != "completed" {
			run.Conclusion, run.CompletedAt = "", time.Time{}
		}
	}
	if in.Conclusion != nil {
		run.Status, run.Conclusion, run.CompletedAt = "completed", *in.Conclusion, now
	}
	if in.StartedAt != nil {
		run.StartedAt = *in.StartedAt
	}
	if in.CompletedAt != nil {
		run.CompletedAt = *in.CompletedAt
	}
	if in.Actions != nil {
		run.Actions = in.Actions
	}
	if in.Output == nil {
		return
	}
	set(&run.Title, in.Output.Title)
	set(&run.Summary, in.Output.Summary)
	set(&run.Text, in.Output.Text)
	run.Annotations = append(run.Annotations, in.Output.Annotations...)
}

func createCheckRun(c *call, r *Repository) reply {
	if c.caller.token == nil {
		return refuse(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	var in runChange
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == "" {
		return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\"name\", \"head_sha\" weren't supplied.")
	}
	if no := in.problem(); no.status != 0 {
		return no
	}
	h := plumbing.NewHash(in.HeadSHA)
	if _, err := r.Git.Commit(h); err != nil {
		return refuse(http.StatusUnprocessableEntity, "No commit found for SHA: "+in.HeadSHA)
	}
	suite := c.s.suite(r, h)
	if suite == nil { // a fork's head: GitHub made no suite when it was pushed
		suite = c.s.newSuite(r, "", plumbing.ZeroHash, h)
	}
	run := &CheckRun{ID: c.s.state.id(), Suite: suite, Status: "queued", StartedAt: c.s.time()}
	in.apply(run, c.s.time())
	suite.Runs = append(suite.Runs, run)
	suite.Reset, suite.UpdatedAt = false, c.s.time()
	c.tellRun(r, run, "created")
	if run.Status == "completed" {
		c.tellRun(r, run, "completed")
	}
	return created(c.s.checkRun(r, run))
}

func updateCheckRun(c *call, r *Repository, run *CheckRun) reply {
	var in runChange
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if no := in.problem(); no.status != 0 {
		return no
	}
	before := run.Status
	in.apply(run, c.s.time())
	run.Suite.Reset, run.Suite.UpdatedAt = false, c.s.time()
	if before != "completed" && run.Status == "completed" {
		c.tellRun(r, run, "completed")
	}
	return ok(c.s.checkRun(r, run))
}

func (c *call) tellRun(r *Repository, run *CheckRun, action string) {
	c.s.emit("check_run", action, c.s.state.installationOf(r), r, c.actor(), obj{"check_run": c.s.checkRunEvent(r, run)})
}
