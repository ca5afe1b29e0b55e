package checks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// files makes a Snapshot of files that were all read.
func files(texts map[string]string) *repo.Snapshot {
	var list []repo.File
	for name, text := range texts {
		list = append(list, repo.File{Path: name, Text: text, Size: int64(len(text)), Read: true})
	}
	return repo.NewSnapshot(repo.Name{Owner: "acme", Repo: "pay"}, checks.Want(config.DefaultPolicy()), list...)
}

// yamlFiles are the files of a repository that Cairn reads as YAML.
func yamlFiles() []string {
	return []string{"catalog-info.yaml", ".github/workflows/ci.yaml", ".github/dependabot.yml", "mkdocs.yml", "k8s/a.yaml",
		"k8s/kustomization.yaml", ".platform/settings.yaml", ".github/actions/x/action.yml"}
}

// Files made to hurt give findings with their file, and an end.
func TestEvaluateBearsHostileFiles(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"large":     strings.Repeat("a: b\n", 400_000),
		"deep flow": "on: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"deep list": "on: \n" + strings.Repeat("- ", 10_000) + "x",
		"documents": strings.Repeat("---\nkind: Component\n", 20_000),
		"keys":      "jobs:\n" + strings.Repeat("  ? a\n  : b\n", 20_000),
		"binary":    strings.Repeat("\x01\x02\xff", 1_000),
		"one line":  "kind: Component\nx: [" + strings.Repeat("a,", 100_000) + "]\n",
		"names":     "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n" + strings.Repeat("    - {id: a, run: '${{steps.b}}'}\n", 13_000),
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{"go.mod": "module x\n"}
			for _, f := range yamlFiles() {
				texts[f] = text
			}
			report := checks.Evaluate(checks.Input{Snapshot: files(texts), Policy: config.DefaultPolicy()})
			blamed := map[string]bool{}
			for _, c := range report.Checks {
				for _, p := range c.Places {
					if p.Line > 0 {
						blamed[p.File] = true
					}
				}
			}
			for _, f := range []string{"catalog-info.yaml", ".github/workflows/ci.yaml"} {
				if !blamed[f] {
					t.Errorf("no finding with a line in %s", f)
				}
			}
			checks.Render(checks.RenderInput{Report: report, Mode: config.Enforce})
		})
	}
}

// A file whose text nobody can read does not do its work, whatever is in it.
func TestWhatCannotBeReadIsAFinding(t *testing.T) {
	fine := files(map[string]string{"go.mod": "module x\n", "k8s/deployment.yaml": "# {{ x }}\n" + deployment})
	want := checks.Want(config.DefaultPolicy())
	for _, file := range []string{"README.md", "mkdocs.yml", ".github/dependabot.yml", "Dockerfile", "k8s/deployment.yaml", "catalog-info.yaml", ".github/workflows/ci.yaml"} {
		for _, reason := range []string{"binary", "1.2 MB, over the limit of 512 kB"} {
			list := append(fine.Under(""), repo.File{Path: file, Reason: reason})
			s := repo.NewSnapshot(repo.Name{Owner: "a", Repo: "b"}, want, slices.DeleteFunc(list, func(f repo.File) bool { return f.Path == file && f.Read })...)
			if !blames(checks.Evaluate(checks.Input{Snapshot: s, Policy: config.DefaultPolicy()}), file, 1) {
				t.Errorf("%s, %s: no finding at its first line", file, reason)
			}
		}
		list := append(fine.Under(""), repo.File{Path: file, Kind: repo.Symlink, Reason: "a symbolic link, not followed"})
		s := repo.NewSnapshot(repo.Name{Owner: "a", Repo: "b"}, want, slices.DeleteFunc(list, func(f repo.File) bool { return f.Path == file && f.Read })...)
		if !blames(checks.Evaluate(checks.Input{Snapshot: s, Policy: config.DefaultPolicy()}), file, 1) {
			t.Errorf("%s, a link: no finding at its first line", file)
		}
	}
}

