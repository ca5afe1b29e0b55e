package scaffold

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// iteration is one execution of a step's action.
type iteration struct {
	each  *nunjucks.Object // key and value; nil in a step without each
	key   string
	runs  bool
	input *nunjucks.Object
}

// step executes step i.
func (r *runner) step(ctx context.Context, i int) error {
	s := &r.t.Steps[i]
	r.tell(i, Event{Kind: Started})
	if err := ctx.Err(); err != nil {
		return err
	}
	runs, err := r.condition(ctx, s)
	if err != nil {
		return err
	}
	if !runs {
		r.tell(i, Event{Kind: Skipped, Text: "its if is false"})
		return nil
	}
	list, err := r.iterations(ctx, i)
	if err != nil {
		return err
	}
	a, available := r.action(s, list)
	if available {
		for _, it := range list {
			if !it.runs {
				continue
			}
			if err := validateInput(a, it); err != nil {
				return err
			}
		}
	}
	outputs := nunjucks.NewObject()
	for _, it := range list {
		if it.each != nil && !it.runs {
			r.tell(i, Event{Kind: Log, Key: it.key, Text: "skipped: its if is false"})
			continue
		}
		if !available {
			r.tell(i, Event{Kind: Planned, Key: it.key, Input: r.hidden.cleanValue(it.input)})
			r.invent(s, outputs, it.each != nil)
			continue
		}
		if err := r.call(ctx, i, a, it, outputs); err != nil {
			return err
		}
	}
	r.steps.Set(s.ID, object("output", outputs))
	if available || len(list) == 0 {
		r.tell(i, Event{Kind: Done})
	}
	return nil
}

// condition is a step's `if` as a whole. With each, it is for the iterations.
func (r *runner) condition(ctx context.Context, s *Step) (bool, error) {
	if s.If == false {
		return false, nil
	}
	if _, text := s.If.(string); !text || !isUndefined(s.Each) {
		return true, nil
	}
	condition, _ := s.written.Get("if")
	v, err := r.render(ctx, condition, r.known, nil)
	return truthy(v), err
}

