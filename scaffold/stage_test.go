package scaffold_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
)

func TestStage(t *testing.T) {
	parent := t.TempDir()
	newStage := func(out string) *scaffold.Stage {
		t.Helper()
		s, err := scaffold.NewStage(out, action.DefaultLimits())
		must(t, err)
		must(t, s.Workspace.WriteFile("a/b", []byte("x"), 0o644))
		return s
	}
	absent, empty := filepath.Join(parent, "deep", "absent"), filepath.Join(parent, "empty")
	must(t, os.Mkdir(empty, 0o700))
	for _, out := range []string{absent, empty} {
		s := newStage(out)
		if _, err := os.Stat(filepath.Join(out, "a")); err == nil {
			t.Errorf("%s is filled before the commit", out)
		}
		must(t, s.Commit())
		data, err := os.ReadFile(filepath.Join(out, "a/b"))
		must(t, err)
		if string(data) != "x" {
			t.Errorf("%s holds %q", out, data)
		}
	}
	for dir, want := range map[string]fs.FileMode{absent: 0o755, empty: 0o700} {
		info, err := os.Stat(dir)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", dir, got, want)
		}
	}
	if _, err := scaffold.NewStage(absent, action.DefaultLimits()); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a folder that is not empty: %v", err)
	}
	must(t, newStage(filepath.Join(parent, "gone")).Discard())
	for _, dir := range []string{parent, filepath.Join(parent, "deep")} {
		entries, err := os.ReadDir(dir)
		must(t, err)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || e.Name() == "gone" {
				t.Errorf("%s is left in %s", e.Name(), dir)
			}
		}
	}
}

// TestStageFilledMeanwhile keeps what somebody else put into the folder.
func TestStageFilledMeanwhile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s, err := scaffold.NewStage(out, action.DefaultLimits())
	must(t, err)
	must(t, os.Mkdir(out, 0o700))
	must(t, os.WriteFile(filepath.Join(out, "mine"), nil, 0o600))
	if err := s.Commit(); err == nil {
		t.Error("the folder was replaced")
	}
	entries, err := os.ReadDir(filepath.Dir(out))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("%d entries are left beside it", len(entries))
	}
	if _, err := os.Stat(filepath.Join(out, "mine")); err != nil {
		t.Error(err)
	}
}
