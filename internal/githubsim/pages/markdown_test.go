package pages

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	md := newMarkdown()
	tests := []struct {
		name, text string
		want       []string
		never      []string
	}{
		{"tables", "| Check | Status |\n|---|--:|\n| Docs | ok |", []string{"<table>", "<th>Check</th>", "<td>Docs</td>", `align="right"`}, nil},
		{"line breaks count", "one\ntwo", []string{"one<br"}, nil},
		{"code with its language", "```yaml\na: 1\n```", []string{`<pre><code class="language-yaml">a: 1`}, nil},
		{"task lists", "- [x] done", []string{`type="checkbox"`, "checked", "disabled"}, nil},
		{"details", "<details><summary>More</summary>\n\n**bold**\n\n</details>", []string{"<details>", "<summary>More</summary>", "<strong>bold</strong>"}, nil},
		{"scripts are gone", "<script>alert(1)</script>hi", []string{"hi"}, []string{"script", "alert"}},
		{"so are handlers", `<img src="x" onerror="alert(1)">`, nil, []string{"onerror"}},
		{"and script links", "[click](javascript:alert(1))", []string{"click"}, []string{"javascript:"}},
		{"and styles and frames", `<p style="position:fixed">x</p><iframe src="//evil"></iframe><style>a{}</style>`, []string{"x"}, []string{"style", "iframe"}},
		{"and forms", `<form action="/x"><button>b</button><input type="text" name="n"></form>`, nil, []string{"<form", "<button", `type="text"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := string(md.comment(test.text))
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in %s", want, got)
				}
			}
			for _, never := range test.never {
				if strings.Contains(got, never) {
					t.Errorf("%q is in %s", never, got)
				}
			}
		})
	}
}

func TestMarkdownDocumentJoinsLines(t *testing.T) {
	if got := string(newMarkdown().document("one\ntwo")); strings.Contains(got, "<br") {
		t.Errorf("a README's lines are broken: %s", got)
	}
}
