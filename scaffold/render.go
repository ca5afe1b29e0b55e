package scaffold

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// render renders every string of v. One that does not render stays as it stands,
// as in Backstage; failed, when not nil, is told.
func (r *runner) render(ctx context.Context, v catalog.Value, vars *nunjucks.Object, failed func(path []string, err error)) (nunjucks.Value, error) {
	x := valueRenderer{runner: r, vars: vars, failed: failed}
	return x.render(ctx, v, nil)
}

type valueRenderer struct {
	*runner
	vars   *nunjucks.Object
	failed func(path []string, err error)
}

func (x *valueRenderer) render(ctx context.Context, v catalog.Value, path []string) (nunjucks.Value, error) {
	switch v.Type() {
	case catalog.String:
		return x.text(ctx, v, path)
	case catalog.Array:
		out := nunjucks.NewArray()
		for i, item := range v.Items() {
			rendered, err := x.render(ctx, item, child(path, fmt.Sprint(i)))
			if err != nil {
				return nil, err
			}
			if isUndefined(rendered) {
				rendered = nil
			}
			out.Items = append(out.Items, rendered)
		}
		return out, nil
	case catalog.Map:
		out := nunjucks.NewObject()
		for key, item := range v.Object().All() {
			rendered, err := x.render(ctx, item, child(path, key))
			if err != nil {
				return nil, err
			}
			if !isUndefined(rendered) {
				out.Set(key, rendered)
			}
		}
		return out, nil
	}
	return toValue(v), nil
}

func (x *valueRenderer) text(ctx context.Context, v catalog.Value, path []string) (nunjucks.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	text, _ := v.Text()
	out, err := x.engine.RenderValue(ctx, text, x.vars, func(_ string, err error) {
		if x.failed != nil {
			x.failed(path, err)
		}
	})
	var limit *nunjucks.Error
	if errors.As(err, &limit) && limit.Limit != "" {
		if limit.Limit == "time" {
			return nil, x.timeError(ctx, v, text, limit)
		}
		return nil, &LimitError{At: x.t.source.within(v, byteOffset(text, limit.Line, limit.Column)), Message: limit.Message, Err: err}
	}
	if err != nil {
		return nil, err
	}
	if x.left -= weight(out); x.left < 0 {
		return nil, &LimitError{At: v.Position(), Message: fmt.Sprintf("limit of %d bytes of rendered inputs reached", x.limits.Bytes)}
	}
	return out, nil
}

// timeError is a render that the clock, or the caller, ended.
func (x *valueRenderer) timeError(ctx context.Context, v catalog.Value, text string, e *nunjucks.Error) error {
	if !errors.Is(context.Cause(ctx), errTime) {
		return e
	}
	return &LimitError{At: x.t.source.within(v, byteOffset(text, e.Line, e.Column)), Err: e,
		Message: fmt.Sprintf("limit of %s for a run reached: look for a loop that repeats itself", x.limits.Time)}
}

func isUndefined(v nunjucks.Value) bool {
	_, ok := v.(nunjucks.Undefined)
	return ok
}

// weight is about how many bytes v takes.
func weight(v nunjucks.Value) int {
	const each = 16
	n := each
	switch v := v.(type) {
	case string:
		n += len(v)
	case *nunjucks.Array:
		for _, item := range v.Items {
			n += weight(item)
		}
	case *nunjucks.Object:
		for _, key := range v.Keys() {
			n += len(key) + weight(v.Get(key))
		}
	}
	return n
}
