package nunjucks

// The language has two kinds of variables, as nunjucks's compiler makes them.
// Loop targets, macro names and macro arguments live in slots: where a name stands
// in the source decides which slot it means. Everything else is looked up while
// rendering, in frames and then in the context.

// function is a body with its own slots: the template, a macro, a caller, a block.
type function struct {
	slots  int
	parent *function // of a caller: the body it stands in
}

// scope maps the names that have slots at one place in the source.
type scope struct {
	names  map[string]int
	parent *scope
	fn     *function
}

func newScope(parent *scope, fn *function) *scope {
	return &scope{parent: parent, fn: fn}
}

// ref says where a slot is: in the function hops levels out. slot is -1 when the
// name has none.
type ref struct {
	hops, slot int32
}

func (s *scope) lookup(name string) ref {
	hops := int32(0)
	for fn := s.fn; s != nil; s = s.parent {
		for fn != s.fn {
			fn = fn.parent
			hops++
		}
		if slot, ok := s.names[name]; ok {
			return ref{hops, int32(slot)}
		}
	}
	return ref{slot: -1}
}

// bind gives name a new slot.
func (s *scope) bind(name string) int {
	if s.names == nil {
		s.names = map[string]int{}
	}
	slot := s.fn.newSlot()
	s.names[name] = slot
	return slot
}

func (f *function) newSlot() int {
	f.slots++
	return f.slots - 1
}

// activation holds the slots of one run of a function.
type activation struct {
	slots  []Value
	parent *activation
}

func newActivation(slots int, parent *activation) *activation {
	a := &activation{slots: make([]Value, slots), parent: parent}
	for i := range a.slots {
		a.slots[i] = Undefined{}
	}
	return a
}

func (a *activation) at(r ref) *Value {
	for range r.hops {
		a = a.parent
	}
	return &a.slots[r.slot]
}

// frame holds variables by name while rendering. A frame that isolates keeps
// assignments from reaching its parent; reads go on.
type frame struct {
	vars     Object
	parent   *frame
	isolates bool
	top      bool // the template's own frame: what is set there is in the context too
}

// own is the frame's own variable; an undefined one counts as absent.
func (f *frame) own(name string) (Value, bool) {
	v := f.vars.Get(name)
	return v, !isUndefined(v)
}

func (f *frame) lookup(name string) Value {
	for ; f != nil; f = f.parent {
		if v, ok := f.own(name); ok {
			return v
		}
	}
	return Undefined{}
}

// set stores name in this frame.
func (f *frame) set(name string, v Value) { f.vars.Set(name, v) }

// assign stores name where it already has a value, else in this frame.
func (f *frame) assign(name string, v Value) {
	if _, ok := f.own(name); ok || f.isolates {
		f.set(name, v)
		return
	}
	for at := f.parent; at != nil; at = at.parent {
		if _, ok := at.own(name); ok {
			at.set(name, v)
			return
		}
	}
	f.set(name, v)
}
