package scaffold

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Options say what a run may use.
type Options struct {
	// Actions are those that can run here. A step with another action is told to
	// the Observer with its rendered input, and its outputs are made up.
	Actions   []action.Action
	Workspace *action.Workspace
	Source    action.Source // of the template's own folder
	// DryRun keeps all actions but the pure ones from running. The workspace is
	// filled all the same, so that the skeleton is tried too.
	DryRun   bool
	Observer Observer

	User         *nunjucks.Object  // ${{ user }}: ref and entity; nil is unknown
	Secrets      map[string]string // ${{ secrets }} in inputs; kept out of all events and errors
	TaskID       string            // ${{ context.task.id }}
	Integrations map[string]string // hosts of repositories; nil is nunjucks.DefaultIntegrations
	Limits       *Limits           // nil is DefaultLimits
}

// Result is what a run that succeeded leaves, besides its workspace.
type Result struct {
	// Output is spec.output rendered, without the links and texts whose `if` does
	// not hold.
	Output *nunjucks.Object
}

// Run executes a template with values, to which defaults are added. First it
// checks all that can be known: the values against the parameters and each input
// that depends on no step against its action's schema. Then it runs the steps.
//
// After a step failed, only steps whose `if` calls always() or failure() run, and
// Run returns the first failure. Errors are *ValuesError, *StepError, *LimitError
// or the context's.
func Run(ctx context.Context, t *Template, values *nunjucks.Object, o Options) (*Result, error) {
	limits := DefaultLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limits.Time, errTime)
	defer cancel()
	values, err := t.Fill(values)
	if err != nil {
		return nil, err
	}
	if err := t.Validate(values); err != nil {
		return nil, err
	}
	if err := t.validateSecrets(o.Secrets); err != nil {
		return nil, err
	}
	r := newRunner(t, values, o, limits)
	for i := range t.Steps {
		if err := r.checkStep(ctx, i); err != nil {
			return nil, r.problem(ctx, i, err)
		}
	}
	return r.run(ctx)
}

// errTime is the cause of a context that ran out of Limits.Time.
var errTime = errors.New("the run took too long")

func (t *Template) validateSecrets(secrets map[string]string) error {
	if t.secrets == nil {
		return nil
	}
	given := nunjucks.NewObject()
	for name, value := range secrets {
		given.Set(name, value)
	}
	problems, err := t.secrets.validate(given)
	if err != nil {
		return t.limited(err)
	}
	for i := range problems { // a message may quote the value
		problems[i] = ValueProblem{"secrets." + problems[i].Parameter, "is not as spec.secrets asks", "see the template"}
	}
	if len(problems) > 0 {
		return &ValuesError{problems}
	}
	return nil
}

// runner is one run.
type runner struct {
	t      *Template
	o      Options
	limits Limits
	engine *nunjucks.Engine
	known  *nunjucks.Object // what every text sees
	steps  *nunjucks.Object // of known
	hidden redactor
	used   map[string][]string // outputs by step ID
	left   int                 // bytes, of Limits.Bytes

	failed      bool
	statusAsked bool // always() or failure() was called
}

func newRunner(t *Template, values *nunjucks.Object, o Options, limits Limits) *runner {
	r := &runner{t: t, o: o, limits: limits, left: limits.Bytes, steps: nunjucks.NewObject(), known: nunjucks.NewObject()}
	opts := nunjucks.Backstage()
	if o.Integrations != nil {
		opts.Integrations = o.Integrations
	}
	status := func(name string, value func() bool) *nunjucks.Func {
		return nunjucks.Function(name, func([]nunjucks.Value) (nunjucks.Value, error) {
			r.statusAsked = true
			return value(), nil
		})
	}
	opts.Globals = map[string]*nunjucks.Func{
		"always":  status("always", func() bool { return true }),
		"failure": status("failure", func() bool { return r.failed }),
	}
	r.engine = nunjucks.New(opts)
	r.used = t.outputsUsed(r.engine)
	r.known.Set("parameters", values)
	r.known.Set("environment", object("parameters", nunjucks.NewObject(), "secrets", nunjucks.NewObject()))
	r.known.Set("steps", r.steps)
	if o.User != nil {
		r.known.Set("user", o.User)
	}
	r.known.Set("context", object("task", object("id", o.TaskID)))
	for _, secret := range o.Secrets {
		r.hidden.add(secret)
	}
	return r
}

// object makes an object of keys and values.
func object(pairs ...any) *nunjucks.Object {
	o := nunjucks.NewObject()
	for pair := range slices.Chunk(pairs, 2) {
		o.Set(pair[0].(string), pair[1])
	}
	return o
}

