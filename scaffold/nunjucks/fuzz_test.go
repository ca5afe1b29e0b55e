package nunjucks

import (
	"context"
	"errors"
	"testing"
	"time"
)

func seeds(f *testing.F) {
	for _, s := range []string{
		"", "a ${{ b }} c", "{% if a %}x{% elif b %}y{% else %}z{% endif %}", "{% for k, v in o %}${{ loop.index }}${{ k }}{% else %}-{% endfor %}",
		"{% set x, y = 1 %}{% set z %}q{% endset %}${{ z | replace(r/q/g, '$&$&') }}", "{% macro m(a, b=2) %}${{ caller(a) }}{% endmacro %}{% call(c) m(1) %}${{ c }}{% endcall %}",
		"{% raw %}${{ }}{% endraw %}{# c -#}\n{%- filter upper -%} a {% endfilter %}", "{% switch a %}{% case 1 %}{% case 2 %}x{% default %}y{% endswitch %}",
		"${{ [1, 'é😀', {a: r/x/gi}][1:2] | dump(2) }}", "${{ not a in b is defined == 2 ** -3 // 4 % 5 ~ 'x' if 1 else 2 }}", "${{ a ? b : c }}", "{% block b %}{% include 'x' ignore missing %}{% endblock %}",
	} {
		f.Add(s)
	}
}

// FuzzLexer reads tokens to the end: it always gets there.
func FuzzLexer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		l := lexer{src: source, tags: Backstage().Tags.withDefaults(), trimBlocks: true, lstripBlocks: true}
		at, err := 0, error(nil)
		defer recoverError(&err, source, &at)
		for n := 0; l.next().kind != tokEOF; n++ {
			if n > 2*len(source) {
				t.Fatal("more tokens than bytes")
			}
		}
	})
}

// FuzzParser parses in each variant: a template or an *Error with a place.
func FuzzParser(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		for _, opts := range []Options{Backstage(), Cookiecutter(), {TrimBlocks: true, LstripBlocks: true}} {
			_, err := parse(source, opts, DefaultLimits())
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Line == 0) {
				t.Fatalf("error without a place: %v", err)
			}
		}
	})
}

// FuzzRender renders what parses: text or an *Error, twice the same.
func FuzzRender(f *testing.F) {
	seeds(f)
	limits := DefaultLimits()
	limits.Steps, limits.Memory = 50_000, 1<<20
	opts := Backstage()
	opts.Random = func(int) int { return 0 }
	e := NewLimited(opts, limits)
	vars := object(f, `{"a":"Hello","b":[3,1,2],"o":{"k":"v","1":[null,true]},"n":7.5}`)
	f.Fuzz(func(t *testing.T, source string) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		first, err := e.Render(ctx, source, vars)
		var failed *Error
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("error of another kind: %v", err)
		}
		if second, _ := e.Render(ctx, source, vars); err == nil && second != first {
			t.Fatalf("rendered %q, then %q", first, second)
		}
	})
}
