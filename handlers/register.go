package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog/follow"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// catalogFiles are where a repository may keep its catalog entities; the first
// that is there counts, as in Backstage's GitHub discovery.
func catalogFiles() []string { return []string{"catalog-info.yaml", "catalog-info.yml"} }

// maxRefers bounds the files that are read along with the catalog file, in one query.
const maxRefers = 50

// wantedByCatalog lists what the catalog wants of a repository: the catalog file, and
// whatever it referred to the last time, so that all of it comes in one read.
func (h *Handlers) wantedByCatalog(ctx context.Context, name repo.Name) ([]string, error) {
	wanted := catalogFiles()
	known, err := h.Store.RepositoryByName(ctx, name.String())
	if errors.Is(err, store.ErrNotFound) {
		return wanted, nil
	}
	if err != nil {
		return nil, err
	}
	source, err := h.Store.SourceOf(ctx, store.RepositorySource(known.ID))
	if errors.Is(err, store.ErrNotFound) {
		return wanted, nil
	}
	for _, file := range source.Refers {
		if !strings.Contains(file, "://") && len(wanted) < maxRefers {
			wanted = append(wanted, file)
		}
	}
	return wanted, err
}

// register takes a repository in, has the catalog in memory see it, and says in one
// line what became of its catalog file.
func (h *Handlers) register(ctx context.Context, installation int64, s *repo.Snapshot) (string, error) {
	found, changed, err := h.takeIn(ctx, installation, s)
	if err == nil && changed {
		err = h.Catalog.Refresh(ctx)
	}
	if err != nil {
		return "", err
	}
	return h.registration(ctx, s, found)
}

// takeIn replaces what the store knows of a repository, its catalog file and all that
// it leads to.
func (h *Handlers) takeIn(ctx context.Context, installation int64, s *repo.Snapshot) (found described, changed bool, err error) {
	if err := h.Store.SaveRepository(ctx, repositoryOf(installation, s)); err != nil {
		return described{}, false, fmt.Errorf("keep %s: %w", s.Name, err)
	}
	source := store.Source{Key: store.RepositorySource(s.ID), RepositoryID: s.ID, Repository: s.Name.String(), SHA: s.SHA}
	for _, file := range catalogFiles() {
		text, ok := s.Text(file)
		if !ok || s.Archived {
			continue
		}
		addresses := h.addresses(installation, s)
		all, err := follow.All(ctx, addresses.of(file), []byte(text), addresses)
		if err = errors.Join(err, addresses.failed); err != nil {
			return described{}, false, err // GitHub does not answer: later it does
		}
		if found, err = describe(all, addresses); err != nil {
			return described{}, false, err
		}
		source.Refers = found.refers
		break
	}
	if err := h.keepGood(ctx, source.Key, &found, s.Archived); err != nil {
		return described{}, false, err
	}
	changed, err = h.Store.ReplaceEntities(ctx, source, found.entities)
	if err != nil {
		return described{}, false, fmt.Errorf("register the entities of %s: %w", s.Name, err)
	}
	return found, changed, nil
}

// described is what a catalog file and all that it leads to say.
type described struct {
	entities []store.Entity // of the documents that are in order
	broken   int            // documents that are not, and files that cannot be read
	problem  string         // what the first of them has
	kept     int            // entities that stay from before
	refers   []string       // what was read: paths of the repository, and addresses
}

func (d *described) fault(file string, err error) {
	if d.broken++; d.broken == 1 {
		d.problem = fmt.Sprintf("%s does not read: %s", file, err)
	}
}

func describe(all follow.Result, addresses *addresses) (described, error) {
	var d described
	for _, address := range all.Refers {
		d.refers = append(d.refers, addresses.short(address))
	}
	for _, f := range all.Files {
		file := addresses.short(f.URL)
		for _, doc := range f.Documents {
			if doc.Null {
				continue
			}
			if !doc.OK {
				d.fault(file, errors.New(doc.Err.Message))
				continue
			}
			body, err := json.Marshal(doc.Entity)
			if err != nil {
				return described{}, fmt.Errorf("write %s: %w", doc.Ref, err)
			}
			d.entities = append(d.entities, store.Entity{Ref: doc.Ref, JSON: body})
		}
		if f.Err != nil {
			d.fault(file, f.Err)
		}
	}
	return d, nil
}

// keepGood holds on to what was said before. A broken document may describe any of
// the entities that the others do not, so these stay, with the problem as their
// status; strict takes in nothing where one is broken, as Backstage does. What a
// source in order does not describe any more goes, or stays as an orphan.
func (h *Handlers) keepGood(ctx context.Context, key string, d *described, gone bool) error {
	if gone || d.broken == 0 && !h.KeepOrphans {
		return nil
	}
	before, err := h.Store.SourceOf(ctx, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if d.broken > 0 && h.Strict {
		d.entities = nil
	}
	has := map[string]bool{}
	for _, e := range d.entities {
		has[e.Ref] = true
	}
	for _, e := range before.Entities {
		if has[e.Ref] {
			continue
		}
		if e.Problem = d.problem; d.broken == 0 {
			e.Orphan = true
		}
		d.entities = append(d.entities, e)
		d.kept++
	}
	return nil
}

// summary names the entities, and what is wrong.
func (d *described) summary() string {
	var refs []string
	for _, e := range d.entities {
		refs = append(refs, e.Ref)
	}
	line := "nothing to register"
	if len(refs) > 0 {
		line = strings.Join(refs, ", ")
	}
	if d.broken > 0 {
		line += fmt.Sprintf("; %d broken", d.broken)
	}
	switch {
	case d.kept > 0 && d.broken > 0:
		line += fmt.Sprintf(", so %d stay as they were", d.kept)
	case d.kept > 0:
		line += fmt.Sprintf("; %d stay as orphans", d.kept)
	}
	return line
}

// registration says in one line what became of the catalog file.
func (h *Handlers) registration(ctx context.Context, s *repo.Snapshot, d described) (string, error) {
	line := "catalog: " + d.summary()
	if s.Archived {
		line = "catalog: archived, so nothing is registered"
	}
	for _, c := range h.Catalog.Index.Shadowed(store.RepositorySource(s.ID)) {
		winner, err := h.Store.SourceOf(ctx, c.Winner)
		if err != nil {
			return "", err
		}
		line += fmt.Sprintf("; %s belongs to %s, which had it first", c.Ref, cmp.Or(winner.Repository, "a registered location"))
	}
	return line, nil
}
