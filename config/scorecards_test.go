package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/config"
)

func TestDefaultPolicyHasTheScorecardsOfTheSpecification(t *testing.T) {
	spec, err := os.ReadFile("testdata/scorecards_spec.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(config.DefaultPolicyFile(), string(spec)) {
		t.Error("the default policy does not have the specification's text")
	}
	p := config.DefaultPolicy()
	var got []string
	for _, s := range p.Scorecards {
		for _, r := range s.Rules {
			got = append(got, s.Key+" "+r.ID+" "+r.Test.String())
		}
	}
	want := []string{
		`production-readiness has-owner metadata.owner isNotEmpty`,
		`production-readiness has-description metadata.description minLength 20`,
		`production-readiness has-techdocs metadata.annotations['backstage.io/techdocs-ref'] isNotEmpty`,
		`production-readiness has-pagerduty metadata.annotations['pagerduty.com/integration-key'] isNotEmpty`,
		`production-readiness has-runbook metadata.links [title] contains "Runbook"`,
		`production-readiness has-dashboard metadata.links [title] contains "Dashboard"`,
		`production-readiness ci-cd-configured metadata.annotations['github.com/project-slug'] isNotEmpty`,
		`security-compliance has-security-contact metadata.annotations['security.company.com/contact'] isNotEmpty`,
		`security-compliance vulnerability-scanning metadata.annotations['security.company.com/vuln-scanning'] equals "enabled"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	readiness, _ := p.Scorecard("production-readiness")
	pagerduty := readiness.Rules[3]
	if pagerduty.Weight != 15 || pagerduty.Condition.String() != `spec.lifecycle equals "production"` {
		t.Errorf("has-pagerduty: %+v", pagerduty)
	}
	if readiness.Title != "Production Readiness" || !slices.Equal(readiness.AppliesTo.Kinds, []string{"Component"}) {
		t.Errorf("production-readiness: %+v", readiness)
	}
}

func TestScorecardsOverlayTheBuiltInOnes(t *testing.T) {
	p, err := config.ParsePolicy("policy.yaml", `
scorecards:
  security-compliance: {enabled: false}
  own:
    levels: {high: 80, low: 20}
    appliesTo: {kind: api}
    checks: [{id: a, rule: {factRef: kind, operator: exists}}]
  production-readiness:
    title: Ready
    levels: {}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Scorecards) != 2 || p.Scorecards[0].Key != "own" {
		t.Fatalf("scorecards: %+v", p.Scorecards)
	}
	own := p.Scorecards[0]
	if !cmp.Equal(own.Levels, []config.Level{{Name: "low", MinScore: 20}, {Name: "high", MinScore: 80}}) || own.AppliesTo.Kinds[0] != "API" || own.Rules[0].Weight != 1 || own.Rules[0].Title != "a" {
		t.Errorf("own: %+v", own)
	}
	if ready := p.Scorecards[1]; ready.Title != "Ready" || len(ready.Rules) != 7 || len(ready.Levels) != 0 {
		t.Errorf("production-readiness: %+v", ready)
	}
}

