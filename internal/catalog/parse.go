package catalog

import (
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
)

// Parse judges every document of a catalog file. The result has one Document per
// YAML document, in order; a file that is too large gives one that says so. An
// alias that cannot be resolved ends the list, since Backstage reads no further.
func Parse(file string, data []byte, opts Options) []Document {
	return slices.Collect(Each(file, data, opts))
}

// Each is Parse without holding all documents in memory at once.
func Each(file string, data []byte, opts Options) iter.Seq[Document] {
	return func(yield func(Document) bool) {
		most := opts.MaxBytes
		if most == 0 {
			most = MaxBytes
		}
		if len(data) > most {
			yield(tooLarge(file, most))
			return
		}
		j := newJudge(file, opts)
		index := 0
		for seg := range documents(strings.TrimPrefix(decodeUTF8(data), "\ufeff")) {
			doc, last := j.document(seg)
			doc.File, doc.Index = file, index
			index++
			if !yield(doc) || last {
				return
			}
		}
	}
}

func tooLarge(file string, most int) Document {
	message := fmt.Sprintf("the file is over the limit of %d bytes", most)
	return Document{
		File: file, Position: Position{1, 1}, Stage: StageYAML,
		Err:      &Error{Name: "Error", Message: message},
		Problems: []Problem{{Position: Position{1, 1}, Severity: SeverityError, Message: message, Remedy: "split it into several files and list them in a Location"}},
	}
}

// judge holds what is the same for all documents of one file.
type judge struct {
	rules    *rules
	opts     Options
	location string
	origin   string
}

func newJudge(file string, opts Options) *judge {
	j := &judge{rules: newRules(), opts: opts, location: opts.Location, origin: opts.Origin}
	if j.location == "" {
		name := path.Base(file)
		if file == "" || file == "-" {
			name = "catalog-info.yaml"
		}
		j.location = "url:https://github.com/example/repo/blob/main/" + name
	}
	if j.origin == "" {
		j.origin = j.location
	}
	return j
}

// document judges one document. last says that Backstage would read no further.
func (j *judge) document(seg segment) (doc Document, last bool) {
	doc.Position = Position{Line: seg.line, Column: 1}
	v, yerr := readYAML(seg)
	switch {
	case yerr != nil:
		doc.rejectYAML(yerr)
		return doc, yerr.fatal
	case v.kind == Null:
		doc.OK, doc.Null = true, true
		return doc, false
	}
	if v.pos != (Position{}) {
		doc.Position = v.pos
	}
	if v.kind != Map {
		doc.reject(StageRoot, &Error{Name: "Error", Message: "Expected object at root, got " + v.kind.String()},
			Problem{Message: "the document is no mapping of keys to values", Remedy: "start it with apiVersion, kind, metadata and spec"})
		return doc, false
	}
	j.entity(&doc, v)
	return doc, false
}

// entity takes a document through Backstage's stages, in its order.
func (j *judge) entity(doc *Document, v Value) {
	if found := j.rules.envelope.check(v, nil); len(found) > 0 {
		doc.reject(StageEnvelope, found[0].error(), explainAll(v, found)...)
		return
	}
	written := &Entity{root: v.obj}
	doc.Ref, doc.Kind, doc.APIVersion = written.Ref().String(), written.Kind(), written.APIVersion()
	annotations, ok := v.Get("metadata", "annotations")
	if ok && annotations.truthy() && annotations.kind != Map {
		doc.reject(StageAnnotations, &Error{Name: "Error", Message: "metadata.annotations must be a valid object"},
			Problem{Position: locate(v, []string{"metadata", "annotations"}), Path: "metadata.annotations",
				Message: "metadata.annotations is no mapping", Remedy: "write each annotation as 'key: value' on its own line"})
		return
	}
	root, perr := j.preprocess(doc, v.obj, annotations)
	if perr != nil {
		doc.reject(StagePreprocess, perr.err, Problem{Position: locate(v, perr.path), Path: fieldPath(perr.path), Message: perr.err.Message, Remedy: perr.remedy})
		return
	}
	j.checkPolicies(doc, v, root)
	entity := &Entity{root: root}
	kind := j.rules.kind(doc.Kind, doc.APIVersion)
	j.checkKind(doc, v, objectValue(root), kind)
	if doc.Err != nil {
		return
	}
	relations, at, err := relationsOf(entity, kind.relations)
	if err != nil {
		doc.reject(StagePostprocess, err, explainRef(v, at, err))
		return
	}
	if j.opts.Kinds != nil && !slices.ContainsFunc(j.opts.Kinds, func(k string) bool { return lower(k) == lower(doc.Kind) }) {
		doc.reject(StageRules, &Error{Name: "NotAllowedError", Message: "Entity " + doc.Ref + " is not of an allowed kind for that location"},
			Problem{Position: locate(v, []string{"kind"}), Path: "kind",
				Message: doc.Kind + " may not come from this file", Remedy: "allowed here: " + strings.Join(j.opts.Kinds, ", ")})
		return
	}
	doc.OK, doc.Entity, doc.Relations = true, entity, relations
	doc.Problems = append(doc.Problems, explainCase(v, nil)...)
}

// sortedFields are the lists of spec that Backstage sorts.
func sortedFields() []string {
	return []string{"providesApis", "consumesApis", "dependsOn", "dependencyOf", "memberOf", "children", "members"}
}

