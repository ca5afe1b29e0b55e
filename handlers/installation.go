package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
)

// installation looks at every repository of an installation, or forgets them all.
func (h *Handlers) installation(ctx context.Context, job queue.Job, body installationJob) (queue.Outcome, error) {
	if body.Gone {
		return h.forgetInstallation(ctx, body.ID)
	}
	var hints []queue.Hint
	for r, err := range h.GitHub.InstallationRepositories(ctx, body.ID) {
		var gone *github.NotFoundError
		switch {
		case errors.As(err, &gone):
			return h.forgetInstallation(ctx, body.ID)
		case err != nil:
			return queue.Outcome{}, err
		}
		next, err := repositoryJob{Repo: r.Name.String(), ID: r.ID}.hint()
		if err != nil {
			return queue.Outcome{}, err
		}
		hints = append(hints, next)
	}
	return h.enqueue(ctx, job, hints, fmt.Sprintf("installation %d: %d repositories to look at", body.ID, len(hints)))
}

func (h *Handlers) forgetInstallation(ctx context.Context, id int64) (queue.Outcome, error) {
	repositories, err := h.Store.RepositoriesOf(ctx, id)
	if err != nil {
		return queue.Outcome{}, fmt.Errorf("repositories of installation %d: %w", id, err)
	}
	for _, r := range repositories {
		if err := h.Store.RemoveRepository(ctx, r.ID); err != nil {
			return queue.Outcome{}, fmt.Errorf("forget %s: %w", r.Name, err)
		}
	}
	return queue.Outcome{Summary: fmt.Sprintf("installation %d is gone: %d repositories forgotten", id, len(repositories))}, h.Catalog.Refresh(ctx)
}
