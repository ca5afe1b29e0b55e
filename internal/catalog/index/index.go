// Package index holds the catalog in memory and answers what Backstage's catalog
// API asks: filters, predicates, full text, order, pages, facets, ancestry. Every
// answer agrees with @backstage/plugin-catalog-backend 4.0.0, also where that is
// surprising.
//
// It is pure: it never talks to a database or the network, and knows nothing of
// HTTP. What it holds can be built again at any time from what the sources say.
//
// Start reading at Index.
package index

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Record is an entity as one source describes it.
type Record struct {
	// Source is the key of the source, such as repo:17.
	Source string
	// Order is when the source claimed the entity's name. When several sources
	// describe one entity, the lowest Order is served, then the lowest Source.
	Order int64
	// Entity is the normalised entity in JSON, as [catalog.Entity] marshals itself,
	// without relations, status, uid and etag.
	Entity string
	// Orphan marks an entity that nothing refers to any more.
	Orphan bool
	// Errors become the entity's status.
	Errors []StatusItem
}

// StatusItem is one of an entity's status.items.
type StatusItem struct {
	Type    string       `json:"type"`  // such as backstage.io/catalog-processing
	Level   string       `json:"level"` // error, warning or info
	Message string       `json:"message"`
	Error   *StatusError `json:"error,omitempty"`
}

// StatusError is what lies behind a StatusItem.
type StatusError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// Index is the catalog. It is safe for concurrent use; readers do not wait for
// each other.
type Index struct {
	relator *catalog.Relator
	mu      sync.RWMutex
	state   *state
}

// New returns an empty index.
func New() *Index {
	relator := catalog.NewRelator()
	return &Index{relator: relator, state: newState(relator)}
}

// Replace says what a source describes from now on; no records remove it. The
// Source of the records is taken from the argument. Of several records of one
// entity the lowest Order counts, then the last. A record that cannot be read is
// left out and named in the error; the others are taken in all the same.
func (x *Index) Replace(source string, records []Record) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state.replace(source, records)
}

// ReplaceAll says what all sources describe from now on, by source; others are
// removed. Readers see the old catalog until the new one is complete. What Replace
// says meanwhile is lost, so one goroutine calls both. Errors are as with Replace.
func (x *Index) ReplaceAll(records map[string][]Record) error {
	fresh, err := load(x.relator, records)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.state = fresh
	return err
}

// Len counts the entities that are served.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.state.byUID)
}

// Refs lists the references of the entities that are served, in order.
func (x *Index) Refs() []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	refs := make([]string, len(x.state.byName))
	for i, id := range x.state.byName {
		refs[i] = x.state.nodes[id].ref
	}
	return refs
}

// Source returns the key of the source that an entity is served from. The reference
// must be in the lower-cased kind:namespace/name form.
func (x *Index) Source(ref string) (string, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	id, ok := x.state.served(ref)
	if !ok {
		return "", false
	}
	return x.state.nodes[id].winner.source, true
}

// Conflict is an entity that a source describes but another one is served for.
type Conflict struct {
	Ref    string // of the entity
	Winner string // the source whose description is served
}

// Shadowed lists what the source describes in vain, by Ref.
func (x *Index) Shadowed(source string) []Conflict {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var out []Conflict
	for _, id := range x.state.sources[source] {
		if n := &x.state.nodes[id]; n.winner.source != source {
			out = append(out, Conflict{Ref: n.ref, Winner: n.winner.source})
		}
	}
	slices.SortFunc(out, func(a, b Conflict) int { return cmp.Compare(a.Ref, b.Ref) })
	return out
}

// invalid is the error for a record that cannot be read.
func invalid(source string, index int, err error) error {
	return fmt.Errorf("record %d of %s: %w", index, source, err)
}
