package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"golang.org/x/mod/modfile"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// repositoryStructure is check 1 of spec 7.2: the files of the golden path are
// there. Beyond presence it asks that those with a grammar can be read at all.
func repositoryStructure() Check {
	return Check{
		ID:    "repository-structure",
		Name:  "Repository Structure",
		Asks:  "Are the files there that every service on this path has?",
		Why:   "People and tools find their way in a repository they have never seen when the same things are in the same places.",
		Wants: structureWants,
		Applies: func(s *Subject) (bool, string) {
			return len(s.Path.Files) > 0, "This path asks for no files"
		},
		Run: runStructure,
	}
}

func structureWants(g config.GoldenPath) repo.Want {
	var want repo.Want
	for _, file := range g.Files {
		if dir, ok := strings.CutSuffix(file, "/"); ok {
			want.Dirs = append(want.Dirs, repo.Dir{Path: dir, Depth: 1, NamesOnly: true})
			continue
		}
		want.Files = append(want.Files, variants(file)...)
	}
	return want
}

// variants lists the names under which a file is accepted: workflows may end in
// either way, for GitHub reads both; make looks for three names; vite for two that
// are TypeScript.
func variants(file string) []string {
	switch {
	case strings.HasPrefix(file, workflowDir+"/") && isYAML(file):
		stem := strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".yml")
		if strings.HasSuffix(file, ".yml") {
			return []string{file, stem + ".yaml"}
		}
		return []string{file, stem + ".yml"}
	case file == "Makefile":
		return []string{file, "makefile", "GNUmakefile"}
	case file == "vite.config.ts":
		return []string{file, "vite.config.mts"}
	case file == "mkdocs.yml":
		return []string{file, "mkdocs.yaml"}
	}
	return []string{file}
}

func runStructure(s *Subject) Result {
	var a answer
	var missing, broken []string
	for _, want := range s.Path.Files {
		found, ok := present(s.Snapshot, want)
		if !ok {
			missing = append(missing, want)
			a.fault(want, 0, "", "missing%s", nearMiss(s, want))
			continue
		}
		if found != want && found+"/" != want {
			a.note("%s is accepted for %s.", Code(found), Code(want))
		}
		if places := unusable(s, found); len(places) > 0 && !strings.HasSuffix(want, "/") {
			broken = append(broken, found)
			for _, p := range places {
				a.fault(found, p.Line, "", "%s", p.Message)
			}
		}
	}
	for i := range a.findings {
		a.findings[i].why = fmt.Sprintf("The path %s expects these files: build, deployment, catalog and new colleagues rely on them.", Text(s.Path.Name))
	}
	if len(missing) == 0 && len(broken) == 0 {
		return a.result(Compliant, "All required files present")
	}
	var said []string
	if len(missing) > 0 {
		said = append(said, "Missing files: "+strings.Join(missing, ", "))
		a.mend(remedy{say: Text("Add missing files: " + strings.Join(missing, ", "))})
	}
	if len(broken) > 0 {
		said = append(said, "Files that cannot be used: "+strings.Join(broken, ", "))
		a.mend(remedy{say: Text("Mend what cannot be used: "+strings.Join(broken, ", ")) + ". The lines are named above."})
	}
	for _, file := range missing {
		if text := s.fileSnippet(file); text != "" {
			a.mend(remedy{say: fmt.Sprintf("A beginning for %s:", Code(file)), lang: langOf(file), snippet: text})
		}
	}
	return a.result(NonCompliant, strings.Join(said, "; "))
}

// present finds a required path under one of its accepted names.
func present(s *repo.Snapshot, want string) (string, bool) {
	if dir, ok := strings.CutSuffix(want, "/"); ok {
		return dir, hasDir(s, dir)
	}
	for _, name := range variants(want) {
		if s.Has(name) {
			return name, true
		}
	}
	return "", false
}

// nearMiss names a file that was perhaps meant.
func nearMiss(s *Subject, want string) string {
	dir, base := path.Split(want)
	dir = strings.TrimSuffix(dir, "/")
	if dir == workflowDir {
		if file, line := s.ci.place(); line > 0 {
			return fmt.Sprintf("; there is %s: rename it, or change files in the policy", file)
		}
		return ""
	}
	stem := strings.TrimSuffix(base, path.Ext(base))
	for _, other := range s.Snapshot.Names(dir) {
		name := path.Base(other)
		if strings.EqualFold(name, base) || (stem != "" && path.Ext(base) != "" && strings.TrimSuffix(name, path.Ext(name)) == stem) {
			return fmt.Sprintf("; there is %s, which is not the same", other)
		}
	}
	return ""
}

