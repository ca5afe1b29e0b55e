package catalog_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/catalog"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestProblems holds the words and places that authors of files read to golden
// files: testdata/problems/NAME.yaml and NAME.txt.
func TestProblems(t *testing.T) {
	paths, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, doc := range catalog.Parse("catalog-info.yaml", data, catalog.Options{}) {
				if err := doc.WriteProblems(&got, data); err != nil {
					t.Fatal(err)
				}
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const component = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: Pay
  namespace: Shop
  title: Payments
  labels: {tier: one}
  annotations: {github.com/project-slug: acme/pay}
  tags: [go]
  links: [{url: "https://example.com/?q=1", title: Runbook}]
  more: {b: 1, "2": x, a: [1.50, 1e21, null]}
spec:
  type: service
  lifecycle: production
  owner: team
  providesApis: [b, a]
`

func TestEntity(t *testing.T) {
	text := strings.Replace(component, "Shop", "shop", 1)
	docs := catalog.Parse("catalog-info.yaml", []byte(text), catalog.Options{Location: location})
	if len(docs) != 1 || !docs[0].OK {
		t.Fatalf("got %+v", docs)
	}
	e := docs[0].Entity
	if got := e.Ref().String(); got != "component:shop/pay" {
		t.Errorf("Ref %q", got)
	}
	want := []any{"Pay", "Payments", "one", "acme/pay", "team", "url:https://github.com/acme/pay/blob/main/catalog-info.yaml"}
	got := []any{e.Name(), e.Title(), e.Label("tier"), e.Annotation("github.com/project-slug"), e.Spec("owner"), e.Annotation("backstage.io/managed-by-location")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "b"}, e.SpecList("providesApis")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]catalog.Link{{URL: "https://example.com/?q=1", Title: "Runbook"}}, e.Links()); diff != "" {
		t.Error(diff)
	}
	if got := e.Position("spec", "owner"); got != (catalog.Position{Line: 15, Column: 3}) {
		t.Errorf("spec.owner is at %v", got)
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"more":{"2":"x","b":1,"a":[1.5,1e+21,null]}`; !strings.Contains(string(data), want) {
		t.Errorf("no %s in %s", want, data)
	}
	again, err := catalog.EntityFromJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	if data2, err := json.Marshal(again); err != nil || !bytes.Equal(data, data2) {
		t.Errorf("%v\n%s\n%s", err, data, data2)
	}
}

func TestEntityFromJSONRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"apiVersion":"a","kind":"b","metadata":{}}`, `{} {}`, strings.Repeat("[", 100_000)} {
		if _, err := catalog.EntityFromJSON([]byte(text)); err == nil {
			t.Errorf("took %.40q", text)
		}
	}
}

// bombs are files made to stall or to fill the memory.
func bombs() map[string]string {
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		before, now := string(rune('a'+i-1)), string(rune('a'+i))
		if i == 1 {
			before = "a0"
		}
		laughs.WriteString(now + ": &" + now + " [" + strings.Repeat("*"+before+", ", 9) + "]\n")
	}
	return map[string]string{
		"aliases":      laughs.String(),
		"deep flow":    "a: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"deep block":   deepBlock(3000),
		"self":         "a: &a [*a]\n",
		"many missing": strings.Repeat("- *x\n", 20_000),
		"long key":     strings.Repeat("k", 1<<20) + ": a\n",
		"quotes":       "a: \"" + strings.Repeat("\n", 100_000),
		"brackets":     "a: " + strings.Repeat("[x,\n ", 900) + strings.Repeat("]", 900),
	}
}

// TestBombs checks that hostile files get an answer that says what is wrong.
// BenchmarkBombs prints how long the slowest takes.
func TestBombs(t *testing.T) {
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			docs := catalog.Parse("catalog-info.yaml", []byte(text), catalog.Options{})
			if len(docs) != 1 || docs[0].OK || len(docs[0].Problems) == 0 || docs[0].Problems[0].Line < 1 {
				t.Errorf("got %+v", docs)
			}
		})
	}
}

func BenchmarkBombs(b *testing.B) {
	var slowest time.Duration
	for b.Loop() {
		for _, text := range bombs() {
			start := time.Now()
			catalog.Parse("catalog-info.yaml", []byte(text), catalog.Options{})
			slowest = max(slowest, time.Since(start))
		}
	}
	b.ReportMetric(float64(slowest.Milliseconds()), "slowest-ms")
}

func deepBlock(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestLimitsAndIsolation(t *testing.T) {
	docs := catalog.Parse("big.yaml", make([]byte, 101), catalog.Options{MaxBytes: 100})
	if len(docs) != 1 || docs[0].OK || docs[0].Stage != catalog.StageYAML {
		t.Errorf("too large: %+v", docs)
	}
	good := strings.Replace(component, "Shop", "shop", 1)
	many := catalog.Parse("many.yaml", []byte(strings.Repeat(good+"---\n", 3)+"a: [\n---\n"+good), catalog.Options{})
	var verdicts []bool
	for _, doc := range many {
		verdicts = append(verdicts, doc.OK)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, true}, verdicts); diff != "" {
		t.Errorf("a broken document spoils others: %s", diff)
	}
}

func TestKindsAllowed(t *testing.T) {
	good := strings.Replace(component, "Shop", "shop", 1)
	docs := catalog.Parse("f.yaml", []byte(good), catalog.Options{Kinds: []string{"api", "Group"}})
	if docs[0].OK || docs[0].Stage != catalog.StageRules || docs[0].Err.Name != "NotAllowedError" {
		t.Errorf("got %+v", docs[0])
	}
	docs = catalog.Parse("f.yaml", []byte(good), catalog.Options{Kinds: []string{"component"}})
	if !docs[0].OK {
		t.Errorf("got %+v", docs[0].Err)
	}
}

func TestParseRef(t *testing.T) {
	for in, want := range map[string]string{
		"x": "group:shop/x", "user:x": "user:shop/x", "ns/x": "group:ns/x", "API:NS/X": "api:ns/x",
		"a/b:c": "group:a/b:c", "a:b/c/d": "a:b/c/d",
		"": "!", ":x": "!", "x:": "!", "/x": "!", "a:/x": "!", "a/": "!",
	} {
		ref, err := catalog.ParseRef(in, "Group", "shop")
		got := ref.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	if _, err := catalog.ParseRef("x", "", ""); err == nil {
		t.Error("took a reference without any kind")
	}
}

// TestManyDocuments reads a file of 50,000 documents, one after another.
func TestManyDocuments(t *testing.T) {
	doc := "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: a}\nspec: {owner: b}\n---\n"
	n := 0
	for doc := range catalog.Each("many.yaml", []byte(strings.TrimSuffix(strings.Repeat(doc, 50_000), "---\n")), catalog.Options{}) {
		if !doc.OK {
			t.Fatalf("document %d: %v", doc.Index, doc.Err)
		}
		n++
	}
	if n != 50_000 {
		t.Errorf("read %d documents", n)
	}
}
