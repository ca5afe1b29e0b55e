package config

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// rawPolicy is what a file says: everything may be left out. complete makes a
// Policy of it.
type rawPolicy struct {
	mode         *Mode
	paths        []rawPath
	repositories []rawRule
	scorecards   []rawScorecard
}

type rawPath struct {
	key, name, description, template   *string
	requirements, includes, guardrails *[]string
	files, jobs, dirs                  *[]string
	required                           *bool
	detect                             *[]Detection
}

type rawRule struct {
	RepositoryRule
	node *yaml.Node // of golden_path, for the place
	at   string
}

// Bounds of a policy. An organisation of any size stays far below them.
const (
	maxPaths = 50
	maxRules = 2_000
	maxItems = 200   // of one list
	maxText  = 1_000 // characters of one string
)

var (
	pathKey = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	jobID   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`)
	pattern = regexp.MustCompile(`^[A-Za-z0-9._*?-]+(/[A-Za-z0-9._*?-]+)?$`)
)

// readPolicy reads the file's own words, strictly.
func readPolicy(file, text string) (rawPolicy, []Problem) {
	r := reader{file: file}
	var raw rawPolicy
	root := r.document(text)
	if root == nil {
		return raw, r.problems
	}
	r.mapping(root, "", fields{
		"mode": func(n *yaml.Node, at string) { raw.mode = r.mode(n, at) },
		"golden_paths": func(n *yaml.Node, at string) {
			r.entries(n, at, maxPaths, func(key, value *yaml.Node, at string) {
				raw.paths = append(raw.paths, r.path(key, value, at))
			})
		},
		"repositories": func(n *yaml.Node, at string) {
			r.items(n, at, maxRules, func(item *yaml.Node, at string) {
				raw.repositories = append(raw.repositories, r.rule(item, at))
			})
		},
		"scorecards": func(n *yaml.Node, at string) { raw.scorecards = r.scorecards(n, at) },
	})
	return raw, r.problems
}

func readSettings(file, text string) (RepositorySettings, []Problem) {
	r := reader{file: file}
	var out RepositorySettings
	if root := r.document(text); root != nil {
		r.mapping(root, "", fields{"golden_path": func(n *yaml.Node, at string) {
			if key := r.matching(n, at, pathKey, "the key of a golden path, such as backend_service"); key != nil {
				out = RepositorySettings{Path: *key, Line: n.Line}
			}
		}})
	}
	return out, r.problems
}

func (r *reader) mode(n *yaml.Node, at string) *Mode {
	s := r.oneOf(n, at, string(Enforce), string(Advise), string(Off))
	if s == nil {
		return nil
	}
	m := Mode(*s)
	return &m
}

func (r *reader) path(key, value *yaml.Node, at string) rawPath {
	raw := rawPath{key: r.matching(key, at, pathKey, "a key of lower-case letters, digits, _ and -")}
	if key.Value == NoPath {
		r.problem(key, at, "%q means no golden path; choose another key", NoPath)
	}
	words := func(into **[]string) field {
		return func(n *yaml.Node, at string) { *into = r.strings(n, at, r.string) }
	}
	word := func(into **string) field {
		return func(n *yaml.Node, at string) { *into = r.string(n, at) }
	}
	r.mapping(value, at, fields{
		"name":         word(&raw.name),
		"description":  word(&raw.description),
		"template":     word(&raw.template),
		"requirements": words(&raw.requirements),
		"includes":     words(&raw.includes),
		"guardrails":   words(&raw.guardrails),
		"files":        func(n *yaml.Node, at string) { raw.files = r.strings(n, at, r.repoPath) },
		"jobs": func(n *yaml.Node, at string) {
			raw.jobs = r.strings(n, at, func(n *yaml.Node, at string) *string {
				return r.matching(n, at, jobID, "the id of a job, such as test")
			})
		},
		"manifests": func(n *yaml.Node, at string) {
			r.mapping(n, at, fields{
				"dirs":     func(n *yaml.Node, at string) { raw.dirs = r.strings(n, at, r.repoPath) },
				"required": func(n *yaml.Node, at string) { raw.required = r.bool(n, at) },
			})
		},
		"detect": func(n *yaml.Node, at string) {
			found := []Detection{}
			r.items(n, at, maxItems, func(n *yaml.Node, at string) { found = append(found, r.detection(n, at)) })
			raw.detect = &found
		},
	})
	return raw
}

func (r *reader) detection(n *yaml.Node, at string) Detection {
	var d Detection
	into := func(to *string, read func(*yaml.Node, string) *string) field {
		return func(n *yaml.Node, at string) {
			if s := read(n, at); s != nil {
				*to = *s
			}
		}
	}
	before := len(r.problems)
	r.mapping(n, at, fields{
		"file":       into(&d.File, r.repoPath),
		"dir":        into(&d.Dir, r.repoPath),
		"dependency": into(&d.Dependency, r.string),
	})
	switch {
	case len(r.problems) > before:
	case (d.File == "") == (d.Dir == ""):
		r.problem(n, at, "give either file or dir")
	case d.Dependency != "" && path.Base(d.File) != "package.json" && path.Base(d.File) != "go.mod":
		r.problem(n, at, "dependency is known for package.json and go.mod only")
	}
	return d
}

func (r *reader) rule(n *yaml.Node, at string) rawRule {
	rule := rawRule{at: at + ".golden_path"}
	before := len(r.problems)
	r.mapping(n, at, fields{
		"match": func(n *yaml.Node, at string) {
			if s := r.matching(n, at, pattern, "a repository's name or owner/name, with * and ? as wildcards"); s != nil {
				rule.Match = *s
			}
		},
		"golden_path": func(n *yaml.Node, at string) {
			if s := r.matching(n, at, pathKey, "the key of a golden path, or none"); s != nil {
				rule.Path, rule.node = *s, n
			}
		},
		"mode": func(n *yaml.Node, at string) {
			if m := r.mode(n, at); m != nil {
				rule.Mode = *m
			}
		},
	})
	switch {
	case len(r.problems) > before:
	case rule.Match == "":
		r.problem(n, at, "match is missing: which repositories is this about?")
	case rule.Path == "" && rule.Mode == "":
		r.problem(n, at, "sets nothing: give golden_path, mode or both")
	}
	return rule
}

// repoPath reads a path in a repository.
func (r *reader) repoPath(n *yaml.Node, at string) *string {
	s := r.string(n, at)
	if s == nil {
		return nil
	}
	if trimmed := strings.TrimSuffix(*s, "/"); !fs.ValidPath(trimmed) || trimmed == "." || strings.ContainsAny(*s, "*?[\\") {
		r.problem(n, at, "%s is no path in a repository: relative, with forward slashes, without .. and wildcards", quote(*s))
		return nil
	}
	return s
}

// complete fills what raw leaves out from base, the built-in policy; nil when raw
// is that policy itself.
func (raw rawPolicy) complete(base *Policy) *Policy {
	out := &Policy{Mode: Advise}
	if base != nil {
		out.Mode = base.Mode
	}
	if raw.mode != nil {
		out.Mode = *raw.mode
	}
	for _, p := range raw.paths {
		if p.key == nil {
			continue
		}
		out.Paths = append(out.Paths, p.complete(base))
	}
	if base != nil {
		for _, p := range base.Paths {
			if _, ok := out.Path(p.Key); !ok {
				out.Paths = append(out.Paths, p)
			}
		}
	}
	for _, rule := range raw.repositories {
		out.Repositories = append(out.Repositories, rule.RepositoryRule)
	}
	out.Scorecards = raw.completeScorecards(base)
	return out
}

func (raw rawPath) complete(base *Policy) GoldenPath {
	g := GoldenPath{Key: *raw.key, Name: *raw.key, Jobs: []string{"test", "lint", "security", "build"}}
	g.Manifests.Dirs = []string{"kubernetes", "k8s", "deploy", "charts", "helm"}
	if base != nil {
		if built, ok := base.Path(*raw.key); ok {
			g = built
		}
	}
	set(&g.Name, raw.name)
	set(&g.Description, raw.description)
	set(&g.Template, raw.template)
	set(&g.Requirements, raw.requirements)
	set(&g.Includes, raw.includes)
	set(&g.Guardrails, raw.guardrails)
	set(&g.Files, raw.files)
	set(&g.Jobs, raw.jobs)
	set(&g.Manifests.Dirs, raw.dirs)
	set(&g.Manifests.Required, raw.required)
	set(&g.Detect, raw.detect)
	for i, d := range g.Manifests.Dirs {
		g.Manifests.Dirs[i] = strings.TrimSuffix(d, "/")
	}
	for i := range g.Detect {
		g.Detect[i].Dir = strings.TrimSuffix(g.Detect[i].Dir, "/")
	}
	return g
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// unknownPaths finds rules that name a golden path that does not exist.
func (raw rawPolicy) unknownPaths(file string, p *Policy) []Problem {
	var out []Problem
	for _, rule := range raw.repositories {
		if rule.Path == "" || rule.Path == NoPath || slices.Contains(p.Keys(), rule.Path) {
			continue
		}
		out = append(out, Problem{
			File: file, Line: rule.node.Line, Column: rule.node.Column, Path: rule.at,
			Message: fmt.Sprintf("there is no golden path %q; there are %s and none", rule.Path, strings.Join(p.Keys(), ", ")),
		})
	}
	return out
}
