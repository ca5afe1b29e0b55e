package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
)

// commit finds out what a head belongs to when GitHub did not say: the pull
// requests that Cairn judged it for, else those GitHub knows; none means the
// default branch.
func (h *Handlers) commit(ctx context.Context, job queue.Job, body commitJob) (queue.Outcome, error) {
	name, ok := repo.ParseName(body.Repo)
	if !ok {
		return queue.Outcome{}, queue.Permanent(fmt.Errorf("%q is no repository name", body.Repo))
	}
	numbers, err := h.Store.PullRequestsBySHA(ctx, body.ID, body.SHA)
	if err != nil {
		return queue.Outcome{}, fmt.Errorf("pull requests with %s: %w", body.SHA, err)
	}
	if len(numbers) == 0 {
		refs, err := h.GitHub.PullRequestsWithCommit(ctx, job.InstallationID, name, body.SHA)
		var gone *github.NotFoundError
		if err != nil && !errors.As(err, &gone) {
			return queue.Outcome{}, err
		}
		for _, ref := range refs {
			numbers = append(numbers, ref.Number)
		}
	}
	var hints []queue.Hint
	for _, n := range numbers {
		next, err := pullRequestJob{Repo: body.Repo, Number: n, HeadSHA: body.SHA}.hint()
		if err != nil {
			return queue.Outcome{}, err
		}
		hints = append(hints, next)
	}
	if len(hints) == 0 {
		next, err := repositoryJob{Repo: body.Repo, ID: body.ID, Judge: true, Asked: body.SHA}.hint()
		if err != nil {
			return queue.Outcome{}, err
		}
		hints = append(hints, next)
	}
	return h.enqueue(ctx, job, hints, fmt.Sprintf("%s@%.7s: %s", body.Repo, body.SHA, keys(hints)))
}

// enqueue adds follow-up work for the same installation.
func (h *Handlers) enqueue(ctx context.Context, job queue.Job, hints []queue.Hint, summary string) (queue.Outcome, error) {
	for i := range hints {
		hints[i].InstallationID, hints[i].Delivery = job.InstallationID, job.Delivery
	}
	if err := h.Queue.Enqueue(ctx, hints...); err != nil {
		return queue.Outcome{}, fmt.Errorf("enqueue %s: %w", keys(hints), err)
	}
	return queue.Outcome{Summary: summary}, nil
}

// keys names up to three hints.
func keys(hints []queue.Hint) string {
	line := ""
	for i, h := range hints {
		if i == 3 {
			return fmt.Sprintf("%s and %d more", line, len(hints)-i)
		}
		if i > 0 {
			line += ", "
		}
		line += h.Key
	}
	return line
}
