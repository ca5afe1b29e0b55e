package catalog

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits of one YAML document. Real catalog files stay far below them.
const (
	yamlMaxDepth   = 1000      // levels of nesting
	yamlMaxValues  = 1_000_000 // values after aliases are expanded
	yamlMaxAliases = 100       // expansions of one anchor, nested ones multiplied; as in Backstage
)

// yamlError is why a text is not YAML, for people.
type yamlError struct {
	Position
	name    string // Backstage's name for the error
	message string
	remedy  string
	// fatal is true when Backstage gives up the rest of the file as well.
	fatal bool
}

func (e *yamlError) Error() string { return e.message }

// readYAML returns the value of one document. The error is a *yamlError.
func readYAML(seg segment) (Value, *yamlError) {
	if seg.fault != "" {
		return Value{}, &yamlError{Position: Position{seg.faultLine, 1}, message: seg.fault}
	}
	masked := maskText(seg.text)
	root, yerr := parseNode(masked.text, seg)
	if yerr != nil {
		if other := modernise(masked.text); other != masked.text {
			masked.text = other
			root, yerr = parseNode(masked.text, seg)
		}
	}
	if yerr != nil {
		return Value{}, yerr
	}
	if root == nil {
		return Value{}, nil
	}
	lay := newLayout(masked.text, seg.line)
	if err := lay.check(root, 0); err != nil {
		return Value{}, err
	}
	d := decoder{lines: seg.line - 1, layout: lay, mask: masked, budget: yamlMaxValues, anchors: map[*yaml.Node]*anchor{}}
	v, err := d.value(root, 0)
	if err != nil {
		var ye *yamlError
		if !errors.As(err, &ye) {
			ye = &yamlError{Position: Position{Line: seg.line, Column: 1}, message: err.Error()}
		}
		return Value{}, ye
	}
	return v, nil
}

// parseNode runs yaml.v3 up to its node tree; nil is an empty document.
func parseNode(text string, seg segment) (root *yaml.Node, yerr *yamlError) {
	head := strings.Join(seg.tags, "\n")
	if head != "" {
		head += "\n"
	}
	defer func() {
		if r := recover(); r != nil { // yaml.v3 has panicked on odd input before
			root, yerr = nil, &yamlError{Position: Position{seg.line, 1}, message: fmt.Sprint(r)}
		}
	}()
	if !strings.HasSuffix(text, "\n") {
		text += "\n" // so that a block scalar at the very end keeps its own
	}
	dec := yaml.NewDecoder(strings.NewReader(head + text))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, explainYAML(err, seg, len(seg.tags))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errors.New("text after the end of the document")
		}
		return nil, explainYAML(err, seg, len(seg.tags))
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	if n := len(seg.tags); n > 0 {
		shiftLines(&doc, -n)
	}
	return doc.Content[0], nil
}

func shiftLines(n *yaml.Node, by int) {
	n.Line += by
	for _, c := range n.Content {
		shiftLines(c, by)
	}
}

// Three things that yaml.v3 does not read: lines of nothing but tabs, keys of
// nothing (": value"), and names of anchors with other than letters and digits.
var (
	tabLine    = regexp.MustCompile(`(?m)^[ \t]*\t[ \t]*$`)
	emptyKey   = regexp.MustCompile(`(?m)(^ *(?:- +)*|[{,] *):(?:[ \t\r]|$)`)
	anchorName = regexp.MustCompile(`(?m)((?:^|: |[\[{,]) *|^ *(?:- +)+)([&*])([^ \t\r\n,\[\]{}]+)`)
)

// modernise rewrites them in place. It is only for a text that was not read as
// it is, since it cannot tell them from the same characters within a text.
func modernise(text string) string {
	text = emptyKey.ReplaceAllString(tabLine.ReplaceAllString(text, ""), "${1}~: ")
	return anchorName.ReplaceAllStringFunc(text, func(s string) string {
		at := strings.IndexAny(s, "&*") + 1
		return s[:at] + strings.Map(func(r rune) rune {
			if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
				return r
			}
			return '_'
		}, s[at:])
	})
}