const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pay}\nspec:\n  selector: {matchLabels: {app: pay}}\n" +
	"  template:\n    metadata: {labels: {app: pay}}\n    spec:\n      containers:\n        - name: pay\n          image: pay:1.2\n"

func blames(r checks.Report, file string, line int) bool {
	for _, c := range r.Checks {
		for _, p := range c.Places {
			if p.File == file && p.Line == line {
				return true
			}
		}
	}
	return false
}

// Nothing that is added to a manifest takes it out of the judgement.
func TestManifestsCannotHide(t *testing.T) {
	many := map[string]string{"k8s/z.yaml": deployment}
	for n := range 501 {
		many[fmt.Sprintf("k8s/a%03d.yaml", n)] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
	}
	for name, texts := range map[string]map[string]string{
		"behind many files":      many,
		"as it is":               {"k8s/a.yaml": deployment},
		"a comment with a tag":   {"k8s/a.yaml": deployment + "# {{ x }}\n"},
		"a tag in a text":        {"k8s/a.yaml": deployment + "          command: ['{{ x }}'] # {{ y }}\n"},
		"a chart without charts": {"k8s/a.yaml": deployment, "k8s/Chart.yaml": "name: x\n"},
		"beside a chart":         {"k8s/a.yaml": deployment, "k8s/Chart.yaml": "name: x\n", "k8s/templates/x.yaml": "{{ if x }}\n"},
		"in a list":              {"k8s/a.yaml": "apiVersion: v1\nkind: List\nitems:\n  - " + strings.ReplaceAll(strings.TrimSpace(deployment), "\n", "\n    ") + "\n"},
		"a bare pod":             {"k8s/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: x:1}]}\n"},
		"patch and resource":     {"k8s/a.yaml": deployment, "k8s/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: a.yaml}]\n"},
		"patch from elsewhere":   {"k8s/a.yaml": deployment, "k8s/x/kustomization.yaml": "patches: [{path: ../a.yaml}]\n"},
		"behind many objects":    {"k8s/a.yaml": strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n", 900), "k8s/b.yaml": strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n", 900), "k8s/c.yaml": strings.Repeat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n", 900), "k8s/d.yaml": deployment},
		"in JSON":                {"k8s/a.json": `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"x","image":"x:1"}]}}`},
		"in a kustomization":     {"k8s/kustomization.yaml": "resources: []\n---\n" + deployment},
		"after the end":          {"k8s/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n...\n" + deployment},
		"behind a template":      {"k8s/a.yaml": "a: {{ .x }} {{ .y }}\n---\n" + deployment},
	} {
		t.Run(name, func(t *testing.T) {
			texts["go.mod"] = "module x\n"
			report := checks.Evaluate(checks.Input{Snapshot: files(texts), Policy: config.DefaultPolicy()})
			kubernetes := report.Checks[5]
			if kubernetes.Status == checks.Compliant || kubernetes.Status == checks.NotApplicable {
				t.Errorf("%s: %s %s", kubernetes.Name, kubernetes.Status, kubernetes.Details)
			}
		})
	}
}

// What lies below the folders that are read, or behind a link, is told.
func TestManifestsOutOfSightAreTold(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module x\n", "k8s/a/b/c/in-sight.yaml": deployment, "k8s/a/b/c/d/out-of-sight.yaml": deployment, "elsewhere/a.yaml": deployment} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../elsewhere", filepath.Join(dir, "k8s/link")); err != nil {
		t.Fatal(err)
	}
	s, err := repo.ReadDir(t.Context(), dir, checks.Want(config.DefaultPolicy()))
	if err != nil {
		t.Fatal(err)
	}
	report := checks.Evaluate(checks.Input{Snapshot: s, Policy: config.DefaultPolicy()})
	told := map[string]bool{}
	for _, p := range report.Checks[5].Places {
		told[p.File] = true
	}
	for _, want := range []string{"k8s/a/b/c/d", "k8s/link", "k8s/a/b/c/in-sight.yaml"} {
		if !told[want] {
			t.Errorf("nothing is said of %s: %+v", want, report.Checks[5].Places)
		}
	}
}

