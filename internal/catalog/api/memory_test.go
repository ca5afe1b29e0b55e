package api_test

import (
	"context"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// memory keeps locations in a list; it reads nothing.
type memory struct {
	mu        sync.Mutex
	index     *index.Index
	made      int
	list      []api.Location
	refreshed []string
	removed   []string
}

func entityRef(typ, target string) string {
	return fmt.Sprintf("location:default/generated-%x", sha1.Sum([]byte(typ+":"+target)))
}

func (m *memory) at(match func(api.Location) bool) int { return slices.IndexFunc(m.list, match) }

func (m *memory) List(context.Context) ([]api.Location, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.list), nil
}

func (m *memory) Get(_ context.Context, id string) (api.Location, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.at(func(l api.Location) bool { return l.ID == id }); i >= 0 {
		return m.list[i], nil
	}
	return api.Location{}, api.NotFound("Found no location with ID %s", id)
}

func (m *memory) ByEntity(_ context.Context, ref string) (api.Location, error) {
	entity, _ := m.index.ByRef(ref)
	var e struct {
		Metadata struct{ Annotations map[string]string }
	}
	if err := json.Unmarshal(entity, &e); err != nil {
		return api.Location{}, err
	}
	typ, target, _ := strings.Cut(e.Metadata.Annotations["backstage.io/managed-by-origin-location"], ":")
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.at(func(l api.Location) bool { return l.Type == typ && l.Target == target }); i >= 0 {
		return m.list[i], nil
	}
	return api.Location{}, api.NotFound("Found no location with type %s and target %s", typ, target)
}

func (m *memory) Add(_ context.Context, typ, target string, dryRun bool, onConflict string) (api.Added, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.at(func(l api.Location) bool { return l.Type == typ && l.Target == target })
	exists := i >= 0
	switch {
	case dryRun:
		return api.Added{Exists: &exists, Location: api.Location{ID: typ + ":" + target, Type: typ, Target: target, EntityRef: entityRef(typ, target)}}, nil
	case exists && onConflict == "refresh":
		return api.Added{Location: m.list[i]}, nil
	case exists:
		return api.Added{}, api.Conflict("Location %s:%s already exists", typ, target)
	}
	m.made++
	digit := fmt.Sprint(m.made)
	id := strings.Repeat(digit, 8) + "-" + strings.Repeat(digit, 4) + "-4" + strings.Repeat(digit, 3) + "-8" + strings.Repeat(digit, 3) + "-" + strings.Repeat(digit, 12)
	m.list = append(m.list, api.Location{ID: id, Type: typ, Target: target, EntityRef: entityRef(typ, target)})
	return api.Added{Location: m.list[len(m.list)-1]}, nil
}

func (m *memory) Update(_ context.Context, id, typ, target string) (api.Location, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.at(func(l api.Location) bool { return l.ID == id })
	if i < 0 {
		return api.Location{}, api.NotFound("Found no location with ID %s", id)
	}
	m.list[i].Type, m.list[i].Target = typ, target
	return m.list[i], nil
}

func (m *memory) Remove(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.at(func(l api.Location) bool { return l.ID == id })
	if i < 0 {
		return api.NotFound("Found no location with ID %s", id)
	}
	m.list = slices.Delete(m.list, i, i+1)
	return nil
}

func (m *memory) Refresh(_ context.Context, ref string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refreshed = append(m.refreshed, ref)
	return nil
}

func (m *memory) RemoveEntity(_ context.Context, uid string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removed = append(m.removed, uid)
	return nil
}

func (m *memory) Analyze(_ context.Context, _, target, _ string) (api.Analysis, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return api.Analysis{}, api.BadInput("The given location.target is not a URL")
	}
	_, name, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return api.Analysis{Generated: []json.RawMessage{fmt.Appendf(nil,
		`{"entity":{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":%q,"annotations":{"github.com/project-slug":%q}},"spec":{"type":"other","lifecycle":"unknown"}},"fields":[]}`,
		name, strings.TrimPrefix(u.Path, "/"))}}, nil
}
