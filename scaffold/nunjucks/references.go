package nunjucks

import "slices"

// ReferenceKind says what a Reference names.
type ReferenceKind int

// The kinds.
const (
	Variable ReferenceKind = iota // of the context, or a global
	Filter
	Test
)

// Reference is a use of a name that the template itself does not define.
type Reference struct {
	Kind   ReferenceKind
	Offset int    // byte offset in the source
	Name   string // parameters in parameters.a.b
	// Path is the members of a variable as far as they are constant: a, b. Empty
	// means that the whole value is used, or a member that is known only when the
	// template runs.
	Path   []string
	Called bool // the variable, or its member, is called
	Known  bool // the engine has a global, filter or test of that name
}

// References lists what t uses from outside, in no particular order. A name that
// the template sets anywhere counts as its own everywhere.
func (e *Engine) References(t *Template) []Reference {
	w := refWalker{engine: e, own: map[string]bool{"loop": true, "caller": true, "super": true}}
	w.body(t.body)
	return slices.DeleteFunc(w.found, func(r Reference) bool { return r.Kind == Variable && w.own[r.Name] })
}

// refWalker collects references. The parser bounds how deep a tree is.
type refWalker struct {
	engine *Engine
	own    map[string]bool
	found  []Reference
}

func (w *refWalker) body(list []stmt) {
	for _, s := range list {
		w.stmt(s)
	}
}

func (w *refWalker) stmt(s stmt) {
	switch s := s.(type) {
	case *outputStmt:
		w.expr(s.value)
	case *ifStmt:
		for _, b := range s.branches {
			w.expr(b.cond)
			w.body(b.body)
		}
		w.body(s.otherwise)
	case *setStmt:
		for _, name := range s.targets {
			w.own[name] = true
		}
		w.expr(s.value)
	case *switchStmt:
		w.expr(s.value)
		for _, c := range s.cases {
			w.expr(c.value)
			w.body(c.body)
		}
		w.body(s.otherwise)
	case *blockStmt:
		w.body(s.block.body)
	case *loadStmt:
		w.expr(s.template)
	case *forStmt:
		w.expr(s.over)
		w.body(s.body)
		w.body(s.otherwise)
	case *macroStmt:
		w.own[s.macro.name] = true
		w.macro(s.macro)
	}
}

func (w *refWalker) macro(m *macro) {
	w.exprs(m.defaults)
	w.body(m.body)
}

func (w *refWalker) exprs(list []expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *refWalker) links(first expr, rest []link) {
	w.expr(first)
	for _, l := range rest {
		w.expr(l.node)
	}
}

func (w *refWalker) expr(e expr) {
	switch e := e.(type) {
	case *symbolExpr:
		w.symbol(e, nil, false)
	case *memberExpr:
		w.member(e, false)
	case *callExpr:
		w.callee(e.callee)
		w.exprs(e.args)
	case *filterExpr:
		w.add(Reference{Kind: Filter, Offset: e.pos, Name: e.name, Known: w.engine.filters[e.name] != nil})
		w.exprs(e.args)
	case *testExpr:
		w.add(Reference{Kind: Test, Offset: e.pos, Name: e.name, Known: w.engine.tests[e.name] != nil})
		w.expr(e.value)
		w.exprs(e.args)
	case *orExpr:
		w.links(e.first, e.rest)
	case *andExpr:
		w.links(e.first, e.rest)
	case *chainExpr:
		w.links(e.first, e.rest)
	case *captureExpr:
		w.body(e.body)
	case *callerExpr:
		w.macro(e.macro)
	default:
		w.exprs(operands(e))
	}
}

// operands are the parts of the expressions that name nothing themselves.
func operands(e expr) []expr {
	switch e := e.(type) {
	case *groupExpr:
		return e.items
	case *arrayExpr:
		return e.items
	case *objectExpr:
		return e.values
	case *keywordsExpr:
		return e.values
	case *conditionExpr:
		return []expr{e.cond, e.then, e.otherwise}
	case *unaryExpr:
		return []expr{e.operand}
	case *floorExpr:
		return []expr{e.quotient}
	case *powerExpr:
		return []expr{e.base, e.exponent}
	case *inExpr:
		return []expr{e.item, e.list}
	case *sliceExpr:
		return []expr{e.target, e.start, e.stop, e.step}
	}
	return nil
}

func (w *refWalker) callee(e expr) {
	switch e := e.(type) {
	case *symbolExpr:
		w.symbol(e, nil, true)
	case *memberExpr:
		w.member(e, true)
	default:
		w.expr(e)
	}
}

// member follows a chain such as steps['publish'].output.url down to its root.
func (w *refWalker) member(e *memberExpr, called bool) {
	var path []string
	var at expr = e
	for {
		m, ok := at.(*memberExpr)
		if !ok {
			break
		}
		name, constant := "", false
		if lit, ok := m.key.(*literalExpr); ok {
			name, constant = lit.value.(string)
		}
		if constant {
			path = append(path, name)
		} else {
			w.expr(m.key)
			path = nil // what follows a computed member says nothing about the root
		}
		at = m.target
	}
	slices.Reverse(path)
	if s, ok := at.(*symbolExpr); ok {
		w.symbol(s, path, called)
		return
	}
	w.expr(at)
}

func (w *refWalker) symbol(e *symbolExpr, path []string, called bool) {
	if e.ref.slot >= 0 {
		return
	}
	w.add(Reference{Kind: Variable, Offset: e.pos, Name: e.name, Path: path, Called: called, Known: w.engine.globals[e.name] != nil})
}

func (w *refWalker) add(r Reference) { w.found = append(w.found, r) }
