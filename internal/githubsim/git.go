package githubsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/memory"
)

// ErrNoObject says that a git object or revision is not there.
var ErrNoObject = errors.New("no such object")

// Git is a repository's objects and references, with real object IDs. A fork
// shares its network's objects, as on GitHub, unless the stand-in was told
// otherwise. It is guarded by the Server's lock.
type Git struct {
	objects *memory.Storage
	Refs    map[string]plumbing.Hash // by full name, such as refs/heads/main
}

func newGit() *Git {
	return &Git{objects: memory.NewStorage(), Refs: map[string]plumbing.Hash{}}
}

// fork returns a repository with the same branches. Unless shared, it has copies
// of the objects there are now, and neither sees what the other adds.
func (g *Git) fork(shared bool) (*Git, error) {
	out := &Git{objects: g.objects, Refs: map[string]plumbing.Hash{}}
	if !shared {
		out.objects = memory.NewStorage()
		all, err := g.objects.IterEncodedObjects(plumbing.AnyObject)
		if err != nil {
			return nil, err
		}
		if err := all.ForEach(func(o plumbing.EncodedObject) error { _, err := out.objects.SetEncodedObject(o); return err }); err != nil {
			return nil, err
		}
	}
	for name, hash := range g.Refs {
		if strings.HasPrefix(name, "refs/heads/") {
			out.Refs[name] = hash
		}
	}
	return out, nil
}

// copyFrom brings the objects of another repository, as GitHub does for
// refs/pull/N/head of a fork.
func (g *Git) copyFrom(o *Git) error {
	if g.objects == o.objects {
		return nil
	}
	all, err := o.objects.IterEncodedObjects(plumbing.AnyObject)
	if err != nil {
		return err
	}
	return all.ForEach(func(obj plumbing.EncodedObject) error { _, err := g.objects.SetEncodedObject(obj); return err })
}

// Branch returns where a branch points.
func (g *Git) Branch(name string) (plumbing.Hash, bool) {
	h, ok := g.Refs["refs/heads/"+name]
	return h, ok
}

// Branches lists the branches by name.
func (g *Git) Branches() []string {
	var names []string
	for ref := range g.Refs {
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

func (g *Git) write(kind plumbing.ObjectType, content []byte) (plumbing.Hash, error) {
	o := g.objects.NewEncodedObject()
	o.SetType(kind)
	w, err := o.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(content); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := w.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.objects.SetEncodedObject(o)
}

// WriteBlob stores a file's content.
func (g *Git) WriteBlob(content []byte) (plumbing.Hash, error) {
	return g.write(plumbing.BlobObject, content)
}

// Entry is one path of a tree.
type Entry struct {
	Path string // from the root
	Mode filemode.FileMode
	Hash plumbing.Hash
}

// WriteTree stores the trees that hold entries (files, links, submodules; no
// folders) and returns the root.
func (g *Git) WriteTree(entries []Entry) (plumbing.Hash, error) {
	return g.writeTree("", entries)
}

func (g *Git) writeTree(prefix string, entries []Entry) (plumbing.Hash, error) {
	below := map[string][]Entry{}
	var tree object.Tree
	for _, e := range entries {
		name, rest, isDir := strings.Cut(strings.TrimPrefix(e.Path, prefix), "/")
		if isDir && rest != "" {
			below[name] = append(below[name], e)
			continue
		}
		tree.Entries = append(tree.Entries, object.TreeEntry{Name: name, Mode: e.Mode, Hash: e.Hash})
	}
	for name, list := range below {
		hash, err := g.writeTree(prefix+name+"/", list)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		tree.Entries = append(tree.Entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash})
	}
	sort.Sort(object.TreeEntrySorter(tree.Entries))
	o := g.objects.NewEncodedObject()
	if err := tree.Encode(o); err != nil {
		return plumbing.ZeroHash, fmt.Errorf("tree %q: %w", prefix, err)
	}
	return g.objects.SetEncodedObject(o)
}

// Files lists every file below a tree, sorted by path.
func (g *Git) Files(tree plumbing.Hash) ([]Entry, error) {
	t, err := object.GetTree(g.objects, tree)
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s", ErrNoObject, tree)
	}
	var out []Entry
	walker := object.NewTreeWalker(t, true, nil)
	defer walker.Close()
	for {
		name, e, err := walker.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if e.Mode != filemode.Dir {
			out = append(out, Entry{Path: name, Mode: e.Mode, Hash: e.Hash})
		}
	}
}

