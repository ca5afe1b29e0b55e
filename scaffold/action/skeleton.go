package action

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"unicode/utf16"
)

// An entry is a file, folder or link of a skeleton.
type entry struct {
	name string // path in the skeleton, no slash at its end
	mode fs.FileMode
	info func() (fs.FileInfo, error)
}

func (e entry) folder() bool { return e.mode.IsDir() }
func (e entry) link() bool   { return e.mode&fs.ModeSymlink != 0 }

// location is the entry's path as templates and patterns see it: a folder's ends
// with a slash.
func (e entry) location() string {
	if e.folder() {
		return e.name + "/"
	}
	return e.name
}

// listSkeleton returns every entry below files, in a fixed order, without
// following links.
func listSkeleton(ctx context.Context, files fs.FS, limits Limits) ([]entry, error) {
	var entries []entry
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		if len(entries) >= limits.Files {
			return fmt.Errorf("%w: at most %d files, folders and links can be fetched", ErrLimit, limits.Files)
		}
		if _, err := localPath(name, limits.Depth); err != nil {
			return err
		}
		if t := d.Type(); t != 0 && t != fs.ModeDir && t != fs.ModeSymlink {
			return fmt.Errorf("%s is no file, folder or link", name)
		}
		entries = append(entries, entry{name: name, mode: d.Type(), info: d.Info})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the skeleton: %w", err)
	}
	slices.SortFunc(entries, func(a, b entry) int { return compareUTF16(a.location(), b.location()) })
	return entries, nil
}

// folderIn tells which names are folders, or links to one, in files.
func folderIn(files fs.FS) func(name string) bool {
	return func(name string) bool {
		if !fs.ValidPath(name) {
			return false
		}
		info, err := fs.Stat(files, name)
		return err == nil && info.IsDir()
	}
}

// compareUTF16 orders strings as JavaScript sorts them.
func compareUTF16(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] && a[0] < 0x80 {
		a, b = a[1:], b[1:]
	}
	if a == "" || b == "" || a[0] < 0x80 || b[0] < 0x80 {
		return cmp.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// naming says which entries of a skeleton are rendered, and what.
type naming struct {
	extension string   // only files with it are rendered, and it is cut off
	copied    *globSet // entries whose content is left alone
	keepPaths bool     // and whose paths are too
}

// rendersContent reports whether an entry's content is a template.
func (n *naming) rendersContent(ctx context.Context, e entry) (bool, error) {
	if n.extension != "" {
		return extension(e.location()) == n.extension, nil
	}
	copied, err := n.copied.match(ctx, e.name, e.folder())
	return !copied, err
}

// extension is Node's path.extname: from the last dot of the last name, if that is
// not the name's first byte.
func extension(name string) string {
	base := path.Base(name)
	for i := len(base) - 1; i > 0; i-- {
		if base[i] == '.' {
			if base == ".." {
				return ""
			}
			return base[i:]
		}
	}
	return ""
}
