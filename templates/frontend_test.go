package templates_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/testpart"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// frontendCases are answers to the template's questions.
func frontendCases() map[string]map[string]any {
	return map[string]map[string]any{
		"default": {
			"name": "storefront", "description": "Lets customers find and buy what the shop has", "owner": "team-storefront",
			"system": "shop", "tier": "tier-2", "siteUrl": "https://shop.acme.example", "pagerdutyIntegrationKey": "storefront-oncall",
			"grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=storefront",
		},
		"with an API": {
			"name": "b2", "description": `Shows "all" orders: {{ every }} one of <them> & more # really`,
			"owner": "group:default/team-storefront", "system": "system:default/shop", "tier": "tier-1",
			"siteUrl": "https://orders.acme.example", "api": "api:default/orders-api", "pagerdutyIntegrationKey": "01234567890123456789012345678901",
			"grafanaUrl": "https://grafana.acme.example:3000/sub", "repoUrl": "github.com?owner=Acme-Corp&repo=Orders.App",
		},
		"long name": {
			"name": "a-name-of-forty-characters-is-very-long0", "description": "- starts like a list: and speaks of düvets and ☕",
			"owner": "Group:sales/Team_Storefront", "system": "shop", "tier": "tier-3", "siteUrl": "https://d.example",
			"pagerdutyIntegrationKey": "storefront-oncall", "grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=x",
		},
	}
}

// readTemplate reads what the tests ask of the template.yaml in dir.
func readTemplate(t *testing.T, dir string) entity {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "template.yaml"))
	must(t, err)
	var e entity
	must(t, yaml.Unmarshal(text, &e))
	return e
}

// renderTemplate runs the steps of the template in dir that touch nothing but the
// workspace, and returns the folder of the new repository.
func renderTemplate(t *testing.T, template string, parameters map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	workspace, err := action.OpenWorkspace(dir, action.DefaultLimits())
	must(t, err)
	defer func() { must(t, workspace.Close()) }()
	source, err := action.OpenLocal(template)
	must(t, err)
	defer func() { must(t, source.Close()) }()
	vars := nunjucks.NewObject()
	vars.Set("parameters", value(t, parameters))
	engine := nunjucks.New(nunjucks.Backstage())
	for _, step := range readTemplate(t, template).Spec.Steps {
		a, ok := action.Find(action.Pure(), step.Action)
		if !ok {
			continue // talks to GitHub
		}
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
	return dir
}

// refusesBadAnswers demands that the form takes every case, and none of bad, which
// holds wrong values by field, each put into the case called base.
func refusesBadAnswers(t *testing.T, template string, cases map[string]map[string]any, base string, bad map[string][]any) {
	t.Helper()
	pages, err := json.Marshal(map[string]any{"allOf": readTemplate(t, template).Spec.Parameters})
	must(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(pages))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource("form.json", doc))
	form, err := compiler.Compile("form.json")
	must(t, err)
	for name, parameters := range cases {
		if err := form.Validate(parameters); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for field, values := range bad {
		for _, v := range values {
			parameters := map[string]any{}
			for k, v := range cases[base] {
				parameters[k] = v
			}
			parameters[field] = v
			if form.Validate(parameters) == nil {
				t.Errorf("the form accepts %q as %s", v, field)
			}
		}
	}
}

// isOnPath demands a score of 100 with no finding on the golden path key, and a
// catalog file that Backstage takes.
func isOnPath(t *testing.T, dir, key string) {
	t.Helper()
	policy := config.DefaultPolicy()
	snapshot, err := repo.ReadDir(t.Context(), dir, checks.Want(policy))
	must(t, err)
	report := checks.Evaluate(checks.Input{Snapshot: snapshot, Policy: policy})
	if report.Path != key || report.Score != 100 || report.Status != checks.Compliant {
		t.Errorf("path %q, score %v, status %v", report.Path, report.Score, report.Status)
	}
	for _, result := range report.Checks {
		for _, place := range result.Places {
			t.Errorf("%s: %s:%d: %s", result.Name, place.File, place.Line, place.Message)
		}
		if result.Status != checks.Compliant && result.Status != checks.NotApplicable {
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
}

// isWellFormed demands of every file that it was rendered, and of YAML and JSON
// that it parses; workflows have to satisfy actionlint and pin their actions.
func isWellFormed(t *testing.T, dir string) {
	t.Helper()
	eachFile(t, dir, func(file string, text []byte) {
		script := slices.Contains([]string{".ts", ".tsx", ".js"}, filepath.Ext(file)) // never rendered, and may say undefined
		if m := leftover.Find(text); m != nil && !script {
			t.Errorf("%s holds %q: it was not rendered", file, m)
		}
		if !bytes.HasSuffix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
			t.Errorf("%s does not end with one newline", file)
		}
		switch filepath.Ext(file) {
		case ".njk":
			t.Errorf("%s kept its extension", file)
		case ".json":
			if !json.Valid(text) {
				t.Errorf("%s is not valid JSON", file)
			}
		case ".yaml", ".yml":
			wellFormedYAML(t, file, text)
		}
	})
}

func TestFrontendAppAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	refusesBadAnswers(t, "frontend-app", frontendCases(), "default", map[string][]any{
		"name":                    {"", "p", "Shop", "shop-", "1shop", "shop_front", "shop\n", strings.Repeat("a", 41)},
		"description":             {"", "too short", "two lines are\nnot one sentence", " leading space is refused"},
		"tier":                    {"gold"},
		"siteUrl":                 {"http://shop.example", "https://shop.example/", "https://a b", "https://Shop.example", "https://a;b"},
		"grafanaUrl":              {"http://grafana.acme.example", "javascript:alert(1)"},
		"pagerdutyIntegrationKey": {"", "${PAGERDUTY_KEY}"},
	})
}

func TestFrontendAppIsOnItsGoldenPath(t *testing.T) {
	t.Parallel()
	for name, parameters := range frontendCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := renderTemplate(t, "frontend-app", parameters)
			isOnPath(t, dir, "frontend_app")
			isWellFormed(t, dir)
			for _, file := range []string{"package.json", "package-lock.json"} {
				text, err := fs.ReadFile(os.DirFS(dir), file)
				must(t, err)
				var pkg struct{ Name string }
				must(t, json.Unmarshal(text, &pkg))
				if pkg.Name != parameters["name"] {
					t.Errorf("%s is named %q", file, pkg.Name)
				}
			}
		})
	}
}

