package scaffold

import (
	"errors"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// redactor takes secrets out of texts.
type redactor struct {
	texts []string // longest first
}

// add hides text from now on. What is shorter than two characters hides nothing
// and would tear every text apart.
func (r *redactor) add(text string) {
	for _, text := range []string{text, strings.TrimSpace(text)} {
		if len(text) < 2 || slices.Contains(r.texts, text) {
			continue
		}
		r.texts = append(r.texts, text)
	}
	slices.SortStableFunc(r.texts, func(a, b string) int { return len(b) - len(a) })
}

// addChanged hides the strings of v that are not the same in without, which was
// rendered without secrets: they hold what was made of a secret. Keys are not
// rendered, so they hold none.
func (r *redactor) addChanged(v, without nunjucks.Value) {
	switch v := v.(type) {
	case string:
		if other, ok := without.(string); !ok || other != v {
			r.add(v)
		}
	case *nunjucks.Array:
		other, _ := without.(*nunjucks.Array)
		for i, item := range v.Items {
			var against nunjucks.Value
			if other != nil && i < len(other.Items) {
				against = other.Items[i]
			}
			r.addChanged(item, against)
		}
	case *nunjucks.Object:
		other, _ := without.(*nunjucks.Object)
		for _, key := range v.Keys() {
			var against nunjucks.Value
			if other != nil {
				against = other.Get(key)
			}
			r.addChanged(v.Get(key), against)
		}
	}
}

func (r *redactor) clean(s string) string {
	for _, text := range r.texts {
		s = strings.ReplaceAll(s, text, "***")
	}
	return s
}

func (r *redactor) cleanValue(v nunjucks.Value) nunjucks.Value {
	if len(r.texts) == 0 {
		return v
	}
	switch v := v.(type) {
	case string:
		return r.clean(v)
	case *nunjucks.Array:
		out := nunjucks.NewArray()
		for _, item := range v.Items {
			out.Items = append(out.Items, r.cleanValue(item))
		}
		return out
	case *nunjucks.Object:
		out := nunjucks.NewObject()
		for _, key := range v.Keys() {
			out.Set(r.clean(key), r.cleanValue(v.Get(key)))
		}
		return out
	}
	return v
}

// cleanError is err, or when its text holds a secret, the text without it.
func (r *redactor) cleanError(err error) error {
	text := err.Error()
	if clean := r.clean(text); clean != text {
		return errors.New(clean)
	}
	return err
}
