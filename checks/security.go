package checks

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// securityScanning is check 5 of spec 7.2, which names it only. Two questions: does
// a scanner run on changes, and does Dependabot or Renovate cover every ecosystem
// that the repository's manifests show? Both: compliant; one, or a cover with
// holes: partial; none: non-compliant.
func securityScanning() Check {
	return Check{
		ID:    "security-scanning",
		Name:  "Security Scanning",
		Asks:  "Are known holes found, in the change and in what it depends on?",
		Why:   "Most break-ins use a hole that was known and for which there was an update.",
		Wants: securityWants,
		Run:   runSecurity,
	}
}

func securityWants(config.GoldenPath) repo.Want {
	files := slices.Concat(dependabotFiles(), renovateFiles(), []string{"package.json"})
	return repo.Want{Files: files, Dirs: []repo.Dir{{Path: workflowDir, Depth: 1}, {Path: ".github/actions", Depth: 3}}}
}

// dependabotFiles are the two names that GitHub accepts.
func dependabotFiles() []string { return []string{".github/dependabot.yml", ".github/dependabot.yaml"} }

func renovateFiles() []string {
	return []string{"renovate.json", "renovate.json5", ".github/renovate.json", ".github/renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5"}
}

func runSecurity(s *Subject) Result {
	var a answer
	scanned := s.scanner(&a)
	gaps, covered := s.updates(&a)
	var failed []string
	if !scanned {
		failed = append(failed, "no scanner runs on changes")
	}
	if !covered {
		failed = append(failed, "no dependency updates")
	} else if len(gaps) > 0 {
		failed = append(failed, "no dependency updates for "+strings.Join(gaps, ", "))
	}
	switch {
	case len(failed) == 0:
		return a.result(Compliant, "A scanner runs on changes and dependencies are kept up to date")
	case !scanned && !covered:
		return a.result(NonCompliant, "No security scanning: "+strings.Join(failed, ", "))
	}
	return a.result(Partial, "Partial: "+strings.Join(failed, ", "))
}

// scanner asks for the work of a known scanner; a job's name alone is not enough.
func (s *Subject) scanner(a *answer) bool {
	const why = "A scanner that runs on the pull request finds the hole before it is merged."
	w, ok := s.ci.find(roleSecurity, func(w work) bool { return w.scan })
	if ok && w.runs {
		a.note("Scanner: %s (%s).", Text(w.how), where(Place{File: w.file, Line: w.line}))
		return true
	}
	file, line := s.ci.place()
	named, hasName := s.ci.find(roleSecurity, anyWork)
	switch {
	case ok:
		a.fault(w.file, w.line, why, "a scanner is there (%s), but %s", w.how, w.because)
		a.mend(letRun("the scanner", w))
		return false
	case hasName:
		a.fault(named.file, named.line, why, "the job is called security, but no known scanner runs in it")
		a.mend(remedy{say: fmt.Sprintf("Run a scanner in that job (%s), as one of its steps:", where(Place{File: named.file, Line: named.line})),
			lang: "yaml", snippet: s.facts.snippet("scanner step")})
		return false
	default:
		a.fault(file, line, why, "no scanner runs in any workflow")
	}
	a.note("CodeQL's default setup leaves no file in the repository, so it cannot be seen here; a workflow can.")
	r := remedy{say: "Run a scanner on pull requests and pushes", lang: "yaml"}
	if line == 0 {
		r.file, r.snippet = file, s.facts.snippetWith("ci.yaml", []string{roleSecurity})
	} else {
		r.say += fmt.Sprintf(". Put below %s in %s:", Code("jobs:"), Code(file))
		r.snippet = "  " + strings.TrimLeft(s.facts.snippetWith("jobs", []string{roleSecurity}), " ")
	}
	a.mend(r)
	return false
}

// ecosystem is what Dependabot calls a package manager, with the file that shows
// that the repository uses it and the other names that cover it.
type ecosystem struct {
	name    string
	shownBy string
	also    []string
}

// ecosystems lists what the root and the workflows show.
func (s *Subject) ecosystems() []ecosystem {
	var out []ecosystem
	for _, e := range []ecosystem{
		{"gomod", "go.mod", nil},
		{"npm", "package.json", []string{"bun", "pnpm", "yarn"}},
		{"pip", "requirements.txt", []string{"uv"}},
		{"pip", "pyproject.toml", []string{"uv"}},
		{"cargo", "Cargo.toml", nil},
		{"maven", "pom.xml", nil},
		{"gradle", "build.gradle", nil},
		{"gradle", "build.gradle.kts", nil},
		{"bundler", "Gemfile", nil},
		{"docker", "Dockerfile", nil},
	} {
		known := slices.ContainsFunc(out, func(o ecosystem) bool { return o.name == e.name })
		if s.Snapshot.Has(e.shownBy) && !known {
			out = append(out, e)
		}
	}
	if len(s.ci.workflows) > 0 {
		out = append(out, ecosystem{"github-actions", s.ci.workflows[0].file, nil})
	}
	return out
}

const whyUpdates = "Dependencies that nobody updates collect known holes."

