package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// reader turns YAML nodes into Go values, strictly, and collects what is wrong
// with its place. Its methods return nil for what they reported.
type reader struct {
	file     string
	problems []Problem
}

type (
	field  func(value *yaml.Node, at string)
	fields map[string]field
)

// maxProblems bounds a report: who sees fifty has enough to do.
const maxProblems = 50

func (r *reader) problem(n *yaml.Node, at, format string, args ...any) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{File: r.file, Line: n.Line, Column: n.Column, Path: at, Message: fmt.Sprintf(format, args...)})
	}
}

// document returns the root of the only document, or nil when there is none or it
// cannot be used.
func (r *reader) document(text string) *yaml.Node {
	root, problem := safeyaml.One(text)
	if problem != nil {
		r.problems = append(r.problems, Problem{File: r.file, Line: problem.Line, Column: problem.Column, Message: problem.Message})
		return nil
	}
	return root
}

// mapping hands every value of n to the field of its key.
func (r *reader) mapping(n *yaml.Node, at string, known fields) {
	r.entries(n, at, len(known)+maxItems, func(key, value *yaml.Node, at string) {
		if read, ok := known[key.Value]; ok {
			read(value, at)
			return
		}
		keys := slices.Sorted(maps.Keys(known))
		r.problem(key, at, "unknown key %s; known are %s", quote(key.Value), strings.Join(keys, ", "))
	})
}

// entries walks a mapping in the order of the file.
func (r *reader) entries(n *yaml.Node, at string, limit int, f func(key, value *yaml.Node, at string)) {
	if n.Kind != yaml.MappingNode {
		r.problem(n, at, "a mapping is expected here, this is %s", safeyaml.KindName(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if i/2 == limit {
			r.problem(n.Content[i], at, "more than %d entries", limit)
			return
		}
		key, value := safeyaml.Resolve(n.Content[i]), safeyaml.Resolve(n.Content[i+1])
		below := strings.TrimPrefix(at+"."+short(key.Value), ".")
		if key.Kind != yaml.ScalarNode {
			r.problem(n.Content[i], at, "a key has to be a string, this is %s", safeyaml.KindName(key))
			continue
		}
		if first, twice := seen[key.Value]; twice {
			r.problem(key, below, "given twice; the first is on line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		f(key, value, below)
	}
}

func (r *reader) items(n *yaml.Node, at string, limit int, f func(item *yaml.Node, at string)) {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, at, "a list is expected here, this is %s", safeyaml.KindName(n))
		return
	}
	for i, item := range n.Content {
		if i == limit {
			r.problem(item, at, "more than %d items", limit)
			return
		}
		f(safeyaml.Resolve(item), fmt.Sprintf("%s[%d]", at, i))
	}
}

// strings reads a list, each item by read.
func (r *reader) strings(n *yaml.Node, at string, read func(*yaml.Node, string) *string) *[]string {
	out := []string{}
	r.items(n, at, maxItems, func(n *yaml.Node, at string) {
		if s := read(n, at); s != nil {
			out = append(out, *s)
		}
	})
	return &out
}

func (r *reader) string(n *yaml.Node, at string) *string {
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str":
		r.problem(n, at, "a string is expected here, this is %s%s", safeyaml.KindName(n), quoteHint(n))
	case strings.TrimSpace(n.Value) == "":
		r.problem(n, at, "an empty string says nothing")
	case utf8.RuneCountInString(n.Value) > maxText:
		r.problem(n, at, "longer than %d characters", maxText)
	default:
		return &n.Value
	}
	return nil
}

// quoteHint reminds of YAML's surprises, such as a version 1.0 or a yes.
func quoteHint(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Value != "" && n.Tag != "!!null" {
		return fmt.Sprintf("; write it in quotes: %q", short(n.Value))
	}
	return ""
}

func (r *reader) matching(n *yaml.Node, at string, re *regexp.Regexp, what string) *string {
	s := r.string(n, at)
	if s != nil && !re.MatchString(*s) {
		r.problem(n, at, "%s is not %s", quote(*s), what)
		return nil
	}
	return s
}

func (r *reader) oneOf(n *yaml.Node, at string, allowed ...string) *string {
	// YAML 1.1 reads a bare off as false, YAML 1.2 as the word; the word is meant.
	if n.Kind == yaml.ScalarNode && slices.Contains(allowed, n.Value) {
		return &n.Value
	}
	if n.Kind != yaml.ScalarNode {
		r.problem(n, at, "one of %s is expected here, this is %s", strings.Join(allowed, ", "), safeyaml.KindName(n))
		return nil
	}
	r.problem(n, at, "%s is none of %s", quote(n.Value), strings.Join(allowed, ", "))
	return nil
}

func (r *reader) bool(n *yaml.Node, at string) *bool {
	if n.Kind == yaml.ScalarNode && (n.Value == "true" || n.Value == "false") && n.Style == 0 {
		b := n.Value == "true"
		return &b
	}
	r.problem(n, at, "true or false is expected here, this is %s", safeyaml.KindName(n))
	return nil
}

// short keeps messages readable when a file holds very long words.
func short(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}

func quote(s string) string { return fmt.Sprintf("%q", short(s)) }
