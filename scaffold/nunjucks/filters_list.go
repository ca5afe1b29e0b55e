package nunjucks

import (
	"math"
	"slices"
	"strings"
)

// elements is the elements of what a filter maps over: an array, or anything with
// a length and numeric members.
func (m *machine) elements(v Value) []Value {
	if a, ok := v.(*Array); ok {
		return a.Items
	}
	if isNullish(v) {
		return nil
	}
	length := m.toNumber(m.lengthOf(v))
	if !(length > 0) {
		return nil
	}
	if length > float64(m.left.steps) {
		m.step(m.left.steps + 1)
	}
	m.growTimes(int(length), valueSize)
	m.step(int(length))
	if s, ok := v.(string); ok {
		return stringArray(chars16(s)).Items
	}
	items := make([]Value, int(math.Ceil(length)))
	for i := range items {
		items[i] = m.at(v, i)
	}
	return items
}

// array is the array that a filter needs, by its array methods.
func (m *machine) array(v Value, filter string) *Array {
	a, ok := v.(*Array)
	if !ok {
		m.failf("the filter %s takes a list, not %s", filter, typeName(v))
	}
	return a
}

// attribute is item[name] of each item, as filters with an attribute read it.
func (m *machine) attribute(item, name Value, filter string) Value {
	return m.member(m.defined(item, filter), name)
}

func filterFirst(m *machine, a []Value) Value { return m.member(m.defined(a[0], "first"), 0.0) }

func filterLast(m *machine, a []Value) Value {
	length := m.lengthOf(m.defined(a[0], "last"))
	return m.member(a[0], m.toNumber(length)-1)
}

func filterRandom(m *machine, a []Value) Value {
	length := m.toNumber(m.lengthOf(m.defined(a[0], "random")))
	if !(length >= 1) {
		return Undefined{}
	}
	return m.member(a[0], float64(m.engine.opts.Random(toIndex(length))))
}

func filterLength(m *machine, a []Value) Value {
	switch v := normal(a[0]).(type) {
	case *Object:
		return float64(v.Len())
	default:
		return m.lengthOf(v)
	}
}

func filterList(m *machine, a []Value) Value {
	switch v := a[0].(type) {
	case string:
		return stringArray(m.splitText(v, ""))
	case *Array:
		return v
	case *Object:
		return m.entries(v.Keys(), v.Get)
	case *Safe:
		return m.entries([]string{"val", "length"}, func(k string) Value { return m.member(v, k) })
	}
	m.failf("the filter list takes a string, a list or an object, not %s", typeName(a[0]))
	return nil
}

// entries is a list of {key, value}.
func (m *machine) entries(keys []string, get func(string) Value) *Array {
	m.growTimes(len(keys), 2*entrySize)
	out := NewArray()
	for _, key := range keys {
		o := NewObject()
		o.Set("key", key)
		o.Set("value", get(key))
		out.Items = append(out.Items, o)
	}
	return out
}

func filterJoin(m *machine, a []Value) Value {
	list := a[0]
	if attr := arg(a, 2); Truthy(attr) {
		var items []Value
		for _, item := range m.elements(list) {
			items = append(items, m.attribute(item, attr, "join"))
		}
		list = m.newArray(items)
	}
	return m.joinArray(m.array(list, "join"), m.text(orDefault(arg(a, 1), "")))
}

func filterReverse(m *machine, a []Value) Value {
	if s, ok := a[0].(string); ok {
		chars := m.splitText(s, "")
		slices.Reverse(chars)
		return m.joinArray(stringArray(chars), "")
	}
	out := m.newArray(m.elements(a[0]))
	slices.Reverse(out.Items)
	return out
}

func filterBatch(m *machine, a []Value) Value {
	items := m.elements(m.defined(a[0], "batch"))
	size := m.toNumber(arg(a, 1))
	out, row := NewArray(), NewArray()
	for i, item := range items {
		m.step(1)
		m.grow(2 * valueSize)
		if math.Mod(float64(i), size) == 0 && len(row.Items) > 0 {
			out.Items = append(out.Items, row)
			row = NewArray()
		}
		row.Items = append(row.Items, item)
	}
	if len(row.Items) == 0 {
		return out
	}
	if fill := arg(a, 2); Truthy(fill) {
		for i := len(row.Items); float64(i) < size; i++ {
			m.step(1)
			m.grow(2 * valueSize)
			row.Items = append(row.Items, fill)
		}
	}
	out.Items = append(out.Items, row)
	return out
}

