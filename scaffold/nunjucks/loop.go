package nunjucks

import "strconv"

// forStmt is for, and asyncEach and asyncAll as the same.
type forStmt struct {
	names     []string
	slots     []int
	branch    branchSlots
	length    int // slot that keeps the length for else, from one entry to the next
	over      expr
	body      []stmt
	otherwise []stmt
	pos       int
}

// branchSlots keeps apart what a loop with several variables binds over an array
// and over anything else: nunjucks compiles its body once for each. The slots from
// low belong to the latter; the former's wait at alternate, and change places with
// them while the loop goes over an array.
type branchSlots struct {
	low, alternate, count int
	key, value            int // where a key and its value go
}

func (b branchSlots) swap(slots []Value) {
	for i := range b.count {
		x, y := b.low+i, b.alternate+i
		slots[x], slots[y] = slots[y], slots[x]
	}
}

func (s *forStmt) exec(m *machine) {
	outer := m.frame
	m.frame = &frame{parent: outer}
	over := s.over.eval(m)
	m.pos = s.pos
	if Truthy(over) {
		if safe, ok := over.(*Safe); ok {
			over = m.characters(safe.text)
		}
		switch {
		case len(s.names) == 1:
			s.each(m, over)
		default:
			if a, ok := over.(*Array); ok {
				s.branch.swap(m.slots.slots)
				s.destructure(m, a)
				s.branch.swap(m.slots.slots)
			} else {
				s.pairs(m, over)
			}
		}
	}
	if !Truthy(m.slots.slots[s.length]) {
		m.run(s.otherwise)
	}
	m.frame = outer
}

// characters is the characters of a safe string, which loops as an array.
func (m *machine) characters(text string) *Array {
	m.growTimes(len(text), valueSize)
	a := NewArray()
	for i := 0; i < len(text); {
		_, size := decodeRune(text[i:])
		a.Items = append(a.Items, text[i:i+size])
		i += size
	}
	return a
}

// each loops with one variable, over anything with a length.
func (s *forStmt) each(m *machine, over Value) {
	var chars []string
	if text, ok := over.(string); ok {
		m.growTimes(len(text), 2*valueSize)
		chars = chars16(text)
		over = Undefined{}
		m.slots.slots[s.length] = float64(len(chars))
	} else {
		m.slots.slots[s.length] = m.lengthOf(over)
	}
	for i := 0; ; i++ {
		var item Value
		switch {
		case chars != nil:
			if i >= len(chars) {
				return
			}
			item = chars[i]
		default:
			if !m.relation(opLess, float64(i), m.lengthOf(over)) {
				return
			}
			item = m.at(over, i)
		}
		m.slots.slots[s.slots[0]] = item
		m.frame.set(s.names[0], item)
		s.iterate(m, i)
	}
}

// lengthOf is v.length for what a loop or a filter goes over.
func (m *machine) lengthOf(v Value) Value {
	switch v := v.(type) {
	case string:
		return float64(length16(v))
	case *Safe:
		return float64(length16(v.text))
	case *Array:
		return float64(len(v.Items))
	case *Object:
		return v.Get("length")
	}
	return Undefined{}
}

// at is v[i] of an array or an object with numeric keys.
func (m *machine) at(v Value, i int) Value {
	switch v := v.(type) {
	case *Array:
		if i < len(v.Items) {
			return v.Items[i]
		}
	case *Object:
		return v.Get(strconv.Itoa(i))
	}
	return Undefined{}
}

// destructure loops over an array of arrays with several variables.
func (s *forStmt) destructure(m *machine, a *Array) {
	m.slots.slots[s.length] = float64(len(a.Items))
	for i := 0; i < len(a.Items); i++ {
		if isNullish(a.Items[i]) {
			m.failf("element %d of the list is %s: it cannot be taken apart", i, typeName(a.Items[i]))
		}
		for n, slot := range s.slots {
			m.slots.slots[slot] = m.member(a.Items[i], float64(n))
		}
		s.iterate(m, i)
	}
}

// pairs loops over the keys and values of an object, or the indexes and
// characters of a string.
func (s *forStmt) pairs(m *machine, over Value) {
	var keys []string
	var chars []string
	object, isObject := over.(*Object)
	switch over := over.(type) {
	case *Object:
		m.growTimes(over.Len(), valueSize)
		keys = over.Keys()
	case string:
		m.growTimes(len(over), 4*valueSize)
		chars = chars16(over)
		for i := range chars {
			keys = append(keys, strconv.Itoa(i))
		}
	}
	m.slots.slots[s.length] = float64(len(keys))
	keySlot, valueSlot := s.branch.key, s.branch.value
	n := 0
	for i, key := range keys {
		var value Value
		if isObject {
			if !object.Has(key) {
				continue // removed by the body
			}
			value = object.Get(key)
		} else {
			value = chars[i]
		}
		m.slots.slots[keySlot], m.slots.slots[valueSlot] = key, value
		m.frame.set(s.names[0], key)
		m.frame.set(s.names[1], value)
		s.iterate(m, n)
		n++
	}
}

// iterate runs the body once.
func (s *forStmt) iterate(m *machine, i int) {
	m.step(1)
	if m.template.usesLoop {
		m.updateLoop(float64(i), m.slots.slots[s.length])
	}
	m.run(s.body)
	m.pos = s.pos
}

// updateLoop sets the members of loop: one object per loop, kept from one round
// to the next.
func (m *machine) updateLoop(i float64, length Value) {
	n := m.toNumber(length)
	v, _ := m.frame.own("loop")
	loop, ok := v.(*Object)
	if !ok {
		loop = NewObject()
		m.frame.set("loop", loop)
	}
	m.step(1)
	loop.Set("index", i+1)
	loop.Set("index0", i)
	loop.Set("revindex", n-i)
	loop.Set("revindex0", n-i-1)
	loop.Set("first", i == 0)
	loop.Set("last", i == n-1)
	loop.Set("length", length)
}
