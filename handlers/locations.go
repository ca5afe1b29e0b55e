package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/catalog/follow"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// Locations is the part of the catalog API that reaches out: registered locations,
// and having something read again.
type Locations struct{ h *Handlers }

// Locations returns what the catalog API asks to read.
func (h *Handlers) Locations() Locations { return Locations{h} }

var _ api.Locations = Locations{}

// targetOf is a registered location as a Location entity would point at it.
func targetOf(l store.Location) catalog.Target {
	return catalog.Target{Type: l.Type, Target: l.Target}
}

func shown(l store.Location) api.Location {
	return api.Location{ID: l.ID, Type: l.Type, Target: l.Target, EntityRef: "location:default/" + targetOf(l).EntityName()}
}

// List returns all locations in the order they were registered.
func (l Locations) List(ctx context.Context) ([]api.Location, error) {
	known, err := l.h.Store.Locations(ctx)
	out := make([]api.Location, len(known))
	for i, k := range known {
		out[i] = shown(k)
	}
	return out, err
}

// Get returns a location by its ID.
func (l Locations) Get(ctx context.Context, id string) (api.Location, error) {
	known, err := l.h.Store.Location(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return api.Location{}, api.NotFound("Found no location with ID %s", id)
	}
	return shown(known), err
}

// ByEntity returns the location that an entity came in through. Entities of the
// installations' repositories came in through none.
func (l Locations) ByEntity(ctx context.Context, ref string) (api.Location, error) {
	key, ok := l.h.Catalog.Index.Source(ref)
	id, registered := strings.CutPrefix(key, "location:")
	if !ok || !registered {
		return api.Location{}, api.NotFound("found no origin for ref %s", ref)
	}
	return l.Get(ctx, id)
}

// Add registers a location, or reads it only.
func (l Locations) Add(ctx context.Context, typ, target string, dryRun bool, onConflict string) (api.Added, error) {
	wanted := store.Location{ID: uuid.NewString(), Type: typ, Target: target}
	if dryRun {
		return l.try(ctx, wanted)
	}
	if _, err := l.installation(ctx, target); err != nil {
		return api.Added{}, err
	}
	known, err := l.h.Store.AddLocation(ctx, wanted)
	switch {
	case errors.Is(err, store.ErrExists) && onConflict == "refresh":
	case errors.Is(err, store.ErrExists):
		return api.Added{}, api.Conflict("Location %s:%s already exists", typ, target)
	case err != nil:
		return api.Added{}, err
	}
	return api.Added{Location: shown(known)}, l.readLocation(ctx, known.ID)
}

// try reads a location and keeps nothing of it.
func (l Locations) try(ctx context.Context, wanted store.Location) (api.Added, error) {
	known, err := l.h.Store.Locations(ctx)
	if err != nil {
		return api.Added{}, err
	}
	exists := false
	for _, k := range known {
		exists = exists || k.Type == wanted.Type && k.Target == wanted.Target
	}
	read, err := l.h.readTarget(ctx, wanted)
	if err != nil {
		return api.Added{}, err
	}
	if read.broken > 0 {
		return api.Added{}, api.BadInput("%s", read.problem)
	}
	added := api.Added{Exists: &exists, Location: shown(wanted)}
	for _, e := range read.entities {
		added.Entities = append(added.Entities, e.JSON)
	}
	return added, nil
}

// Update gives a location another target.
func (l Locations) Update(ctx context.Context, id, typ, target string) (api.Location, error) {
	if _, err := l.installation(ctx, target); err != nil {
		return api.Location{}, err
	}
	wanted := store.Location{ID: id, Type: typ, Target: target}
	err := l.h.Store.MoveLocation(ctx, wanted)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return api.Location{}, api.NotFound("Found no location with ID %s", id)
	case errors.Is(err, store.ErrExists):
		return api.Location{}, api.Conflict("Location %s:%s already exists", typ, target)
	case err != nil:
		return api.Location{}, err
	}
	return shown(wanted), l.readLocation(ctx, id)
}

// Remove forgets a location and what it brought.
func (l Locations) Remove(ctx context.Context, id string) error {
	if _, err := l.Get(ctx, id); err != nil {
		return err
	}
	if err := l.h.Store.RemoveLocation(ctx, id); err != nil {
		return err
	}
	if _, err := l.h.Store.ReplaceEntities(ctx, store.Source{Key: store.LocationSource(id)}, nil); err != nil {
		return err
	}
	return l.h.Catalog.Refresh(ctx)
}

// Refresh has the source of an entity read again soon.
func (l Locations) Refresh(ctx context.Context, ref string) error {
	key, ok := l.h.Catalog.Index.Source(ref)
	if !ok {
		return api.NotFound("Entity %s not found", ref)
	}
	if id, registered := strings.CutPrefix(key, "location:"); registered {
		return l.readLocation(ctx, id)
	}
	source, err := l.h.Store.SourceOf(ctx, key)
	if err != nil {
		return err
	}
	known, err := l.h.Store.Repository(ctx, source.RepositoryID)
	if err != nil {
		return err
	}
	hint, err := repositoryJob{Repo: known.Name, ID: known.ID, Judge: true}.hint()
	if err != nil {
		return err
	}
	hint.InstallationID = known.InstallationID
	return l.h.Queue.Enqueue(ctx, hint)
}