// filterSlice cuts a list into as many columns as asked for.
func filterSlice(m *machine, a []Value) Value {
	m.defined(a[0], "slice")
	columns := m.toNumber(arg(a, 1))
	length := m.toNumber(m.lengthOf(a[0]))
	perColumn := math.Floor(length / columns)
	extra := math.Mod(length, columns)
	out := NewArray()
	offset := 0.0
	for i := 0.0; i < columns; i++ {
		m.step(1)
		m.grow(4 * valueSize)
		start := offset + i*perColumn
		if i < extra {
			offset++
		}
		column := m.cut(a[0], start, offset+(i+1)*perColumn)
		if fill := arg(a, 2); Truthy(fill) && i >= extra {
			list := m.array(column, "slice")
			list.Items = append(list.Items, fill)
		}
		out.Items = append(out.Items, column)
	}
	return out
}

// cut is v.slice(from, to) of a list or a string.
func (m *machine) cut(v Value, from, to float64) Value {
	switch v := v.(type) {
	case *Array:
		return arrayMethods("slice")(m, []Value{v, from, to})
	case string, *Safe:
		return stringMethods("slice")(m, []Value{m.text(v), from, to})
	}
	m.failf("the filter slice takes a list, not %s", typeName(v))
	return nil
}

func filterSum(m *machine, a []Value) Value {
	list := a[0]
	attr := arg(a, 1)
	var items []Value
	if Truthy(attr) {
		for _, item := range m.elements(list) {
			items = append(items, m.attribute(item, attr, "sum"))
		}
	} else {
		items = m.array(list, "sum").Items
	}
	total := Value(0.0)
	for _, item := range items {
		m.step(1)
		total = m.add(total, item)
	}
	start := arg(a, 2)
	if isUndefined(start) {
		start = 0.0
	}
	return m.add(start, total)
}

func filterSelect(want bool) builtin {
	return func(m *machine, a []Value) Value {
		name := arg(a, 1)
		if isUndefined(name) {
			name = "truthy"
		}
		test := m.test(m.text(name), m.pos)
		out := NewArray()
		for _, item := range m.elements(m.defined(a[0], "select")) {
			m.step(1)
			m.grow(valueSize)
			if got, ok := test(m, []Value{item, arg(a, 2)}).(bool); ok && got == want {
				out.Items = append(out.Items, item)
			}
		}
		return out
	}
}

func filterSelectAttr(want bool) builtin {
	return func(m *machine, a []Value) Value {
		out := NewArray()
		for _, item := range m.array(a[0], "selectattr").Items {
			m.step(1)
			m.grow(valueSize)
			if Truthy(m.attribute(item, arg(a, 1), "selectattr")) == want {
				out.Items = append(out.Items, item)
			}
		}
		return out
	}
}

// path reads item.a.b of its own members only; a path of one key may hold dots
// when it is no string.
func (m *machine) path(item, attr Value, filter string) Value {
	if !Truthy(attr) {
		return item
	}
	parts := []string{""}
	if s, ok := attr.(string); ok {
		parts = strings.Split(s, ".")
	} else {
		parts[0] = m.text(attr)
	}
	for _, part := range parts {
		m.defined(item, filter)
		switch v := item.(type) {
		case *Object:
			if !v.Has(part) {
				return Undefined{}
			}
		case *Array, string, *Safe:
			if _, index := arrayIndex(part); !index && part != "length" && part != "val" {
				return Undefined{}
			}
		default:
			return Undefined{}
		}
		item = m.member(item, part)
	}
	return item
}

func filterGroupBy(m *machine, a []Value) Value {
	out := NewObject()
	attr := arg(a, 1)
	for _, item := range m.elements(m.defined(a[0], "groupby")) {
		m.step(1)
		m.grow(entrySize)
		key := m.path(item, attr, "groupby")
		if isUndefined(key) && m.engine.opts.ThrowOnUndefined {
			m.failf("groupby: attribute %q is undefined", m.text(attr))
		}
		name := m.text(key)
		group, ok := out.Get(name).(*Array)
		if !ok {
			group = NewArray()
			out.Set(name, group)
		}
		group.Items = append(group.Items, item)
	}
	return out
}

