package scaffold

import (
	"bytes"
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// YAML is the form as GitHub reads it from .github/ISSUE_TEMPLATE. Texts are in
// quotes throughout, so that none of them is read as anything else.
func (f Form) YAML() ([]byte, error) {
	root := mapping("name", quoted(f.Name), "description", quoted(f.Description), "title", quoted(f.Title), "labels", texts(f.Labels))
	body := &yaml.Node{Kind: yaml.SequenceNode}
	for _, e := range f.Elements {
		body.Content = append(body.Content, e.node())
	}
	set(root, "body", body)
	if len(f.Omitted) > 0 {
		root.HeadComment = fmt.Sprintf("Not asked for, because everybody can read an issue: %s", oneOf(f.Omitted))
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("writing the form: %w", err)
	}
	return b.Bytes(), nil
}

func (e Element) node() *yaml.Node {
	attributes := mapping()
	n := mapping("type", plainScalar(string(e.Type)))
	if e.ID != "" {
		set(n, "id", quoted(e.ID))
	}
	set(n, "attributes", attributes)
	for _, pair := range [][2]string{{"label", e.Label}, {"description", e.Description}, {"placeholder", e.Placeholder}, {"value", e.Value}, {"render", e.Render}} {
		if pair[1] != "" {
			set(attributes, pair[0], quoted(pair[1]))
		}
	}
	if e.Multiple {
		set(attributes, "multiple", plainScalar("true"))
	}
	if len(e.Options) > 0 {
		set(attributes, "options", e.options())
	}
	if e.Type == Dropdown && e.Default >= 0 {
		set(attributes, "default", plainScalar(fmt.Sprint(e.Default)))
	}
	if e.Type != Markdown && e.Type != Checkboxes {
		set(n, "validations", mapping("required", plainScalar(fmt.Sprint(e.Required))))
	}
	return n
}

func (e Element) options() *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, o := range e.Options {
		item := quoted(o.Label)
		if e.Type == Checkboxes {
			item = mapping("label", item)
		}
		list.Content = append(list.Content, item)
	}
	return list
}

// mapping makes a mapping of keys and nodes.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for pair := range slices.Chunk(pairs, 2) {
		set(n, pair[0].(string), pair[1].(*yaml.Node))
	}
	return n
}

func set(n *yaml.Node, key string, value *yaml.Node) {
	n.Content = append(n.Content, plainScalar(key), value)
}

func plainScalar(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

func quoted(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

func texts(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range list {
		n.Content = append(n.Content, quoted(s))
	}
	return n
}
