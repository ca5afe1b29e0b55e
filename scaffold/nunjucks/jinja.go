package nunjucks

import "slices"

// jinjaMethod is a method that jinjaCompat gives lists and objects, nil when there
// is none. Such a method hides an object's member of the same name.
func (m *machine) jinjaMethod(target, key Value) Value {
	name, ok := key.(string)
	if !ok {
		return nil
	}
	switch t := target.(type) {
	case *Array:
		if body := jinjaListMethods(name); body != nil {
			return method(t, name, body)
		}
	case *Object:
		if body := jinjaDictMethods(name); body != nil {
			return method(t, name, body)
		}
	default:
		if !Truthy(t) {
			if body := jinjaDictMethods(name); body != nil {
				return method(NewObject(), name, body)
			}
		}
	}
	return nil
}

func jinjaListMethods(name string) builtin {
	switch name {
	case "append":
		return arrayMethods("push")
	case "pop":
		return jinjaListPop
	case "remove":
		return func(m *machine, a []Value) Value {
			list := a[0].(*Array)
			i := indexOf(list.Items, arg(a, 1), 0)
			if i < 0 {
				m.fail("remove: the value is not in the list")
			}
			return list.splice(i, 1)
		}
	case "count":
		return func(_ *machine, a []Value) Value {
			n := 0.0
			for _, item := range a[0].(*Array).Items {
				if strictEqual(item, arg(a, 1)) {
					n++
				}
			}
			return n
		}
	case "index":
		return func(m *machine, a []Value) Value {
			i := indexOf(a[0].(*Array).Items, arg(a, 1), 0)
			if i < 0 {
				m.fail("index: the value is not in the list")
			}
			return float64(i)
		}
	case "find":
		return func(_ *machine, a []Value) Value {
			return float64(indexOf(a[0].(*Array).Items, arg(a, 1), 0))
		}
	case "insert":
		return func(m *machine, a []Value) Value {
			list := a[0].(*Array)
			m.grow(2 * valueSize)
			m.step(len(list.Items) / 16)
			i := m.relativeIndex(m.toNumber(arg(a, 1)), len(list.Items), 0)
			list.Items = slices.Insert(list.Items, i, arg(a, 2))
			return NewArray()
		}
	}
	return nil
}

// jinjaListPop removes the last element, or the one at an index as a list of one.
func jinjaListPop(m *machine, a []Value) Value {
	list := a[0].(*Array)
	at := arg(a, 1)
	if isUndefined(at) {
		return list.pop()
	}
	n := float64(len(list.Items))
	if m.relation(opGreaterEqual, at, n) || m.relation(opLess, at, 0.0) {
		m.fail("pop: there is no element at this index")
	}
	m.step(len(list.Items) / 64)
	return list.splice(toIndex(m.toNumber(at)), 1)
}

// splice removes n elements at i and returns them.
func (a *Array) splice(i, n int) *Array {
	removed := slices.Clone(a.Items[i : i+n])
	a.Items = slices.Delete(a.Items, i, i+n)
	return &Array{Items: removed}
}

func jinjaDictMethods(name string) builtin {
	switch name {
	case "items", "iteritems":
		return func(m *machine, a []Value) Value {
			o := a[0].(*Object)
			return m.perKey(o, func(k string) Value { return NewArray(k, o.Get(k)) })
		}
	case "values", "itervalues":
		return func(m *machine, a []Value) Value { return m.perKey(a[0].(*Object), a[0].(*Object).Get) }
	case "keys", "iterkeys":
		return func(m *machine, a []Value) Value {
			return m.perKey(a[0].(*Object), func(k string) Value { return k })
		}
	case "get":
		return func(m *machine, a []Value) Value {
			if v := a[0].(*Object).Get(m.text(arg(a, 1))); !isUndefined(v) {
				return v
			}
			return arg(a, 2)
		}
	case "has_key":
		return func(m *machine, a []Value) Value { return a[0].(*Object).Has(m.text(arg(a, 1))) }
	case "pop":
		return jinjaDictPop
	case "popitem":
		return func(m *machine, a []Value) Value {
			o := a[0].(*Object)
			if o.Len() == 0 {
				m.fail("popitem: the object is empty")
			}
			m.step(o.Len())
			key := o.Keys()[0]
			pair := NewArray(key, o.Get(key))
			o.Delete(key)
			return pair
		}
	case "setdefault":
		return func(m *machine, a []Value) Value {
			o, key := a[0].(*Object), m.text(arg(a, 1))
			if !o.Has(key) {
				v := arg(a, 2)
				if isUndefined(v) {
					v = nil
				}
				m.grow(entrySize + len(key))
				o.Set(key, v)
			}
			return o.Get(key)
		}
	case "update":
		return func(m *machine, a []Value) Value {
			if from, ok := arg(a, 1).(*Object); ok {
				m.growTimes(from.Len(), entrySize)
				for _, key := range from.Keys() {
					a[0].(*Object).Set(key, from.Get(key))
				}
			}
			return nil
		}
	}
	return nil
}

func (m *machine) perKey(o *Object, value func(key string) Value) *Array {
	m.growTimes(o.Len()+1, 4*valueSize)
	m.step(o.Len() / 8)
	out := NewArray()
	for _, key := range o.Keys() {
		out.Items = append(out.Items, value(key))
	}
	return out
}

func jinjaDictPop(m *machine, a []Value) Value {
	o, key, def := a[0].(*Object), m.text(arg(a, 1)), arg(a, 2)
	v := o.Get(key)
	switch {
	case isUndefined(v) && isUndefined(def):
		m.failf("pop: there is no key %q", key)
	case isUndefined(v):
		return def
	}
	m.step(o.Len() / 4)
	o.Delete(key)
	return v
}
