package checks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// refusals are the reasons for which GitHub would not run a file of the right form:
// an unknown event, need, ID or name. Only rules that look at the file alone are
// asked: nothing on this machine, such as an actionlint.yaml, has a say.
func refusals(ast *actionlint.Workflow) []*actionlint.Error {
	rules := []actionlint.Rule{
		actionlint.NewRuleEvents(), actionlint.NewRuleID(), actionlint.NewRulePermissions(),
		actionlint.NewRuleExpression(actionlint.NewLocalActionsCache(nil, nil), actionlint.NewLocalReusableWorkflowCache(nil, "", nil)),
	}
	visitor := actionlint.NewVisitor()
	for _, rule := range rules {
		visitor.AddPass(rule)
	}
	if err := visitor.Visit(ast); err != nil {
		return []*actionlint.Error{{Message: err.Error(), Line: 1}}
	}
	found := badNeeds(ast)
	seen := map[string]bool{}
	for _, rule := range rules {
		for _, e := range rule.Errs() {
			key := fmt.Sprint(e.Line, e.Column, e.Message) // an alias repeats what its anchor said
			if isRefusal(e) && !seen[key] {
				seen[key] = true
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *actionlint.Error) int { return a.Line - b.Line })
	return found
}

// badCalls finds what a workflow uses and GitHub cannot find: a reusable workflow of
// this repository that is not there or is none, and others without a version.
func badCalls(w *workflow, all []*workflow, s *repo.Snapshot) []Place {
	if w.ast == nil {
		return nil
	}
	var found []Place
	say := func(at *actionlint.Pos, format string, args ...any) {
		found = append(found, Place{File: w.file, Line: lineOf(at), Message: "GitHub cannot run this workflow: " + fmt.Sprintf(format, args...)})
	}
	for _, j := range sortedJobs(w.ast) {
		for _, step := range j.Steps {
			if step == nil {
				continue
			}
			a, ok := step.Exec.(*actionlint.ExecAction)
			if ok && a.Uses != nil && !strings.HasPrefix(a.Uses.Value, "./") && !strings.HasPrefix(a.Uses.Value, "docker://") && !strings.Contains(a.Uses.Value, "@") {
				say(a.Uses.Pos, "%s lacks a version, such as @v4", a.Uses.Value)
			}
		}
		if j.WorkflowCall == nil || j.WorkflowCall.Uses == nil {
			continue
		}
		uses := j.WorkflowCall.Uses
		file, local := strings.CutPrefix(uses.Value, "./")
		_, presence := s.File(file)
		i := slices.IndexFunc(all, func(o *workflow) bool { return o.file == file })
		switch {
		case !local && !strings.Contains(uses.Value, "@"):
			say(uses.Pos, "%s lacks a version, such as @v1", uses.Value)
		case local && presence == repo.Absent:
			say(uses.Pos, "%s is not there", file)
		case local && i >= 0 && all[i].ast != nil && !isReusable(all[i].ast):
			say(uses.Pos, "%s cannot be called: it lacks on.workflow_call", file)
		case local && i >= 0 && all[i].ast != nil:
			for _, name := range missingInputs(j.WorkflowCall, all[i].ast) {
				say(uses.Pos, "%s needs the input %s", file, name)
			}
		}
	}
	return found
}

// missingInputs lists what a reusable workflow demands and a call does not give.
func missingInputs(call *actionlint.WorkflowCall, callee *actionlint.Workflow) (names []string) {
	for _, event := range callee.On {
		e, ok := event.(*actionlint.WorkflowCallEvent)
		if !ok {
			continue
		}
		for _, input := range e.Inputs {
			if input.IsRequired() && call.Inputs[strings.ToLower(input.Name.Value)] == nil {
				names = append(names, input.Name.Value)
			}
		}
	}
	return names
}

func isReusable(ast *actionlint.Workflow) bool {
	return slices.ContainsFunc(ast.On, func(e actionlint.Event) bool { return e.EventName() == "workflow_call" })
}

// maxTangle bounds the expressions of a file times its keys, summed over a
// repository's workflows: actionlint writes down every name that an expression could
// have meant. Long workflows of people have a tenth of it.
const maxTangle = 3_000_000

// tangle counts the expressions and the keys below n, aliases as often as used.
func tangle(n *yaml.Node) (expressions, keys int) {
	n = safeyaml.Resolve(n)
	if n.Kind == yaml.ScalarNode {
		return strings.Count(n.Value, "${{"), 0
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			keys++
			if child.Value == "if" {
				expressions++
			}
		}
		e, k := tangle(child)
		expressions, keys = expressions+e, keys+k
	}
	return expressions, keys
}

