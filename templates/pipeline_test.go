package templates_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/testpart"
)

// pipelineCases are answers to the template's questions, one set for each tier.
func pipelineCases() map[string]map[string]any {
	return map[string]map[string]any{
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

func TestDataPipelineAsksForWhatItNeeds(t *testing.T) {
	t.Parallel()
	places := []any{"", "db", "db/", "/shop", "db:5432/shop", "DB/shop", "db/shop/orders", `db/"`, "db/shop\n"}
	refusesBadAnswers(t, "data-pipeline", pipelineCases(), "tier-1", map[string][]any{
		"name":                    {"", "p", "Sales", "sales-", "1sales", "daily_sales", "sales\n", strings.Repeat("a", 41)},
		"description":             {"", "too short", "two lines are\nnot one sentence", " leading space is refused"},
		"tier":                    {"gold"},
		"source":                  places,
		"warehouse":               places,
		"firstDay":                {"", "yesterday", "2026-13-01", "01/02/2026", "2026-01-01T00:00:00Z"},
		"grafanaUrl":              {"http://grafana.acme.example", "javascript:alert(1)"},
		"pagerdutyIntegrationKey": {"", "${PAGERDUTY_KEY}"},
	})
}

func TestDataPipelineIsOnItsGoldenPath(t *testing.T) {
	t.Parallel()
	for name, parameters := range pipelineCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := renderTemplate(t, "data-pipeline", parameters)
			isOnPath(t, dir, "data_pipeline")
			isWellFormed(t, dir)
		})
	}
}

// TestDataPipelineCompiles byte-compiles all of its Python, and asks the one file
// that is rendered, and what needs nothing but Python, what they say.
func TestDataPipelineCompiles(t *testing.T) {
	t.Parallel()
	python := testpart.Program(t, "Python", "install Python 3.11 or later", "python3")
	for name, parameters := range pipelineCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := renderTemplate(t, "data-pipeline", parameters)
			run := func(args ...string) string {
				cmd := exec.CommandContext(t.Context(), python, args...)
				cmd.Dir = filepath.Join(dir, "dags")
				cmd.Env = append(os.Environ(), "PYTHONPATH="+cmd.Dir)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("python %s: %v\n%s", strings.Join(args, " "), err, out)
				}
				return strings.TrimSpace(string(out))
			}
			run("-m", "compileall", "-q", dir)
			got := run("-c", saysSettings)
			want := strings.Join([]string{
				parameters["name"].(string), parameters["firstDay"].(string), parameters["source"].(string),
				parameters["warehouse"].(string), idOfTea,
			}, " ")
			if got != want {
				t.Errorf("Python says %q, want %q", got, want)
			}
		})
	}
}

const (
	saysSettings = `
from datetime import date
from pipeline.sales import sale_id
from pipeline.settings import FIRST_DAY, NAME, SOURCE, WAREHOUSE
print(NAME, FIRST_DAY, SOURCE, WAREHOUSE, sale_id(date(2026, 1, 31), "tea"))`

	// idOfTea may never change: a day that is loaded again has to find its rows.
	idOfTea = "6ca355f5-f564-5895-8693-b69783609136"
)
