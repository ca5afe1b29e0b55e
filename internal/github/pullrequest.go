package github

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/repo"
)

// PullRequestRef names a pull request.
type PullRequestRef struct {
	Name    repo.Name // the base repository
	Number  int
	HeadSHA string // the head the caller heard of; "" when it heard of none
}

// ReadOptions says what a read brings back beside the repository's own facts. An
// empty field leaves its part out of the query.
type ReadOptions struct {
	Want         repo.Want
	PolicyRepo   string // the organisation's policy repository: ".github"
	PolicyPath   string // ".platform/policy.yaml"
	SettingsPath string // the repository's own settings, read from its default branch only
	CheckName    string // the check runs of this name, by the App with AppID
	AppID        int64
}

// PullRequest is what one read says of a pull request, and of the two commits
// that matter to it.
type PullRequest struct {
	Number          int
	Title           string
	State           string // open, closed, merged
	Draft           bool
	URL             string
	Author          string // login; "" for a deleted account
	AuthorIsBot     bool
	Labels          []string // at most 50
	HeadRef         string   // branch name in HeadRepository
	HeadSHA         string
	HeadRepository  repo.Name // zero when the fork was deleted
	BaseRef         string
	BaseSHA         string // where the pull request sees its base; Base.SHA is the branch's present head
	CrossRepository bool   // from a fork

	// Stale is true when HeadSHA is not the head the caller heard of: a newer push
	// is on its way, or GitHub's answer is older than its webhook. Head is of
	// HeadSHA either way; read once more before judging it as the latest.
	Stale bool

	Changed      []ChangedFile // the first 100
	ChangedTotal int

	Head *repo.Snapshot
	Base *repo.Snapshot // at the base branch's present head; nil when the branch is gone

	Policy    *Document // nil when the organisation has none
	Settings  *Document // nil when the repository has none
	CheckRuns []ExistingCheckRun
}

// ChangedFile is a file the pull request changes.
type ChangedFile struct {
	Path   string
	Status string // added, changed, copied, deleted, modified, renamed
}

// ReadPullRequest reads a pull request in one GraphQL query of one point.
//
// Two things cost more, and only then: files whose text GitHub cuts at 512 kB take
// a REST read each, up to 4 of up to 1 MB; and one more query is made when the
// head is not among the pull request's commits (none ahead of the base), or when
// the answer is over 24 MB, then without the text of folders.
//
// Errors: *NotFoundError, *ForbiddenError, *RateLimitedError, and others that a
// later try may mend. A partial answer of GitHub is an error. Two things may be
// unreadable without one: the protection of the branch (Snapshot.Protection is
// nil), and a policy repository that the App does not see, which GitHub does not
// tell from one that does not exist.
func (c *Client) ReadPullRequest(ctx context.Context, installationID int64, ref PullRequestRef, opts ReadOptions) (*PullRequest, error) {
	r, err := c.startReading(installationID, fmt.Sprintf("read %s#%d", ref.Name, ref.Number), opts)
	if err != nil {
		return nil, err
	}
	var data struct{ Repository, Policy *repositoryNode }
	err = r.ask(ctx, &data, func(want repo.Want) (query, error) { return pullRequestQuery(ref, want, opts) })
	if err != nil {
		return nil, err
	}
	if data.Repository == nil || data.Repository.PullRequest == nil {
		return nil, &NotFoundError{Op: r.op, What: "the pull request"}
	}
	pr := data.Repository.PullRequest
	head, err := r.head(ctx, ref.Name, pr)
	if err != nil {
		return nil, err
	}
	out := pr.pullRequest()
	out.Stale = ref.HeadSHA != "" && ref.HeadSHA != pr.HeadRefOid
	out.CheckRuns = head.CheckSuites.runs()
	if out.Head, err = r.snapshot(ctx, data.Repository, head, pr.HeadRefName); err != nil {
		return nil, err
	}
	if pr.BaseRef != nil && pr.BaseRef.Target != nil {
		if out.Base, err = r.snapshot(ctx, data.Repository, pr.BaseRef.Target, pr.BaseRefName); err != nil {
			return nil, err
		}
	}
	out.Policy, out.Settings = r.documents(data.Policy, data.Repository)
	return out, nil
}

