package checks

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/repo"
)

// packageJSON is what is asked of a package.json.
type packageJSON struct {
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	PackageManager  string            `json:"packageManager"`
	Renovate        json.RawMessage   `json:"renovate"`
}

func (p packageJSON) has(dependency string) bool {
	_, a := p.Dependencies[dependency]
	_, b := p.DevDependencies[dependency]
	return a || b
}

// scripts resolves the names that pipelines call: npm scripts and make targets.
type scripts struct {
	tools   []tool
	npm     map[string]string
	targets map[string]target
	first   string // the target of a bare make
}

// target is one rule of a Makefile.
type target struct {
	needs  []string
	recipe string
}

// done is work that a script does, and the command that does it.
type done struct {
	role, how string
	weak      bool // taken at a name
}

func readScripts(s *repo.Snapshot) scripts {
	out := scripts{tools: knownTools()}
	if text, ok := s.Text("package.json"); ok {
		var pkg packageJSON
		if json.Unmarshal([]byte(text), &pkg) == nil {
			out.npm = pkg.Scripts
		}
	}
	for _, name := range makefiles() {
		if text, ok := s.Text(name); ok {
			out.targets, out.first = readMakefile(text)
			break
		}
	}
	return out
}

// makefiles lists the names that make looks for, in its order.
func makefiles() []string { return []string{"GNUmakefile", "makefile", "Makefile"} }

// workOf says what a script does. atRoot is false for scripts of another folder,
// whose Makefile and package.json were not read.
func (s scripts) workOf(script string, atRoot bool) []done {
	w := walker{scripts: s, seen: map[string]bool{}}
	w.script(script, atRoot, "")
	return w.found
}

// walker follows names into scripts, each once.
type walker struct {
	scripts
	seen  map[string]bool
	found []done
	steps int
}

// maxSteps bounds the commands that one script leads to.
const maxSteps = 2_000

func (w *walker) script(text string, atRoot bool, via string) {
	for _, words := range commands(text) {
		words = unwrap(words)
		if len(words) == 0 {
			continue
		}
		if w.steps++; w.steps > maxSteps {
			return
		}
		if words[0] == "cd" {
			atRoot = atRoot && len(words) == 2 && (words[1] == "." || strings.Contains(words[1], "GITHUB_WORKSPACE"))
			continue
		}
		w.command(words, atRoot, via)
	}
}

func (w *walker) add(role, how, via string) {
	if via != "" {
		how += " (" + via + ")"
	}
	w.note(done{role: role, how: how})
}

func (w *walker) note(d done) {
	if !slices.ContainsFunc(w.found, func(o done) bool { return o.role == d.role && o.weak == d.weak }) {
		w.found = append(w.found, d)
	}
}

func (w *walker) command(words []string, atRoot bool, via string) {
	switch name := path.Base(words[0]); {
	case name == "make" || name == "gmake":
		w.makeTargets(words[1:], atRoot)
	case slices.Contains([]string{"npm", "pnpm", "yarn", "bun", "deno"}, name):
		w.npmScript(name, words, atRoot, via)
	case (name == "sh" || name == "bash") && len(words) > 2 && strings.HasPrefix(words[1], "-") && strings.HasSuffix(words[1], "c"):
		w.script(words[2], atRoot, via)
	case (name == "sh" || name == "bash") && len(words) > 1:
		w.byName(path.Base(words[len(words)-1]), strings.Join(words, " "))
	case slices.Contains([]string{"task", "just", "mage", "nx", "turbo", "lerna", "moon", "rush", "rake", "invoke", "inv", "hatch", "pdm"}, name):
		w.runner(words, via)
	case strings.HasSuffix(name, ".sh") && len(words) > 0:
		w.byName(name, words[0])
	case slices.Contains([]string{"run-s", "run-p", "npm-run-all", "concurrently"}, name):
		for _, script := range words[1:] {
			w.run(strings.TrimPrefix(script, "npm:"), atRoot, via)
		}
	case name == "docker" && len(words) > 1 && words[1] == "run":
		w.image(words, via)
	case name == "go" && len(words) > 2 && words[1] == "run":
		w.goRun(words[2:], via)
	default:
		if t, ok := classify(w.tools, words); ok {
			w.add(t.role, t.words, via)
		}
	}
}