// preprocess does what Backstage's processors do before judging: it sets the
// location annotations, resolves placeholders, sorts reference lists and adds
// the annotations the author may override.
func (j *judge) preprocess(doc *Document, written *Object, annotations Value) (*Object, *placeholderError) {
	own := &Object{}
	for _, m := range annotations.Object().all() {
		own.set(m.key, m.keyAt, m.value)
	}
	own.set("backstage.io/managed-by-origin-location", Position{}, stringValue(j.origin))
	own.set("backstage.io/managed-by-location", Position{}, stringValue(j.location))
	metadata, _ := written.Get("metadata")
	metadata = objectValue(metadata.obj.with("annotations", objectValue(own).at(annotations.pos))).at(metadata.pos)
	root := objectValue(written.with("metadata", metadata))

	doc.Placeholders = findPlaceholders(root, "", nil)
	root, perr := j.substitute(root, nil)
	if perr != nil {
		return nil, perr
	}
	obj := sortLists(root.obj)
	if given := j.givenAnnotations(); given.Len() > 0 {
		obj = merge(nest(objectValue(given), "metadata", "annotations").obj, obj)
	}
	if ns, ok := objectValue(obj).Get("metadata", "namespace"); !ok || !ns.truthy() {
		obj = merge(nest(stringValue(DefaultNamespace), "metadata", "namespace").obj, obj)
	}
	return obj, nil
}

func (j *judge) givenAnnotations() *Object {
	given := &Object{}
	for _, a := range j.opts.Annotations {
		given.set(a.Key, Position{}, stringValue(a.Value))
	}
	if target, ok := strings.CutPrefix(j.location, "url:"); ok && j.opts.Annotations == nil {
		given.set("backstage.io/view-url", Position{}, stringValue(strings.TrimSpace(target)))
	}
	return given
}

// nest wraps v into objects of one member each.
func nest(v Value, keys ...string) Value {
	for _, key := range slices.Backward(keys) {
		o := &Object{}
		o.set(key, Position{}, v)
		v = objectValue(o)
	}
	return v
}

func sortLists(root *Object) *Object {
	spec, _ := root.Get("spec")
	if spec.kind != Map {
		return root
	}
	sorted := spec.obj
	for _, name := range sortedFields() {
		list, _ := spec.obj.Get(name)
		if len(list.items) == 0 || slices.ContainsFunc(list.items, func(v Value) bool { return v.kind != String }) {
			continue
		}
		items := slices.Clone(list.items)
		slices.SortStableFunc(items, func(a, b Value) int { return compareUTF16(a.str, b.str) })
		sorted = sorted.with(name, arrayValue(items).at(list.pos))
	}
	return root.with("spec", objectValue(sorted).at(spec.pos))
}

// checkPolicies judges the metadata, in the order of Backstage's entity policies.
func (j *judge) checkPolicies(doc *Document, written Value, root *Object) {
	found := j.rules.entity.check(objectValue(root), nil)
	if len(found) > 0 {
		at := found[0].pointer()
		if at == "" {
			at = "<root>"
		}
		doc.reject(StagePolicy, &Error{Name: "Error", Message: "Malformed envelope, " + at + " " + found[0].message},
			explainAll(written, found)...)
	}
	for key := range root.All() {
		if len(found) == 0 && !slices.Contains([]string{"apiVersion", "kind", "metadata", "spec"}, key) {
			doc.reject(StagePolicy, &Error{Name: "Error", Message: "Unknown field " + key},
				Problem{Position: locate(written, []string{key}), Path: key,
					Message: "the field " + key + " is written by the catalog, not by files", Remedy: "remove it"})
		}
	}
	for _, m := range checkFormats(root) {
		p := explainFormat(written, m)
		if !slices.ContainsFunc(doc.Problems, func(told Problem) bool { return told.Path == p.Path }) {
			doc.reject(StagePolicy, m.error(), p)
		}
	}
}

// checkKind judges spec by the kind's own shape.
func (j *judge) checkKind(doc *Document, written, root Value, kind *kindRules) {
	if kind == nil {
		doc.reject(StageKind, &Error{Name: "InputError",
			Message: "No processor recognized the entity " + doc.Ref + " as valid, possibly caused by a foreign kind or apiVersion"},
			j.explainKind(written, doc.Kind, doc.APIVersion))
		return
	}
	if spec, ok := root.Get("spec"); ok && spec.kind != Map {
		return // said already
	}
	if found := kind.entity.check(root, nil); len(found) > 0 {
		doc.reject(StageKind, found[0].error(), explainAll(written, found)...)
	}
}

// reject notes problems; the first call decides stage and error.
func (doc *Document) reject(stage Stage, err *Error, problems ...Problem) {
	if doc.Err == nil {
		doc.Stage, doc.Err = stage, err
	}
	for _, p := range problems {
		if p.Position == (Position{}) {
			p.Position = doc.Position
		}
		p.Severity = SeverityError
		doc.Problems = append(doc.Problems, p)
	}
}

func (doc *Document) rejectYAML(y *yamlError) {
	name := y.name
	if name == "" {
		name = "YAMLParseError"
	}
	doc.reject(StageYAML, &Error{Name: name, Message: y.message},
		Problem{Position: y.Position, Message: y.message, Remedy: y.remedy})
}

// all returns the members, none for nil.
func (o *Object) all() []member {
	if o == nil {
		return nil
	}
	return o.members
}
