package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The bounds of one read of a folder. MaxText is what GitHub's GraphQL API hands
// out of one blob, so that both sources judge alike.
const (
	MaxText  = 512_000  // bytes of one file
	maxTotal = 64 << 20 // bytes of all files
	maxFiles = 20_000   // entries listed
	maxDepth = 4        // of a Dir, as it says
	sniff    = 8_000    // bytes looked at to tell binary from text, as git does
)

// ReadDir reads what want names from a folder, and nothing else, into a Snapshot.
// For a git checkout it also fills Name, Branch, SHA and DefaultBranch from the
// files under .git; the working tree is what is read, committed or not. A folder
// outside git is named after itself and has no owner.
//
// Symbolic links are reported, not followed, as GitHub does. Files that are
// binary, too large or not readable are present with a Reason. The error is for
// a folder that cannot be read at all, and for ctx.
func ReadDir(ctx context.Context, dir string, want Want) (*Snapshot, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer func() { _ = root.Close() }() // nothing was written

	r := dirReader{root: root, files: map[string]File{}, real: map[string]bool{}}
	for _, p := range want.Files {
		if err := r.file(ctx, p); err != nil {
			return nil, err
		}
	}
	for _, d := range want.Dirs {
		if err := r.list(ctx, d.Path, min(d.Depth, maxDepth), d.NamesOnly); err != nil {
			return nil, err
		}
	}
	files := make([]File, 0, len(r.files))
	for _, f := range r.files {
		files = append(files, f)
	}
	s := NewSnapshot(Name{Repo: folderName(dir)}, want, files...)
	if g, ok := readGit(filepath.Join(dir, ".git")); ok {
		s.Branch, s.SHA, s.DefaultBranch = g.branch, g.sha, g.defaultBranch
		if g.origin.Repo != "" {
			s.Name = g.origin
		}
	}
	return s, nil
}

func folderName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.Base(abs)
}

// dirReader is one ReadDir in progress.
type dirReader struct {
	root  *os.Root
	files map[string]File
	real  map[string]bool // folders already known to hold no symbolic link on their way
	total int64
}

// file reads one named path; an absent one is no error.
func (r *dirReader) file(ctx context.Context, p string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	if !fs.ValidPath(p) || !r.isReal(path.Dir(p)) {
		return nil
	}
	info, err := r.root.Lstat(filepath.FromSlash(p))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		r.files[p] = File{Path: p, Reason: reasonOf(err)}
		return nil
	}
	return r.add(p, info, false)
}

// isReal reports whether dir can be reached without passing a symbolic link,
// which is how git sees a tree.
func (r *dirReader) isReal(dir string) bool {
	if dir == "." {
		return true
	}
	if known, ok := r.real[dir]; ok {
		return known
	}
	info, err := r.root.Lstat(filepath.FromSlash(dir))
	r.real[dir] = err == nil && info.IsDir() && r.isReal(path.Dir(dir))
	return r.real[dir]
}

func (r *dirReader) list(ctx context.Context, dir string, depth int, namesOnly bool) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	at := dir
	if at == "" {
		at = "."
	}
	if depth < 1 || !fs.ValidPath(at) || !r.isReal(at) {
		return nil
	}
	entries, err := fs.ReadDir(r.root.FS(), at)
	if err != nil {
		r.files[dir] = File{Path: dir, Kind: Directory, Reason: reasonOf(err)}
		return nil
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if p == ".git" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone since it was listed
		}
		if err := r.add(p, info, namesOnly); err != nil {
			return err
		}
		if r.files[p].Kind == Directory {
			if err := r.list(ctx, p, depth-1, namesOnly); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes one entry in, with its text unless namesOnly. A path that was read
// already keeps its text.
func (r *dirReader) add(p string, info fs.FileInfo, namesOnly bool) error {
	if old, ok := r.files[p]; ok && (old.Read || namesOnly) {
		return nil
	}
	if len(r.files) >= maxFiles {
		return fmt.Errorf("read folder: more than %d files under what is asked for; is this a repository?", maxFiles)
	}
	f := File{Path: p, Size: info.Size()}
	switch mode := info.Mode(); {
	case mode.IsDir():
		f.Kind, f.Size = Directory, 0
		if _, err := r.root.Lstat(filepath.FromSlash(path.Join(p, ".git"))); err == nil {
			f.Kind = Submodule
		}
	case mode&fs.ModeSymlink != 0:
		f.Kind, f.Reason = Symlink, "a symbolic link, not followed"
		if target, err := r.root.Readlink(filepath.FromSlash(p)); err == nil {
			f.Reason = "a symbolic link to " + filepath.ToSlash(target) + ", not followed"
		}
	case !mode.IsRegular():
		f.Reason = "not a regular file"
	default:
		if mode&0o111 != 0 {
			f.Kind = Executable
		}
		if namesOnly {
			f.Reason = NotAskedFor
		} else {
			r.read(&f)
		}
	}
	r.files[p] = f
	return nil
}

// read fills Text and Read, or Reason.
func (r *dirReader) read(f *File) {
	if f.Size > MaxText {
		f.Reason = fmt.Sprintf("%d bytes, over the limit of %d", f.Size, MaxText)
		return
	}
	if r.total+f.Size > maxTotal {
		f.Reason = fmt.Sprintf("the files before it have used up the limit of %d bytes", maxTotal)
		return
	}
	file, err := r.root.Open(filepath.FromSlash(f.Path))
	if err != nil {
		f.Reason = reasonOf(err)
		return
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxText+1))
	if err = errors.Join(err, file.Close()); err != nil {
		f.Reason = reasonOf(err)
		return
	}
	r.total += int64(len(text))
	switch {
	case len(text) > MaxText:
		f.Reason = fmt.Sprintf("over the limit of %d bytes", MaxText)
	case IsBinary(text):
		f.Reason = "binary"
	default:
		// Git does not say how a text is encoded: what is not UTF-8 shows as U+FFFD.
		f.Text, f.Read = string(bytes.ToValidUTF8(text, []byte("\uFFFD"))), true
	}
}

// IsBinary tells by git's rule, a NUL byte near the start, whether text is none.
func IsBinary(text []byte) bool {
	return bytes.IndexByte(text[:min(len(text), sniff)], 0) >= 0
}

// reasonOf leaves the path out of a file system error.
func reasonOf(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return strings.ToValidUTF8(err.Error(), "?")
}

// Names returns the paths directly in dir, folders included, sorted.
func (s *Snapshot) Names(dir string) []string {
	var out []string
	for p := range s.files {
		if below, ok := under(dir, p); ok && !strings.Contains(below, "/") {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
