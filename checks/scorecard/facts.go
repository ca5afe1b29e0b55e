package scorecard

import (
	"reflect"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard/rule"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Why a fact is not available.
const (
	noSnapshot   = "the repository was not read"
	noListing    = "the repository's files were not listed"
	noProtection = "the branch's protection could not be read"
	noGitHub     = "only GitHub knows it, and this is a folder"
	noReport     = "there is no golden path report on the repository"
)

// facts answers rules from one Input. It is used by one goroutine; what only some
// rules ask for is worked out when the first of them asks.
type facts struct {
	in        Input
	variables *rule.Variables
	files     []any // of repo.files
	relations []any
}

// Fact implements rule.Facts.
func (f *facts) Fact(ref rule.Ref) (value any, missing string) {
	keys := ref.Keys()
	switch keys[0] {
	case "repo":
		return f.repoFact(keys[1:])
	case "checks":
		return f.check(keys[1])
	case "relations":
		return below(f.relationList(), keys[1:]), ""
	}
	if ref.Is("metadata", "owner") { // spec 4.3 writes so; the model has it in spec
		keys = []string{"spec", "owner"}
	}
	v, _ := f.in.Entity.Get(keys...)
	return plain(v), ""
}

func (f *facts) repoFact(keys []string) (any, string) {
	s := f.in.Snapshot
	if s == nil {
		return nil, noSnapshot
	}
	var value any
	switch keys[0] {
	case "files":
		if !listed(s) {
			return nil, noListing
		}
		if f.files == nil {
			f.files = list(paths(s))
		}
		value = f.files
	case "languages", "topics", "archived":
		if isFolder(s) {
			return nil, noGitHub
		}
		value = map[string]any{"languages": list(languages(s)), "topics": list(s.Topics), "archived": s.Archived}[keys[0]]
	case "protection":
		if s.Protection == nil {
			return nil, noProtection
		}
		if len(keys) == 1 && len(s.Protection.Sources) == 0 {
			return nil, "" // nothing protects the branch
		}
		value = protection(s.Protection)
	}
	return below(value, keys[1:]), ""
}

func (f *facts) check(id string) (any, string) {
	if f.in.Report == nil {
		return nil, noReport
	}
	i := slices.IndexFunc(f.in.Report.Checks, func(c checks.Result) bool { return c.ID == id })
	if i < 0 {
		return nil, "the golden path report has no check " + id
	}
	return string(f.in.Report.Checks[i].Status), ""
}

// HasFile implements rule.Facts.
func (f *facts) HasFile(path string) (has, known bool) {
	switch {
	case f.in.Snapshot == nil:
		return false, false
	case f.in.Snapshot.Empty:
		return false, true
	}
	folder, isFolder := strings.CutSuffix(path, "/")
	file, presence := f.in.Snapshot.File(folder)
	switch {
	case presence == repo.Unread:
		return false, false
	case isFolder:
		return presence == repo.Present && file.Kind == repo.Directory, true
	}
	return f.in.Snapshot.Has(path), true
}

// Variables implements rule.Facts.
func (f *facts) Variables() rule.Variables {
	if f.variables == nil {
		v := f.gather()
		f.variables = &v
	}
	return *f.variables
}

func (f *facts) gather() rule.Variables {
	v := rule.Variables{Entity: f.entity(), Checks: map[string]rule.Check{}}
	gap := func(name, reason string) { v.Gaps = append(v.Gaps, rule.Gap{Name: name, Reason: reason}) }
	if s := f.in.Snapshot; s == nil {
		gap("repo", noSnapshot)
	} else {
		v.Repo = rule.Repo{Languages: languages(s), Topics: s.Topics, Archived: s.Archived}
		if isFolder(s) {
			gap("repo.languages", noGitHub)
			gap("repo.topics", noGitHub)
			gap("repo.archived", noGitHub)
		}
		if v.Repo.Files = paths(s); !listed(s) {
			gap("repo.files", noListing)
		}
		if s.Protection == nil {
			gap("repo.protection", noProtection)
		} else {
			v.Repo.Protection = *s.Protection
		}
	}
	if f.in.Report == nil {
		gap("checks", noReport)
		return v
	}
	for _, c := range f.in.Report.Checks {
		v.Checks[c.ID] = rule.Check{Status: string(c.Status)}
	}
	return v
}

// entity is the whole entity with its relations, and with the owner where spec 4.3
// looks for it.
func (f *facts) entity() map[string]any {
	e, _ := plain(f.in.Entity.Value()).(map[string]any)
	e["relations"] = f.relationList()
	if metadata, ok := e["metadata"].(map[string]any); ok {
		delete(metadata, "owner")
		if owner := f.in.Entity.Spec("owner"); owner != "" {
			metadata["owner"] = owner
		}
	}
	return e
}

// relationList writes the entity's relations as Backstage's API does.
func (f *facts) relationList() []any {
	if f.relations != nil {
		return f.relations
	}
	self := f.in.Entity.Ref().String()
	f.relations = []any{}
	for _, r := range f.in.Relations {
		if r.Source.String() == self {
			f.relations = append(f.relations, map[string]any{"type": r.Type, "targetRef": r.Target.String()})
		}
	}
	return f.relations
}

// isFolder reports whether s was read from a folder, where nobody knows what GitHub
// says of the repository.
func isFolder(s *repo.Snapshot) bool { return s.ID == 0 }

// listingDepth is how deep a repository is listed for rules about all its files: as
// deep as a Snapshot goes.
const listingDepth = 4

// listed reports whether all files of s were listed, down to listingDepth. No
// repository has the path it asks for: git refuses a folder of that name.
func listed(s *repo.Snapshot) bool {
	_, presence := s.File(".git/.git/.git/.git")
	return s.Empty || presence != repo.Unread
}

func paths(s *repo.Snapshot) []string {
	files := s.Under("")
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Path
	}
	return out
}

// languages lists the names of s's languages, the largest first.
func languages(s *repo.Snapshot) []string {
	sorted := slices.Clone(s.Languages)
	slices.SortStableFunc(sorted, func(a, b repo.Language) int {
		switch {
		case a.Bytes > b.Bytes:
			return -1
		case a.Bytes < b.Bytes:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	out := make([]string, len(sorted))
	for i, l := range sorted {
		out[i] = l.Name
	}
	return out
}

// protection writes p as rules name its fields, with a small first letter.
func protection(p *repo.Protection) map[string]any {
	v := reflect.ValueOf(*p)
	out := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		name = strings.ToLower(name[:1]) + name[1:]
		switch field := v.Field(i).Interface().(type) {
		case bool:
			out[name] = field
		case int:
			out[name] = float64(field)
		case []string:
			out[name] = list(field)
		}
	}
	return out
}

func list(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
