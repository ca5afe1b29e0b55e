package index

import (
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// ParseFilters reads the filter parameters of a GET request: any of them may
// hold, and of each all comma-separated conditions, key or key=value. A key that
// is repeated may have any of its values. It reports false when nothing is asked
// for.
func ParseFilters(filters []string) (Predicate, bool, error) {
	var either []Predicate
	b := builder{}
	for _, filter := range filters {
		p, ok, err := b.filter(filter)
		if err != nil {
			return Predicate{}, false, err
		}
		if ok {
			either = append(either, p)
		}
	}
	switch len(either) {
	case 0:
		return Predicate{}, false, nil
	case 1:
		return either[0], true, nil
	}
	return Predicate{logic: "$any", sub: either}, true, nil
}

func (b *builder) filter(filter string) (Predicate, bool, error) {
	var keys []string
	values := map[string][]string{}
	for statement := range strings.SplitSeq(filter, ",") {
		statement = trimSpace(statement)
		if statement == "" {
			continue
		}
		key, value, valued := strings.Cut(statement, "=")
		if valued {
			key, value = trimSpace(key), trimSpace(value)
		}
		if key == "" {
			return Predicate{}, false, inputErrorf(
				"Invalid filter, '%s' is not a valid statement (expected a string on the form a=b or a= or a)", statement)
		}
		if _, known := values[key]; !known {
			keys = append(keys, key)
			values[key] = nil
		}
		if valued {
			values[key] = append(values[key], value)
		}
	}
	var all []Predicate
	for _, key := range keys {
		if err := b.count(1, len(values[key])); err != nil {
			return Predicate{}, false, err
		}
		all = append(all, Predicate{fields: []condition{searchFor(key, values[key])}})
	}
	switch len(all) {
	case 0:
		return Predicate{}, false, nil
	case 1:
		return all[0], true, nil
	}
	return Predicate{logic: "$all", sub: all}, true, nil
}

// searchFor asks for any of the values, or just for the key when there are none.
func searchFor(key string, values []string) condition {
	switch len(values) {
	case 0:
		return condition{key: key, op: "$exists", value: jsonValue("true")}
	case 1:
		return condition{key: key, value: stringValue(values[0])}
	}
	list := []byte{'['}
	for i, v := range values {
		if i > 0 {
			list = append(list, ',')
		}
		list = appendQuoted(list, v)
	}
	return condition{key: key, op: "$in", value: jsonValue(string(append(list, ']')))}
}

func stringValue(s string) catalog.Value { return jsonValue(string(appendQuoted(nil, s))) }

// jsonValue reads JSON that this package wrote.
func jsonValue(raw string) catalog.Value {
	v, err := catalog.ParseJSON([]byte(raw))
	if err != nil {
		return catalog.Value{}
	}
	return v
}

// trimSpace removes what JavaScript's trim does.
func trimSpace(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch r {
		case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
			return true
		}
		return 0x2000 <= r && r <= 0x200A
	})
}
