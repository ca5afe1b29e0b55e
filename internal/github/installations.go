package github

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/cairn-dev/cairn/internal/repo"
)

const (
	perPage = 100
	// maxPages ends a list that would never end: 100,000 entries.
	maxPages = 1000
)

func firstPage() *gogithub.ListOptions { return &gogithub.ListOptions{PerPage: perPage} }

// Installation is an account the App is installed on.
type Installation struct {
	ID          int64
	Account     string // login
	AccountType string // Organization, User
	Suspended   bool
	Selected    bool              // on some of the account's repositories only
	Permissions map[string]string // "checks": "write"; what the account has accepted
	Events      []string
}

// Installations yields every installation of the App, 100 a REST request. An error
// ends it.
func (c *Client) Installations(ctx context.Context) iter.Seq2[Installation, error] {
	return func(yield func(Installation, error) bool) {
		opts := firstPage()
		for range maxPages {
			page, resp, err := c.app.Apps.ListInstallations(ctx, opts)
			if err != nil {
				yield(Installation{}, c.explain(0, "list the App's installations", "", err))
				return
			}
			for _, i := range page {
				installation, err := installationOf(i)
				if !yield(installation, err) || err != nil {
					return
				}
			}
			if resp.NextPage == 0 {
				return
			}
			opts.Page = resp.NextPage
		}
	}
}

func installationOf(i *gogithub.Installation) (Installation, error) {
	out := Installation{
		ID: i.GetID(), Account: i.GetAccount().GetLogin(), AccountType: i.GetAccount().GetType(),
		Suspended: i.SuspendedAt != nil, Selected: i.GetRepositorySelection() == "selected", Events: i.Events,
	}
	// go-github has a field for each permission; by name is what people compare.
	text, err := json.Marshal(i.Permissions)
	if err == nil {
		err = json.Unmarshal(text, &out.Permissions)
	}
	if err != nil {
		return Installation{}, fmt.Errorf("read the permissions of installation %d: %w", out.ID, err)
	}
	return out, nil
}

// Repository is a repository an installation may see.
type Repository struct {
	ID            int64
	Name          repo.Name
	DefaultBranch string
	Visibility    string // public, private, internal
	Archived      bool
	Fork          bool
}

// InstallationRepositories yields every repository of an installation, 100 a REST
// request. An error ends it.
func (c *Client) InstallationRepositories(ctx context.Context, installationID int64) iter.Seq2[Repository, error] {
	return func(yield func(Repository, error) bool) {
		op := fmt.Sprintf("list the repositories of installation %d", installationID)
		i, err := c.installation(installationID)
		if err != nil {
			yield(Repository{}, fmt.Errorf("%s: %w", op, err))
			return
		}
		opts := firstPage()
		for range maxPages {
			page, resp, err := i.rest.Apps.ListRepos(ctx, opts)
			if err != nil {
				yield(Repository{}, c.explain(installationID, op, "metadata: read", err))
				return
			}
			for _, r := range page.Repositories {
				if !yield(repositoryOf(r), nil) {
					return
				}
			}
			if resp.NextPage == 0 {
				return
			}
			opts.Page = resp.NextPage
		}
	}
}

// RepositoryInstallation says which installation holds a repository. A public
// repository can be read by anybody, so this alone tells whether the App is on it:
// a *NotFoundError says it is not. One REST request of the App itself.
func (c *Client) RepositoryInstallation(ctx context.Context, name repo.Name) (int64, error) {
	i, _, err := c.app.Apps.FindRepositoryInstallation(ctx, name.Owner, name.Repo)
	if err != nil {
		return 0, c.explain(0, fmt.Sprintf("look up the installation of %s", name), "", err)
	}
	return i.GetID(), nil
}

func repositoryOf(r *gogithub.Repository) Repository {
	name, _ := repo.ParseName(r.GetFullName())
	return Repository{
		ID: r.GetID(), Name: name, DefaultBranch: r.GetDefaultBranch(), Visibility: strings.ToLower(r.GetVisibility()),
		Archived: r.GetArchived(), Fork: r.GetFork(),
	}
}
