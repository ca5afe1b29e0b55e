package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Annotations with a meaning here; see Backstage's well-known annotations.
const (
	annotationOrphan   = "backstage.io/orphan"
	annotationLocation = "backstage.io/managed-by-location"
	rejectedURL        = "https://backstage.io/annotation-rejected-for-security-reasons"
)

// document is the text of one record, ready to be answered with: all of the
// entity but uid, etag, relations and status.
type document struct {
	raw string
	// The parts are shared with raw. namespace is "" when the entity names none.
	kind, namespace, name string
	metadataAt            span
	hasUID, hasETag       bool
}

// newDocument reads a record's entity. Texts found in it are kept in the index as
// parts of it, so that a catalog is in memory once.
func newDocument(entity string, orphan bool) (document, error) {
	doc := document{raw: entity}
	if err := doc.scan(); err != nil {
		return document{}, err
	}
	if !orphan && !doc.hasUID && !doc.hasScript() {
		return doc, nil
	}
	doc = document{raw: doc.rewrite(UID(doc.ref()), orphan)}
	return doc, doc.scan()
}

func (d *document) scan() error {
	if !json.Valid([]byte(d.raw)) || d.raw[0] != '{' || d.raw[len(d.raw)-1] != '}' {
		return errors.New("the entity is no JSON object")
	}
	metadata := false
	for key, at := range memberSpans(d.raw) {
		switch unquote(key) {
		case "kind":
			d.kind = unquote(d.raw[at.start:at.end])
		case "metadata":
			metadata = true
			d.metadataAt = at
			d.scanMetadata(d.raw[at.start:at.end])
		}
	}
	if !metadata || d.kind == "" || d.name == "" {
		return errors.New("the entity has no kind or no metadata.name")
	}
	return nil
}

func (d *document) scanMetadata(metadata string) {
	for key, value := range members(metadata) {
		switch unquote(key) {
		case "name":
			d.name = unquote(value)
		case "namespace":
			d.namespace = unquote(value)
		case "uid":
			d.hasUID = true
		case "etag":
			d.hasETag = true
		}
	}
}

func (d *document) ref() string {
	return catalog.Ref{Kind: d.kind, Namespace: d.namespaceOrDefault(), Name: d.name}.String()
}

func (d *document) namespaceOrDefault() string {
	if d.namespace == "" {
		return catalog.DefaultNamespace
	}
	return d.namespace
}

func (d *document) annotation(name string) string {
	annotations, _ := member(d.raw[d.metadataAt.start:d.metadataAt.end], "annotations")
	value, _ := member(annotations, name)
	return unquote(value)
}

// scriptURL is a javascript: address as browsers read it.
var scriptURL = regexp.MustCompile(`(?i)^[\x00-\x1f ]*j[\r\n\t]*a[\r\n\t]*v[\r\n\t]*a[\r\n\t]*s[\r\n\t]*c[\r\n\t]*r[\r\n\t]*i[\r\n\t]*p[\r\n\t]*t[\r\n\t]*:`)

// hasScript reports whether a link of the entity would run a script.
func (d *document) hasScript() bool {
	return scriptURL.MatchString(d.annotation("backstage.io/view-url")) ||
		scriptURL.MatchString(d.annotation("backstage.io/edit-url"))
}

// rewrite returns the text with what stitching changes inside metadata: the
// orphan annotation, a uid the author wrote, and links that would run a script.
func (d *document) rewrite(uid string, orphan bool) string {
	metadata := d.raw[d.metadataAt.start:d.metadataAt.end]
	out := object{}
	annotated := false
	for key, value := range members(metadata) {
		switch name := unquote(key); {
		case name == "uid":
			value = string(appendQuoted(nil, uid))
		case name == "annotations" && value[0] == '{':
			annotated = true
			value = rewriteAnnotations(value, orphan)
		}
		out.add(key, value)
	}
	if orphan && !annotated {
		out.add(`"annotations"`, rewriteAnnotations("{}", true))
	}
	return d.raw[:d.metadataAt.start] + out.String() + d.raw[d.metadataAt.end:]
}

func rewriteAnnotations(raw string, orphan bool) string {
	out := object{}
	for key, value := range members(raw) {
		name := unquote(key)
		link := name == "backstage.io/view-url" || name == "backstage.io/edit-url"
		switch {
		case link && scriptURL.MatchString(unquote(value)):
			value = string(appendQuoted(nil, rejectedURL))
		case orphan && name == annotationOrphan:
			continue
		}
		out.add(key, value)
	}
	if orphan {
		out.add(string(appendQuoted(nil, annotationOrphan)), `"true"`)
	}
	return out.String()
}

// object puts a JSON object together from keys and values that are JSON.
type object struct{ b strings.Builder }

func (o *object) add(key, value string) {
	if o.b.Len() == 0 {
		o.b.WriteByte('{')
	} else {
		o.b.WriteByte(',')
	}
	o.b.WriteString(key)
	o.b.WriteByte(':')
	o.b.WriteString(value)
}

func (o *object) String() string {
	if o.b.Len() == 0 {
		return "{}"
	}
	return o.b.String() + "}"
}

// entity reads the document as the model has it.
func (d *document) entity() (*catalog.Entity, error) {
	e, err := catalog.EntityFromJSON([]byte(d.raw))
	if err != nil {
		return nil, fmt.Errorf("the entity %s: %w", d.ref(), err)
	}
	return e, nil
}
