package catalog

import (
	"errors"
	"slices"
)

// Relation is one direction of a connection between two entities. Either end may
// not exist.
type Relation struct {
	Source Ref
	Type   string // such as ownedBy
	Target Ref
}

// String returns "source type target", by which relations are compared.
func (r Relation) String() string {
	return r.Source.String() + " " + r.Type + " " + r.Target.String()
}

// MarshalJSON writes the relation as its String.
func (r Relation) MarshalJSON() ([]byte, error) { return appendJSONString(nil, r.String()), nil }

// relationsOf derives the relations of an entity from the fields its kind
// names, as Backstage's BuiltinKindsEntityProcessor does: both directions, each
// once, sorted. path is the offending field when a reference cannot be read.
func relationsOf(e *Entity, fields []relationField) (out []Relation, path []string, err *Error) {
	self := e.Ref()
	for _, f := range fields {
		v, _ := e.Get("spec", f.name)
		if !v.truthy() {
			continue
		}
		targets := []Value{v}
		if v.kind == Array {
			targets = v.items
		}
		for _, item := range targets {
			target, err := refOf(item, f.kind, self.Namespace)
			if err != nil {
				return nil, []string{"spec", f.name}, err
			}
			out = append(out, Relation{self, f.forward, target}, Relation{target, f.backward, self})
		}
	}
	keys := make(map[string]bool, len(out))
	out = slices.DeleteFunc(out, func(r Relation) bool {
		key := r.String()
		again := keys[key]
		keys[key] = true
		return again
	})
	slices.SortFunc(out, func(a, b Relation) int { return compareUTF16(a.String(), b.String()) })
	return out, nil, nil
}

// refOf reads a reference that may be a string or, in a field without schema,
// an object of kind, namespace and name.
func refOf(v Value, kind, namespace string) (Ref, *Error) {
	if !v.truthy() {
		return Ref{}, refError("Error", "Entity reference must not be empty")
	}
	if v.kind == String {
		ref, err := ParseRef(v.str, kind, namespace)
		if err != nil {
			return Ref{}, asError(err)
		}
		return ref, nil
	}
	part := func(name, fallback string) Value {
		if p, ok := v.Get(name); ok && v.kind == Map && p.kind != Null {
			return p
		}
		return stringValue(fallback)
	}
	parts := []Value{part("kind", kind), part("namespace", namespace), part("name", "")}
	for i, name := range []string{"kind", "namespace", "name"} {
		switch p := parts[i]; {
		case p.truthy() && p.kind != String:
			return Ref{}, refError("TypeError", "%s.toLowerCase is not a function", name)
		case p.truthy():
		case name == "kind":
			return Ref{}, missingKind(v)
		default:
			return Ref{}, refError("Error", "Entity reference %s had missing or empty %s", v.appendJSON(nil), name)
		}
	}
	return Ref{Kind: parts[0].str, Namespace: parts[1].str, Name: parts[2].str}, nil
}

// asError is the *Error that ParseRef returns.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Name: "Error", Message: err.Error()}
}
