// Package safeyaml reads YAML that somebody else wrote. It bounds size, nesting,
// documents and alias expansion before anything walks the result, keeps line and
// column of every node, and lets one broken document not hide the others. It
// never decodes into Go values and never expands aliases: callers ask the nodes.
//
// Start reading at [Parse].
package safeyaml

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The bounds of one file. They are far above what people write and far below what
// hurts: a file at all of them is judged in well under a second.
const (
	MaxBytes     = 1 << 20 // of text
	MaxDepth     = 100     // mappings and sequences in one another
	MaxNodes     = 200_000 // of one document, aliases counted as often as they are used
	MaxDocuments = 1_000   // of one file
)

// Problem is why a document cannot be used, and where. Line and Column count from
// 1; Column is 0 where the parser does not say.
type Problem struct {
	Line, Column int
	Message      string
}

func (p *Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.Message) }

// Doc is one document of a file: Root, or the Problem that hides it. Empty
// documents are left out by [Parse].
type Doc struct {
	Line    int    // of its first line in the file
	Text    string // as written, without the --- before it
	Root    *yaml.Node
	Problem *Problem
}

// Parse splits text at its document markers and reads every document on its own.
// A file over the bounds gives one Doc that holds the Problem.
func Parse(text string) []Doc {
	if len(text) > MaxBytes {
		return []Doc{{Line: 1, Problem: &Problem{Line: 1, Message: fmt.Sprintf("the file has %d bytes; at most %d are read", len(text), MaxBytes)}}}
	}
	var docs []Doc
	for _, c := range split(text) {
		if len(docs) == MaxDocuments {
			return append(docs, Doc{Line: c.line, Problem: &Problem{Line: c.line, Message: fmt.Sprintf("more than %d documents in one file", MaxDocuments)}})
		}
		if d, ok := parseOne(c); ok {
			docs = append(docs, d)
		}
	}
	return docs
}

// One reads a file that has to hold exactly one document. An empty file gives a
// nil node and no Problem.
func One(text string) (*yaml.Node, *Problem) {
	docs := Parse(text)
	for _, d := range docs {
		if d.Problem != nil {
			return nil, d.Problem
		}
	}
	switch len(docs) {
	case 0:
		return nil, nil
	case 1:
		return docs[0].Root, nil
	}
	return nil, &Problem{Line: docs[1].Line, Message: fmt.Sprintf("one document was expected, and here the second of %d starts", len(docs))}
}

type chunk struct {
	line int
	text string
}

// split cuts at lines that start with "---". Directives (%YAML) stay with the
// document they belong to.
func split(text string) []chunk {
	var out []chunk
	start, startLine, line := 0, 1, 0
	directive := false
	for pos := 0; pos < len(text); {
		line++
		end := strings.IndexByte(text[pos:], '\n')
		next := len(text)
		if end >= 0 {
			next = pos + end + 1
		}
		row := strings.TrimRight(text[pos:next], "\r\n")
		marker := row == "---" || strings.HasPrefix(row, "--- ") || strings.HasPrefix(row, "---\t")
		switch {
		case marker && directive:
			directive = false
		case marker:
			out = append(out, chunk{startLine, text[start:pos]})
			start, startLine = pos, line
		case strings.HasPrefix(row, "%") && strings.TrimSpace(text[start:pos]) == "":
			directive = true
		}
		pos = next
	}
	return append(out, chunk{startLine, text[start:]})
}

