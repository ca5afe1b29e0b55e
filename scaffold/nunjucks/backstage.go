package nunjucks

import (
	"errors"
	"fmt"
	"strings"
)

// backstageFilters are the filters that Backstage's scaffolder adds. As there,
// arguments and results pass through JSON: undefined arrives as null, and members
// that are undefined vanish.
func backstageFilters(integrations map[string]string) map[string]builtin {
	return map[string]builtin{
		"parseRepoUrl": bridged("parseRepoUrl", func(m *machine, a []Value) (Value, error) {
			r, err := parseRepoURL(m.text(a[0]), integrations)
			if err != nil {
				return nil, err
			}
			return r.object(), nil
		}),
		"projectSlug": bridged("projectSlug", func(m *machine, a []Value) (Value, error) {
			r, err := parseRepoURL(m.text(a[0]), integrations)
			if err != nil {
				return nil, err
			}
			return orUndefined(r.owner) + "/" + orUndefined(r.repo), nil
		}),
		"parseEntityRef": bridged("parseEntityRef", func(_ *machine, a []Value) (Value, error) { return parseEntityRef(a[0], arg(a, 1)) }),
		"pick":           bridged("pick", func(m *machine, a []Value) (Value, error) { return m.pick(a[0], arg(a, 1), arg(a, 2)), nil }),
	}
}

// bridged passes arguments and result through JSON.
func bridged(name string, f func(m *machine, args []Value) (Value, error)) builtin {
	return func(m *machine, args []Value) Value {
		plain := make([]Value, len(args))
		for i, a := range args {
			plain[i] = nil
			if !isUndefined(a) {
				plain[i] = m.throughJSON(a)
			}
		}
		v, err := f(m, plain)
		if err != nil {
			m.failWith(&Error{Message: name + ": " + err.Error(), Err: err})
		}
		return m.throughJSON(v)
	}
}

// throughJSON is JSON.parse(JSON.stringify(v)).
func (m *machine) throughJSON(v Value) Value {
	text, ok := m.dump(v, Undefined{}).(string)
	if !ok {
		return Undefined{}
	}
	m.growTimes(len(text), 4)
	out, err := DecodeJSON([]byte(text))
	if err != nil {
		m.fail(err.Error())
	}
	return out
}

func orUndefined(v Value) string {
	if s, ok := v.(string); ok {
		return s
	}
	return "undefined"
}

// parseEntityRef reads [kind:][namespace/]name, or an object of these, with
// defaults from options. See Backstage's "Entity references".
func parseEntityRef(ref, options Value) (Value, error) {
	if !Truthy(ref) {
		return nil, errors.New("entity reference must not be empty")
	}
	var kind, namespace, name Value
	switch ref := ref.(type) {
	case string:
		var err error
		if kind, namespace, name, err = splitEntityRef(ref); err != nil {
			return nil, err
		}
	case *Object:
		kind, namespace, name = ref.Get("kind"), ref.Get("namespace"), ref.Get("name")
	}
	defaultNamespace := Value("default")
	if o, ok := options.(*Object); ok {
		if isNullish(kind) {
			kind = o.Get("defaultKind")
		}
		defaultNamespace = orDefault(o.Get("defaultNamespace"), defaultNamespace)
	}
	if isNullish(namespace) {
		namespace = defaultNamespace
	}
	out := NewObject()
	for _, p := range []struct {
		name  string
		value Value
	}{{"kind", kind}, {"namespace", namespace}, {"name", name}} {
		if !Truthy(p.value) {
			text, err := EncodeJSON(ref)
			if err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("entity reference %s has no %s", text, p.name)
		}
		out.Set(p.name, p.value)
	}
	return out, nil
}

// splitEntityRef cuts a reference; parts that are not there are undefined.
func splitEntityRef(ref string) (kind, namespace, name Value, err error) {
	kind, namespace = Undefined{}, Undefined{}
	colon, slash := strings.IndexByte(ref, ':'), strings.IndexByte(ref, '/')
	if slash != -1 && slash < colon {
		colon = -1
	}
	if colon != -1 {
		kind = ref[:colon]
	}
	if slash != -1 {
		namespace = ref[colon+1 : slash]
	}
	name = ref[max(colon, slash)+1:]
	if kind == "" || namespace == "" || name == "" {
		return nil, nil, nil, fmt.Errorf("entity reference %q is not of the form [kind:][namespace/]name", ref)
	}
	return kind, namespace, name, nil
}