// What GitHub refuses to run does not count, and what it runs does.
func TestWorkflowsThatGitHubRefuses(t *testing.T) {
	const fine = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{run: go test ./...}]\n"
	for name, c := range map[string]struct {
		text string
		line int // 0: it runs
	}{
		"fine":              {fine, 0},
		"unused anchor":     {strings.Replace(fine, "test:\n", "test: &t\n", 1), 0},
		"unknown output":    {fine + "    env: {A: '${{ needs.x.outputs.y }}'}\n", 0},
		"unknown need":      {fine + "    needs: [nothere]\n", 6},
		"needs itself":      {fine + "  a:\n    needs: [b]\n    runs-on: x\n    steps: [{run: x}]\n  b:\n    needs: [a]\n    runs-on: x\n    steps: [{run: x}]\n", 7},
		"broken expression": {strings.Replace(fine, "go test ./...", "'echo ${{ nope( }}'", 1), 5},
		"unknown context":   {fine + "    if: ${{ bogus.x }}\n", 6},
		"unknown event":     {strings.Replace(fine, "push", "pull_requests", 1), 1},
		"unclosed":          {strings.Replace(fine, "go test ./...", "'echo ${{ x'", 1), 5},
		"too few arguments": {fine + "    if: contains(github.ref)\n", 6},
		"name of a job":     {strings.Replace(fine, "test:", "1st:", 1), 3},
		"no version":        {strings.Replace(fine, "{run: go test ./...}", "{uses: actions/setup-go}", 1), 5},
		"missing callee":    {fine + "  a:\n    uses: ./.github/workflows/none.yaml\n", 7},
		"not reusable":      {fine + "  a:\n    uses: ./.github/workflows/ci.yaml\n", 7},
		"bad permission":    {fine + "permissions: {contents: raed}\n", 6},
		"newer than lint":   {strings.Replace(fine, "jobs:\n", "concurrency: {group: x, queue: max}\njobs:\n", 1), 0},
		"every minute":      {strings.Replace(fine, "push", "{push: , schedule: [{cron: '* * * * *'}]}", 1), 0},
		"odd choices":       {strings.Replace(fine, "push", "{push: , workflow_dispatch: {inputs: {a: {type: choice, options: [x, x], default: y}}}}", 1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			const file = ".github/workflows/ci.yaml"
			report := checks.Evaluate(checks.Input{Snapshot: files(map[string]string{"go.mod": "module x\n", file: c.text}), Policy: config.DefaultPolicy()})
			cicd := report.Checks[1]
			refused := strings.Contains(cicd.Details, "GitHub cannot run this workflow")
			if refused != (c.line > 0) || c.line > 0 && !blames(report, file, c.line) {
				t.Errorf("want a refusal at line %d:\n%s\n%+v", c.line, cicd.Details, cicd.Places)
			}
		})
	}
}

