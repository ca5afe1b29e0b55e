package github

import (
	"context"
	"fmt"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/cairn-dev/cairn/internal/repo"
)

// maxComment is the longest body of an issue comment, in characters; Cairn counts
// bytes, which are never fewer.
const maxComment = 65_536

// Comment is a comment the App wrote.
type Comment struct {
	ID  int64
	URL string
}

// Comment writes a comment on an issue or pull request; a body beyond GitHub's
// limit is cut, with a line that says so. One REST request. Calling it twice makes
// two comments: the caller remembers the first and uses UpdateComment.
func (c *Client) Comment(ctx context.Context, installationID int64, name repo.Name, number int, body string) (Comment, error) {
	op := fmt.Sprintf("comment on %s#%d", name, number)
	i, err := c.installation(installationID)
	if err != nil {
		return Comment{}, fmt.Errorf("%s: %w", op, err)
	}
	made, _, err := i.rest.Issues.CreateComment(ctx, name.Owner, name.Repo, number, &gogithub.IssueComment{Body: gogithub.String(cutText(body, maxComment))})
	if err != nil {
		return Comment{}, c.explain(installationID, op, "issues: write", err)
	}
	return Comment{ID: made.GetID(), URL: made.GetHTMLURL()}, nil
}

// CommentOnce writes a comment that ends in marker (an HTML comment), unless the
// App has written one with it since then: so a job that is done twice answers
// once. Two REST requests, more where over 100 comments came since.
func (c *Client) CommentOnce(ctx context.Context, installationID int64, name repo.Name, number int, since time.Time, marker, body string) (Comment, error) {
	op := fmt.Sprintf("look for an answer on %s#%d", name, number)
	i, err := c.installation(installationID)
	if err != nil {
		return Comment{}, fmt.Errorf("%s: %w", op, err)
	}
	opts := &gogithub.IssueListCommentsOptions{Since: &since, ListOptions: *firstPage()}
	for range maxPages {
		page, resp, err := i.rest.Issues.ListComments(ctx, name.Owner, name.Repo, number, opts)
		if err != nil {
			return Comment{}, c.explain(installationID, op, "issues: read", err)
		}
		for _, old := range page {
			if old.GetUser().GetType() == "Bot" && strings.HasSuffix(old.GetBody(), marker) {
				return Comment{ID: old.GetID(), URL: old.GetHTMLURL()}, nil
			}
		}
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	return c.Comment(ctx, installationID, name, number, body+"\n\n"+marker)
}

// UpdateComment replaces the body of a comment the App wrote. One REST request.
func (c *Client) UpdateComment(ctx context.Context, installationID int64, name repo.Name, id int64, body string) error {
	op := fmt.Sprintf("update comment %d of %s", id, name)
	i, err := c.installation(installationID)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	_, _, err = i.rest.Issues.EditComment(ctx, name.Owner, name.Repo, id, &gogithub.IssueComment{Body: gogithub.String(cutText(body, maxComment))})
	return c.explain(installationID, op, "issues: write", err)
}

// React puts a reaction on a comment: +1, -1, laugh, confused, heart, hooray,
// rocket or eyes. GitHub keeps one of a kind, so a repeat changes nothing. One
// REST request.
func (c *Client) React(ctx context.Context, installationID int64, name repo.Name, commentID int64, content string) error {
	op := fmt.Sprintf("react to comment %d of %s", commentID, name)
	i, err := c.installation(installationID)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	_, _, err = i.rest.Reactions.CreateIssueCommentReaction(ctx, name.Owner, name.Repo, commentID, content)
	return c.explain(installationID, op, "issues: write", err)
}

// Permission says what a person may do in a repository: admin, write, read or
// none (maintain counts as write, triage as read). One REST request.
func (c *Client) Permission(ctx context.Context, installationID int64, name repo.Name, login string) (string, error) {
	op := fmt.Sprintf("look up the permission of %s on %s", login, name)
	i, err := c.installation(installationID)
	if err != nil {
		return "", fmt.Errorf("%s: %w", op, err)
	}
	level, _, err := i.rest.Repositories.GetPermissionLevel(ctx, name.Owner, name.Repo, login)
	if err != nil {
		return "", c.explain(installationID, op, "metadata: read", err)
	}
	return level.GetPermission(), nil
}
