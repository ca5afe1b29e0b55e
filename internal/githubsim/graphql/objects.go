package graphql

import (
	"bytes"
	"encoding/base64"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Git objects as the schema shows them: with the repository they were read from.
type (
	commit struct {
		repo *Repository
		*Commit
	}
	tree struct {
		repo *Repository
		*Tree
		path string // within the repository, "" for the root or where unknown
	}
	blob struct {
		repo *Repository
		*Blob
	}
	tag struct {
		repo *Repository
		*Tag
	}
	treeEntry struct {
		repo *Repository
		Entry
		dir string
	}
	gitRef struct {
		repo *Repository
		Ref
	}
)

// maxText is where GitHub cuts Blob.text, in bytes.
const maxText = 512_000

var fullOID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// expression reads what an expression such as "main:docs/a.md" names; nil where it
// names nothing.
func (r *reader) expression(repo *Repository, text string) any {
	rev, file, hasPath := strings.Cut(text, ":")
	oid, ok := r.revision(repo, rev)
	if !ok {
		return nil
	}
	if !hasPath {
		return r.object(repo, oid, "")
	}
	c, ok := r.peel(repo, oid)
	if !ok {
		return nil
	}
	if strings.Trim(file, "/") == "" {
		return r.object(repo, c.TreeOID, "")
	}
	e, ok := r.entry(c, file)
	if !ok {
		return nil
	}
	return r.object(repo, e.OID, path.Join(e.dir, e.Name))
}

// revision finds a full object id, HEAD, a full ref name, a branch or a tag.
func (r *reader) revision(repo *Repository, rev string) (oid string, ok bool) {
	if fullOID.MatchString(rev) {
		return rev, true
	}
	if rev == "HEAD" {
		rev = "refs/heads/" + repo.DefaultBranch
	}
	for _, name := range []string{rev, "refs/heads/" + rev, "refs/tags/" + rev, "refs/" + rev} {
		if found, ok := r.ref(repo, name); ok && strings.HasPrefix(name, "refs/") {
			return found.OID, true
		}
	}
	return "", false
}

func (r *reader) ref(repo *Repository, fullName string) (gitRef, bool) {
	for _, candidate := range r.world.Refs(repo) {
		if candidate.Name == fullName {
			return gitRef{repo, candidate}, true
		}
	}
	return gitRef{}, false
}

// object reads a git object and dresses it for the schema; nil when absent.
func (r *reader) object(repo *Repository, oid, at string) any {
	found, ok := r.world.Object(repo, oid)
	if !ok {
		return nil
	}
	switch o := found.(type) {
	case *Commit:
		return commit{repo, o}
	case *Tree:
		return tree{repo, o, at}
	case *Blob:
		return blob{repo, o}
	case *Tag:
		return tag{repo, o}
	}
	return nil
}

// peel follows annotated tags to their commit.
func (r *reader) peel(repo *Repository, oid string) (commit, bool) {
	for range 5 { // tags of tags exist, chains of them do not
		switch o := r.object(repo, oid, "").(type) {
		case commit:
			return o, true
		case tag:
			oid = o.TargetOID
		default:
			return commit{}, false
		}
	}
	return commit{}, false
}

// entry walks from a commit's root to a path.
func (r *reader) entry(c commit, file string) (treeEntry, bool) {
	oid, dir := c.TreeOID, ""
	steps := strings.Split(strings.Trim(file, "/"), "/")
	for i, step := range steps {
		t, ok := r.object(c.repo, oid, dir).(tree)
		if !ok {
			return treeEntry{}, false
		}
		next, ok := t.child(step)
		if !ok {
			return treeEntry{}, false
		}
		if i == len(steps)-1 {
			return treeEntry{c.repo, next, dir}, true
		}
		oid, dir = next.OID, path.Join(dir, step)
	}
	return treeEntry{}, false
}

func (t *Tree) child(name string) (Entry, bool) {
	for _, e := range t.Entries {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// isBinary is git's own test: a NUL in the first 8,000 bytes.
func (b blob) isBinary() bool {
	return bytes.IndexByte(b.Data[:min(len(b.Data), 8000)], 0) >= 0
}

// text is nil for binary, and cut to whole characters when long.
func (b blob) text() any {
	if b.isBinary() {
		return nil
	}
	data := b.Data
	if len(data) > maxText {
		data = data[:maxText]
		for range utf8.UTFMax - 1 {
			if last, size := utf8.DecodeLastRune(data); last != utf8.RuneError || size > 1 {
				break
			}
			data = data[:len(data)-1]
		}
	}
	return strings.ToValidUTF8(string(data), "\uFFFD")
}

// kind is an entry's type as git names it, by its mode.
func (e Entry) kind() string {
	switch e.Mode &^ 0o7777 {
	case 0o040000:
		return "tree"
	case 0o160000:
		return "commit"
	}
	return "blob"
}

// gitNode finds a git object by the id nodeID made for it.
func (r *reader) gitNode(id string) (any, bool) {
	text, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil, false
	}
	parts := strings.SplitN(string(text), ":", 3)
	if len(parts) != 3 || !fullOID.MatchString(parts[2]) {
		return nil, false
	}
	owner, name, _ := strings.Cut(parts[1], "/")
	repo, ok := r.world.Repository(owner, name)
	if !ok {
		return nil, false
	}
	found := r.object(repo, parts[2], "")
	return found, found != nil && typeOf(found) == parts[0]
}
