package safeyaml_test

import (
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/safeyaml"
)

func TestParseKeepsLinesAndIsolatesDocuments(t *testing.T) {
	docs := safeyaml.Parse("a: 1\n---\nb: [\n---\n# only a comment\n---\n%YAML 1.2\n---\nc:\n  d: 2\n")
	if len(docs) != 3 {
		t.Fatalf("got %d documents, want 3: %+v", len(docs), docs)
	}
	if docs[0].Problem != nil || docs[0].Root.Line != 1 {
		t.Errorf("first document: %+v", docs[0])
	}
	if docs[1].Problem == nil || docs[1].Problem.Line < 2 || docs[1].Problem.Line > 4 {
		t.Errorf("second document: want a problem on lines 2-4, got %v", docs[1].Problem)
	}
	if docs[2].Problem != nil {
		t.Fatalf("third document: %v", docs[2].Problem)
	}
	if d := safeyaml.Get(docs[2].Root, "c", "d"); d == nil || d.Line != 10 {
		t.Errorf("c.d: got %+v, want line 10", d)
	}
}

func TestParseRefusesHostileFiles(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		prev := "*a" + string(rune('0'+i-1))
		bomb.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(prev+", ", 8) + prev + "]\n")
	}
	cases := map[string]struct{ text, want string }{
		"flow nesting":    {"x: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "nested"},
		"more flow":       {strings.Repeat("[", 500_000), ""},
		"compact nesting": {strings.Repeat("- ", 10_000) + "x", "nested"},
		"braces":          {strings.Repeat("{a: ", 9_000) + "b" + strings.Repeat("}", 9_000), "nested"},
		"size":            {strings.Repeat("a: b\n", 300_000), "bytes"},
		"alias bomb":      {bomb.String(), "aliases expand"},
		"self alias":      {"a: &a [*a]", "contains itself"},
		"documents":       {strings.Repeat("---\na: b\n", 5_000), "documents"},
		"owner with @":    {"owner: @org/team", "needs quotes"},
		"tab":             {"a:\n\tb: c", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			docs := safeyaml.Parse(c.text)
			last := docs[len(docs)-1]
			if last.Problem == nil || !strings.Contains(last.Problem.Message, c.want) {
				t.Fatalf("got %v, want a problem with %q", last.Problem, c.want)
			}
			if last.Problem.Line < 1 {
				t.Errorf("line %d", last.Problem.Line)
			}
		})
	}
}

func TestOneWantsOneDocument(t *testing.T) {
	if _, p := safeyaml.One("a: b\n---\nc: d\n"); p == nil || p.Line != 2 {
		t.Errorf("two documents: got %v, want a problem on line 2", p)
	}
	if n, p := safeyaml.One("# nothing\n"); n != nil || p != nil {
		t.Errorf("empty file: got %v, %v", n, p)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: &x {b: *x}\n---\n- !!binary x\n")
	f.Add("<<: *y\n? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, d := range safeyaml.Parse(text) {
			if (d.Root == nil) == (d.Problem == nil) {
				t.Fatalf("neither or both of root and problem: %+v", d)
			}
			if d.Problem != nil && (d.Problem.Line < 1 || d.Problem.Line > lines+1) {
				t.Fatalf("problem on line %d of %d", d.Problem.Line, lines)
			}
		}
	})
}
