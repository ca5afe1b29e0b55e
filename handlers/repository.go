package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
)

// repository brings what Cairn keeps of a repository into line with its default
// branch: catalog entities, and on a push the check run of the head. One read, and
// one write when it judges.
func (h *Handlers) repository(ctx context.Context, job queue.Job, body repositoryJob) (queue.Outcome, error) {
	name, ok := repo.ParseName(body.Repo)
	if !ok {
		return queue.Outcome{}, queue.Permanent(fmt.Errorf("%q is no repository name", body.Repo))
	}
	if body.Gone {
		_, err := h.GitHub.RepositoryInstallation(ctx, name)
		var gone *github.NotFoundError
		switch {
		case errors.As(err, &gone):
			return h.forget(ctx, name, body.ID)
		case err != nil:
			return queue.Outcome{}, err
		}
	}
	branch, policy, problems, err := h.readBranch(ctx, job.InstallationID, name)
	var gone *github.NotFoundError
	switch {
	case errors.As(err, &gone):
		return h.forget(ctx, name, body.ID)
	case err != nil:
		return queue.Outcome{}, err
	}
	s := branch.Snapshot
	registered, err := h.register(ctx, job.InstallationID, s)
	if err != nil {
		return queue.Outcome{}, err
	}
	mode := policy.ModeFor(s.Name.String())
	if !body.Judge || s.Empty || s.Archived || mode == config.Off {
		return queue.Outcome{Summary: registered, URL: s.URL}, nil
	}
	report := checks.Evaluate(checks.Input{Snapshot: s, Policy: policy})
	output := checks.Render(checks.RenderInput{
		Report: report, Mode: mode, PolicyProblems: problems, Scorecards: scorecards(s, report, policy),
	})
	outcome, err := h.say(ctx, job.InstallationID, verdict{
		snapshot: s, report: report, output: output, existing: branch.CheckRuns,
		subject: fmt.Sprintf("%s@%s", s.Name, s.Branch),
	})
	outcome.Summary = strings.Join([]string{outcome.Summary, registered}, "; ")
	return outcome, err
}

// readBranch reads under the policy in force, and once more when the policy has
// moved on so far that other files are wanted.
func (h *Handlers) readBranch(ctx context.Context, installation int64, name repo.Name) (*github.Branch, *config.Policy, []config.Problem, error) {
	known, err := h.Policies.inForce(ctx, name.Owner)
	if err != nil {
		return nil, nil, nil, err
	}
	entities, err := h.wantedByCatalog(ctx, name)
	if err != nil {
		return nil, nil, nil, err
	}
	for {
		want := policyWant(known.policy).Merge(repo.Want{Files: entities})
		branch, err := h.GitHub.ReadBranch(ctx, installation, name, h.readOptions(want))
		if err != nil {
			return nil, nil, nil, err
		}
		fresh, problems, err := h.Policies.take(ctx, name.Owner, branch.Policy)
		if err != nil {
			return nil, nil, nil, err
		}
		if fresh.oid == known.oid || want.Covers(policyWant(fresh.policy)) {
			return branch, fresh.policy, problems, nil
		}
		known = fresh
	}
}

// forget removes what was kept of a repository that the App no longer sees.
func (h *Handlers) forget(ctx context.Context, name repo.Name, id int64) (queue.Outcome, error) {
	if err := h.Store.RemoveRepository(ctx, id); err != nil {
		return queue.Outcome{}, fmt.Errorf("forget %s: %w", name, err)
	}
	return queue.Outcome{Summary: fmt.Sprintf("%s is out of sight: its entities are removed", name)}, h.Catalog.Refresh(ctx)
}
