package github

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/repo"
)

// The shapes of the answers; names as in GitHub's GraphQL schema.

type repositoryNode struct {
	DatabaseID       int64
	NameWithOwner    string
	URL              string
	Description      string
	Visibility       string
	IsArchived       bool
	IsFork           bool
	IsEmpty          bool
	RepositoryTopics struct {
		Nodes []struct{ Topic struct{ Name string } }
	}
	Languages struct {
		Edges []struct {
			Size int64
			Node struct{ Name string }
		}
	}
	DefaultBranchRef *refNode
	PullRequest      *pullRequestNode
}

type refNode struct {
	Name                 string
	BranchProtectionRule *protectionNode
	Rules                struct{ Nodes []ruleNode }
	Target               *commitNode
}

type pullRequestNode struct {
	Number            int
	Title             string
	State             string
	IsDraft           bool
	Merged            bool
	URL               string
	IsCrossRepository bool
	Author            *struct {
		Typename string `json:"__typename"`
		Login    string
	}
	HeadRefName, HeadRefOid string
	BaseRefName, BaseRefOid string
	HeadRepository          *struct{ NameWithOwner string }
	Labels                  struct{ Nodes []struct{ Name string } }
	Files                   struct {
		TotalCount int
		Nodes      []struct{ Path, ChangeType string }
	}
	BaseRef *refNode
	Commits struct {
		Nodes []struct{ Commit *commitNode }
	}
}

// commitNode keeps the aliased files and folders as they came; see files.
type commitNode struct {
	Oid         string
	CheckSuites suitesNode
	Settings    *entryNode
	Policy      *entryNode
	aliases     map[string]json.RawMessage
}

// UnmarshalJSON reads the fields that are always there and keeps the rest.
func (c *commitNode) UnmarshalJSON(data []byte) error {
	type plain commitNode // without this method
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return err
	}
	return json.Unmarshal(data, &c.aliases)
}

type entryNode struct {
	Name   string
	Mode   int
	Oid    string
	Size   int64
	Object *objectNode
}

type objectNode struct {
	ByteSize    int64
	IsBinary    *bool
	IsTruncated bool
	Text        *string
	Entries     []entryNode
}

// Modes of git's tree entries.
const (
	modeDirectory  = 0o040000
	modeExecutable = 0o100755
	modeSymlink    = 0o120000
	modeSubmodule  = 0o160000
)

// repo.NotAskedFor is the Reason of a file that was listed by name only.

func (e entryNode) kind() repo.Kind {
	switch e.Mode {
	case modeDirectory:
		return repo.Directory
	case modeExecutable:
		return repo.Executable
	case modeSymlink:
		return repo.Symlink
	case modeSubmodule:
		return repo.Submodule
	}
	return repo.Regular
}

// file turns an entry into a File. truncated is true when GitHub cut its text,
// so that a further read could bring it.
func (e entryNode) file(path string, namesOnly bool) (f repo.File, truncated bool) {
	f = repo.File{Path: path, Kind: e.kind(), OID: e.Oid, Size: e.Size}
	switch o := e.Object; {
	case f.Kind == repo.Directory, f.Kind == repo.Submodule:
	case namesOnly, o == nil:
		f.Reason = repo.NotAskedFor
	default:
		f.Size = max(f.Size, o.ByteSize)
		switch {
		case o.IsBinary != nil && *o.IsBinary, o.Text == nil:
			f.Reason = "binary"
		case f.Kind == repo.Symlink:
			f.Reason = fmt.Sprintf("a symbolic link to %q", *o.Text)
		case o.IsTruncated:
			f.Reason = tooLong(f.Size, truncatedAt)
			return f, true
		default:
			f.Text, f.Read = *o.Text, true
		}
	}
	return f, false
}

// truncatedAt is where GitHub's GraphQL API cuts a file's text, in bytes.
const truncatedAt = 512_000

func tooLong(size, limit int64) string {
	return fmt.Sprintf("%s, over the limit of %s", bytesText(size), bytesText(limit))
}

func bytesText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d kB", (n+1023)/1024)
}

