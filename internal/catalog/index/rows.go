package index

import "iter"

// Backstage leaves out keys over 200 characters and takes longer values for null.
const maxText = 200

// row is one thing an entity can be found by.
type row struct {
	key   []byte // lower-cased; valid until the next row
	value string // as written
	null  bool
	item  bool // an element of an array: key.value is true as well
}

// rowsOf yields the rows of an entity's own text; see buildEntitySearch in
// @backstage/plugin-catalog-backend. Rows may repeat.
func rowsOf(doc *document) iter.Seq[row] {
	return func(yield func(row) bool) {
		w := walker{yield: yield, more: true}
		for key, value := range members(doc.raw) {
			switch unquote(key) {
			case "attachments", "relations", "status":
			case "metadata":
				for key, value := range members(value) {
					switch unquote(key) {
					case "name", "namespace", "uid", "etag":
					default:
						w.walk("metadata."+unquote(key), value)
					}
				}
			default:
				w.walk(unquote(key), value)
			}
		}
		namespace := doc.namespace
		if namespace == "" {
			namespace = "default"
		}
		w.emit("metadata.name", doc.name, false)
		w.emit("metadata.namespace", namespace, false)
	}
}

// walker follows paths into a value.
type walker struct {
	path  []byte // lower-cased
	yield func(row) bool
	more  bool
}

func (w *walker) walk(path, raw string) {
	w.path = appendLower(w.path[:0], path)
	w.visit(raw, false)
}

func (w *walker) emit(key, value string, null bool) {
	w.path = append(w.path[:0], key...)
	w.send(value, null, false)
}

func (w *walker) visit(raw string, item bool) {
	if raw == "" || !w.more {
		return
	}
	switch raw[0] {
	case '{':
		length := len(w.path)
		for key, value := range members(raw) {
			if length > 0 {
				w.path = append(w.path, '.')
			}
			w.path = appendLower(w.path, unquote(key))
			w.visit(value, false)
			w.path = w.path[:length]
		}
	case '[':
		for value := range elements(raw) {
			w.visit(value, true)
		}
	case '"':
		w.send(unquote(raw), false, item)
	case 'n':
		w.send("", true, false)
	default:
		w.send(raw, false, false)
	}
}

func (w *walker) send(value string, null, item bool) {
	if !w.more || longer(string(w.path), maxText) {
		return
	}
	if !null && longer(value, maxText) {
		value, null = "", true
	}
	w.more = w.yield(row{key: w.path, value: value, null: null, item: item})
}
