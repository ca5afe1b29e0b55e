package action

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Workspace is the folder that the steps of one run share. Every path is written
// with slashes and counts from that folder; one that leaves it, by dots, by being
// absolute or by a symbolic link, is refused with ErrOutside. Nothing is ever
// written through a symbolic link.
//
// A Workspace is for one goroutine at a time.
type Workspace struct {
	dir     string
	root    *os.Root
	limits  Limits
	files   int
	bytes   int64
	folders map[string]bool // known to be folders, not links to folders
	undo    *undo           // set within Atomically
}

// OpenWorkspace opens the existing folder dir as a workspace. What dir holds
// already counts towards limits.
func OpenWorkspace(dir string, limits Limits) (*Workspace, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the workspace: %w", err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("opening the workspace: %w", err)
	}
	w := &Workspace{dir: filepath.ToSlash(abs), root: root, limits: limits, folders: map[string]bool{".": true}}
	if w.files, w.bytes, err = w.measure("."); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	w.files-- // the folder itself
	return w, nil
}

// Close releases the folder; it does not delete it.
func (w *Workspace) Close() error { return w.root.Close() }

// Dir is the workspace's absolute path, with slashes.
func (w *Workspace) Dir() string { return w.dir }

// FS reads the workspace. It follows symbolic links, but none that leaves it.
func (w *Workspace) FS() fs.FS { return w.root.FS() }

// Limits are those the workspace was opened with.
func (w *Workspace) Limits() Limits { return w.limits }

// Usage counts what the workspace holds: files, folders and links, and the bytes
// of its files.
func (w *Workspace) Usage() (files int, bytes int64) { return w.files, w.bytes }

// Path turns what a template's author wrote into a path below the workspace. An
// absolute path is taken when it lies in the workspace, as those from fs:readdir
// do. "." is the workspace itself.
func (w *Workspace) Path(name string) (string, error) {
	if name == w.dir {
		return ".", nil
	}
	if rest, ok := strings.CutPrefix(name, w.dir+"/"); ok {
		name = strings.TrimLeft(rest, "/")
	}
	return localPath(name, w.limits.Depth)
}

// Lstat describes name, a symbolic link as itself.
func (w *Workspace) Lstat(name string) (fs.FileInfo, error) {
	clean, err := w.Path(name)
	if err != nil {
		return nil, err
	}
	return w.root.Lstat(clean)
}

// Exists reports whether name is there; a link counts when what it names exists.
func (w *Workspace) Exists(name string) bool {
	clean, err := w.Path(name)
	if err != nil {
		return false
	}
	_, err = w.root.Stat(clean)
	return err == nil
}

// ReadFile returns the content of a file of at most Limits.File bytes.
func (w *Workspace) ReadFile(name string) ([]byte, error) {
	clean, err := w.Path(name)
	if err != nil {
		return nil, err
	}
	return readLimited(w.root.FS(), clean, w.limits.File)
}

// WriteFile writes a file and the folders it lies in. A file or link of that name
// is replaced, and a file's mode kept; a new file gets mode less the umask.
func (w *Workspace) WriteFile(name string, data []byte, mode fs.FileMode) error {
	clean, err := w.parent(name)
	if err != nil {
		return err
	}
	if int64(len(data)) > w.limits.File {
		return fmt.Errorf("writing %s: %w: a file has at most %s, this one %s", clean, ErrLimit, size(w.limits.File), size(int64(len(data))))
	}
	old, err := w.displace(clean, "file")
	if err != nil {
		return err
	}
	if err := w.charge(clean, 1, int64(len(data))); err != nil {
		return err
	}
	w.created(clean)
	if err := w.root.WriteFile(clean, data, mode.Perm()); err != nil {
		return fmt.Errorf("writing %s: %w", clean, err)
	}
	if old != nil && old.Mode().IsRegular() {
		return w.Chmod(clean, old.Mode())
	}
	return nil
}

// MkdirAll makes the folder name and those it lies in.
func (w *Workspace) MkdirAll(name string) error {
	clean, err := w.Path(name)
	if err != nil {
		return err
	}
	return w.folder(clean)
}

// Chmod sets the permissions of a file or folder, whatever the umask.
func (w *Workspace) Chmod(name string, mode fs.FileMode) error {
	clean, err := w.parent(name)
	if err != nil {
		return err
	}
	if err := w.root.Chmod(clean, mode.Perm()); err != nil {
		return fmt.Errorf("setting the mode of %s: %w", clean, err)
	}
	return nil
}

// Symlink makes name a symbolic link that says target. It replaces a file or
// link. A target that is absolute, leaves the workspace or goes up after it went
// down is refused.
func (w *Workspace) Symlink(target, name string) error {
	clean, err := w.parent(name)
	if err != nil {
		return err
	}
	if err := w.checkLink(target, clean); err != nil {
		return err
	}
	if _, err := w.displace(clean, "link"); err != nil {
		return err
	}
	if err := w.charge(clean, 1, 0); err != nil {
		return err
	}
	w.created(clean)
	if err := w.root.Symlink(target, clean); err != nil {
		return fmt.Errorf("linking %s: %w", clean, err)
	}
	return nil
}

