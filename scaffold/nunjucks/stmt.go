package nunjucks

// stmt is a node that renders or changes variables.
type stmt interface {
	exec(m *machine)
}

func (m *machine) run(body []stmt) {
	for _, s := range body {
		m.step(1)
		s.exec(m)
	}
}

type textStmt struct{ text string }

func (s *textStmt) exec(m *machine) { m.write(s.text) }

type outputStmt struct {
	value expr
	pos   int
}

func (s *outputStmt) exec(m *machine) {
	v := s.value.eval(m)
	m.pos = s.pos
	if isNullish(v) {
		if m.engine.opts.ThrowOnUndefined {
			m.failf("attempted to output %s", typeName(v))
		}
		return
	}
	text := m.text(v)
	if _, safe := v.(*Safe); m.engine.opts.Autoescape && !safe {
		text = m.escape(text)
	}
	m.write(text)
}

type branch struct {
	cond expr
	body []stmt
}

type ifStmt struct {
	branches  []branch
	otherwise []stmt
}

func (s *ifStmt) exec(m *machine) {
	for _, b := range s.branches {
		m.step(1)
		if Truthy(b.cond.eval(m)) {
			m.run(b.body)
			return
		}
	}
	m.run(s.otherwise)
}

type setStmt struct {
	targets []string
	refs    []ref
	value   expr
	pos     int
}

func (s *setStmt) exec(m *machine) {
	v := s.value.eval(m)
	m.pos = s.pos
	for _, r := range s.refs {
		if r.slot >= 0 {
			*m.slots.at(r) = v
		}
	}
	for _, name := range s.targets {
		m.frame.assign(name, v)
		if m.frame.top {
			m.setVariable(name, v)
		}
	}
}

type switchCase struct {
	value expr
	body  []stmt
	falls bool // an empty case goes on into the next
}

type switchStmt struct {
	value     expr
	cases     []switchCase
	otherwise []stmt
}

func (s *switchStmt) exec(m *machine) {
	v := s.value.eval(m)
	matched := false
	for _, c := range s.cases {
		m.step(1)
		if !matched && !strictEqual(v, c.value.eval(m)) {
			continue
		}
		matched = true
		m.run(c.body)
		if !c.falls {
			return
		}
	}
	m.run(s.otherwise)
}

// block is a named part of a template. With nothing to extend, it renders where
// it stands, with variables of its own.
type block struct {
	name       string
	body       []stmt
	size       *function
	callsSuper bool
}

type blockStmt struct {
	block *block
	pos   int
}

func (s *blockStmt) exec(m *machine) {
	if s.block.callsSuper {
		m.pos = s.pos
		m.failf("no super block for %q: there is no template to extend", s.block.name)
	}
	slots, outer := m.slots, m.frame
	m.slots = newActivation(s.block.size.slots, nil)
	m.frame = &frame{parent: outer, isolates: true}
	m.run(s.block.body)
	m.slots, m.frame = slots, outer
}

// loadStmt is a tag that would load another template.
type loadStmt struct {
	tag      string
	template expr
	optional bool
	pos      int
}

func (s *loadStmt) exec(m *machine) {
	name, ok := s.template.eval(m).(string)
	m.pos = s.pos
	if ok && s.optional {
		return
	}
	m.failf("%s cannot load template %q: a template is one file, without others to load", s.tag, name)
}
