package nunjucks

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestHostileTemplatesEnd renders templates that would go on for ever or fill the
// memory: each ends in time with an error that names the limit and the line.
func TestHostileTemplatesEnd(t *testing.T) {
	r := strings.Repeat
	for _, tt := range []struct{ name, source, limit string }{
		{"list that grows while it loops", "{% set a=[1] %}{% for x in a %}{% set _ = a.push(1) %}{% endfor %}", ""},
		{"nested loops", "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor %}{% endfor %}", ""},
		{"recursion", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "depth"},
		{"deep recursion", "{% macro f() %}" + r("{% if true %}", 200) + "{{ " + r("(", 200) + "f()" + r(")", 200) + " }}" + r("{% endif %}", 200) + "{% endmacro %}{{ f() }}", "depth"},
		{"parentheses", "{{ " + r("(", 100000) + "1" + r(")", 100000) + " }}", "nesting"},
		{"objects as keys", "{{ " + r("{", 100000), "nesting"},
		{"ifs", r("{% if true %}", 100000) + r("{% endif %}", 100000), "nesting"},
		{"filters", "{{ 1" + r("|string", 100000) + " }}", "nesting"},
		{"members", "{{ a" + r(".b", 100000) + " }}", "nesting"},
		{"operators", "{{ " + r("1+", 400000) + "1 }}", "nodes"},
		{"center", `{{ "x"|center(2000000000) }}`, "memory"},
		{"indent", `{{ "a\nb"|indent(2000000000) }}`, "memory"},
		{"range", "{{ range(1000000000) }}", ""},
		{"batch", "{{ [1]|batch(1000000000, 1) }}", ""},
		{"slice", "{{ [1]|slice(1000000000) }}", ""},
		{"doubling", `{% set s="x" %}{% for i in range(60) %}{% set s = s ~ s %}{% endfor %}`, "memory"},
		{"doubling list", `{% set a=[1] %}{% for i in range(60) %}{% set a = [a,a] %}{% endfor %}{{ a|dump }}`, ""},
		{"cycle", `{% set a=[] %}{% set _ = a.push(a) %}{{ a }}`, "depth"},
		{"output", "{% for i in range(100000) %}" + r("x", 1000) + "{% endfor %}", "output"},
		{"source", r("x", 5<<20), "source"},
		{"regular expression", `{% set s="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" %}{% for i in range(20) %}{% set s = s.replace(r/a/g, "$` + "`" + `$'$&") %}{% endfor %}`, ""},
		{"macro with many arguments", "{% macro m(" + manyNames(20000) + ") %}{% endmacro %}{% for i in range(100000) %}{{ m() }}{% endfor %}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // far beyond every other limit, for slow machines
			defer cancel()
			_, err := New(Options{}).Render(ctx, tt.source, nil)
			var e *Error
			if !errors.As(err, &e) || e.Limit == "" || e.Line == 0 {
				t.Fatalf("error %v, want one that names a limit and a line", err)
			}
			if tt.limit != "" && e.Limit != tt.limit {
				t.Errorf("limit %q, want %q", e.Limit, tt.limit)
			}
		})
	}
}

func manyNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = "a" + formatNumber(float64(i))
	}
	return strings.Join(names, ",")
}

// TestRegularExpressionBombsAreHarmless matches what blows up a backtracking engine.
func TestRegularExpressionBombsAreHarmless(t *testing.T) {
	got, err := New(Options{}).Render(context.Background(), `{{ "`+strings.Repeat("a", 5000)+`!".replace(r/^(a+)+$/, "x") | length }}`, nil)
	if err != nil || got != "5001" {
		t.Errorf("got %q, %v", got, err)
	}
}
