package nunjucks

import "strings"

// pick is lodash's get: the value at a path such as a.b[0]["c"], or def when it is
// undefined.
func (m *machine) pick(object, path, def Value) Value {
	keys := m.pickPath(object, path)
	if len(keys) == 0 {
		return def
	}
	v := object
	for _, key := range keys {
		if isNullish(v) {
			return def
		}
		v = pickMember(v, key)
	}
	if isUndefined(v) {
		return def
	}
	return v
}

// pickMember is an own member, or the length of a string or list.
func pickMember(v Value, key string) Value {
	switch v := v.(type) {
	case *Object:
		return v.Get(key)
	case *Array:
		if key == "length" {
			return float64(len(v.Items))
		}
		if i, ok := arrayIndex(key); ok && i < len(v.Items) {
			return v.Items[i]
		}
	case string:
		if key == "length" {
			return float64(length16(v))
		}
		if i, ok := arrayIndex(key); ok && i < length16(v) {
			return slice16(v, i, i+1)
		}
	}
	return Undefined{}
}

// pickPath turns a path into keys. A list holds the keys itself, and a text that
// is a key of the object is that key.
func (m *machine) pickPath(object, path Value) []string {
	switch p := path.(type) {
	case *Array:
		keys := make([]string, len(p.Items))
		for i, item := range p.Items {
			keys[i] = m.text(item)
		}
		return keys
	case string:
		if o, ok := object.(*Object); ok && o.Has(p) {
			return []string{p}
		}
		return splitPath(p)
	}
	return []string{m.text(path)}
}

// splitPath reads a.b[0]["c"]. Empty steps are empty keys.
func splitPath(p string) []string {
	var keys []string
	if strings.HasPrefix(p, ".") {
		keys = append(keys, "")
	}
	for p != "" {
		switch p[0] {
		case '[':
			key, rest, ok := bracketKey(p)
			if ok {
				keys = append(keys, key)
				p = rest
				continue
			}
			p = p[1:]
		case '.':
			p = p[1:]
			if p == "" || p[0] == '.' || p[0] == '[' {
				keys = append(keys, "")
			}
		case ']':
			p = p[1:]
		default:
			n := strings.IndexAny(p, ".[]")
			if n < 0 {
				n = len(p)
			}
			keys = append(keys, p[:n])
			p = p[n:]
		}
	}
	return keys
}

// bracketKey reads [key], ["key"] or ['key'].
func bracketKey(p string) (key, rest string, ok bool) {
	if len(p) > 2 && (p[1] == '"' || p[1] == '\'') {
		quote := p[1]
		var b strings.Builder
		for i := 2; i < len(p); i++ {
			switch {
			case p[i] == '\\' && i+1 < len(p):
				i++
				b.WriteByte(p[i])
			case p[i] == quote:
				if i+1 < len(p) && p[i+1] == ']' {
					return b.String(), p[i+2:], true
				}
				return "", "", false
			default:
				b.WriteByte(p[i])
			}
		}
		return "", "", false
	}
	end := strings.IndexByte(p, ']')
	if end < 0 || strings.ContainsAny(p[1:end], "[\"'") {
		return "", "", false
	}
	return p[1:end], p[end+1:], true
}
