package checks

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

const (
	catalogFile    = "catalog-info.yaml"
	slugAnnotation = "github.com/project-slug"
)

// Entity is what checks ask of a catalog entity of kind Component.
type Entity struct {
	Ref         string // component:default/pay, lower case
	Kind        string
	Name        string
	Annotations map[string]string
	Labels      map[string]string
	Links       []Link
	Tags        []string
	Type        string // spec.type, and so on
	Lifecycle   string
	Owner       string
	System      string

	File string
	// Lines says where File has a key, counted from 1: "metadata.annotations", or one
	// annotation as "metadata.annotations.pagerduty.com/integration-key".
	Lines map[string]int
}

// Link is one of metadata.links.
type Link struct{ Title, URL string }

// Catalog is what could be read of a repository's catalog-info.yaml.
type Catalog struct {
	Present  bool    // the file is there
	Entity   Entity  // Name "" when there is no Component to be read
	Problems []Place // what is broken in the file, with lines
}

// ReadCatalog finds the service's Component in catalog-info.yaml: of several, the
// one whose github.com/project-slug names this repository, else the first. A
// broken document does not hide the others.
func ReadCatalog(s *repo.Snapshot) Catalog {
	file, presence := s.File(catalogFile)
	if presence != repo.Present {
		return Catalog{}
	}
	c := Catalog{Present: true}
	if !file.Read {
		c.Problems = []Place{notRead(file)}
		return c
	}
	var components []*yaml.Node
	docs := safeyaml.Parse(file.Text)
	for _, doc := range docs {
		switch {
		case doc.Problem != nil:
			c.Problems = append(c.Problems, Place{File: catalogFile, Line: doc.Problem.Line, Message: "not valid YAML: " + doc.Problem.Message})
		case doc.Root.Kind != yaml.MappingNode:
			c.Problems = append(c.Problems, Place{File: catalogFile, Line: doc.Root.Line, Message: "an entity is expected here, this is " + safeyaml.KindName(doc.Root)})
		case safeyaml.Text(doc.Root, "kind") == "Component":
			components = append(components, doc.Root)
		}
	}
	if len(components) == 0 {
		c.Problems = append(c.Problems, refusedEntities(file.Text, docs, c.Problems)...)
		if len(c.Problems) == 0 {
			c.Problems = append(c.Problems, Place{File: catalogFile, Line: 1, Message: "holds no entity of kind Component"})
		}
		return c
	}
	root := components[0]
	for _, n := range components {
		if strings.EqualFold(safeyaml.Text(n, "metadata", "annotations", slugAnnotation), s.Name.String()) {
			root = n
			break
		}
	}
	var problems []Place
	c.Entity, problems = decodeEntity(root)
	c.Problems = append(c.Problems, problems...)
	c.Problems = append(c.Problems, refusedEntities(file.Text, docs, c.Problems)...)
	return c
}

// maxRefused bounds the entities that are told: who mends so many asks again.
const maxRefused = 50

// refusedEntities lists the documents that Backstage would refuse, each at the line
// of its first problem. What is known already, and what is wrong with docs that
// cannot be used at all, is not told twice.
func refusedEntities(text string, docs []safeyaml.Doc, known []Place) []Place {
	var out []Place
	for doc := range catalog.Each(catalogFile, []byte(text), catalog.Options{MaxBytes: safeyaml.MaxBytes}) {
		if len(out) == maxRefused {
			break
		}
		if doc.OK || len(doc.Problems) == 0 {
			continue
		}
		p := doc.Problems[0]
		if (doc.Stage == catalog.StageYAML || doc.Stage == catalog.StageRoot) && !isMapping(docs, p.Line) {
			continue
		}
		if !slices.ContainsFunc(known, func(k Place) bool { return k.Line == p.Line }) {
			out = append(out, Place{File: catalogFile, Line: p.Line, Message: p.Message})
		}
	}
	return out
}

