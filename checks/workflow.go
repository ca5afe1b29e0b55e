package checks

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

const workflowDir = ".github/workflows"

// pipeline is what a repository's workflows do.
type pipeline struct {
	workflows []*workflow // sorted by path
	works     []work      // in the order of files and jobs
}

// workflow is one file under .github/workflows.
type workflow struct {
	file     string
	ast      *actionlint.Workflow // nil when the file could not be read
	problems []Place              // why GitHub would not run it; if any, nothing in it runs
	runs     bool                 // on pull requests or pushes to branches
	because  string               // why it does not, in words
	called   bool                 // it is a reusable workflow and nothing else
	jobsLine int                  // of the key jobs
}

// work is something a job does that policy may ask for.
type work struct {
	role    string // test, lint, security, build, or a job's own name in lower case
	how     string // plain text: "job test", "go test in job checks"
	file    string
	line    int
	runs    bool   // on pull requests or pushes
	because string // why not
	scan    bool   // it is the work of a tool Cairn knows, not just a job's name
	weak    bool   // what does it could not be read and is taken at its name
}

// readPipeline reads every workflow and resolves what its jobs do.
func readPipeline(s *repo.Snapshot) pipeline {
	var p pipeline
	budget := maxTangle
	for _, f := range s.Under(workflowDir) {
		if path.Dir(f.Path) == workflowDir && isYAML(f.Path) {
			p.workflows = append(p.workflows, readWorkflow(f, &budget))
		}
	}
	for _, w := range p.workflows {
		w.problems = append(w.problems, badCalls(w, p.workflows, s)...)
	}
	r := resolver{snapshot: s, workflows: p.workflows, scripts: readScripts(s)}
	for _, w := range p.workflows {
		if w.ast != nil && !w.called {
			r.workflow(w, scope{file: w.file, runs: w.runs, because: w.because}.refusedWith(w), 0)
		}
	}
	p.works = r.works
	return p
}

func isYAML(file string) bool {
	return strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")
}

// find returns the best work of a role: one that runs before one that does not,
// and one that was read before one that is taken at its name.
func (p pipeline) find(role string, accept func(work) bool) (w work, ok bool) {
	for _, candidate := range p.works {
		if candidate.role != role || !accept(candidate) {
			continue
		}
		if !ok || candidate.rank() > w.rank() {
			w, ok = candidate, true
		}
	}
	return w, ok
}

func anyWork(work) bool { return true }

func (w work) rank() int {
	switch {
	case w.runs && !w.weak:
		return 3
	case w.runs:
		return 2
	case !w.weak:
		return 1
	}
	return 0
}

var jobsKey = regexp.MustCompile(`(?m)^jobs\s*:`)

func readWorkflow(f repo.File, budget *int) *workflow {
	w := &workflow{file: f.Path, jobsLine: 1}
	if !f.Read {
		w.problems = []Place{notRead(f)}
		return w
	}
	root, problem := safeyaml.One(f.Text)
	if problem != nil || root == nil {
		if problem == nil {
			problem = &safeyaml.Problem{Line: 1, Message: "the file is empty"}
		}
		w.problems = []Place{{File: f.Path, Line: problem.Line, Message: "not a workflow: " + problem.Message}}
		return w
	}
	if at := jobsKey.FindStringIndex(f.Text); at != nil {
		w.jobsLine = strings.Count(f.Text[:at[0]], "\n") + 1
	}
	expressions, keys := tangle(root)
	if *budget -= expressions * keys; *budget < 0 {
		w.problems = []Place{{File: f.Path, Line: 1, Message: fmt.Sprintf("not judged: with its %d expressions among %d keys, the workflows are too much to read", expressions, keys)}}
		return w
	}
	ast, errs := actionlint.Parse([]byte(f.Text))
	errs = slices.DeleteFunc(errs, func(e *actionlint.Error) bool { return !isRefusal(e) })
	if len(errs) == 0 {
		errs = refusals(ast)
	}
	for i, e := range errs {
		if i == 5 {
			w.problems = append(w.problems, Place{File: f.Path, Line: max(e.Line, 1), Message: fmt.Sprintf("and %d more problems", len(errs)-i)})
			break
		}
		w.problems = append(w.problems, Place{File: f.Path, Line: max(e.Line, 1), Message: "GitHub cannot run this workflow: " + e.Message})
	}
	w.ast = ast
	if ast != nil {
		w.runs, w.called, w.because = triggers(ast)
	}
	return w
}

