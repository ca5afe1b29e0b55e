package githubsim

import (
	"net/http"
	"slices"
)

// deploymentRoutes are deployments and their statuses.
func deploymentRoutes() []route {
	return []route{
		{"GET /repos/{owner}/{repo}/deployments", "deployments:read", withRepo(listDeployments)},
		{"POST /repos/{owner}/{repo}/deployments", "deployments:write", withRepo(createDeployment)},
		{"GET /repos/{owner}/{repo}/deployments/{id}", "deployments:read", withDeployment(func(c *call, r *Repository, d *Deployment) reply { return ok(c.s.deployment(r, d)) })},
		{"GET /repos/{owner}/{repo}/deployments/{id}/statuses", "deployments:read", withDeployment(func(c *call, r *Repository, d *Deployment) reply {
			list := slices.Clone(d.Statuses)
			slices.Reverse(list)
			return paged(c, list, func(st *DeploymentStatus) any { return c.s.deploymentStatus(r, d, st) })
		})},
		{"POST /repos/{owner}/{repo}/deployments/{id}/statuses", "deployments:write", withDeployment(createDeploymentStatus)},
	}
}

func withDeployment(do func(*call, *Repository, *Deployment) reply) func(*call) reply {
	return withRepo(func(c *call, r *Repository) reply {
		for _, d := range r.Deployments {
			if d.ID == int64(c.number("id")) {
				return do(c, r, d)
			}
		}
		return notFound()
	})
}

func listDeployments(c *call, r *Repository) reply {
	var list []*Deployment
	for n := len(r.Deployments) - 1; n >= 0; n-- {
		d := r.Deployments[n]
		keep := func(name, value string) bool { return c.query(name) == "" || c.query(name) == value }
		if keep("environment", d.Environment) && keep("sha", d.SHA.String()) && keep("ref", d.Ref) && keep("task", d.Task) {
			list = append(list, d)
		}
	}
	return paged(c, list, func(d *Deployment) any { return c.s.deployment(r, d) })
}

func createDeployment(c *call, r *Repository) reply {
	var in struct {
		Ref, Task, Environment, Description string
		Payload                             any
		Transient                           bool  `json:"transient_environment"`
		Production                          *bool `json:"production_environment"`
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	h, err := r.Git.Resolve(in.Ref, r.DefaultBranch)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "No ref found for: "+in.Ref)
	}
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	environment := or(in.Environment, "production")
	d := &Deployment{
		SHA: h, Ref: in.Ref, Task: or(in.Task, "deploy"), Environment: environment, Original: environment, Description: in.Description,
		Payload: in.Payload, Transient: in.Transient, Production: environment == "production", Creator: c.actor(),
	}
	if in.Production != nil {
		d.Production = *in.Production
	}
	c.s.addDeployment(r, d)
	return created(c.s.deployment(r, d))
}

func createDeploymentStatus(c *call, r *Repository, d *Deployment) reply {
	var in struct {
		State, Description, Environment string
		EnvironmentURL                  string `json:"environment_url"`
		LogURL                          string `json:"log_url"`
		AutoInactive                    *bool  `json:"auto_inactive"`
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if !slices.Contains([]string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}, in.State) {
		return invalid("DeploymentStatus", "state", "invalid")
	}
	if in.Environment != "" {
		d.Environment = in.Environment
	}
	if in.State == "success" && (in.AutoInactive == nil || *in.AutoInactive) {
		c.s.deactivate(r, d)
	}
	st := &DeploymentStatus{
		State: in.State, Description: in.Description, Environment: d.Environment, EnvironmentURL: in.EnvironmentURL, LogURL: in.LogURL, Creator: c.actor(),
	}
	c.s.addDeploymentStatus(r, d, st)
	return created(c.s.deploymentStatus(r, d, st))
}

// deactivate gives earlier successful deployments of the environment the status
// inactive, as GitHub does when a newer one succeeds.
func (s *Server) deactivate(r *Repository, now *Deployment) {
	for _, d := range r.Deployments {
		if d == now || d.Environment != now.Environment || d.Transient || len(d.Statuses) == 0 {
			continue
		}
		if last := d.Statuses[len(d.Statuses)-1]; last.State == "success" {
			s.addDeploymentStatus(r, d, &DeploymentStatus{State: "inactive", Environment: d.Environment, Creator: last.Creator})
		}
	}
}
