package nunjucks

import (
	"context"
	"strings"
	"testing"
)

// skeleton is a file of 100 lines as templates have them: text, values, filters, a
// few conditions and loops.
func skeleton() string {
	const ten = `# ${{ values.name }}
{%- if values.docs %}
Documentation: https://docs.example.com/${{ values.name | lower }}
{%- else %}
There is no documentation yet.
{%- endif %}
owner: ${{ values.owner | default("nobody") }}
{% for port in values.ports %}  - ${{ port }}
{% endfor %}
name: ${{ values.name ~ "-" ~ values.tier }}
`
	return strings.Repeat(ten, 10)
}

func skeletonValues(tb testing.TB) *Object {
	v, err := DecodeJSON([]byte(`{"values":{"name":"Orders","docs":true,"owner":"team-a","ports":[80,443],"tier":"gold"}}`))
	if err != nil {
		tb.Fatal(err)
	}
	return v.(*Object)
}

// BenchmarkSkeleton parses and renders a file of 100 lines: 2,000 a second or more.
func BenchmarkSkeleton(b *testing.B) {
	source, values := skeleton(), skeletonValues(b)
	b.SetBytes(int64(len(source)))
	e := New(Backstage())
	for b.Loop() {
		t, err := parse(source, e.opts, e.limits)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Execute(context.Background(), t, values); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "renders/s")
}

// BenchmarkCached renders the same file from the cache.
func BenchmarkCached(b *testing.B) {
	source, values := skeleton(), skeletonValues(b)
	e := New(Backstage())
	for b.Loop() {
		if _, err := e.Render(context.Background(), source, values); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "renders/s")
}

// BenchmarkMegabyte renders 1 MB of text with values in it: under 200 ms.
func BenchmarkMegabyte(b *testing.B) {
	line := "The quick brown fox of ${{ values.owner }} jumps over the lazy { dog } and $5.\n"
	source, values := strings.Repeat(line, 1<<20/len(line)+1), skeletonValues(b)
	b.SetBytes(int64(len(source)))
	e := New(Backstage())
	for b.Loop() {
		if _, err := e.Render(context.Background(), source, values); err != nil {
			b.Fatal(err)
		}
	}
}
