package handlers

import (
	"context"
	"iter"
	"time"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/people"
	"github.com/cairn-dev/cairn/internal/repo"
)

// GitHub is what the handlers ask of GitHub; *github.Client answers. Each call is
// made for one installation and costs one request unless said.
type GitHub interface {
	ReadPullRequest(ctx context.Context, installation int64, ref github.PullRequestRef, opts github.ReadOptions) (*github.PullRequest, error)
	ReadBranch(ctx context.Context, installation int64, name repo.Name, opts github.ReadOptions) (*github.Branch, error)
	// WriteCheckRun makes or updates a check run; each 50 annotations are a request.
	WriteCheckRun(ctx context.Context, installation int64, name repo.Name, run github.CheckRun) (github.Written, error)
	// ChangedFiles lists all files of a pull request, 100 a request.
	ChangedFiles(ctx context.Context, installation int64, name repo.Name, number int) ([]string, error)
	// PullRequestsWithCommit lists the open pull requests whose head holds a commit.
	PullRequestsWithCommit(ctx context.Context, installation int64, name repo.Name, sha string) ([]github.PullRequestRef, error)
	// Installations goes through all pages, 100 installations a request.
	Installations(ctx context.Context) iter.Seq2[github.Installation, error]
	// Sweep reads every repository of an installation, about 100 a request.
	Sweep(ctx context.Context, on github.Installation, opts github.SweepOptions) iter.Seq2[github.SweptRepository, error]
	// ReadOrganisation reads members and teams, about 100 people a request.
	ReadOrganisation(ctx context.Context, installation int64, login string, opts github.OrganisationOptions) (*people.Organisation, error)
	// RepositoryInstallation says which installation holds a repository; it is a
	// *github.NotFoundError when none does.
	RepositoryInstallation(ctx context.Context, name repo.Name) (installation int64, err error)
	// ReadFile reads a file at a branch, tag or commit: one request.
	ReadFile(ctx context.Context, installation int64, name repo.Name, ref, file string) ([]byte, error)
	// ListFiles lists all files; whole is false when GitHub cut the list. One request.
	ListFiles(ctx context.Context, installation int64, name repo.Name, ref string) (paths []string, whole bool, err error)
	// RepositoryURL is where people see a repository; it costs nothing.
	RepositoryURL(name repo.Name) string
	// React adds a reaction to a comment; one that is there already is no error.
	React(ctx context.Context, installation int64, name repo.Name, commentID int64, content string) error
	// CommentOnce writes a comment that ends in marker, unless the App has written one
	// with it since. It costs two requests.
	CommentOnce(ctx context.Context, installation int64, name repo.Name, issue int, since time.Time, marker, body string) (github.Comment, error)
}
