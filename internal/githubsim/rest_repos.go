package githubsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func rawJSON(b []byte) any { return json.RawMessage(b) }

// withRepo finds the path's repository first.
func withRepo(do func(*call, *Repository) reply) func(*call) reply {
	return func(c *call) reply {
		r, no := c.repo()
		if no.status != 0 {
			return no
		}
		return do(c, r)
	}
}

// repositoryRoutes are repositories themselves, their settings and protection.
func repositoryRoutes() []route {
	return []route{
		{"GET /repos/{owner}/{repo}", "metadata:read", getRepository},
		{"PATCH /repos/{owner}/{repo}", "administration:write", withRepo(patchRepository)},
		{"DELETE /repos/{owner}/{repo}", "administration:write", withRepo(func(c *call, r *Repository) reply { c.s.remove(r); return noContent() })},
		{"GET /repositories/{id}", "any", func(c *call) reply {
			r := c.s.state.repositoryByID(int64(c.number("id")))
			if r == nil || !c.s.visible(c.caller, r) {
				return notFound()
			}
			return ok(c.s.repositoryFull(r))
		}},
		{"GET /orgs/{owner}/repos", "metadata:read", listRepositories},
		{"GET /users/{owner}/repos", "metadata:read", listRepositories},
		{"POST /orgs/{owner}/repos", "administration:write", createRepository},
		{"GET /repos/{owner}/{repo}/topics", "metadata:read", withRepo(func(_ *call, r *Repository) reply { return ok(obj{"names": orEmpty(r.Topics)}) })},
		{"PUT /repos/{owner}/{repo}/topics", "administration:write", withRepo(putTopics)},
		{"GET /repos/{owner}/{repo}/languages", "metadata:read", withRepo(func(c *call, r *Repository) reply {
			out := obj{}
			for _, l := range c.s.languages(r) {
				out[l.Name] = l.Bytes
			}
			return ok(out)
		})},
		{"GET /repos/{owner}/{repo}/teams", "administration:read", withRepo(func(c *call, r *Repository) reply {
			var teams []*Team
			for _, t := range r.Owner.Teams {
				if t.Repositories[r.ID] != "" {
					teams = append(teams, t)
				}
			}
			return paged(c, teams, func(t *Team) any { return merge(c.s.team(t), obj{"permission": t.Repositories[r.ID]}) })
		})},
		{"GET /repos/{owner}/{repo}/collaborators/{login}/permission", "metadata:read", withRepo(collaboratorPermission)},
		{"GET /repos/{owner}/{repo}/collaborators/{login}", "metadata:read", withRepo(func(c *call, r *Repository) reply {
			if c.s.state.permission(r, c.path("login")) == "none" {
				return notFound()
			}
			return noContent()
		})},
		{"PUT /repos/{owner}/{repo}/collaborators/{login}", "administration:write", withRepo(func(c *call, r *Repository) reply {
			permission, _ := c.body["permission"].(string)
			if permission == "" {
				permission = "push"
			}
			r.Collaborators[strings.ToLower(c.path("login"))] = permission
			return noContent()
		})},
		{"GET /repos/{owner}/{repo}/branches", "contents:read", withRepo(func(c *call, r *Repository) reply {
			return paged(c, r.Git.Branches(), func(name string) any { return c.s.shortBranch(r, name) })
		})},
		{"GET /repos/{owner}/{repo}/branches/{branch}", "contents:read", withRepo(getBranch)},
		{"GET /repos/{owner}/{repo}/branches/{branch}/protection", "administration:read", withRepo(getProtection)},
		{"PUT /repos/{owner}/{repo}/branches/{branch}/protection", "administration:write", withRepo(putProtection)},
		{"DELETE /repos/{owner}/{repo}/branches/{branch}/protection", "administration:write", withRepo(func(c *call, r *Repository) reply {
			if r.Protection[c.path("branch")] == nil {
				return refuse(http.StatusNotFound, "Branch not protected")
			}
			delete(r.Protection, c.path("branch"))
			return noContent()
		})},
		{"GET /repos/{owner}/{repo}/rulesets", "metadata:read", withRepo(func(c *call, r *Repository) reply {
			return paged(c, r.Rulesets, func(set *Ruleset) any { return c.s.ruleset(r, set) })
		})},
		{"POST /repos/{owner}/{repo}/rulesets", "administration:write", withRepo(createRuleset)},
		{"GET /repos/{owner}/{repo}/rulesets/{id}", "metadata:read", withRepo(func(c *call, r *Repository) reply {
			for _, set := range r.Rulesets {
				if set.ID == int64(c.number("id")) {
					return ok(merge(c.s.ruleset(r, set), rulesetRules(set)))
				}
			}
			return notFound()
		})},
		{"GET /repos/{owner}/{repo}/rules/branches/{branch}", "metadata:read", withRepo(branchRules)},
		{"POST /repos/{owner}/{repo}/forks", "administration:write", withRepo(createFork)},
	}
}

