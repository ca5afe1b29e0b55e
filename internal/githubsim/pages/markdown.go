// Package pages holds what the stand-in shows to browsers: HTML templates, one style
// sheet and safe Markdown. It keeps no state and never runs what it shows.
package pages

import (
	"bytes"
	"html/template"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

// markdown turns what people and apps write into HTML that is safe to show:
// GitHub-flavoured Markdown, HTML in it let through as GitHub lets it, and then
// everything that could run, style or frame taken out.
type markdown struct {
	comments, documents goldmark.Markdown
	policy              *bluemonday.Policy
}

func newMarkdown() *markdown {
	policy := bluemonday.UGCPolicy()
	policy.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[\w+#.-]+$`)).OnElements("code")
	policy.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	policy.AllowAttrs("checked", "disabled").OnElements("input")
	policy.AllowAttrs("open").OnElements("details")
	policy.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("td", "th", "p", "div")

	gfm := goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList,
		// Alignment as an attribute: the policy lets no style through.
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)))
	return &markdown{
		policy:    policy,
		documents: goldmark.New(gfm, goldmark.WithRendererOptions(html.WithUnsafe())),
		comments:  goldmark.New(gfm, goldmark.WithRendererOptions(html.WithUnsafe(), html.WithHardWraps())),
	}
}

// comment renders a comment, a pull request's description or a check run's
// output, where a line break is a line break.
func (m *markdown) comment(text string) template.HTML { return m.render(m.comments, text) }

// document renders a file such as README.md, where it is not.
func (m *markdown) document(text string) template.HTML { return m.render(m.documents, text) }

func (m *markdown) render(with goldmark.Markdown, text string) template.HTML {
	var out bytes.Buffer
	if err := with.Convert([]byte(text), &out); err != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(text) + "</pre>")
	}
	return template.HTML(m.policy.SanitizeBytes(out.Bytes())) // sanitised
}
