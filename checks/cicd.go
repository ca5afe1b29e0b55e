package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// pipelineCheck is check 2 of spec 7.2: the jobs of the golden path run. A job
// counts if it is called so, or if it does that work; and only if it runs on pull
// requests or pushes. The spec knows no worse answer than partial.
func pipelineCheck() Check {
	return Check{
		ID:    "ci-cd-pipeline",
		Name:  "CI/CD Pipeline",
		Asks:  "Do test, lint, security and build run for every change?",
		Why:   "A change that nothing tested, read or built is found wrong by its users.",
		Wants: pipelineWants,
		Applies: func(s *Subject) (bool, string) {
			return len(s.Path.Jobs) > 0, "This path asks for no jobs"
		},
		Run: runPipeline,
	}
}

func pipelineWants(config.GoldenPath) repo.Want {
	return repo.Want{
		Files: append([]string{"package.json"}, makefiles()...),
		Dirs: []repo.Dir{
			{Path: workflowDir, Depth: 1},
			{Path: ".github/actions", Depth: 3},
		},
	}
}

const whyPipeline = "Only what runs on pull requests or pushes keeps a bad change out of the default branch."

func runPipeline(s *Subject) Result {
	var a answer
	for _, w := range s.ci.workflows {
		for _, p := range w.problems {
			a.fault(p.File, p.Line, "GitHub does not start a workflow that it cannot read, and shows no check for it.", "%s", p.Message)
		}
	}
	broken := a.faults()
	if broken > 0 {
		a.mend(remedy{say: "Mend the lines named above; " + Code("actionlint") + " checks workflows before they are pushed."})
	}
	var missing, absent []string
	for _, job := range s.Path.Jobs {
		w, ok := s.ci.find(strings.ToLower(job), anyWork)
		switch {
		case ok && w.runs:
			a.note("%s: %s (%s)", Code(job), Text(w.how), where(Place{File: w.file, Line: w.line}))
		case ok && w.because == refused:
			missing = append(missing, job) // its file's problems are told above
		case ok:
			missing = append(missing, job)
			a.fault(w.file, w.line, whyPipeline, "%s is there (%s), but %s", job, w.how, w.because)
			a.mend(letRun(job, w))
		default:
			missing, absent = append(missing, job), append(absent, job)
			file, line := s.ci.place()
			a.fault(file, line, whyPipeline, "no job does the work of %s", job)
		}
	}
	if len(absent) > 0 {
		s.mendJobs(&a, absent)
	}
	switch {
	case len(missing) > 0:
		return a.result(Partial, "Missing jobs: "+strings.Join(missing, ", ")+brokenSuffix(broken))
	case broken > 0:
		return a.result(Partial, "All required jobs configured, but a workflow is broken")
	}
	return a.result(Compliant, "All required jobs configured")
}

// letRun is the remedy for a job that is there and does not run for changes.
func letRun(job string, w work) remedy {
	at := where(Place{File: w.file, Line: w.line})
	if w.because == refused {
		return remedy{say: fmt.Sprintf("Mend the workflow, so that %s runs (%s); %s names what is wrong.", Text(job), at, Code("actionlint"))}
	}
	if w.because == neverTrue {
		return remedy{say: fmt.Sprintf("Let %s run for every change: take away the condition of its job (%s).", Text(job), at)}
	}
	return remedy{say: fmt.Sprintf("Let %s run for every change: put %s below %s in its workflow (%s).", Text(job), Code("pull_request:"), Code("on:"), at)}
}

func brokenSuffix(n int) string {
	if n == 0 {
		return ""
	}
	return "; a workflow is broken"
}

// place is where jobs are to be added: of the workflows that run on changes, the
// one called ci, else the one that does most of the work.
func (p pipeline) place() (file string, line int) {
	does := map[string]int{}
	for _, w := range p.works {
		if slices.Contains([]string{roleTest, roleLint, roleSecurity, roleBuild}, w.role) {
			does[w.file]++
		}
	}
	var best *workflow
	for _, w := range p.workflows {
		if w.ast == nil || !w.runs {
			continue
		}
		if strings.HasPrefix(w.file, workflowDir+"/ci.") {
			return w.file, w.jobsLine
		}
		if best == nil || does[w.file] > does[best.file] {
			best = w
		}
	}
	if best == nil {
		return workflowDir + "/ci.yaml", 0
	}
	return best.file, best.jobsLine
}

func (s *Subject) mendJobs(a *answer, missing []string) {
	file, line := s.ci.place()
	list := strings.Join(missing, ", ")
	if line == 0 {
		a.mend(remedy{say: Text("Add missing CI jobs: " + list), file: file, lang: "yaml", snippet: s.facts.snippetWith("ci.yaml", missing)})
		return
	}
	a.mend(remedy{
		say:  fmt.Sprintf("%s. Put below %s in %s:", Text("Add missing CI jobs: "+list), Code("jobs:"), Code(file)),
		lang: "yaml", snippet: "  " + strings.TrimLeft(s.facts.snippetWith("jobs", missing), " "),
	})
}
