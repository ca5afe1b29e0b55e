package githubsim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// caller is who sent a request. At most one of app, token and user is set.
type caller struct {
	app   bool
	token *token
	user  *Account
}

// token is an installation's access token.
type token struct {
	installation *Installation
	permissions  map[string]string
	repositories map[int64]bool // nil: all of the installation
	expires      time.Time
}

// sees reports whether the token covers a repository.
func (t *token) sees(r *Repository) bool {
	return t.installation.Holds(r) && (t.repositories == nil || t.repositories[r.ID])
}

// identify reads the Authorization header. The reply is set when it is refused.
func (s *Server) identify(r *http.Request) (caller, reply) {
	if r.Header.Get("User-Agent") == "" {
		return caller{}, refuse(http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.")
	}
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if _, password, isBasic := r.BasicAuth(); isBasic {
		scheme, value = "token", password
	}
	bad := refuse(http.StatusUnauthorized, "Bad credentials")
	switch {
	case scheme == "":
		return caller{}, reply{}
	case !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token"):
		return caller{}, bad
	case strings.Count(value, ".") == 2:
		if problem := s.checkJWT(value); problem != "" {
			return caller{}, refuse(http.StatusUnauthorized, problem)
		}
		return caller{app: true}, reply{}
	}
	if t, ok := s.tokens[value]; ok {
		if !s.time().Before(t.expires) || t.installation.Suspended {
			return caller{}, bad
		}
		return caller{token: t}, reply{}
	}
	for _, a := range s.state.accounts {
		if a.Token != "" && a.Token == value {
			return caller{user: a}, reply{}
		}
	}
	return caller{}, bad
}

// checkJWT verifies an App's token as GitHub does: RS256, issued by the App, at
// most ten minutes long. It returns GitHub's words for what is wrong.
func (s *Server) checkJWT(text string) string {
	claims := jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return s.key, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	now := s.opts.Now()
	switch {
	case err != nil:
		return "A JSON web token could not be decoded"
	case claims.Issuer != strconv.FormatInt(s.app.ID, 10):
		return "'Issuer' claim ('iss') must be an Integer or the App's client ID"
	case claims.ExpiresAt == nil || claims.ExpiresAt.After(now.Add(10*time.Minute+time.Second)):
		return "'Expiration time' claim ('exp') is too far in the future"
	case !claims.ExpiresAt.After(now):
		return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case claims.IssuedAt != nil && claims.IssuedAt.After(now.Add(time.Minute)):
		return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	return ""
}

// newToken makes an access token of one hour.
func (s *Server) newToken(i *Installation, permissions map[string]string, repositories map[int64]bool) (string, *token) {
	var random [18]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	text := "ghs_" + hex.EncodeToString(random[:])
	t := &token{installation: i, permissions: permissions, repositories: repositories, expires: s.time().Add(time.Hour)}
	s.tokens[text] = t
	return text, t
}

// allowed holds the call to what its caller may do.
func (c *call) allowed() reply {
	switch needs := c.route.needs; {
	case needs == "any":
		return reply{}
	case needs == "app":
		if !c.caller.app {
			return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
		}
	case c.caller.app:
		return refuse(http.StatusUnauthorized, "This endpoint requires you to be authenticated with an installation access token.")
	case c.caller.token != nil:
		permission, level, _ := strings.Cut(needs, ":")
		if needs == c.s.faults.Forbid {
			return refuse(http.StatusForbidden, "Resource not accessible by integration")
		}
		if needs != "metadata:read" && !grants(c.caller.token.permissions, permission, level) {
			return refuse(http.StatusForbidden, "Resource not accessible by integration")
		}
	case c.caller.user == nil && c.r.Method != http.MethodGet:
		return refuse(http.StatusUnauthorized, "Requires authentication")
	}
	return reply{}
}

// grants reports whether permissions hold one at a level; write includes read. An
// issue's permission also serves for pull requests where GitHub says "or".
func grants(permissions map[string]string, name, level string) bool {
	for alternative := range strings.SplitSeq(name, "|") {
		have := permissions[alternative]
		if have == "write" || have == "admin" || (have == "read" && level == "read") {
			return true
		}
	}
	return false
}

// repo finds the repository of the path, as far as the caller may see it and, for
// a change, write to it.
func (c *call) repo() (*Repository, reply) {
	r := c.s.state.repository(c.path("owner"), c.path("repo"))
	if r == nil || !c.s.visible(c.caller, r) {
		return nil, notFound()
	}
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return r, reply{}
	}
	switch {
	case c.caller.token != nil && !c.caller.token.sees(r):
		return nil, refuse(http.StatusForbidden, "Resource not accessible by integration")
	case r.Archived && c.route.pattern != "PATCH /repos/{owner}/{repo}" && c.route.pattern != "DELETE /repos/{owner}/{repo}":
		return nil, refuse(http.StatusForbidden, "Repository was archived so is read-only.")
	}
	return r, reply{}
}

// visible reports whether the caller may know of a repository.
func (s *Server) visible(who caller, r *Repository) bool {
	switch {
	case r.Visibility == "public":
		return true
	case who.token != nil:
		return who.token.sees(r)
	case who.user != nil:
		return s.state.permission(r, who.user.Login) != "none"
	}
	return false
}

// actor is the account that a change is made in the name of.
func (c *call) actor() *Account {
	if c.caller.user != nil {
		return c.caller.user
	}
	return c.s.app.Bot
}

// mayWrite refuses a person without write access.
func (c *call) mayWrite(r *Repository) reply {
	if c.caller.user != nil && rank(c.s.state.permission(r, c.caller.user.Login)) < rank("write") {
		return refuse(http.StatusForbidden, "Must have push access to repository.")
	}
	return reply{}
}

func (w caller) key() string {
	switch {
	case w.app:
		return "app"
	case w.token != nil:
		return fmt.Sprintf("installation %d", w.token.installation.ID)
	case w.user != nil:
		return "user " + w.user.Login
	}
	return "anonymous"
}