// isMapping reports whether the document that holds line could be read as one.
func isMapping(docs []safeyaml.Doc, line int) bool {
	good := true
	for _, d := range docs {
		if d.Line > line {
			break
		}
		good = d.Problem == nil && d.Root.Kind == yaml.MappingNode
	}
	return good
}

func decodeEntity(root *yaml.Node) (Entity, []Place) {
	e := Entity{
		Kind: "Component", Name: safeyaml.Text(root, "metadata", "name"), File: catalogFile, Lines: map[string]int{},
		Type: safeyaml.Text(root, "spec", "type"), Lifecycle: safeyaml.Text(root, "spec", "lifecycle"),
		Owner: safeyaml.Text(root, "spec", "owner"), System: safeyaml.Text(root, "spec", "system"),
	}
	var problems []Place
	for _, section := range []string{"metadata", "spec"} {
		k, v := safeyaml.Pair(root, section)
		if k == nil {
			problems = append(problems, Place{File: catalogFile, Line: root.Line, Message: section + " is missing"})
			continue
		}
		e.mark(section, k, v)
	}
	if e.Name == "" {
		problems = append(problems, Place{File: catalogFile, Line: max(e.Lines["metadata"], root.Line), Message: "metadata.name is missing"})
	}
	namespace := safeyaml.Text(root, "metadata", "namespace")
	if namespace == "" {
		namespace = "default"
	}
	if e.Name != "" {
		e.Ref = strings.ToLower("component:" + namespace + "/" + e.Name)
	}
	var more []Place
	e.Annotations, more = e.strings(root, "annotations")
	problems = append(problems, more...)
	e.Labels, more = e.strings(root, "labels")
	problems = append(problems, more...)
	for _, item := range safeyaml.Items(root, "metadata", "links") {
		e.Links = append(e.Links, Link{Title: safeyaml.Text(item, "title"), URL: safeyaml.Text(item, "url")})
	}
	for _, item := range safeyaml.Items(root, "metadata", "tags") {
		e.Tags = append(e.Tags, item.Value)
	}
	return e, problems
}

// mark remembers the lines of a section's keys.
func (e *Entity) mark(section string, key, value *yaml.Node) {
	e.Lines[section] = key.Line
	if value.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		e.Lines[section+"."+value.Content[i].Value] = value.Content[i].Line
	}
}

// strings reads metadata.annotations or metadata.labels. Values that are no
// strings make Backstage refuse the entity, so they are left out and told.
func (e *Entity) strings(root *yaml.Node, section string) (map[string]string, []Place) {
	out := map[string]string{}
	n := safeyaml.Get(root, "metadata", section)
	if n == nil || n.Kind != yaml.MappingNode {
		return out, nil
	}
	var problems []Place
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], safeyaml.Resolve(n.Content[i+1])
		e.Lines["metadata."+section+"."+key.Value] = key.Line
		if isString(value) {
			out[key.Value] = value.Value
			continue
		}
		problems = append(problems, Place{File: catalogFile, Line: key.Line, Message: fmt.Sprintf(
			"%s must be a string, this is %s: put the value in quotes", key.Value, safeyaml.KindName(value))})
	}
	return out, problems
}

// isString follows YAML 1.2, as Backstage does: yes, off and dates are strings.
func isString(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	switch n.Tag {
	case "!!str", "!!timestamp", "!!binary":
		return true
	case "!!bool":
		return !strings.EqualFold(n.Value, "true") && !strings.EqualFold(n.Value, "false")
	}
	return false
}

// line returns where key is, or the closest section above it, or 1.
func (e Entity) line(key string) int {
	for key != "" {
		if n := e.Lines[key]; n > 0 {
			return n
		}
		i := strings.LastIndexByte(key, '.')
		if strings.HasPrefix(key, "metadata.annotations.") {
			i = len("metadata.annotations")
		}
		if i < 0 {
			break
		}
		key = key[:i]
	}
	return 1
}
