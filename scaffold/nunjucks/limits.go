package nunjucks

import "fmt"

// Limits bound what one parse or render may use. They stop hostile templates long
// before a process or its neighbours notice, and no template in use comes near.
type Limits struct {
	Source  int // bytes of a template's source
	Nodes   int // nodes and operators of its tree
	Nesting int // levels of tags, brackets, filters and member accesses in the source
	Depth   int // levels of evaluation, macro calls included
	Steps   int // nodes evaluated and list elements handled; about 10 million a second
	Output  int // bytes of rendered text
	Memory  int // bytes of strings, lists and objects made on the way, freed ones included
}

// DefaultLimits keep a render within 2 seconds and 256 MB.
func DefaultLimits() Limits {
	return Limits{
		Source:  4 << 20,
		Nodes:   500_000,
		Nesting: 512,
		Depth:   20_000,
		Steps:   5_000_000,
		Output:  16 << 20,
		Memory:  32 << 20,
	}
}

// budget is what is left of the limits during one render.
type budget struct {
	steps, output, memory, depth int
	nextPoll                     int // ask the context when steps falls below this
}

const pollEvery = 2048

// step counts n units of work and honours the context.
func (m *machine) step(n int) {
	m.left.steps -= n
	if m.left.steps < m.left.nextPoll {
		m.poll()
	}
}

func (m *machine) poll() {
	if m.left.steps < 0 {
		m.limit("steps", m.engine.limits.Steps, "the template does too much work: look for a loop or a macro that repeats itself")
	}
	if err := m.stopped(); err != nil {
		m.failWith(&Error{Message: "the render was stopped: " + err.Error(), Limit: "time", Err: err})
	}
	m.left.nextPoll = m.left.steps - pollEvery
}

// grow counts n bytes that are about to be made. A size that cannot be is
// reported as any other beyond the limit.
func (m *machine) grow(n int) {
	if n < 0 || n > m.left.memory {
		m.limit("memory", m.engine.limits.Memory, "the template builds too much text or too long a list")
	}
	m.left.memory -= n
}

// growTimes is grow(n*size) without overflow.
func (m *machine) growTimes(n, size int) {
	if n > 0 && size > 0 && n > m.left.memory/size {
		m.grow(m.left.memory + 1)
	}
	m.grow(n * size)
}

// enter goes n levels deeper, leave comes back.
func (m *machine) enter(n int) {
	m.left.depth -= n
	if m.left.depth < 0 {
		m.limit("depth", m.engine.limits.Depth, "macros or values nest too deeply: look for a macro that calls itself without end")
	}
}

func (m *machine) leave(n int) { m.left.depth += n }

func (m *machine) limit(name string, limit int, hint string) {
	m.failWith(&Error{Message: fmt.Sprintf("limit of %d %s reached: %s", limit, limitUnit(name), hint), Limit: name})
}

func limitUnit(name string) string {
	switch name {
	case "memory":
		return "bytes of memory"
	case "output":
		return "bytes of output"
	case "source":
		return "bytes of source"
	case "depth":
		return "levels of depth"
	case "nesting":
		return "levels of nesting"
	}
	return name
}