// byName takes a script that was not read at its name.
func (w *walker) byName(name, how string) {
	for _, role := range rolesOfName(name) {
		w.note(done{role: role, how: how + " (taken at its name)", weak: true})
	}
}

// runner takes the tasks of just, nx, hatch and the like at their names.
func (w *walker) runner(words []string, via string) {
	if t, ok := classify(w.tools, words); ok {
		w.add(t.role, t.words, via)
		return
	}
	tasks := words[1:]
	if i := slices.Index(words, "run"); i > 0 {
		tasks = words[i+1:]
		if t, ok := classify(w.tools, tasks); ok {
			w.add(t.role, t.words, via)
			return
		}
		tasks = tasks[:min(len(tasks), 1)] // what follows are its arguments
	}
	for _, word := range tasks {
		if !strings.HasPrefix(word, "-") {
			w.byName(word[strings.LastIndexByte(word, ':')+1:], strings.Join(words, " "))
		}
	}
}

// image recognises docker run with the image of a known tool.
func (w *walker) image(words []string, via string) {
	for i, word := range words[2:] {
		name, _, _ := strings.Cut(path.Base(word), ":")
		if t, ok := classify(w.tools, append([]string{name}, words[i+3:]...)); ok && strings.Contains(word, "/") {
			w.add(t.role, t.words, via)
			return
		}
	}
}

// goRun recognises go run golang.org/x/vuln/cmd/govulncheck@latest ./...
func (w *walker) goRun(words []string, via string) {
	for i, word := range words {
		if strings.HasPrefix(word, "-") {
			continue
		}
		module, _, _ := strings.Cut(word, "@")
		if t, ok := classify(w.tools, append([]string{path.Base(module)}, words[i+1:]...)); ok {
			w.add(t.role, t.words, via)
		}
		return
	}
}

func (w *walker) npmScript(name string, words []string, atRoot bool, via string) {
	var plain []string
	for i := 1; i < len(words); i++ {
		flag, _, inline := strings.Cut(words[i], "=")
		switch {
		case !strings.HasPrefix(flag, "-"):
			plain = append(plain, words[i])
		case slices.Contains([]string{"--prefix", "-C", "--cwd", "--filter", "-F", "-w", "--workspace"}, flag):
			atRoot = false
			if !inline {
				i++ // its value
			}
		}
	}
	if len(plain) == 0 {
		return
	}
	if t, ok := classify(w.tools, words); ok && (name == "bun" || name == "deno" || t.role == roleSecurity) {
		w.add(t.role, t.words, via)
		return
	}
	switch plain[0] {
	case "run", "run-script", "task":
		if len(plain) > 1 {
			w.run(plain[1], atRoot, name+" run "+plain[1])
		}
	case "test", "t", "tst":
		w.run("test", atRoot, name+" test")
	case "workspace", "workspaces", "--filter":
		w.byName(plain[len(plain)-1], strings.Join(words, " "))
	case "install", "i", "ci", "add", "publish", "version", "config", "cache", "set", "dlx", "start":
	default: // yarn lint, pnpm build; also a program of node_modules
		if _, ok := w.npm[plain[0]]; ok || name == "npm" {
			if name != "npm" {
				w.run(plain[0], atRoot, name+" "+plain[0])
			}
			return
		}
		if t, ok := classify(w.tools, plain); ok {
			w.add(t.role, t.words, via)
			return
		}
		w.byName(plain[0], strings.Join(words, " "))
	}
}

// run follows one script of package.json.
func (w *walker) run(script string, atRoot bool, via string) {
	text, known := w.npm[script]
	if !atRoot || (w.npm == nil && !known) {
		w.byName(script, via)
		return
	}
	if key := "npm:" + script; known && !w.seen[key] {
		w.seen[key] = true
		before := len(w.found)
		w.script(text, true, via)
		if len(w.found) == before && !isStub(text) {
			w.byName(script, via)
		}
	}
}

