package checks_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
)

func evaluate(t testing.TB, name string) checks.Report {
	t.Helper()
	return checks.Evaluate(checks.Input{Snapshot: load(t, name), Policy: config.DefaultPolicy()})
}

// TestRender holds what people read on GitHub against testdata/render.
func TestRender(t *testing.T) {
	misses, compliant, never := evaluate(t, "go-misses-things"), evaluate(t, "go-compliant"), evaluate(t, "never-runs")
	answer, _ := scorecard.OfService(load(t, "go-compliant"), compliant, config.DefaultPolicy().Scorecards)
	cases := map[string]checks.RenderInput{
		"scorecards":    {Report: compliant, Mode: config.Enforce, Scorecards: scorecard.Markdown(answer)},
		"compliant":     {Report: compliant, Base: &misses, Mode: config.Enforce},
		"one-to-mend":   {Report: evaluate(t, "broken-workflow"), Base: &never, Mode: config.Enforce, Changed: []string{".github/workflows/deploy.yaml"}},
		"misses-things": {Report: misses, Base: &compliant, Mode: config.Enforce, Changed: []string{"deploy/pay.yaml", "README.md"}},
		"misses-advise": {Report: never, Mode: config.Advise},
		"no-path":       {Report: evaluate(t, "nothing"), Mode: config.Enforce},
		"off":           {Report: misses, Mode: config.Off},
		"hostile-words": {Report: evaluate(t, "hostile-words"), Mode: config.Enforce},
		"problem-of-policy": {Report: compliant, Mode: config.Enforce, PolicyProblems: []config.Problem{
			{File: ".platform/policy.yaml", Line: 12, Column: 3, Path: "golden_paths.a|b", Message: "unknown key \"@acme/all\""}}},
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			got := page(checks.Render(in))
			golden := filepath.Join("testdata/render", name+".md")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func page(o checks.Output) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nconclusion: %s\n\n%s\n---\n\n%s\n---\n\n", o.Title, o.Conclusion, o.Summary, o.Text)
	for _, a := range o.Annotations {
		fmt.Fprintf(&b, "- %s %s:%d-%d %s: %s\n", a.Level, a.Path, a.StartLine, a.EndLine, a.Title, a.Message)
	}
	return b.String()
}

func TestConclusionFollowsTheMode(t *testing.T) {
	report := func(s checks.Status) checks.Report {
		return checks.Report{Path: "p", Status: s, Checks: []checks.Result{}}
	}
	cases := []struct {
		status checks.Status
		mode   config.Mode
		want   string
	}{
		{checks.Compliant, config.Enforce, "success"},
		{checks.Partial, config.Enforce, "neutral"},
		{checks.NonCompliant, config.Enforce, "failure"},
		{checks.NotApplicable, config.Enforce, "neutral"},
		{checks.Compliant, config.Advise, "success"},
		{checks.NonCompliant, config.Advise, "neutral"},
		{checks.NonCompliant, config.Off, "skipped"},
	}
	for _, c := range cases {
		if got := checks.Render(checks.RenderInput{Report: report(c.status), Mode: c.mode}).Conclusion; got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.status, c.mode, got, c.want)
		}
	}
}

var (
	codeSpan = regexp.MustCompile(`(?s)<(code|pre)[^>]*>.*?</(code|pre)>`)
	mention  = regexp.MustCompile(`@[A-Za-z0-9]`)
)

// What a repository says must come out as words: no tags, links, images, mentions.
func TestRenderDisarmsWhatTheRepositorySays(t *testing.T) {
	o := checks.Render(checks.RenderInput{Report: evaluate(t, "hostile-words"), Mode: config.Enforce})
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	for name, text := range map[string]string{"summary": o.Summary, "text": o.Text} {
		var b bytes.Buffer
		if err := md.Convert([]byte(text), &b); err != nil {
			t.Fatal(err)
		}
		prose := codeSpan.ReplaceAllString(b.String(), "")
		for _, bad := range []string{"<script", "<img", "<a ", "<b>", "javascript:"} {
			if strings.Contains(strings.ReplaceAll(prose, "(javascript:", ""), bad) {
				t.Errorf("%s: %q comes through:\n%s", name, bad, prose)
			}
		}
		if m := mention.FindString(prose); m != "" {
			t.Errorf("%s: the mention %q comes through", name, m)
		}
	}
	if rows := strings.Count(o.Summary, "\n| "); rows != 8 {
		t.Errorf("the table has %d rows, want 8: a cell was broken open", rows)
	}
}

func TestEscapes(t *testing.T) {
	text := map[string]string{
		"@acme/all":         "@\u200bacme/all",
		"a|b":               `a\|b`,
		"https://x.example": "https:\u200b//x.example",
		"www.x.example":     "www\u200b.x.example",
		"<b>&amp;":          `\<b\>&amp;amp;`,
		"fixes #12":         "fixes \\#\u200b12",
		"![x](y) `z` *_~":   "\\!\\[x\\](y) \\`z\\` \\*\\_\\~",
	}
	for in, want := range text {
		if got := checks.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	code := map[string]string{"a": "`a`", "a`b": "``a`b``", "`": "`` ` ``", "": "` `", "a|b\nc": "`a¦b c`", "\u202ex": "`x`"}
	for in, want := range code {
		if got := checks.Code(in); got != want {
			t.Errorf("Code(%q) = %q, want %q", in, got, want)
		}
	}
	if got := checks.Fence("yaml", "a\n```\n@b\n"); got != "````yaml\na\n```\n@b\n````" {
		t.Errorf("Fence: %q", got)
	}
}

// A report of any size keeps GitHub's limits, names what it leaves out, and keeps
// every annotation.
func TestRenderKeepsTheLimits(t *testing.T) {
	report := checks.Report{Service: "pay", Path: "p", Title: strings.Repeat("Long ", 300), Status: checks.NonCompliant, Score: 10}
	for i := range 60 {
		r := checks.Result{
			ID: fmt.Sprint("c", i), Name: fmt.Sprintf("Check %d", i), Status: checks.NonCompliant,
			Description: strings.Repeat("d", 400),
			Details:     strings.Repeat("- a finding of some length, told in full\n", 60),
			Remediation: "Do this:\n\n" + checks.Fence("yaml", strings.Repeat("key: value\n", 150)),
		}
		for n := range 3 {
			r.Places = append(r.Places, checks.Place{File: "a.yaml", Line: n + 1, Message: strings.Repeat("m", 70_000)})
		}
		report.Checks = append(report.Checks, r)
	}
	o := checks.Render(checks.RenderInput{Report: report, Mode: config.Enforce})
	if len(o.Summary) > 65_535 || len(o.Text) > 65_535 {
		t.Errorf("summary has %d bytes, text %d; at most 65535 are allowed", len(o.Summary), len(o.Text))
	}
	if !strings.Contains(o.Text, "Left out, because") || !strings.Contains(o.Text, "more. `cairn check`") {
		t.Errorf("the text does not say what it leaves out: …%s", o.Text[len(o.Text)-400:])
	}
	if strings.Count(o.Text, "```")%2 != 0 {
		t.Error("a code fence stays open")
	}
	if len(o.Annotations) != 180 {
		t.Errorf("%d annotations, want all 180", len(o.Annotations))
	}
	for _, a := range o.Annotations {
		if len(a.Message) > 64<<10 || len(a.RawDetails) > 64<<10 || len(a.Title) > 255 || a.StartLine < 1 {
			t.Fatalf("an annotation is over the limits: %d, %d, %d", len(a.Message), len(a.RawDetails), len(a.Title))
		}
	}
}