// tree is what was read at one commit, before the texts GitHub cut are fetched.
type tree struct {
	sha       string
	files     map[string]repo.File
	truncated []string // paths, sorted
}

// read collects the files of a commit that was asked for with Files of want.
func (c *commitNode) read(want repo.Want) (*tree, error) {
	t := &tree{sha: c.Oid, files: map[string]repo.File{}}
	for i, path := range want.Files {
		var e *entryNode
		if err := c.alias(fmt.Sprintf("p%d", i), &e); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if e != nil {
			t.add(path, *e, false)
		}
	}
	for i, dir := range want.Dirs {
		name := fmt.Sprintf("d%d", i)
		if dir.Path == "" || dir.Path == "." {
			var root *objectNode
			if err := c.alias(name, &root); err != nil {
				return nil, fmt.Errorf("the root folder: %w", err)
			}
			t.list("", root, dir.NamesOnly)
			continue
		}
		var e *entryNode
		if err := c.alias(name, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", dir.Path, err)
		}
		if e != nil {
			t.add(dir.Path, *e, true)
			t.list(dir.Path, e.Object, dir.NamesOnly)
		}
	}
	slices.Sort(t.truncated)
	t.truncated = slices.Compact(t.truncated)
	return t, nil
}

func (c *commitNode) alias(name string, into any) error {
	raw, ok := c.aliases[name]
	if !ok {
		return nil // a path that git cannot hold is not asked for
	}
	return json.Unmarshal(raw, into)
}

// add keeps a file unless its text is there already from elsewhere in the want.
func (t *tree) add(path string, e entryNode, namesOnly bool) {
	f, truncated := e.file(path, namesOnly)
	if old, ok := t.files[path]; ok && (old.Read || old.Reason != repo.NotAskedFor) {
		return
	}
	t.files[path] = f
	if truncated {
		t.truncated = append(t.truncated, path)
	}
}

func (t *tree) list(dir string, o *objectNode, namesOnly bool) {
	if o == nil {
		return
	}
	for _, e := range o.Entries {
		path := e.Name
		if dir != "" {
			path = dir + "/" + e.Name
		}
		t.add(path, e, namesOnly)
		t.list(path, e.Object, namesOnly)
	}
}

// snapshot fills a Snapshot with the repository's facts and a commit's files.
// protection is false when GitHub would not say how the branch is protected.
func (r *repositoryNode) snapshot(want repo.Want, t *tree, branch string, protection bool) *repo.Snapshot {
	files := make([]repo.File, 0, len(t.files))
	for _, f := range t.files {
		files = append(files, f)
	}
	name, _ := repo.ParseName(r.NameWithOwner)
	s := repo.NewSnapshot(name, want, files...)
	s.ID, s.URL, s.Description = r.DatabaseID, r.URL, r.Description
	s.Branch, s.SHA = branch, t.sha
	s.Visibility = strings.ToLower(r.Visibility)
	s.Archived, s.Fork, s.Empty = r.IsArchived, r.IsFork, r.IsEmpty
	for _, n := range r.RepositoryTopics.Nodes {
		s.Topics = append(s.Topics, n.Topic.Name)
	}
	for _, e := range r.Languages.Edges {
		s.Languages = append(s.Languages, repo.Language{Name: e.Node.Name, Bytes: e.Size})
	}
	if r.DefaultBranchRef != nil {
		s.DefaultBranch = r.DefaultBranchRef.Name
		if protection {
			s.Protection = r.DefaultBranchRef.protection()
		}
	}
	return s
}

// Document is a configuration file as it stands on a default branch.
type Document struct {
	Repository repo.Name
	Branch     string
	SHA        string    // the commit it was read at
	File       repo.File // its text only when File.Read
}

// document returns nil when there is no such file.
func document(nameWithOwner string, ref *refNode, e *entryNode, path string) *Document {
	if e == nil {
		return nil
	}
	name, _ := repo.ParseName(nameWithOwner)
	f, _ := e.file(path, false)
	return &Document{Repository: name, Branch: ref.Name, SHA: ref.Target.Oid, File: f}
}
