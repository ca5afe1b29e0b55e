package config

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/checks/scorecard/rule"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// cardReader reads scorecards. Expressions are compiled with one environment, made
// for the first of them.
type cardReader struct {
	*reader
	env         *rule.Env
	expressions int
	patterns    int
}

// test reads a rule or a condition: a comparison, any, all, not or an expression.
// It returns nil for what it reported.
func (r *cardReader) test(n *yaml.Node, at string) *rule.Test {
	left := maxTests
	return r.nested(n, at, 1, &left)
}

func (r *cardReader) nested(n *yaml.Node, at string, depth int, left *int) *rule.Test {
	if *left--; *left < 0 {
		if *left == -1 {
			r.problem(n, at, "more than %d tests in one rule; split it", maxTests)
		}
		return nil
	}
	if depth > maxTestDepth {
		r.problem(n, at, "any, all and not are more than %d deep; split the rule or write an expression", maxTestDepth)
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n, at, "a mapping with factRef and operator, any, all, not or expression is expected here, this is %s", safeyaml.KindName(n))
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		switch safeyaml.Resolve(n.Content[i]).Value {
		case "any", "all", "not", "expression":
			return r.combined(n, at, depth, left)
		}
	}
	return r.comparison(n, at)
}

// combined reads a mapping with the one key any, all, not or expression.
func (r *cardReader) combined(n *yaml.Node, at string, depth int, left *int) *rule.Test {
	var out *rule.Test
	list := func(join func(...*rule.Test) *rule.Test) field {
		return func(n *yaml.Node, at string) {
			var tests []*rule.Test
			r.items(n, at, maxTests, func(n *yaml.Node, at string) {
				if t := r.nested(n, at, depth+1, left); t != nil {
					tests = append(tests, t)
				}
			})
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				r.problem(n, at, "an empty list asks nothing")
			}
			out = join(tests...)
		}
	}
	before := len(r.problems)
	if len(n.Content) > 2 {
		r.problem(n, at, "any, all, not and expression each stand alone; put the rest beside it into all")
		return nil
	}
	r.mapping(n, at, fields{
		"any": list(rule.Any),
		"all": list(rule.All),
		"not": func(n *yaml.Node, at string) {
			if t := r.nested(n, at, depth+1, left); t != nil {
				out = rule.Not(t)
			}
		},
		"expression": func(n *yaml.Node, at string) { out = r.expression(n, at) },
	})
	if len(r.problems) > before {
		return nil
	}
	return out
}

// comparison reads factRef, operator, field and value.
func (r *cardReader) comparison(n *yaml.Node, at string) *rule.Test {
	var ref rule.Ref
	var op rule.Operator
	var fieldName string
	var value any
	places := map[string]*yaml.Node{"value": n, "field": n}
	seen := map[string]bool{}
	before := len(r.problems)
	r.known(n, at, "factRef", "operator", "field", "value", "any", "all", "not", "expression")
	if len(r.problems) > before {
		return nil
	}
	r.mapping(n, at, fields{
		"factRef": func(n *yaml.Node, at string) {
			seen["factRef"] = true
			ref = r.ref(n, at)
		},
		"operator": func(n *yaml.Node, at string) {
			seen["operator"] = true
			op = r.operator(n, at)
		},
		"field": func(n *yaml.Node, at string) {
			places["field"] = n
			if s := r.string(n, at); s != nil {
				fieldName = *s
			}
		},
		"value": func(n *yaml.Node, at string) {
			places["value"] = n
			value = r.value(n, at)
		},
	})
	for _, key := range []string{"factRef", "operator"} {
		if !seen[key] && len(r.problems) == before {
			r.problem(n, at, "%s is missing; a rule has factRef and operator, or one of any, all, not and expression", key)
		}
	}
	if len(r.problems) > before || len(ref.Keys()) == 0 || op == "" {
		return nil
	}
	if op == rule.Matches {
		if r.patterns++; r.patterns > maxPatterns {
			r.problem(places["value"], at+".value", "more than %d regular expressions in one policy", maxPatterns)
			return nil
		}
	}
	test, err := rule.Compare(ref, op, fieldName, value)
	if wrong := (*rule.PartError)(nil); errors.As(err, &wrong) {
		place := places[string(wrong.Part)]
		below := at + "." + string(wrong.Part)
		if wrong.Item >= 0 && wrong.Item < len(place.Content) {
			place, below = safeyaml.Resolve(place.Content[wrong.Item]), below+"["+strconv.Itoa(wrong.Item)+"]"
		}
		r.problem(place, below, "%s", wrong.Message)
		return nil
	}
	return test
}

