// Package graphql answers GitHub's GraphQL endpoint for the stand-in in
// internal/githubsim: every query is parsed and validated against GitHub's own
// public schema, priced by its formula, and resolved over a [World].
//
// It never changes anything: mutations are refused. It does not authenticate,
// count rate limits or inject faults; whoever routes to it does. A field that
// GitHub knows and the stand-in does not answers null with an error that says so.
//
// Start reading at [Server].
package graphql

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxBody bounds a request: far above a query for 100 repositories with their files.
const maxBody = 4 << 20

// RateLimit is the caller's budget of GraphQL points, with this query counted.
type RateLimit struct {
	Limit, Remaining, Used int
	ResetAt                time.Time
}

// Session is one caller's view for one query.
type Session struct {
	World World
	// Allows reports whether the caller has a permission, such as
	// "pull_requests", at read. Fields that need one it lacks answer FORBIDDEN.
	// repo is the repository asked about, nil for other things: GitHub also keeps
	// single repositories back, for the sake of their organisation's sign-on or
	// legal reasons. One without "metadata" is null in lists.
	Allows func(permission string, repo *Repository) bool
	// Charge takes the points of a query from the budget and returns what is left.
	Charge func(points int) RateLimit
	// TimedOut reports, once a query has run, whether GitHub would have given it up
	// after its 10 seconds; nil: never.
	TimedOut func(Cost) bool
	// Close ends the view; it may be nil.
	Close func()
}

// Server is the endpoint. It is safe for concurrent use.
type Server struct {
	schema *ast.Schema
	open   Open
}

// Open begins the view of one request, whose caller was authenticated before;
// an error is answered with 401. header is the answer's, for rate limits.
type Open func(header http.Header, r *http.Request) (Session, error)

// New returns the endpoint.
func New(open Open) (*Server, error) {
	schema, err := GitHubSchema()
	if err != nil {
		return nil, err
	}
	return &Server{schema: schema, open: open}, nil
}

// call is the object a query starts at.
type call struct {
	cost  Cost
	limit RateLimit
}

// ServeHTTP answers POST /graphql. Whatever is wrong with a query, the status
// is 200 and the body says it in errors, as on GitHub.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		answer(w, http.StatusMethodNotAllowed, map[string]string{"message": "Use POST"})
		return
	}
	var req Request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&req); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"message": "Problems parsing JSON"})
		return
	}
	if req.Query == "" {
		answer(w, http.StatusOK, refuse(&Error{Message: "A query attribute must be specified and must be a string."}))
		return
	}
	response, err := s.run(w.Header(), r, req)
	switch {
	case errors.Is(err, errTimedOut):
		answer(w, http.StatusBadGateway, map[string]any{"data": nil, "errors": []any{map[string]string{"message": timedOut}}})
	case err != nil:
		answer(w, http.StatusUnauthorized, map[string]string{"message": err.Error()})
	default:
		answer(w, http.StatusOK, response)
	}
}

var errTimedOut = errors.New("the query took too long")

// timedOut is how GitHub says it.
const timedOut = "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."

// run answers a query and closes the view before anything goes to the client:
// a slow reader holds nobody up.
func (s *Server) run(header http.Header, r *http.Request, req Request) (Response, error) {
	session, err := s.open(header, r)
	if err != nil {
		return Response{}, err
	}
	if session.Close != nil {
		defer session.Close()
	}
	engine := Engine{Schema: s.schema, Types: (&reader{session.World, session.Allows}).types(), TypeOf: typeOf}
	var cost Cost
	response := engine.Do(r.Context(), req,
		func(c Cost) any {
			cost = c
			return call{cost: c, limit: session.Charge(c.Points)}
		},
		func(typeName, fieldName string, obj any) error {
			return checkPermission(session.Allows, typeName, fieldName, obj)
		})
	if session.TimedOut != nil && session.TimedOut(cost) {
		return Response{}, errTimedOut
	}
	return response, nil
}

func answer(w http.ResponseWriter, status int, body any) {
	out, err := json.Marshal(body)
	if err != nil {
		status, out = http.StatusInternalServerError, fmt.Appendf(nil, `{"message":%q}`, err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out) // the caller may be gone; nobody is left to tell
}

// needs lists the fields that take more than metadata:read, by what a GitHub
// App must have been given ("Permissions required for GitHub Apps").
var needs = map[string]string{
	"Repository.object":             "contents",
	"Commit.file":                   "contents",
	"Commit.history":                "contents",
	"Commit.tree":                   "contents",
	"Ref.target":                    "contents",
	"Repository.releases":           "contents",
	"Repository.latestRelease":      "contents",
	"Ref.branchProtectionRule":      "administration",
	"Repository.pullRequest":        "pull_requests",
	"Repository.pullRequests":       "pull_requests",
	"Commit.associatedPullRequests": "pull_requests",
	"Ref.associatedPullRequests":    "pull_requests",
	"Repository.issue":              "issues",
	"Repository.issues":             "issues",
	"Commit.checkSuites":            "checks",
	"Commit.statusCheckRollup":      "checks",
	"PullRequest.statusCheckRollup": "checks",
	"Repository.deployments":        "deployments",
	"Commit.deployments":            "deployments",
	"Organization.teams":            "members",
	"Organization.team":             "members",
	"Organization.membersWithRole":  "members",
	"Organization.rulesets":         "organization_administration",
}

func checkPermission(allows func(string, *Repository) bool, typeName, fieldName string, obj any) error {
	if permission, ok := needs[typeName+"."+fieldName]; ok && !allows(permission, repositoryOf(obj)) {
		return forbidden()
	}
	return nil
}

// repositoryOf is the repository an object belongs to, as far as permissions for
// its fields depend on one.
func repositoryOf(obj any) *Repository {
	switch v := obj.(type) {
	case *Repository:
		return v
	case gitRef:
		return v.repo
	case commit:
		return v.repo
	}
	return nil
}
