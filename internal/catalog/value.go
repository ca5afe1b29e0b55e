package catalog

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Type is the JSON type of a [Value].
type Type uint8

// The six types of JSON.
const (
	Null Type = iota
	Bool
	Number
	String
	Array
	Map
)

// String returns JavaScript's typeof answer, which Backstage's messages quote.
func (t Type) String() string {
	switch t {
	case Bool:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	default:
		return "object"
	}
}

// Position is a place in a file, counted from 1, the column in characters. The
// zero Position is unknown, as for values that Cairn added.
type Position struct {
	Line   int
	Column int
}

// Value is one JSON value as Backstage would hold it, with the place it was
// written at. Numbers are doubles and objects keep their key order, as in
// JavaScript. The zero Value is null. A Value is not changed once it was made.
type Value struct {
	kind  Type
	flag  bool
	num   float64
	str   string
	items []Value
	obj   *Object
	pos   Position
}

// Type returns the value's JSON type.
func (v Value) Type() Type { return v.kind }

// Position returns where the value was written.
func (v Value) Position() Position { return v.pos }

// Text returns the value when it is a string.
func (v Value) Text() (string, bool) { return v.str, v.kind == String }

// Number returns the value when it is a number.
func (v Value) Number() (float64, bool) { return v.num, v.kind == Number }

// Bool returns the value when it is a boolean.
func (v Value) Bool() (value, ok bool) { return v.flag, v.kind == Bool }

// Items returns the elements of an array, nil for anything else. The slice must
// not be changed.
func (v Value) Items() []Value { return v.items }

// Object returns the members of an object, nil for anything else; a nil *Object
// can be read like an empty one.
func (v Value) Object() *Object { return v.obj }

// Get follows a path of object keys and array indexes.
func (v Value) Get(path ...string) (Value, bool) {
	for _, key := range path {
		switch v.kind {
		case Map:
			next, ok := v.obj.Get(key)
			if !ok {
				return Value{}, false
			}
			v = next
		case Array:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v.items) {
				return Value{}, false
			}
			v = v.items[i]
		default:
			return Value{}, false
		}
	}
	return v, true
}

// Display returns the value as JavaScript's String(value) spells it, which is
// how it appears in Backstage's messages.
func (v Value) Display() string {
	switch v.kind {
	case Null:
		return "null"
	case Bool:
		return strconv.FormatBool(v.flag)
	case Number:
		return formatNumber(v.num)
	case String:
		return v.str
	case Array:
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			if item.kind != Null {
				parts[i] = item.Display()
			}
		}
		return strings.Join(parts, ",")
	default:
		return "[object Object]"
	}
}

// truthy is JavaScript's notion of a value that counts as given.
func (v Value) truthy() bool {
	switch v.kind {
	case Null:
		return false
	case Bool:
		return v.flag
	case Number:
		return v.num != 0 && !math.IsNaN(v.num)
	case String:
		return v.str != ""
	default:
		return true
	}
}

func stringValue(s string) Value { return Value{kind: String, str: s} }

func numberValue(f float64) Value { return Value{kind: Number, num: f} }

func boolValue(b bool) Value { return Value{kind: Bool, flag: b} }

func arrayValue(items []Value) Value { return Value{kind: Array, items: items} }

func objectValue(o *Object) Value { return Value{kind: Map, obj: o} }

func (v Value) at(p Position) Value {
	v.pos = p
	return v
}

// member is one key of an Object.
type member struct {
	key   string
	keyAt Position
	value Value
}

// Object is a JSON object. Its keys are in JavaScript's order: those that are
// array indexes first, by number, then the others as they were written.
type Object struct {
	members []member
	index   map[string]int // only for objects of more than smallObject members
	indexes int            // how many leading keys are array indexes
}

const smallObject = 12

// Len returns the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Get returns the value of key.
func (o *Object) Get(key string) (Value, bool) {
	if i := o.find(key); i >= 0 {
		return o.members[i].value, true
	}
	return Value{}, false
}

// KeyPosition returns where key was written; the zero Position when it was not.
func (o *Object) KeyPosition(key string) Position {
	if i := o.find(key); i >= 0 {
		return o.members[i].keyAt
	}
	return Position{}
}

// All yields the members in order.
func (o *Object) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if o == nil {
			return
		}
		for _, m := range o.members {
			if !yield(m.key, m.value) {
				return
			}
		}
	}
}

func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.key == key })
}

// set adds a member or replaces its value; a replaced member keeps its place.
func (o *Object) set(key string, keyAt Position, value Value) {
	if i := o.find(key); i >= 0 {
		o.members[i].value = value
		return
	}
	m := member{key: key, keyAt: keyAt, value: value}
	n, ok := arrayIndex(key)
	if !ok {
		o.members = append(o.members, m)
		switch {
		case o.index != nil:
			o.index[key] = len(o.members) - 1
		case len(o.members) > smallObject:
			o.reindex()
		}
		return
	}
	at, _ := slices.BinarySearchFunc(o.members[:o.indexes], n, func(m member, n uint64) int {
		other, _ := arrayIndex(m.key)
		switch {
		case other < n:
			return -1
		case other > n:
			return 1
		}
		return 0
	})
	o.members = slices.Insert(o.members, at, m)
	o.indexes++
	if at == len(o.members)-1 && o.index != nil {
		o.index[key] = at
		return
	}
	if len(o.members) > smallObject {
		o.reindex()
	}
}

func (o *Object) reindex() {
	o.index = make(map[string]int, len(o.members))
	for i, m := range o.members {
		o.index[m.key] = i
	}
}

// with returns a copy in which key has value.
func (o *Object) with(key string, value Value) *Object {
	c := &Object{members: slices.Clone(o.members), indexes: o.indexes}
	if len(c.members) > smallObject {
		c.reindex()
	}
	c.set(key, value.pos, value)
	return c
}

// merge returns an object with the members of base, then those of over, which
// wins; objects on both sides are merged in turn. That is where lodash's merge
// leaves the keys that Backstage adds: in front.
func merge(base, over *Object) *Object {
	out := &Object{}
	for _, m := range base.members {
		out.set(m.key, m.keyAt, m.value)
	}
	for _, m := range over.members {
		value := m.value
		if old, ok := out.Get(m.key); ok && old.kind == Map && value.kind == Map {
			value = objectValue(merge(old.obj, value.obj)).at(value.pos)
		}
		if i := out.find(m.key); i >= 0 {
			out.members[i].keyAt = m.keyAt
		}
		out.set(m.key, m.keyAt, value)
	}
	return out
}

// arrayIndex reports whether JavaScript orders key as a number: 0 to 2^32-2 in
// its shortest decimal form.
func arrayIndex(key string) (uint64, bool) {
	if key == "" || len(key) > 10 || (key[0] == '0' && key != "0") {
		return 0, false
	}
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(key, 10, 64)
	return n, err == nil && n < math.MaxUint32
}
