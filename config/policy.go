package config

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Mode is how firmly a policy is held.
type Mode string

// The three modes.
const (
	Enforce Mode = "enforce" // compliant succeeds, partial is neutral, non_compliant fails
	Advise  Mode = "advise"  // tells, never fails
	Off     Mode = "off"     // says nothing
)

// NoPath is the golden_path of a repository that is deliberately on none.
const NoPath = "none"

// Policy is an organisation's policy: valid and complete. [ParsePolicy] and
// [DefaultPolicy] make it; nobody changes it afterwards.
type Policy struct {
	Mode         Mode
	Paths        []GoldenPath // in the order in which detection tries them
	Repositories []RepositoryRule
	Scorecards   []Scorecard // the organisation's own first
}

// GoldenPath is one path of spec 7.1, with what the six checks of 7.2 need to
// know beside it.
type GoldenPath struct {
	Key         string // such as backend_service
	Name        string // for people, such as "Backend Service (Go)"
	Description string
	Template    string // the scaffolder template that satisfies the path

	// In words, as spec 7.1 has them.
	Requirements []string
	Includes     []string
	Guardrails   []string

	Files     []string // required paths; one that ends in a slash is a folder
	Jobs      []string // required CI jobs
	Manifests Manifests
	Detect    []Detection
}

// Manifests says where a path keeps its Kubernetes manifests.
type Manifests struct {
	Dirs     []string // folders, read four deep
	Required bool     // whether having none is a fault
}

// Detection recognises a path by what a repository holds: a file, perhaps one
// that names a dependency, or a folder.
type Detection struct {
	File       string
	Dependency string // of package.json or go.mod; "" for the file alone
	Dir        string
}

// RepositoryRule sets what differs for the repositories that match.
type RepositoryRule struct {
	Match string // name or owner/name, with * and ? for any characters but a slash
	Path  string // key of a golden path, NoPath, or "" to leave it open
	Mode  Mode   // "" to leave it as it is
}

// RepositorySettings is what a repository says about itself in [SettingsPath], on its
// default branch.
type RepositorySettings struct {
	Path string // key of a golden path
	Line int    // where the file says so
}

// SettingsPath is a repository's own settings file. Only the one on the default
// branch counts.
const SettingsPath = ".platform/settings.yaml"

// Path looks a golden path up by its key.
func (p *Policy) Path(key string) (GoldenPath, bool) {
	i := slices.IndexFunc(p.Paths, func(g GoldenPath) bool { return g.Key == key })
	if i < 0 {
		return GoldenPath{}, false
	}
	return p.Paths[i], true
}

// Keys lists the keys of all golden paths, for messages.
func (p *Policy) Keys() []string {
	keys := make([]string, len(p.Paths))
	for i, g := range p.Paths {
		keys[i] = g.Key
	}
	return keys
}

// ModeFor returns the mode for a repository, given as owner/name or name.
func (p *Policy) ModeFor(repository string) Mode {
	mode := p.Mode
	for _, r := range p.Repositories {
		if r.Mode != "" && r.Matches(repository) {
			mode = r.Mode
		}
	}
	return mode
}

// PathFor returns the golden path that the policy sets for a repository, and the
// pattern that did. The key is "" when the policy leaves it open.
func (p *Policy) PathFor(repository string) (key, match string) {
	for _, r := range p.Repositories {
		if r.Path != "" && r.Matches(repository) {
			key, match = r.Path, r.Match
		}
	}
	return key, match
}

// Matches reports whether the rule is about a repository, given as owner/name or
// name, without regard to case, as GitHub compares names.
func (r RepositoryRule) Matches(repository string) bool {
	pattern, name := strings.ToLower(r.Match), strings.ToLower(repository)
	if !strings.Contains(pattern, "/") {
		name = path.Base(name)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil // ParsePolicy refuses malformed patterns
}

// Problem is one thing that is wrong in a file of settings, and where. Line and
// Column count from 1; 0 is "not known".
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"` // of the key, such as golden_paths.backend_service.files[2]
	Message string `json:"message"`
}

func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(":%d", p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		where += fmt.Sprintf(":%d", p.Column)
	}
	if p.Path == "" {
		return where + ": " + p.Message
	}
	return where + ": " + p.Path + ": " + p.Message
}

// PolicyError lists everything that is wrong with a policy or settings file, in
// the order of the file. It never is empty.
type PolicyError struct{ Problems []Problem }

func (e *PolicyError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = "  " + p.String()
	}
	noun := "problems"
	if len(lines) == 1 {
		noun = "problem"
	}
	return fmt.Sprintf("%d %s in the policy:\n%s", len(lines), noun, strings.Join(lines, "\n"))
}

//go:embed policy_default.yaml
var defaultPolicy string

//go:embed policy_schema.json
var policySchema string

// DefaultPolicyFile returns the built-in policy as a commented YAML file.
func DefaultPolicyFile() string { return defaultPolicy }

// PolicySchema returns the JSON Schema (draft 2020-12) of policy files, for
// editors. It accepts what ParsePolicy accepts, except that only ParsePolicy
// knows whether a golden path that is named exists, whether a scorecard has rules and
// whether what a rule asks makes sense.
func PolicySchema() string { return policySchema }

// DefaultPolicy returns the built-in policy: the three paths of spec 7.1 in mode
// advise, and the two scorecards of spec 4.3.
func DefaultPolicy() *Policy {
	raw, problems := readPolicy("policy_default.yaml", defaultPolicy)
	if len(problems) > 0 {
		panic(&PolicyError{problems}) // the file is part of the program, and tested
	}
	return raw.complete(nil)
}

// ParsePolicy reads a policy file. Every problem is reported at once, as a
// *PolicyError; file names the file in it. An empty file is the default policy.
func ParsePolicy(file, text string) (*Policy, error) {
	raw, problems := readPolicy(file, text)
	policy := raw.complete(DefaultPolicy())
	problems = append(problems, raw.unknownPaths(file, policy)...)
	problems = append(problems, raw.emptyScorecards(file, policy)...)
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, &PolicyError{problems}
	}
	return policy, nil
}

// ParseRepositorySettings reads a repository's own settings file. The error is a
// *PolicyError. Whether the golden path exists is the policy's to say.
func ParseRepositorySettings(file, text string) (RepositorySettings, error) {
	settings, problems := readSettings(file, text)
	if len(problems) > 0 {
		return RepositorySettings{}, &PolicyError{problems}
	}
	return settings, nil
}
