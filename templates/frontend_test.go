package templates_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/testpart"
)

// frontendCases are answers to the template's questions.
func frontendCases() map[string]answers {
	return map[string]answers{
		"default": {
			"name": "storefront", "description": "Lets customers find and buy what the shop has", "owner": "team-storefront",
			"system": "shop", "tier": "tier-2", "siteUrl": "https://shop.acme.example", "pagerdutyIntegrationKey": "storefront-oncall",
			"grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=storefront",
		},
		"api": {
			"name": "b2", "description": `Shows "all" orders: {{ every }} one of <them> & more # really`,
			"owner": "group:default/team-storefront", "system": "system:default/shop", "tier": "tier-1",
			"siteUrl": "https://orders.acme.example", "api": "api:default/orders-api", "pagerdutyIntegrationKey": "01234567890123456789012345678901",
			"grafanaUrl": "https://grafana.acme.example:3000/sub", "repoUrl": "github.com?owner=Acme-Corp&repo=Orders.App",
		},
		"long": {
			"name": "a-name-of-forty-characters-is-very-long0", "description": "- starts like a list: and speaks of düvets and ☕",
			"owner": "Group:sales/Team_Storefront", "system": "shop", "tier": "tier-3", "siteUrl": "https://d.example",
			"pagerdutyIntegrationKey": "storefront-oncall", "grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=x",
		},
	}
}

func TestFrontendAppIsNamedInItsPackage(t *testing.T) {
	t.Parallel()
	for _, parameters := range frontendCases() {
		dir := render(t, "frontend-app", parameters)
		for _, file := range []string{"package.json", "package-lock.json"} {
			text, err := os.ReadFile(filepath.Join(dir, file))
			must(t, err)
			var pkg struct{ Name, Description string }
			must(t, json.Unmarshal(text, &pkg))
			if pkg.Name != parameters["name"] || file == "package.json" && pkg.Description != parameters["description"] {
				t.Errorf("%s is of %q: %q", file, pkg.Name, pkg.Description)
			}
		}
	}
}

// TestFrontendAppBuilds does what CI does in a fresh repository, short of a browser,
// the Storybook and the image. It takes about a minute, and the packages from the npm
// registry. It is not parallel: the tests of components have seconds to end.
func TestFrontendAppBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("the time to build the rendered app")
	}
	dir := render(t, "frontend-app", frontendCases()["default"])
	npm := npm{dir: dir, env: nodeEnv(t, dir)}
	if out, err := npm.run("ci", "--no-audit", "--prefer-offline"); err != nil {
		testpart.Missing(t, "a package of the rendered app", "let npm ci reach the registry: "+out)
	}
	for _, script := range []string{"typecheck", "lint", "coverage", "build", "size"} {
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
	env := append(os.Environ(), "CI=true")
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
	if out, err := (npm{dir: prefix, env: env}).run("install", "--no-audit", "--prefer-offline", "--prefix", prefix, version); err != nil {
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