// known reports a key that is none of names, with the one that may be meant.
func (r *cardReader) known(n *yaml.Node, at string, names ...string) {
	for i := 0; i < len(n.Content); i += 2 {
		key := safeyaml.Resolve(n.Content[i])
		if near := rule.Nearest(key.Value, names); near != "" && near != key.Value {
			r.problem(key, at+"."+short(key.Value), "unknown key %s; did you mean %s?", quote(key.Value), near)
		}
	}
}

func (r *cardReader) ref(n *yaml.Node, at string) rule.Ref {
	s := r.string(n, at)
	if s == nil {
		return rule.Ref{}
	}
	ref, err := rule.ParseRef(*s)
	if err != nil {
		r.problem(n, at, "%s: %s", quote(*s), err)
	}
	return ref
}

func (r *cardReader) operator(n *yaml.Node, at string) rule.Operator {
	s := r.string(n, at)
	if s == nil {
		return ""
	}
	op, err := rule.ParseOperator(*s)
	if err != nil {
		r.problem(n, at, "%s", err)
	}
	return op
}

// value reads a string, a number, true, false, or a list of these.
func (r *cardReader) value(n *yaml.Node, at string) any {
	if n.Kind == yaml.SequenceNode {
		list := []any{}
		r.items(n, at, maxItems, func(n *yaml.Node, at string) { list = append(list, r.scalar(n, at)) })
		return list
	}
	return r.scalar(n, at)
}

func (r *cardReader) scalar(n *yaml.Node, at string) any {
	switch {
	case n.Kind != yaml.ScalarNode:
	case n.Tag == "!!str" && utf8.RuneCountInString(n.Value) <= maxText:
		return n.Value
	case n.Tag == "!!str":
		r.problem(n, at, "longer than %d characters", maxText)
		return nil
	case n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false"):
		return n.Value == "true"
	case n.Tag == "!!int" || n.Tag == "!!float":
		var f float64
		if err := n.Decode(&f); err == nil && f-f == 0 { // neither infinite nor NaN
			return f
		}
	}
	r.problem(n, at, "a string, a number, true or false is expected here, this is %s", safeyaml.KindName(n))
	return nil
}

func (r *cardReader) expression(n *yaml.Node, at string) *rule.Test {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.problem(n, at, "an expression in CEL is expected here, this is %s", safeyaml.KindName(n))
		return nil
	}
	if strings.TrimSpace(n.Value) == "" {
		r.problem(n, at, "an empty expression asks nothing")
		return nil
	}
	if r.expressions++; r.expressions > maxExpressions {
		r.problem(n, at, "more than %d expressions in one policy", maxExpressions)
		return nil
	}
	if r.env == nil {
		env, err := rule.NewEnv()
		if err != nil {
			r.problem(n, at, "%s", err)
			return nil
		}
		r.env = env
	}
	test, err := r.env.Compile(n.Value)
	if wrong := (*rule.ExpressionError)(nil); errors.As(err, &wrong) {
		r.problem(within(n, wrong), at, "%s", wrong.Message)
		return nil
	}
	return test
}

// within returns the place of a mistake in an expression as far as YAML's style
// lets it be told: the line in a literal block, the column on one line.
func within(n *yaml.Node, wrong *rule.ExpressionError) *yaml.Node {
	place := &yaml.Node{Line: n.Line, Column: n.Column}
	switch {
	case wrong.Line < 1:
	case n.Style&yaml.LiteralStyle != 0:
		place.Line, place.Column = n.Line+wrong.Line, 0
	case n.Style&yaml.FoldedStyle != 0:
		place.Column = 0
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		place.Column += wrong.Column
	default:
		place.Column += wrong.Column - 1
	}
	return place
}