// getRepository follows a former name with a redirect, as GitHub does.
func getRepository(c *call) reply {
	r, no := c.repo()
	if no.status != 0 {
		return no
	}
	if !strings.EqualFold(r.FullName(), c.path("owner")+"/"+c.path("repo")) {
		to := c.s.opts.URL + "/repositories/" + itoa(r.ID)
		a := refuse(http.StatusMovedPermanently, "Moved Permanently")
		a.body = obj{"message": "Moved Permanently", "url": to, "documentation_url": docs}
		a.header = http.Header{"Location": {to}}
		return a
	}
	return ok(c.s.repositoryFull(r))
}

func patchRepository(c *call, r *Repository) reply {
	var in struct {
		Name, Description, Homepage, Visibility *string
		DefaultBranch                           *string `json:"default_branch"`
		Private, Archived                       *bool
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	set := func(to, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&r.Description, in.Description)
	set(&r.Homepage, in.Homepage)
	set(&r.Visibility, in.Visibility)
	if in.Private != nil && *in.Private {
		r.Visibility = "private"
	}
	if in.DefaultBranch != nil {
		if _, there := r.Git.Branch(*in.DefaultBranch); !there {
			return invalidMessage("Repository", "default_branch", "Cannot update default branch for an empty repository or to a branch that is not there.")
		}
		changes := obj{"changes": obj{"default_branch": obj{"from": r.DefaultBranch}}}
		r.DefaultBranch = *in.DefaultBranch
		c.s.emit("repository", "edited", c.s.state.installationOf(r), r, c.actor(), changes)
	}
	if in.Archived != nil && *in.Archived != r.Archived {
		r.Archived = *in.Archived
		c.s.emit("repository", map[bool]string{true: "archived", false: "unarchived"}[r.Archived], c.s.state.installationOf(r), r, c.actor(), obj{})
	}
	if in.Name != nil && *in.Name != r.Name {
		return c.rename(r, *in.Name)
	}
	r.UpdatedAt = c.s.time()
	return ok(c.s.repositoryFull(r))
}

func (c *call) rename(r *Repository, to string) reply {
	key := strings.ToLower(r.Owner.Login + "/" + to)
	if c.s.state.repositories[key] != nil {
		return invalidMessage("Repository", "name", "name already exists on this account")
	}
	former, from := r.FullName(), r.Name
	r.Name = to
	c.s.state.move(r, former)
	c.s.emit("repository", "renamed", c.s.state.installationOf(r), r, c.actor(), obj{"changes": obj{"repository": obj{"name": obj{"from": from}}}})
	return ok(c.s.repositoryFull(r))
}

func listRepositories(c *call) reply {
	o := c.s.state.account(c.path("owner"))
	if o == nil {
		return notFound()
	}
	var list []*Repository
	for _, r := range c.s.state.sorted() {
		if r.Owner == o && c.s.visible(c.caller, r) {
			list = append(list, r)
		}
	}
	return paged(c, list, func(r *Repository) any { return c.s.repository(r) })
}

func createRepository(c *call) reply {
	o := c.s.state.account(c.path("owner"))
	if o == nil || o.Type != "Organization" {
		return notFound()
	}
	var in struct {
		Name, Description, Homepage, Visibility string
		Private                                 bool
		AutoInit                                bool `json:"auto_init"`
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Name == "" {
		return invalid("Repository", "name", "missing_field")
	}
	r, err := c.s.newRepository(o, in.Name)
	if err != nil {
		return invalidMessage("Repository", "name", strings.TrimPrefix(err.Error(), "refused: "))
	}
	r.Description, r.Homepage = in.Description, in.Homepage
	if in.Visibility != "" {
		r.Visibility = in.Visibility
	} else if in.Private {
		r.Visibility = "private"
	}
	if in.AutoInit {
		if err := c.s.firstCommit(r, c.actor(), map[string]string{"README.md": "# " + r.Name + "\n"}); err != nil {
			return refuse(http.StatusInternalServerError, err.Error())
		}
	}
	c.s.emit("repository", "created", c.s.state.installationOf(r), r, c.actor(), obj{})
	return created(c.s.repositoryFull(r))
}

func createFork(c *call, r *Repository) reply {
	org, _ := c.body["organization"].(string)
	to := c.actor()
	if org != "" {
		to = c.s.state.account(org)
	}
	if to == nil {
		return notFound()
	}
	f, err := c.s.newRepository(to, r.Name)
	if err != nil {
		return invalidMessage("Repository", "name", "name already exists on this account")
	}
	f.Parent, f.DefaultBranch, f.Visibility = r, r.DefaultBranch, r.Visibility
	if f.Git, err = r.Git.fork(!c.s.opts.SeparateForks); err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return reply{status: http.StatusAccepted, body: c.s.repositoryFull(f)}
}

func putTopics(c *call, r *Repository) reply {
	var in struct{ Names []string }
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	for _, n := range in.Names {
		if n != slug(n) || len(n) > 50 {
			return invalidMessage("Repository", "topics", "Topics must start with a lowercase letter or number, consist of 50 characters or less, and can include hyphens.")
		}
	}
	r.Topics = in.Names
	return ok(obj{"names": orEmpty(r.Topics)})
}

func collaboratorPermission(c *call, r *Repository) reply {
	u := c.s.state.account(c.path("login"))
	if u == nil {
		return notFound()
	}
	permission := c.s.state.permission(r, u.Login)
	flags := obj{"pull": rank(permission) >= 1, "triage": rank(permission) >= 2, "push": rank(permission) >= 2, "maintain": rank(permission) >= 3, "admin": rank(permission) >= 3}
	user, _ := c.s.user(u).(obj)
	return ok(obj{"permission": permission, "role_name": permission, "user": merge(user, obj{"permissions": flags, "role_name": permission})})
}

func (s *Server) shortBranch(r *Repository, name string) obj {
	h, _ := r.Git.Branch(name)
	api := s.opts.URL + "/repos/" + r.FullName()
	return obj{
		"name": name, "commit": obj{"sha": h.String(), "url": api + "/commits/" + h.String()}, "protected": r.Protection[name] != nil,
		"protection_url": api + "/branches/" + name + "/protection",
	}
}

func getBranch(c *call, r *Repository) reply {
	name := c.path("branch")
	h, there := r.Git.Branch(name)
	if !there {
		return refuse(http.StatusNotFound, "Branch not found")
	}
	commit, err := r.Git.Commit(h)
	if err != nil {
		return notFound()
	}
	api := c.s.opts.URL + "/repos/" + r.FullName() + "/branches/" + name
	return ok(merge(c.s.shortBranch(r, name), obj{
		"commit": c.s.commit(r, commit), "_links": obj{"self": api, "html": c.s.opts.URL + "/" + r.FullName() + "/tree/" + name},
		"protection": obj{"enabled": r.Protection[name] != nil, "required_status_checks": obj{"enforcement_level": "off", "contexts": []any{}, "checks": []any{}}},
	}))
}

func (s *Server) protection(r *Repository, branch string, p *Protection) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/branches/" + branch + "/protection"
	on := func(b bool) obj { return obj{"enabled": b} }
	out := obj{
		"url": api, "enforce_admins": obj{"url": api + "/enforce_admins", "enabled": p.EnforcedForAdmins},
		"required_linear_history": on(p.LinearHistory), "allow_force_pushes": on(p.ForcePushes), "allow_deletions": on(p.Deletions),
		"required_conversation_resolution": on(p.Conversations), "block_creations": on(false), "lock_branch": on(false), "allow_fork_syncing": on(false),
		"required_signatures": obj{"url": api + "/required_signatures", "enabled": p.Signatures},
	}
	if p.RequiresStatusChecks {
		list := []any{}
		for _, name := range p.StatusChecks {
			list = append(list, obj{"context": name, "app_id": nil})
		}
		out["required_status_checks"] = obj{
			"url": api + "/required_status_checks", "strict": p.Strict, "contexts": orEmpty(p.StatusChecks),
			"contexts_url": api + "/required_status_checks/contexts", "checks": list,
		}
	}
	if p.RequiresReviews {
		out["required_pull_request_reviews"] = obj{
			"url": api + "/required_pull_request_reviews", "dismiss_stale_reviews": p.DismissesStale, "require_code_owner_reviews": p.CodeOwners,
			"required_approving_review_count": p.Approvals, "require_last_push_approval": false,
		}
	}
	return out
}

func getProtection(c *call, r *Repository) reply {
	branch := c.path("branch")
	if _, there := r.Git.Branch(branch); !there {
		return refuse(http.StatusNotFound, "Branch not found")
	}
	p := r.Protection[branch]
	if p == nil {
		return refuse(http.StatusNotFound, "Branch not protected")
	}
	return ok(c.s.protection(r, branch, p))
}

func putProtection(c *call, r *Repository) reply {
	for _, field := range []string{"required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"} {
		if !c.has(field) {
			return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\""+field+"\" wasn't supplied.")
		}
	}
	var in struct {
		Checks *struct {
			Strict   bool
			Contexts []string
			Checks   []struct{ Context string }
		} `json:"required_status_checks"`
		Admins  *bool `json:"enforce_admins"`
		Reviews *struct {
			Stale      bool `json:"dismiss_stale_reviews"`
			CodeOwners bool `json:"require_code_owner_reviews"`
			Count      int  `json:"required_approving_review_count"`
		} `json:"required_pull_request_reviews"`
		Linear        bool  `json:"required_linear_history"`
		Force         *bool `json:"allow_force_pushes"`
		Deletions     bool  `json:"allow_deletions"`
		Conversations bool  `json:"required_conversation_resolution"`
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	p := &Protection{ID: c.s.state.id(), LinearHistory: in.Linear, Deletions: in.Deletions, Conversations: in.Conversations}
	p.EnforcedForAdmins = in.Admins != nil && *in.Admins
	p.ForcePushes = in.Force != nil && *in.Force
	if in.Checks != nil {
		p.RequiresStatusChecks, p.Strict, p.StatusChecks = true, in.Checks.Strict, in.Checks.Contexts
		for _, check := range in.Checks.Checks {
			if !slices.Contains(p.StatusChecks, check.Context) {
				p.StatusChecks = append(p.StatusChecks, check.Context)
			}
		}
	}
	if in.Reviews != nil {
		p.RequiresReviews, p.DismissesStale, p.CodeOwners, p.Approvals = true, in.Reviews.Stale, in.Reviews.CodeOwners, in.Reviews.Count
	}
	r.Protection[c.path("branch")] = p
	return ok(c.s.protection(r, c.path("branch"), p))
}

func (s *Server) ruleset(r *Repository, set *Ruleset) obj {
	self := s.opts.URL + "/repos/" + r.FullName() + "/rulesets/" + itoa(set.ID)
	return obj{
		"id": set.ID, "node_id": nodeID("RepositoryRuleset", set.ID), "name": set.Name, "target": "branch", "source_type": "Repository", "source": r.FullName(),
		"enforcement": set.Enforcement, "_links": obj{"self": obj{"href": self}, "html": obj{"href": s.opts.URL + "/" + r.FullName() + "/rules/" + itoa(set.ID)}},
		"created_at": at(set.CreatedAt), "updated_at": at(set.UpdatedAt),
	}
}

func rulesetRules(set *Ruleset) obj {
	return obj{"conditions": obj{"ref_name": obj{"include": orEmpty(set.Include), "exclude": orEmpty(set.Exclude)}}, "rules": set.Rules}
}

func createRuleset(c *call, r *Repository) reply {
	var in struct {
		Name, Enforcement string
		Conditions        struct {
			RefName struct{ Include, Exclude []string } `json:"ref_name"`
		}
		Rules []Rule
	}
	if no := c.decode(&in); no.status != 0 {
		return no
	}
	if in.Name == "" || in.Enforcement == "" {
		return invalid("Ruleset", "name", "missing_field")
	}
	set := &Ruleset{
		ID: c.s.state.id(), Name: in.Name, Enforcement: in.Enforcement, Include: in.Conditions.RefName.Include,
		Exclude: in.Conditions.RefName.Exclude, Rules: in.Rules, CreatedAt: c.s.time(), UpdatedAt: c.s.time(),
	}
	r.Rulesets = append(r.Rulesets, set)
	return created(merge(c.s.ruleset(r, set), rulesetRules(set)))
}

// branchRules lists the rules that bind a branch.
func branchRules(c *call, r *Repository) reply {
	out := []any{}
	for _, set := range r.Rulesets {
		if set.Enforcement != "active" || !set.binds(r, c.path("branch")) {
			continue
		}
		for _, rule := range set.Rules {
			o := obj{"type": rule.Type, "ruleset_source_type": "Repository", "ruleset_source": r.FullName(), "ruleset_id": set.ID}
			if rule.Parameters != nil {
				o["parameters"] = rule.Parameters
			}
			out = append(out, o)
		}
	}
	return ok(out)
}

func (set *Ruleset) binds(r *Repository, branch string) bool {
	named := func(list []string) bool {
		return slices.Contains(list, "refs/heads/"+branch) || slices.Contains(list, "~ALL") ||
			(slices.Contains(list, "~DEFAULT_BRANCH") && branch == r.DefaultBranch)
	}
	return named(set.Include) && !named(set.Exclude)
}
