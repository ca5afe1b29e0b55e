package graphql

import (
	"fmt"
	"slices"
)

func (r *reader) checkSuites(c commit, args Args) (any, error) {
	filter := args.Object("filterBy")
	app, byApp := filter.Int("appId")
	name := filter.String("checkName")
	return paginate(keep(r.world.CheckSuites(c.repo, c.OID), func(s *CheckSuite) bool {
		return (!byApp || s.App.ID == app) && (name == "" || slices.ContainsFunc(s.Runs, func(run *CheckRun) bool { return run.Name == name }))
	}), args)
}

func (r *reader) checkSuite() map[string]Resolver {
	return map[string]Resolver{
		"id":         get(func(s *CheckSuite) any { return s.NodeID }),
		"databaseId": get(func(s *CheckSuite) any { return s.ID }),
		"status":     get(func(s *CheckSuite) any { return s.Status }),
		"conclusion": get(func(s *CheckSuite) any { return orNull(s.Conclusion) }),
		"createdAt":  get(func(s *CheckSuite) any { return s.CreatedAt }),
		"updatedAt":  get(func(s *CheckSuite) any { return s.UpdatedAt }),
		"repository": get(func(s *CheckSuite) any { return s.Repo }),
		"commit":     get(func(s *CheckSuite) any { return r.object(s.Repo, s.SHA, "") }),
		"branch":     get(func(s *CheckSuite) any { return r.refOrNil(s.Repo, "refs/heads/"+s.Branch) }),
		"url":        get(func(s *CheckSuite) any { return fmt.Sprintf("%s/commit/%s", s.Repo.URL, s.SHA) }),
		"app": get(func(s *CheckSuite) any {
			a := s.App
			return fields{"id": a.NodeID, "databaseId": a.ID, "slug": a.Slug, "name": a.Name, "description": orNull(a.Desc),
				"url": a.URL, "createdAt": a.CreatedAt, "updatedAt": a.UpdatedAt}
		}),
		"checkRuns": ask(func(s *CheckSuite, args Args) (any, error) {
			filter := args.Object("filterBy")
			app, byApp := filter.Int("appId")
			return paginate(keep(s.Runs, func(run *CheckRun) bool {
				return (!byApp || s.App.ID == app) && filter.allows("checkName", run.Name) && filter.allows("status", run.Status) &&
					filter.allows("statuses", run.Status) && filter.allows("conclusions", run.Conclusion)
			}), args)
		}),
	}
}

func (r *reader) checkRun() map[string]Resolver {
	return map[string]Resolver{
		"id":          get(func(c *CheckRun) any { return c.NodeID }),
		"databaseId":  get(func(c *CheckRun) any { return c.ID }),
		"name":        get(func(c *CheckRun) any { return c.Name }),
		"status":      get(func(c *CheckRun) any { return c.Status }),
		"conclusion":  get(func(c *CheckRun) any { return orNull(c.Conclusion) }),
		"externalId":  get(func(c *CheckRun) any { return orNull(c.ExternalID) }),
		"title":       get(func(c *CheckRun) any { return orNull(c.Title) }),
		"summary":     get(func(c *CheckRun) any { return orNull(c.Summary) }),
		"text":        get(func(c *CheckRun) any { return orNull(c.Text) }),
		"detailsUrl":  get(func(c *CheckRun) any { return orNull(c.DetailsURL) }),
		"url":         get(func(c *CheckRun) any { return c.URL }),
		"permalink":   get(func(c *CheckRun) any { return c.URL }),
		"startedAt":   get(func(c *CheckRun) any { return orNever(c.StartedAt) }),
		"completedAt": get(func(c *CheckRun) any { return orNever(c.CompletedAt) }),
		"checkSuite":  get(func(c *CheckRun) any { return c.Suite }),
		"repository":  get(func(c *CheckRun) any { return c.Suite.Repo }),
		"annotations": ask(func(c *CheckRun, args Args) (any, error) {
			out := make([]fields, len(c.Annotations))
			for i, a := range c.Annotations {
				out[i] = fields{"databaseId": a.ID, "path": a.Path, "annotationLevel": a.Level, "title": orNull(a.Title),
					"message": a.Message, "rawDetails": orNull(a.Data), "blobUrl": c.Suite.Repo.URL + "/blob/" + c.Suite.SHA + "/" + a.Path,
					"location": fields{"start": position(a.StartLine, a.StartColumn), "end": position(a.EndLine, a.EndCol)}}
			}
			return paginate(out, args)
		}),
	}
}

func position(line, column int) fields {
	f := fields{"line": line, "column": nil}
	if column > 0 {
		f["column"] = column
	}
	return f
}

// rolled is a commit's check runs and statuses together.
type rolled struct {
	of    commit
	items []any // *CheckRun, and fields of a StatusContext
	runs  int
	state string
}

// rollupOf is nil for a commit on which nobody has reported.
func (r *reader) rollupOf(c commit) any {
	out := rolled{of: c}
	for _, s := range r.world.CheckSuites(c.repo, c.OID) {
		for _, run := range s.Runs {
			out.items = append(out.items, run)
			out.state = worse(out.state, runState(run))
		}
	}
	out.runs = len(out.items)
	for _, s := range r.world.Statuses(c.repo, c.OID) {
		out.items = append(out.items, fields{"__typename": "StatusContext", "id": s.NodeID, "context": s.Context, "state": s.State,
			"description": orNull(s.Description), "targetUrl": orNull(s.TargetURL), "creator": s.Creator, "createdAt": s.CreatedAt, "commit": c})
		out.state = worse(out.state, s.State)
	}
	if len(out.items) == 0 {
		return nil
	}
	return out
}

func (r *reader) rollup() map[string]Resolver {
	return map[string]Resolver{
		"id":     get(func(o rolled) any { return nodeID("StatusCheckRollup", o.of.repo, o.of.OID) }),
		"state":  get(func(o rolled) any { return o.state }),
		"commit": get(func(o rolled) any { return o.of }),
		"contexts": ask(func(o rolled, args Args) (any, error) {
			p, err := paginateEdges(o.items, args, nil)
			if err != nil {
				return nil, err
			}
			p.extra = map[string]any{"checkRunCount": o.runs, "statusContextCount": len(o.items) - o.runs}
			return p, nil
		}),
	}
}

// runState is what a check run counts as among statuses.
func runState(c *CheckRun) string {
	if c.Status != "COMPLETED" {
		return "PENDING"
	}
	switch c.Conclusion {
	case "SUCCESS", "NEUTRAL", "SKIPPED":
		return "SUCCESS"
	}
	return "FAILURE"
}

func worse(a, b string) string {
	severity := []string{"", "SUCCESS", "EXPECTED", "PENDING", "FAILURE", "ERROR"}
	if slices.Index(severity, b) > slices.Index(severity, a) {
		return b
	}
	return a
}