// triggers says whether events that stand for a change of code start a workflow.
// called is for reusable workflows that nothing else starts.
func triggers(w *actionlint.Workflow) (runs, called bool, because string) {
	var names []string
	for _, event := range w.On {
		switch e := event.(type) {
		case *actionlint.WebhookEvent:
			name := e.EventName()
			switch {
			case slices.Contains([]string{"pull_request", "pull_request_target"}, name) && !onPushed(e):
				name += " of other types than synchronize"
			case slices.Contains([]string{"pull_request", "pull_request_target", "merge_group"}, name) && !ignoresAll(e):
				return true, false, ""
			case name == "push" && onlyTags(e):
				name = "push of tags"
			case name == "push" && !ignoresAll(e):
				return true, false, ""
			}
			names = append(names, name)
		default:
			names = append(names, event.EventName())
		}
	}
	if len(names) == 1 && names[0] == "workflow_call" {
		return false, true, "it is only called by other workflows"
	}
	if len(names) == 0 {
		return false, false, "nothing starts it"
	}
	return false, false, "it only runs on " + strings.Join(names, ", ")
}

// onPushed is true for a pull request event that a push to the pull request starts.
func onPushed(e *actionlint.WebhookEvent) bool {
	return len(e.Types) == 0 || slices.ContainsFunc(e.Types, func(t *actionlint.String) bool { return t.Value == "synchronize" })
}

// onlyTags is true for a push that is filtered by tags and not by branches, which
// branch pushes do not start.
func onlyTags(e *actionlint.WebhookEvent) bool {
	tags := !e.Tags.IsEmpty() || !e.TagsIgnore.IsEmpty()
	return tags && e.Branches.IsEmpty() && e.BranchesIgnore.IsEmpty()
}

// ignoresAll is true for an event whose filters let no branch or no file through.
func ignoresAll(e *actionlint.WebhookEvent) bool {
	for _, filter := range []*actionlint.WebhookEventFilter{e.BranchesIgnore, e.PathsIgnore} {
		if !filter.IsEmpty() && slices.ContainsFunc(filter.Values, func(v *actionlint.String) bool { return v.Value == "**" }) {
			return true
		}
	}
	return false
}

// scope is where a job or step stands: whether it runs, and through what.
type scope struct {
	file    string
	job     string
	line    int
	runs    bool
	because string
	via     string              // " through .github/workflows/go.yaml"
	matrix  map[string][]string // values by lower-case key
}

// refused is why work in a workflow with problems does not count.
const refused = "GitHub does not start its workflow"

// refusedWith lets nothing run in a workflow that GitHub does not start.
func (s scope) refusedWith(w *workflow) scope {
	if len(w.problems) > 0 {
		s.runs, s.because = false, refused
	}
	return s
}

// resolver follows jobs into what they run. Its bounds hold for one repository.
type resolver struct {
	snapshot  *repo.Snapshot
	workflows []*workflow
	scripts   scripts
	works     []work
	jobs      int
}

// idleJobs finds the jobs, by ID, that do not run for a change: by their condition,
// or because they wait for one that does not. always() and its like run all the same.
func idleJobs(ast *actionlint.Workflow) map[string]string {
	idle := map[string]string{}
	jobs := sortedJobs(ast)
	for changed := true; changed; {
		changed = false
		for _, j := range jobs {
			id := strings.ToLower(j.ID.Value)
			if idle[id] != "" {
				continue
			}
			if j.If != nil && never.MatchString(strings.TrimSpace(j.If.Value)) {
				idle[id], changed = neverTrue, true
				continue
			}
			if j.If != nil && runsAnyway.MatchString(j.If.Value) {
				continue
			}
			for _, need := range j.Needs {
				if idle[strings.ToLower(need.Value)] != "" {
					idle[id], changed = fmt.Sprintf("it waits for the job %s, which does not run", need.Value), true
					break
				}
			}
		}
	}
	return idle
}

