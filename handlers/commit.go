package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// commit answers a re-run: GitHub has set the commit's check suite back to queued,
// and it stays so until the App writes. So the check run is completed with what it
// said, whatever has become of the commit, and what has the commit as its head is
// judged anew.
func (h *Handlers) commit(ctx context.Context, job queue.Job, body commitJob) (queue.Outcome, error) {
	name, ok := repo.ParseName(body.Repo)
	if !ok {
		return queue.Outcome{}, queue.Permanent(fmt.Errorf("%q is no repository name", body.Repo))
	}
	if err := h.sayAgain(ctx, job.InstallationID, name, body); err != nil {
		return queue.Outcome{}, err
	}
	numbers, err := h.pullRequestsOf(ctx, job.InstallationID, name, body)
	if err != nil {
		return queue.Outcome{}, err
	}
	var hints []queue.Hint
	for _, n := range numbers {
		next, err := pullRequestJob{Repo: body.Repo, Number: n}.hint()
		if err != nil {
			return queue.Outcome{}, err
		}
		hints = append(hints, next)
	}
	if len(hints) == 0 {
		next, err := repositoryJob{Repo: body.Repo, ID: body.ID, Judge: true}.hint()
		if err != nil {
			return queue.Outcome{}, err
		}
		hints = append(hints, next)
	}
	return h.enqueue(ctx, job, hints, fmt.Sprintf("%s@%.7s: %s", body.Repo, body.SHA, keys(hints)))
}

// sayAgain completes the commit's check run as it was. One that Cairn does not know
// is left to the judgement that follows.
func (h *Handlers) sayAgain(ctx context.Context, installation int64, name repo.Name, body commitJob) error {
	said, err := h.Store.Report(ctx, body.ID, body.SHA)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && (said.CheckRunID == 0 || said.Conclusion == ""):
		return nil
	case err != nil:
		return fmt.Errorf("the report of %s@%s: %w", name, body.SHA, err)
	}
	_, err = h.GitHub.WriteCheckRun(ctx, installation, name, github.CheckRun{
		ID: said.CheckRunID, Name: checks.CheckRunName, Status: "completed", Conclusion: said.Conclusion, CompletedAt: h.Now(),
	})
	if _, gone := errors.AsType[*github.NotFoundError](err); gone {
		return nil
	}
	return err
}

// pullRequestsOf returns the pull requests that have the commit as their head: those
// GitHub named, else those that Cairn judged it for, else those GitHub finds.
func (h *Handlers) pullRequestsOf(ctx context.Context, installation int64, name repo.Name, body commitJob) ([]int, error) {
	if len(body.Numbers) > 0 {
		return body.Numbers, nil
	}
	numbers, err := h.Store.PullRequestsBySHA(ctx, body.ID, body.SHA)
	if err != nil || len(numbers) > 0 {
		return numbers, err
	}
	refs, err := h.GitHub.PullRequestsWithCommit(ctx, installation, name, body.SHA)
	if _, gone := errors.AsType[*github.NotFoundError](err); err != nil && !gone {
		return nil, err
	}
	for _, ref := range refs {
		numbers = append(numbers, ref.Number)
	}
	return numbers, nil
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
