package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Library holds the templates that go by a name: those of an organisation and,
// where it has none of that name, the embedded ones.
type Library struct {
	own fs.FS // nil: none
}

// NewLibrary returns the library of an organisation whose templates are the folders
// of own; nil leaves the embedded ones. own must follow no symbolic link out of it.
func NewLibrary(own fs.FS) Library { return Library{own} }

// Names lists the templates in alphabetical order; the value says whether it is the
// organisation's own.
func (l Library) Names() (names []string, own map[string]bool, err error) {
	own = map[string]bool{}
	for _, name := range Names() {
		own[name] = false
	}
	if l.own != nil {
		entries, err := fs.ReadDir(l.own, ".")
		if err != nil {
			return nil, nil, fmt.Errorf("list the templates: %w", err)
		}
		for _, entry := range entries {
			if entry.IsDir() && holdsTemplate(l.own, entry.Name()) {
				own[entry.Name()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(own)), own, nil
}

// Folder returns the folder of a template. The error names those that there are.
func (l Library) Folder(name string) (fs.FS, error) {
	if fs.ValidPath(name) && !strings.Contains(name, "/") && name != "." {
		for _, files := range []fs.FS{l.own, FS} {
			if files != nil && holdsTemplate(files, name) {
				return fs.Sub(files, name)
			}
		}
	}
	names, _, err := l.Names()
	return nil, errors.Join(fmt.Errorf("there is no template %q; there are %s", name, strings.Join(names, ", ")), err)
}

func holdsTemplate(files fs.FS, folder string) bool {
	for _, name := range []string{"template.yaml", "template.yml"} {
		if info, err := fs.Stat(files, folder+"/"+name); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}
