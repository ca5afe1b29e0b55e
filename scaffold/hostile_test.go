package scaffold_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// within fails the test when f keeps much memory.
func within(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if after.HeapInuse > before.HeapInuse+(256<<20) {
		t.Errorf("keeps %d MB", (after.HeapInuse-before.HeapInuse)>>20)
	}
}

// runIn runs a template with a skeleton in a stage for the folder out.
func runIn(t testing.TB, text, out string, skeleton map[string]string, values string, limits *scaffold.Limits) error {
	t.Helper()
	if values == "" {
		values = "{}"
	}
	dir := t.TempDir()
	for name, content := range skeleton {
		name = filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(name), 0o750))
		must(t, os.WriteFile(name, []byte(content), 0o600))
	}
	source, err := action.OpenLocal(dir)
	must(t, err)
	defer source.Close()
	stage, err := scaffold.NewStage(out, action.DefaultLimits())
	must(t, err)
	tpl, problems := scaffold.Read("template.yaml", []byte(text))
	if tpl == nil {
		must(t, stage.Discard())
		return fmt.Errorf("line %d: %s", problems[0].Line, problems[0].Message)
	}
	var calls []call
	_, err = scaffold.Run(t.Context(), tpl, object(t, []byte(values)), scaffold.Options{Actions: testActions(&calls), Workspace: stage.Workspace, Source: source, Limits: limits})
	if err != nil {
		must(t, stage.Discard())
		return err
	}
	return stage.Commit()
}

// hostileRun is a template that is made to run for ever or to fill the memory.
type hostileRun struct {
	name, template, values, want string
	skeleton                     map[string]string
	limits                       *scaffold.Limits // nil: those of a run, with time for a busy machine
}

func hostileRuns() []hostileRun {
	step := func(input string) string {
		return header + "  steps:\n    - id: s\n      action: test:echo\n" + input
	}
	manyLoops := ""
	for i := range 200 {
		manyLoops += fmt.Sprintf("        k%d: \"{%% for i in range(600) %%}{%% for j in range(600) %%}{%% endfor %%}{%% endfor %%}\"\n", i)
	}
	manyTexts := ""
	for i := range 60 {
		manyTexts += fmt.Sprintf("        k%d: \"${{ 'x' | center(1000000) }}\"\n", i)
	}
	nested := strings.Repeat("{properties: {a: ", 200) + "{}" + strings.Repeat("}}", 200)
	refs := "{properties: {x: {$ref: '#/definitions/d0'}}, definitions: {"
	for i := range 25 {
		refs += fmt.Sprintf("d%d: {anyOf: [{$ref: '#/definitions/d%d'}, {$ref: '#/definitions/d%d'}]}, ", i, i+1, i+1)
	}
	refs += "d25: {type: string}}}"
	brief := new(scaffold.DefaultLimits())
	brief.Time = 300 * time.Millisecond
	return []hostileRun{
		{name: "endless loop", template: step("      input:\n        x: '{% for i in range(1000000000) %}{% endfor %}'\n"), want: "template.yaml:10:"},
		{name: "nested loops", template: step("      input:\n        x: '{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}'\n"), want: "template.yaml:10:56: limit of"},
		{name: "many loops", limits: brief, template: step("      input:\n" + manyLoops), want: "limit of 300ms for a run"},
		{name: "large output", template: step("      input:\n        x: '{% for i in range(1000) %}${{ \"x\" | center(1000000) }}{% endfor %}'\n"), want: "template.yaml:10:"},
		{name: "many large outputs", template: step("      input:\n" + manyTexts), want: "bytes of rendered inputs reached"},
		{name: "loop in if", template: step("      if: '${{ range(1000000000) }}'\n"), want: "template.yaml:9:"},
		{name: "large each", template: step("      each: ${{ range(100000) }}\n"), want: "template.yaml:9:13: limit of 1000 entries in each reached: there are 100000"},
		{name: "each times input", limits: brief, template: step("      each: ${{ range(1000) }}\n      input: {x: \"{% for i in range(1000000) %}{% endfor %}\"}\n"), want: "limit of 300ms"},
		{name: "many steps", template: header + "  steps:\n" + strings.Repeat("    - {action: test:echo}\n", 501), want: "line 7: limit of 500 steps"},
		{name: "deep parameters", template: header + "  parameters: " + nested + "\n  steps: []\n", want: "line 6: limit of 100 levels of nesting"},
		{name: "references that multiply", template: header + "  parameters: " + refs + "\n  steps: []\n", values: `{"x":1}`, want: "line 6: limit of 50000 values in a schema reached, with $ref followed"},
		{name: "aliases", template: aliases(), want: "line"},
		{
			name: "pattern", values: `{"x":"` + strings.Repeat("a", 500_000) + `"}`, want: "template.yaml:6:56: limit of 100000000 steps for patterns",
			template: header + "  parameters: {properties: {x: {type: string, pattern: '^(a?){900}$'}}}\n  steps: []\n",
		},
		{
			name: "backtracking pattern", values: `{"x":"` + strings.Repeat("a", 40) + `!"}`, want: "must match",
			template: header + "  parameters: {properties: {x: {type: string, pattern: '^(a+)+$'}}}\n  steps: []\n",
		},
		{
			name: "many values", values: `{"x":[` + strings.Repeat("1,", 300_000) + `1]}`, want: "template.yaml:6:15: limit of 20000000 checks",
			template: header + "  parameters: {properties: {x: {items: {anyOf: [" + strings.Repeat("{type: string}, ", 100) + "{type: 'null'}]}}}}\n  steps: []\n",
		},
		{
			name: "skeleton", want: "step s: rendering a: line 1, column 18: limit of", skeleton: map[string]string{"skeleton/a": "{% for i in range(1000000000) %}x{% endfor %}"},
			template: header + "  steps:\n    - {id: s, action: 'fetch:template', input: {url: ./skeleton}}\n",
		},
		{
			name: "many slow files", want: "limit of 300ms for a run", limits: brief, skeleton: slowFiles(),
			template: header + "  steps:\n    - {id: s, action: 'fetch:template', input: {url: ./skeleton}}\n",
		},
		{
			name: "outside", want: "outside", skeleton: map[string]string{"skeleton/${{ values.x }}": "x"},
			template: header + "  steps:\n    - {id: s, action: 'fetch:template', input: {url: ./skeleton, values: {x: ../../evil}}}\n",
		},
	}
}

