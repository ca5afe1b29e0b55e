package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// catalogFiles are where a repository may keep its catalog entities; the first
// that is there counts, as in Backstage's GitHub discovery.
func catalogFiles() []string { return []string{"catalog-info.yaml", "catalog-info.yml"} }

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
	registered, err := h.registerEntities(ctx, job.InstallationID, s)
	if err != nil {
		return queue.Outcome{}, err
	}
	mode := policy.ModeFor(s.Name.String())
	if !body.Judge || s.Empty || s.Archived || mode == config.Off {
		return queue.Outcome{Summary: registered, URL: s.URL}, nil
	}
	report := checks.Evaluate(checks.Input{Snapshot: s, Policy: policy})
	output := checks.Render(checks.RenderInput{Report: report, Mode: mode, PolicyProblems: problems})
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
	for {
		want := checks.Want(known.policy).Merge(repo.Want{Files: catalogFiles()})
		branch, err := h.GitHub.ReadBranch(ctx, installation, name, h.readOptions(want))
		if err != nil {
			return nil, nil, nil, err
		}
		fresh, problems, err := h.Policies.take(ctx, name.Owner, branch.Policy)
		if err != nil {
			return nil, nil, nil, err
		}
		if fresh.oid == known.oid || want.Covers(checks.Want(fresh.policy)) {
			return branch, fresh.policy, problems, nil
		}
		known = fresh
	}
}

// registerEntities replaces what is known of the repository's catalog file, and has
// the catalog in memory see it.
func (h *Handlers) registerEntities(ctx context.Context, installation int64, s *repo.Snapshot) (string, error) {
	if err := h.Store.SaveRepository(ctx, store.Repository{
		ID: s.ID, Name: s.Name.String(), InstallationID: installation,
		DefaultBranch: s.DefaultBranch, Archived: s.Archived, Private: s.Visibility != "public",
	}); err != nil {
		return "", fmt.Errorf("keep %s: %w", s.Name, err)
	}
	source := store.Source{Key: store.RepositorySource(s.ID), RepositoryID: s.ID, Repository: s.Name.String(), SHA: s.SHA}
	var found catalogFile
	for _, file := range catalogFiles() {
		text, ok := s.Text(file)
		if !ok || s.Archived {
			continue
		}
		source.Refers = []string{file}
		var err error
		if found, err = readEntities(s, file, text); err != nil {
			return "", err
		}
		break
	}
	if found.broken > 0 {
		known, err := h.Store.SourceOf(ctx, source.Key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", err
		}
		found.keep(known, h.Strict)
	}
	changed, err := h.Store.ReplaceEntities(ctx, source, found.entities)
	if err != nil {
		return "", fmt.Errorf("register the entities of %s: %w", s.Name, err)
	}
	if changed {
		err = h.Catalog.Refresh(ctx)
	}
	if err != nil {
		return "", err
	}
	return h.registration(ctx, s, found)
}

// catalogFile is what a repository's catalog file says.
type catalogFile struct {
	entities []store.Entity // of the documents that are in order
	broken   int            // documents that are not
	problem  string         // what the first of them has
	kept     int            // entities that stay from before
}

// readEntities parses a catalog file.
func readEntities(s *repo.Snapshot, file, text string) (catalogFile, error) {
	var f catalogFile
	options := catalog.Options{Location: fmt.Sprintf("url:%s/blob/%s/%s", s.URL, s.Branch, file)}
	for _, doc := range catalog.Parse(file, []byte(text), options) {
		if doc.Null {
			continue
		}
		if !doc.OK {
			if f.broken++; f.broken == 1 {
				f.problem = fmt.Sprintf("%s does not read: %s", file, doc.Err.Message)
			}
			continue
		}
		body, err := json.Marshal(doc.Entity)
		if err != nil {
			return catalogFile{}, fmt.Errorf("write %s: %w", doc.Ref, err)
		}
		f.entities = append(f.entities, store.Entity{Ref: doc.Ref, JSON: body})
	}
	return f, nil
}

// keep holds on to what the file said before. A broken document may describe any of
// the entities that the others do not, so these stay, with the problem as their
// status. strict takes in nothing of a file with a broken document, as Backstage does.
func (f *catalogFile) keep(before store.SourceEntities, strict bool) {
	has := map[string]bool{}
	if strict {
		f.entities = nil
	}
	for _, e := range f.entities {
		has[e.Ref] = true
	}
	for _, e := range before.Entities {
		if has[e.Ref] {
			continue
		}
		e.Problem = f.problem
		f.entities = append(f.entities, e)
		f.kept++
	}
}

// registration says in one line what became of the catalog file.
func (h *Handlers) registration(ctx context.Context, s *repo.Snapshot, f catalogFile) (string, error) {
	var refs []string
	for _, e := range f.entities {
		refs = append(refs, e.Ref)
	}
	line := "catalog: nothing to register"
	switch {
	case s.Archived:
		line = "catalog: archived, so nothing is registered"
	case len(refs) > 0:
		line = "catalog: " + strings.Join(refs, ", ")
	}
	if f.broken > 0 {
		line += fmt.Sprintf("; %d broken", f.broken)
	}
	if f.kept > 0 {
		line += fmt.Sprintf(", so %d stay as they were", f.kept)
	}
	for _, c := range h.Catalog.Index.Shadowed(store.RepositorySource(s.ID)) {
		winner, err := h.Store.SourceOf(ctx, c.Winner)
		if err != nil {
			return "", err
		}
		line += fmt.Sprintf("; %s belongs to %s, which had it first", c.Ref, winner.Repository)
	}
	return line, nil
}

// forget removes what was kept of a repository that the App no longer sees.
func (h *Handlers) forget(ctx context.Context, name repo.Name, id int64) (queue.Outcome, error) {
	if err := h.Store.RemoveRepository(ctx, id); err != nil {
		return queue.Outcome{}, fmt.Errorf("forget %s: %w", name, err)
	}
	return queue.Outcome{Summary: fmt.Sprintf("%s is out of sight: its entities are removed", name)}, h.Catalog.Refresh(ctx)
}
