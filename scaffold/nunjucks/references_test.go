package nunjucks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestReferences(t *testing.T) {
	e := New(Backstage())
	cases := []struct{ source, want string }{
		{"${{ parameters.a.b }}", "parameters.a.b@4"},
		{"${{ steps['publish'].output[x].url }}", "steps.publish.output@4 x@28"},
		{"${{ (parameters | pick('a')) + parameters[0] }}", "parameters@5 pick|@18 parameters@31"},
		{"${{ a.b.slice(c) | nope is odd }}", "a.b.slice()@4 c@14 nope|@19 odd?@24"},
		{"{% for k, v in values.list %}${{ k }}${{ v.x }}${{ loop.index }}{% else %}${{ k }}{% endfor %}", "values.list@15"},
		{"{% set x = y %}${{ x.z }}{% if not w %}${{ range(3) }}{% endif %}", "y@11 w@35 range()!@43"},
		{"{% macro m(a, b=c) %}${{ a }}${{ d }}{% endmacro %}${{ m(1) }}{% call m(2) %}${{ f }}{% endcall %}", "c@16 d@33 f@81"},
		{"{% filter upper %}${{ g }}{% endfilter %}{% set s %}${{ h }}{% endset %}", "g@22 h@56 upper|!@10"},
		{"{% raw %}${{ no }}{% endraw %}${{ i if j else k }}{% switch l %}{% case m %}${{ n }}{% endswitch %}", "i@34 j@39 k@46 l@60 m@72 n@80"},
	}
	for _, c := range cases {
		tpl, err := e.Parse(c.source)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range e.References(tpl) {
			name := strings.Join(append([]string{r.Name}, r.Path...), ".") + []string{"", "|", "?"}[r.Kind]
			if r.Called {
				name += "()"
			}
			if r.Known && (r.Kind != Filter || r.Name == "upper") && r.Kind != Test {
				name += "!"
			}
			got = append(got, fmt.Sprintf("%s@%d", name, r.Offset))
		}
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.source, got, want)
		}
	}
}
