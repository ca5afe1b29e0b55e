package nunjucks

import (
	"slices"
	"strconv"
)

// Object is an object with JavaScript's key order: integer-like keys first,
// ascending, then the others as they were first set. The zero value is empty.
type Object struct {
	keys    []string
	values  []Value
	index   map[string]int // built when the object outgrows a linear search
	integer bool           // some key is integer-like, so keys may need sorting
}

const linearObject = 8

// NewObject returns an empty object.
func NewObject() *Object { return &Object{} }

// Len is the number of keys.
func (o *Object) Len() int { return len(o.keys) }

func (o *Object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range o.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Get returns the value of key, Undefined when there is none.
func (o *Object) Get(key string) Value {
	if i := o.find(key); i >= 0 {
		return o.values[i]
	}
	return Undefined{}
}

// Has reports whether key is there.
func (o *Object) Has(key string) bool { return o.find(key) >= 0 }

// Set stores value under key; an existing key keeps its place.
func (o *Object) Set(key string, value Value) {
	if i := o.find(key); i >= 0 {
		o.values[i] = value
		return
	}
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
	if _, ok := arrayIndex(key); ok {
		o.integer = true
	}
	switch {
	case o.index != nil:
		o.index[key] = len(o.keys) - 1
	case len(o.keys) > linearObject:
		o.reindex()
	}
}

// Delete removes key, if it is there.
func (o *Object) Delete(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	o.keys = slices.Delete(o.keys, i, i+1)
	o.values = slices.Delete(o.values, i, i+1)
	if o.index != nil {
		o.reindex()
	}
}

func (o *Object) reindex() {
	o.index = make(map[string]int, 2*len(o.keys))
	for i, k := range o.keys {
		o.index[k] = i
	}
}

// Keys returns the keys in JavaScript's order. The slice is the caller's.
func (o *Object) Keys() []string {
	keys := slices.Clone(o.keys)
	if o.integer {
		slices.SortStableFunc(keys, func(a, b string) int {
			x, xInt := arrayIndex(a)
			y, yInt := arrayIndex(b)
			switch {
			case xInt && yInt:
				return x - y
			case xInt:
				return -1
			case yInt:
				return 1
			}
			return 0
		})
	}
	return keys
}

// arrayIndex returns the number that key spells canonically, if it is an index
// that JavaScript sorts first.
func arrayIndex(key string) (int, bool) {
	if key == "" || len(key) > 10 || key[0] < '0' || key[0] > '9' || (key[0] == '0' && len(key) > 1) {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil || n == 1<<32-1 {
		return 0, false
	}
	return int(n), true
}
