package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/people"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// installation brings what Cairn keeps of an installation into line with GitHub: its
// repositories' entities, and the people of its organisation. Or it forgets it all.
func (h *Handlers) installation(ctx context.Context, job queue.Job, body installationJob) (queue.Outcome, error) {
	if body.Gone {
		return h.forgetInstallation(ctx, body.ID)
	}
	for on, err := range h.GitHub.Installations(ctx) {
		if err != nil {
			return queue.Outcome{}, err
		}
		if on.ID != body.ID {
			continue
		}
		if on.Suspended {
			return h.forgetInstallation(ctx, body.ID)
		}
		swept, err := h.Sweep(ctx, on)
		return queue.Outcome{Summary: swept.String()}, err
	}
	return h.forgetInstallation(ctx, body.ID)
}

// Swept says what a sweep did.
type Swept struct {
	Account      string
	Repositories int      // that were looked at
	Changed      int      // whose entities were read again
	Gone         int      // that were forgotten
	People       int      // Users and Groups
	Faults       []string // of single repositories, people and teams; they keep what they had
}

func (s Swept) String() string {
	line := fmt.Sprintf("%s: %d repositories, %d of them changed, %d gone; %d users and groups", s.Account, s.Repositories, s.Changed, s.Gone, s.People)
	if len(s.Faults) > 0 {
		line += fmt.Sprintf("; %d could not be taken in, the first: %s", len(s.Faults), s.Faults[0])
	}
	return line
}

// refreshEvery is how many changed repositories a sweep shows at a time.
const refreshEvery = 500

// Sweep reads every repository of an installation, about one request for each 100 of
// them, and the people of its organisation. What has not changed since it was read
// is left alone. An error leaves what was taken in by then.
func (h *Handlers) Sweep(ctx context.Context, on github.Installation) (Swept, error) {
	swept := Swept{Account: on.Account}
	seen, whole := map[int64]bool{}, true
	for r, err := range h.GitHub.Sweep(ctx, on, github.SweepOptions{}) {
		if err != nil {
			return swept, err
		}
		swept.Repositories++
		seen[r.ID] = true
		whole = whole && r.Name != (repo.Name{})
		if r.Err != nil {
			swept.Faults = append(swept.Faults, fmt.Sprintf("%s: %v", r.Name, r.Err))
			continue
		}
		changed, err := h.registerIfChanged(ctx, on.ID, r.Snapshot)
		if err != nil {
			return swept, err
		}
		if !changed {
			continue
		}
		if swept.Changed++; swept.Changed%refreshEvery == 0 {
			if err := h.Catalog.Refresh(ctx); err != nil {
				return swept, err
			}
		}
	}
	if err := h.Catalog.Refresh(ctx); err != nil {
		return swept, err
	}
	if whole { // a repository without a name may be any of those that were not seen
		gone, err := h.forgetUnseen(ctx, on.ID, seen)
		if swept.Gone = gone; err != nil {
			return swept, err
		}
	}
	return swept, h.readPeople(ctx, on, &swept)
}

// registerIfChanged registers a repository unless it is as it was the last time.
func (h *Handlers) registerIfChanged(ctx context.Context, installation int64, s *repo.Snapshot) (bool, error) {
	known, err := h.Store.Repository(ctx, s.ID)
	if err == nil && known == repositoryOf(installation, s) {
		source, err := h.Store.SourceOf(ctx, store.RepositorySource(s.ID))
		if err == nil && source.SHA == s.SHA && !source.Partial() {
			return false, nil
		}
	}
	_, _, err = h.takeIn(ctx, installation, s)
	return true, err
}

func repositoryOf(installation int64, s *repo.Snapshot) store.Repository {
	return store.Repository{
		ID: s.ID, Name: s.Name.String(), InstallationID: installation,
		DefaultBranch: s.DefaultBranch, Archived: s.Archived, Private: s.Visibility != "public",
	}
}

// forgetUnseen forgets the installation's repositories that a whole sweep did not see.
func (h *Handlers) forgetUnseen(ctx context.Context, installation int64, seen map[int64]bool) (gone int, err error) {
	known, err := h.Store.RepositoriesOf(ctx, installation)
	if err != nil {
		return 0, err
	}
	for _, r := range known {
		if seen[r.ID] {
			continue
		}
		if err := h.Store.RemoveRepository(ctx, r.ID); err != nil {
			return gone, fmt.Errorf("forget %s: %w", r.Name, err)
		}
		gone++
	}
	return gone, h.Catalog.Refresh(ctx)
}

// readPeople makes Users and Groups of an organisation's members and teams.
func (h *Handlers) readPeople(ctx context.Context, on github.Installation, swept *Swept) error {
	if on.AccountType != "Organization" {
		return nil
	}
	organisation, err := h.GitHub.ReadOrganisation(ctx, on.ID, on.Account, github.OrganisationOptions{})
	var forbidden *github.ForbiddenError
	if errors.As(err, &forbidden) { // an App that was registered before it asked for members
		swept.Faults = append(swept.Faults, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	var entities []store.Entity
	for _, doc := range people.Entities(organisation, people.Names{}) {
		if !doc.OK {
			swept.Faults = append(swept.Faults, fmt.Sprintf("%s: %s", doc.Ref, doc.Err.Message))
			continue
		}
		body, err := json.Marshal(doc.Entity)
		if err != nil {
			return fmt.Errorf("write %s: %w", doc.Ref, err)
		}
		entities = append(entities, store.Entity{Ref: doc.Ref, JSON: body})
	}
	swept.People = len(entities)
	changed, err := h.Store.ReplaceEntities(ctx, store.Source{Key: store.OrganisationSource(on.ID), Repository: on.Account}, entities)
	if err == nil && changed {
		err = h.Catalog.Refresh(ctx)
	}
	return err
}

// people reads the people of an organisation again.
func (h *Handlers) people(ctx context.Context, _ queue.Job, body peopleJob) (queue.Outcome, error) {
	swept := Swept{Account: body.Account}
	err := h.readPeople(ctx, github.Installation{ID: body.ID, Account: body.Account, AccountType: "Organization"}, &swept)
	return queue.Outcome{Summary: fmt.Sprintf("%s: %d users and groups", body.Account, swept.People)}, err
}

// SweepAll has every installation swept soon.
func (h *Handlers) SweepAll(ctx context.Context) error {
	var hints []queue.Hint
	for on, err := range h.GitHub.Installations(ctx) {
		if err != nil {
			return err
		}
		next, err := installationJob{ID: on.ID}.hint()
		if err != nil {
			return err
		}
		next.InstallationID = on.ID
		hints = append(hints, next)
	}
	return h.Queue.Enqueue(ctx, hints...)
}

func (h *Handlers) forgetInstallation(ctx context.Context, id int64) (queue.Outcome, error) {
	gone, err := h.forgetUnseen(ctx, id, nil)
	if err != nil {
		return queue.Outcome{}, err
	}
	if _, err := h.Store.ReplaceEntities(ctx, store.Source{Key: store.OrganisationSource(id)}, nil); err != nil {
		return queue.Outcome{}, err
	}
	return queue.Outcome{Summary: fmt.Sprintf("installation %d is gone: %d repositories forgotten", id, gone)}, h.Catalog.Refresh(ctx)
}
