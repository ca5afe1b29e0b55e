package templates_test

import (
	"bytes"
	"encoding/json"
	"go/format"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store/storetest"
	"github.com/cairn-dev/cairn/internal/testpart"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
	"github.com/cairn-dev/cairn/templates"
)

// backendCases are answers to the template's questions, one set for each database.
func backendCases() map[string]map[string]any {
	return map[string]map[string]any{
		"none": {
			"name": "pay", "description": "Takes payments for the whole of the shop", "owner": "team-payments",
			"system": "shop", "tier": "tier-3", "database": "none", "pagerdutyIntegrationKey": "payments-oncall",
			"grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=pay",
		},
		"postgresql": {
			"name": "card-payments", "description": `Takes "card" payments: {{ all }} of <them> & more # really`,
			"owner": "group:default/team-payments", "system": "system:default/shop", "tier": "tier-1",
			"database": "postgresql", "pagerdutyIntegrationKey": "01234567890123456789012345678901",
			"grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=Acme-Corp&repo=Card.Payments",
		},
		"mysql": {
			"name": "b2", "description": "- starts like a list: and is none, for YAML's sake",
			"owner": "Group:payments/Team_Payments", "system": "shop", "tier": "tier-2",
			"database": "mysql", "pagerdutyIntegrationKey": "payments-oncall",
			"grafanaUrl": "https://grafana.acme.example:3000/sub", "repoUrl": "github.com?owner=acme&repo=b2",
		},
		"mongodb": {
			"name": "a-name-of-forty-characters-is-very-long0", "description": "Keeps what is said about düvets and ☕",
			"owner": "team-payments", "system": "shop", "tier": "tier-2",
			"database": "mongodb", "pagerdutyIntegrationKey": "payments-oncall",
			"grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=opinions",
		},
	}
}

// entity is what the tests read of a template.yaml.
type entity struct {
	Spec struct {
		Parameters []any
		Steps      []struct {
			ID, Action string
			Input      any
		}
	}
}

func readEntity(t *testing.T) entity {
	t.Helper()
	text, err := fs.ReadFile(templates.FS, "backend-service/template.yaml")
	must(t, err)
	var e entity
	must(t, yaml.Unmarshal(text, &e))
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value turns what YAML decoded into a value of the template language.
func value(t *testing.T, v any) nunjucks.Value {
	t.Helper()
	text, err := json.Marshal(v)
	must(t, err)
	out, err := nunjucks.DecodeJSON(text)
	must(t, err)
	return out
}

// render runs the steps that fetch, and returns the folder of the new repository.
func render(t *testing.T, parameters map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	workspace, err := action.OpenWorkspace(dir, action.DefaultLimits())
	must(t, err)
	defer func() { must(t, workspace.Close()) }()
	source, err := action.OpenLocal("backend-service")
	must(t, err)
	defer func() { must(t, source.Close()) }()
	vars := nunjucks.NewObject()
	vars.Set("parameters", value(t, parameters))
	engine := nunjucks.New(nunjucks.Backstage())
	fetches := 0
	for _, step := range readEntity(t).Spec.Steps {
		a, ok := action.Find(action.Pure(), step.Action)
		if !ok {
			continue // talks to GitHub
		}
		fetches++
		input, err := engine.RenderValue(t.Context(), value(t, step.Input), vars, func(source string, err error) {
			t.Errorf("step %s: %s: %v", step.ID, source, err)
		})
		must(t, err)
		object, ok := input.(*nunjucks.Object)
		if !ok {
			t.Fatalf("step %s: the input is %T", step.ID, input)
		}
		must(t, a.Validate(object))
		must(t, a.Run(t.Context(), &action.Call{Input: object, Workspace: workspace, Source: source}))
	}
	if fetches != 2 {
		t.Fatalf("%d steps fetch, want the skeleton and the database", fetches)
	}
	return dir
}

// eachFile calls f for every file below dir, with its path from there.
func eachFile(t *testing.T, dir string, f func(name string, text []byte)) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, p)
		f(filepath.ToSlash(name), text)
		return err
	}))
}

func TestEverythingIsEmbedded(t *testing.T) {
	t.Parallel()
	names := templates.Names()
	if len(names) == 0 {
		t.Fatal("no template is embedded")
	}
	index, err := templates.FS.ReadFile("all-templates.yaml")
	must(t, err)
	for _, name := range names {
		if !strings.Contains(string(index), "- ./"+name+"/template.yaml\n") {
			t.Errorf("all-templates.yaml does not list %s", name)
		}
		eachFile(t, name, func(file string, text []byte) {
			got, err := templates.FS.ReadFile(name + "/" + file)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s/%s is not embedded as it stands (%v)", name, file, err)
			}
		})
	}
}

func TestBackendServiceAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	// Backstage shows a page of the form after the other; all are asked here at once.
	compiler := jsonschema.NewCompiler()
	pages, err := json.Marshal(map[string]any{"allOf": readEntity(t).Spec.Parameters})
	must(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(pages))
	must(t, err)
	must(t, compiler.AddResource("form.json", doc))
	form, err := compiler.Compile("form.json")
	must(t, err)
	accepts := func(parameters map[string]any) bool { return form.Validate(parameters) == nil }

	for name, parameters := range backendCases() {
		if err := form.Validate(parameters); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for field, values := range map[string][]any{
		"name":                    {"", "p", "Pay", "pay-", "1pay", "pay_ment", "pay\n", strings.Repeat("a", 41)},
		"description":             {"", "too short", "two lines are\nnot one sentence", " leading space is refused", strings.Repeat("a", 201)},
		"database":                {"oracle", ""},
		"tier":                    {"gold"},
		"grafanaUrl":              {"http://grafana.acme.example", "https://a b", "javascript:alert(1)", "https://grafana.acme.example/"},
		"pagerdutyIntegrationKey": {"", "${PAGERDUTY_KEY}", "<your-key-goes-here>"},
	} {
		for _, v := range values {
			parameters := backendCases()["none"]
			parameters[field] = v
			if accepts(parameters) {
				t.Errorf("the form accepts %q as %s", v, field)
			}
		}
	}
}

func TestBackendServiceIsOnItsGoldenPath(t *testing.T) {
	t.Parallel()
	for name, parameters := range backendCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := render(t, parameters)
			policy := config.DefaultPolicy()
			snapshot, err := repo.ReadDir(t.Context(), dir, checks.Want(policy))
			must(t, err)
			report := checks.Evaluate(checks.Input{Snapshot: snapshot, Policy: policy})
			if report.Path != "backend_service" || report.Score != 100 || report.Status != checks.Compliant {
				t.Errorf("path %q, score %v, status %v", report.Path, report.Score, report.Status)
			}
			for _, result := range report.Checks {
				for _, place := range result.Places {
					t.Errorf("%s: %s:%d: %s", result.Name, place.File, place.Line, place.Message)
				}
				if result.Status != checks.Compliant {
					t.Errorf("%s is %v: %s", result.Name, result.Status, result.Description)
				}
			}

			text, err := os.ReadFile(filepath.Join(dir, "catalog-info.yaml"))
			must(t, err)
			for doc := range catalog.Each("catalog-info.yaml", text, catalog.Options{}) {
				if !doc.OK {
					t.Errorf("catalog-info.yaml: %v", doc.Err)
				}
			}
		})
	}
}

var (
	leftover = regexp.MustCompile(`\{\{ *values|\{%|\bundefined\b`)
	uses     = regexp.MustCompile(`uses: (\S+)(.*)`)
	pinned   = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	version  = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

func TestBackendServiceIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, parameters := range backendCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachFile(t, render(t, parameters), func(file string, text []byte) {
				if m := leftover.Find(text); m != nil {
					t.Errorf("%s holds %q: it was not rendered", file, m)
				}
				if !bytes.HasSuffix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
					t.Errorf("%s does not end with one newline", file)
				}
				switch filepath.Ext(file) {
				case ".njk":
					t.Errorf("%s kept its extension", file)
				case ".go":
					formatted, err := format.Source(text)
					if err != nil || !bytes.Equal(formatted, text) {
						t.Errorf("%s is not gofmt's (%v)", file, err)
					}
				case ".yaml", ".yml":
					wellFormedYAML(t, file, text)
				}
			})
		})
	}
}

func wellFormedYAML(t *testing.T, file string, text []byte) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc any
		err := d.Decode(&doc)
		if err == io.EOF { //nolint:errorlint // Decode returns it as it is
			break
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
			break
		}
	}
	if !strings.HasPrefix(file, ".github/workflows/") {
		return
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	must(t, err)
	problems, err := linter.Lint(file, text, nil)
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s:%d: %s", file, p.Line, p.Message)
	}
	for _, m := range uses.FindAllStringSubmatch(string(text), -1) {
		if !pinned.MatchString(m[1]) || !version.MatchString(m[2]) {
			t.Errorf("%s: %s is not pinned to a commit, with its version beside it", file, m[0])
		}
	}
}

// TestBackendServiceBuilds does what CI does in a fresh repository, short of the race
// detector. It needs the modules of the service: from the module cache or from the
// proxy. The first run compiles them, for a minute or two; -trimpath lets later ones,
// in other folders, find what is compiled and tested already.
func TestBackendServiceBuilds(t *testing.T) {
	if testing.Short() {
		testpart.Missing(t, "the time to build the rendered services", "leave out -short")
	}
	for _, database := range []string{"none", "postgresql", "mysql", "mongodb"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			dir := render(t, backendCases()[database])
			tool := tool{dir: dir, env: append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off", "GOTOOLCHAIN=local", "TEST_DATABASE_URL=")}
			if out, err := tool.run("mod", "download"); err != nil {
				testpart.Missing(t, "a module of the rendered service", "let go mod download reach the proxy: "+out)
			}
			if database == "postgresql" {
				tool.env = append(tool.env, "TEST_DATABASE_URL="+storetest.EmptyPostgreSQLURL(t))
			}
			for _, args := range [][]string{
				{"mod", "tidy", "-diff"},
				{"vet", "./..."},
				{"test", "-coverpkg=./cmd/...,./internal/...", "-coverprofile=coverage.out", "./..."},
			} {
				if out, err := tool.run(args...); err != nil {
					t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
			out, err := tool.run("tool", "cover", "-func=coverage.out")
			must(t, err)
			words := strings.Fields(out)
			covered, err := strconv.ParseFloat(strings.TrimSuffix(words[len(words)-1], "%"), 64)
			must(t, err)
			if covered < 70 {
				t.Errorf("the tests of a fresh repository cover %v %% of it, and its CI asks for 70 %%", covered)
			}
		})
	}
}

// tool is the go command in a folder.
type tool struct {
	dir string
	env []string
}

func (g tool) run(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
