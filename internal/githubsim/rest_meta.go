package githubsim

import (
	"net/http"
	"time"
)

// metaRoutes are what GitHub says of itself and of the caller.
func metaRoutes() []route {
	return []route{
		{"GET /", "any", func(c *call) reply { return ok(obj{"current_user_url": c.s.opts.URL + "/user"}) }},
		{"GET /meta", "any", func(*call) reply {
			return ok(obj{"verifiable_password_authentication": false, "hooks": []any{"127.0.0.0/8"}})
		}},
		{"GET /zen", "any", func(*call) reply {
			return reply{status: http.StatusOK, text: []byte("Design for failure."), kind: "text/plain; charset=utf-8"}
		}},
		{"GET /rate_limit", "any", func(c *call) reply {
			core, graphql := c.s.budget(c.caller, "core"), c.s.budget(c.caller, "graphql")
			search := &budget{resource: "search", limit: 30, remaining: 30, reset: c.s.time().Add(time.Minute)}
			return ok(obj{"rate": core.json(), "resources": obj{"core": core.json(), "graphql": graphql.json(), "search": search.json()}})
		}},
		{"GET /user", "any", func(c *call) reply {
			if c.caller.user == nil {
				return refuse(http.StatusUnauthorized, "Requires authentication")
			}
			return ok(c.s.person(c.caller.user))
		}},
		{"GET /users/{login}", "any", func(c *call) reply {
			a := c.s.state.account(c.path("login"))
			if a == nil {
				return notFound()
			}
			return ok(c.s.person(a))
		}},
	}
}

// person is the form that a person's own page shows.
func (s *Server) person(a *Account) obj {
	u, _ := s.user(a).(obj)
	return merge(u, obj{
		"name": text(a.Name), "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil, "twitter_username": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": at(a.CreatedAt), "updated_at": at(a.CreatedAt),
	})
}