// head returns the pull request's head commit, by a query of its own when it is
// not the last of the pull request's commits.
func (r *reading) head(ctx context.Context, base repo.Name, pr *pullRequestNode) (*commitNode, error) {
	if n := len(pr.Commits.Nodes); n > 0 {
		if c := pr.Commits.Nodes[n-1].Commit; c != nil && c.Oid == pr.HeadRefOid {
			return c, nil
		}
	}
	var from repo.Name
	if pr.HeadRepository != nil {
		from, _ = repo.ParseName(pr.HeadRepository.NameWithOwner)
	}
	type holder struct{ Object *commitNode }
	var data struct{ InBase, InHead *holder }
	err := r.ask(ctx, &data, func(want repo.Want) (query, error) { return headQuery(base, from, pr.HeadRefOid, want, r.opts) })
	if err != nil {
		return nil, err
	}
	for _, h := range []*holder{data.InBase, data.InHead} {
		if h != nil && h.Object != nil && h.Object.Oid == pr.HeadRefOid {
			return h.Object, nil
		}
	}
	return nil, fmt.Errorf("%s: GitHub does not show the head commit %s (yet)", r.op, pr.HeadRefOid)
}

func (pr *pullRequestNode) pullRequest() *PullRequest {
	out := &PullRequest{
		Number: pr.Number, Title: pr.Title, State: strings.ToLower(pr.State), Draft: pr.IsDraft, URL: pr.URL,
		HeadRef: pr.HeadRefName, HeadSHA: pr.HeadRefOid, BaseRef: pr.BaseRefName, BaseSHA: pr.BaseRefOid,
		CrossRepository: pr.IsCrossRepository, ChangedTotal: pr.Files.TotalCount,
	}
	if pr.Author != nil {
		out.Author, out.AuthorIsBot = pr.Author.Login, pr.Author.Typename == "Bot"
	}
	if pr.HeadRepository != nil {
		out.HeadRepository, _ = repo.ParseName(pr.HeadRepository.NameWithOwner)
	}
	for _, l := range pr.Labels.Nodes {
		out.Labels = append(out.Labels, l.Name)
	}
	for _, f := range pr.Files.Nodes {
		out.Changed = append(out.Changed, ChangedFile{Path: f.Path, Status: strings.ToLower(f.ChangeType)})
	}
	return out
}

// PullRequestsWithCommit returns the open pull requests of a repository whose head
// is sha. It is how the check suites of forks, which name no pull request, lead
// to one. One REST request for every 100 pull requests that contain the commit.
func (c *Client) PullRequestsWithCommit(ctx context.Context, installationID int64, name repo.Name, sha string) ([]PullRequestRef, error) {
	op := fmt.Sprintf("find the pull requests of %s at %s", name, sha)
	i, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	var out []PullRequestRef
	opts := firstPage()
	for range maxPages {
		page, resp, err := i.rest.PullRequests.ListPullRequestsWithCommit(ctx, name.Owner, name.Repo, sha, opts)
		if err != nil {
			return nil, c.explain(installationID, op, "pull_requests: read", err)
		}
		for _, pr := range page {
			if pr.GetState() == "open" && pr.GetHead().GetSHA() == sha {
				out = append(out, PullRequestRef{Name: name, Number: pr.GetNumber(), HeadSHA: sha})
			}
		}
		if resp.NextPage == 0 {
			return out, nil
		}
		opts.Page = resp.NextPage
	}
	return nil, fmt.Errorf("%s: %w", op, errors.New("GitHub's list does not end"))
}

// ChangedFiles lists the paths a pull request changes: up to GitHub's limit of
// 3,000, 100 a REST request. ReadPullRequest brings the first 100.
func (c *Client) ChangedFiles(ctx context.Context, installationID int64, name repo.Name, number int) ([]string, error) {
	op := fmt.Sprintf("list the files of %s#%d", name, number)
	i, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	var out []string
	opts := firstPage()
	for range maxPages {
		page, resp, err := i.rest.PullRequests.ListFiles(ctx, name.Owner, name.Repo, number, opts)
		if err != nil {
			return nil, c.explain(installationID, op, "pull_requests: read", err)
		}
		for _, f := range page {
			out = append(out, f.GetFilename())
		}
		if resp.NextPage == 0 {
			return out, nil
		}
		opts.Page = resp.NextPage
	}
	return nil, fmt.Errorf("%s: %w", op, errors.New("GitHub's list does not end"))
}