// unusable says why a file that is there does not do its work.
func unusable(s *Subject, file string) []Place {
	f, _ := s.Snapshot.File(file)
	switch {
	case unjudgeable(f):
		return []Place{unreadable(f)}
	case !f.Read:
		return nil // listed by name only
	}
	if strings.TrimSpace(f.Text) == "" {
		return []Place{{File: file, Line: 1, Message: "the file is empty"}}
	}
	var problem func(file, text string) (Place, bool)
	switch {
	case file == catalogFile:
		return s.Catalog.Problems
	case path.Base(file) == "go.mod":
		problem = goModProblem
	case path.Base(file) == "Dockerfile":
		problem = dockerfileProblem
	case strings.HasSuffix(file, ".json"):
		problem = jsonProblem
	default:
		return nil
	}
	if p, bad := problem(file, f.Text); bad {
		return []Place{p}
	}
	return nil
}

func goModProblem(file, text string) (Place, bool) {
	mod, err := modfile.Parse(file, []byte(text), nil)
	var list modfile.ErrorList
	switch {
	case errors.As(err, &list) && len(list) > 0:
		return Place{File: file, Line: max(list[0].Pos.Line, 1), Message: "go.mod does not parse: " + list[0].Err.Error()}, true
	case err != nil:
		return Place{File: file, Line: 1, Message: "go.mod does not parse: " + err.Error()}, true
	case mod.Module == nil:
		return Place{File: file, Line: 1, Message: "names no module"}, true
	}
	return Place{}, false
}

func dockerfileProblem(file, text string) (Place, bool) {
	result, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		line := 1
		var located *parser.LocationError
		if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
			line = max(located.Locations[0][0].Start.Line, 1)
		}
		return Place{File: file, Line: line, Message: "the Dockerfile does not parse: " + err.Error()}, true
	}
	for _, n := range result.AST.Children {
		if strings.EqualFold(n.Value, "from") {
			return Place{}, false
		}
	}
	return Place{File: file, Line: 1, Message: "the Dockerfile has no FROM"}, true
}

func jsonProblem(file, text string) (Place, bool) {
	var raw json.RawMessage
	err := json.Unmarshal([]byte(text), &raw)
	if err == nil {
		return Place{}, false
	}
	line := 1
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line = bytes.Count([]byte(text)[:min(int(syntax.Offset), len(text))], []byte("\n")) + 1
	}
	return Place{File: file, Line: line, Message: "not valid JSON: " + err.Error()}, true
}

// fileSnippet is a beginning of a missing file, for this repository.
func (s *Subject) fileSnippet(file string) string {
	if strings.HasPrefix(file, workflowDir+"/") {
		return s.facts.snippetWith("ci.yaml", s.Path.Jobs)
	}
	if text := s.facts.snippet(file); text != "" {
		return text
	}
	return s.facts.snippet(file + " " + s.facts.Language)
}

func langOf(file string) string {
	switch base := path.Base(file); {
	case base == "Dockerfile":
		return "dockerfile"
	case base == "Makefile":
		return "make"
	case isYAML(file):
		return "yaml"
	case strings.HasSuffix(file, ".ts"):
		return "ts"
	case strings.HasSuffix(file, ".json"):
		return "json"
	case strings.HasSuffix(file, ".md"):
		return "markdown"
	}
	return ""
}

// unjudgeable reports a file whose text nobody gets to see: too large, no text, or
// a symbolic link, which is not followed.
func unjudgeable(f repo.File) bool { return f.Unreadable() || f.Kind == repo.Symlink }

// notRead is the finding about a file that has to be read and was not.
func notRead(f repo.File) Place {
	if unjudgeable(f) {
		return unreadable(f)
	}
	return Place{File: f.Path, Message: "present, but not read: " + f.Reason}
}

// unreadable says why a file's text is not to be had, and what to do about it.
func unreadable(f repo.File) Place {
	if f.Kind == repo.Symlink {
		return Place{File: f.Path, Line: 1, Message: "a symbolic link, which is not followed: keep the file itself here"}
	}
	return Place{File: f.Path, Line: 1, Message: "cannot be read: " + f.Reason + "; keep it a text file of less than 512 kB"}
}

// unread is the answer about a file that is present and was not read: a finding
// when it cannot be, a note when it was listed by name only.
func (s *Subject) unread(a *answer, f repo.File, why string) bool {
	if !unjudgeable(f) {
		a.note("%s is present, but was not read.", Code(f.Path))
		return true
	}
	a.fault(f.Path, 1, why, "%s", unreadable(f).Message)
	a.mend(remedy{say: fmt.Sprintf("Make %s a text file of less than 512 kB, and no link.", Code(f.Path))})
	return false
}
