package scorecard_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// shown is a policy that has every kind of answer, and words that would be markup.
const shown = `
scorecards:
  production-readiness: {}
  many:
    title: "Many *rules* @acme/all"
    levels: {"top": 100}
    checks:
      - {id: light, weight: 1, rule: {factRef: spec.none, operator: exists}}
      - {id: heavy, title: "<b>Heavy</b> | #12", weight: 90, remedy: "See https://acme.example\nand ask @sre.", rule: {factRef: spec.none, operator: exists}}
      - {id: error, weight: 80, rule: {expression: "entity.spec.none == 'x'"}}
      - {id: size, weight: 70, rule: {factRef: metadata.name, operator: minLength, value: 99}}
      - {id: set, weight: 60, rule: {factRef: spec.type, operator: equals, value: website}}
      - {id: link, weight: 50, rule: {factRef: metadata.links, operator: contains, field: title, value: SLO}}
      - {id: lightest, rule: {factRef: spec.none, operator: exists}}
      - {id: guarded, rule: {factRef: repo.protection.requiresPullRequest, operator: equals, value: true}}
      - {id: elsewhere, condition: {factRef: kind, operator: equals, value: API}, rule: {factRef: spec.none, operator: exists}}
  unread:
    title: Unread
    checks: [{id: topics, title: Topics, rule: {factRef: repo.topics, operator: isNotEmpty}}]
  of-apis:
    appliesTo: {kind: API}
    checks: [{id: a, rule: {factRef: kind, operator: exists}}]
`

func TestWhatPeopleSee(t *testing.T) {
	answer := scorecard.EvaluateAll(input(t, payment), cards(t, shown))
	var text strings.Builder
	if err := scorecard.WriteText(&text, answer); err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string]string{"testdata/shown.md": scorecard.Markdown(answer), "testdata/shown.txt": text.String()} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	if got := scorecard.Markdown(scorecard.Answer{}); got != "" {
		t.Errorf("without scorecards there is a section: %q", got)
	}
}

// The entity that is scored is the one that the golden path judges: of several, the
// one that names the repository. One that Backstage would refuse is not scored.
func TestOfService(t *testing.T) {
	other := strings.NewReplacer("name: payment-service", "name: other", "mycompany/payment-service", "mycompany/other").Replace(payment)
	cases := map[string]struct {
		text, entity string
		ok           bool
	}{
		"one":      {payment, "component:default/payment-service", true},
		"several":  {other + "---" + payment, "component:default/payment-service", true},
		"broken":   {"}{\n---" + payment, "component:default/payment-service", true},
		"refused":  {strings.Replace(payment, "lifecycle: production", "lifecycle: 3", 1), "", false},
		"no entry": {"", "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var files []repo.File
			if c.text != "" {
				files = append(files, repo.File{Path: "catalog-info.yaml", Text: c.text, Read: true})
			}
			s := repo.NewSnapshot(repo.Name{Owner: "mycompany", Repo: "payment-service"}, repo.Want{Files: []string{"catalog-info.yaml"}}, files...)
			policy := config.DefaultPolicy()
			report := checks.Evaluate(checks.Input{Snapshot: s, Policy: policy})
			answer, ok := scorecard.OfService(s, report, policy.Scorecards)
			if ok != c.ok || answer.Entity != c.entity || answer.Scorecards == nil || (len(answer.Scorecards) == 2) != ok {
				t.Errorf("got %v, %+v", ok, answer)
			}
		})
	}
}
