package nunjucks

// macro is a macro's or a caller's definition.
type macro struct {
	name     string
	required []string // positional arguments
	slots    []int    // theirs
	optional []string // arguments with a default
	defaults []expr
	body     []stmt
	size     *function
	depth    int // levels of evaluation that a call may take
}

type macroStmt struct {
	macro *macro
	slot  int
	inner bool // stands in a loop or a caller, so the name is not the template's
}

func (s *macroStmt) exec(m *machine) {
	f := s.macro.function(nil, false)
	m.slots.slots[s.slot] = f
	if s.inner {
		m.frame.set(s.macro.name, f)
	} else {
		m.setVariable(s.macro.name, f)
	}
}

// callerExpr is the body of a call tag as a macro without a name.
type callerExpr struct{ macro *macro }

func (e *callerExpr) eval(m *machine) Value { return e.macro.function(m.slots, true) }

// function is the callable macro. A caller sees the slots of where it stands and
// the frames of where it is called from; a macro sees only the context.
func (mc *macro) function(closure *activation, caller bool) *Func {
	return macroFunc(mc.name, mc.required, mc.optional, func(m *machine, args []Value) Value {
		m.enter(mc.depth)
		m.growTimes(mc.size.slots+8, valueSize)
		m.step(mc.size.slots + len(mc.optional))
		slots, outer := m.slots, m.frame
		m.slots = newActivation(mc.size.slots, closure)
		m.frame = &frame{}
		if caller {
			m.frame = &frame{parent: outer, isolates: true}
		}
		mc.bind(m, args)
		text := m.capture(mc.body)
		m.slots, m.frame = slots, outer
		m.leave(mc.depth)
		return &Safe{text}
	})
}

// bind gives the arguments their values, in a slot and a frame or, when they have
// a default, in the frame only.
func (mc *macro) bind(m *machine, args []Value) {
	keywords := NewObject()
	if len(args) > len(mc.required) {
		if k, ok := args[len(mc.required)].(*Object); ok {
			keywords = k
		}
	}
	if keywords.Has("caller") {
		m.frame.set("caller", keywords.Get("caller"))
	}
	for i, name := range mc.required {
		m.frame.set(name, arg(args, i))
		m.slots.slots[mc.slots[i]] = arg(args, i)
	}
	for i, name := range mc.optional {
		if keywords.Has(name) {
			m.frame.set(name, keywords.Get(name))
		} else {
			m.frame.set(name, mc.defaults[i].eval(m))
		}
	}
}

// macroFunc wraps call so that positional and keyword arguments reach it as a
// macro's do: missing positional ones are taken from the keywords, surplus ones
// become keywords in the order of the optional names, and the keywords follow as
// one object where either happened.
func macroFunc(name string, required, optional []string, call func(m *machine, args []Value) Value) *Func {
	return &Func{name: name, call: func(m *machine, args []Value) Value {
		count, keywords := splitKeywords(args)
		switch {
		case count > len(required):
			for i, v := range args[len(required):count] {
				if i < len(optional) {
					keywords.Set(optional[i], v)
				}
			}
			args = append(append([]Value{}, args[:len(required)]...), keywords)
		case count < len(required):
			full := append([]Value{}, args[:count]...)
			for _, name := range required[count:] {
				full = append(full, keywords.Get(name))
				m.step(keywords.Len() / 8)
				keywords.Delete(name)
			}
			full = append(full, keywords)
			args = full
		}
		return call(m, args)
	}}
}

// splitKeywords returns how many arguments are positional, and the keyword ones.
func splitKeywords(args []Value) (count int, keywords *Object) {
	if n := len(args); n > 0 {
		if o, ok := args[n-1].(*Object); ok && o.Has(keywordsMark) {
			return n - 1, o
		}
	}
	return len(args), NewObject()
}
