package checks

import (
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// lineAt walks down keys and list indexes as far as they exist.
func lineAt(n *yaml.Node, keys ...string) int {
	n = safeyaml.Resolve(n)
	line := n.Line
	for _, key := range keys {
		if n == nil {
			break
		}
		if n.Kind == yaml.SequenceNode {
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(n.Content) || i < 0 {
				break
			}
			n = safeyaml.Resolve(n.Content[i])
			line = n.Line
			continue
		}
		k, v := safeyaml.Pair(n, key)
		if k == nil {
			break
		}
		line, n = k.Line, v
	}
	return line
}

var (
	// decoderLine counts within the document, not the file.
	decoderLine = regexp.MustCompile(`\b(?:yaml: )?(?:unmarshal errors:\s*)?line \d+: `)
	// fieldPath finds the path that a decoding error quotes.
	fieldPath  = regexp.MustCompile(`field "([^"]+)"|Go struct field \w+\.([\w.]+)`)
	twiceKey   = regexp.MustCompile(`key .+ already (?:set|defined)`)
	wrongKind  = regexp.MustCompile(`cannot unmarshal (\w+)`)
	fieldIndex = regexp.MustCompile(`\[(\d+)\]`)
)

func errorLine(root *yaml.Node, message string) int {
	if strings.Contains(message, "quantities must match") {
		return lineOfBadQuantity(root, root.Line)
	}
	m := fieldPath.FindStringSubmatch(message)
	if m == nil {
		return root.Line
	}
	what := ""
	if kind := wrongKind.FindStringSubmatch(message); kind != nil {
		what = kind[1]
	}
	return search(root, strings.Split(fieldIndex.ReplaceAllString(m[1]+m[2], ".$1"), "."), what, spot{line: root.Line}).line
}

// spot is a place on the way to a field.
type spot struct {
	line, depth int
	found       bool // the field, holding what the message says
}

// search goes down keys to the node that holds what ("array", "string" and so on,
// "" for anything), or else as far as it can. A path out of Go names no indexes, so
// every item of a list is tried, and it has names of Go types, which are left out.
func search(n *yaml.Node, keys []string, what string, at spot) spot {
	n = safeyaml.Resolve(n)
	if len(keys) == 0 {
		at.found = what == "" || holds(n, what)
		return at
	}
	best := at
	if n.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(keys[0])
		for k, item := range n.Content {
			if err == nil && k != i {
				continue
			}
			rest := keys
			if err == nil {
				rest = keys[1:]
			}
			next := search(item, rest, what, spot{line: item.Line, depth: at.depth + 1})
			if next.found {
				return next
			}
			if next.depth > best.depth {
				best = next
			}
		}
		return best
	}
	if k, v := safeyaml.Pair(n, keys[0]); k != nil {
		return search(v, keys[1:], what, spot{line: k.Line, depth: at.depth + 1})
	}
	if len(keys) > 1 && keys[0] != "" && keys[0][0] >= 'A' && keys[0][0] <= 'Z' {
		return search(n, keys[1:], what, at)
	}
	return best
}

// holds compares a node with encoding/json's word for it.
func holds(n *yaml.Node, what string) bool {
	switch n.Kind {
	case yaml.SequenceNode:
		return what == "array"
	case yaml.MappingNode:
		return what == "object"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return what == "number"
	case "!!bool":
		return what == "bool"
	}
	return what == "string"
}

// repeated lists the keys that stand in a mapping a second time.
func repeated(n *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.ScalarNode && seen[key.Value] {
				out = append(out, key)
			}
			seen[key.Value] = true
		}
	}
	for _, child := range n.Content {
		out = append(out, repeated(child)...)
	}
	return out
}

// lineOfBadQuantity finds the first request or limit that is no quantity.
func lineOfBadQuantity(n *yaml.Node, otherwise int) int {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, safeyaml.Resolve(n.Content[i+1])
			if key != "limits" && key != "requests" || value.Kind != yaml.MappingNode {
				continue
			}
			for j := 1; j < len(value.Content); j += 2 {
				if _, err := resource.ParseQuantity(value.Content[j].Value); err != nil {
					return value.Content[j].Line
				}
			}
		}
	}
	for _, child := range n.Content {
		if line := lineOfBadQuantity(child, 0); line > 0 {
			return line
		}
	}
	return otherwise
}