// iterations renders a step's each, and for every entry its `if` and input.
func (r *runner) iterations(ctx context.Context, i int) ([]iteration, error) {
	s := &r.t.Steps[i]
	vars := r.inputVars()
	entries := []iteration{{runs: true}}
	if !isUndefined(s.Each) {
		var err error
		if entries, err = r.entries(ctx, s, vars); err != nil {
			return nil, err
		}
	}
	condition, hasIf := s.written.Get("if")
	for n := range entries {
		it := &entries[n]
		own := vars
		if it.each != nil {
			own = with(vars, "each", it.each)
			if hasIf && nunjucks.Truthy(s.If) {
				v, err := r.render(ctx, condition, own, nil)
				if err != nil {
					return nil, err
				}
				it.runs = truthy(v)
			}
		}
		var err error
		if it.input, err = r.input(ctx, i, own); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// entries are what each goes over.
func (r *runner) entries(ctx context.Context, s *Step, vars *nunjucks.Object) ([]iteration, error) {
	written, _ := s.written.Get("each")
	over, err := r.render(ctx, written, vars, nil)
	if err != nil {
		return nil, err
	}
	var list []iteration
	add := func(key string, value nunjucks.Value) {
		list = append(list, iteration{each: object("key", key, "value", value), key: key, runs: true})
	}
	tooMany := func(n int) error {
		if n <= r.limits.Iterations {
			return nil
		}
		return &LimitError{At: written.Position(), Message: fmt.Sprintf("limit of %d entries in each reached: there are %d", r.limits.Iterations, n)}
	}
	switch v := over.(type) {
	case *nunjucks.Array:
		if err := tooMany(len(v.Items)); err != nil {
			return nil, err
		}
		for n, item := range v.Items {
			add(fmt.Sprint(n), item)
		}
	case *nunjucks.Object:
		if err := tooMany(v.Len()); err != nil {
			return nil, err
		}
		for _, key := range v.Keys() {
			add(key, v.Get(key))
		}
	case nunjucks.Undefined:
		text, _ := written.Text()
		return nil, fmt.Errorf("each: %q has no value", shorten(text, 80))
	default:
		return nil, errors.New("each must be a list or a mapping")
	}
	return list, nil
}

// input renders a step's input, and notes what a secret made of it.
func (r *runner) input(ctx context.Context, i int, vars *nunjucks.Object) (*nunjucks.Object, error) {
	written, ok := r.t.Steps[i].written.Get("input")
	if !ok || written.Type() != catalog.Map {
		return nunjucks.NewObject(), nil
	}
	out, err := r.render(ctx, written, vars, func(path []string, err error) {
		r.tell(i, Event{Kind: Warning, Text: r.hidden.clean(fmt.Sprintf("%s is passed on as it stands, because it does not render: %v", dotted(path, "input"), err))})
	})
	if err != nil {
		return nil, err
	}
	if len(r.o.Secrets) > 0 {
		without, err := r.render(ctx, written, with(vars, "secrets", nunjucks.NewObject()), nil)
		if err != nil {
			return nil, err
		}
		r.hidden.addChanged(out, without)
	}
	return out.(*nunjucks.Object), nil
}

// action finds a step's action, if it can run here.
func (r *runner) action(s *Step, list []iteration) (action.Action, bool) {
	a, ok := action.Find(r.o.Actions, s.Action)
	if !ok || r.o.DryRun && !a.Pure {
		return a, false
	}
	if r.o.DryRun { // what lies elsewhere is not fetched
		for _, it := range list {
			if url, _ := it.input.Get("url").(string); action.IsAbsolute(url) {
				return a, false
			}
		}
	}
	return a, true
}

func validateInput(a action.Action, it iteration) error {
	err := a.Validate(it.input)
	if refused := (*action.InputError)(nil); errors.As(err, &refused) && it.each != nil {
		return &action.InputError{Action: fmt.Sprintf("%s[%s]", a.ID, it.key), Problems: refused.Problems}
	}
	return err
}

// call runs an action once and collects its outputs.
func (r *runner) call(ctx context.Context, i int, a action.Action, it iteration, outputs *nunjucks.Object) error {
	c := &action.Call{
		Input: it.input, Workspace: r.o.Workspace, Source: r.o.Source, Integrations: r.o.Integrations, Template: r.t.Ref,
		Log: func(format string, args ...any) {
			r.tell(i, Event{Kind: Log, Key: it.key, Text: r.hidden.clean(fmt.Sprintf(format, args...))})
		},
	}
	if err := a.Run(ctx, c); err != nil {
		return err
	}
	for _, name := range c.Outputs().Keys() {
		v := c.Outputs().Get(name)
		if r.left -= weight(v); r.left < 0 {
			return &LimitError{At: r.t.Steps[i].Position(), Message: fmt.Sprintf("limit of %d bytes of outputs reached", r.limits.Bytes)}
		}
		put(outputs, name, v, it.each != nil)
	}
	return nil
}

// put sets an output; those of a step with each are lists.
func put(outputs *nunjucks.Object, name string, v nunjucks.Value, each bool) {
	if !each {
		outputs.Set(name, v)
		return
	}
	list, ok := outputs.Get(name).(*nunjucks.Array)
	if !ok {
		list = nunjucks.NewArray()
		outputs.Set(name, list)
	}
	list.Items = append(list.Items, v)
}

// invent makes up the outputs that the template asks of a step that does not run.
func (r *runner) invent(s *Step, outputs *nunjucks.Object, each bool) {
	seen := map[string]bool{}
	for _, name := range r.used[s.ID] {
		if !seen[name] {
			seen[name] = true
			put(outputs, name, fmt.Sprintf("<%s of %s>", name, s.ID), each)
		}
	}
}
