// Package catalog holds Backstage's entity model: it reads catalog files, judges
// every document as Backstage's own validators do, and derives the relations
// between entities. It is pure: it takes bytes and returns values, and never
// talks to GitHub, a database or the network. What a document refers to is read
// through a function the caller gives.
//
// The bar is agreement with @backstage/catalog-model: verdict, stage, reference,
// relations and normalised entity are the same for every document, and a
// differential test holds the package to it. On top of that come places and
// remedies for people.
//
// Start reading at [Parse] and [Document].
package catalog

import "fmt"

// Stage says where Backstage rejects a document. The order of the constants is
// the order in which they are reached.
type Stage string

// The stages.
const (
	StageYAML        Stage = "yaml"        // the text is not YAML 1.2
	StageRoot        Stage = "root"        // the document is no mapping
	StageEnvelope    Stage = "envelope"    // apiVersion, kind, metadata.name
	StageAnnotations Stage = "annotations" // metadata.annotations is no mapping
	StagePreprocess  Stage = "preprocess"  // a placeholder could not be resolved
	StagePolicy      Stage = "policy"      // the metadata's schema and formats
	StageKind        Stage = "kind"        // the kind's own schema, or an unknown kind
	StagePostprocess Stage = "postprocess" // a reference that cannot be read
	StageRules       Stage = "rules"       // a kind that may not come from this location
)

// Error is Backstage's own answer to a document it rejects, word for word but
// for the trailing link to its documentation. At [StageYAML] only Name is
// Backstage's; the message is Cairn's.
type Error struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Severity tells a Problem that rejects the document from one that does not.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one thing wrong with a document, for the person who wrote it.
type Problem struct {
	Position
	Severity Severity
	Path     string // such as metadata.tags[2]; "" for the document as a whole
	Message  string // what is wrong, one line
	Remedy   string // what to do about it, one line; may be ""
}

func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
}

// Placeholder is a $text, $json or $yaml found in an entity.
type Placeholder struct {
	Path  string // as Backstage writes it, such as spec.definition or x[0].y
	Key   string // text, json or yaml
	Value Value  // what follows the key, a string if the author did it right
	URL   string // what Value resolves to; "" when offline
}

// Document is the verdict on one YAML document of a catalog file.
type Document struct {
	File  string
	Index int // counts the documents of the file from 0, empty ones too
	Position
	OK    bool
	Null  bool // an empty document, which Backstage passes over
	Stage Stage
	Err   *Error // nil when OK
	// Ref, Kind and APIVersion are known once the envelope is right.
	Ref        string
	Kind       string
	APIVersion string
	// Entity is the normalised entity; nil unless OK.
	Entity *Entity
	// Relations holds both directions, sorted; nil unless OK.
	Relations    []Relation
	Placeholders []Placeholder
	// Problems explains Err, first, then lists what else is wrong. A document
	// that is OK may carry warnings.
	Problems []Problem
}

// Annotation is a key of metadata.annotations with its value.
type Annotation struct{ Key, Value string }

// Options says where a file comes from and what is allowed there. The zero
// Options judges a file on its own, offline.
type Options struct {
	// Location becomes backstage.io/managed-by-location, such as
	// url:https://github.com/acme/pay/blob/main/catalog-info.yaml. "" stands for
	// a made-up repository, as in Backstage's own tests.
	Location string
	// Origin becomes backstage.io/managed-by-origin-location; "" means Location.
	Origin string
	// Annotations are set unless the author set them; see [LocationAnnotations].
	// nil sets view-url alone.
	Annotations []Annotation
	// Kinds, when not nil, are the only kinds allowed, in any case.
	Kinds []string
	// Read fetches what a placeholder refers to. The caller answers for limits
	// on hosts, size and time. nil leaves a marker in place of $text and {} in
	// place of $json and $yaml.
	Read func(url string) ([]byte, error)
	// MaxBytes bounds the file; 0 means the constant MaxBytes.
	MaxBytes int
}

// MaxBytes is the size up to which a catalog file is read unless Options say otherwise.
const MaxBytes = 32 << 20
