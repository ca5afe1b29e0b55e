package nunjucks

import (
	"context"
	"maps"
	"math/rand/v2"
)

// Options say which variant of the language an Engine speaks. The zero value is
// plain nunjucks without autoescape; see Backstage and Cookiecutter.
type Options struct {
	Autoescape       bool // escape HTML in what {{ }} prints, except safe strings
	TrimBlocks       bool // drop the newline after a block tag
	LstripBlocks     bool // drop the white space before a block tag that starts its line
	ThrowOnUndefined bool // printing undefined or null is an error
	Tags             Tags
	JinjaCompat      bool // Python's slices, list and dict methods, True, False, None
	Cookiecutter     bool // the filter jsonify
	// Integrations are the hosts that parseRepoUrl knows, with their kind (github,
	// gitlab, bitbucket, azure). Not nil adds Backstage's filters: parseRepoUrl,
	// parseEntityRef, pick and projectSlug.
	Integrations map[string]string
	// Globals are functions that every template sees, unless its context has the
	// same name.
	Globals map[string]*Func
	// Random returns a number in [0, n) for the filter random. Nil is a fast
	// generator seeded by the system.
	Random func(n int) int
}

// DefaultIntegrations are the hosts that Backstage knows without configuration.
func DefaultIntegrations() map[string]string {
	return map[string]string{
		"github.com":    "github",
		"gitlab.com":    "gitlab",
		"bitbucket.org": "bitbucket",
		"dev.azure.com": "azure",
	}
}

// Backstage is how Backstage's scaffolder renders: ${{ }}, no autoescape, its own
// filters. Integrations are DefaultIntegrations.
func Backstage() Options {
	return Options{
		Tags:         Tags{VariableStart: "${{", VariableEnd: "}}"},
		Integrations: DefaultIntegrations(),
	}
}

// Cookiecutter is fetch:template with cookiecutterCompat: {{ }}, Jinja's habits
// and jsonify.
func Cookiecutter() Options {
	return Options{JinjaCompat: true, Cookiecutter: true}
}

// Function makes a global that templates call. Its arguments are the template's;
// an error ends the render.
func Function(name string, call func(args []Value) (Value, error)) *Func {
	return &Func{name: name, call: func(m *machine, args []Value) Value {
		v, err := call(args)
		if err != nil {
			m.failWith(&Error{Message: name + ": " + err.Error(), Err: err})
		}
		return v
	}}
}

// Engine renders templates in one variant of the language. It keeps the templates
// it parsed last and may be used by several goroutines at once.
type Engine struct {
	opts    Options
	limits  Limits
	filters map[string]builtin
	tests   map[string]builtin
	globals map[string]*Func
	cache   *cache
}

// builtin is a filter, a test or a method's body: args[0] is what it applies to.
type builtin func(m *machine, args []Value) Value

// New returns an engine with DefaultLimits.
func New(opts Options) *Engine { return NewLimited(opts, DefaultLimits()) }

// NewLimited returns an engine with limits of its own.
func NewLimited(opts Options, limits Limits) *Engine {
	if opts.Random == nil {
		opts.Random = rand.IntN
	}
	e := &Engine{
		opts:    opts,
		limits:  limits,
		filters: builtinFilters(),
		tests:   builtinTests(),
		globals: builtinGlobals(),
		cache:   newCache(cachedTemplates, cachedBytes),
	}
	if opts.Cookiecutter {
		e.filters["jsonify"] = e.filters["dump"]
	}
	if opts.Integrations != nil {
		maps.Copy(e.filters, backstageFilters(opts.Integrations))
	}
	maps.Copy(e.globals, opts.Globals)
	return e
}

func (e *Engine) filter(name string) builtin { return e.filters[name] }

// Template is a parsed template. It never changes.
type Template struct {
	source     string
	body       []stmt
	slots      int
	usesLoop   bool
	mutates    bool // may change a list or an object of its context
	extensions []Extension
}

// Extension is a use of something that Cairn accepts and Backstage does not.
type Extension struct {
	Offset int    // byte offset in the source
	What   string // the construct
}

// Extensions lists what Backstage would refuse in the template.
func (t *Template) Extensions() []Extension { return t.extensions }

// Parse reads a template, or returns it from the cache. Errors are *Error.
func (e *Engine) Parse(source string) (*Template, error) {
	if t := e.cache.get(source); t != nil {
		return t, nil
	}
	t, err := parse(source, e.opts, e.limits)
	if err != nil {
		return nil, err
	}
	e.cache.put(source, t)
	return t, nil
}

// Render parses source and renders it with vars as context (nil is none), which it
// does not change. Errors are *Error.
func (e *Engine) Render(ctx context.Context, source string, vars *Object) (string, error) {
	t, err := e.Parse(source)
	if err != nil {
		return "", err
	}
	return e.Execute(ctx, t, vars)
}

// Execute renders a parsed template as Render does.
func (e *Engine) Execute(ctx context.Context, t *Template, vars *Object) (out string, err error) {
	m := newMachine(ctx, e, t)
	defer recoverError(&err, t.source, &m.pos)
	m.start(vars)
	m.run(t.body)
	return m.out.String(), nil
}
