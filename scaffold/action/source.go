package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Source hands out what a fetch action's url names. A relative url counts from
// the template's own folder, as in Backstage.
type Source interface {
	// Folder returns the folder that url names. It should implement
	// fs.ReadLinkFS if it has symbolic links, and follow none out of it.
	Folder(ctx context.Context, url string) (fs.FS, error)
	// File returns the content of the file that url names.
	File(ctx context.Context, url string) ([]byte, error)
}

// Local is the Source of a template's folder and the repository it lies in: it knows
// relative urls that stay in there and no other. It leaves out folders called .git, which no host that
// Backstage fetches from hands out either.
type Local struct {
	files fs.FS
	base  string   // the template's folder in files
	root  *os.Root // nil: files are somebody else's to close
	limit int64    // bytes of a file
}

// NewLocal serves files, with the template in the folder base of them, "." for their
// root. They must follow no symbolic link out: os.Root.FS does not, os.DirFS does.
func NewLocal(files fs.FS, base string) *Local {
	return &Local{files: files, base: base, limit: DefaultLimits().File}
}

// OpenLocal serves a folder on disk, to be closed when it was used.
func OpenLocal(dir string) (*Local, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the template's folder: %w", err)
	}
	l := NewLocal(root.FS(), ".")
	l.root = root
	return l, nil
}

// Close releases the folder. What Folder returned cannot be read afterwards.
func (l *Local) Close() error {
	if l.root == nil {
		return nil
	}
	return l.root.Close()
}

// Folder implements Source.
func (l *Local) Folder(_ context.Context, url string) (fs.FS, error) {
	name, err := l.resolve(url)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(l.files, name)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", url, reason(err))
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("fetching %s: it is a file, not a folder", url)
	}
	return withoutGit{l.files, name}, nil
}

// File implements Source.
func (l *Local) File(_ context.Context, url string) ([]byte, error) {
	name, err := l.resolve(url)
	if err != nil {
		return nil, err
	}
	data, err := readLimited(l.files, name, l.limit)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", url, reason(err))
	}
	return data, nil
}

// IsAbsolute reports whether url is a url of its own, with a scheme, and not one
// that counts from the template's folder.
func IsAbsolute(url string) bool {
	scheme, _, found := strings.Cut(url, ":")
	if !found || scheme == "" {
		return false
	}
	letter := func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
	other := func(r rune) bool { return !letter(r) && !strings.ContainsRune("0123456789+.-", r) }
	return letter(rune(scheme[0])) && !strings.ContainsFunc(scheme, other)
}

func (l *Local) resolve(url string) (string, error) {
	if IsAbsolute(url) {
		return "", fmt.Errorf("fetching %s: only what lies in the template's own repository can be fetched here; copy it next to template.yaml and name it relative to that", url)
	}
	if path.IsAbs(url) {
		return "", fmt.Errorf("fetching %s: %w", url, ErrOutside)
	}
	name, err := localPath(path.Join(l.base, url), DefaultLimits().Depth)
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", url, err)
	}
	return name, nil
}

// withoutGit is a folder of files, as a host that serves repositories shows it.
type withoutGit struct {
	files fs.FS
	dir   string
}

func (g withoutGit) Open(name string) (fs.File, error) { return g.files.Open(path.Join(g.dir, name)) }

func (g withoutGit) Lstat(name string) (fs.FileInfo, error) {
	return fs.Lstat(g.files, path.Join(g.dir, name))
}

func (g withoutGit) ReadLink(name string) (string, error) {
	return fs.ReadLink(g.files, path.Join(g.dir, name))
}

func (g withoutGit) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(g.files, path.Join(g.dir, name))
	kept := all[:0]
	for _, entry := range all {
		if !strings.EqualFold(entry.Name(), ".git") {
			kept = append(kept, entry)
		}
	}
	return kept, err
}

// reason leaves out of err the system call and the path, which the message around
// it has.
func reason(err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// readLimited reads a regular file of at most limit bytes.
func readLimited(files fs.FS, name string, limit int64) (data []byte, err error) {
	info, err := fs.Stat(files, name) // first: opening a named pipe waits for its writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data = make([]byte, 0, min(info.Size(), limit)+512)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if int64(len(data)) > limit {
			return nil, fmt.Errorf("%s: %w: a file has at most %s", name, ErrLimit, size(limit))
		}
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}
