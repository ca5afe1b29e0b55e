package action

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

// undo records how to take back what a workspace was told to do.
type undo struct {
	steps []undoStep
	saved int
}

// undoStep takes back one change: what is at name goes, and what was saved takes
// its place.
type undoStep struct {
	name  string
	saved string // "" when there was nothing
}

// Atomically runs change. When that ends with an error, the workspace is as it was
// before, and the error is returned.
func (w *Workspace) Atomically(change func() error) error {
	if w.undo != nil {
		return change()
	}
	files, bytes := w.files, w.bytes
	w.undo = &undo{}
	err := change()
	if err != nil {
		if failed := w.undo.rollback(w.root); failed != nil {
			err = errors.Join(err, fmt.Errorf("cleaning up: %w", failed))
		}
		w.files, w.bytes = files, bytes
		w.forget()
	}
	if w.undo.saved > 0 {
		if failed := w.root.RemoveAll(undoFolder); failed != nil {
			err = errors.Join(err, fmt.Errorf("cleaning up: %w", failed))
		}
	}
	w.undo = nil
	return err
}

// keep moves name aside.
func (u *undo) keep(root *os.Root, name string) error {
	if err := root.Mkdir(undoFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	saved := undoFolder + "/" + strconv.Itoa(u.saved)
	if err := root.Rename(name, saved); err != nil {
		return err
	}
	u.saved++
	u.steps = append(u.steps, undoStep{name: name, saved: saved})
	return nil
}

func (u *undo) rollback(root *os.Root) error {
	var failed []error
	for i := len(u.steps) - 1; i >= 0; i-- {
		step := u.steps[i]
		var err error
		if step.saved != "" {
			err = root.Rename(step.saved, step.name)
		} else if err = root.Remove(step.name); errors.Is(err, fs.ErrNotExist) {
			err = nil // it was never written
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
