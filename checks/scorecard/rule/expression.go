package rule

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/cairn-dev/cairn/internal/repo"
)

// The bounds of an expression.
const (
	maxExpression = 2_000   // characters
	maxNodes      = 1_000   // of its syntax tree, with macros expanded
	maxDepth      = 40      // of parentheses and operators in one another
	maxNested     = 2       // comprehensions (exists, all, map, filter) in one another
	maxCost       = 100_000 // CEL's own units, about a step each; a tenth of a second
	maxMemory     = 500_000 // values alive at once
)

// Variables is what expressions see. The names in CEL are entity, repo and checks.
type Variables struct {
	Entity map[string]any // the whole entity, as JSON
	Repo   Repo
	Checks map[string]Check // by id

	// Gaps lists what of repo and checks could not be read. An expression whose answer
	// hangs on one of them is NotAvailable.
	Gaps []Gap
}

// Gap is a part of Variables that nobody has read, such as "repo" or "repo.files",
// and why.
type Gap struct{ Name, Reason string }

// Repo is the variable repo. Its fields are written with a small first letter, as
// in repo.protection.requiresPullRequest.
type Repo struct {
	Files      []string // as far as they were listed
	Languages  []string
	Topics     []string
	Archived   bool
	Protection repo.Protection
}

// Check is one value of the variable checks.
type Check struct{ Status string }

// ExpressionError is a mistake in an expression. Line and Column count from 1
// within it; 0 is "the whole".
type ExpressionError struct {
	Line, Column int
	Message      string
}

func (e *ExpressionError) Error() string { return e.Message }

// Env compiles expressions. Making one takes about a millisecond; it is safe for
// concurrent use.
type Env struct{ env *cel.Env }

// NewEnv returns an Env with the three variables and CEL's standard functions.
func NewEnv() (*Env, error) {
	named := ext.ParseStructField(func(f reflect.StructField) string { return lowerFirst(f.Name) })
	env, err := cel.NewEnv(
		ext.NativeTypes(reflect.TypeFor[Repo](), reflect.TypeFor[Check](), reflect.TypeFor[repo.Protection](), named),
		cel.Variable("entity", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("repo", cel.ObjectType("rule.Repo")),
		cel.Variable("checks", cel.MapType(cel.StringType, cel.ObjectType("rule.Check"))),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxNested)),
	)
	if err != nil {
		return nil, fmt.Errorf("setting up expressions: %w", err)
	}
	return &Env{env}, nil
}

// Compile parses and type-checks an expression, which has to give true or false.
// The error is an *ExpressionError.
func (e *Env) Compile(source string) (*Test, error) {
	if n := utf8.RuneCountInString(source); n > maxExpression {
		return nil, &ExpressionError{Message: fmt.Sprintf("an expression of %d characters; at most %d are read", n, maxExpression)}
	}
	tree, issues := e.env.Compile(source)
	if issues.Err() != nil {
		return nil, firstIssue(issues)
	}
	if t := tree.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, &ExpressionError{Message: fmt.Sprintf("an expression has to give true or false, this gives %s; compare it with something", typeName(t))}
	}
	x := &expression{source: source}
	if err := x.inspect(tree); err != nil {
		return nil, err
	}
	// OptOptimize compiles regular expressions here, once, and not at every step.
	program, err := e.env.Program(tree, cel.EvalOptions(cel.OptOptimize, cel.OptPartialEval), cel.CostLimit(maxCost), cel.MemoryLimit(maxMemory))
	if err != nil {
		return nil, &ExpressionError{Message: err.Error()}
	}
	x.program = program
	return &Test{op: opExpression, expr: x}, nil
}

func typeName(t *cel.Type) string {
	if t.IsExactType(cel.DynType) {
		return "a value of any type"
	}
	return "a value of type " + t.String()
}

func firstIssue(issues *cel.Issues) error {
	list := issues.Errors()
	if len(list) == 0 {
		return &ExpressionError{Message: issues.Err().Error()}
	}
	first := list[0]
	message := strings.TrimPrefix(first.Message, "Syntax error: ")
	message = strings.ReplaceAll(message, " (in container '')", "")
	if strings.Contains(message, "input '<EOF>'") {
		message = "the expression ends too early"
	}
	if field, ok := strings.CutPrefix(message, "undefined field "); ok {
		if near := Nearest(strings.Trim(field, "'"), slices.Concat(repoFacts, protectionFacts(), []string{"status"})); near != "" {
			message += "; did you mean " + near + "?"
		}
	}
	err := &ExpressionError{Message: clip(message, 300)}
	if at := first.Location; at.Line() > 0 {
		err.Line, err.Column = at.Line(), at.Column()+1
	}
	return err
}

