package github

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/cairn-dev/cairn/internal/repo"
)

// branchesPerQuery is how many repositories one query of a sweep reads: GitHub
// ends a query after about 10 s, long before it runs out of points.
const branchesPerQuery = 25

// Branch is what one read says of a repository's default branch.
type Branch struct {
	// Snapshot is of the branch's head. An empty repository has one without files
	// (Empty, no SHA).
	Snapshot  *repo.Snapshot
	Policy    *Document // nil when the organisation has none
	Settings  *Document // nil when the repository has none
	CheckRuns []ExistingCheckRun
}

// BranchResult is one repository of a sweep.
type BranchResult struct {
	Name   repo.Name // as asked for; Branch.Snapshot.Name is as GitHub spells it now
	Branch *Branch
	Err    error // *NotFoundError when GitHub does not know it; Branch is nil then
}

// ReadBranch reads a repository's default branch in one GraphQL query of one
// point. Costs beyond that, and errors, are as for ReadPullRequest.
func (c *Client) ReadBranch(ctx context.Context, installationID int64, name repo.Name, opts ReadOptions) (*Branch, error) {
	results, err := c.readBranches(ctx, installationID, []repo.Name{name}, opts)
	if err != nil {
		return nil, err
	}
	return results[0].Branch, results[0].Err
}

// ReadBranches reads the default branches of repositories of one owner, 25 a
// query, and returns them in the order of names. A repository that is gone is an
// error of its own result; what stops the whole read is returned, with what was
// read until then.
func (c *Client) ReadBranches(ctx context.Context, installationID int64, names []repo.Name, opts ReadOptions) ([]BranchResult, error) {
	out := make([]BranchResult, 0, len(names))
	for len(names) > 0 {
		batch := names[:min(len(names), branchesPerQuery)]
		results, err := c.readBatch(ctx, installationID, batch, opts)
		out = append(out, results...)
		if err != nil {
			return out, err
		}
		names = names[len(batch):]
	}
	return out, nil
}

// readBatch reads names in one query, in halves when GitHub cannot answer so much
// at once.
func (c *Client) readBatch(ctx context.Context, installationID int64, names []repo.Name, opts ReadOptions) ([]BranchResult, error) {
	results, err := c.readBranches(ctx, installationID, names, opts)
	if err == nil || len(names) == 1 || !tooMuchAtOnce(err) {
		return results, err
	}
	half := len(names) / 2
	results, err = c.readBatch(ctx, installationID, names[:half], opts)
	if err != nil {
		return results, err
	}
	rest, err := c.readBatch(ctx, installationID, names[half:], opts)
	return append(results, rest...), err
}

// tooMuchAtOnce reports whether a smaller query may do better: the answer was too
// large, or GitHub gave up after its 10 s, which it says in several ways.
func tooMuchAtOnce(err error) bool {
	if errors.Is(err, errTooLarge) || errors.Is(err, errGaveUp) {
		return true
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return true
	}
	if answer, ok := errors.AsType[*gogithub.ErrorResponse](err); ok && answer.Response != nil {
		code := answer.Response.StatusCode
		return code == http.StatusBadGateway || code == http.StatusGatewayTimeout
	}
	return strings.Contains(err.Error(), "RESOURCE_LIMITS_EXCEEDED") ||
		strings.Contains(err.Error(), "Something went wrong while executing your query")
}

// errGaveUp is an answer that lacks a part of what was asked for, for no reason
// that lies in what was asked.
var errGaveUp = errors.New("GitHub gave up a part of the answer")

func (c *Client) readBranches(ctx context.Context, installationID int64, names []repo.Name, opts ReadOptions) ([]BranchResult, error) {
	op := fmt.Sprintf("read the default branch of %s", names[0])
	if n := len(names); n > 1 {
		op = fmt.Sprintf("read the default branches of %s … %s", names[0], names[n-1])
	}
	r, err := c.startReading(installationID, op, opts)
	if err != nil {
		return nil, err
	}
	r.splits = len(names) > 1
	data := map[string]*repositoryNode{}
	err = r.ask(ctx, &data, func(want repo.Want) (query, error) { return branchesQuery(names, want, opts) })
	if err != nil {
		return nil, err
	}
	results := make([]BranchResult, len(names))
	for i, name := range names {
		alias := fmt.Sprintf("r%d", i)
		results[i].Name = name
		node := data[alias]
		if node == nil {
			results[i].Err = &NotFoundError{Op: "read the default branch of " + name.String(), What: "the repository"}
			continue
		}
		if results[i].Branch, err = r.branch(ctx, alias, node, data["policy"]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (r *reading) branch(ctx context.Context, alias string, node, policy *repositoryNode) (*Branch, error) {
	var commit *commitNode
	name := ""
	if ref := node.DefaultBranchRef; ref != nil {
		name, commit = ref.Name, ref.Target
	}
	b := &Branch{}
	if commit != nil {
		b.CheckRuns = commit.CheckSuites.runs()
	}
	var err error
	if b.Snapshot, err = r.snapshotOf(ctx, alias, node, commit, name); err != nil {
		return nil, err
	}
	b.Policy, b.Settings = r.documents(policy, node)
	return b, nil
}

// isBranchAlias reports whether a field is one of the repositories of a sweep.
func isBranchAlias(name string) bool {
	number, ok := strings.CutPrefix(name, "r")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
