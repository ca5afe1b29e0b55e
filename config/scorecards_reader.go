package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// Bounds of the scorecards of one policy.
const (
	maxScorecards  = 50
	maxCardRules   = 100 // of one scorecard
	maxLevels      = 10
	maxWeight      = 1_000
	maxTestDepth   = 8   // of any, all and not in one another
	maxTests       = 50  // in one rule or condition
	maxExpressions = 200 // in the whole file
	maxPatterns    = 500 // regular expressions of matches in the whole file
)

var (
	cardKey   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	kindName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,62}$`)
	levelName = cardKey
)

// The kinds of Backstage's catalog; others are written as they are.
var catalogKinds = []string{"Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template"}

// scorecards reads the mapping of scorecards by key.
func (r *reader) scorecards(n *yaml.Node, at string) []rawScorecard {
	var out []rawScorecard
	cards := &cardReader{reader: r}
	r.entries(n, at, maxScorecards, func(key, value *yaml.Node, at string) {
		out = append(out, cards.scorecard(key, value, at))
	})
	return out
}

func (r *cardReader) scorecard(key, value *yaml.Node, at string) rawScorecard {
	raw := rawScorecard{key: r.matching(key, at, cardKey, "a key of lower-case letters, digits, _ and -"), node: key, at: at}
	r.mapping(value, at, fields{
		"title":       func(n *yaml.Node, at string) { raw.title = r.string(n, at) },
		"description": func(n *yaml.Node, at string) { raw.description = r.string(n, at) },
		"enabled":     func(n *yaml.Node, at string) { raw.enabled = r.bool(n, at) },
		"appliesTo":   func(n *yaml.Node, at string) { raw.appliesTo = r.appliesTo(n, at) },
		"levels":      func(n *yaml.Node, at string) { raw.levels = r.levels(n, at) },
		"checks": func(n *yaml.Node, at string) {
			rules := r.rules(n, at)
			raw.rules = &rules
		},
	})
	return raw
}

func (r *cardReader) appliesTo(n *yaml.Node, at string) *Applicability {
	a := Applicability{}
	into := func(to *[]string, read func(*yaml.Node, string) *string) field {
		return func(n *yaml.Node, at string) {
			if n.Kind != yaml.SequenceNode {
				if s := read(n, at); s != nil {
					*to = []string{*s}
				}
				return
			}
			*to = *r.strings(n, at, read)
			if len(n.Content) == 0 {
				r.problem(n, at, "an empty list matches nothing; leave it out to match everything")
			}
		}
	}
	r.mapping(n, at, fields{
		"kind": into(&a.Kinds, r.kind),
		"type": into(&a.Types, r.string),
		"tag":  into(&a.Tags, r.string),
	})
	return &a
}

// kind reads the kind of an entity, in any case, and spells it as the catalog does.
func (r *cardReader) kind(n *yaml.Node, at string) *string {
	s := r.matching(n, at, kindName, "the kind of an entity, such as Component")
	if s == nil {
		return nil
	}
	for _, known := range catalogKinds {
		if strings.EqualFold(known, *s) {
			return &known
		}
	}
	return s
}

func (r *cardReader) levels(n *yaml.Node, at string) *[]Level {
	levels := []Level{}
	r.entries(n, at, maxLevels, func(key, value *yaml.Node, at string) {
		name := r.matching(key, at, levelName, "a name of lower-case letters, digits, _ and -")
		score, ok := r.whole(value, at, 0, 100)
		switch {
		case name == nil || !ok:
		case slices.ContainsFunc(levels, func(l Level) bool { return l.MinScore == score }):
			r.problem(value, at, "two levels begin at %d; give each its own score", score)
		default:
			levels = append(levels, Level{*name, score})
		}
	})
	return &levels
}

// rules reads the checks of a scorecard.
func (r *cardReader) rules(n *yaml.Node, at string) []ScorecardRule {
	rules := []ScorecardRule{}
	lines := map[string]int{}
	r.items(n, at, maxCardRules, func(n *yaml.Node, at string) {
		rule := r.rule(n, at)
		if first, twice := lines[rule.ID]; twice && rule.ID != "" {
			r.problem(n, at+".id", "the id %s is given twice; the first is on line %d", quote(rule.ID), first)
		}
		lines[rule.ID] = n.Line
		rules = append(rules, rule)
	})
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.problem(n, at, "a scorecard without checks scores nothing; write enabled: false to switch it off")
	}
	return rules
}

func (r *cardReader) rule(n *yaml.Node, at string) ScorecardRule {
	rule := ScorecardRule{Weight: 1}
	text := func(to *string) field {
		return func(n *yaml.Node, at string) {
			if s := r.string(n, at); s != nil {
				*to = *s
			}
		}
	}
	before := len(r.problems)
	r.mapping(n, at, fields{
		"id": func(n *yaml.Node, at string) {
			if s := r.matching(n, at, cardKey, "an id of lower-case letters, digits, _ and -"); s != nil {
				rule.ID = *s
			}
		},
		"title":       text(&rule.Title),
		"description": text(&rule.Description),
		"remedy":      text(&rule.Remedy),
		"weight": func(n *yaml.Node, at string) {
			if w, ok := r.whole(n, at, 1, maxWeight); ok {
				rule.Weight = w
			}
		},
		"rule":      func(n *yaml.Node, at string) { rule.Test = r.test(n, at) },
		"condition": func(n *yaml.Node, at string) { rule.Condition = r.test(n, at) },
	})
	switch {
	case len(r.problems) > before:
	case rule.ID == "":
		r.problem(n, at, "id is missing: what is this check called?")
	case rule.Test == nil:
		r.problem(n, at, "rule is missing: what does this check ask?")
	}
	if rule.Title == "" {
		rule.Title = rule.ID
	}
	return rule
}

// whole reads a whole number between least and most.
func (r *cardReader) whole(n *yaml.Node, at string, least, most int) (int, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		if i, err := strconv.Atoi(n.Value); err == nil && i >= least && i <= most {
			return i, true
		}
	}
	what := safeyaml.KindName(n)
	if n.Kind == yaml.ScalarNode {
		what = quote(n.Value)
	}
	r.problem(n, at, "a whole number from %d to %d is expected here, this is %s", least, most, what)
	return 0, false
}
