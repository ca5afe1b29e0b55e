package action_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// step is what a case runs.
type step struct {
	Action    string          `json:"action"`
	Input     json.RawMessage `json:"input"`
	EntityRef string          `json:"entityRef,omitempty"`
	// Differs says why Backstage's answer is not ours; "" is that it is.
	Differs string `json:"differs,omitempty"`
}

// outcome is what a step leaves behind.
type outcome struct {
	err     string
	outputs string // JSON
	tree    string
	log     string
}

func (o outcome) String() string {
	var b strings.Builder
	if o.err != "" {
		fmt.Fprintf(&b, "error: %s\n", o.err)
	}
	if o.outputs != "{}" && o.outputs != "" {
		fmt.Fprintf(&b, "outputs: %s\n", o.outputs)
	}
	return b.String() + o.tree
}

// TestCases runs every case of testdata/cases and compares with its golden.
func TestCases(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, template, workspace := unpack(t, archive)
			got := run(t, s, template, workspace).String()
			want, at := section(archive, "want")
			if got == want {
				return
			}
			if !*update {
				t.Fatalf("the outcome differs (-want +got):\n%s", cmp.Diff(want, got))
			}
			if at < 0 {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
				at = len(archive.Files) - 1
			}
			archive.Files[at].Data = []byte(got)
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func caseFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/cases: %v", err)
	}
	return files
}

func section(a *txtar.Archive, name string) (string, int) {
	for i, f := range a.Files {
		if f.Name == name {
			return string(f.Data), i
		}
	}
	return "", -1
}

// unpack writes a case's template/ and workspace/ to disk. The section special has
// a line for what txtar cannot hold: MODE PATH, "link" PATH TARGET, "hex" PATH
// BYTES, "text" PATH QUOTED, "dir" PATH.
func unpack(t testing.TB, a *txtar.Archive) (s step, template, workspace string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"template", "workspace"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	write := func(name string, data []byte) {
		name = filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, data, 0o644))
	}
	for _, f := range a.Files {
		switch {
		case f.Name == "step.json":
			must(t, json.Unmarshal(f.Data, &s))
		case strings.HasPrefix(f.Name, "template/"), strings.HasPrefix(f.Name, "workspace/"):
			write(f.Name, f.Data)
		}
	}
	special, _ := section(a, "special")
	for line := range strings.Lines(special) {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, arg, _ := strings.Cut(rest, " ")
		path := filepath.Join(dir, name)
		switch kind {
		case "link":
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.Symlink(arg, path))
		case "hex":
			data, err := hex.DecodeString(arg)
			must(t, err)
			write(name, data)
		case "text":
			text, err := strconv.Unquote(arg)
			must(t, err)
			write(name, []byte(text))
		case "dir":
			must(t, os.MkdirAll(path, 0o755))
		default:
			mode, err := strconv.ParseUint(kind, 8, 32)
			must(t, err)
			must(t, os.Chmod(path, fs.FileMode(mode)))
		}
	}
	return s, filepath.Join(dir, "template"), filepath.Join(dir, "workspace")
}

// run validates and runs a step as the step engine does.
func run(t testing.TB, s step, template, workspace string) outcome {
	t.Helper()
	w, err := action.OpenWorkspace(workspace, action.DefaultLimits())
	must(t, err)
	defer func() { must(t, w.Close()) }()
	source, err := action.OpenLocal(template)
	must(t, err)
	defer func() { must(t, source.Close()) }()
	value, err := nunjucks.DecodeJSON(s.Input)
	must(t, err)
	input := value.(*nunjucks.Object)
	a, ok := action.Find(action.Pure(), s.Action)
	if !ok {
		t.Fatalf("no action %q", s.Action)
	}
	var log strings.Builder
	call := &action.Call{
		Input: input, Workspace: w, Source: source, Template: s.EntityRef,
		Log: func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) },
	}
	if err = a.Validate(input); err == nil {
		err = a.Run(context.Background(), call)
	}
	checkUsage(t, w)
	out := outcome{tree: tree(t, workspace), log: log.String()}
	if err != nil {
		out.err = err.Error()
	}
	text, err := nunjucks.EncodeJSON(call.Outputs())
	must(t, err)
	out.outputs = strings.ReplaceAll(string(text), filepath.ToSlash(workspace), "WORKSPACE")
	return out
}

// checkUsage holds the workspace's book-keeping to what is on disk.
func checkUsage(t testing.TB, w *action.Workspace) {
	t.Helper()
	again, err := action.OpenWorkspace(w.Dir(), action.DefaultLimits())
	must(t, err)
	files, bytes := w.Usage()
	wantFiles, wantBytes := again.Usage()
	if files != wantFiles || bytes != wantBytes {
		t.Errorf("the workspace counts %d entries and %d bytes, but holds %d and %d", files, bytes, wantFiles, wantBytes)
	}
	must(t, again.Close())
}

// tree prints a folder: modes, names, and content a line at a time.
func tree(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %s", info.Mode(), filepath.ToSlash(name))
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " -> %s", to)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(data)) {
				fmt.Fprintf(&b, "\n    %s", quote(line))
			}
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return b.String()
}

// quote shows a line as it is when it is plain text that ends with a newline.
func quote(line string) string {
	text, whole := strings.CutSuffix(line, "\n")
	if whole && strings.TrimRight(text, " \t\r") == text && strconv.CanBackquote(text) {
		return "| " + text
	}
	return strconv.Quote(line)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