// expression is a compiled CEL expression.
type expression struct {
	source  string
	program cel.Program
	files   bool // whether it asks for repo.files
}

// inspect walks the checked tree: regular expressions have to be literal and of the
// size that the operator matches allows. It also finds out whether the answer may
// hang on repo.files.
func (x *expression) inspect(tree *cel.Ast) error {
	native := tree.NativeRep()
	var first *ExpressionError
	whole, spared := 0, 0 // uses of repo, and those that ask for something but its files
	ast.PreOrderVisit(native.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			s := e.AsSelect()
			if s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "repo" && s.FieldName() != "files" {
				spared++
			}
		case ast.IdentKind:
			if e.AsIdent() == "repo" {
				whole++
			}
		case ast.CallKind:
			call := e.AsCall()
			if call.FunctionName() != "matches" || first != nil {
				return
			}
			if message := literalPattern(call); message != "" {
				at := native.SourceInfo().GetStartLocation(e.ID())
				first = &ExpressionError{Line: at.Line(), Column: at.Column() + 1, Message: message}
			}
		}
	}))
	x.files = whole > spared
	if first != nil {
		return first
	}
	return nil
}

func literalPattern(call ast.CallExpr) string {
	args := call.Args()
	if len(args) == 0 || args[len(args)-1].Kind() != ast.LiteralKind {
		return "the regular expression of matches has to be written out as a string"
	}
	text, ok := args[len(args)-1].AsLiteral().Value().(string)
	if !ok {
		return "the regular expression of matches has to be a string"
	}
	if _, _, err := compilePattern(text); err != nil {
		return err.Error()
	}
	return ""
}

func (x *expression) judge(facts Facts) Answer {
	v := facts.Variables()
	patterns := make([]*cel.AttributePatternType, len(v.Gaps))
	for i, gap := range v.Gaps {
		name, field, below := strings.Cut(gap.Name, ".")
		patterns[i] = cel.AttributePattern(name)
		if below {
			patterns[i] = patterns[i].QualString(field)
		}
	}
	vars, err := cel.PartialVars(map[string]any{"entity": v.Entity, "repo": v.Repo, "checks": v.Checks}, patterns...)
	if err != nil {
		return x.failed(err)
	}
	value, _, err := x.program.Eval(vars)
	if err != nil {
		return x.failed(err)
	}
	switch value {
	case types.True:
		return Answer{Outcome: Pass, Actual: "true", Message: "the expression holds"}
	case types.False:
		return Answer{Outcome: Fail, Actual: "false", Message: "the expression does not hold: " + x.source, Remedy: "Change the entity or its repository so that this holds: " + x.source}
	}
	if unknown, ok := value.(*types.Unknown); ok {
		return Answer{Outcome: NotAvailable, Message: gapReason(unknown, v.Gaps)}
	}
	return x.failed(fmt.Errorf("it gave %v, not true or false", value.Type()))
}

// gapReason names the gap on which the answer hangs.
func gapReason(unknown *types.Unknown, gaps []Gap) string {
	for _, id := range unknown.IDs() {
		trails, _ := unknown.GetAttributeTrails(id)
		for _, trail := range trails {
			for _, gap := range gaps {
				if strings.HasPrefix(trail.String()+".", gap.Name+".") || strings.HasPrefix(gap.Name+".", trail.String()+".") {
					return gap.Name + " is not available: " + gap.Reason
				}
			}
		}
	}
	return "something the expression asks for was not read"
}

func (x *expression) failed(err error) Answer {
	var message string
	switch text := err.Error(); {
	case strings.Contains(text, "cost limit exceeded"), strings.Contains(text, "memory limit exceeded"):
		message = "the expression takes too many steps on this entity and was stopped"
	case strings.Contains(text, "no such key"):
		message = "the expression asks for what is not there: " + text + "; ask has(...) first"
	default:
		message = "the expression cannot be worked out: " + text
	}
	return Answer{Outcome: Error, Message: message, Remedy: "Ask the owners of the policy to change this rule."}
}