// Tree returns a tree's own entries.
func (g *Git) Tree(hash plumbing.Hash) (*object.Tree, error) {
	t, err := object.GetTree(g.objects, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s", ErrNoObject, hash)
	}
	return t, nil
}

// Blob returns a file's content.
func (g *Git) Blob(hash plumbing.Hash) ([]byte, error) {
	b, err := object.GetBlob(g.objects, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: blob %s", ErrNoObject, hash)
	}
	r, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Size returns a blob's length in bytes; 0 for other objects.
func (g *Git) Size(hash plumbing.Hash) int64 {
	size, err := g.objects.EncodedObjectSize(hash)
	if err != nil {
		return 0
	}
	return size
}

// Type says what an object is.
func (g *Git) Type(hash plumbing.Hash) (plumbing.ObjectType, error) {
	o, err := g.objects.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return plumbing.InvalidObject, fmt.Errorf("%w: %s", ErrNoObject, hash)
	}
	return o.Type(), nil
}

// Commit returns a commit.
func (g *Git) Commit(hash plumbing.Hash) (*object.Commit, error) {
	c, err := object.GetCommit(g.objects, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: commit %s", ErrNoObject, hash)
	}
	return c, nil
}

// Person is an author or committer.
type Person struct {
	Name, Email string
	When        time.Time
}

// WriteCommit stores a commit.
func (g *Git) WriteCommit(tree plumbing.Hash, parents []plumbing.Hash, author, committer Person, message string) (plumbing.Hash, error) {
	c := object.Commit{
		Author:    object.Signature{Name: author.Name, Email: author.Email, When: author.When},
		Committer: object.Signature{Name: committer.Name, Email: committer.Email, When: committer.When},
		Message:   message, TreeHash: tree, ParentHashes: parents,
	}
	o := g.objects.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.objects.SetEncodedObject(o)
}

// Change is what a commit does to one path. A nil Content deletes it.
type Change struct {
	Content []byte
	Mode    filemode.FileMode // 0: regular
}

// Apply returns the tree of a commit (zero for none) after changes, by path.
func (g *Git) Apply(parent plumbing.Hash, changes map[string]Change) (plumbing.Hash, error) {
	files := map[string]Entry{}
	if !parent.IsZero() {
		c, err := g.Commit(parent)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		list, err := g.Files(c.TreeHash)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		for _, e := range list {
			files[e.Path] = e
		}
	}
	for p, change := range changes {
		p = path.Clean(p)
		if change.Content == nil {
			delete(files, p)
			continue
		}
		hash, err := g.WriteBlob(change.Content)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		mode := change.Mode
		if mode == 0 {
			mode = filemode.Regular
		}
		files[p] = Entry{Path: p, Mode: mode, Hash: hash}
	}
	list := make([]Entry, 0, len(files))
	for _, e := range files {
		list = append(list, e)
	}
	return g.WriteTree(list)
}

// Resolve finds what a revision names: a full object ID, a branch, tag or full
// reference, HEAD, each optionally followed by ":path". head is the default branch.
func (g *Git) Resolve(expression, head string) (plumbing.Hash, error) {
	rev, file, hasPath := strings.Cut(expression, ":")
	hash, ok := g.revision(rev, head)
	if !ok {
		return plumbing.ZeroHash, fmt.Errorf("%w: %s", ErrNoObject, expression)
	}
	if !hasPath {
		return hash, nil
	}
	return g.At(hash, file)
}

func (g *Git) revision(rev, head string) (plumbing.Hash, bool) {
	if rev == "HEAD" {
		return g.Branch(head)
	}
	for _, prefix := range []string{"", "refs/", "refs/heads/", "refs/tags/"} {
		if h, ok := g.Refs[prefix+rev]; ok {
			return h, true
		}
	}
	if plumbing.IsHash(rev) {
		h := plumbing.NewHash(rev)
		return h, g.objects.HasEncodedObject(h) == nil
	}
	return plumbing.ZeroHash, false
}

// At returns the object at a path below a commit or tree; "" is the root tree.
func (g *Git) At(hash plumbing.Hash, file string) (plumbing.Hash, error) {
	e, err := g.EntryAt(hash, file)
	return e.Hash, err
}

