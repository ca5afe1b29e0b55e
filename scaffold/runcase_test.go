package scaffold_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/internal/testpart"
	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// runCase is a file of testdata/runs: template.yaml and other files of the
// template's folder, parameters.json, secrets.json, user.json, and want.
type runCase struct {
	dir                       string
	template                  string
	parameters, secrets, user json.RawMessage
}

// outcome is what a run did, in the words of testdata/oracle/run.js.
type outcome struct {
	Calls    []call            `json:"calls"`
	Statuses map[string]string `json:"statuses"`
	Files    map[string]string `json:"files"`
	Output   json.RawMessage   `json:"output,omitempty"`
	Error    string            `json:"error,omitempty"`
}

type call struct {
	Step  string          `json:"step"`
	Input json.RawMessage `json:"input"`
}

func (o outcome) String() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(o); err != nil {
		return err.Error()
	}
	return b.String()
}

// testActions are the pure actions, and those that run.js adds for the tests.
func testActions(calls *[]call) []action.Action {
	anything := json.RawMessage(`{"type":"object","additionalProperties":{}}`)
	list := append(action.Pure(),
		action.Action{ID: "test:echo", Input: anything, Pure: true, Run: func(_ context.Context, c *action.Call) error {
			if o, ok := c.Input.Get("outputs").(*nunjucks.Object); ok {
				for _, key := range o.Keys() {
					c.Output(key, o.Get(key))
				}
			}
			return nil
		}},
		action.Action{ID: "test:strict", Input: json.RawMessage(`{"type":"object","required":["name"],"properties":{"name":{"type":"string"}},"additionalProperties":false}`),
			Pure: true, Run: func(context.Context, *action.Call) error { return nil }},
		action.Action{ID: "test:fail", Input: anything, Pure: true, Run: func(_ context.Context, c *action.Call) error {
			why, _ := c.Input.Get("why").(string)
			return errors.New("failed as asked: " + why)
		}})
	for i := range list {
		run := list[i].Run
		list[i].Run = func(ctx context.Context, c *action.Call) error {
			input, err := nunjucks.EncodeJSON(c.Input)
			if err != nil {
				return err
			}
			*calls = append(*calls, call{Input: input})
			return run(ctx, c)
		}
	}
	return list
}

func readRunCase(t *testing.T, file string) (runCase, *txtar.Archive) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	must(t, err)
	c := runCase{dir: t.TempDir(), parameters: json.RawMessage("{}"), secrets: json.RawMessage("{}")}
	for _, f := range archive.Files {
		switch f.Name {
		case "parameters.json":
			c.parameters = f.Data
		case "secrets.json":
			c.secrets = f.Data
		case "user.json":
			c.user = f.Data
		case "want":
		default:
			name := filepath.Join(c.dir, f.Name)
			must(t, os.MkdirAll(filepath.Dir(name), 0o750))
			must(t, os.WriteFile(name, f.Data, 0o600))
			if f.Name == "template.yaml" {
				c.template = string(f.Data)
			}
		}
	}
	return c, archive
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func object(t testing.TB, data []byte) *nunjucks.Object {
	t.Helper()
	v, err := nunjucks.DecodeJSON(data)
	must(t, err)
	return v.(*nunjucks.Object)
}

func readTemplate(t testing.TB, text string) *scaffold.Template {
	t.Helper()
	tpl, problems := scaffold.Read("template.yaml", []byte(text))
	if tpl == nil {
		t.Fatalf("the template is not read: %v", problems)
	}
	return tpl
}

