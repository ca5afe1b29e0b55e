package rule

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Operator compares a fact. Spec 4.3 uses the first four.
type Operator string

// The operators of a comparison. docs/scorecards.md says what each means.
const (
	IsNotEmpty  Operator = "isNotEmpty"
	MinLength   Operator = "minLength"
	Equals      Operator = "equals"
	Contains    Operator = "contains"
	NotEquals   Operator = "notEquals"
	Matches     Operator = "matches"
	In          Operator = "in"
	GreaterThan Operator = "greaterThan"
	LessThan    Operator = "lessThan"
	Exists      Operator = "exists"
)

// Operators lists the operators of a comparison, as messages name them.
func Operators() []string {
	return []string{
		string(IsNotEmpty), string(MinLength), string(Equals), string(Contains), string(NotEquals),
		string(Matches), string(In), string(GreaterThan), string(LessThan), string(Exists),
	}
}

// ParseOperator reads an operator's name. The error names the one that may be meant.
func ParseOperator(name string) (Operator, error) {
	if !slices.Contains(Operators(), name) {
		return "", unknownName("an operator", name, Operators())
	}
	return Operator(name), nil
}

// comparison is a fact, an operator and what goes with it.
type comparison struct {
	ref     Ref
	op      Operator
	field   string
	value   any // string, float64, bool, or []any of these for In; nil for none
	pattern *regexp.Regexp
	size    int // instructions that pattern compiles to
}

// Part names what of a comparison is wrong: the key of the policy file.
type Part string

// The parts of a comparison.
const (
	PartValue Part = "value"
	PartField Part = "field"
)

// PartError is a mistake in one part of a comparison.
type PartError struct {
	Part Part
	// Item is the place in a list of values that is wrong, -1 for the part as a whole.
	Item    int
	Message string
}

func (e *PartError) Error() string { return string(e.Part) + ": " + e.Message }

func wrong(part Part, format string, args ...any) *PartError {
	return &PartError{Part: part, Item: -1, Message: fmt.Sprintf(format, args...)}
}

// The bounds of a comparison.
const (
	maxLength  = 1_000_000
	maxValues  = 200
	maxPattern = 500   // characters of a regular expression
	maxProgram = 1_000 // instructions it may compile to
)

// Compare makes the test "the fact at ref is op value". value is a string, float64
// or bool, a []any of these for [In], and nil for operators that take none. field,
// when not "", names the key to look at in every item of a list; [Contains],
// [Matches] and [In] take one.
//
// The error is a *PartError.
func Compare(ref Ref, op Operator, field string, value any) (*Test, error) {
	c := comparison{ref: ref, op: op, field: field, value: value}
	if field != "" && op != Contains && op != Matches && op != In {
		return nil, wrong(PartField, "the operator %s takes no field; contains, matches and in do", op)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Test{op: op, fact: c}, nil
}

func (c *comparison) check() error {
	switch c.op {
	case IsNotEmpty, Exists:
		if c.value != nil {
			return wrong(PartValue, "the operator %s takes no value", c.op)
		}
		return nil
	case In:
		return c.checkIn()
	default:
		if c.value == nil {
			return wrong(PartValue, "the operator %s needs a value", c.op)
		}
	}
	switch c.op {
	case MinLength:
		if n, ok := c.value.(float64); !ok || n < 1 || n > maxLength || n != math.Trunc(n) {
			return wrong(PartValue, "minLength needs a whole number from 1 to %d", maxLength)
		}
	case GreaterThan, LessThan:
		if _, ok := c.value.(float64); !ok {
			return wrong(PartValue, "%s needs a number", c.op)
		}
	case Matches:
		return c.checkPattern()
	default:
		return c.checkScalar(c.value, -1)
	}
	return nil
}

func (c *comparison) checkIn() error {
	list, ok := c.value.([]any)
	if !ok || len(list) == 0 {
		return wrong(PartValue, "in needs a list of values")
	}
	if len(list) > maxValues {
		return wrong(PartValue, "more than %d values", maxValues)
	}
	for i, v := range list {
		if err := c.checkScalar(v, i); err != nil {
			return err
		}
	}
	return nil
}

// statuses are those of a check (spec 7.2).
var statuses = []string{"compliant", "partial", "non_compliant", "not_applicable"}

// checkScalar refuses values that the fact never can have.
func (c *comparison) checkScalar(v any, item int) error {
	text, isString := v.(string)
	switch v.(type) {
	case string, float64, bool:
	default:
		return &PartError{PartValue, item, "a string, a number, true or false is expected here"}
	}
	switch {
	case !isString && c.ref.isText():
		return &PartError{PartValue, item, fmt.Sprintf("%s is always text; write the value in quotes", c.ref)}
	case c.ref.keys[0] == "checks" && c.op != Contains && !slices.Contains(statuses, text):
		return &PartError{PartValue, item, unknownName("a status of a check", text, statuses).Error()}
	case c.op == Contains && isString && text == "":
		return &PartError{PartValue, item, "everything contains an empty text"}
	}
	if path, ok := c.onePath(); ok && !isRepoPath(path) {
		return &PartError{PartValue, item, fmt.Sprintf("%q is no path in a repository: relative, with forward slashes, without .. and wildcards", clip(path, 60))}
	}
	return nil
}

func (c *comparison) checkPattern() error {
	text, ok := c.value.(string)
	if !ok {
		return wrong(PartValue, "matches needs a regular expression, in quotes")
	}
	re, size, err := compilePattern(text)
	if err != nil {
		return wrong(PartValue, "%s", err)
	}
	c.pattern, c.size = re, size
	return nil
}

// compilePattern compiles a regular expression (RE2) of bounded size, and returns the
// size. What it would grow to is worked out before anything is built.
func compilePattern(text string) (re *regexp.Regexp, size int, err error) {
	if len(text) > maxPattern {
		return nil, 0, fmt.Errorf("a regular expression of %d characters; at most %d are read", len(text), maxPattern)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, 0, fmt.Errorf("this is no regular expression (RE2): %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if size = programSize(tree); size > maxProgram {
		return nil, 0, fmt.Errorf("this regular expression is too large: it compiles to over %d instructions; repeat less", maxProgram)
	}
	if re, err = regexp.Compile(text); err != nil {
		return nil, 0, fmt.Errorf("this is no regular expression (RE2): %w", err)
	}
	return re, size, nil
}

// programSize estimates the instructions that a regular expression compiles to,
// with repetitions multiplied out. It stops counting once it is far too many.
func programSize(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	for _, sub := range re.Sub {
		size = min(size+programSize(sub), 1<<20)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return min(size, 1<<20)
}

// isRepoPath reports whether a path can be in a repository; a folder ends in a slash.
func isRepoPath(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return fs.ValidPath(path) && path != "." && !strings.ContainsAny(path, "*?[\\")
}

// onePath returns the path when the comparison is "repo.files contains path".
func (c *comparison) onePath() (string, bool) {
	path, ok := c.value.(string)
	return path, ok && c.op == Contains && c.field == "" && c.ref.isFiles()
}

func (c *comparison) String() string {
	subject := c.ref.String()
	if c.field != "" {
		subject += fmt.Sprintf(" [%s]", c.field)
	}
	if c.value == nil {
		return fmt.Sprintf("%s %s", subject, c.op)
	}
	return fmt.Sprintf("%s %s %s", subject, c.op, literal(c.value))
}

// literal writes a value of the policy as messages show it.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = literal(item)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}
