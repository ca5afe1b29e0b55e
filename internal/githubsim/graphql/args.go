package graphql

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// Args are the arguments of one field, defaults filled in. Asking for an
// argument that was not given, or was null, gives the zero value.
type Args struct {
	field      string
	wantsItems bool // the selection asks for a connection's items, not only their number
	values     map[string]any
}

// String returns a string, ID or enum argument.
func (a Args) String(name string) string {
	s, _ := a.values[name].(string)
	return s
}

// Bool returns a Boolean argument.
func (a Args) Bool(name string) bool {
	b, _ := a.values[name].(bool)
	return b
}

// Int returns an Int argument and whether it was given.
func (a Args) Int(name string) (int, bool) {
	switch v := a.values[name].(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case float64:
		return int(v), v == math.Trunc(v)
	case json.Number:
		i, err := strconv.Atoi(v.String())
		return i, err == nil
	}
	return 0, false
}

// Strings returns a list of strings, IDs or enum values; a single value counts
// as a list of one, as GraphQL has it.
func (a Args) Strings(name string) []string {
	switch v := a.values[name].(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// allows reports whether a list argument that filters lets value through: an
// absent or empty list lets everything through.
func (a Args) allows(name, value string) bool {
	list := a.Strings(name)
	return len(list) == 0 || slices.Contains(list, value)
}

// Object returns an input object argument as arguments of its own.
func (a Args) Object(name string) Args {
	m, _ := a.values[name].(map[string]any)
	return Args{field: name, values: m}
}

// flag reports whether a Boolean filter lets value through: absent or null lets
// both through.
func (a Args) flag(name string, value bool) bool {
	want, given := a.values[name].(bool)
	return !given || want == value
}