// runsAnyway matches conditions under which a job runs although one that it needs was
// skipped.
var runsAnyway = regexp.MustCompile(`\b(?:always|failure|cancelled)\s*\(`)

const (
	maxCalls = 10    // reusable workflows and composite actions in one another
	maxJobs  = 2_000 // jobs and composite actions looked at
	maxWorks = 5_000
)

func (r *resolver) add(s scope, w work) {
	if len(r.works) < maxWorks {
		w.how += s.via
		w.file, w.line, w.runs, w.because = s.file, s.line, s.runs, s.because
		r.works = append(r.works, w)
	}
}

func (r *resolver) workflow(w *workflow, s scope, depth int) {
	idle := idleJobs(w.ast)
	for _, j := range sortedJobs(w.ast) {
		s := s
		if because := idle[strings.ToLower(j.ID.Value)]; because != "" && s.runs {
			s.runs, s.because = false, because
		}
		r.job(j, s, depth)
	}
}

func lineOf(p *actionlint.Pos) int {
	if p == nil {
		return 1
	}
	return max(p.Line, 1)
}

// never matches conditions under which a job does not run for a change.
var never = regexp.MustCompile(`^(?:\$\{\{)?\s*(?:(false)(?:\s*&&[^|]*)?|github\.event_name\s*==\s*'(schedule|workflow_dispatch|release|repository_dispatch|deployment)')\s*(?:\}\})?$`)

const neverTrue = "its condition is never true on a pull request or push"

func (r *resolver) job(j *actionlint.Job, s scope, depth int) {
	if r.jobs++; r.jobs > maxJobs {
		return
	}
	if s.via == "" || s.line == 0 {
		s.line = lineOf(j.Pos)
	}
	s.job = j.ID.Value
	s.matrix = matrixOf(j)
	names := []string{j.ID.Value}
	if j.Name != nil {
		names = append(names, expand(j.Name.Value, s.matrix)...)
	}
	for i, name := range names {
		if i == 0 || !strings.EqualFold(name, names[0]) {
			r.add(s, work{role: strings.ToLower(strings.TrimSpace(name)), how: "job " + name})
		}
	}
	if j.WorkflowCall != nil && j.WorkflowCall.Uses != nil {
		r.call(j.WorkflowCall.Uses.Value, names, s, depth)
	}
	for _, step := range j.Steps {
		if step != nil {
			r.step(step, s, depth)
		}
	}
}

// call follows a reusable workflow: a local one is read, another repository's is
// taken at its name.
func (r *resolver) call(uses string, names []string, s scope, depth int) {
	local, ok := strings.CutPrefix(uses, "./")
	if ok {
		for _, w := range r.workflows {
			if w.file != local || w.ast == nil || depth >= maxCalls {
				continue
			}
			s.via += " through " + w.file
			r.workflow(w, s.refusedWith(w), depth+1)
			return
		}
	}
	file, _, _ := strings.Cut(uses, "@")
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".yaml"), ".yml")
	for _, name := range append(names, base) {
		for _, role := range rolesOfName(name) {
			r.add(s, work{role: role, how: "reusable workflow " + file, scan: true, weak: true})
		}
	}
}

func (r *resolver) step(step *actionlint.Step, s scope, depth int) {
	if step.If != nil && never.MatchString(strings.TrimSpace(step.If.Value)) {
		return
	}
	switch exec := step.Exec.(type) {
	case *actionlint.ExecRun:
		if exec.Run == nil {
			return
		}
		atRoot := exec.WorkingDirectory == nil || slices.Contains([]string{".", "./"}, exec.WorkingDirectory.Value)
		r.script(exec.Run.Value, atRoot, s)
	case *actionlint.ExecAction:
		if exec.Uses != nil {
			for _, uses := range expand(exec.Uses.Value, s.matrix) {
				r.action(uses, s, depth)
			}
		}
	}
}

func (r *resolver) script(text string, atRoot bool, s scope) {
	for _, variant := range expand(text, s.matrix) {
		for _, w := range r.scripts.workOf(variant, atRoot) {
			r.add(s, work{role: w.role, how: w.how + " in job " + s.job, scan: true, weak: w.weak})
		}
	}
}

