package catalog

import (
	"errors"
	"fmt"
	"iter"
)

// Entity is a valid, normalised catalog entity. Every key its author wrote is
// kept, in order. It is immutable and safe for concurrent use.
type Entity struct{ root *Object }

// Link is one of metadata.links; only URL is always there.
type Link struct{ URL, Title, Icon, Type string }

// EntityFromJSON reads an entity as [Entity.MarshalJSON] wrote it. It checks
// only that there is an apiVersion, a kind and a name; it is for entities that
// were validated before they were stored.
func EntityFromJSON(data []byte) (*Entity, error) {
	v, err := ParseJSON(data)
	if err != nil {
		return nil, err
	}
	if v.kind != Map {
		return nil, errors.New("reading an entity: the JSON is no object")
	}
	e := &Entity{root: v.obj}
	for _, path := range [][]string{{"apiVersion"}, {"kind"}, {"metadata", "name"}} {
		if e.text(path...) == "" {
			return nil, fmt.Errorf("reading an entity: %v is missing", path)
		}
	}
	return e, nil
}

// MarshalJSON writes the entity with its keys in Backstage's order.
func (e *Entity) MarshalJSON() ([]byte, error) { return objectValue(e.root).appendJSON(nil), nil }

// Value returns the entity as a JSON value.
func (e *Entity) Value() Value { return objectValue(e.root) }

// Get follows a path such as "spec", "owner"; array elements go by index.
func (e *Entity) Get(path ...string) (Value, bool) { return e.Value().Get(path...) }

// Position returns where the value at path was written, or the nearest of its
// parents that was; the zero Position for an entity read from JSON.
func (e *Entity) Position(path ...string) Position { return locate(e.Value(), path) }

// Ref names the entity; the namespace is always filled in.
func (e *Entity) Ref() Ref {
	return Ref{Kind: e.Kind(), Namespace: e.Namespace(), Name: e.Name()}
}

// APIVersion returns apiVersion.
func (e *Entity) APIVersion() string { return e.text("apiVersion") }

// Kind returns kind, in the case it was written.
func (e *Entity) Kind() string { return e.text("kind") }

// Name returns metadata.name.
func (e *Entity) Name() string { return e.text("metadata", "name") }

// Namespace returns metadata.namespace.
func (e *Entity) Namespace() string {
	if ns := e.text("metadata", "namespace"); ns != "" {
		return ns
	}
	return DefaultNamespace
}

// Title returns metadata.title, or "".
func (e *Entity) Title() string { return e.text("metadata", "title") }

// Description returns metadata.description, or "".
func (e *Entity) Description() string { return e.text("metadata", "description") }

// Annotation returns one of metadata.annotations, or "".
func (e *Entity) Annotation(key string) string { return e.text("metadata", "annotations", key) }

// Annotations yields metadata.annotations in order.
func (e *Entity) Annotations() iter.Seq2[string, string] { return e.texts("metadata", "annotations") }

// Label returns one of metadata.labels, or "".
func (e *Entity) Label(key string) string { return e.text("metadata", "labels", key) }

// Labels yields metadata.labels in order.
func (e *Entity) Labels() iter.Seq2[string, string] { return e.texts("metadata", "labels") }

// Tags returns metadata.tags.
func (e *Entity) Tags() []string { return e.list("metadata", "tags") }

// Links returns metadata.links.
func (e *Entity) Links() []Link {
	v, _ := e.Get("metadata", "links")
	var links []Link
	for _, item := range v.Items() {
		at := func(key string) string {
			field, _ := item.Get(key)
			return field.str
		}
		links = append(links, Link{URL: at("url"), Title: at("title"), Icon: at("icon"), Type: at("type")})
	}
	return links
}

// Spec returns a string field of spec, such as "owner", or "".
func (e *Entity) Spec(field string) string { return e.text("spec", field) }

// SpecList returns a list of strings of spec, such as "providesApis".
func (e *Entity) SpecList(field string) []string { return e.list("spec", field) }

func (e *Entity) text(path ...string) string {
	v, _ := e.Get(path...)
	return v.str
}

func (e *Entity) list(path ...string) []string {
	v, _ := e.Get(path...)
	var out []string
	for _, item := range v.Items() {
		if item.kind == String {
			out = append(out, item.str)
		}
	}
	return out
}

func (e *Entity) texts(path ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		v, _ := e.Get(path...)
		for key, value := range v.Object().All() {
			if value.kind == String && !yield(key, value.str) {
				return
			}
		}
	}
}

// locate finds the place of path in v, falling back to the nearest parent that
// has one. A member is located at its key.
func locate(v Value, path []string) Position {
	at := v.pos
	for _, key := range path {
		next, ok := v.Get(key)
		if !ok {
			return at
		}
		place := next.pos
		if v.kind == Map {
			if k := v.obj.KeyPosition(key); k != (Position{}) {
				place = k
			}
		}
		if place != (Position{}) {
			at = place
		}
		v = next
	}
	return at
}
