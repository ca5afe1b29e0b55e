package githubsim

import (
	"maps"
	"slices"
	"strings"
)

// organisationRoutes are organisations, their members and teams.
func organisationRoutes() []route {
	return []route{
		{"GET /orgs/{owner}", "metadata:read", withOrg(func(c *call, o *Account) reply { return ok(c.s.organisationFull(o)) })},
		{"GET /orgs/{owner}/members", "members:read", withOrg(func(c *call, o *Account) reply {
			return paged(c, c.s.people(o.Members), func(a *Account) any { return c.s.user(a) })
		})},
		{"GET /orgs/{owner}/members/{login}", "members:read", withOrg(func(c *call, o *Account) reply {
			if o.Members[strings.ToLower(c.path("login"))] == "" {
				return notFound()
			}
			return noContent()
		})},
		{"GET /orgs/{owner}/memberships/{login}", "members:read", withOrg(func(c *call, o *Account) reply {
			u := c.s.state.account(c.path("login"))
			if u == nil || o.Members[strings.ToLower(u.Login)] == "" {
				return notFound()
			}
			return ok(c.s.orgMembership(o, u))
		})},
		{"GET /orgs/{owner}/teams", "members:read", withOrg(func(c *call, o *Account) reply {
			return paged(c, o.Teams, func(t *Team) any { return c.s.team(t) })
		})},
		{"GET /orgs/{owner}/teams/{team}", "members:read", withTeam(func(c *call, o *Account, t *Team) reply {
			return ok(merge(c.s.team(t), obj{
				"members_count": len(t.Members), "repos_count": len(t.Repositories), "created_at": at(t.CreatedAt), "updated_at": at(t.CreatedAt),
				"organization": c.s.organisationFull(o),
			}))
		})},
		{"GET /orgs/{owner}/teams/{team}/members", "members:read", withTeam(func(c *call, _ *Account, t *Team) reply {
			return paged(c, c.s.people(t.Members), func(a *Account) any { return c.s.user(a) })
		})},
		{"GET /orgs/{owner}/teams/{team}/memberships/{login}", "members:read", withTeam(func(c *call, o *Account, t *Team) reply {
			role := t.Members[strings.ToLower(c.path("login"))]
			if role == "" {
				return notFound()
			}
			return ok(obj{"url": c.s.opts.URL + "/organizations/" + itoa(o.ID) + "/team/" + itoa(t.ID) + "/memberships/" + c.path("login"), "role": role, "state": "active"})
		})},
		{"GET /orgs/{owner}/teams/{team}/repos", "members:read", withTeam(func(c *call, _ *Account, t *Team) reply {
			var list []*Repository
			for _, r := range c.s.state.sorted() {
				if t.Repositories[r.ID] != "" {
					list = append(list, r)
				}
			}
			return paged(c, list, func(r *Repository) any { return c.s.repository(r) })
		})},
	}
}

func withOrg(do func(*call, *Account) reply) func(*call) reply {
	return func(c *call) reply {
		o := c.s.state.account(c.path("owner"))
		if o == nil || o.Type != "Organization" {
			return notFound()
		}
		return do(c, o)
	}
}

func withTeam(do func(*call, *Account, *Team) reply) func(*call) reply {
	return withOrg(func(c *call, o *Account) reply {
		t := c.s.teamBySlug(o, c.path("team"))
		if t == nil {
			return notFound()
		}
		return do(c, o, t)
	})
}

// people lists accounts by login.
func (s *Server) people(logins map[string]string) []*Account {
	var out []*Account
	for _, login := range slices.Sorted(maps.Keys(logins)) {
		if a := s.state.account(login); a != nil {
			out = append(out, a)
		}
	}
	return out
}