// isStub recognises scripts that do nothing, such as what npm init writes.
func isStub(script string) bool {
	all := commands(script)
	for _, words := range all {
		if !slices.Contains([]string{"echo", "exit", "true", "false", ":"}, words[0]) {
			return false
		}
	}
	return true
}

func (w *walker) makeTargets(args []string, atRoot bool) {
	var names []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-C" || arg == "-f":
			atRoot = false
			i++
		case strings.HasPrefix(arg, "-C") || strings.HasPrefix(arg, "--directory"):
			atRoot = false
		case !strings.HasPrefix(arg, "-") && !strings.Contains(arg, "="):
			names = append(names, arg)
		}
	}
	if len(names) == 0 && w.first != "" {
		names = []string{w.first}
	}
	for _, name := range names {
		w.makeTarget(name, atRoot, "make "+name, true)
	}
}

// makeTarget follows a rule and what it needs. Only a target that the pipeline
// names itself can be taken at its name.
func (w *walker) makeTarget(name string, atRoot bool, via string, named bool) {
	t, known := w.targets[name]
	if !known || !atRoot {
		w.byName(name, via)
		return
	}
	if w.seen["make:"+name] {
		return
	}
	w.seen["make:"+name] = true
	before := len(w.found)
	for _, need := range t.needs {
		if _, ok := w.targets[need]; ok {
			w.makeTarget(need, true, via, false)
		}
	}
	w.script(t.recipe, true, via)
	if named && len(w.found) == before && t.recipe != "" && !isStub(t.recipe) {
		w.byName(name, via)
	}
}

var (
	makeVar  = regexp.MustCompile(`^\s*(?:export\s+)?([\w.-]+)\s*(?:\?|:|::|\+)?=\s*(.*)$`)
	makeRule = regexp.MustCompile(`^([^\s:=#][^:=#]*):{1,2}([^=].*|)$`)
	makeUse  = regexp.MustCompile(`\$[({]([\w.-]+)[)}]`)
)

const maxTargets = 2_000

// readMakefile reads rules with their recipes, simple variables expanded. Included
// files, functions and patterns are left alone.
func readMakefile(text string) (map[string]target, string) {
	vars := map[string]string{"MAKE": "make", "GO": "go", "DOCKER": "docker"}
	targets := map[string]target{}
	first := ""
	var current []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		line = strings.TrimRight(line, "\r\n")
		if recipe, ok := strings.CutPrefix(line, "\t"); ok {
			for _, name := range current {
				t := targets[name]
				if len(t.recipe) < maxScript {
					t.recipe += strings.TrimLeft(recipe, "@-+ ") + "\n"
				}
				targets[name] = t
			}
			continue
		}
		if m := makeVar.FindStringSubmatch(line); m != nil {
			if len(m[2]) < 1_000 {
				vars[m[1]] = m[2]
			}
			continue
		}
		m := makeRule.FindStringSubmatch(line)
		if m == nil {
			if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
				current = nil
			}
			continue
		}
		needs, inline, _ := strings.Cut(m[2], ";")
		needs, _, _ = strings.Cut(needs, "#")
		current = strings.Fields(m[1])
		for _, name := range current {
			if len(targets) >= maxTargets {
				break
			}
			t := targets[name]
			t.needs = append(t.needs, strings.Fields(needs)...)
			t.recipe += strings.TrimSpace(inline)
			targets[name] = t
			if first == "" && !strings.HasPrefix(name, ".") {
				first = name
			}
		}
	}
	for name, t := range targets {
		t.recipe = expandVars(t.recipe, vars)
		targets[name] = t
	}
	return targets, first
}

// expandVars replaces $(NAME), twice over for variables made of variables.
func expandVars(text string, vars map[string]string) string {
	for range 2 {
		text = makeUse.ReplaceAllStringFunc(text, func(use string) string {
			if value, ok := vars[use[2:len(use)-1]]; ok {
				return value
			}
			return use
		})
		if len(text) > maxScript {
			return text[:maxScript]
		}
	}
	return text
}
