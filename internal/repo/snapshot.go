// Package repo holds the Snapshot: what one read says of a repository at one
// commit. It is a plain value. internal/github fills it with one GraphQL query,
// ReadDir fills it from a folder, and the domain (checks, catalog, scaffold)
// asks it questions. The package never talks to GitHub.
//
// Start reading at [Snapshot].
package repo

import (
	"slices"
	"strings"
)

// Name is a repository's owner and name, such as acme/pay. GitHub compares both
// without regard to case; Cairn keeps the spelling GitHub gave last.
type Name struct {
	Owner string `json:"owner"`
	Repo  string `json:"repo"`
}

// ParseName splits "owner/repo". ok is false when either part is empty or a
// further slash follows.
func ParseName(s string) (n Name, ok bool) {
	owner, name, found := strings.Cut(s, "/")
	if !found || owner == "" || name == "" || strings.Contains(name, "/") {
		return Name{}, false
	}
	return Name{Owner: owner, Repo: name}, true
}

func (n Name) String() string { return n.Owner + "/" + n.Repo }

// Want says what a reader has to bring back beside the repository's own facts.
// Paths are relative to the root, with slashes, without a leading "./".
type Want struct {
	// Files are read with their text.
	Files []string
	// Dirs are listed to the given depth, with the text of the files in them.
	Dirs []Dir
}

// Dir asks for a folder. Depth 1 is the folder's own files; at most 4.
type Dir struct {
	Path  string
	Depth int
	// NamesOnly leaves out the text of the files.
	NamesOnly bool
}

// Merge returns what either asks for, without repetition, in a stable order, so
// that equal wants give equal queries.
func (w Want) Merge(o Want) Want {
	files := slices.Concat(w.Files, o.Files)
	slices.Sort(files)
	byPath := map[string]Dir{}
	for _, d := range slices.Concat(w.Dirs, o.Dirs) {
		if old, ok := byPath[d.Path]; ok {
			d.Depth = max(d.Depth, old.Depth)
			d.NamesOnly = d.NamesOnly && old.NamesOnly
		}
		byPath[d.Path] = d
	}
	dirs := make([]Dir, 0, len(byPath))
	for _, d := range byPath {
		dirs = append(dirs, d)
	}
	slices.SortFunc(dirs, func(a, b Dir) int { return strings.Compare(a.Path, b.Path) })
	return Want{Files: slices.Compact(files), Dirs: dirs}
}

// Covers reports whether reading w brings all that o asks for.
func (w Want) Covers(o Want) bool {
	for _, f := range o.Files {
		if !slices.Contains(w.Files, f) {
			return false
		}
	}
	for _, d := range o.Dirs {
		if !slices.ContainsFunc(w.Dirs, func(have Dir) bool {
			return have.Path == d.Path && have.Depth >= d.Depth && (!have.NamesOnly || d.NamesOnly)
		}) {
			return false
		}
	}
	return true
}

// Snapshot is what one read says of a repository at one commit. The zero value
// is an empty repository of which nothing was read.
type Snapshot struct {
	Name          Name
	ID            int64 // GitHub's database ID; 0 for a folder
	URL           string
	Description   string
	DefaultBranch string // "" for an empty repository
	Branch        string // the branch that was read; "" when detached
	SHA           string // the commit that was read, 40 hex digits; "" for a folder outside git
	Visibility    string // public, private, internal; "" when unknown
	Archived      bool
	Fork          bool
	Empty         bool // no commit yet
	Topics        []string
	Languages     []Language
	// Protection is nil when it could not be read (a folder, or the app may not).
	Protection *Protection

	files map[string]File
	read  Want // what was asked for, so that absent and not read differ
}

// Language is a share of the repository's code, in bytes, as GitHub counts it.
type Language struct {
	Name  string
	Bytes int64
}

// Protection is what guards the default branch, from classic branch protection
// and rulesets together.
type Protection struct {
	RequiresPullRequest   bool
	RequiredApprovals     int
	RequiresCodeOwners    bool
	RequiresStatusChecks  bool
	RequiredStatusChecks  []string
	RequiresLinearHistory bool
	RequiresSignatures    bool
	AllowsForcePushes     bool
	AllowsDeletions       bool
	EnforcedForAdmins     bool
	Sources               []string // "branch protection", "ruleset: main"
}

// Kind is what a path names.
type Kind int

// The kinds of a tree entry that git knows.
const (
	Regular Kind = iota
	Executable
	Symlink
	Submodule
	Directory
)

// File is one path of a Snapshot.
type File struct {
	Path string
	Kind Kind
	OID  string // git object id; "" where unknown
	Size int64  // bytes
	Text string // only when Read
	// Read is false when the file is present but its text was not brought back:
	// binary, over the reader's limit, or listed by name only. Reason says which.
	Read   bool
	Reason string // "binary", "1.2 MB, over the limit of 512 kB", "not asked for"
}

// NotAskedFor is the Reason of a file that was listed by name only.
const NotAskedFor = "not asked for"

// Unreadable reports whether somebody asked for the file's text and there is none
// to be had: it is too large, or no text.
func (f File) Unreadable() bool {
	return !f.Read && (f.Kind == Regular || f.Kind == Executable) && f.Reason != NotAskedFor
}

// Presence tells apart what is there, what is not, and what nobody asked for.
type Presence int

// The three answers to "is this path there?".
const (
	Unread  Presence = iota // neither the path nor a folder above it was asked for
	Absent                  // asked for and not there
	Present                 // asked for and there
)

// NewSnapshot returns a Snapshot that holds files and remembers that want was
// asked for. Of a path given twice, the File whose text was read stays.
func NewSnapshot(name Name, want Want, files ...File) *Snapshot {
	s := &Snapshot{Name: name, read: want, files: make(map[string]File, len(files))}
	for _, f := range files {
		if old, ok := s.files[f.Path]; ok && old.Read && !f.Read {
			continue // a listing by name must not hide the text
		}
		s.files[f.Path] = f
	}
	return s
}

// File looks a path up. The File is only meaningful when Present.
func (s *Snapshot) File(path string) (File, Presence) {
	if f, ok := s.files[path]; ok {
		return f, Present
	}
	if slices.Contains(s.read.Files, path) {
		return File{}, Absent
	}
	for _, d := range s.read.Dirs {
		if below, ok := under(d.Path, path); ok && strings.Count(below, "/") < d.Depth {
			return File{}, Absent
		}
	}
	return File{}, Unread
}

// Has reports whether path is there and is a file.
func (s *Snapshot) Has(path string) bool {
	f, p := s.File(path)
	return p == Present && f.Kind != Directory && f.Kind != Submodule
}

// Text returns the text of path; ok is false when it is absent or was not read.
func (s *Snapshot) Text(path string) (text string, ok bool) {
	f, p := s.File(path)
	return f.Text, p == Present && f.Read
}

// Under returns the files (not the folders) below dir, sorted by path. dir "" is
// the root.
func (s *Snapshot) Under(dir string) []File {
	var out []File
	for p, f := range s.files {
		if f.Kind == Directory {
			continue
		}
		if _, ok := under(dir, p); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Folders returns the paths of the folders below dir that were listed or named by a
// listing, sorted.
func (s *Snapshot) Folders(dir string) []string {
	var out []string
	for p, f := range s.files {
		if _, ok := under(dir, p); ok && f.Kind == Directory {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// under returns path relative to dir when it lies below it.
func under(dir, path string) (string, bool) {
	if dir == "" || dir == "." {
		return path, path != ""
	}
	return strings.CutPrefix(path, dir+"/")
}