// errorLine finds the line in a message of yaml.v3.
var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func parseOne(c chunk) (Doc, bool) {
	d := Doc{Line: c.line, Text: c.text}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(c.text), &node); err != nil {
		d.Problem = problemOf(err, c)
		return d, true
	}
	if node.Kind == 0 || len(node.Content) == 0 || isNull(node.Content[0]) {
		return d, false
	}
	g := guard{offset: c.line - 1, sizes: map[*yaml.Node]int{}}
	g.walk(node.Content[0], 1)
	if g.problem == nil {
		g.expand(node.Content[0])
	}
	d.Root, d.Problem = node.Content[0], g.problem
	if d.Problem != nil {
		d.Root = nil
	}
	return d, true
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// problemOf turns an error of yaml.v3 into words people can act on.
func problemOf(err error, c chunk) *Problem {
	message := err.Error()
	p := &Problem{Line: c.line}
	m := errorLine.FindStringSubmatch(message)
	if m != nil {
		message = message[len(m[0]):]
		if n, convErr := strconv.Atoi(m[1]); convErr == nil {
			p.Line = c.line + n - 1
		}
	}
	p.Line = max(p.Line, firstBadLine(c))
	if total := strings.Count(c.text, "\n"); p.Line > c.line+total {
		p.Line = c.line + total
	}
	switch {
	case strings.Contains(message, "cannot start any token") && startsWithAt.MatchString(lineOf(c, p.Line)):
		message = "a value that starts with @ needs quotes, such as \"@acme/team\""
	case strings.Contains(message, "cannot start any token"):
		message += "; put the value in quotes"
	case strings.Contains(message, "exceeded max depth"):
		message = "nested far too deep"
	}
	p.Message = message
	return p
}

// searchBudget bounds, in bytes of YAML, the search for the line of a problem.
const searchBudget = 4 << 20

// firstBadLine is the line after the longest beginning of the document that can be
// read: yaml.v3 names the line where the structure that breaks began. It returns 0
// when the search would take too long.
func firstBadLine(c chunk) int {
	text, line, budget := strings.TrimRight(c.text, "\n"), c.line+strings.Count(strings.TrimRight(c.text, "\n"), "\n"), searchBudget
	for {
		cut := strings.LastIndexByte(text, '\n')
		if cut < 0 {
			return line
		}
		if budget -= cut; budget < 0 {
			return 0
		}
		text = text[:cut+1]
		var node yaml.Node
		if yaml.Unmarshal([]byte(text), &node) == nil {
			return line
		}
		text, line = text[:cut], line-1
	}
}

// startsWithAt matches the commonest mistake of catalog files, `owner: @org/team`.
var startsWithAt = regexp.MustCompile(`(?:[:\-] +|^\s*)@`)

func lineOf(c chunk, line int) string {
	rows := strings.SplitN(c.text, "\n", line-c.line+2)
	if i := line - c.line; i < len(rows) {
		return rows[i]
	}
	return ""
}

// guard walks a parsed document once: it moves lines to where they are in the
// file, and holds depth and expansion against the bounds.
type guard struct {
	offset  int
	sizes   map[*yaml.Node]int // expanded size of anchored nodes; -1 while being measured
	problem *Problem
}

func (g *guard) walk(n *yaml.Node, depth int) {
	n.Line += g.offset
	if depth > MaxDepth && g.problem == nil {
		g.problem = &Problem{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("nested more than %d deep", MaxDepth)}
	}
	for _, child := range n.Content {
		g.walk(child, depth+1)
	}
}

// expand returns how many nodes n stands for when aliases are followed.
func (g *guard) expand(n *yaml.Node) int {
	if g.problem != nil {
		return 0
	}
	if n.Kind == yaml.AliasNode {
		return g.expandAlias(n)
	}
	if n.Anchor != "" {
		g.sizes[n] = -1
	}
	size := 1
	for _, child := range n.Content {
		size += g.expand(child)
		if size > MaxNodes && g.problem == nil {
			g.problem = &Problem{Line: child.Line, Column: child.Column, Message: fmt.Sprintf("aliases expand to more than %d nodes", MaxNodes)}
		}
	}
	if n.Anchor != "" {
		g.sizes[n] = size
	}
	return size
}

func (g *guard) expandAlias(n *yaml.Node) int {
	size, known := g.sizes[n.Alias]
	if size < 0 || !known {
		g.problem = &Problem{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("the alias *%s contains itself", n.Value)}
		return 0
	}
	return size
}
