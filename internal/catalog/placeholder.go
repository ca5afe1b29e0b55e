package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// placeholderError is a placeholder that could not be resolved.
type placeholderError struct {
	path   []string
	err    *Error
	remedy string
}

// placeholderOf returns the key and value of an object that is a placeholder:
// its only key is $text, $json or $yaml. other is true for an object with some
// further key that starts with '$', which is left alone altogether.
func placeholderOf(v Value) (key string, value Value, other bool) {
	for name := range v.obj.All() {
		if strings.HasPrefix(name, "$") {
			other = true
		}
	}
	if !other || v.obj.Len() != 1 {
		return "", Value{}, other
	}
	m := v.obj.members[0]
	if !slices.Contains([]string{"$text", "$json", "$yaml"}, m.key) {
		return "", Value{}, true
	}
	return m.key[1:], m.value, true
}

func findPlaceholders(v Value, path string, found []Placeholder) []Placeholder {
	switch v.kind {
	case Array:
		for i, item := range v.items {
			found = findPlaceholders(item, fmt.Sprintf("%s[%d]", path, i), found)
		}
	case Map:
		key, value, other := placeholderOf(v)
		if key != "" {
			return append(found, Placeholder{Path: path, Key: key, Value: value})
		}
		if other {
			return found
		}
		for name, member := range v.obj.All() {
			below := name
			if path != "" {
				below = path + "." + name
			}
			found = findPlaceholders(member, below, found)
		}
	}
	return found
}

// substitute replaces the placeholders in v. Values without any are returned as
// they are.
func (j *judge) substitute(v Value, path []string) (Value, *placeholderError) {
	switch v.kind {
	case Array:
		items := slices.Clone(v.items)
		for i, item := range items {
			replaced, err := j.substitute(item, append(path, fmt.Sprint(i)))
			if err != nil {
				return Value{}, err
			}
			items[i] = replaced
		}
		v.items = items
	case Map:
		key, value, other := placeholderOf(v)
		if key != "" {
			return j.resolve(key, value, v.pos, path)
		}
		if other {
			return v, nil
		}
		obj := &Object{}
		for _, m := range v.obj.members {
			replaced, err := j.substitute(m.value, append(path, m.key))
			if err != nil {
				return Value{}, err
			}
			obj.set(m.key, m.keyAt, replaced)
		}
		v.obj = obj
	}
	return v, nil
}

// resolve returns what a placeholder stands for. Offline that is a marker for
// $text and an empty object for $json and $yaml.
func (j *judge) resolve(key string, value Value, at Position, path []string) (Value, *placeholderError) {
	if j.opts.Read == nil {
		if key == "text" {
			return stringValue("<$text:" + value.Display() + ">").at(at), nil
		}
		return objectValue(&Object{}).at(at), nil
	}
	fail := func(message, remedy string) (Value, *placeholderError) {
		return Value{}, &placeholderError{slices.Clone(path), &Error{Name: "Error", Message: message}, remedy}
	}
	target, ok := value.Text()
	if !ok {
		return fail("Placeholder $"+key+" expected a string value parameter, in the form of an absolute URL or a relative path",
			"write $"+key+": ./path/to/file")
	}
	address, err := ResolveURL(j.location, target)
	if err != nil {
		return fail(fmt.Sprintf("Placeholder $%s could not form a URL out of %s and %s", key, j.location, target),
			"write a path relative to this file, or a whole address")
	}
	if !sameRepository(strings.TrimPrefix(j.location, "url:"), address) {
		return fail("Placeholder may only reference files from the same repository as the entity",
			"keep the file in this repository")
	}
	data, err := j.opts.Read(address)
	if err != nil {
		return fail(fmt.Sprintf("Placeholder $%s could not read location %s, %s", key, address, err),
			"check that the file exists on this branch")
	}
	switch key {
	case "text":
		return stringValue(decodeUTF8(data)).at(at), nil
	case "json":
		v, err := ParseJSON(data)
		if err != nil {
			return fail(fmt.Sprintf("Placeholder $json failed to parse JSON data at %s, %s", address, err), "mend the JSON there")
		}
		return v.at(at), nil
	}
	v, err := readOneYAML(data)
	if err != nil {
		return fail(fmt.Sprintf("Placeholder $yaml failed to parse YAML data at %s, %s", address, err), "mend the YAML there")
	}
	return v.at(at), nil
}

// readOneYAML reads a text that has to hold exactly one YAML document.
func readOneYAML(data []byte) (Value, error) {
	segments := slices.Collect(documents(strings.TrimPrefix(decodeUTF8(data), "\ufeff")))
	if len(segments) != 1 {
		return Value{}, fmt.Errorf("expected to find exactly one YAML document, found %d", len(segments))
	}
	v, yerr := readYAML(segments[0])
	if yerr != nil {
		return Value{}, fmt.Errorf("line %d: %w", yerr.Line, yerr)
	}
	return unplaced(v), nil
}

// unplaced drops the positions, which belong to another file.
func unplaced(v Value) Value {
	v.pos = Position{}
	if v.items != nil {
		v.items = slices.Clone(v.items)
		for i := range v.items {
			v.items[i] = unplaced(v.items[i])
		}
	}
	if v.obj != nil {
		obj := &Object{}
		for key, value := range v.obj.All() {
			obj.set(key, Position{}, unplaced(value))
		}
		v.obj = obj
	}
	return v
}