func (r *resolver) action(uses string, s scope, depth int) {
	if dir, ok := strings.CutPrefix(uses, "./"); ok {
		r.composite(path.Clean(dir), s, depth)
		return
	}
	name, _, _ := strings.Cut(strings.ToLower(uses), "@")
	for _, a := range knownActions() {
		if name == a.name || strings.HasPrefix(name, a.name+"/") {
			r.add(s, work{role: a.role, how: name + " in job " + s.job, scan: true})
			return
		}
	}
}

// composite follows a local composite action.
func (r *resolver) composite(dir string, s scope, depth int) {
	if r.jobs++; r.jobs > maxJobs || depth >= maxCalls {
		return
	}
	for _, name := range []string{dir + "/action.yml", dir + "/action.yaml"} {
		text, ok := r.snapshot.Text(name)
		if !ok {
			continue
		}
		root, problem := safeyaml.One(text)
		if problem != nil {
			return
		}
		s.via += " through " + name
		for _, step := range safeyaml.Items(root, "runs", "steps") {
			if never.MatchString(strings.TrimSpace(safeyaml.Text(step, "if"))) {
				continue
			}
			if uses := safeyaml.Text(step, "uses"); uses != "" {
				r.action(uses, s, depth+1)
			}
			if run := safeyaml.Text(step, "run"); run != "" {
				r.script(run, safeyaml.Text(step, "working-directory") == "", s)
			}
		}
		return
	}
	if _, presence := r.snapshot.File(dir + "/action.yml"); presence == repo.Absent {
		return // and so is action.yaml: the step fails
	}
	for _, role := range rolesOfName(path.Base(dir)) {
		r.add(s, work{role: role, how: "action " + dir + " in job " + s.job, scan: true, weak: true})
	}
}

// matrixOf collects the values of a job's matrix, objects as "key.field".
func matrixOf(j *actionlint.Job) map[string][]string {
	if j.Strategy == nil || j.Strategy.Matrix == nil {
		return nil
	}
	out := map[string][]string{}
	for key, row := range j.Strategy.Matrix.Rows {
		if row == nil {
			continue
		}
		for _, v := range row.Values {
			addValue(out, key, v)
		}
	}
	if include := j.Strategy.Matrix.Include; include != nil {
		for _, c := range include.Combinations {
			if c == nil {
				continue
			}
			for key, assign := range c.Assigns {
				if assign != nil {
					addValue(out, key, assign.Value)
				}
			}
		}
	}
	for key := range out {
		slices.Sort(out[key])
		out[key] = slices.Compact(out[key])
	}
	return out
}

func addValue(out map[string][]string, key string, v actionlint.RawYAMLValue) {
	switch v := v.(type) {
	case *actionlint.RawYAMLString:
		out[key] = append(out[key], v.Value)
	case *actionlint.RawYAMLObject:
		for field, value := range v.Props {
			if s, ok := value.(*actionlint.RawYAMLString); ok {
				out[key+"."+field] = append(out[key+"."+field], s.Value)
			}
		}
	}
}

var matrixUse = regexp.MustCompile(`\$\{\{\s*matrix\.([\w.-]+)\s*\}\}`)

// maxVariants bounds what a text with matrix values expands to.
const maxVariants = 64

// expand replaces ${{ matrix.x }} by each of its values.
func expand(text string, matrix map[string][]string) []string {
	if len(text) > maxScript {
		text = text[:maxScript]
	}
	out := []string{text}
	if len(matrix) == 0 || !strings.Contains(text, "matrix.") {
		return out
	}
	done := map[string]bool{}
	for _, m := range matrixUse.FindAllStringSubmatch(text, maxVariants) {
		values := matrix[strings.ToLower(m[1])]
		if done[m[0]] || len(values) == 0 || len(out)*len(values) > maxVariants {
			continue
		}
		done[m[0]] = true
		var next []string
		for _, o := range out {
			for _, v := range values {
				next = append(next, strings.ReplaceAll(o, m[0], v))
			}
		}
		out = next
	}
	return out
}
