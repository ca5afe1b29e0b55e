package nunjucks

import (
	"context"
	"strings"
)

// Sizes counted against Limits.Memory.
const (
	valueSize = 16 // a value in a list
	entrySize = 64 // a key and a value in an object
)

// machine is one render under way.
type machine struct {
	stopped  func() error // the context's Err
	engine   *Engine
	template *Template
	given    *Object          // the caller's variables, never written
	set      map[string]Value // what the template itself set at its top level
	frame    *frame
	slots    *activation
	out      *strings.Builder
	captures int // how many captures out is inside of
	left     budget
	pos      int // byte offset of what is being evaluated, for errors
}

func newMachine(ctx context.Context, e *Engine, t *Template) *machine {
	l := e.limits
	return &machine{
		stopped:  ctx.Err,
		engine:   e,
		template: t,
		frame:    &frame{top: true},
		slots:    newActivation(t.slots, nil),
		out:      &strings.Builder{},
		left:     budget{steps: l.Steps, output: l.Output, memory: l.Memory, depth: l.Depth, nextPoll: l.Steps},
	}
}

// start checks that there is time and takes the context.
func (m *machine) start(vars *Object) {
	m.poll()
	switch {
	case vars == nil:
		m.given = NewObject()
	case m.template.mutates:
		m.given = m.clone(vars).(*Object)
	default:
		m.given = vars
	}
}

// clone copies a value and all it holds, so that a template that changes a list
// or an object does not change its caller's.
func (m *machine) clone(v Value) Value {
	m.enter(1)
	defer m.leave(1)
	switch v := v.(type) {
	case *Array:
		out := &Array{Items: make([]Value, len(v.Items))}
		for i, item := range v.Items {
			out.Items[i] = m.clone(item)
		}
		return out
	case *Object:
		out := NewObject()
		for _, key := range v.keys {
			out.Set(key, m.clone(v.Get(key)))
		}
		return out
	}
	return v
}

// lookup finds a variable without a slot: in the frames, the context, the globals.
func (m *machine) lookup(name string) Value {
	if v := m.frame.lookup(name); !isUndefined(v) {
		return v
	}
	if v, ok := m.set[name]; ok {
		return m.jinjaConstant(name, v)
	}
	if i := m.given.find(name); i >= 0 {
		return m.jinjaConstant(name, m.given.values[i])
	}
	if v, ok := m.engine.globals[name]; ok {
		return v
	}
	return m.jinjaConstant(name, Undefined{})
}

// jinjaConstant gives Python's constants their values when nothing else did.
func (m *machine) jinjaConstant(name string, v Value) Value {
	if !m.engine.opts.JinjaCompat || !isUndefined(v) {
		return v
	}
	switch name {
	case "True":
		return true
	case "False":
		return false
	case "None":
		return nil
	}
	return v
}

// setVariable sets a variable of the context, which macros see too.
func (m *machine) setVariable(name string, v Value) {
	if m.set == nil {
		m.set = map[string]Value{}
	}
	m.set[name] = v
}

// write appends to the output, or to the capture under way.
func (m *machine) write(text string) {
	m.left.output -= len(text)
	if m.left.output < 0 {
		m.limit("output", m.engine.limits.Output, "the template renders too much text")
	}
	if m.captures > 0 {
		m.grow(len(text))
	}
	if startsLow(text) && endsHigh(m.out.String()) {
		m.writeSurrogates(text)
		return
	}
	m.out.WriteString(text)
}

// writeSurrogates writes text that completes the character half written before.
func (m *machine) writeSurrogates(text string) {
	whole := m.concat(m.out.String(), text)
	m.out.Reset()
	m.out.WriteString(whole)
}

// capture renders body to a string.
func (m *machine) capture(body []stmt) string {
	outer, output := m.out, m.left.output
	m.out = &strings.Builder{}
	m.captures++
	m.run(body)
	text := m.out.String()
	m.captures--
	m.out, m.left.output = outer, output
	return text
}
