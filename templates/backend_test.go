package templates_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/store/storetest"
	"github.com/cairn-dev/cairn/internal/testpart"
)

// backendCases are answers to the template's questions, one set for each database.
func backendCases() map[string]answers {
	return map[string]answers{
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

// TestBackendServiceBuilds does what CI does in a fresh repository, short of the race
// detector. It needs the modules of the service: from the module cache or from the
// proxy. The first run compiles them, for a minute or two; -trimpath lets later ones,
// in other folders, find what is compiled and tested already.
func TestBackendServiceBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("the time to build the rendered services")
	}
	for _, database := range []string{"none", "postgresql", "mysql", "mongodb"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			dir := render(t, "backend-service", backendCases()[database])
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