// TestFrontendAppBuilds does what CI does in a fresh repository, short of a browser
// and the image. It takes some minutes, and the packages from the npm registry. It
// is not parallel: the tests of components have seconds to end.
func TestFrontendAppBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the rendered app is not built")
	}
	dir := renderTemplate(t, "frontend-app", frontendCases()["default"])
	npm := npm{dir: dir, env: nodeEnv(t, dir)}
	if out, err := npm.run("ci"); err != nil {
		testpart.Missing(t, "a package of the rendered app", "let npm ci reach the registry: "+out)
	}
	for _, script := range []string{"typecheck", "lint", "coverage", "build", "size", "storybook:build"} {
		if out, err := npm.run("run", script); err != nil {
			t.Fatalf("npm run %s: %v\n%s", script, err, out)
		}
	}
	metrics, err := os.ReadFile(filepath.Join(dir, "dist", "metrics"))
	must(t, err)
	if want := `frontend_build_info{service="storefront",version="dev"} 1`; !strings.Contains(string(metrics), want) {
		t.Errorf("/metrics lacks %s:\n%s", want, metrics)
	}
}

// nodeEnv is an environment with the Node.js that the app asks for: the one that is
// installed, or else one from the npm registry.
func nodeEnv(t *testing.T, dir string) []string {
	t.Helper()
	node := testpart.Node(t)
	text, err := os.ReadFile(filepath.Join(dir, ".nvmrc"))
	must(t, err)
	want, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	env := append(os.Environ(), "CI=true", "STORYBOOK_DISABLE_TELEMETRY=1")
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	must(t, err)
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	have, err := strconv.Atoi(major)
	must(t, err)
	if have >= want {
		return env
	}
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	name := "node-" + runtime.GOOS + "-" + arch
	version := name + "@" + strconv.Itoa(want)
	prefix := t.TempDir()
	if out, err := (npm{dir: prefix, env: env}).run("install", "--prefix", prefix, version); err != nil {
		testpart.Missing(t, "Node.js "+strconv.Itoa(want), "install it, or let npm install "+version+": "+out)
	}
	bin := filepath.Join(prefix, "node_modules", name, "bin")
	return append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// npm is the npm command in a folder.
type npm struct {
	dir string
	env []string
}

func (n npm) run(args ...string) (string, error) {
	cmd := exec.Command("npm", args...)
	cmd.Dir, cmd.Env = n.dir, n.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