// Each testdata/scorecards_*.yaml with a .txt beside it has mistakes; the .txt is
// what the author is told.
func TestScorecardMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/scorecards_*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, golden := range files {
		t.Run(filepath.Base(golden), func(t *testing.T) {
			text, err := os.ReadFile(strings.TrimSuffix(golden, ".txt") + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.ParsePolicy("policy.yaml", string(text))
			var wrong *config.PolicyError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a PolicyError", err)
			}
			if *updatePolicy {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A policy of any size is refused with the place at which it is too much.
func TestLargePoliciesAreRefusedWhereTheyAreTooLarge(t *testing.T) {
	rules := func(n, each int, rule string) string {
		var b strings.Builder
		for i := range n {
			if i%each == 0 {
				fmt.Fprintf(&b, "  card%d:\n    checks:\n", i/each)
			}
			fmt.Fprintf(&b, "      - {id: r%d, rule: %s}\n", i, rule)
		}
		return "scorecards:\n" + b.String()
	}
	const exists = "{factRef: kind, operator: exists}"
	cases := map[string]struct{ policy, want string }{
		"rules":       {rules(10_000, 10_000, exists), "policy.yaml:104:"},
		"scorecards":  {rules(10_000, 100, exists), "policy.yaml:5102:3: scorecards: more than 50"},
		"expressions": {rules(201, 100, "{expression: 'true'}"), "policy.yaml:208:"},
		"patterns":    {rules(501, 100, "{factRef: kind, operator: matches, value: a}"), "policy.yaml:514:"},
		"depth":       {"scorecards: {a: {checks: [{id: a, rule: " + strings.Repeat("{not: ", 100_000) + strings.Repeat("}", 100_000) + "}]}}", "policy.yaml:"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := config.ParsePolicy("policy.yaml", c.policy)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %.400v, want %q", err, c.want)
			}
		})
	}
}

func TestSchemaAndParserAgreeOnScorecards(t *testing.T) {
	const exists = "{factRef: kind, operator: exists}"
	rule := func(text string) string { return "scorecards: {a: {checks: [{id: a, rule: " + text + "}]}}" }
	cases := map[string]bool{
		"scorecards: {}":                                                           true,
		"scorecards: []":                                                           false,
		"scorecards: {A: {enabled: false}}":                                        false,
		"scorecards: {production-readiness: {}}":                                   true,
		"scorecards: {a: {enabled: 1}}":                                            false,
		"scorecards: {security-compliance: {levels: {gold: 101}}}":                 false,
		"scorecards: {security-compliance: {levels: {gold: 1.5}}}":                 false,
		"scorecards: {security-compliance: {levels: {Gold: 1}}}":                   false,
		"scorecards: {security-compliance: {appliesTo: {tag: []}}}":                false,
		"scorecards: {security-compliance: {appliesTo: {tag: x}}}":                 true,
		"scorecards: {a: {checks: []}}":                                            false,
		"scorecards: {a: {checks: [{rule: " + exists + "}]}}":                      false,
		"scorecards: {a: {checks: [{id: a}]}}":                                     false,
		"scorecards: {a: {checks: [{id: a, weight: 0, rule: " + exists + "}]}}":    false,
		"scorecards: {a: {checks: [{id: a, weight: 1001, rule: " + exists + "}]}}": false,
		rule(exists): true,
		rule("{factRef: kind, operator: exists, value: x}"):              false,
		rule("{factRef: kind, operator: exists, field: x}"):              false,
		rule("{factRef: kind, operator: Exists}"):                        false,
		rule("{factRef: Kind, operator: exists}"):                        false,
		rule("{factRef: kind}"):                                          false,
		rule("{operator: exists}"):                                       false,
		rule("{factRef: spec.x, operator: minLength, value: 0}"):         false,
		rule("{factRef: spec.x, operator: minLength, value: 1.5}"):       false,
		rule("{factRef: spec.x, operator: greaterThan, value: -1.5}"):    true,
		rule("{factRef: spec.x, operator: greaterThan, value: '1'}"):     false,
		rule("{factRef: spec.x, operator: equals, value: null}"):         false,
		rule("{factRef: spec.x, operator: equals, value: {}}"):           false,
		rule("{factRef: spec.x, operator: equals, value: ''}"):           true,
		rule("{factRef: spec.x, operator: in, value: a}"):                false,
		rule("{factRef: spec.x, operator: in, value: []}"):               false,
		rule("{factRef: spec.x, operator: in, field: a, value: [a, 1]}"): true,
		rule("{factRef: spec.x, operator: matches, value: 1}"):           false,
		rule("{any: []}"): false,
		rule("{any: [" + exists + "], all: [" + exists + "]}"): false,
		rule("{any: [" + exists + "], operator: exists}"):      false,
		rule("{not: [" + exists + "]}"):                        false,
		rule("{not: {all: [" + exists + "]}}"):                 true,
		rule("{expression: 'true'}"):                           true,
		rule("{expression: true}"):                             false,
		rule("{expression: ''}"):                               false,
		rule("{}"):                                             false,
	}
	for text, want := range cases {
		_, err := config.ParsePolicy("policy.yaml", text)
		if (err == nil) != want {
			t.Errorf("parser: %s: %v, want accepted %v", text, err, want)
		}
		if got := accepts(t, text); got != want {
			t.Errorf("schema: %s: accepted %v, want %v", text, got, want)
		}
	}
}

func FuzzScorecards(f *testing.F) {
	f.Add("{factRef: kind, operator: exists}")
	f.Add("{any: [{not: {expression: 'true'}}, {factRef: spec.x, operator: in, value: [1, a]}]}")
	f.Add("{factRef: [], operator: {}, value: .inf, field: ''}")
	f.Fuzz(func(t *testing.T, rule string) {
		p, err := config.ParsePolicy("policy.yaml", "scorecards: {a: {checks: [{id: a, rule: "+rule+"}]}}")
		if err != nil {
			return
		}
		if card, ok := p.Scorecard("a"); ok && card.Rules[0].Test == nil {
			t.Fatalf("%q is accepted and asks nothing", rule)
		}
	})
}
