package nunjucks

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func object(t testing.TB, text string) *Object {
	t.Helper()
	v, err := DecodeJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*Object)
}

func TestErrorsTellThePlace(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"unknown tag", "a\n{% nope %}", `line 2, column 4: unknown tag "nope", at "{% nope %}"`},
		{"open expression", "${{ a", `line 1, column 6: expected }} after the expression, found the end of the template, at "${{ a"`},
		{"unknown filter", "x\n\n  ${{ a | shout }}", `line 3, column 11: there is no filter "shout", at "${{ a | shout }}"`},
		{"call of undefined", "${{ user.name() }}", `line 1, column 14: unable to call "user[name]", which is undefined, at "${{ user.name() }}"`},
		{"never closed", "{% if a %}b", `line 1, column 4: the if tag is never closed, at "{% if a %}b"`},
		{"include", `{% include "x" %}`, `line 1, column 4: include cannot load template "x": a template is one file, without others to load, at "{% include \"x\" %}"`},
		{"reserved", "${{ a.constructor }}", `line 1, column 7: the name "constructor" is reserved, at "${{ a.constructor }}"`},
		{"stray end of comment", "a #} b", `line 1, column 3: a comment ends here that never started: write {{ "#}" }} for the text itself, at "a #} b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Backstage()).Render(context.Background(), tt.source, object(t, `{"user":{}}`))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v\nwant  %s", err, tt.want)
			}
		})
	}
}

func TestRenderLeavesTheContextAlone(t *testing.T) {
	vars := object(t, `{"list":[2,1],"map":{"a":1}}`)
	e := New(Cookiecutter())
	source := `{{ list.push(3) }}{{ list.sort() }}{{ map.pop("a") }}{% set list = 5 %}{{ list["pu" ~ "sh"] }}`
	for range 2 {
		got, err := e.Render(context.Background(), source, vars)
		if err != nil || got != "31,2,31" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

func TestRenderHonoursItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := New(Backstage()).Render(ctx, "a", nil)
	var e *Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Limit != "time" {
		t.Errorf("error %v, want context.Canceled as limit time", err)
	}
}

func TestRenderValueTellsOfStringsItLeaves(t *testing.T) {
	var left []string
	e := New(Backstage())
	got, err := e.RenderValue(context.Background(), object(t, `{"a":"${{ nope( }}","b":["${{ 1 + 1 }}","${{ gone }}"],"c":"${{ gone }}"}`), nil,
		func(source string, _ error) { left = append(left, source) })
	if err != nil {
		t.Fatal(err)
	}
	text, err := EncodeJSON(got)
	if err != nil || string(text) != `{"a":"${{ nope( }}","b":[2,null]}` {
		t.Errorf("got %s, %v", text, err)
	}
	if len(left) != 1 || left[0] != "${{ nope( }}" {
		t.Errorf("left %q", left)
	}
}

func TestRenderValueSharesNothing(t *testing.T) {
	vars := object(t, `{"o":{"k":[1]}}`)
	got, err := New(Backstage()).RenderValue(context.Background(), "${{ o }}", vars, nil)
	if err != nil {
		t.Fatal(err)
	}
	got.(*Object).Get("k").(*Array).Items[0] = "changed"
	if text, _ := EncodeJSON(vars); string(text) != `{"o":{"k":[1]}}` {
		t.Errorf("the context became %s", text)
	}
}

func TestTernaryIsAnExtension(t *testing.T) {
	e := New(Backstage())
	for _, source := range []string{"${{ tier === 'tier-1' ? 'P1' : 'P2' }}", "${{ tier==='tier-1'?'P1':'P2' }}"} {
		tpl, err := e.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(tpl.Extensions()); n != 1 {
			t.Errorf("%d extensions, want 1", n)
		}
		got, err := e.Execute(context.Background(), tpl, object(t, `{"tier":"tier-1"}`))
		if err != nil || got != "P1" {
			t.Errorf("%s: got %q, %v", source, got, err)
		}
	}
}

func TestParseCachesWithinBounds(t *testing.T) {
	e := New(Backstage())
	first, err := e.Parse("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := e.Parse("a"); again != first {
		t.Error("the same source was parsed twice")
	}
	for i := range 3 * cachedTemplates {
		if _, err := e.Parse(strings.Repeat("x", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.cache.recent.Len(); n > cachedTemplates || n != len(e.cache.templates) {
		t.Errorf("the cache holds %d templates, at most %d are allowed", n, cachedTemplates)
	}
}

func TestGlobalsAreFunctions(t *testing.T) {
	opts := Backstage()
	opts.Globals = map[string]*Func{"fail": Function("fail", func([]Value) (Value, error) { return nil, errors.New("no") })}
	_, err := New(opts).Render(context.Background(), "${{ fail() }}", nil)
	if err == nil || !strings.Contains(err.Error(), "fail: no") {
		t.Errorf("error %v", err)
	}
}