// What stands in a workflow that GitHub does not start is no scanner.
func TestRefusedWorkflowsDoNoWork(t *testing.T) {
	const scan = "on: push\njobs:\n  scan:\n    runs-on: x\n    steps: [{uses: aquasecurity/trivy-action@v1}]\n"
	const calls = "on: push\njobs:\n  call:\n    uses: ./.github/workflows/scan.yaml\n"
	for name, c := range map[string]struct {
		texts map[string]string
		want  bool
	}{
		"fine":           {map[string]string{"ci.yaml": scan}, true},
		"refused":        {map[string]string{"ci.yaml": scan + "    needs: [nothere]\n"}, false},
		"called":         {map[string]string{"ci.yaml": calls, "scan.yaml": strings.Replace(scan, "push", "workflow_call", 1)}, true},
		"closed only":    {map[string]string{"ci.yaml": strings.Replace(scan, "push", "{pull_request: {types: [closed]}}", 1)}, false},
		"missing action": {map[string]string{"ci.yaml": strings.Replace(scan, "aquasecurity/trivy-action@v1", "./.github/actions/security-scan", 1)}, false},
		"skipped need":   {map[string]string{"ci.yaml": strings.Replace(scan, "jobs:\n", "jobs:\n  off:\n    if: false\n    runs-on: x\n    steps: [{run: x}]\n", 1) + "    needs: OFF\n"}, false},
		"need of a need": {map[string]string{"ci.yaml": strings.Replace(scan, "jobs:\n", "jobs:\n  off:\n    if: ${{ false && github.actor }}\n    runs-on: x\n    steps: [{run: x}]\n  then:\n    needs: off\n    runs-on: x\n    steps: [{run: x}]\n", 1) + "    needs: [then]\n"}, false},
		"runs anyway":    {map[string]string{"ci.yaml": strings.Replace(scan, "jobs:\n", "jobs:\n  off:\n    if: false\n    runs-on: x\n    steps: [{run: x}]\n", 1) + "    needs: off\n    if: ${{ always() }}\n"}, true},
		"no branch":      {map[string]string{"ci.yaml": strings.Replace(scan, "push", "{push: {branches-ignore: ['**']}, pull_request: {paths-ignore: ['**']}}", 1)}, false},
		"some branches":  {map[string]string{"ci.yaml": strings.Replace(scan, "push", "{push: {branches-ignore: ['wip/**']}}", 1)}, true},
		"its version":    {map[string]string{"ci.yaml": strings.Replace(scan, "uses: aquasecurity/trivy-action@v1", "run: trivy version", 1)}, false},
		"its text":       {map[string]string{"ci.yaml": strings.Replace(scan, "uses: aquasecurity/trivy-action@v1", `run: "cat <<EOF\ntrivy fs .\nEOF\necho trivy fs ."`, 1)}, false},
		"missing input":  {map[string]string{"ci.yaml": calls, "scan.yaml": strings.Replace(scan, "push", "{workflow_call: {inputs: {level: {type: string, required: true}}}}", 1)}, false},
		"given input":    {map[string]string{"ci.yaml": calls + "    with: {LEVEL: high}\n", "scan.yaml": strings.Replace(scan, "push", "{workflow_call: {inputs: {level: {type: string, required: true}}}}", 1)}, true},
		"refused callee": {map[string]string{"ci.yaml": calls, "scan.yaml": strings.Replace(scan, "push", "workflow_call", 1) + "    if: bogus.x\n"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{"go.mod": "module x\n"}
			for file, text := range c.texts {
				texts[".github/workflows/"+file] = text
			}
			security := checks.Evaluate(checks.Input{Snapshot: files(texts), Policy: config.DefaultPolicy()}).Checks[4]
			if got := strings.Contains(security.Details, "Scanner: "); got != c.want {
				t.Errorf("scanner accepted: %t, want %t\n%s", got, c.want, security.Details)
			}
		})
	}
}

