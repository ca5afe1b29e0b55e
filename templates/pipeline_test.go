package templates_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cairn-dev/cairn/internal/store/storetest"
	"github.com/cairn-dev/cairn/internal/testpart"
)

// pipelineCases are answers to the template's questions, one set for each tier.
func pipelineCases() map[string]answers {
	return map[string]answers{
		"tier-1": {
			"name": "daily-orders", "description": `Turns "orders": {{ all }} of <them> into sales & more # really`,
			"owner": "group:default/team-data", "system": "system:default/shop", "tier": "tier-1",
			"source": "shop-db.acme.example/shop", "warehouse": "warehouse.acme.example/analytics", "firstDay": "2026-01-01",
			"pagerdutyIntegrationKey": "01234567890123456789012345678901", "grafanaUrl": "https://grafana.acme.example:3000/sub",
			"repoUrl": "github.com?owner=Acme-Corp&repo=Daily.Orders",
		},
		"tier-2": {
			"name": "import", "description": "Turns the orders of the shop into what was sold each day", "owner": "team-data",
			"system": "shop", "tier": "tier-2", "source": "db/shop", "warehouse": "dwh/a_b", "firstDay": "2020-02-29",
			"pagerdutyIntegrationKey": "data-oncall", "grafanaUrl": "https://grafana.acme.example", "repoUrl": "github.com?owner=acme&repo=sales",
		},
		"tier-3": {
			"name": "a-name-of-forty-characters-is-very-long0", "description": "- starts like a list: and speaks of düvets and ☕",
			"owner": "Group:data/Team_Data", "system": "shop", "tier": "tier-3", "source": "10.0.0.1/shop", "warehouse": "w/w",
			"firstDay": "2026-12-31", "pagerdutyIntegrationKey": "data-oncall", "grafanaUrl": "https://grafana.acme.example",
			"repoUrl": "github.com?owner=acme&repo=x",
		},
	}
}

// TestDataPipelineRunsWithoutAirflow byte-compiles all of its Python, asks the one
// module that is rendered what it says, and runs those of its tests that need nothing
// but Python.
func TestDataPipelineRunsWithoutAirflow(t *testing.T) {
	t.Parallel()
	python := testpart.Program(t, "Python", "install Python 3.11 or later", "python3")
	for name, parameters := range pipelineCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := render(t, "data-pipeline", parameters)
			run := func(args ...string) string {
				t.Helper()
				out, err := pythonIn(t, dir, python, args...)
				if err != nil {
					t.Fatalf("python %s: %v\n%s", strings.Join(args, " "), err, out)
				}
				return out
			}
			run("-m", "compileall", "-q", ".")
			want := strings.Join([]string{
				parameters["name"].(string), parameters["firstDay"].(string),
				parameters["source"].(string), parameters["warehouse"].(string),
			}, " ")
			if got := run("-c", saysSettings); got != want {
				t.Errorf("settings.py says %q, want %q", got, want)
			}
			if got := run("-c", runsTests); got != "4 passed" {
				t.Errorf("the tests say %q", got)
			}
		})
	}
}

const (
	saysSettings = `
from pipeline.settings import FIRST_DAY, NAME, SOURCE, WAREHOUSE
print(NAME, FIRST_DAY, SOURCE, WAREHOUSE)`

	runsTests = `
import test_sales, test_versions
tests = [test for of in (test_sales, test_versions) for name, test in vars(of).items() if name.startswith("test_")]
for test in tests:
    test()
print(len(tests), "passed")`
)

// TestDataPipelineIsIdempotent runs the steps of a run on a real database, by the
// tests that the pipeline carries: what a run leaves, and what a second one changes.
func TestDataPipelineIsIdempotent(t *testing.T) {
	t.Parallel()
	const how = "apt-get install python3-pytest python3-sqlalchemy python3-psycopg2"
	python := testpart.Program(t, "Python", how, "/usr/bin/python3", "python3")
	dir := render(t, "data-pipeline", pipelineCases()["tier-1"])
	if out, err := pythonIn(t, dir, python, "-c", "import psycopg2, pytest, sqlalchemy"); err != nil {
		testpart.Missing(t, "a package of the pipeline", how+": "+out)
	}
	out, err := pythonIn(t, dir, "env", "TEST_DATABASE_URL="+database(t), python, "-m", "pytest", "-q", "tests/test_steps.py")
	if err != nil || !strings.Contains(out, "6 passed") {
		t.Errorf("%v\n%s", err, out)
	}
}

// database makes a database of the test's own and returns its URL as libpq takes it:
// the pipeline's tests empty the schema that they work in.
func database(t *testing.T) string {
	t.Helper()
	address := storetest.EmptyPostgreSQLURL(t)
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	_, err = conn.Exec(t.Context(), "CREATE DATABASE pipeline")
	must(t, err)
	must(t, conn.Close(context.WithoutCancel(t.Context())))
	u, err := url.Parse(address)
	must(t, err)
	u.Scheme, u.Path = "postgresql", "/pipeline"
	u.RawQuery = url.Values{"host": {u.Query().Get("host")}}.Encode()
	return u.String()
}

// pythonIn runs a program in a fresh repository, where Python finds its modules.
func pythonIn(t *testing.T, dir, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(dir, "dags")+string(os.PathListSeparator)+filepath.Join(dir, "tests"))
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