// with is a shallow copy of o with more members.
func with(o *nunjucks.Object, pairs ...any) *nunjucks.Object {
	out := object(pairs...)
	for _, key := range o.Keys() {
		if !out.Has(key) {
			out.Set(key, o.Get(key))
		}
	}
	return out
}

// inputVars is what inputs and each see: secrets as well.
func (r *runner) inputVars() *nunjucks.Object {
	secrets := nunjucks.NewObject()
	for name, value := range r.o.Secrets {
		secrets.Set(name, value)
	}
	return with(r.known, "secrets", secrets)
}

// run executes the steps and renders the output.
func (r *runner) run(ctx context.Context) (*Result, error) {
	var first error
	for i := range r.t.Steps {
		if r.failed {
			asked, err := r.wantsFailure(ctx, i)
			if err != nil {
				return nil, errors.Join(first, r.problem(ctx, i, err))
			}
			if !asked {
				r.tell(i, Event{Kind: Skipped, Text: "a previous step failed"})
				continue
			}
		}
		if err := r.step(ctx, i); err != nil {
			err = r.problem(ctx, i, err)
			r.tell(i, Event{Kind: Failed, Text: r.hidden.clean(stepReason(err))})
			if first == nil {
				first = err
			}
			if ctx.Err() != nil {
				return nil, first
			}
			r.failed = true
		}
	}
	if first != nil {
		return nil, first
	}
	return r.output(ctx)
}

// wantsFailure reports whether a step's `if` calls always() or failure().
func (r *runner) wantsFailure(ctx context.Context, i int) (bool, error) {
	condition, _ := r.t.Steps[i].written.Get("if")
	if condition.Type() != catalog.String {
		return false, nil
	}
	r.statusAsked = false
	_, err := r.render(ctx, condition, r.known, nil)
	return r.statusAsked, err
}

func (r *runner) output(ctx context.Context) (*Result, error) {
	out, err := r.render(ctx, r.t.output, r.known, nil)
	if err != nil {
		return nil, err
	}
	rendered, ok := out.(*nunjucks.Object)
	if !ok {
		rendered = nunjucks.NewObject()
	}
	for _, key := range []string{"links", "text"} {
		if list, ok := rendered.Get(key).(*nunjucks.Array); ok {
			rendered.Set(key, wanted(list))
		}
	}
	return &Result{Output: rendered}, nil
}

// wanted drops the items whose `if` does not hold, and the `if` of the others.
func wanted(list *nunjucks.Array) *nunjucks.Array {
	out := nunjucks.NewArray()
	for _, item := range list.Items {
		if o, ok := item.(*nunjucks.Object); ok && o.Has("if") {
			if !truthy(o.Get("if")) {
				continue
			}
			o.Delete("if")
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// truthy is what counts as true in an `if`: JavaScript's idea, but no empty list.
func truthy(v nunjucks.Value) bool {
	if list, ok := v.(*nunjucks.Array); ok {
		return len(list.Items) > 0
	}
	return nunjucks.Truthy(v)
}

// tell sends an event of step i.
func (r *runner) tell(i int, e Event) {
	if r.o.Observer == nil {
		return
	}
	s := r.t.Steps[i]
	e.Index, e.Total, e.ID, e.Name, e.Action = i, len(r.t.Steps), s.ID, s.Name, s.Action
	r.o.Observer(e)
}

// problem says of which step an error is, and which limit it is about.
func (r *runner) problem(ctx context.Context, i int, err error) error {
	s := &r.t.Steps[i]
	if errors.Is(context.Cause(ctx), errTime) {
		if limit := (*LimitError)(nil); !errors.As(err, &limit) {
			err = &LimitError{At: s.Position(), Err: err, Message: fmt.Sprintf("step %s: limit of %s for a run reached: look for a loop or a very large skeleton", s.ID, r.limits.Time)}
		}
	}
	if limit := (*LimitError)(nil); errors.As(err, &limit) {
		return r.t.limited(err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("step %s: %w", s.ID, err)
	}
	var known *StepError
	if errors.As(err, &known) {
		return err
	}
	return &StepError{File: r.t.File, At: s.Position(), Step: s.ID, Err: r.hidden.cleanError(err)}
}

// stepReason is an error without the step's name and place, which an event has.
func stepReason(err error) string {
	if s := (*StepError)(nil); errors.As(err, &s) {
		return s.Err.Error()
	}
	return err.Error()
}
