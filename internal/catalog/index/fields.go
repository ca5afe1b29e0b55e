package index

import (
	"slices"
	"strconv"
	"strings"
)

// MaxFields bounds how many parts of an entity can be asked for at once.
const MaxFields = 500

// Fields is a choice of parts of an entity, as the fields parameter makes it.
type Fields struct{ paths []string }

// ParseFields reads paths such as metadata.annotations.github.com/project-slug;
// each text may hold several, separated by commas. nil stands for everything.
func ParseFields(texts []string) (*Fields, error) {
	var f Fields
	for _, text := range texts {
		for path := range strings.SplitSeq(text, ",") {
			if err := f.add(path); err != nil {
				return nil, err
			}
		}
	}
	return f.orNil()
}

// ListFields is ParseFields for paths that may hold commas.
func ListFields(paths []string) (*Fields, error) {
	var f Fields
	for _, path := range paths {
		if err := f.add(path); err != nil {
			return nil, err
		}
	}
	return f.orNil()
}

func (f *Fields) add(path string) error {
	path = trimSpace(path)
	if path == "" || slices.Contains(f.paths, path) {
		return nil
	}
	if len(f.paths) == MaxFields {
		return inputErrorf("over %d fields are asked for", MaxFields)
	}
	f.paths = append(f.paths, path)
	return nil
}

func (f *Fields) orNil() (*Fields, error) {
	for _, path := range f.paths {
		if strings.Contains(path, "[") {
			return nil, inputErrorf(`Invalid field "%s", array type fields are not supported`, path)
		}
	}
	if len(f.paths) == 0 {
		return nil, nil
	}
	return f, nil
}

// pick returns the chosen parts of an entity.
func (f *Fields) pick(raw string) []byte {
	root := &part{}
	for _, path := range f.paths {
		if steps, value := resolve(raw, path); value != "" {
			root.set(steps, value)
		}
	}
	return root.append(nil)
}

// resolve follows a dotted path; a key may hold dots itself, the shortest that
// exists is taken. It returns the keys it took, and "" when there is no value.
func resolve(raw, path string) (steps []string, value string) {
	key, pending := "", false
	for rest, more := path, true; more; {
		var step string
		step, rest, more = strings.Cut(rest, ".")
		if pending {
			step = key + "." + step
		}
		next, ok := child(raw, step)
		switch {
		case ok:
			raw, pending = next, false
			steps = append(steps, step)
		case more:
			key, pending = step, true
		default:
			return nil, ""
		}
	}
	return steps, raw
}

func child(raw, key string) (string, bool) {
	if raw == "" || raw[0] != '[' {
		return member(raw, key)
	}
	wanted, ok := arrayIndex(key)
	if !ok {
		return "", false
	}
	i := 0
	for value := range elements(raw) {
		if i == wanted {
			return value, true
		}
		i++
	}
	return "", false
}

// maxIndex bounds the arrays that are made for keys that look like indexes.
const maxIndex = 1000

// arrayIndex reads a key that JavaScript takes for an array's index.
func arrayIndex(key string) (int, bool) {
	if key == "" || len(key) > 4 || key[0] == '0' && key != "0" {
		return 0, false
	}
	i, err := strconv.Atoi(key)
	return i, err == nil && key[0] != '+' && key[0] != '-' && i <= maxIndex
}

// part is a piece of the answer: JSON as it was, or members put together.
type part struct {
	raw   string
	array bool // keys are indexes
	keys  []string
	parts map[string]*part
}

func (p *part) set(steps []string, value string) {
	for i, step := range steps {
		if p.raw != "" {
			return // all of it is there already
		}
		next := p.parts[step]
		if next == nil {
			next = &part{}
			if i+1 < len(steps) {
				_, next.array = arrayIndex(steps[i+1])
			}
			if p.parts == nil {
				p.parts = map[string]*part{}
			}
			p.parts[step] = next
			p.keys = append(p.keys, step)
		}
		p = next
	}
	p.raw = value
}

func (p *part) append(b []byte) []byte {
	if p.raw != "" {
		return append(b, p.raw...)
	}
	if p.array {
		return p.appendArray(b)
	}
	b = append(b, '{')
	for i, key := range p.keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, key), ':')
		b = p.parts[key].append(b)
	}
	return append(b, '}')
}

func (p *part) appendArray(b []byte) []byte {
	last := -1
	for _, key := range p.keys {
		if i, ok := arrayIndex(key); ok {
			last = max(last, i)
		}
	}
	b = append(b, '[')
	for i := range last + 1 {
		if i > 0 {
			b = append(b, ',')
		}
		if item := p.parts[strconv.Itoa(i)]; item != nil {
			b = item.append(b)
		} else {
			b = append(b, "null"...)
		}
	}
	return append(b, ']')
}
