package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cairn-dev/cairn/scaffold/action"
)

// Stage is a folder beside the one that a run is to fill. What lies in it becomes
// that folder in one step, or is gone.
type Stage struct {
	Workspace *action.Workspace
	out, dir  string
}

// NewStage makes a stage for the folder out, which must be absent or empty; the
// folders it lies in are made.
func NewStage(out string, limits action.Limits) (*Stage, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", out, err)
	}
	if err := checkEmpty(out); err != nil {
		return nil, err
	}
	parent := filepath.Dir(out)
	if err := os.MkdirAll(parent, 0o777); err != nil { //nolint:gosec // the umask decides, as for every new folder
		return nil, fmt.Errorf("preparing %s: %w", out, err)
	}
	dir, err := os.MkdirTemp(parent, "."+filepath.Base(out)+".run-*")
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", out, err)
	}
	w, err := action.OpenWorkspace(dir, limits)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Stage{Workspace: w, out: out, dir: dir}, nil
}

func checkEmpty(out string) error {
	entries, err := os.ReadDir(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking into %s: %w", out, err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: name a folder that is, or that is not there yet", out)
	}
	return nil
}

// Commit puts what the stage holds where it belongs. The stage is used up.
func (s *Stage) Commit() error {
	err := s.Workspace.Close()
	mode := fs.FileMode(0o755)
	if info, statErr := os.Stat(s.out); statErr == nil {
		mode = info.Mode().Perm()
		err = errors.Join(err, os.Remove(s.out)) // only an empty folder can be removed
	}
	if err == nil {
		err = os.Chmod(s.dir, mode)
	}
	if err == nil {
		err = os.Rename(s.dir, s.out)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("putting %s in place: %w", s.out, err), os.RemoveAll(s.dir))
	}
	return nil
}

// Discard deletes the stage and what it holds.
func (s *Stage) Discard() error {
	return errors.Join(s.Workspace.Close(), os.RemoveAll(s.dir))
}
