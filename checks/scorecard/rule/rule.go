// Package rule holds the question that one line of a scorecard asks: a fact, an
// operator and a value, combinations of these with any, all and not, or an
// expression in CEL. A [Test] is checked and compiled when the policy is read, and
// judged as often as one likes afterwards. The package knows neither how a policy
// file is written (config does) nor where facts come from (scorecard does), and
// never reads a file, a clock or the network.
//
// Start reading at [Test].
package rule

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is the answer to a [Test].
type Outcome string

// The four outcomes.
const (
	Pass Outcome = "pass"
	Fail Outcome = "fail"
	// NotAvailable is for a fact that nobody has read, so that nobody can tell.
	NotAvailable Outcome = "not_available"
	Error        Outcome = "error" // the test cannot be judged on these facts, which is the policy's fault
)

// Answer is what [Test.Judge] found. Its texts are plain, on one line, bounded,
// and may quote the entity: escape them where they are shown.
type Answer struct {
	Outcome Outcome
	Actual  string // the fact's value, at most 120 characters; "" when there is no single one
	Message string // what was found and, unless Pass, what is needed; at most 500 characters
	Remedy  string // what to do about it; "" for Pass
}

// Facts is what a [Test] asks. One Facts is used by one goroutine at a time.
type Facts interface {
	// Fact returns the value of ref: bool, float64, string, []any or
	// map[string]any, or nil when there is none. missing, when not "", says why
	// nobody can tell, such as "the repository was not read".
	Fact(ref Ref) (value any, missing string)

	// HasFile reports whether the repository has the file at path, or the folder
	// when path ends in a slash; known is false when that part of the repository
	// was not read.
	HasFile(path string) (has, known bool)

	// Variables returns what expressions see.
	Variables() Variables
}

// Test is one question, ready to be asked. It is immutable and safe for concurrent
// use. [Compare], [Any], [All], [Not] and [Env.Compile] make one.
type Test struct {
	op    Operator
	fact  comparison
	parts []*Test     // of any, all and not
	expr  *expression // of an expression
}

// The operators that people do not write as such.
const (
	opAny        Operator = "any"
	opAll        Operator = "all"
	opNot        Operator = "not"
	opExpression Operator = "expression"
)

// Any holds when one of tests holds. There has to be one.
func Any(tests ...*Test) *Test { return &Test{op: opAny, parts: slices.Clone(tests)} }

// All holds when every one of tests holds.
func All(tests ...*Test) *Test { return &Test{op: opAll, parts: slices.Clone(tests)} }

// Not holds when test does not.
func Not(test *Test) *Test { return &Test{op: opNot, parts: []*Test{test}} }

// Judge answers the test. It takes microseconds for a comparison; an expression is
// stopped at a fixed cost, and then is an Error.
//
// What cannot be known stays so only where it matters: any passes when one part
// passes and all fails when one part fails, whatever the others are. Otherwise an
// Error goes before NotAvailable.
func (t *Test) Judge(facts Facts) Answer {
	var a Answer
	switch t.op {
	case opAny, opAll:
		a = t.judgeParts(facts)
	case opNot:
		a = t.judgeNot(facts)
	case opExpression:
		a = t.expr.judge(facts)
	default:
		a = t.fact.judge(facts)
	}
	a.Actual, a.Message, a.Remedy = clip(a.Actual, maxActual), clip(a.Message, maxMessage), clip(a.Remedy, maxMessage)
	return a
}

func (t *Test) judgeParts(facts Facts) Answer {
	decides, otherwise := Pass, Fail
	if t.op == opAll {
		decides, otherwise = Fail, Pass
	}
	answers := make([]Answer, 0, len(t.parts))
	for _, part := range t.parts {
		a := part.Judge(facts)
		if a.Outcome == decides {
			return a
		}
		answers = append(answers, a)
	}
	out := Answer{Outcome: otherwise}
	for _, o := range []Outcome{Error, NotAvailable} {
		if i := slices.IndexFunc(answers, func(a Answer) bool { return a.Outcome == o }); i >= 0 {
			return answers[i]
		}
	}
	out.Message = joined(answers, "; ", func(a Answer) string { return a.Message })
	if out.Outcome == Fail {
		out.Remedy = "Do one of these. " + joined(answers, " Or: ", func(a Answer) string { return a.Remedy })
	}
	return out
}

func (t *Test) judgeNot(facts Facts) Answer {
	a := t.parts[0].Judge(facts)
	switch a.Outcome {
	case Pass:
		a.Outcome = Fail
		a.Message += "; that is what must not be"
		a.Remedy = "Change it so that this no longer holds: " + t.parts[0].String() + "."
	case Fail:
		a.Outcome, a.Remedy = Pass, ""
		a.Message, _, _ = strings.Cut(a.Message, "; ")
	case NotAvailable, Error:
	}
	return a
}

func joined(answers []Answer, sep string, text func(Answer) string) string {
	texts := make([]string, len(answers))
	for i, a := range answers {
		texts[i] = text(a)
	}
	return strings.Join(texts, sep)
}

// String writes the test in one line, such as
//
//	any(metadata.owner isNotEmpty, metadata.links.title contains "Runbook")
//
// Two tests that read the same are the same.
func (t *Test) String() string {
	switch t.op {
	case opAny, opAll, opNot:
		parts := make([]string, len(t.parts))
		for i, p := range t.parts {
			parts[i] = p.String()
		}
		return fmt.Sprintf("%s(%s)", t.op, strings.Join(parts, ", "))
	case opExpression:
		return fmt.Sprintf("expression %q", t.expr.source)
	}
	return t.fact.String()
}

// Equal reports whether both tests ask the same. Both may be nil.
func (t *Test) Equal(u *Test) bool {
	if t == nil || u == nil {
		return t == u
	}
	return t.String() == u.String()
}

// Files returns the paths that the test looks for among repo.files, and whether it
// needs the whole listing. Both are false for a test that does not ask.
func (t *Test) Files() (paths []string, listing bool) {
	for _, p := range t.parts {
		more, whole := p.Files()
		paths, listing = append(paths, more...), listing || whole
	}
	switch {
	case t.expr != nil:
		listing = listing || t.expr.files
	case t.fact.ref.needsFiles():
		if path, ok := t.fact.onePath(); ok {
			return append(paths, path), listing
		}
		listing = true
	}
	return paths, listing
}
