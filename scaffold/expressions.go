package scaffold

import (
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// part says where in a template a string stands, and so what it may refer to.
type part int

const (
	partIf part = iota
	partEach
	partInput
	partOutput
)

// key is the part's name in a step, or in the spec.
func (p part) key() string {
	return [...]string{partIf: "if", partEach: "each", partInput: "input", partOutput: "output"}[p]
}

// expression is a string of a template that is rendered.
type expression struct {
	part  part
	step  int      // index; len(steps) for the output
	path  []string // below input or output
	value catalog.Value
	text  string
}

// expressions lists every string that a run renders, step by step.
func (t *Template) expressions() []expression {
	var all []expression
	for i := range t.Steps {
		for _, p := range []part{partIf, partEach, partInput} {
			v, _ := t.Steps[i].written.Get(p.key())
			all = collectStrings(all, expression{part: p, step: i, value: v})
		}
	}
	return collectStrings(all, expression{part: partOutput, step: len(t.Steps), value: t.output})
}

func collectStrings(all []expression, at expression) []expression {
	switch at.value.Type() {
	case catalog.String:
		at.text, _ = at.value.Text()
		return append(all, at)
	case catalog.Array:
		for i, item := range at.value.Items() {
			below := at
			below.path, below.value = child(at.path, fmt.Sprint(i)), item
			all = collectStrings(all, below)
		}
	case catalog.Map:
		for key, item := range at.value.Object().All() {
			below := at
			below.path, below.value = child(at.path, key), item
			all = collectStrings(all, below)
		}
	}
	return all
}

// hasTag reports whether rendering can change a text at all.
func hasTag(text string) bool {
	return strings.Contains(text, "${{") || strings.Contains(text, "{%") || strings.Contains(text, "{#")
}

// references lists what a text uses from outside; nil when it does not parse.
func references(e *nunjucks.Engine, text string) []nunjucks.Reference {
	if !hasTag(text) {
		return nil
	}
	t, err := e.Parse(text)
	if err != nil {
		return nil
	}
	return e.References(t)
}

// outputsUsed lists, by step ID, the outputs that any text of the template asks for.
func (t *Template) outputsUsed(e *nunjucks.Engine) map[string][]string {
	used := map[string][]string{}
	for _, x := range t.expressions() {
		for _, r := range references(e, x.text) {
			if r.Kind == nunjucks.Variable && r.Name == "steps" && len(r.Path) > 2 && r.Path[1] == "output" {
				used[r.Path[0]] = append(used[r.Path[0]], r.Path[2])
			}
		}
	}
	return used
}

// byteOffset is where in text the place of a template error is.
func byteOffset(text string, line, column int) int {
	offset := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			break
		}
		offset += next + 1
	}
	return min(offset+max(column-1, 0), len(text))
}
