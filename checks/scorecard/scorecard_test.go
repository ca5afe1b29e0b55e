package scorecard_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
)

var update = flag.Bool("update", false, "rewrite testdata/*.json")

// payment is the Component of spec 4.1.
const payment = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payment-service
  description: Core payment processing service
  annotations:
    backstage.io/techdocs-ref: dir:.
    github.com/project-slug: mycompany/payment-service
    pagerduty.com/integration-key: R0123456789
    acme.com/burn: "1.2"
    acme.com/blank: " "
  tags: [go, grpc, tier-1]
  links:
    - url: https://grafana.company.com/d/payment-service
      title: Grafana Dashboard
    - url: https://runbooks.company.com/payment-service
      title: Runbook
spec:
  type: service
  lifecycle: production
  owner: team-payments
  system: payment-system
  replicas: 3
  public: false
  dependsOn: []
`

func entity(t testing.TB, text string) (*catalog.Entity, []catalog.Relation) {
	t.Helper()
	docs := catalog.Parse("catalog-info.yaml", []byte(text), catalog.Options{})
	if len(docs) != 1 || !docs[0].OK {
		t.Fatalf("the entity is not valid: %+v", docs)
	}
	return docs[0].Entity, docs[0].Relations
}

func input(t testing.TB, text string) scorecard.Input {
	e, relations := entity(t, text)
	return scorecard.Input{Entity: e, Relations: relations}
}

func full(t testing.TB) scorecard.Input {
	in := input(t, payment)
	in.Snapshot = repo.NewSnapshot(repo.Name{Owner: "mycompany", Repo: "payment-service"},
		repo.Want{Dirs: []repo.Dir{{Depth: 4, NamesOnly: true}}},
		repo.File{Path: "go.mod"}, repo.File{Path: "docs", Kind: repo.Directory}, repo.File{Path: "docs/index.md"})
	in.Snapshot.ID = 1
	in.Snapshot.Languages = []repo.Language{{Name: "Makefile", Bytes: 10}, {Name: "Go", Bytes: 1000}}
	in.Snapshot.Topics = []string{"payments"}
	in.Snapshot.Protection = &repo.Protection{RequiresPullRequest: true, RequiredApprovals: 2, Sources: []string{"ruleset: main"}}
	in.Report = &checks.Report{Path: "backend_service", Checks: []checks.Result{{ID: "ci-cd-pipeline", Status: checks.Partial}}}
	return in
}

// cards reads scorecards as an organisation writes them.
func cards(t testing.TB, text string) []config.Scorecard {
	t.Helper()
	p, err := config.ParsePolicy("policy.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return p.Scorecards
}

// one makes a scorecard of a single rule.
func one(t testing.TB, rule string) config.Scorecard {
	t.Helper()
	return cards(t, "scorecards: {one: {checks: [{id: it, rule: "+rule+"}]}}")[0]
}

func TestBuiltInScorecards(t *testing.T) {
	builtIn := config.DefaultPolicy().Scorecards
	broken := strings.NewReplacer("title: Runbook", "title: Wiki", "Core payment processing service", "Pays",
		"pagerduty.com/integration-key", "x.com/y", "production", "experimental").Replace(payment)
	for name, text := range map[string]string{"spec": payment, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(scorecard.EvaluateAll(input(t, text), builtIn), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			file := "testdata/builtin_" + name + ".json"
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOperators(t *testing.T) {
	cases := []struct {
		rule, message string
		want          scorecard.Status
	}{
		{`{factRef: metadata.owner, operator: isNotEmpty}`, `metadata.owner is "team-payments"`, "pass"},
		{`{factRef: spec.owner, operator: equals, value: team-payments}`, "", "pass"},
		{`{factRef: metadata.labels, operator: isNotEmpty}`, `metadata.labels is missing; it has to be set`, "fail"},
		{`{factRef: "metadata.annotations['acme.com/blank']", operator: isNotEmpty}`, "is empty; it has to be set", "fail"},
		{`{factRef: spec.dependsOn, operator: isNotEmpty}`, "is an empty list", "fail"},
		{`{factRef: spec.dependsOn, operator: exists}`, "", "pass"},
		{`{factRef: spec.public, operator: isNotEmpty}`, "spec.public is false", "pass"},
		{`{factRef: spec.none, operator: exists}`, "is missing; it has to be there", "fail"},
		{`{factRef: metadata.description, operator: minLength, value: 31}`, "", "pass"},
		{`{factRef: metadata.description, operator: minLength, value: 32}`, "has 31 characters; at least 32 are needed", "fail"},
		{`{factRef: metadata.tags, operator: minLength, value: 3}`, "metadata.tags has 3 items", "pass"},
		{`{factRef: spec.replicas, operator: minLength, value: 1}`, "spec.replicas is 3, which has no length", "fail"},
		{`{factRef: spec.none, operator: minLength, value: 1}`, "has no value", "fail"},
		{`{factRef: spec.replicas, operator: equals, value: 3}`, "", "pass"},
		{`{factRef: spec.replicas, operator: equals, value: "3"}`, "", "fail"},
		{`{factRef: spec.public, operator: equals, value: false}`, "", "pass"},
		{`{factRef: metadata.tags, operator: equals, value: go}`, "", "fail"},
		{`{factRef: spec.lifecycle, operator: notEquals, value: deprecated}`, "", "pass"},
		{`{factRef: spec.none, operator: notEquals, value: x}`, "", "pass"},
		{`{factRef: spec.type, operator: notEquals, value: service}`, `spec.type is "service"; it has to be something else`, "fail"},
		{`{factRef: metadata.links, operator: contains, field: title, value: Dashboard}`, "", "pass"},
		{`{factRef: metadata.links, operator: contains, field: title, value: runbook}`, "", "pass"},
		{`{factRef: metadata.links, operator: contains, field: icon, value: x}`, "one icon has to contain \"x\"", "fail"},
		{`{factRef: metadata.tags, operator: contains, value: go}`, "", "pass"},
		{`{factRef: metadata.tags, operator: contains, value: tier}`, "metadata.tags has 3 items: go, grpc, tier-1; it has to contain \"tier\"", "fail"},
		{`{factRef: metadata.annotations, operator: contains, value: acme.com/burn}`, "", "pass"},
		{`{factRef: metadata.description, operator: contains, value: PAYMENT}`, "", "pass"},
		{`{factRef: metadata.name, operator: matches, value: "^[a-z-]+$"}`, "", "pass"},
		{`{factRef: metadata.tags, operator: matches, value: "^tier-[0-9]$"}`, "", "pass"},
		{`{factRef: metadata.links, operator: matches, field: url, value: "^http:"}`, "one url has to match", "fail"},
		{`{factRef: spec.none, operator: matches, value: ".*"}`, "", "fail"},
		{`{factRef: spec.type, operator: in, value: [website, service]}`, "", "pass"},
		{`{factRef: metadata.tags, operator: in, value: [tier-2, tier-3]}`, "", "fail"},
		{`{factRef: spec.replicas, operator: greaterThan, value: 2}`, "", "pass"},
		{`{factRef: spec.replicas, operator: greaterThan, value: 3}`, "spec.replicas is 3; a number greater than 3 is needed", "fail"},
		{`{factRef: "metadata.annotations['acme.com/burn']", operator: lessThan, value: 1.5}`, "", "pass"},
		{`{factRef: spec.type, operator: lessThan, value: 9}`, "", "fail"},
		{`{factRef: 'metadata.links[1].title', operator: equals, value: Runbook}`, "", "pass"},
		{`{factRef: 'metadata.links[2].title', operator: exists}`, "", "fail"},
		{`{factRef: relations, operator: contains, field: targetRef, value: "group:default/team-payments"}`, "", "pass"},
		{`{factRef: repo.files, operator: contains, value: docs/index.md}`, "the repository has docs/index.md", "pass"},
		{`{factRef: repo.files, operator: contains, value: docs/}`, "", "pass"},
		{`{factRef: repo.files, operator: contains, value: go.mod/}`, "the repository has no folder go.mod/", "fail"},
		{`{factRef: repo.files, operator: contains, value: Dockerfile}`, "the repository has no Dockerfile", "fail"},
		{`{factRef: repo.files, operator: matches, value: "[.]md$"}`, "", "pass"},
		{`{factRef: 'repo.languages[0]', operator: equals, value: Go}`, "", "pass"},
		{`{factRef: repo.topics, operator: contains, value: payments}`, "", "pass"},
		{`{factRef: repo.archived, operator: equals, value: false}`, "", "pass"},
		{`{factRef: repo.protection, operator: isNotEmpty}`, "", "pass"},
		{`{factRef: repo.protection.requiredApprovals, operator: greaterThan, value: 2}`, "repo.protection.requiredApprovals is 2", "fail"},
		{`{factRef: checks.ci-cd-pipeline.status, operator: equals, value: compliant}`, `is "partial"`, "fail"},
		{`{factRef: checks.none.status, operator: exists}`, "the golden path report has no check none", "not_available"},
		{`{any: [{factRef: spec.none, operator: exists}, {factRef: kind, operator: exists}]}`, "", "pass"},
		{`{any: [{factRef: spec.no, operator: exists}, {factRef: spec.none, operator: exists}]}`, "spec.no is missing; it has to be there; spec.none is missing", "fail"},
		{`{all: [{factRef: kind, operator: exists}, {factRef: spec.none, operator: exists}]}`, "spec.none is missing", "fail"},
		{`{not: {factRef: kind, operator: exists}}`, `kind is "Component"; that is what must not be`, "fail"},
		{`{not: {factRef: spec.none, operator: exists}}`, "spec.none is missing", "pass"},
		{`{expression: "entity.spec.replicas >= 3 && 'go' in entity.metadata.tags"}`, "", "pass"},
		{`{expression: "entity.metadata.owner == 'team-payments'"}`, "", "pass"},
		{`{expression: "entity.spec.none == 'x'"}`, "no such key: none; ask has(...) first", "error"},
		{`{expression: "repo.protection.requiredApprovals > 2"}`, "does not hold: repo.protection", "fail"},
		{`{expression: "checks['ci-cd-pipeline'].status == 'partial'"}`, "", "pass"},
		{`{expression: "entity.relations.exists(r, r.type == 'partOf')"}`, "", "pass"},
	}
	in := full(t)
	for _, c := range cases {
		got := scorecard.Evaluate(in, one(t, c.rule)).Rules[0]
		if got.Status != c.want || !strings.Contains(got.Message, c.message) {
			t.Errorf("%s: %s, %s", c.rule, got.Status, got.Message)
		}
		if (got.Status == scorecard.Fail) != (got.Remedy != "") && got.Status != scorecard.Error {
			t.Errorf("%s: %s with the remedy %q", c.rule, got.Status, got.Remedy)
		}
	}
}

func TestWhatIsNotAvailableCountsForNothing(t *testing.T) {
	in := input(t, payment)
	bare := full(t)
	bare.Snapshot = repo.NewSnapshot(repo.Name{}, repo.Want{Dirs: []repo.Dir{{Depth: 1}}}, repo.File{Path: "go.mod"})
	bare.Snapshot.ID = 1
	folder := full(t)
	folder.Snapshot.ID = 0
	cases := []struct {
		in            scorecard.Input
		rule, message string
		want          scorecard.Status
	}{
		{in, `{factRef: repo.archived, operator: exists}`, "repo.archived is not available: the repository was not read", "not_available"},
		{in, `{factRef: repo.files, operator: contains, value: go.mod}`, "not read", "not_available"},
		{in, `{factRef: checks.docs.status, operator: exists}`, "there is no golden path report", "not_available"},
		{in, `{expression: "'go.mod' in repo.files"}`, "repo is not available: the repository was not read", "not_available"},
		{in, `{expression: "entity.kind == 'Component' || 'go.mod' in repo.files"}`, "", "pass"},
		{in, `{expression: "entity.kind == 'API' && size(checks) > 0"}`, "", "fail"},
		{in, `{not: {factRef: repo.archived, operator: exists}}`, "", "not_available"},
		{in, `{any: [{factRef: repo.archived, operator: exists}, {factRef: kind, operator: exists}]}`, "", "pass"},
		{in, `{all: [{factRef: repo.archived, operator: exists}, {factRef: kind, operator: exists}]}`, "", "not_available"},
		{in, `{all: [{factRef: repo.archived, operator: exists}, {expression: "entity.none == 1"}]}`, "", "error"},
		{bare, `{factRef: repo.files, operator: contains, value: go.mod}`, "", "pass"},
		{bare, `{factRef: repo.files, operator: contains, value: Makefile}`, "", "fail"},
		{bare, `{factRef: repo.files, operator: contains, value: docs/index.md}`, "that part of it was not read", "not_available"},
		{bare, `{factRef: repo.files, operator: matches, value: "go"}`, "files were not listed", "not_available"},
		{bare, `{expression: "repo.files.size() > 0"}`, "repo.files is not available", "not_available"},
		{bare, `{expression: "repo.archived"}`, "", "fail"},
		{bare, `{factRef: repo.protection.requiresPullRequest, operator: equals, value: true}`, "protection could not be read", "not_available"},
		{folder, `{factRef: "repo.languages[0]", operator: equals, value: Go}`, "only GitHub knows it, and this is a folder", "not_available"},
		{folder, `{factRef: repo.topics, operator: isNotEmpty}`, "only GitHub knows it", "not_available"},
		{folder, `{not: {factRef: repo.archived, operator: equals, value: true}}`, "only GitHub knows it", "not_available"},
		{folder, `{expression: "'Go' in repo.languages"}`, "repo.languages is not available", "not_available"},
		{folder, `{expression: "'go.mod' in repo.files"}`, "", "pass"},
		{bare, `{expression: "repo.protection.requiresPullRequest"}`, "repo.protection is not available", "not_available"},
	}
	for _, c := range cases {
		got := scorecard.Evaluate(c.in, one(t, c.rule))
		rule := got.Rules[0]
		if rule.Status != c.want || !strings.Contains(rule.Message, c.message) {
			t.Errorf("%s: %s, %s", c.rule, rule.Status, rule.Message)
		}
		if rule.Status == scorecard.NotAvailable && (got.Applies || got.Reason == "" || got.Level != "") {
			t.Errorf("%s: what is not available is scored: %+v", c.rule, got)
		}
	}
}

func TestScoreConditionsAndLevels(t *testing.T) {
	yes, no := `{factRef: kind, operator: exists}`, `{factRef: spec.none, operator: exists}`
	cases := []struct {
		name, card string
		score      float64
		level      string
	}{
		{"all", `{checks: [{id: a, rule: ` + yes + `}]}`, 100, "gold"},
		{"weights", `{checks: [{id: a, weight: 7, rule: ` + yes + `}, {id: b, weight: 3, rule: ` + no + `}]}`, 70, "silver"},
		{"just below", `{checks: [{id: a, weight: 699, rule: ` + yes + `}, {id: b, weight: 301, rule: ` + no + `}]}`, 69.9, "bronze"},
		{"no level", `{checks: [{id: a, rule: ` + no + `}]}`, 0, ""},
		{"condition", `{checks: [{id: a, rule: ` + yes + `}, {id: b, weight: 99, rule: ` + no + `, condition: ` + no + `}]}`, 100, "gold"},
		{"condition not available", `{checks: [{id: a, rule: ` + yes + `}, {id: b, rule: ` + yes + `, condition: {factRef: repo.topics, operator: exists}}]}`, 100, "gold"},
		{"own levels", `{levels: {top: 100, half: 50}, checks: [{id: a, rule: ` + yes + `}, {id: b, rule: ` + no + `}]}`, 50, "half"},
		{"no levels", `{levels: {}, checks: [{id: a, rule: ` + yes + `}]}`, 100, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := scorecard.Evaluate(input(t, payment), cards(t, "scorecards: {x: "+c.card+"}")[0])
			if fmt.Sprintf("%.4f", got.Score) != fmt.Sprintf("%.4f", c.score) || got.Level != c.level {
				t.Errorf("got %v, level %q", got.Score, got.Level)
			}
		})
	}
	none := scorecard.Evaluate(input(t, payment), cards(t, "scorecards: {x: {checks: [{id: a, rule: "+yes+", condition: "+no+"}]}}")[0])
	if none.Applies || none.Reason == "" || len(none.Rules) != 1 || none.Rules[0].Status != scorecard.NotApplicable {
		t.Errorf("no rule applies: %+v", none)
	}
}

func TestAppliesTo(t *testing.T) {
	cases := map[string]bool{
		"":                                     true,
		"appliesTo: {kind: component},":        true,
		"appliesTo: {kind: [API, Component]},": true,
		"appliesTo: {kind: API},":              false,
		"appliesTo: {type: [Service]},":        true,
		"appliesTo: {type: website},":          false,
		"appliesTo: {tag: [tier-1, tier-2]},":  true,
		"appliesTo: {type: service, tag: x},":  false,
	}
	for text, want := range cases {
		card := cards(t, "scorecards: {x: {"+text+" checks: [{id: a, rule: {factRef: kind, operator: exists}}]}}")[0]
		got := scorecard.Evaluate(input(t, payment), card)
		if got.Applies != want || (got.Reason == "") != want {
			t.Errorf("%s: applies %v, %s", text, got.Applies, got.Reason)
		}
		if n := len(scorecard.EvaluateAll(input(t, payment), []config.Scorecard{card}).Scorecards); (n == 1) != want {
			t.Errorf("%s: %d results", text, n)
		}
	}
}

func TestAnswersAreBoundedAndKeepSecrets(t *testing.T) {
	long := strings.Replace(payment, "Core payment processing service", strings.Repeat("\u202eabc\U0001F600", 3000), 1)
	got := scorecard.Evaluate(input(t, long), one(t, `{factRef: metadata.description, operator: equals, value: x}`)).Rules[0]
	if n := len([]rune(got.Actual)); n > 120 || strings.Contains(got.Actual+got.Message, "\u202e") {
		t.Errorf("actual of %d characters: %q", n, got.Actual)
	}
	if n := len([]rune(got.Message)); n > 500 {
		t.Errorf("message of %d characters", n)
	}
	for _, op := range []string{"isNotEmpty", "contains, value: zzz", `matches, value: "^z"`, "equals, value: zzz"} {
		got := scorecard.Evaluate(input(t, payment), one(t, `{factRef: "metadata.annotations['pagerduty.com/integration-key']", operator: `+op+`}`)).Rules[0]
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "R01234") {
			t.Errorf("%s: the key is shown: %s", op, text)
		}
	}
}

// An entity made to hold the server up is answered with an error, in steps that are
// counted.
func TestExpressionsStopOnLargeEntities(t *testing.T) {
	tags := make([]string, 2000)
	for i := range tags {
		tags[i] = fmt.Sprintf("t%d", i)
	}
	large := strings.Replace(payment, "[go, grpc, tier-1]", "["+strings.Join(tags, ", ")+"]", 1)
	got := scorecard.Evaluate(input(t, large), one(t, `{expression: "entity.metadata.tags.all(a, entity.metadata.tags.exists(b, b == 'none' || a != 'x'))"}`)).Rules[0]
	if got.Status != scorecard.Pass {
		t.Errorf("a short way is not taken: %+v", got)
	}
	got = scorecard.Evaluate(input(t, large), one(t, `{expression: "entity.metadata.tags.all(a, entity.metadata.tags.all(b, a != 'x' || b != a))"}`)).Rules[0]
	if got.Status != scorecard.Error || !strings.Contains(got.Message, "too many steps") {
		t.Errorf("got %+v", got)
	}
	text := strings.Replace(payment, "Core payment processing service", strings.Repeat("a", 70_000), 1)
	got = scorecard.Evaluate(input(t, text), one(t, `{factRef: metadata.description, operator: matches, value: "b$"}`)).Rules[0]
	if got.Status != scorecard.Error || !strings.Contains(got.Message, "too much text") {
		t.Errorf("got %+v", got)
	}
}

// RE2 takes time in proportion to text and pattern; both together are bounded.
func TestMatchesStopsOnMuchText(t *testing.T) {
	tags := make([]string, 3000)
	for i := range tags {
		tags[i] = strings.Repeat("a", 50) + strconv.Itoa(i)
	}
	large := strings.Replace(payment, "[go, grpc, tier-1]", "["+strings.Join(tags, ", ")+"]", 1)
	cases := map[string]scorecard.Status{"a$": scorecard.Fail, "(a{1,9}){30}b$": scorecard.Error}
	for pattern, want := range cases {
		got := scorecard.Evaluate(input(t, large), one(t, `{factRef: metadata.tags, operator: matches, value: "`+pattern+`"}`)).Rules[0]
		if got.Status != want {
			t.Errorf("%s: %s, %s; want %s", pattern, got.Status, got.Message, want)
		}
	}
}

func TestWants(t *testing.T) {
	cases := map[string]repo.Want{
		`{factRef: kind, operator: exists}`:                               {},
		`{factRef: repo.topics, operator: exists}`:                        {},
		`{factRef: repo.files, operator: contains, value: go.mod}`:        {Dirs: []repo.Dir{{Depth: 1, NamesOnly: true}}},
		`{not: {factRef: repo.files, operator: contains, value: a/b/c/}}`: {Dirs: []repo.Dir{{Path: "a/b", Depth: 1, NamesOnly: true}}},
		`{factRef: repo.files, operator: matches, value: x}`:              {Dirs: []repo.Dir{{Depth: 4, NamesOnly: true}}},
		`{factRef: "repo.files[0]", operator: exists}`:                    {Dirs: []repo.Dir{{Depth: 4, NamesOnly: true}}},
		`{expression: "repo.archived || repo.topics.size() == 0"}`:        {},
		`{expression: "repo.files.size() == 0"}`:                          {Dirs: []repo.Dir{{Depth: 4, NamesOnly: true}}},
	}
	for rule, want := range cases {
		got := scorecard.Wants([]config.Scorecard{one(t, rule)})
		if len(got.Files)+len(got.Dirs)+len(want.Dirs) > 0 && !cmp.Equal(got.Dirs, want.Dirs) {
			t.Errorf("%s: %+v", rule, got)
		}
	}
	if got := scorecard.Wants(config.DefaultPolicy().Scorecards); len(got.Files)+len(got.Dirs) != 0 {
		t.Errorf("the built-in scorecards read %+v", got)
	}
}

// Every example of the documentation is read by the policy's own reader.
func TestDocumentationIsRead(t *testing.T) {
	text, err := os.ReadFile("../../docs/scorecards.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d examples", len(blocks))
	}
	used := map[string]bool{}
	for _, b := range blocks {
		block := b[1]
		if strings.HasPrefix(block, "- id:") {
			block = "scorecards:\n  x:\n    checks:\n      " + strings.ReplaceAll(block, "\n", "\n      ")
		}
		for _, line := range cards(t, block)[0].Rules {
			used[line.Test.String()] = true
		}
	}
	all := fmt.Sprint(used)
	for _, op := range []string{"isNotEmpty", "minLength", "equals", "contains", "notEquals", "matches", " in ", "greaterThan", "lessThan", "exists", "any(", "all(", "not(", "expression"} {
		if !strings.Contains(all, op) {
			t.Errorf("no example of %s", op)
		}
	}
}

func BenchmarkBuiltIn(b *testing.B) {
	in, builtIn := full(b), config.DefaultPolicy().Scorecards
	b.ReportAllocs()
	for b.Loop() {
		for _, card := range builtIn {
			scorecard.Evaluate(in, card)
		}
	}
}

func BenchmarkExpression(b *testing.B) {
	in, card := full(b), one(b, `{expression: "'go' in entity.metadata.tags && 'go.mod' in repo.files"}`)
	b.ReportAllocs()
	for b.Loop() {
		scorecard.Evaluate(in, card)
	}
}

// A policy can ask for every status that a check has, and for no other.
func TestStatusesOfChecks(t *testing.T) {
	for _, status := range []checks.Status{checks.Compliant, checks.Partial, checks.NonCompliant, checks.NotApplicable} {
		in := full(t)
		in.Report.Checks[0].Status = status
		card := one(t, `{factRef: checks.ci-cd-pipeline.status, operator: in, value: [`+string(status)+`]}`)
		if got := scorecard.Evaluate(in, card).Rules[0]; got.Status != scorecard.Pass {
			t.Errorf("%s: %+v", status, got)
		}
	}
}
