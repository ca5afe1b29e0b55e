package scaffold_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// observed runs a template without a folder of its own and returns its events, a
// line each, its output and its error.
func observed(t *testing.T, text, values string, o scaffold.Options) (events []string, output string, err error) {
	t.Helper()
	dir := t.TempDir()
	source, err := action.OpenLocal(dir)
	must(t, err)
	defer source.Close()
	workspace, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer workspace.Close()
	o.Source, o.Workspace = source, workspace
	o.Observer = func(e scaffold.Event) {
		line := strings.TrimSpace(fmt.Sprintf("%d/%d %s %s %s %s", e.Index+1, e.Total, e.ID, e.Kind, e.Key, e.Text))
		if e.Input != nil {
			line += " " + string(mustEncode(t, e.Input))
		}
		events = append(events, line)
	}
	result, err := scaffold.Run(t.Context(), readTemplate(t, text), object(t, []byte(values)), o)
	if err == nil {
		output = string(mustEncode(t, result.Output))
	}
	return events, output, err
}

const eventful = header + `  steps:
    - id: log
      action: debug:log
      input: {message: "token ${{ secrets.token }} of ${{ parameters.name }}, ${{ secrets.token | upper }}"}
    - id: skip
      if: ${{ not parameters.name }}
      action: debug:log
    - id: publish
      action: publish:github
      input:
        repoUrl: ${{ parameters.name }}
        token: ${{ secrets.token }}
        derived: x${{ secrets.token | reverse }}x
        broken: ${{ parameters.name | nope }}
    - id: each
      each: [a, b, c]
      if: ${{ each.value != 'b' }}
      action: acme:notify
      input: {url: "${{ steps.publish.output.remoteUrl }}/${{ each.value }}"}
    - id: after
      action: debug:log
      input: {message: "${{ steps.each.output.id | join(' ') }}"}
  output:
    links: [{title: Repo, url: "${{ steps.publish.output.remoteUrl }}"}]
`

