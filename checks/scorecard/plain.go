package scorecard

import (
	"strconv"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// plain writes a value of the catalog as rules see it: bool, float64, string, []any,
// map[string]any or nil. An entity's nesting is bounded by its reader.
func plain(v catalog.Value) any {
	switch v.Type() {
	case catalog.Bool:
		b, _ := v.Bool()
		return b
	case catalog.Number:
		n, _ := v.Number()
		return n
	case catalog.String:
		s, _ := v.Text()
		return s
	case catalog.Array:
		out := make([]any, len(v.Items()))
		for i, item := range v.Items() {
			out[i] = plain(item)
		}
		return out
	case catalog.Map:
		out := make(map[string]any, v.Object().Len())
		for key, value := range v.Object().All() {
			out[key] = plain(value)
		}
		return out
	case catalog.Null:
	}
	return nil
}

// below follows keys into a value; nil when there is nothing.
func below(v any, keys []string) any {
	for _, key := range keys {
		switch here := v.(type) {
		case map[string]any:
			v = here[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(here) {
				return nil
			}
			v = here[i]
		default:
			return nil
		}
	}
	return v
}
