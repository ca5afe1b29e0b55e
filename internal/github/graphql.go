package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v60/github"
)

// maxAnswer bounds a GraphQL answer, in bytes. A repository can hold more text in
// its workflow folder than a process should take in.
const maxAnswer = 24 << 20

// answer is what GitHub said to a query: data, and what it could not answer.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []graphqlError  `json:"errors"`
}

// graphqlError is one part of a query that GitHub could not answer.
type graphqlError struct {
	Type    string `json:"type"` // NOT_FOUND, FORBIDDEN, RATE_LIMITED, …; "" for time-outs and invalid queries
	Path    []any  `json:"path"`
	Message string `json:"message"`
}

// names returns the field names of the error's path, without list positions.
func (e graphqlError) names() []string {
	var out []string
	for _, step := range e.Path {
		if name, ok := step.(string); ok {
			out = append(out, name)
		}
	}
	return out
}

// under reports whether one of the fields of the error's path is among names.
func (e graphqlError) under(names ...string) bool {
	return slices.ContainsFunc(e.names(), func(n string) bool { return slices.Contains(names, n) })
}

// at reports whether the error is about exactly this path.
func (e graphqlError) at(path ...string) bool { return slices.Equal(e.names(), path) }

// item returns the position in the list of this name on the error's path.
func (e graphqlError) item(list string) (int, bool) {
	for i, step := range e.Path {
		if step != list || i+1 == len(e.Path) {
			continue
		}
		at, ok := e.Path[i+1].(float64)
		return int(at), ok && at >= 0
	}
	return 0, false
}

// refusal reports whether asking again, or for less, brings the same error.
func (e graphqlError) refusal() bool {
	switch e.Type {
	case "NOT_FOUND", "FORBIDDEN", "INSUFFICIENT_SCOPES":
		return true
	}
	return false
}

// query posts a query once. An error is one of the whole call; what GitHub could
// not answer within it is left in answer.Errors for the caller to judge.
func (i *installation) query(ctx context.Context, q query) (*answer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("write the query: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.v4, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("write the query: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", i.rest.UserAgent)
	resp, err := i.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		resp.Body = io.NopCloser(io.LimitReader(resp.Body, maxRefusal))
		if err := gogithub.CheckResponse(resp); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("GitHub answered %s to a query", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(text) > maxAnswer {
		return nil, errTooLarge
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	for _, e := range a.Errors {
		if e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || isSecondary(e.Message) {
			return nil, i.limiter.limitedAnswer(ctx, resp.Header, e.Message)
		}
	}
	if len(a.Data) == 0 && len(a.Errors) == 0 {
		return nil, errors.New("GitHub answered a query with neither data nor errors")
	}
	return &a, nil
}

// explainAnswer turns the first error that excuse does not let pass into one of
// this package's: a partial answer is an error, never taken for an absence.
func explainAnswer(op string, errs []graphqlError, excuse func(graphqlError) bool) error {
	for _, e := range errs {
		if excuse(e) {
			continue
		}
		path := strings.Join(e.names(), ".")
		switch e.Type {
		case "NOT_FOUND":
			return &NotFoundError{Op: op, What: notFoundWhat(e)}
		case "FORBIDDEN", "INSUFFICIENT_SCOPES":
			return &ForbiddenError{Op: op, Permission: fieldPermission(e), Message: e.Message}
		}
		kind := e.Type
		if kind == "" {
			kind = "error"
		}
		if path == "" {
			return fmt.Errorf("%s: GitHub answered %s: %s", op, kind, e.Message)
		}
		return fmt.Errorf("%s: GitHub answered %s at %s: %s", op, kind, path, e.Message)
	}
	return nil
}

func notFoundWhat(e graphqlError) string {
	switch names := e.names(); {
	case len(names) == 0:
		return ""
	case names[len(names)-1] == "pullRequest":
		return "the pull request"
	case names[len(names)-1] == "organization", names[len(names)-1] == "repositoryOwner":
		return "the organisation"
	default:
		return "the repository"
	}
}

// fieldPermission names the permission behind a field of our queries
// (docs.github.com, "Permissions required for GitHub Apps").
func fieldPermission(e graphqlError) string {
	for _, name := range slices.Backward(e.names()) {
		switch name {
		case "branchProtectionRule", "rules":
			return "administration: read"
		case "checkSuites", "checkRuns", "annotations":
			return "checks: read"
		case "target", "commit", "defaultBranchRef", "object", "inBase", "inHead":
			return "contents: read"
		case "membersWithRole", "teams", "team":
			return "members: read"
		case "pullRequest":
			return "pull_requests: read"
		}
	}
	return "metadata: read"
}