// An actionlint.yaml where Cairn happens to run has no say in what GitHub refuses.
func TestWorkflowsAreJudgedByTheirTextAlone(t *testing.T) {
	const file = ".github/workflows/ci.yaml"
	const text = "on: push\njobs:\n  test:\n    runs-on: x\n    needs: [nothere]\n    steps: [{run: go test ./...}]\n"
	dir := t.TempDir()
	for name, content := range map[string]string{".git/HEAD": "", file: text, ".github/actionlint.yaml": "paths: {'**': {ignore: ['.*']}}\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	report := checks.Evaluate(checks.Input{Snapshot: files(map[string]string{"go.mod": "module x\n", file: text}), Policy: config.DefaultPolicy()})
	if !blames(report, file, 5) {
		t.Errorf("no finding: %+v", report.Checks[1].Places)
	}
}

// Findings stand on the line that they are about, in whatever document.
func TestFindingsStandOnTheirLine(t *testing.T) {
	lines := strings.Count(deployment, "\n")
	for name, c := range map[string]struct {
		file, text string
		line       int
	}{
		"repeated key":      {"k8s/a.yaml", deployment + "---\n" + strings.Replace(deployment, "spec:\n", "spec:\n  replicas: 1\n  replicas: 2\n", 1), lines + 7},
		"bad quantity":      {"k8s/a.yaml", deployment + "          resources:\n            limits:\n              memory: lots\n", lines + 3},
		"no number":         {"k8s/a.yaml", deployment + "---\n" + strings.Replace(deployment, "spec:\n", "spec:\n  replicas: many\n", 1), lines + 6},
		"list in a mapping": {"k8s/y.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels: {a: b}\n  - x\n", 6},
		"in a second item":  {"k8s/a.yaml", deployment + "        - name: b\n          image: b:1\n          livenessProbe:\n            httpGet: {port: [1]}\n", lines + 4},
		"catalog key twice": {"catalog-info.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: x, lifecycle: y, owner: z}\nmetadata: {}\n", 5},
		"last line":         {".github/workflows/ci.yaml", "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: a\n     - run: b\n", 7},
		"third entity": {"catalog-info.yaml", "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: x, lifecycle: y, owner: z}\n" +
			"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: \"Bad Name!\"\nspec: {}\n", 9},
	} {
		t.Run(name, func(t *testing.T) {
			report := checks.Evaluate(checks.Input{Snapshot: files(map[string]string{"go.mod": "module x\n", c.file: c.text}), Policy: config.DefaultPolicy()})
			if !blames(report, c.file, c.line) {
				for _, check := range report.Checks {
					t.Logf("%s %+v", check.Name, check.Places)
				}
				t.Errorf("no finding at %s:%d", c.file, c.line)
			}
		})
	}
}

// Files that nobody asked for are said, not failed.
func TestEvaluateDoesNotBlameWhatWasNotAskedFor(t *testing.T) {
	want := checks.Want(config.DefaultPolicy())
	list := []repo.File{{Path: "go.mod", Text: "module x\n", Read: true}}
	for _, name := range []string{"Dockerfile", "Makefile", "docs/index.md", ".github/workflows/ci.yaml"} {
		list = append(list, repo.File{Path: name, Reason: repo.NotAskedFor})
	}
	list = append(list, repo.File{Path: "catalog-info.yaml", Text: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: x, lifecycle: y, owner: z}\n", Read: true})
	report := checks.Evaluate(checks.Input{Snapshot: repo.NewSnapshot(repo.Name{Owner: "a", Repo: "b"}, want, list...), Policy: config.DefaultPolicy()})
	structure := report.Checks[0]
	if len(structure.Places) != 0 || structure.Status != checks.Compliant {
		t.Errorf("structure: %s %+v", structure.Status, structure.Places)
	}
}

// The repository cannot choose what it is judged by in the change itself.
func TestPathIsChosenFromTheDefaultBranch(t *testing.T) {
	policy, err := config.ParsePolicy("p.yaml", "repositories: [{match: acme/fixed, golden_path: frontend_app}, {match: acme/none, golden_path: none}]")
	if err != nil {
		t.Fatal(err)
	}
	entity := func(path string) string {
		return fmt.Sprintf("kind: Component\nmetadata: {name: pay, annotations: {cairn.dev/golden-path: %s}}\nspec: {}\n", path)
	}
	goService := map[string]string{"go.mod": "module x\n"}
	cases := map[string]struct {
		repository string
		base, head map[string]string
		asked      string
		want       string
		reason     string
	}{
		"by name":          {head: goService, asked: "data_pipeline", want: "data_pipeline", reason: "asked for"},
		"policy":           {repository: "fixed", head: goService, want: "frontend_app", reason: "set by the policy for `acme/fixed`"},
		"policy none":      {repository: "none", head: goService, want: "", reason: "on no golden path"},
		"settings":         {head: map[string]string{"go.mod": "module x\n", ".platform/settings.yaml": "golden_path: frontend_app"}, want: "frontend_app", reason: "`.platform/settings.yaml:1`"},
		"settings of head": {base: goService, head: map[string]string{"go.mod": "module x\n", ".platform/settings.yaml": "golden_path: frontend_app"}, want: "backend_service", reason: "go.mod"},
		"unknown":          {head: map[string]string{".platform/settings.yaml": "golden_path: nope"}, want: "", reason: "there is no golden path `nope`"},
		"broken settings":  {head: map[string]string{"go.mod": "module x\n", ".platform/settings.yaml": "golden_paths: x"}, want: "backend_service", reason: "unknown key"},
		"entity":           {head: map[string]string{"go.mod": "module x\n", "catalog-info.yaml": entity("data_pipeline")}, want: "data_pipeline", reason: "said by `cairn.dev/golden-path`"},
		"entity of head":   {base: map[string]string{"catalog-info.yaml": entity("backend_service")}, head: map[string]string{"catalog-info.yaml": entity("data_pipeline")}, want: "backend_service", reason: "said by"},
		"template": {head: map[string]string{"catalog-info.yaml": "kind: Component\nmetadata: {name: x, annotations: {backstage.io/source-template: 'template:default/frontend-app-template'}}\nspec: {}\n"},
			want: "frontend_app", reason: "made from the template"},
		"vite":        {head: map[string]string{"package.json": `{"dependencies": {"vite": "6"}}`}, want: "frontend_app", reason: "with `vite`"},
		"no vite":     {head: map[string]string{"package.json": `{"dependencies": {"viter": "6"}}`}, want: ""},
		"dags":        {head: map[string]string{"dags/x.py": ""}, want: "data_pipeline", reason: "`dags/`"},
		"first files": {base: map[string]string{"README.md": "x"}, head: goService, want: "backend_service", reason: "go.mod"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := checks.Input{Snapshot: files(c.head), Policy: policy, Path: c.asked}
			if c.repository != "" {
				in.Snapshot.Name.Repo = c.repository
			}
			if c.base != nil {
				in.Base = files(c.base)
			}
			report := checks.Evaluate(in)
			if report.Path != c.want || !strings.Contains(report.Reason, c.reason) {
				t.Errorf("got %q because %q, want %q because …%s…", report.Path, report.Reason, c.want, c.reason)
			}
		})
	}
}

func TestWantIsStableAndBounded(t *testing.T) {
	a, b := checks.Want(config.DefaultPolicy()), checks.Want(config.DefaultPolicy())
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("two calls differ")
	}
	if len(a.Files) > 60 || len(a.Dirs) > 15 {
		t.Errorf("asks for %d files and %d folders; one query has to bear that", len(a.Files), len(a.Dirs))
	}
}