// RemoveAll deletes name and what it holds; name need not be there.
func (w *Workspace) RemoveAll(name string) error {
	clean, err := w.Path(name)
	if err != nil {
		return err
	}
	if clean == "." {
		return errors.New("the workspace itself cannot be deleted")
	}
	if _, err := w.root.Lstat(clean); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return w.discard(clean)
}

// Rename moves name, which must be there, to another name, which must not, and
// makes the folders that the new name lies in.
func (w *Workspace) Rename(from, to string) error {
	src, err := w.parent(from)
	if err != nil {
		return err
	}
	dst, err := w.parent(to)
	if err != nil {
		return err
	}
	if err := w.checkMoved(src, dst); err != nil {
		return err
	}
	if err := w.root.Rename(src, dst); err != nil {
		return fmt.Errorf("moving %s to %s: %w", src, dst, err)
	}
	w.forget()
	if w.undo != nil {
		w.undo.steps = append(w.undo.steps, undoStep{saved: dst, name: src})
	}
	return nil
}

// parent cleans name and makes the folders it lies in.
func (w *Workspace) parent(name string) (string, error) {
	clean, err := w.Path(name)
	if err != nil {
		return "", err
	}
	if clean == "." {
		return "", fmt.Errorf("path %q is the workspace itself", name)
	}
	return clean, w.folder(path.Dir(clean))
}

// folder makes the folder clean, refusing to pass through a link.
func (w *Workspace) folder(clean string) error {
	if w.folders[clean] {
		return nil
	}
	if err := w.folder(path.Dir(clean)); err != nil {
		return err
	}
	info, err := w.root.Lstat(clean)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := w.charge(clean, 1, 0); err != nil {
			return err
		}
		w.created(clean)
		if err := w.root.Mkdir(clean, 0o777); err != nil {
			return fmt.Errorf("making the folder %s: %w", clean, err)
		}
	case err != nil:
		return fmt.Errorf("making the folder %s: %w", clean, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("path %q: %w: it is a symbolic link, and nothing is written through one", clean, ErrOutside)
	case !info.IsDir():
		return fmt.Errorf("making the folder %s: a file has that name", clean)
	}
	w.folders[clean] = true
	return nil
}

// charge counts what is about to be written.
func (w *Workspace) charge(clean string, files int, bytes int64) error {
	if w.files+files > w.limits.Files {
		return fmt.Errorf("writing %s: %w: a workspace holds at most %d files, folders and links", clean, ErrLimit, w.limits.Files)
	}
	if w.bytes+bytes > w.limits.Bytes {
		return fmt.Errorf("writing %s: %w: the files of a workspace have at most %s together", clean, ErrLimit, size(w.limits.Bytes))
	}
	w.files += files
	w.bytes += bytes
	return nil
}

// displace makes room for a new file or link and returns what was there, if
// anything.
func (w *Workspace) displace(clean, with string) (fs.FileInfo, error) {
	old, err := w.root.Lstat(clean)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("replacing %s: %w", clean, err)
	}
	if old.IsDir() {
		return nil, fmt.Errorf("replacing %s: it is a folder, which no %s can replace", clean, with)
	}
	return old, w.discard(clean)
}

// discard deletes clean, or puts it aside within Atomically.
func (w *Workspace) discard(clean string) error {
	files, bytes, err := w.measure(clean)
	if err != nil {
		return err
	}
	if w.undo != nil {
		err = w.undo.keep(w.root, clean)
	} else {
		err = w.root.RemoveAll(clean)
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", clean, err)
	}
	w.files -= files
	w.bytes -= bytes
	w.forget()
	return nil
}

// measure counts clean and what it holds.
func (w *Workspace) measure(clean string) (files int, bytes int64, err error) {
	err = w.walk(clean, func(_ string, d fs.DirEntry) error {
		files++
		if files > w.limits.Files+1 {
			return fmt.Errorf("%w: a workspace holds at most %d files, folders and links", ErrLimit, w.limits.Files)
		}
		if d.Type().IsRegular() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			bytes += info.Size()
		}
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("measuring the workspace: %w", err)
	}
	return files, bytes, nil
}

// walk calls visit for clean, a link as itself, and for all that lies in it.
func (w *Workspace) walk(clean string, visit func(name string, d fs.DirEntry) error) error {
	info, err := w.root.Lstat(clean)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return visit(clean, fs.FileInfoToDirEntry(info))
	}
	return fs.WalkDir(w.root.FS(), clean, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return visit(name, d)
	})
}

func (w *Workspace) created(clean string) {
	if w.undo != nil {
		w.undo.steps = append(w.undo.steps, undoStep{name: clean})
	}
}

// forget drops what is known of folders, since some may be gone.
func (w *Workspace) forget() { w.folders = map[string]bool{".": true} }

// size prints a limit.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
