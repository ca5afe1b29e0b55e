package index

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Ancestor is an entity on the way from an entity to what made it known.
type Ancestor struct {
	Entity  json.RawMessage
	Parents []string // references of the Location entities that point at its file
}

// Ancestry lists the entity and the Location entities through which it came in,
// nearest first. It reports false when there is no such entity.
func (x *Index) Ancestry(ref string) ([]Ancestor, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.state
	id, ok := s.served(ref)
	if !ok {
		return nil, false
	}
	var out []Ancestor
	seen := map[uint32]bool{id: true}
	todo := []uint32{id}
	for len(todo) > 0 {
		id, todo = todo[len(todo)-1], todo[:len(todo)-1]
		a := Ancestor{Entity: s.appendEntity(nil, id), Parents: []string{}}
		for _, parent := range s.parents(id) {
			a.Parents = append(a.Parents, s.nodes[parent].ref)
			if !seen[parent] {
				seen[parent] = true
				todo = append(todo, parent)
			}
		}
		out = append(out, a)
	}
	return out, true
}

// parents are the Location entities that point at the file the entity is in.
func (s *state) parents(id uint32) []uint32 {
	at := s.nodes[id].winner.doc.annotation(annotationLocation)
	if at == "" {
		return nil
	}
	ids := slices.Clone(s.targets[at])
	for pattern, pointing := range s.targets {
		if strings.Contains(pattern, "*") && matchGlob(strings.Split(pattern, "/"), strings.Split(at, "/")) {
			ids = append(ids, pointing...)
		}
	}
	ids = slices.DeleteFunc(ids, func(o uint32) bool { return o == id })
	slices.SortFunc(ids, func(a, b uint32) int { return strings.Compare(s.nodes[a].ref, s.nodes[b].ref) })
	return slices.Compact(ids)
}

// matchGlob matches segment by segment; ** stands for any number of them.
func matchGlob(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(name) + 1 {
				if matchGlob(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], name[0]); err != nil || !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}

// targets are the locations a Location entity points at, as "type:target".
func (d *document) targets() []string {
	if !strings.EqualFold(d.kind, "Location") {
		return nil
	}
	e, err := d.entity()
	if err != nil {
		return nil
	}
	location := d.annotation(annotationLocation)
	list, err := catalog.Targets(e, location)
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range list {
		if t.Type == "file" && strings.HasPrefix(t.Target, ".") {
			t.Target = path.Join(path.Dir(strings.TrimPrefix(location, "file:")), t.Target)
		}
		if s := t.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