func FuzzEvaluate(f *testing.F) {
	f.Add(uint8(0), "kind: Component\nmetadata: {name: x}\n")
	f.Add(uint8(1), "on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {a: [1, {b: c}], include: [{d: e}]}}\n    steps: [{run: 'make ${{ matrix.a }}'}]\n")
	f.Add(uint8(2), "version: 2\nupdates: [{package-ecosystem: npm, directory: /, schedule: {interval: daily}}]")
	f.Add(uint8(4), "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: x, template: {spec: {containers: [{name: 1}]}}}\n---\n- a\n")
	f.Add(uint8(5), "images: [{name: x, newTag: y}]\npatches: [{path: a}, b]")
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		texts := map[string]string{"go.mod": "module x\n", "Makefile": text, "Dockerfile": text, "package.json": text}
		texts[yamlFiles()[int(which)%len(yamlFiles())]] = text
		report := checks.Evaluate(checks.Input{Snapshot: files(texts), Policy: config.DefaultPolicy()})
		o := checks.Render(checks.RenderInput{Report: report, Mode: config.Enforce})
		if len(o.Text) > 65_535 || len(o.Summary) > 65_535 {
			t.Fatal("over GitHub's limit")
		}
	})
}

func BenchmarkEvaluate(b *testing.B) {
	s := load(b, "go-misses-things")
	policy := config.DefaultPolicy()
	b.ReportAllocs()
	for b.Loop() {
		checks.Evaluate(checks.Input{Snapshot: s, Policy: policy})
	}
}