// filterSort takes (list, reverse, case_sensitive, attribute).
func filterSort(m *machine, a []Value) Value {
	out := m.newArray(m.elements(a[0]))
	reverse, exactCase, attr := Truthy(arg(a, 1)), Truthy(arg(a, 2)), arg(a, 3)
	type keyed struct{ item, key Value }
	m.countSort(len(out.Items))
	sorted := make([]keyed, len(out.Items))
	for i, item := range out.Items {
		key := item
		if Truthy(attr) && len(out.Items) > 1 && !isUndefined(item) {
			key = m.path(item, attr, "sort")
			if isUndefined(key) && m.engine.opts.ThrowOnUndefined {
				m.failf("sort: attribute %q is undefined", m.text(attr))
			}
		}
		sorted[i] = keyed{item, key}
	}
	compare := func(x, y keyed) int {
		// JavaScript's sort puts undefined last without asking.
		if isUndefined(x.item) || isUndefined(y.item) {
			return undefinedLast(x.item, y.item)
		}
		a, b := x.key, y.key
		if !exactCase && isJSString(a) && isJSString(b) {
			a, b = m.lower(a.(string)), m.lower(b.(string))
		}
		m.step(1)
		c, _ := m.order(a, b)
		if reverse {
			return -c
		}
		return c
	}
	mergeSort(sorted, compare)
	for i, k := range sorted {
		out.Items[i] = k.item
	}
	return out
}

func undefinedLast(x, y Value) int {
	switch {
	case isUndefined(x) && isUndefined(y):
		return 0
	case isUndefined(x):
		return 1
	}
	return -1
}

// filterDictSort takes (object, case_sensitive, by).
func filterDictSort(m *machine, a []Value) Value {
	o, ok := a[0].(*Object)
	if !ok {
		m.failf("the filter dictsort takes an object, not %s", typeName(a[0]))
	}
	by := 0
	switch arg(a, 2) {
	case Undefined{}, "key":
	case "value":
		by = 1
	default:
		m.fail("dictsort sorts by \"key\" or \"value\"")
	}
	m.countSort(o.Len())
	m.growTimes(o.Len(), 2*entrySize)
	var pairs []*Array
	for _, key := range o.Keys() {
		pairs = append(pairs, NewArray(key, o.Get(key)))
	}
	mergeSort(pairs, func(p, q *Array) int {
		x, y := p.Items[by], q.Items[by]
		if !Truthy(arg(a, 1)) {
			x, y = m.upperIfText(x), m.upperIfText(y)
		}
		m.step(1)
		switch c, ordered := m.order(x, y); {
		case ordered && c > 0:
			return 1
		case strictEqual(x, y):
			return 0
		}
		return -1
	})
	out := NewArray()
	for _, p := range pairs {
		out.Items = append(out.Items, p)
	}
	return out
}

func (m *machine) upperIfText(v Value) Value {
	if s, ok := v.(string); ok {
		return m.upper(s)
	}
	return v
}

// mergeSort sorts as V8 does: binary insertion in short lists, which decides the
// result when the comparison is no order (numbers among texts, say).
func mergeSort[T any](items []T, compare func(a, b T) int) {
	const short = 32
	if len(items) <= short {
		binaryInsertion(items, compare)
		return
	}
	slices.SortStableFunc(items, compare)
}

func binaryInsertion[T any](items []T, compare func(a, b T) int) {
	if len(items) < 2 {
		return
	}
	for i := countRun(items, compare); i < len(items); i++ {
		pivot := items[i]
		left, right := 0, i
		for left < right {
			mid := left + (right-left)/2
			if compare(pivot, items[mid]) < 0 {
				right = mid
			} else {
				left = mid + 1
			}
		}
		copy(items[left+1:i+1], items[left:i])
		items[left] = pivot
	}
}

// countRun returns the length of the run that items start with, turned round if it
// descends.
func countRun[T any](items []T, compare func(a, b T) int) int {
	run := 2
	if compare(items[1], items[0]) < 0 {
		for run < len(items) && compare(items[run], items[run-1]) < 0 {
			run++
		}
		slices.Reverse(items[:run])
		return run
	}
	for run < len(items) && compare(items[run], items[run-1]) >= 0 {
		run++
	}
	return run
}