// run runs a case with Cairn.
func (c runCase) run(t *testing.T) outcome {
	t.Helper()
	source, err := action.OpenLocal(c.dir)
	must(t, err)
	defer source.Close()
	workspace, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer workspace.Close()

	var calls []call
	out := outcome{Calls: []call{}, Statuses: map[string]string{}, Files: map[string]string{}}
	o := scaffold.Options{Actions: testActions(&calls), Workspace: workspace, Source: source, TaskID: "task-1", Secrets: map[string]string{}}
	must(t, json.Unmarshal(c.secrets, &o.Secrets))
	if c.user != nil {
		o.User = object(t, c.user)
	}
	o.Observer = func(e scaffold.Event) {
		for ; len(out.Calls) < len(calls); out.Calls = append(out.Calls, calls[len(out.Calls)]) {
			calls[len(out.Calls)].Step = e.ID
		}
		switch e.Kind {
		case scaffold.Done:
			out.Statuses[e.ID] = "completed"
		case scaffold.Failed, scaffold.Skipped:
			out.Statuses[e.ID] = string(e.Kind)
		}
	}
	result, err := scaffold.Run(t.Context(), readTemplate(t, c.template), object(t, c.parameters), o)
	if err != nil {
		out.Error = err.Error()
	} else {
		out.Output, err = nunjucks.EncodeJSON(result.Output)
		must(t, err)
	}
	out.Files = readFiles(t, workspace.FS())
	return out
}

func readFiles(t *testing.T, files fs.FS) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		found[name] = string(data)
		return err
	}))
	return found
}

func runCases(t *testing.T, visit func(t *testing.T, file string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/runs/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no cases in testdata/runs")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { visit(t, file) })
	}
}

// TestRuns holds every case of testdata/runs against what it wants.
func TestRuns(t *testing.T) {
	runCases(t, func(t *testing.T, file string) {
		c, archive := readRunCase(t, file)
		got := c.run(t).String()
		last := &archive.Files[len(archive.Files)-1]
		if last.Name != "want" {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			last = &archive.Files[len(archive.Files)-1]
		}
		if got == string(last.Data) {
			return
		}
		if !*update {
			t.Fatalf("(-want +got)\n%s", cmp.Diff(string(last.Data), got))
		}
		last.Data = []byte(got)
		must(t, os.WriteFile(file, txtar.Format(archive), 0o600))
	})
}

// TestBackstageRunsAlike runs every case with Backstage's own runner: the same
// inputs reach the same actions, with the same files, statuses and output. Of an
// error only that there is one must agree; and where Cairn refuses an input before
// anything runs, Backstage need only fail too.
func TestBackstageRunsAlike(t *testing.T) {
	node := testpart.Node(t)
	modules, err := filepath.Abs("action/oracle/node_modules")
	must(t, err)
	if _, err := os.Stat(filepath.Join(modules, "@backstage/plugin-scaffolder-backend")); err != nil {
		testpart.Missing(t, "@backstage/plugin-scaffolder-backend", "npm ci --prefix scaffold/action/oracle")
	}
	cmd := exec.CommandContext(t.Context(), node, "--no-warnings", "testdata/oracle/run.js")
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	answers, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewReader(answers)
	runCases(t, func(t *testing.T, file string) {
		c, _ := readRunCase(t, file)
		request, err := json.Marshal(map[string]any{
			"template": c.template, "parameters": c.parameters, "secrets": c.secrets, "user": c.user, "dir": c.dir,
			"workspace": filepath.Join(t.TempDir(), "task-1"),
		})
		must(t, err)
		_, err = fmt.Fprintf(in, "%s\n", request)
		must(t, err)
		answer, err := lines.ReadBytes('\n')
		must(t, err)
		var want outcome
		must(t, json.Unmarshal(answer, &want))
		got := c.run(t)
		if (got.Error == "") != (want.Error == "") {
			t.Fatalf("Backstage's error: %q, ours: %q", want.Error, got.Error)
		}
		if got.Error != "" && len(got.Statuses) == 0 {
			return // refused before anything ran
		}
		got.Error, want.Error = "", ""
		var gotJSON, wantJSON any
		must(t, json.Unmarshal([]byte(got.String()), &gotJSON))
		must(t, json.Unmarshal([]byte(want.String()), &wantJSON))
		if diff := cmp.Diff(wantJSON, gotJSON); diff != "" {
			t.Errorf("(-Backstage +ours)\n%s", diff)
		}
	})
	must(t, in.Close())
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