// updates returns the ecosystems that nothing keeps up to date; covered is false
// when nothing keeps anything up to date.
func (s *Subject) updates(a *answer) (gaps []string, covered bool) {
	if file := s.renovate(a); file != "" {
		a.note("Renovate covers every ecosystem it finds (%s).", Code(file))
		return nil, true
	}
	need := s.ecosystems()
	var names []string
	for _, e := range need {
		names = append(names, e.name)
	}
	for _, file := range dependabotFiles() {
		f, presence := s.Snapshot.File(file)
		if presence != repo.Present {
			continue
		}
		if !f.Read {
			return nil, s.unread(a, f, whyUpdates)
		}
		return s.dependabot(a, file, f.Text, need)
	}
	a.fault(".github/dependabot.yml", 0, whyUpdates, "missing, and so is a Renovate configuration")
	if len(names) == 0 {
		names = []string{"github-actions"}
	}
	a.mend(remedy{say: "Keep dependencies up to date:", file: ".github/dependabot.yml", lang: "yaml", snippet: s.facts.snippetWith("dependabot", names)})
	return nil, false
}

// renovate names the file that switches Renovate on.
func (s *Subject) renovate(a *answer) string {
	for _, file := range renovateFiles() {
		f, presence := s.Snapshot.File(file)
		if presence != repo.Present {
			continue
		}
		if unjudgeable(f) {
			s.unread(a, f, whyUpdates)
			continue
		}
		// JSON5 and comments are allowed in most of these, so only strict JSON is looked into.
		var settings struct {
			Enabled *bool `json:"enabled"`
		}
		if json.Unmarshal([]byte(f.Text), &settings) == nil && settings.Enabled != nil && !*settings.Enabled {
			a.fault(file, 1, whyUpdates, "Renovate is switched off here")
			continue
		}
		return file
	}
	if text, ok := s.Snapshot.Text("package.json"); ok {
		var pkg packageJSON
		if json.Unmarshal([]byte(text), &pkg) == nil && len(pkg.Renovate) > 0 {
			return "package.json"
		}
	}
	return ""
}

func (s *Subject) dependabot(a *answer, file, text string, need []ecosystem) (gaps []string, covered bool) {
	root, problem := safeyaml.One(text)
	if problem == nil {
		problem = dependabotProblem(root)
	}
	if problem != nil {
		a.fault(file, max(problem.Line, 1), whyUpdates, "Dependabot cannot use this: %s", problem.Message)
		a.mend(remedy{say: fmt.Sprintf("Mend %s at line %d; this is what it looks like:", Code(file), max(problem.Line, 1)), lang: "yaml",
			snippet: s.facts.snippetWith("dependabot", ecosystemNames(need))})
		return nil, false
	}
	_, updates := safeyaml.Pair(root, "updates")
	have := map[string][]string{}
	for _, u := range safeyaml.Items(updates) {
		name := safeyaml.Text(u, "package-ecosystem")
		dirs := []string{safeyaml.Text(u, "directory")}
		for _, d := range safeyaml.Items(u, "directories") {
			dirs = append(dirs, d.Value)
		}
		have[name] = append(have[name], dirs...)
	}
	var missing []ecosystem
	for _, e := range need {
		dirs := slices.Clone(have[e.name])
		for _, other := range e.also {
			dirs = append(dirs, have[other]...)
		}
		if !slices.ContainsFunc(dirs, coversRoot) {
			missing = append(missing, e)
			gaps = append(gaps, e.name)
			a.fault(file, updates.Line, whyUpdates, "nothing updates %s, which %s shows", e.name, e.shownBy)
		}
	}
	if len(missing) > 0 {
		a.mend(remedy{say: fmt.Sprintf("Put below %s in %s:", Code("updates:"), Code(file)), lang: "yaml",
			snippet: "  " + strings.TrimLeft(s.facts.snippetWith("dependabot entries", gaps), " ")})
	}
	return gaps, true
}

func ecosystemNames(list []ecosystem) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.name
	}
	if len(names) == 0 {
		names = []string{"github-actions"}
	}
	return names
}

// coversRoot reports whether a Dependabot directory reaches the root.
func coversRoot(dir string) bool {
	clean := path.Clean("/" + dir)
	return dir != "" && (clean == "/" || clean == "/*" || clean == "/**" || clean == "/**/*" || clean == "/.github/workflows")
}

func dependabotProblem(root *yaml.Node) *safeyaml.Problem {
	if root == nil || root.Kind != yaml.MappingNode {
		return &safeyaml.Problem{Line: 1, Message: "a mapping with version and updates is expected"}
	}
	if v := safeyaml.Get(root, "version"); v == nil || v.Value != "2" {
		return &safeyaml.Problem{Line: root.Line, Message: "version: 2 is missing"}
	}
	key, updates := safeyaml.Pair(root, "updates")
	if updates == nil || updates.Kind != yaml.SequenceNode {
		line := root.Line
		if key != nil {
			line = key.Line
		}
		return &safeyaml.Problem{Line: line, Message: "updates has to be a list"}
	}
	for _, u := range safeyaml.Items(updates) {
		switch {
		case safeyaml.Text(u, "package-ecosystem") == "":
			return &safeyaml.Problem{Line: u.Line, Message: "package-ecosystem is missing in this entry"}
		case safeyaml.Text(u, "directory") == "" && len(safeyaml.Items(u, "directories")) == 0:
			return &safeyaml.Problem{Line: u.Line, Message: "directory is missing in this entry"}
		case safeyaml.Text(u, "schedule", "interval") == "" && safeyaml.Text(u, "multi-ecosystem-group") == "":
			return &safeyaml.Problem{Line: u.Line, Message: "schedule.interval is missing in this entry"}
		}
	}
	return nil
}
