package handlers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/repo"
)

// addresses reads what catalog files name by an address: files of GitHub's
// repositories with the rights of one installation, so that nobody names what they
// may not see, and files on the hosts that the operator allowed. What the snapshot
// of the repository holds costs no request.
type addresses struct {
	h            *Handlers
	installation int64
	snapshot     *repo.Snapshot // of the repository; nil when a registered location is read
	// failed is the first error that is GitHub's and not the author's.
	failed error
}

func (h *Handlers) addresses(installation int64, s *repo.Snapshot) *addresses {
	return &addresses{h: h, installation: installation, snapshot: s}
}

// of is the address of a file of the repository on its branch.
func (a *addresses) of(file string) string {
	return fmt.Sprintf("%s/blob/%s/%s", a.snapshot.URL, a.snapshot.Branch, file)
}

// short is the path of a file of the repository, and the address of any other.
func (a *addresses) short(address string) string {
	if at, ok := a.parse(address); ok && a.here(at) {
		return at.path
	}
	return address
}

// gitHubFile is a file of a repository, as an address names it.
type gitHubFile struct {
	name repo.Name
	ref  string
	path string
}

func (a *addresses) here(f gitHubFile) bool {
	return a.snapshot != nil && strings.EqualFold(f.name.String(), a.snapshot.Name.String()) && f.ref == a.snapshot.Branch
}

// parse reads an address such as https://github.com/acme/pay/blob/main/x.yaml. Where
// a branch has slashes, only that of the snapshot is known.
func (a *addresses) parse(address string) (gitHubFile, bool) {
	web := strings.TrimSuffix(a.h.GitHub.RepositoryURL(repo.Name{}), "/") + "/"
	below, ok := strings.CutPrefix(address, web)
	if !ok {
		return gitHubFile{}, false
	}
	below, _, _ = strings.Cut(below, "?")
	below, _, _ = strings.Cut(below, "#")
	below, err := url.PathUnescape(below)
	if err != nil {
		return gitHubFile{}, false
	}
	parts := strings.SplitN(below, "/", 4)
	if len(parts) < 4 || !slices.Contains([]string{"blob", "tree", "edit", "raw"}, parts[2]) {
		return gitHubFile{}, false
	}
	name, ok := repo.ParseName(parts[0] + "/" + parts[1])
	if !ok {
		return gitHubFile{}, false
	}
	f := gitHubFile{name: name}
	if a.snapshot == nil {
		f.ref, f.path, ok = strings.Cut(parts[3], "/")
	} else if file, here := strings.CutPrefix(parts[3], a.snapshot.Branch+"/"); here && strings.EqualFold(name.String(), a.snapshot.Name.String()) {
		f.ref, f.path = a.snapshot.Branch, file
	} else {
		f.ref, f.path, ok = strings.Cut(parts[3], "/")
	}
	if !ok {
		return gitHubFile{}, false
	}
	f.path = path.Clean(f.path)
	return f, fs.ValidPath(f.path)
}

// Read implements follow.Reader.
func (a *addresses) Read(ctx context.Context, address string) ([]byte, error) {
	f, ok := a.parse(address)
	if !ok {
		return a.h.Web.Read(ctx, address)
	}
	if a.here(f) {
		switch known, presence := a.snapshot.File(f.path); {
		case presence == repo.Present && known.Read:
			return []byte(known.Text), nil
		case presence == repo.Absent:
			return nil, fmt.Errorf("%s: %w", f.path, fs.ErrNotExist)
		}
	}
	data, err := a.h.GitHub.ReadFile(ctx, a.installation, f.name, f.ref, f.path)
	return data, a.explain(f, err)
}

// Glob implements follow.Reader.
func (a *addresses) Glob(ctx context.Context, address string) ([]string, error) {
	f, ok := a.parse(address)
	if !ok {
		return nil, errors.New("a pattern is read in a repository only")
	}
	if !doublestar.ValidatePattern(f.path) {
		return nil, fmt.Errorf("%q is no pattern", f.path)
	}
	files, whole, err := a.h.GitHub.ListFiles(ctx, a.installation, f.name, f.ref)
	if err != nil {
		return nil, a.explain(f, err)
	}
	var found []string
	for _, file := range files {
		if ok, _ := doublestar.Match(f.path, file); ok { // the pattern is valid
			found = append(found, strings.TrimSuffix(a.h.GitHub.RepositoryURL(f.name), "/")+"/tree/"+f.ref+"/"+file)
		}
	}
	if !whole {
		return found, fmt.Errorf("%s has too many files to look for a pattern: name the files", f.name)
	}
	return found, nil
}

// explain puts what the author can mend into words, and keeps what is GitHub's: then
// the whole is tried again, and nothing is taken for gone.
func (a *addresses) explain(f gitHubFile, err error) error {
	var gone *github.NotFoundError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &gone):
		return fmt.Errorf("%s of %s, or not to be seen by this installation: %w", f.path, f.name, fs.ErrNotExist)
	}
	if a.failed == nil && !errors.Is(err, github.ErrTooLarge) {
		a.failed = err
	}
	return err
}
