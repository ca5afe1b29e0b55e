package scaffold

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/internal/safeyaml"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// MaxValuesBytes bounds a file of values.
const MaxValuesBytes = safeyaml.MaxBytes

// ReadValues reads a YAML or JSON file of values: one mapping. file is how errors
// call it.
func ReadValues(file string, data []byte) (*nunjucks.Object, error) {
	if len(data) > MaxValuesBytes {
		return nil, fmt.Errorf("%s: limit of %d bytes for values reached", file, MaxValuesBytes)
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) > 0 && start[0] == '{' {
		if v, err := nunjucks.DecodeJSON(data); err == nil {
			if o, ok := v.(*nunjucks.Object); ok {
				return o, nil
			}
		}
	}
	root, problem := safeyaml.One(string(data))
	if problem != nil {
		return nil, fmt.Errorf("%s: %w", file, problem)
	}
	if root == nil {
		return nunjucks.NewObject(), nil
	}
	d := yamlDecoder{}
	v, err := d.value(root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	o, ok := v.(*nunjucks.Object)
	if !ok {
		return nil, fmt.Errorf("%s: line %d: a mapping of parameters was expected, and this is %s", file, root.Line, safeyaml.KindName(root))
	}
	return o, nil
}

// yamlDecoder makes values of nodes. [safeyaml] has bounded what aliases expand to.
type yamlDecoder struct{}

func (d yamlDecoder) value(n *yaml.Node) (nunjucks.Value, error) {
	n = safeyaml.Resolve(n)
	switch n.Kind {
	case yaml.SequenceNode:
		out := nunjucks.NewArray()
		for _, item := range n.Content {
			v, err := d.value(item)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, v)
		}
		return out, nil
	case yaml.MappingNode:
		out := nunjucks.NewObject()
		return out, d.members(n, out)
	}
	return d.scalar(n)
}

// members puts a mapping's members into out; merged ones (<<) come behind its own.
func (d yamlDecoder) members(n *yaml.Node, out *nunjucks.Object) error {
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := safeyaml.Resolve(n.Content[i]), n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key is a single text", key.Line)
		}
		if key.Tag == "!!merge" {
			merged = append(merged, safeyaml.Resolve(value))
			continue
		}
		v, err := d.value(value)
		if err != nil {
			return err
		}
		out.Set(key.Value, v)
	}
	for _, m := range merged {
		sources := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			sources = m.Content
		}
		for _, source := range sources {
			v, err := d.value(source)
			if err != nil {
				return err
			}
			o, ok := v.(*nunjucks.Object)
			if !ok {
				return fmt.Errorf("line %d: only mappings can be merged", source.Line)
			}
			for _, key := range o.Keys() {
				if !out.Has(key) {
					out.Set(key, o.Get(key))
				}
			}
		}
	}
	return nil
}

func (d yamlDecoder) scalar(n *yaml.Node) (nunjucks.Value, error) {
	switch n.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return b, err
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err != nil {
			return nil, fmt.Errorf("line %d: %q is no number", n.Line, shorten(n.Value, 40))
		}
		return f, nil
	}
	return n.Value, nil
}
