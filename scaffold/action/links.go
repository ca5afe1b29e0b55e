package action

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// checkLink refuses a symbolic link at clean whose target may lead out of the
// workspace. A target is some ".." and then names, so that no other link on the
// way can change what a ".." means.
func (w *Workspace) checkLink(target, clean string) error {
	if target == "" || path.IsAbs(target) || strings.ContainsAny(target, "\\\x00") {
		return fmt.Errorf("linking %s to %q: %w", clean, shorten(target), ErrOutside)
	}
	down := false
	for part := range strings.SplitSeq(target, "/") {
		if part == ".." && down {
			return fmt.Errorf("linking %s to %q: %w: its .. come after a name", clean, shorten(target), ErrOutside)
		}
		down = down || part != ".." && part != "." && part != ""
	}
	if _, err := localPath(path.Join(path.Dir(clean), target), w.limits.Depth); err != nil {
		return fmt.Errorf("linking %s: %w", clean, err)
	}
	return nil
}

// checkMoved refuses to move src to dst when a link in it would then lead out of
// the workspace, or a path become too long.
func (w *Workspace) checkMoved(src, dst string) error {
	err := w.walk(src, func(name string, d fs.DirEntry) error {
		moved := dst + strings.TrimPrefix(name, src)
		if _, err := localPath(moved, w.limits.Depth); err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink == 0 {
			return nil
		}
		target, err := w.root.Readlink(name)
		if err != nil {
			return err
		}
		return w.checkLink(target, moved)
	})
	if err != nil {
		return fmt.Errorf("moving %s to %s: %w", src, dst, err)
	}
	return nil
}
