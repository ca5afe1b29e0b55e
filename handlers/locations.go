package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Locations is the part of the catalog API that has something read again. It reads
// repositories only: places outside of them cannot be registered yet.
type Locations struct{ h *Handlers }

// Locations returns what the catalog API asks to read.
func (h *Handlers) Locations() Locations { return Locations{h} }

// errNotRegistered answers what would register a place outside the installations.
var errNotRegistered = &api.Error{
	Name:    "NotImplementedError",
	Message: "Registering locations is not available: Cairn registers what the repositories of its installations hold",
}

// List returns no location, since none can be registered.
func (l Locations) List(context.Context) ([]api.Location, error) { return nil, nil }

// Get finds no location.
func (l Locations) Get(_ context.Context, id string) (api.Location, error) {
	return api.Location{}, api.NotFound("Found no location with ID %s", id)
}

// ByEntity finds no location: entities come in with their repository.
func (l Locations) ByEntity(_ context.Context, ref string) (api.Location, error) {
	return api.Location{}, api.NotFound("found no origin for ref %s", ref)
}

// Add is not available.
func (l Locations) Add(context.Context, string, string, bool, string) (api.Added, error) {
	return api.Added{}, errNotRegistered
}

// Update is not available.
func (l Locations) Update(context.Context, string, string, string) (api.Location, error) {
	return api.Location{}, errNotRegistered
}

// Remove finds no location.
func (l Locations) Remove(_ context.Context, id string) error {
	return api.NotFound("Found no location with ID %s", id)
}

// Refresh has the repository read again that the entity comes from.
func (l Locations) Refresh(ctx context.Context, ref string) error {
	source, ok := l.h.Catalog.Index.Source(ref)
	if !ok {
		return api.NotFound("Entity %s not found", ref)
	}
	return l.readAgain(ctx, source)
}

// RemoveEntity is refused where the repository still describes the entity, since
// the next look at it would bring the entity back.
func (l Locations) RemoveEntity(_ context.Context, uid string) error {
	return &api.Error{Name: "NotAllowedError", Message: fmt.Sprintf("The entity %s comes from a repository: remove it from the catalog file there", uid)}
}

// Analyze names the entity that a repository could have.
func (l Locations) Analyze(_ context.Context, typ, target, _ string) (api.Analysis, error) {
	name, err := l.repository(target)
	if typ != "url" || err != nil {
		return api.Analysis{}, api.BadInput("The location %s:%s is not a repository of %s", typ, target, l.h.GitHub.RepositoryURL(repo.Name{}))
	}
	entity, err := json.Marshal(map[string]any{
		"entity": map[string]any{
			"apiVersion": "backstage.io/v1alpha1", "kind": "Component",
			"metadata": map[string]any{"name": name.Repo, "annotations": map[string]string{"github.com/project-slug": name.String()}},
			"spec":     map[string]string{"type": "other", "lifecycle": "unknown"},
		},
		"fields": []any{},
	})
	return api.Analysis{Generated: []json.RawMessage{entity}}, err
}

// repository is the one that an address such as https://github.com/acme/pay names.
func (l Locations) repository(target string) (repo.Name, error) {
	path, ok := strings.CutPrefix(target, strings.TrimSuffix(l.h.GitHub.RepositoryURL(repo.Name{}), "/")+"/")
	if !ok {
		return repo.Name{}, fmt.Errorf("%q is elsewhere", target)
	}
	parts := strings.SplitN(path, "/", 3)
	if len(parts) < 2 {
		return repo.Name{}, fmt.Errorf("%q names no repository", target)
	}
	name, ok := repo.ParseName(parts[0] + "/" + strings.TrimSuffix(parts[1], ".git"))
	if !ok {
		return repo.Name{}, fmt.Errorf("%q names no repository", target)
	}
	return name, nil
}

func (l Locations) readAgain(ctx context.Context, source string) error {
	known, err := l.h.Store.SourceOf(ctx, source)
	if err != nil {
		return err
	}
	hint, err := repositoryJob{Repo: known.Repository, ID: known.RepositoryID, Judge: true}.hint()
	if err != nil {
		return err
	}
	r, err := l.h.Store.Repository(ctx, known.RepositoryID)
	if err != nil {
		return err
	}
	hint.InstallationID = r.InstallationID
	return l.h.Queue.Enqueue(ctx, hint)
}

var _ api.Locations = Locations{}