func TestEvents(t *testing.T) {
	events, output, err := observed(t, eventful, `{"name":"pay"}`, scaffold.Options{Actions: action.Pure(), Secrets: map[string]string{"token": "hunter2"}})
	must(t, err)
	want := []string{
		"1/5 log started",
		"1/5 log log  {\n  \"message\": \"***\"\n}",
		"1/5 log log  ***",
		"1/5 log done",
		"2/5 skip started",
		"2/5 skip skipped  its if is false",
		"3/5 publish started",
		`3/5 publish warning  broken is passed on as it stands, because it does not render: line 1, column 23: there is no filter "nope", at "${{ parameters.name | nope }}"`,
		`3/5 publish planned {"repoUrl":"pay","token":"***","derived":"***","broken":"${{ parameters.name | nope }}"}`,
		"4/5 each started",
		`4/5 each planned 0 {"url":"<remoteUrl of publish>/a"}`,
		"4/5 each log 1 skipped: its if is false",
		`4/5 each planned 2 {"url":"<remoteUrl of publish>/c"}`,
		"5/5 after started",
		"5/5 after log  {\n  \"message\": \"<id of each> <id of each>\"\n}",
		"5/5 after log  <id of each> <id of each>",
		"5/5 after done",
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if output != `{"links":[{"title":"Repo","url":"<remoteUrl of publish>"}]}` {
		t.Errorf("output %s", output)
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	text := header + "  steps:\n    - id: s\n      action: test:fail\n      input: {why: \"${{ secrets.token }}\"}\n"
	var calls []call
	events, _, err := observed(t, text, `{}`, scaffold.Options{Actions: testActions(&calls), Secrets: map[string]string{"token": "hunter2"}})
	if err == nil || strings.Contains(err.Error()+strings.Join(events, "\n"), "hunter2") || !strings.Contains(err.Error(), "failed as asked: ***") {
		t.Errorf("got %v, %q", err, events)
	}
}

func TestSecretsSchema(t *testing.T) {
	text := strings.Replace(header, "  type: service\n", "  type: service\n  secrets: {schema: {type: object, required: [token], properties: {token: {type: string, minLength: 5}}}}\n", 1) + "  steps: []\n"
	for secret, want := range map[string]string{"": "secrets.token is not as spec.secrets asks", "abcd": "secrets.token", "abcde": ""} {
		o := scaffold.Options{Secrets: map[string]string{}}
		if secret != "" {
			o.Secrets["token"] = secret
		}
		_, _, err := observed(t, text, `{}`, o)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || secret != "" && strings.Contains(err.Error(), secret)) {
			t.Errorf("%q: got %v, want %q", secret, err, want)
		}
	}
}

func TestDryRun(t *testing.T) {
	impure := action.Action{ID: "acme:create", Run: func(context.Context, *action.Call) error { return errors.New("it ran") }}
	text := header + "  steps:\n    - {id: a, action: 'acme:create', input: {x: 1}}\n    - {id: b, action: 'fetch:plain', input: {url: 'https://github.com/acme/x'}}\n"
	o := scaffold.Options{Actions: append(action.Pure(), impure), DryRun: true}
	events, _, err := observed(t, text, `{}`, o)
	must(t, err)
	want := []string{"1/2 a started", `1/2 a planned {"x":1}`, "2/2 b started", `2/2 b planned {"url":"https://github.com/acme/x"}`}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	o.DryRun = false
	if _, _, err := observed(t, text, `{}`, o); err == nil || !strings.Contains(err.Error(), "template.yaml:7:7: step a: it ran") {
		t.Errorf("without dry run: %v", err)
	}
}

// TestSpecTemplateRuns runs the specification's template 5.2 with its skeleton.
func TestSpecTemplateRuns(t *testing.T) {
	source, err := action.OpenLocal("testdata/spec")
	must(t, err)
	defer source.Close()
	workspace, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer workspace.Close()
	data, err := os.ReadFile("testdata/spec/values.yaml")
	must(t, err)
	values, err := scaffold.ReadValues("values.yaml", data)
	must(t, err)
	planned := map[string]string{}
	o := scaffold.Options{Actions: action.Pure(), Source: source, Workspace: workspace, DryRun: true, Observer: func(e scaffold.Event) {
		if e.Kind == scaffold.Planned {
			planned[e.ID] = string(mustEncode(t, e.Input))
		}
	}}
	_, err = scaffold.Run(t.Context(), readFolder(t, os.DirFS("testdata/spec")), values, o)
	must(t, err)
	if got, want := planned["create-pagerduty"], `{"name":"pay-api","description":"Takes payments","escalationPolicyId":"P1_POLICY"}`; got != want {
		t.Errorf("PagerDuty gets %s, want %s", got, want)
	}
	if len(planned) != 4 {
		t.Errorf("%d steps are planned, want 4", len(planned))
	}
	catalog, err := workspace.ReadFile("catalog-info.yaml")
	must(t, err)
	for _, want := range []string{"name: pay-api\n", "- tier-1\n", "- resource:default/pay-api-db\n"} {
		if !strings.Contains(string(catalog), want) {
			t.Errorf("catalog-info.yaml has no %q:\n%s", want, catalog)
		}
	}
}

func TestCancelledRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stop := action.Action{ID: "test:stop", Pure: true, Run: func(context.Context, *action.Call) error { cancel(); return nil }}
	text := header + "  steps:\n    - action: test:stop\n    - action: test:stop\n      if: ${{ always() }}\n"
	var events []scaffold.EventKind
	_, err := scaffold.Run(ctx, readTemplate(t, text), nunjucks.NewObject(), scaffold.Options{
		Actions: []action.Action{stop}, Observer: func(e scaffold.Event) { events = append(events, e.Kind) },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]scaffold.EventKind{scaffold.Started, scaffold.Done, scaffold.Started, scaffold.Failed}, events); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
