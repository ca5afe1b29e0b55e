package catalog

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// anchor counts the expansions of an anchored node, as Backstage's YAML library
// does to refuse documents that explode.
type anchor struct {
	count, aliasCount int
	value             Value
	done              bool
}

// decoder turns yaml.v3's nodes into values: it resolves scalars by YAML 1.2's
// core schema, refuses repeated keys and keeps within the limits.
type decoder struct {
	lines   int // to add to a node's line
	layout  layout
	mask    mask
	budget  int
	anchors map[*yaml.Node]*anchor
}

func (d *decoder) place(n *yaml.Node) Position {
	return Position{Line: n.Line + d.lines, Column: n.Column}
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) *yamlError {
	return &yamlError{Position: d.place(n), message: fmt.Sprintf(format, args...)}
}

func (d *decoder) value(n *yaml.Node, depth int) (Value, error) {
	if depth > yamlMaxDepth {
		return Value{}, d.fail(n, "nested over %d levels", yamlMaxDepth)
	}
	if d.budget--; d.budget < 0 {
		return Value{}, d.fail(n, "holds over %d values", yamlMaxValues)
	}
	if n.Kind == yaml.AliasNode {
		return d.alias(n)
	}
	var a *anchor
	if n.Anchor != "" {
		a = &anchor{count: 1}
		d.anchors[n] = a
	}
	v, err := d.content(n, depth)
	if err != nil {
		return Value{}, err
	}
	v.pos = d.place(n)
	if a != nil {
		a.value, a.done = v, true
	}
	return v, nil
}

func (d *decoder) content(n *yaml.Node, depth int) (Value, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return d.scalar(n), nil
	case yaml.SequenceNode:
		items := make([]Value, 0, len(n.Content))
		for _, c := range n.Content {
			item, err := d.value(c, depth+1)
			if err != nil {
				return Value{}, err
			}
			items = append(items, item)
		}
		return arrayValue(items), nil
	case yaml.MappingNode:
		return d.mapping(n, depth)
	}
	return Value{}, d.fail(n, "unknown YAML node")
}

func (d *decoder) scalar(n *yaml.Node) Value {
	text := d.mask.restore(n.Value, n.Style&yaml.DoubleQuotedStyle != 0)
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != "!" {
		return resolveTagged(n.ShortTag(), text)
	}
	if quoted || n.Style&yaml.TaggedStyle != 0 || d.layout.isLoneTag(n) {
		return stringValue(text)
	}
	return resolveCore(text)
}

func (d *decoder) mapping(n *yaml.Node, depth int) (Value, error) {
	obj := &Object{}
	seen := make(map[scalarKey]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode := n.Content[i]
		key, err := d.value(keyNode, depth+1)
		if err != nil {
			return Value{}, err
		}
		if keyNode.Kind == yaml.ScalarNode {
			k := scalarKey{kind: key.kind, flag: key.flag, num: key.num, str: key.str}
			if seen[k] {
				e := d.fail(keyNode, "the key %s is there twice", quoteKey(key))
				e.remedy = "keep one of the two"
				return Value{}, e
			}
			seen[k] = true
		}
		value, err := d.value(n.Content[i+1], depth+1)
		if err != nil {
			return Value{}, err
		}
		obj.set(d.keyText(keyNode, key), d.place(keyNode), value)
	}
	return objectValue(obj), nil
}

// scalarKey compares keys as JavaScript's === compares their values: 1 and 0x1
// are the same key, 1 and "1" are not.
type scalarKey struct {
	kind Type
	flag bool
	num  float64
	str  string
}

func quoteKey(key Value) string { return "'" + key.Display() + "'" }

// keyText is the JSON key for a YAML key: nothing for null, the flow form for a
// collection.
func (d *decoder) keyText(n *yaml.Node, key Value) string {
	switch key.kind {
	case Null:
		return ""
	case Array, Map:
		return d.flowText(n)
	}
	return key.Display()
}

// flowText writes a collection used as a key in YAML's flow form, which is what
// templated files such as "{{ name }}: x" end up with.
func (d *decoder) flowText(n *yaml.Node) string {
	var parts []string
	brackets := "[]"
	switch n.Kind {
	case yaml.AliasNode:
		return "*" + n.Value + " "
	case yaml.ScalarNode:
		return d.flowScalar(n)
	case yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, d.flowText(c))
		}
	case yaml.MappingNode:
		brackets = "{}"
		for i := 0; i+1 < len(n.Content); i += 2 {
			part := d.flowText(n.Content[i])
			if k := n.Content[i].Kind; k == yaml.MappingNode || k == yaml.SequenceNode {
				part = "? " + part
			}
			if v := n.Content[i+1]; v.Kind != yaml.ScalarNode || v.Value != "" || v.Style != 0 {
				part += ": " + d.flowText(v)
			}
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return brackets
	}
	return brackets[:1] + " " + strings.Join(parts, ", ") + " " + brackets[1:]
}

func (d *decoder) flowScalar(n *yaml.Node) string {
	text := d.mask.restore(n.Value, n.Style&yaml.DoubleQuotedStyle != 0)
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return string(appendJSONString(nil, text))
	case n.Style&yaml.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// alias repeats an anchored value. An anchor's expansions, multiplied by those
// within it, are bounded.
func (d *decoder) alias(n *yaml.Node) (Value, error) {
	a := d.anchors[n.Alias]
	if a == nil || !a.done {
		e := d.fail(n, "the alias *%s is part of what it repeats", n.Value)
		e.name, e.fatal = "ReferenceError", true
		return Value{}, e
	}
	a.count++
	if a.aliasCount == 0 {
		a.aliasCount = d.aliasCount(n.Alias)
	}
	if a.count*a.aliasCount > yamlMaxAliases {
		e := d.fail(n, "the aliases multiply to over %d copies of *%s", yamlMaxAliases, n.Value)
		e.name, e.fatal = "ReferenceError", true
		e.remedy = "write the repeated parts out, or fewer of them"
		return Value{}, e
	}
	if d.budget -= weigh(a.value); d.budget < 0 {
		return Value{}, d.fail(n, "holds over %d values", yamlMaxValues)
	}
	return a.value, nil
}

func (d *decoder) aliasCount(n *yaml.Node) int {
	switch n.Kind {
	case yaml.AliasNode:
		if a := d.anchors[n.Alias]; a != nil {
			return a.count * a.aliasCount
		}
		return 0
	case yaml.ScalarNode:
		return 1
	}
	most := 0
	for _, c := range n.Content {
		most = max(most, d.aliasCount(c))
	}
	return most
}

// weigh counts the values in v.
func weigh(v Value) int {
	n := 1
	for _, item := range v.items {
		n += weigh(item)
	}
	for _, member := range v.obj.All() {
		n += weigh(member)
	}
	return n
}
