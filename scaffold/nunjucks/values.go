package nunjucks

import (
	"context"
	"errors"
)

// RenderValue renders every string in input, objects and lists included, as
// Backstage renders a step's input. Keys stay as they are. A string that is one
// {{ expression }} and nothing else keeps the expression's type; one whose
// expression is undefined is dropped from its object, null in its list, and
// Undefined at the top. A string that does not render stays as it stands, because
// that is what Backstage does: failed, when not nil, is told of each such string.
//
// The result shares nothing with input and vars. The error is the context's or a
// limit's; limits count for each string.
func (e *Engine) RenderValue(ctx context.Context, input Value, vars *Object, failed func(source string, err error)) (Value, error) {
	r := valueRenderer{engine: e, vars: vars, failed: failed}
	return r.render(ctx, input, 0)
}

type valueRenderer struct {
	engine *Engine
	vars   *Object
	failed func(source string, err error)
}

func (r *valueRenderer) render(ctx context.Context, input Value, depth int) (Value, error) {
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	switch v := input.(type) {
	case string:
		return r.text(ctx, v)
	case *Array:
		out := &Array{Items: make([]Value, len(v.Items))}
		for i, item := range v.Items {
			rendered, err := r.render(ctx, item, depth+1)
			if err != nil {
				return nil, err
			}
			if !isUndefined(rendered) {
				out.Items[i] = rendered
			}
		}
		return out, nil
	case *Object:
		out := NewObject()
		for _, key := range v.Keys() {
			rendered, err := r.render(ctx, v.Get(key), depth+1)
			if err != nil {
				return nil, err
			}
			if !isUndefined(rendered) {
				out.Set(key, rendered)
			}
		}
		return out, nil
	}
	return input, nil
}

// text renders one string, or leaves it when it does not render.
func (r *valueRenderer) text(ctx context.Context, source string) (Value, error) {
	v, err := r.engine.value(ctx, source, r.vars)
	if err == nil {
		return v, nil
	}
	var e *Error
	if ctx.Err() != nil || errors.As(err, &e) && e.Limit != "" {
		return nil, err
	}
	if r.failed != nil {
		r.failed(source, err)
	}
	return source, nil
}

// value renders one string with its type kept, if it is a single expression.
func (e *Engine) value(ctx context.Context, source string, vars *Object) (v Value, err error) {
	t, err := e.Parse(source)
	if err != nil {
		return nil, err
	}
	single := t.single()
	if single == nil {
		return e.Execute(ctx, t, vars)
	}
	m := newMachine(ctx, e, t)
	defer recoverError(&err, t.source, &m.pos)
	m.start(vars)
	v = single.eval(m)
	return m.export(v, 0), nil
}

// single is the template's expression, if it has nothing else.
func (t *Template) single() expr {
	if len(t.body) != 1 {
		return nil
	}
	if out, ok := t.body[0].(*outputStmt); ok {
		return out.value
	}
	return nil
}

// export is a detached copy of v without what only templates know: safe strings
// and regular expressions become strings, functions are errors.
func (m *machine) export(v Value, depth int) Value {
	if depth > maxJSONDepth {
		m.fail(errJSONDepth.Error())
	}
	m.step(1)
	switch v := v.(type) {
	case *Safe, *Regexp:
		return m.text(v)
	case *Func:
		m.fail("a function is no value for an input")
	case *Array:
		out := m.newArray(v.Items)
		for i, item := range out.Items {
			out.Items[i] = m.export(item, depth+1)
		}
		return out
	case *Object:
		m.growTimes(v.Len()+1, entrySize)
		out := NewObject()
		for _, key := range v.Keys() {
			out.Set(key, m.export(v.Get(key), depth+1))
		}
		return out
	}
	return v
}
