package config

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/checks/scorecard/rule"
)

// Scorecard is a set of weighted rules about catalog entities (spec 4.3).
type Scorecard struct {
	Key         string // such as production-readiness
	Title       string
	Description string
	AppliesTo   Applicability
	Levels      []Level // by rising MinScore
	Rules       []ScorecardRule
}

// Applicability says which entities a scorecard is about: those that match every
// list that is not empty.
type Applicability struct {
	Kinds []string // such as Component
	Types []string // of spec.type, such as service
	Tags  []string // of metadata.tags
}

// Level is a name for a score.
type Level struct {
	Name     string
	MinScore int // 0-100: a score of at least this has the level
}

// ScorecardRule is one line of a scorecard; spec 4.3 calls it a check.
type ScorecardRule struct {
	ID          string // unique in its scorecard
	Title       string
	Description string
	Remedy      string // what to do when it fails; "" for what the test itself says
	Weight      int    // 1-1000
	Test        *rule.Test
	Condition   *rule.Test // the rule only applies when this holds; nil is always
}

// defaultLevels are the levels of a scorecard that names none.
func defaultLevels() []Level {
	return []Level{{"bronze", 50}, {"silver", 70}, {"gold", 90}}
}

// Matches reports whether the scorecard is about an entity with this kind, type and
// tags, and if not, why. Case does not matter, as in Backstage's filters.
func (a Applicability) Matches(kind, specType string, tags []string) (ok bool, reason string) {
	has := func(allowed []string, values ...string) bool {
		return len(allowed) == 0 || slices.ContainsFunc(allowed, func(want string) bool {
			return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, want) })
		})
	}
	switch {
	case !has(a.Kinds, kind):
		return false, "the scorecard is about the kind " + strings.Join(a.Kinds, ", ")
	case !has(a.Types, specType):
		return false, "the scorecard is about the type " + strings.Join(a.Types, ", ")
	case !has(a.Tags, tags...):
		return false, "the scorecard is about entities with the tag " + strings.Join(a.Tags, ", ")
	}
	return true, ""
}

// Scorecard looks a scorecard up by its key.
func (p *Policy) Scorecard(key string) (Scorecard, bool) {
	i := slices.IndexFunc(p.Scorecards, func(s Scorecard) bool { return s.Key == key })
	if i < 0 {
		return Scorecard{}, false
	}
	return p.Scorecards[i], true
}

// rawScorecard is what a file says of one scorecard.
type rawScorecard struct {
	key, title, description *string
	enabled                 *bool
	appliesTo               *Applicability
	levels                  *[]Level
	rules                   *[]ScorecardRule
	node                    *yaml.Node // of the key, for the place
	at                      string
}

// completeScorecards fills what raw leaves out from base, as golden paths do, and
// drops those that are switched off.
func (raw rawPolicy) completeScorecards(base *Policy) []Scorecard {
	var out []Scorecard
	var named []string
	for _, r := range raw.scorecards {
		if r.key == nil {
			continue
		}
		named = append(named, *r.key)
		if r.enabled == nil || *r.enabled {
			out = append(out, r.complete(base))
		}
	}
	if base != nil {
		for _, s := range base.Scorecards {
			if !slices.Contains(named, s.Key) {
				out = append(out, s)
			}
		}
	}
	return out
}

func (r rawScorecard) complete(base *Policy) Scorecard {
	s := Scorecard{Key: *r.key, Title: *r.key, AppliesTo: Applicability{Kinds: []string{"Component"}}, Levels: defaultLevels()}
	if base != nil {
		if built, ok := base.Scorecard(*r.key); ok {
			s = built
		}
	}
	set(&s.Title, r.title)
	set(&s.Description, r.description)
	set(&s.AppliesTo, r.appliesTo)
	set(&s.Levels, r.levels)
	set(&s.Rules, r.rules)
	slices.SortStableFunc(s.Levels, func(a, b Level) int { return cmp.Compare(a.MinScore, b.MinScore) })
	return s
}

// emptyScorecards finds new scorecards without rules; those of a built-in name have
// the built-in ones.
func (raw rawPolicy) emptyScorecards(file string, p *Policy) []Problem {
	var out []Problem
	for _, r := range raw.scorecards {
		if r.key == nil || r.rules != nil {
			continue
		}
		if s, on := p.Scorecard(*r.key); on && len(s.Rules) == 0 {
			out = append(out, Problem{
				File: file, Line: r.node.Line, Column: r.node.Column, Path: r.at,
				Message: "checks are missing: there is no built-in scorecard of this name",
			})
		}
	}
	return out
}
