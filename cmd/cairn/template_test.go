package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const specTemplate = "../../scaffold/testdata/spec"

// template runs `cairn template` and returns its exit code and output.
func template(t *testing.T, stdin string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"template"}, args...), strings.NewReader(stdin), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// templateDir writes a template's folder.
func templateDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const goodTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: good, title: Good}
spec:
  type: service
  parameters:
    required: [name]
    properties:
      name: {type: string, pattern: '^[a-z]+$'}
      token: {type: string, ui:field: Secret}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input: {url: ./skeleton, values: {name: "${{ parameters.name }}", owner: "${{ user.entity.metadata.name }}"}}
    - id: publish
      name: Publish
      action: publish:github
      input: {repoUrl: "github.com?owner=acme&repo=${{ parameters.name }}", token: "${{ secrets.token }}"}
  output:
    links: [{title: Repository, url: "${{ steps.publish.output.remoteUrl }}"}]
    text: [{title: Done, content: "made ${{ parameters.name }}"}]
`

func goodDir(t *testing.T) string {
	return templateDir(t, map[string]string{
		"template.yaml":                   goodTemplate,
		"skeleton/${{ values.name }}.txt": "${{ values.name }} of ${{ values.owner }}\n",
		"skeleton/bin/run":                "#!/bin/sh\n",
	})
}

func TestTemplateLint(t *testing.T) {
	if code, out, errOut := template(t, "", "lint", goodDir(t)); code != 0 || !strings.HasSuffix(out, "0 errors, 1 warning\n") {
		t.Errorf("a good template: exit %d, %s%s", code, out, errOut)
	}
	code, out, _ := template(t, "", "lint", specTemplate)
	for _, want := range []string{
		specTemplate + "/template.yaml:166:62: warning: condition ? value : other is rendered here, but Backstage does not know it",
		"write ${{ 'P1_POLICY' if parameters.tier === 'tier-1' else 'STANDARD_POLICY' }}, which both render",
		specTemplate + `/skeleton/.github/workflows/ci.yaml:11:15: error: this gives {{ … {{ "}}" }}, which is no GitHub expression`,
		"10 errors, 6 warnings\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lint of the specification's template does not say %q", want)
		}
	}
	if code != exitFindings {
		t.Errorf("exit %d", code)
	}
}

func TestTemplateLintFormats(t *testing.T) {
	code, out, _ := template(t, "", "lint", "--format", "json", specTemplate)
	var list []struct{ Rule, File string }
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitFindings || len(list) != 16 {
		t.Errorf("json: exit %d, %v, %d findings", code, err, len(list))
	}
	code, out, _ = template(t, "", "lint", "--format", "sarif", goodDir(t))
	var log struct {
		Version string
		Runs    []struct{ Results []struct{ RuleID string } }
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || code != 0 || log.Version != "2.1.0" || log.Runs[0].Results[0].RuleID != "unavailable-action" {
		t.Errorf("sarif: exit %d, %v, %s", code, err, out)
	}
	for _, args := range [][]string{{"lint", "--format", "xml", specTemplate}, {"lint", t.TempDir()}, {"lint", "/no/such/folder"}, {"lint"}} {
		if code, _, errOut := template(t, "", args...); code != exitCannot || errOut == "" {
			t.Errorf("%v: exit %d, %s", args, code, errOut)
		}
	}
}

func TestTemplateRun(t *testing.T) {
	dir, parent := goodDir(t), t.TempDir()
	out := filepath.Join(parent, "out")
	secrets := filepath.Join(parent, "secrets.json")
	if err := os.WriteFile(secrets, []byte(`{"token":"hunter2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, text, errOut := template(t, "name: pay\n", "run", dir, "--values", "-", "--secrets", secrets, "--user", "user:default/jane", "--out", out)
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, text, errOut)
	}
	want := `[1/2] Fetch (fetch:template)
    Fetching template content from ./skeleton
    Processing 3 template files/directories
    Template result written to .
  ✓ done
[2/2] Publish (publish:github)
  ○ would run with {
      "repoUrl": "github.com?owner=acme&repo=pay",
      "token": "***"
    }
2 files in ` + out + `
Repository: <remoteUrl of publish>
Done
made pay
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	data, err := os.ReadFile(filepath.Join(out, "pay.txt"))
	if err != nil || string(data) != "pay of jane\n" {
		t.Errorf("pay.txt holds %q, %v", data, err)
	}
	if code, _, errOut := template(t, "name: pay\n", "run", dir, "--values", "-", "--out", out); code != exitCannot || !strings.Contains(errOut, "is not empty") {
		t.Errorf("into a folder that is not empty: exit %d, %s", code, errOut)
	}
}

func TestTemplateRunRefuses(t *testing.T) {
	dir := goodDir(t)
	failing := templateDir(t, map[string]string{
		"template.yaml": strings.Replace(goodTemplate, "    - id: publish", "    - id: bad\n      action: fs:delete\n      input: {files: [../x]}\n    - id: publish", 1),
		"skeleton/a":    "x",
	})
	broken := templateDir(t, map[string]string{"template.yaml": "kind: Template\n"})
	cases := []struct {
		name, dir, values string
		code              int
		says              string
	}{
		{"values", dir, "name: Pay\n", exitFindings, `name "Pay" does not have the form that is asked for: it must match ^[a-z]+$`},
		{"missing", dir, "", exitFindings, "name is required: give it a value"},
		{"not a mapping", dir, "- x\n", exitCannot, "a mapping of parameters was expected"},
		{"failing step", failing, "name: pay\n", exitFindings, "template.yaml:16:7: step bad: "},
		{"broken template", broken, "", exitFindings, "template.yaml:1:1: apiVersion is missing"},
		{"no folder", "/no/such/folder", "", exitCannot, "no such file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			parent := t.TempDir()
			code, _, errOut := template(t, c.values, "run", c.dir, "--values", "-", "--out", filepath.Join(parent, "out"))
			if code != c.code || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, want %d with %q: %s", code, c.code, c.says, errOut)
			}
			if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
				t.Errorf("it leaves %v, %v", left, err)
			}
		})
	}
	if code, _, errOut := template(t, "", "run", dir); code != exitCannot || !strings.Contains(errOut, "--out names the folder") {
		t.Errorf("without --out: exit %d, %s", code, errOut)
	}
}

func TestTemplateDryRun(t *testing.T) {
	parent := t.TempDir()
	out := filepath.Join(parent, "out")
	code, text, errOut := template(t, "", "run", specTemplate, "--values", specTemplate+"/values.yaml", "--out", out, "--dry-run")
	if code != 0 || !strings.Contains(text, `"escalationPolicyId": "P1_POLICY"`) || !strings.Contains(text, "It would leave:\n  .github/workflows/ci.yaml\n") {
		t.Errorf("exit %d: %s%s", code, text, errOut)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

func TestTemplateForm(t *testing.T) {
	code, out, errOut := template(t, "", "form", goodDir(t))
	if code != 0 || !strings.Contains(out, "id: \"name\"\n") || strings.Contains(out, "id: \"token\"") || !strings.Contains(errOut, "everybody can read an issue: token") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

func TestTemplateActions(t *testing.T) {
	code, out, _ := template(t, "", "actions")
	if code != 0 || !regexp.MustCompile(`(?m)^fetch:template\n    .*\n(    .*\n)*    url \(string, required\) `).MatchString(out) || !strings.Contains(out, "    publish:github\n") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, _ = template(t, "", "actions", "--format", "json")
	var list []struct {
		ID        string
		Available bool
		Input     struct{ Type string }
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 || list[0].Input.Type != "object" || !list[0].Available {
		t.Errorf("json: exit %d, %v", code, err)
	}
	if code, _, _ := template(t, "", "actions", "--format", "xml"); code != exitCannot {
		t.Errorf("an unknown format: exit %d", code)
	}
}

func TestProgressIsPrintable(t *testing.T) {
	if got := printable("a\x1b[2Jb\u202ec\n"); got != "a�[2Jb�c\n" {
		t.Errorf("got %q", got)
	}
}

func TestTemplatesGoByName(t *testing.T) {
	ours := filepath.Join(t.TempDir(), "ours")
	if code, _, errOut := template(t, "", "copy", "backend-service", "--out", filepath.Join(ours, "backend-service")); code != 0 {
		t.Fatalf("copy: exit %d, %s", code, errOut)
	}
	code, out, errOut := template(t, "", "list", "--templates", ours)
	if want := regexp.MustCompile(`(?m)^backend-service +yours +Backend Service \(Go\)$`); code != 0 || !want.MatchString(out) {
		t.Errorf("list: exit %d, %s%s", code, out, errOut)
	}
	if err := os.WriteFile(filepath.Join(ours, "backend-service", "template.yaml"), []byte(goodTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out, _ = template(t, "", "form", "backend-service", "--templates", ours); !strings.Contains(out, `name: "Good"`) {
		t.Errorf("the form is of another template than the organisation's own:\n%s", out)
	}
	if code, _, errOut = template(t, "", "copy", "backend-service", "--out", ours); code == 0 || !strings.Contains(errOut, "is not empty") {
		t.Errorf("copy over files: exit %d, %s", code, errOut)
	}
	if code, _, errOut = template(t, "", "lint", "nothing"); code == 0 || !strings.Contains(errOut, `no template "nothing"; there are backend-service`) {
		t.Errorf("an unknown name: exit %d, %s", code, errOut)
	}
}

// A template of a repository fetches what lies beside it there, and nothing above.
func TestTemplatesShareSkeletons(t *testing.T) {
	step := func(url string) string {
		return "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: x}\nspec:\n  type: service\n  steps:\n    - action: fetch:template\n      input: {url: " + url + ", values: {name: pay}}\n"
	}
	top := templateDir(t, map[string]string{
		"repo/.git/config":               "secret",
		"repo/templates/a/template.yaml": step("../../shared"),
		"repo/templates/b/template.yaml": step("../../../outside"),
		"repo/templates/c/template.yaml": step("../../.git"),
		"repo/shared/README.md":          "${{ values.name }} ${{ values.missing }}\n",
		"outside/README.md":              "secret",
	})
	dir := filepath.Join(top, "repo/templates")
	out := filepath.Join(t.TempDir(), "out")
	if code, text, errOut := template(t, "", "run", filepath.Join(dir, "a"), "--out", out); code != 0 {
		t.Fatalf("run: exit %d, %s%s", code, text, errOut)
	}
	if data, err := os.ReadFile(filepath.Join(out, "README.md")); err != nil || string(data) != "pay \n" {
		t.Errorf("README.md holds %q, %v", data, err)
	}
	if _, text, _ := template(t, "", "lint", filepath.Join(dir, "a")); !strings.Contains(text, filepath.Join(top, "repo/shared/README.md")+":1:") {
		t.Errorf("lint does not judge the shared skeleton:\n%s", text)
	}
	for _, name := range []string{"b", "c"} {
		if code, text, _ := template(t, "", "run", filepath.Join(dir, name), "--dry-run"); code == 0 || strings.Contains(text, "config") {
			t.Errorf("%s: exit %d, %s", name, code, text)
		}
	}
}
