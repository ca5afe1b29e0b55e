package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The bounds of matches: what is beyond them is an Error, so that no entity can hold
// a server up. RE2 takes time in proportion to the bytes times the instructions.
const (
	maxMatched = 64 << 10 // bytes of one text
	maxMatches = 64 << 20 // bytes of all texts of a list, times instructions; under a second
)

func (c *comparison) judge(facts Facts) Answer {
	if path, ok := c.onePath(); ok {
		return c.judgeFile(facts, path)
	}
	value, missing := facts.Fact(c.ref)
	if missing != "" {
		return Answer{Outcome: NotAvailable, Message: fmt.Sprintf("%s is not available: %s", c.ref, missing)}
	}
	ok, found, err := c.holds(value)
	a := Answer{Outcome: Pass, Actual: c.show(value)}
	switch {
	case err != "":
		a.Outcome, a.Message, a.Remedy = Error, fmt.Sprintf("%s: %s", c.ref, err), "Ask the owners of the policy to change this rule."
	case ok:
		a.Message = fmt.Sprintf("%s %s", c.ref, found)
	default:
		a.Outcome, a.Remedy = Fail, c.remedy()
		a.Message = fmt.Sprintf("%s %s; %s", c.ref, found, c.need())
	}
	return a
}

// judgeFile answers "repo.files contains path", for which the path alone has to
// have been looked for.
func (c *comparison) judgeFile(facts Facts, path string) Answer {
	has, known := facts.HasFile(path)
	switch {
	case !known:
		return Answer{Outcome: NotAvailable, Message: fmt.Sprintf("whether the repository has %s is not available: that part of it was not read", path)}
	case has:
		return Answer{Outcome: Pass, Actual: path, Message: "the repository has " + path}
	case strings.HasSuffix(path, "/"):
		return Answer{Outcome: Fail, Message: "the repository has no folder " + path, Remedy: fmt.Sprintf("Add the folder %s to the repository.", path)}
	}
	return Answer{Outcome: Fail, Message: "the repository has no " + path, Remedy: fmt.Sprintf("Add the file %s to the repository.", path)}
}

// holds reports whether the comparison holds for value, and what was found. err,
// when not "", says why that cannot be told.
func (c *comparison) holds(value any) (ok bool, found, err string) {
	switch c.op {
	case IsNotEmpty:
		return !isEmpty(value), c.found(value), ""
	case Exists:
		return value != nil, c.found(value), ""
	case MinLength:
		n, unit, counts := length(value)
		if !counts {
			return false, c.found(value) + ", which has no length", ""
		}
		return float64(n) >= c.value.(float64), "has " + unit, ""
	case Equals:
		return value == c.value && isScalar(value), c.found(value), ""
	case NotEquals:
		return value != c.value || !isScalar(value), c.found(value), ""
	case GreaterThan, LessThan:
		n, isNumber := number(value)
		if !isNumber {
			return false, c.found(value), ""
		}
		limit := c.value.(float64)
		return (c.op == GreaterThan && n > limit) || (c.op == LessThan && n < limit), c.found(value), ""
	case Contains, In:
		return slices.ContainsFunc(c.candidates(value), c.accepts), c.found(value), ""
	case Matches:
		ok, err = c.matches(value)
		return ok, c.found(value), err
	}
	return false, "", fmt.Sprintf("the operator %q is not known", c.op)
}

// candidate is a value to be looked at, and whether it was an item of a list as such.
type candidate struct {
	value any
	item  bool
}

// candidates lists what contains, matches and in look at: the items of a list, or
// the field of each, or the keys of a mapping, or the value itself.
func (c *comparison) candidates(value any) []candidate {
	list, isList := value.([]any)
	m, isMap := value.(map[string]any)
	var out []candidate
	switch {
	case value == nil:
	case isList && c.field != "":
		for _, v := range list {
			if m, ok := v.(map[string]any); ok && m[c.field] != nil {
				out = append(out, candidate{value: m[c.field]})
			}
		}
	case isList:
		for _, v := range list {
			out = append(out, candidate{v, true})
		}
	case isMap && c.field != "":
		if v := m[c.field]; v != nil {
			out = append(out, candidate{value: v})
		}
	case isMap:
		for k := range m {
			out = append(out, candidate{k, true})
		}
	default:
		out = append(out, candidate{value: value})
	}
	return out
}

// accepts answers contains and in for one candidate. Text holds text in any case of
// its letters; an item of a list has to be the value itself.
func (c *comparison) accepts(found candidate) bool {
	if !isScalar(found.value) {
		return false
	}
	if list, ok := c.value.([]any); ok {
		return slices.Contains(list, found.value)
	}
	text, isText := found.value.(string)
	part, wantsText := c.value.(string)
	if isText && wantsText && !found.item {
		return strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
	return found.value == c.value
}

func (c *comparison) matches(value any) (ok bool, err string) {
	left := maxMatches / max(c.size, 1)
	for _, found := range c.candidates(value) {
		text, isText := found.value.(string)
		if !isText {
			if !isScalar(found.value) {
				continue
			}
			text = literal(found.value)
		}
		if left -= len(text); len(text) > maxMatched || left < 0 {
			return false, "too much text to be matched against a regular expression"
		}
		if c.pattern.MatchString(text) {
			return true, ""
		}
	}
	return false, ""
}

func isScalar(v any) bool {
	switch v.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// length counts the characters of a text without the space around it, the items of
// a list or the keys of a mapping. What is not there has none of them.
func length(v any) (n int, unit string, ok bool) {
	switch v := v.(type) {
	case nil:
		return 0, "no value", true
	case string:
		n = utf8.RuneCountInString(strings.TrimSpace(v))
		return n, count(n, "character", "characters"), true
	case []any:
		return len(v), count(len(v), "item", "items"), true
	case map[string]any:
		return len(v), count(len(v), "key", "keys"), true
	}
	return 0, "", false
}

// number reads a number; a text that is one counts, since annotations are text.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil
	}
	return 0, false
}