// EntryAt returns the tree entry at a path below a commit or tree.
func (g *Git) EntryAt(hash plumbing.Hash, file string) (Entry, error) {
	kind, err := g.Type(hash)
	if err != nil {
		return Entry{}, err
	}
	if kind == plumbing.CommitObject {
		c, err := g.Commit(hash)
		if err != nil {
			return Entry{}, err
		}
		hash = c.TreeHash
	}
	file = strings.Trim(file, "/")
	if file == "" {
		return Entry{Mode: filemode.Dir, Hash: hash}, nil
	}
	t, err := g.Tree(hash)
	if err != nil {
		return Entry{}, err
	}
	e, err := t.FindEntry(file)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %s", ErrNoObject, file)
	}
	return Entry{Path: file, Mode: e.Mode, Hash: e.Hash}, nil
}

// History lists a commit and its ancestors, newest first by commit time.
func (g *Git) History(from plumbing.Hash) ([]*object.Commit, error) {
	c, err := g.Commit(from)
	if err != nil {
		return nil, err
	}
	var out []*object.Commit
	err = object.NewCommitIterCTime(c, nil, nil).ForEach(func(c *object.Commit) error {
		out = append(out, c)
		return nil
	})
	if err != nil && !errors.Is(err, storer.ErrStop) {
		return nil, err
	}
	return out, nil
}

// Comparison is how two commits relate, as GitHub's compare answers.
type Comparison struct {
	Base, Head, MergeBase plumbing.Hash
	Ahead                 []*object.Commit // in head and not in base, oldest first
	Behind                int
	Files                 []FileChange // what head changed since the merge base
}

// Status is identical, ahead, behind or diverged.
func (c Comparison) Status() string {
	switch {
	case len(c.Ahead) == 0 && c.Behind == 0:
		return "identical"
	case c.Behind == 0:
		return "ahead"
	case len(c.Ahead) == 0:
		return "behind"
	}
	return "diverged"
}

// FileChange is one path that differs between two trees.
type FileChange struct {
	Path, Previous       string // Previous only when renamed
	Status               string // added, removed, modified, renamed
	Hash                 plumbing.Hash
	Additions, Deletions int
	Patch                string // "" for binaries
}

// Compare relates head to base.
func (g *Git) Compare(base, head plumbing.Hash) (Comparison, error) {
	out := Comparison{Base: base, Head: head}
	ours, err := g.History(base)
	if err != nil {
		return out, err
	}
	theirs, err := g.History(head)
	if err != nil {
		return out, err
	}
	inBase, inHead := hashes(ours), hashes(theirs)
	for _, c := range theirs {
		if !inBase[c.Hash] {
			out.Ahead = append(out.Ahead, c)
		} else if out.MergeBase.IsZero() {
			out.MergeBase = c.Hash
		}
	}
	slices.Reverse(out.Ahead)
	for _, c := range ours {
		if !inHead[c.Hash] {
			out.Behind++
		}
	}
	out.Files, err = g.Diff(out.MergeBase, head)
	return out, err
}

func hashes(list []*object.Commit) map[plumbing.Hash]bool {
	set := make(map[plumbing.Hash]bool, len(list))
	for _, c := range list {
		set[c.Hash] = true
	}
	return set
}

// Diff lists what changed from one commit (zero for nothing) to another.
func (g *Git) Diff(from, to plumbing.Hash) ([]FileChange, error) {
	before, err := g.treeOf(from)
	if err != nil {
		return nil, err
	}
	after, err := g.treeOf(to)
	if err != nil {
		return nil, err
	}
	changes, err := object.DiffTree(before, after)
	if err != nil {
		return nil, err
	}
	var out []FileChange
	for _, change := range changes {
		f := FileChange{Path: change.To.Name, Status: "modified", Hash: change.To.TreeEntry.Hash}
		switch {
		case change.From.Name == "":
			f.Status = "added"
		case change.To.Name == "":
			f.Status, f.Path, f.Hash = "removed", change.From.Name, change.From.TreeEntry.Hash
		}
		patch, err := change.Patch()
		if err != nil {
			return nil, err
		}
		for _, s := range patch.Stats() {
			f.Additions += s.Addition
			f.Deletions += s.Deletion
		}
		f.Patch = hunks(patch)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b FileChange) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// hunks is a patch without its file headers, as GitHub shows it.
func hunks(patch *object.Patch) string {
	var b bytes.Buffer
	if err := patch.Encode(&b); err != nil {
		return ""
	}
	_, body, found := strings.Cut(b.String(), "\n@@ ")
	if !found {
		return ""
	}
	return strings.TrimSuffix("@@ "+body, "\n")
}

func (g *Git) treeOf(commit plumbing.Hash) (*object.Tree, error) {
	if commit.IsZero() {
		return &object.Tree{}, nil
	}
	c, err := g.Commit(commit)
	if err != nil {
		return nil, err
	}
	return g.Tree(c.TreeHash)
}