// isRefusal tells GitHub's errors from advice: an unused anchor is none, a schedule
// may ask for every minute, and an expression may name a property that is not there.
func isRefusal(e *actionlint.Error) bool {
	switch e.Kind {
	case "syntax-check":
		return !newerThanLint.MatchString(e.Message) && (!strings.Contains(e.Message, "anchor") || !strings.Contains(e.Message, "not used"))
	case "id", "permissions":
		return true
	case "events":
		return badEvent.MatchString(e.Message)
	case "expression":
		return badExpression.MatchString(e.Message)
	}
	return false
}

var (
	// newerThanLint matches keys that GitHub takes and actionlint does not know yet.
	newerThanLint = regexp.MustCompile(`^unexpected key "(?:queue" for "concurrency"|(?:entrypoint|command)" for "services")`)
	// badEvent matches what GitHub's schema of workflows has no place for.
	badEvent = regexp.MustCompile(`^(?:unknown Webhook event |invalid (?:activity type|CRON format) |"(?:types|workflows)" cannot be |both .* filters cannot be used |".*" filter is not available )`)
	// badExpression matches what GitHub calls "Unrecognized named-value" or
	// "function", "Unexpected symbol" and "Too few parameters supplied".
	badExpression = regexp.MustCompile(`^(?:undefined (?:variable|function) |parsing invalid |parser did not |scan error |unexpected |got unexpected |number of arguments is wrong|(?:context|calling function) .* not allowed here)`)
)

// badNeeds finds jobs that wait for a job that is not there, or for themselves. Of
// several circles the first is told.
func badNeeds(ast *actionlint.Workflow) []*actionlint.Error {
	var found []*actionlint.Error
	jobs := sortedJobs(ast)
	for _, j := range jobs {
		for _, need := range j.Needs {
			if ast.Jobs[strings.ToLower(need.Value)] == nil {
				found = append(found, &actionlint.Error{Line: lineOf(need.Pos), Message: fmt.Sprintf("job %q needs job %q, which is not in this workflow", j.ID.Value, need.Value)})
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	circle := circleOf(ast, jobs)
	if len(circle) == 0 {
		return nil
	}
	first := slices.MinFunc(circle, func(a, b *actionlint.Job) int { return lineOf(a.Pos) - lineOf(b.Pos) })
	i := slices.Index(circle, first)
	var names []string
	for _, j := range slices.Concat(circle[i:], circle[:i], []*actionlint.Job{first}) {
		names = append(names, j.ID.Value)
	}
	return []*actionlint.Error{{Line: lineOf(first.Needs[0].Pos), Message: "these jobs wait for each other: " + strings.Join(names, " needs ")}}
}

// circleOf returns the first circle of jobs that need each other. Every need has to
// be there.
func circleOf(ast *actionlint.Workflow, jobs []*actionlint.Job) []*actionlint.Job {
	var path []*actionlint.Job
	at := map[*actionlint.Job]int{} // 1 + index in path; -1 for a job that is in no circle
	var visit func(*actionlint.Job) []*actionlint.Job
	visit = func(j *actionlint.Job) []*actionlint.Job {
		switch i := at[j]; {
		case i > 0:
			return path[i-1:]
		case i < 0:
			return nil
		}
		path = append(path, j)
		at[j] = len(path)
		for _, need := range j.Needs {
			if circle := visit(ast.Jobs[strings.ToLower(need.Value)]); circle != nil {
				return circle
			}
		}
		path = path[:len(path)-1]
		at[j] = -1
		return nil
	}
	for _, j := range jobs {
		if circle := visit(j); circle != nil {
			return circle
		}
	}
	return nil
}

// sortedJobs lists the jobs of a workflow by their lines.
func sortedJobs(ast *actionlint.Workflow) []*actionlint.Job {
	jobs := make([]*actionlint.Job, 0, len(ast.Jobs))
	for _, j := range ast.Jobs {
		if j != nil && j.ID != nil {
			jobs = append(jobs, j)
		}
	}
	slices.SortFunc(jobs, func(a, b *actionlint.Job) int {
		return cmp.Or(lineOf(a.Pos)-lineOf(b.Pos), strings.Compare(a.ID.Value, b.ID.Value))
	})
	return jobs
}
