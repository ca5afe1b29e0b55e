package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v60/github"
)

// NotFoundError says that GitHub knows nothing under this name, or hides it from
// the App: GitHub answers both alike.
type NotFoundError struct {
	Op   string // what was being done: "read acme/pay#12"
	What string // what is not there: "repository acme/pay"; may be ""
}

func (e *NotFoundError) Error() string {
	what := e.What
	if what == "" {
		what = "it"
	}
	return fmt.Sprintf("%s: %s does not exist, or the App is not installed on it", e.Op, what)
}

// ForbiddenError says that the App may not do this.
type ForbiddenError struct {
	Op         string
	Permission string // the missing one, as app.yml writes it: "checks: write"; "" when GitHub does not say
	Message    string // GitHub's own words
}

func (e *ForbiddenError) Error() string {
	if e.Permission == "" {
		return fmt.Sprintf("%s: GitHub refuses it: %s", e.Op, e.Message)
	}
	return fmt.Sprintf("%s: the App lacks the permission %q (GitHub says: %s); grant it in the App's settings and accept it for the installation",
		e.Op, e.Permission, e.Message)
}

// RateLimitedError says when the installation may call GitHub again. Nothing was
// done.
type RateLimitedError struct {
	Until        time.Time
	Resource     string // core, graphql, …; all
	Installation int64  // 0: the App itself
	Why          string
}

func (e *RateLimitedError) Error() string {
	return fmt.Sprintf("GitHub calls (%s) of installation %d are paused until %s: %s",
		e.Resource, e.Installation, e.Until.UTC().Format(time.RFC3339), e.Why)
}

// RetryAt is when the job may be tried again.
func (e *RateLimitedError) RetryAt() time.Time { return e.Until }

// errTooLarge is an answer beyond what this package reads into memory.
var errTooLarge = errors.New("the answer is too large")

// explain turns what the clients return into this package's errors. op says what
// was being done and to which repository; permission is the one the call needs,
// for the case that GitHub does not name it.
func (c *Client) explain(installationID int64, op, permission string, err error) error {
	if err == nil {
		return nil
	}
	if limited, ok := errors.AsType[*RateLimitedError](err); ok {
		return fmt.Errorf("%s: %w", op, limited)
	}
	if limited, ok := errors.AsType[*gogithub.RateLimitError](err); ok {
		return fmt.Errorf("%s: %w", op, &RateLimitedError{Until: limited.Rate.Reset.Time, Resource: ResourceCore,
			Installation: installationID, Why: "rate limit is used up"})
	}
	if token, ok := errors.AsType[*ghinstallation.HTTPError](err); ok {
		return c.explainToken(token, op)
	}
	answer, ok := errors.AsType[*gogithub.ErrorResponse](err)
	if !ok || answer.Response == nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	switch answer.Response.StatusCode {
	case http.StatusUnauthorized:
		c.forget(installationID)
		return fmt.Errorf("%s: GitHub does not accept the App's token: %w", op, err)
	case http.StatusForbidden:
		if named := acceptedPermissions(answer.Response.Header); named != "" {
			permission = named
		}
		return &ForbiddenError{Op: op, Permission: permission, Message: answer.Message}
	case http.StatusNotFound, http.StatusGone:
		return &NotFoundError{Op: op}
	}
	return fmt.Errorf("%s: %w", op, err)
}

// explainToken explains why no installation token could be had.
func (c *Client) explainToken(err *ghinstallation.HTTPError, op string) error {
	if err.Response == nil {
		return fmt.Errorf("%s: get an installation token: %w", op, err.RootCause)
	}
	defer err.Response.Body.Close()
	reason, readErr := peek(err.Response)
	if readErr != nil {
		reason = err.Response.Status
	}
	switch err.Response.StatusCode {
	case http.StatusUnauthorized:
		return fmt.Errorf("%s: GitHub does not accept the App's ID and private key (%s)", op, strings.TrimSpace(reason))
	case http.StatusForbidden:
		return &ForbiddenError{Op: op, Message: fmt.Sprintf("installation %d: %s", err.InstallationID, strings.TrimSpace(reason))}
	case http.StatusNotFound:
		return &NotFoundError{Op: op, What: fmt.Sprintf("installation %d", err.InstallationID)}
	}
	return fmt.Errorf("%s: get an installation token: GitHub answered %s", op, err.Response.Status)
}

// acceptedPermissions reads "checks=write; contents=read,metadata=read", where ";"
// parts alternatives and "," joins ("Permissions required for GitHub Apps").
func acceptedPermissions(h http.Header) string {
	var alternatives []string
	for set := range strings.SplitSeq(h.Get("X-Accepted-Github-Permissions"), ";") {
		var all []string
		for pair := range strings.SplitSeq(set, ",") {
			if name, level, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
				all = append(all, name+": "+level)
			}
		}
		if len(all) > 0 {
			alternatives = append(alternatives, strings.Join(all, " and "))
		}
	}
	return strings.Join(alternatives, ", or ")
}

// outcomeUnknown reports whether a write may have happened although it returned
// err: no answer came, or GitHub failed. A refusal is certain.
func outcomeUnknown(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false // nothing more can be asked now
	}
	if _, limited := errors.AsType[*RateLimitedError](err); limited {
		return false
	}
	if _, token := errors.AsType[*ghinstallation.HTTPError](err); token {
		return false
	}
	if answer, ok := errors.AsType[*gogithub.ErrorResponse](err); ok && answer.Response != nil {
		return answer.Response.StatusCode >= http.StatusInternalServerError
	}
	return true
}
