package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/testpart"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// oracle answers requests with the real nunjucks.
func oracle(t testing.TB, requests []string) []map[string]json.RawMessage {
	t.Helper()
	node := testpart.Node(t)
	if _, err := os.Stat("oracle/node_modules/nunjucks"); err != nil {
		testpart.Missing(t, "nunjucks", "npm ci in scaffold/nunjucks/jsonl/oracle")
	}
	cmd := exec.CommandContext(t.Context(), node, "render.js")
	cmd.Dir = "oracle"
	cmd.Stdin = strings.NewReader(strings.Join(requests, "\n"))
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errOut.Bytes())
	}
	return readAnswers(t, out)
}

// TestNunjucksAgrees renders generated expressions with nunjucks and with Cairn.
func TestNunjucksAgrees(t *testing.T) {
	shared, err := os.ReadFile("testdata/context.json")
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, shared); err != nil {
		t.Fatal(err)
	}
	g := generator{rand.New(rand.NewPCG(1, 2))}
	var requests []string
	for i := range 3000 {
		template, err := json.Marshal(g.template())
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, fmt.Sprintf(`{"id":%d,"template":%s,"context":%s,"opts":{"autoescape":%t}}`, i, template, compact.Bytes(), i%2 == 0))
	}
	want := oracle(t, requests)
	got := serve(t, requests...)
	for i := range requests {
		if !same(t, got[i], want[i]) {
			t.Errorf("%.200s\ngot  %s\nwant %s", requests[i], got[i], want[i])
		}
	}
}

// BenchmarkAgainstNunjucks parses and renders a file of 100 lines with both and
// reports how many times faster Cairn is.
func BenchmarkAgainstNunjucks(b *testing.B) {
	const rounds = 2000
	source := strings.Repeat("# {{ name }}\n{% if n > 3 -%}\nmany\n{%- else %}\nfew\n{% endif %}\nowner: {{ o.k | default('x') }}\n"+
		"{% for x in list %}- {{ x }}\n{% endfor %}name: {{ name | lower ~ '-' ~ n }}\n", 10)
	template, err := json.Marshal(source)
	if err != nil {
		b.Fatal(err)
	}
	const values = `{"name":"Orders","n":7,"o":{"k":"v"},"list":[1,2,3]}`
	answer := oracle(b, []string{fmt.Sprintf(`{"id":1,"bench":%d,"template":%s,"context":%s,"opts":{"autoescape":false}}`, rounds, template, values)})
	var nodeSeconds float64
	if err := json.Unmarshal(answer[0]["output"], &nodeSeconds); err != nil {
		b.Fatal(err)
	}
	vars, err := object([]byte(values))
	if err != nil {
		b.Fatal(err)
	}
	// Each source is new to the engine, so that none comes from its cache.
	engine := nunjucks.New(nunjucks.Options{})
	n := 0
	for b.Loop() {
		n++
		if _, err := engine.Render(b.Context(), fmt.Sprint(source, n), vars); err != nil {
			b.Fatal(err)
		}
	}
	own := float64(n) / b.Elapsed().Seconds()
	b.ReportMetric(own, "renders/s")
	b.ReportMetric(rounds/nodeSeconds, "nunjucks-renders/s")
	b.ReportMetric(own*nodeSeconds/rounds, "times-nunjucks")
}

// generator makes random templates.
type generator struct{ r *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }

func (g generator) template() string {
	switch g.r.IntN(4) {
	case 0:
		return "{% for x in " + g.expr(1) + " %}{{ loop.index }}{{ x }}{% else %}-{% endfor %}"
	case 1:
		return "{% if " + g.expr(2) + " %} a {%- else -%} b {% endif %}{{ " + g.expr(1) + " }}"
	case 2:
		return "{% set x = " + g.expr(2) + " %}{{ x }}{{ x | dump }}"
	}
	return "{{ " + g.expr(3) + " }}"
}

func (g generator) expr(depth int) string {
	if depth == 0 {
		return g.pick("n", "f", "list", "words", "name", "missing", "o", "html", "1", "0", "2.5", "'a'", "''", "true", "null", "text", "people", "o.k", "list[1]", "name.length")
	}
	e := func() string { return g.expr(depth - 1) }
	switch g.r.IntN(8) {
	case 0, 1:
		return e() + g.pick("+", " - ", "*", "/", "//", "%", " ~ ", "==", "===", "!=", "<", ">=", " and ", " or ", " in ", " not in ") + e()
	case 2, 3, 4:
		return e() + " | " + g.pick("upper", "title", "length", "first", "last", "join('-')", "dump", "default('d', true)", "sort", "reverse", "round", "int(3)",
			"float", "abs", "list", "trim", "replace('a','b')", "indent(2)", "center(9)", "truncate(5)", "batch(2)", "escape", "safe", "string", "urlencode", "capitalize", "wordcount", "striptags", "sum", "groupby('team')")
	case 5:
		return "((" + e() + ") is " + g.pick("defined", "odd", "string", "number", "mapping", "truthy", "null", "divisibleby(2)", "not upper") + ")"
	case 6:
		return g.pick("not ", "-", "+") + e()
	}
	return g.pick("["+e()+", "+e()+"]", "{a: "+e()+"}", "("+e()+")", e()+" if "+e()+" else "+e())
}
