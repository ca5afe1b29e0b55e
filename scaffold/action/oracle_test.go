package action_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/internal/testpart"
)

// oracle is Backstage's own actions in a node process.
type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

func startOracle(t testing.TB) *oracle {
	t.Helper()
	node := testpart.Node(t)
	if _, err := os.Stat("oracle/node_modules/@backstage/plugin-scaffolder-backend"); err != nil {
		testpart.Missing(t, "@backstage/plugin-scaffolder-backend", "npm ci --prefix scaffold/action/oracle")
	}
	cmd := exec.Command(node, "--no-warnings", "actions.js")
	cmd.Dir = "oracle"
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		must(t, in.Close())
		if err := cmd.Wait(); err != nil {
			t.Errorf("the oracle: %v", err)
		}
	})
	return &oracle{in: in, out: bufio.NewReader(out)}
}

// ask sends a request and reads its answer.
func (o *oracle) ask(t testing.TB, request map[string]any, answer any) {
	t.Helper()
	text, err := json.Marshal(request)
	must(t, err)
	_, err = fmt.Fprintf(o.in, "%s\n", text)
	must(t, err)
	line, err := o.out.ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(line, answer))
}

// run runs a step with Backstage's action.
func (o *oracle) run(t testing.TB, s step, template, workspace string) outcome {
	t.Helper()
	var answer struct {
		Error   string          `json:"error"`
		Outputs json.RawMessage `json:"outputs"`
		Log     []string        `json:"log"`
	}
	o.ask(t, map[string]any{
		"action": s.Action, "input": s.Input, "template": template, "workspace": workspace, "entityRef": s.EntityRef,
	}, &answer)
	return outcome{
		err:     answer.Error,
		outputs: strings.ReplaceAll(string(answer.Outputs), workspace, "WORKSPACE"),
		tree:    tree(t, workspace),
		log:     strings.Join(answer.Log, "\n") + "\n",
	}
}

// TestBackstageAgrees runs every case with Backstage's own action as well. Both
// must leave the same files and outputs, or both must end with an error.
func TestBackstageAgrees(t *testing.T) {
	o := startOracle(t)
	for _, file := range caseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			must(t, err)
			s, template, workspace := unpack(t, archive)
			if s.Differs != "" {
				t.Logf("differs on purpose: %s", s.Differs)
				return
			}
			compare(t, run(t, s, template, workspace), o, archive)
		})
	}
}

// compare runs archive's step with Backstage and compares with what we got.
func compare(t testing.TB, got outcome, o *oracle, archive *txtar.Archive) {
	t.Helper()
	s, template, workspace := unpack(t, archive)
	want := o.run(t, s, template, workspace)
	if (got.err == "") != (want.err == "") {
		t.Fatalf("input %s\nBackstage's error: %q\nours: %q", s.Input, want.err, got.err)
	}
	if got.err != "" {
		return // ours takes back what was written
	}
	if diff := cmp.Diff(want.tree, got.tree); diff != "" {
		t.Errorf("input %s\nfiles (-Backstage +ours):\n%s", s.Input, diff)
	}
	if diff := cmp.Diff(want.outputs, got.outputs); diff != "" {
		t.Errorf("input %s\noutputs (-Backstage +ours):\n%s", s.Input, diff)
	}
	if s.Action == "debug:log" && want.log != got.log {
		t.Errorf("input %s\nlog (-Backstage +ours):\n%s", s.Input, cmp.Diff(want.log, got.log))
	}
}
