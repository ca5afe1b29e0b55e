package safeyaml

import "gopkg.in/yaml.v3"

// Resolve follows an alias to the node it stands for. A nil node stays nil.
func Resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Pair returns the key and value nodes of key in a mapping, or nils. Merge keys
// (<<) are not followed.
func Pair(n *yaml.Node, key string) (k, v *yaml.Node) {
	n = Resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if Resolve(n.Content[i]).Value == key {
			return n.Content[i], Resolve(n.Content[i+1])
		}
	}
	return nil, nil
}

// Get walks down mappings by key and returns the node there, or nil.
func Get(n *yaml.Node, keys ...string) *yaml.Node {
	n = Resolve(n)
	for _, key := range keys {
		if _, n = Pair(n, key); n == nil {
			return nil
		}
	}
	return n
}

// Text returns the text of the scalar below keys; "" for everything else,
// null included.
func Text(n *yaml.Node, keys ...string) string {
	n = Get(n, keys...)
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

// Items returns the elements of the sequence below keys, aliases resolved.
func Items(n *yaml.Node, keys ...string) []*yaml.Node {
	n = Get(n, keys...)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	out := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		out[i] = Resolve(item)
	}
	return out
}

// KindName says what a node is in words of people who write YAML.
func KindName(n *yaml.Node) string {
	switch n = Resolve(n); {
	case n == nil:
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!bool":
		return "a boolean"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "a number"
	}
	return "a string"
}