// RemoveEntity forgets an entity until its source is read again.
func (l Locations) RemoveEntity(ctx context.Context, uid string) error {
	_, ref, ok := l.h.Catalog.Index.ByUID(uid)
	if !ok {
		return nil
	}
	key, _ := l.h.Catalog.Index.Source(ref)
	source, err := l.h.Store.SourceOf(ctx, key)
	if err != nil {
		return err
	}
	left := source.Entities[:0]
	for _, e := range source.Entities {
		if e.Ref != ref {
			left = append(left, e)
		}
	}
	if _, err := l.h.Store.ReplaceEntities(ctx, source.Source, left); err != nil {
		return err
	}
	return l.h.Catalog.Refresh(ctx)
}

// Analyze names the entity that a repository could have.
func (l Locations) Analyze(_ context.Context, typ, target, _ string) (api.Analysis, error) {
	name, ok := l.repository(target)
	if typ != "url" || !ok {
		return api.Analysis{}, api.BadInput("The location %s:%s names no repository of %s", typ, target, l.h.GitHub.RepositoryURL(repo.Name{}))
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
func (l Locations) repository(target string) (repo.Name, bool) {
	below, ok := strings.CutPrefix(target, strings.TrimSuffix(l.h.GitHub.RepositoryURL(repo.Name{}), "/")+"/")
	parts := strings.SplitN(below, "/", 3)
	if !ok || len(parts) < 2 {
		return repo.Name{}, false
	}
	return repo.ParseName(parts[0] + "/" + strings.TrimSuffix(parts[1], ".git"))
}

// installation is the one whose rights a target is read with: of the repository it
// names, or 0 for a host that the operator allowed.
func (l Locations) installation(ctx context.Context, target string) (int64, error) {
	name, ok := l.repository(target)
	if !ok {
		if !l.h.Web.Allows(target) {
			return 0, api.BadInput("Cairn does not read %s: it is in no repository of %s, and on no host that CAIRN_CATALOG_HOSTS names", target, l.h.GitHub.RepositoryURL(repo.Name{}))
		}
		return 0, nil
	}
	id, err := l.h.GitHub.RepositoryInstallation(ctx, name)
	var gone *github.NotFoundError
	if errors.As(err, &gone) {
		return 0, api.BadInput("Cairn is not installed on %s, or it is not there", name)
	}
	return id, err
}

// locationJob has a registered location read.
type locationJob struct {
	ID string `json:"id"`
}

func (j locationJob) hint() (queue.Hint, error) {
	return hint(kindLocation, "location:"+j.ID, j)
}

func (l Locations) readLocation(ctx context.Context, id string) error {
	next, err := locationJob{ID: id}.hint()
	if err != nil {
		return err
	}
	return l.h.Queue.Enqueue(ctx, next)
}

// ReadLocations has all registered locations read again.
func (l Locations) ReadLocations(ctx context.Context) error {
	known, err := l.h.Store.Locations(ctx)
	for _, k := range known {
		err = errors.Join(err, l.readLocation(ctx, k.ID))
	}
	return err
}

// location brings what the catalog holds of a registered location into line with
// what is there.
func (h *Handlers) location(ctx context.Context, _ queue.Job, body locationJob) (queue.Outcome, error) {
	known, err := h.Store.Location(ctx, body.ID)
	if errors.Is(err, store.ErrNotFound) {
		return queue.Outcome{Summary: "the location is not registered any more"}, nil
	}
	if err != nil {
		return queue.Outcome{}, err
	}
	read, err := h.readTarget(ctx, known)
	var mistake *api.Error
	if errors.As(err, &mistake) { // the App was taken from the repository, or the host from the list
		read.fault(known.Target, errors.New(mistake.Message))
	} else if err != nil {
		return queue.Outcome{}, err
	}
	own, err := locationEntity(known, read.problem)
	if err != nil {
		return queue.Outcome{}, err
	}
	source := store.Source{Key: store.LocationSource(known.ID), Refers: read.refers}
	read.entities = append(read.entities, own)
	if err := h.keepGood(ctx, source.Key, &read, false); err != nil {
		return queue.Outcome{}, err
	}
	changed, err := h.Store.ReplaceEntities(ctx, source, read.entities)
	if err != nil {
		return queue.Outcome{}, err
	}
	if changed {
		err = h.Catalog.Refresh(ctx)
	}
	return queue.Outcome{Summary: fmt.Sprintf("%s: %s", known.Target, read.summary()), URL: known.Target}, err
}

// readTarget reads a location and all it leads to. An *api.Error says that it may not
// be read.
func (h *Handlers) readTarget(ctx context.Context, l store.Location) (described, error) {
	installation, err := h.Locations().installation(ctx, l.Target)
	if err != nil {
		return described{}, err
	}
	addresses := h.addresses(installation, nil)
	text, err := addresses.Read(ctx, l.Target)
	if addresses.failed != nil {
		return described{}, addresses.failed
	}
	var d described
	if err != nil {
		d.fault(l.Target, err)
		return d, nil
	}
	all, err := follow.All(ctx, l.Target, text, addresses)
	if err = errors.Join(err, addresses.failed); err != nil {
		return described{}, err
	}
	return describe(all, addresses)
}

// locationEntity is the entity that stands for a registered location, as Backstage
// makes it.
func locationEntity(l store.Location, problem string) (store.Entity, error) {
	name := targetOf(l).EntityName()
	at := targetOf(l).String()
	body, err := json.Marshal(map[string]any{
		"apiVersion": "backstage.io/v1alpha1", "kind": "Location",
		"metadata": map[string]any{"name": name, "namespace": "default", "annotations": map[string]string{
			"backstage.io/managed-by-location": at, "backstage.io/managed-by-origin-location": at,
		}},
		"spec": map[string]string{"type": l.Type, "target": l.Target, "presence": "required"},
	})
	return store.Entity{Ref: "location:default/" + name, JSON: body, Problem: problem}, err
}
