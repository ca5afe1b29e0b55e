// Package live keeps the catalog in memory equal to the one in the store, on every
// replica: it asks for the sources that changed after the revision it has, and for
// nothing else. It never writes.
//
// Start from Catalog.
package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/store"
)

// Every is how often Watch looks for what other replicas changed: a change is seen
// everywhere within a second. A look without a change is one query of one row.
const Every = 500 * time.Millisecond

// Store is where the catalog is kept.
type Store interface {
	CatalogSince(ctx context.Context, revision int64) ([]store.SourceEntities, int64, error)
}

// Catalog follows a Store. It is safe for concurrent use.
type Catalog struct {
	Index *index.Index

	store  Store
	logger zerolog.Logger

	mu       sync.Mutex // held while changes are taken in, so that they come in their order
	revision int64
}

// New returns a catalog that holds nothing before its first Refresh.
func New(s Store, logger zerolog.Logger) *Catalog {
	return &Catalog{Index: index.New(), store: s, logger: logger}
}

// Refresh takes in what changed since the last time. After it returns nil, every
// change that was committed before the call is in the index. An entity that cannot
// be read is left out and logged.
func (c *Catalog) Refresh(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	changes, reached, err := c.store.CatalogSince(ctx, c.revision)
	if err != nil {
		return fmt.Errorf("follow the catalog: %w", err)
	}
	var unread error
	if c.revision == 0 {
		all := make(map[string][]index.Record, len(changes))
		for _, change := range changes {
			all[change.Key] = records(change)
		}
		unread = c.Index.ReplaceAll(all)
	} else {
		for _, change := range changes {
			unread = errors.Join(unread, c.Index.Replace(change.Key, records(change)))
		}
	}
	if unread != nil {
		c.logger.Error().Err(unread).Msg("the catalog holds what cannot be read, and leaves it out")
	}
	c.revision = reached
	return nil
}

// Watch refreshes every so often until ctx ends. A store that does not answer is
// logged once, and tried again.
func (c *Catalog) Watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	down := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := c.Refresh(ctx)
		if err != nil && !down && ctx.Err() == nil {
			c.logger.Warn().Err(err).Msg("the catalog in memory stays as it is until the store answers")
		}
		down = err != nil
	}
}

func records(s store.SourceEntities) []index.Record {
	out := make([]index.Record, len(s.Entities))
	for i, e := range s.Entities {
		out[i] = index.Record{Source: s.Key, Order: e.Claimed, Entity: string(e.JSON), Errors: status(e.Problem), Orphan: e.Orphan}
	}
	return out
}

// status tells in Backstage's form what is wrong with an entity.
func status(problem string) []index.StatusItem {
	if problem == "" {
		return nil
	}
	return []index.StatusItem{{
		Type: "backstage.io/catalog-processing", Level: "error", Message: problem,
		Error: &index.StatusError{Name: "InputError", Message: problem},
	}}
}
