package scaffold

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// checkStep validates what is known of step i before anything has run. What
// depends on a step's output is left for later, and so is a step that may not run.
func (r *runner) checkStep(ctx context.Context, i int) error {
	s := &r.t.Steps[i]
	a, ok := action.Find(r.o.Actions, s.Action)
	if !ok || s.If == false || r.depends(s, "if") || r.depends(s, "each") {
		return nil
	}
	if runs, err := r.condition(ctx, s); err != nil || !runs {
		return err
	}
	quiet := *r
	quiet.o.Observer = nil // the run itself tells
	list, err := quiet.iterations(ctx, i)
	if err != nil {
		return err
	}
	unknown := r.unknown(s)
	for _, it := range list {
		if !it.runs {
			continue
		}
		err := validateInput(a, it)
		refused := (*action.InputError)(nil)
		if !errors.As(err, &refused) {
			if err != nil {
				return err
			}
			continue
		}
		sure := slices.DeleteFunc(slices.Clone(refused.Problems), func(p action.Problem) bool { return !certain(p, unknown) })
		if len(sure) > 0 {
			return &action.InputError{Action: refused.Action, Problems: sure}
		}
	}
	return nil
}

// depends reports whether a field of a step is known only when steps have run.
func (r *runner) depends(s *Step, key string) bool {
	v, _ := s.written.Get(key)
	return slices.ContainsFunc(collectStrings(nil, expression{value: v}), func(x expression) bool { return r.late(x.text) })
}

// late reports whether a text uses what only a run knows.
func (r *runner) late(text string) bool {
	return slices.ContainsFunc(references(r.engine, text), func(ref nunjucks.Reference) bool {
		return ref.Kind == nunjucks.Variable && (ref.Name == "steps" || ref.Name == "failure")
	})
}

// unknown lists the fields of a step's input that only a run knows, as the
// problems of an input call them.
func (r *runner) unknown(s *Step) []string {
	input, _ := s.written.Get("input")
	var fields []string
	for _, x := range collectStrings(nil, expression{value: input, part: partInput}) {
		if r.late(x.text) {
			fields = append(fields, dotted(append([]string{"input"}, x.path...), ""))
		}
	}
	return fields
}

// certain reports whether a problem stands whatever the unknown fields become.
func certain(p action.Problem, unknown []string) bool {
	for _, field := range unknown {
		if within(p.Field, field) {
			return false // it, or a part of it, is unknown
		}
		if within(field, p.Field) && !strings.Contains(p.Message, "additional property") {
			missing, ok := strings.CutPrefix(p.Message, "requires property ")
			if !ok || p.Field+"."+strings.Trim(missing, `"`) == field {
				return false
			}
		}
	}
	return true
}

// within reports whether field is outer or lies in it.
func within(field, outer string) bool {
	rest, ok := strings.CutPrefix(field, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
