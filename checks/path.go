package checks

import (
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// The annotations (or labels) by which a catalog entity says which golden path its
// service is on. The first names the path's key; the second is what Backstage's
// scaffolder leaves behind, and counts when it names a path's template.
const (
	pathAnnotation     = "cairn.dev/golden-path"
	templateAnnotation = "backstage.io/source-template"
)

// choosePath finds the golden path: by Input.Path, the policy's rule for the
// repository, the repository's settings on its default branch, the catalog entity,
// and last what the repository holds. reason says in words which of them it was;
// it is safe Markdown.
func choosePath(in Input) (path config.GoldenPath, reason string, ok bool) {
	if in.Path != "" {
		return named(in.Policy, in.Path, "asked for by name")
	}
	if key, match := in.Policy.PathFor(in.Snapshot.Name.String()); key != "" {
		return named(in.Policy, key, "set by the policy for "+Code(match))
	}
	base := in.Base
	if base == nil {
		base = in.Snapshot
	}
	var complaint string
	text, read := base.Text(config.SettingsPath)
	if in.Settings != nil {
		text, read = *in.Settings, *in.Settings != ""
	}
	if read {
		settings, err := config.ParseRepositorySettings(config.SettingsPath, text)
		switch {
		case err != nil:
			complaint = " (" + Text(oneLine(err.Error())) + ")"
		case settings.Path != "":
			return named(in.Policy, settings.Path, fmt.Sprintf("set in %s", Code(fmt.Sprintf("%s:%d", config.SettingsPath, settings.Line))))
		}
	}
	for _, s := range []*repo.Snapshot{base, in.Snapshot} {
		catalog := ReadCatalog(s)
		if s == in.Snapshot && in.Catalog != nil {
			catalog = *in.Catalog
		}
		if path, reason, ok := byCatalog(in.Policy, catalog.Entity); ok {
			return path, reason + complaint, true
		}
		if path, reason, ok := byDetection(in.Policy, s); ok {
			return path, reason + complaint, true
		}
	}
	return config.GoldenPath{}, "nothing in the policy, the catalog entity or the files says which golden path this is on" + complaint, false
}

func named(p *config.Policy, key, why string) (config.GoldenPath, string, bool) {
	if key == config.NoPath {
		return config.GoldenPath{}, "on no golden path: " + why, false
	}
	path, ok := p.Path(key)
	if !ok {
		return config.GoldenPath{}, fmt.Sprintf("there is no golden path %s, %s; there are %s", Code(key), why, strings.Join(p.Keys(), ", ")), false
	}
	return path, why, true
}

func byCatalog(p *config.Policy, e Entity) (config.GoldenPath, string, bool) {
	for _, values := range []map[string]string{e.Annotations, e.Labels} {
		if key := values[pathAnnotation]; key != "" {
			if path, ok := p.Path(key); ok {
				return path, fmt.Sprintf("said by %s in %s", Code(pathAnnotation), Code(e.File)), true
			}
		}
	}
	source := e.Annotations[templateAnnotation]
	if source == "" {
		return config.GoldenPath{}, "", false
	}
	name := source[strings.LastIndexAny(source, "/:")+1:]
	for _, path := range p.Paths {
		if path.Template != "" && strings.EqualFold(path.Template, name) {
			return path, fmt.Sprintf("made from the template %s", Code(name)), true
		}
	}
	return config.GoldenPath{}, "", false
}

func byDetection(p *config.Policy, s *repo.Snapshot) (config.GoldenPath, string, bool) {
	for _, path := range p.Paths {
		for _, d := range path.Detect {
			if found, ok := detect(s, d); ok {
				return path, "found " + found, true
			}
		}
	}
	return config.GoldenPath{}, "", false
}

// detect answers with what it recognised, as Markdown.
func detect(s *repo.Snapshot, d config.Detection) (string, bool) {
	if d.Dir != "" {
		return Code(d.Dir + "/"), hasDir(s, d.Dir)
	}
	if d.Dependency == "" {
		return Code(d.File), s.Has(d.File)
	}
	text, ok := s.Text(d.File)
	if !ok {
		return "", false
	}
	return fmt.Sprintf("%s with %s", Code(d.File), Code(d.Dependency)), depends(d.File, text, d.Dependency)
}

func hasDir(s *repo.Snapshot, dir string) bool {
	if f, p := s.File(dir); p == repo.Present && (f.Kind == repo.Directory || f.Kind == repo.Symlink) {
		return true
	}
	return len(s.Under(dir)) > 0
}

// depends reports whether a package.json or go.mod names a dependency.
func depends(file, text, dependency string) bool {
	if strings.HasSuffix(file, "go.mod") {
		mod, err := modfile.ParseLax(file, []byte(text), nil)
		if err != nil {
			return false
		}
		for _, r := range mod.Require {
			if r.Mod.Path == dependency {
				return true
			}
		}
		return false
	}
	var pkg packageJSON
	if json.Unmarshal([]byte(text), &pkg) != nil {
		return false
	}
	return pkg.has(dependency)
}

// wantOf is what a Detection has to see.
func wantOf(d config.Detection) repo.Want {
	if d.Dir != "" {
		return repo.Want{Dirs: []repo.Dir{{Path: d.Dir, Depth: 1, NamesOnly: true}}}
	}
	return repo.Want{Files: []string{d.File}}
}