// TestHostileRuns checks that each ends with an error that names the limit and the
// line, and leaves nothing behind. BenchmarkHostileRuns prints how long they take.
func TestHostileRuns(t *testing.T) {
	patient := scaffold.DefaultLimits()
	patient.Time = 10 * time.Minute
	for _, c := range hostileRuns() {
		if c.limits == nil {
			c.limits = &patient
		}
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			within(t, func() {
				err := runIn(t, c.template, filepath.Join(parent, "out"), c.skeleton, c.values, c.limits)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %.300v, want an error with %q", err, c.want)
				}
			})
			left, err := os.ReadDir(parent)
			must(t, err)
			if len(left) > 0 {
				t.Errorf("the run left %s behind", left[0].Name())
			}
		})
	}
}

// BenchmarkHostileRuns runs all of them with the limits that a run has.
func BenchmarkHostileRuns(b *testing.B) {
	var slowest time.Duration
	for b.Loop() {
		for _, c := range hostileRuns() {
			start := time.Now()
			if err := runIn(b, c.template, filepath.Join(b.TempDir(), "out"), c.skeleton, c.values, nil); err == nil {
				b.Errorf("%s: no error", c.name)
			}
			slowest = max(slowest, time.Since(start))
		}
	}
	b.ReportMetric(float64(slowest.Milliseconds()), "slowest-ms")
}

func slowFiles() map[string]string {
	files := map[string]string{}
	for i := range 100 {
		files[fmt.Sprintf("skeleton/f%d", i)] = fmt.Sprintf("%d{%% for i in range(600) %%}{%% for j in range(600) %%}{%% endfor %%}{%% endfor %%}", i)
	}
	return files
}

// aliases multiply to a billion values.
func aliases() string {
	text := header + "  steps: []\n  x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
	for i := 1; i < 10; i++ {
		text += fmt.Sprintf("  x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 10), ", "))
	}
	return text
}

func TestHostileLint(t *testing.T) {
	slow := fstest.MapFS{"template.yaml": {Data: []byte(header + "  steps:\n    - {id: s, action: 'fetch:template', input: {url: ./s}}\n")}}
	for i := range 300 {
		slow[fmt.Sprintf("s/f%d", i)] = &fstest.MapFile{Data: []byte(fmt.Sprint(i) + strings.Repeat("${{ a.b.c | upper }}{{", 20_000))}
	}
	deep := fstest.MapFS{
		"template.yaml": {Data: []byte(header + "  steps:\n    - {id: s, action: 'fetch:template', input: {url: ./s}}\n")},
		"s/parens":      {Data: []byte("${{ " + strings.Repeat("(", 100_000) + " }}")},
		"s/ifs":         {Data: []byte(strings.Repeat("{% if x %}", 100_000))},
	}
	within(t, func() {
		_, err := scaffold.Lint(t.Context(), slow, scaffold.LintOptions{})
		var limit *scaffold.LimitError
		if !errors.As(err, &limit) || !strings.Contains(err.Error(), "template.yaml:") {
			t.Errorf("got %v", err)
		}
	})
	within(t, func() {
		found, err := scaffold.Lint(t.Context(), deep, scaffold.LintOptions{Actions: action.Pure()})
		must(t, err)
		if len(found) != 2 || !strings.Contains(found[0].Message, "limit of 512 levels of nesting") || found[0].File != "s/ifs" {
			t.Errorf("got %v", found)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add(pages)
	f.Add(header + "  steps:\n    - {id: a, each: [1], if: '${{ x }}', action: 'debug:log', input: {message: '${{ each.value'}}\n  output: {links: [{url: '${{ 1 }}'}]}\n")
	f.Add(header + "  parameters: {properties: {a: {$ref: '#/x'}}, x: {enum: [1]}}\n  steps: [{action: x, input: {a: \"${{ b ? c : d }}\"}}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		tpl, problems := scaffold.Read("t.yaml", []byte(text))
		if tpl == nil {
			if len(problems) == 0 {
				t.Fatal("refused without a word")
			}
			return
		}
		lines := strings.Count(text, "\n") + 1
		found, err := scaffold.Lint(t.Context(), fstest.MapFS{"template.yaml": {Data: []byte(text)}}, scaffold.LintOptions{Actions: action.Pure()})
		if err != nil {
			return
		}
		for _, p := range found {
			if p.Line > lines || p.Message == "" {
				t.Errorf("a finding that points nowhere: %+v", p)
			}
		}
		form, err := tpl.Form().YAML()
		if err != nil {
			t.Fatal(err)
		}
		checkForm(t, form)
		filled, err := tpl.Fill(nunjucks.NewObject())
		if err == nil {
			if err := tpl.Validate(filled); err != nil && err.Error() == "" {
				t.Error("refused without a word")
			}
		}
	})
}
