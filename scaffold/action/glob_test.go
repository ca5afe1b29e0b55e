package action_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/scaffold/action"
)

// globTree makes the folder that the patterns are tried on.
func globTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name := range strings.FieldsSeq(`
		a.txt b.md .env README.md foo bar.js foo.js foobar.js a-b.png [x].txt {y}.txt 10 7 x.txt
		docs/index.md docs/deep/er/page.md docs/.hidden/x.md docs/deep/a.txt
		.github/workflows/ci.yaml .github/workflows/release.yml .github/CODEOWNERS
		src/main/java/App.java src/test/java/AppTest.java src/a.b.c.ts src/x1.ts src/x2.ts src/é.ts`) {
		name = filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, nil, 0o644))
	}
	must(t, os.Mkdir(filepath.Join(dir, "empty"), 0o755))
	must(t, os.Symlink("docs", filepath.Join(dir, "link")))
	return dir
}

// globCases are lists of patterns: single ones, and ones that take away.
func globCases() [][]string {
	cases := [][]string{
		{}, {"**", "!docs"}, {"**", "!docs/**"}, {"**", "!**/*.md"}, {"!*.md", "*.md"}, {"*.md", "!README.md"},
		{"docs/**", "!docs/deep"}, {"docs/**", "!docs"}, {"docs", "!docs/index.md"}, {"**/*.md", "!docs/deep/**", "src/**"},
		{"a.txt", "!a.txt"}, {"a.txt", "!*"}, {"docs/index.md", "!docs"}, {""}, {"**/*", "!*.{md,txt}"}, {"a b"}, {"**", "!.github"},
	}
	for pattern := range strings.FieldsSeq(`
		* ** **/* **/** */* */** *.md **/*.md docs docs/ docs/** docs/* docs/**/* docs/*/ ./docs ./docs/* ./a.txt ./* /docs docs//index.md
		.github .github/** .github/workflows/*.{yml,yaml} .github/**/*.y*ml **/.github/** .* **/.* .e* **/.hidden/** ?.txt ??.js
		[ab].* [!a]*.txt [^a]* [a-c]* [x].txt \[x\].txt \\[x\\].txt {y}.txt {a,b}.* {a,b}{.txt,.md} {docs,src}/** {1..10} {7..10} {01..10} {a..c}.txt {x,}foo
		!(foo).js !(foo)* *!(foo) @(foo|bar).js foo?(bar).js foo*(bar).js +(foo|bar).js (foo|bar).js !(*.md) !(docs) !(docs)/** @(docs|src)/**
		src/**/*.java src/**/java/*.java src/main/** **/java **/java/ **/java/** src/x[0-9].ts src/x[[:digit:]].ts src/?.ts src/*.ts src/*.*.*.ts **/deep/**/*.md
		**/docs/** docs/**/page.md **a* a** **/a* empty empty/ link link/* link/** nothing docs/../a.txt s [ a[ {a {a,b ${{a,b}} ${x} * foo*bar* *o*o*
		docs/deep/../deep/* src/*1.ts *.[jt]s *.{j,t}s {*.md,docs/**} **/{a,b}.* **/@(a|b).* !a.txt *.{md {0..10..5} {10..7} d*/** ?ocs/** */deep/** **/*/
		[xy].txt *.m? {.env,.e*} **/main/**/*.java src/{main,test}/**/*.java {**/*.md,**/*.ts} */*/** docs/**/ docs/**/*/ *(d|o|c|s) *.+(md|txt) ?(a|b).*
	`) {
		cases = append(cases, []string{pattern})
	}
	return cases
}

// TestGlobs compares what each list of patterns matches with testdata/globs.json,
// which TestGlobsAgree holds to Backstage.
func TestGlobs(t *testing.T) {
	dir := globTree(t)
	got := map[string][]string{}
	for _, patterns := range globCases() {
		matched, err := action.MatchGlobs(context.Background(), dir, patterns)
		must(t, err)
		got[strings.Join(patterns, " ")] = matched
	}
	const golden = "testdata/globs.json"
	if *update {
		var b strings.Builder
		sep := "{\n"
		for _, key := range slices.Sorted(maps.Keys(got)) {
			line, err := json.Marshal(got[key])
			must(t, err)
			name, err := json.Marshal(key)
			must(t, err)
			fmt.Fprintf(&b, "%s%s: %s", sep, name, line)
			sep = ",\n"
		}
		must(t, os.WriteFile(golden, []byte(b.String()+"\n}\n"), 0o644))
	}
	text, err := os.ReadFile(golden)
	must(t, err)
	var want map[string][]string
	must(t, json.Unmarshal(text, &want))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestGlobsAgree compares the same with Backstage's glob library.
func TestGlobsAgree(t *testing.T) {
	o := startOracle(t)
	dir := globTree(t)
	var all struct{ Matched []string }
	o.ask(t, map[string]any{"template": dir, "patterns": []string{"**/*"}}, &all)
	for _, patterns := range globCases() {
		var answer struct{ Matched []string }
		o.ask(t, map[string]any{"template": dir, "patterns": patterns}, &answer)
		var want []string
		for _, name := range answer.Matched {
			if slices.Contains(all.Matched, name) { // ./a.txt is no location of the skeleton
				want = append(want, name)
			}
		}
		got, err := action.MatchGlobs(context.Background(), dir, patterns)
		must(t, err)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-Backstage +ours):\n%s", patterns, diff)
		}
	}
}

// TestGlobLimits tries patterns that cost a matcher by backtracking its life.
func TestGlobLimits(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, strings.Repeat("a", 200)), nil, 0o644))
	for _, pattern := range []string{
		strings.Repeat("*a", 100) + "b",
		strings.Repeat("*(a|aa|", 10) + "x" + strings.Repeat(")", 10),
		strings.Repeat("+(*", 16) + strings.Repeat(")", 16) + "b",
		strings.Repeat("**/", 300),
		strings.Repeat("!(", 15) + "a" + strings.Repeat(")", 15),
	} {
		if _, err := action.MatchGlobs(t.Context(), dir, []string{pattern}); err != nil && !isLimit(err) {
			t.Errorf("%s: %v", pattern[:20], err)
		}
	}
	for _, pattern := range []string{
		strings.Repeat("{a,b}", 20), "{1..100000}", strings.Repeat("a", 2000), strings.Repeat("@(", 40) + strings.Repeat(")", 40),
	} {
		if _, err := action.MatchGlobs(t.Context(), dir, []string{pattern}); !isLimit(err) {
			t.Errorf("%.20s: %v, want an error that names a limit", pattern, err)
		}
	}
}
