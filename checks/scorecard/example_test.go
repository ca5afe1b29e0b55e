package scorecard_test

import (
	"encoding/json"
	"fmt"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
)

// An entity and a report as they are kept, without a Snapshot: what the policy asks
// of the repository is not available then, and the rest is scored.
func ExampleEvaluateAll() {
	entity, err := catalog.EntityFromJSON([]byte(`{"apiVersion": "backstage.io/v1alpha1", "kind": "Component",
		"metadata": {"name": "pay"}, "spec": {"type": "service", "lifecycle": "production", "owner": "payments"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	var report checks.Report
	if err := json.Unmarshal([]byte(`{"path": "backend_service", "checks": [{"id": "documentation", "status": "compliant"}]}`), &report); err != nil {
		fmt.Println(err)
		return
	}
	policy, err := config.ParsePolicy("policy.yaml", `
scorecards:
  basics:
    checks:
      - {id: owned, rule: {factRef: metadata.owner, operator: isNotEmpty}}
      - {id: documented, rule: {factRef: checks.documentation.status, operator: equals, value: compliant}}
      - {id: tagged, rule: {factRef: repo.topics, operator: isNotEmpty}}
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := scorecard.EvaluateAll(scorecard.Input{Entity: entity, Report: &report}, policy.Scorecards[:1])
	fmt.Println(answer.Entity, answer.Scorecards[0].Score, answer.Scorecards[0].Level)
	for _, rule := range answer.Scorecards[0].Rules {
		fmt.Println(rule.ID, rule.Status)
	}
	// Output:
	// component:default/pay 100 gold
	// owned pass
	// documented pass
	// tagged not_available
}
