// Package scorecard scores catalog entities by the weighted rules of spec 4.3: an
// entity and what is known of its repository in, a [Result] per scorecard out. The
// scorecards come from the policy (package config), what a rule can ask is in package
// rule. It is pure: it never talks to GitHub, reads a clock, or keeps anything.
//
// Start reading at [EvaluateAll]; [OfService] finds the entity in a Snapshot.
package scorecard

import (
	"math"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard/rule"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Input is what is known of one entity. Only Entity is needed.
type Input struct {
	Entity    *catalog.Entity
	Relations []catalog.Relation // those whose source is another entity are passed over
	// Snapshot is the entity's repository, read with at least [Wants]; nil when it
	// was not read.
	Snapshot *repo.Snapshot
	// Report is the golden path's verdict on that repository; nil when there is none.
	Report *checks.Report
}

// Status is the answer of one rule.
type Status string

// The statuses.
const (
	Pass Status = "pass"
	Fail Status = "fail"
	// NotAvailable is for a rule that asks for what was not read: there is no
	// Snapshot, or the App may not see the branch's protection. It counts for nothing:
	// no team answers for what Cairn did not read.
	NotAvailable Status = "not_available"
	// NotApplicable is for a rule whose condition does not hold. It counts for nothing.
	NotApplicable Status = "not_applicable"
	// Error is for a rule that cannot be judged on this entity, such as an
	// expression that takes too long. It counts as not passed.
	Error Status = "error"
)

// Answer is what every scorecard that is about an entity says of it. It marshals to
// what the API serves at /api/scorecards/{ref}:
//
//	{"entity": "component:default/pay", "scorecards": [{"scorecard": "production-readiness", …}]}
type Answer struct {
	Entity     string   `json:"entity"`     // the entity's ref, in lower case
	Scorecards []Result `json:"scorecards"` // in the policy's order, never null
}

// Result is the answer of one scorecard about one entity.
//
//	{"scorecard": "production-readiness", "title": "Production Readiness",
//	 "description": "…", "applies": true, "reason": "", "score": 80,
//	 "level": "silver", "rules": [{"id": "has-owner", …}]}
//
// All its texts are plain and may quote the entity and the policy: escape them
// where they are shown.
type Result struct {
	Scorecard   string `json:"scorecard"` // the key
	Title       string `json:"title"`
	Description string `json:"description"`

	// Applies is false when the scorecard is not about this entity, none of its rules
	// is, or nothing that they ask for is available. Reason says which; then there is
	// neither score nor level.
	Applies bool   `json:"applies"`
	Reason  string `json:"reason"`

	// Score is the weight of the rules that pass, in percent of the weight of the
	// rules that pass, fail or end in an error: 0-100, not rounded.
	Score float64 `json:"score"`

	// Level is the highest level that Score reaches, "" for none.
	Level string `json:"level"`

	Rules []RuleResult `json:"rules"` // in the policy's order, never null
}

// Whole returns the score as people see it: cut, not rounded, so that 100 is only
// shown when it is meant.
func (r Result) Whole() int { return int(math.Floor(r.Score)) }

// RuleResult is the answer of one rule.
//
//	{"id": "has-description", "name": "Has Description",
//	 "description": "Component must have a description", "weight": 5,
//	 "status": "fail", "actual": "Pays",
//	 "message": "metadata.description has 4 characters; at least 20 are needed",
//	 "remedy": "In the entity's catalog file, change metadata.description: …"}
type RuleResult struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Weight      int    `json:"weight"`
	Status      Status `json:"status"`
	Actual      string `json:"actual"`  // the fact's value, at most 120 characters; "" when there is no single one
	Message     string `json:"message"` // one line, at most 500 characters
	Remedy      string `json:"remedy"`  // "" unless there is something to do
}

// Evaluate scores an entity by one scorecard. It never fails: what cannot be known
// or judged is the status of a rule.
func Evaluate(in Input, card config.Scorecard) Result {
	return evaluate(&facts{in: in}, card)
}

// EvaluateAll scores an entity by every scorecard that is about it.
func EvaluateAll(in Input, cards []config.Scorecard) Answer {
	known := &facts{in: in}
	out := Answer{Entity: in.Entity.Ref().String(), Scorecards: []Result{}}
	for _, card := range cards {
		if ok, _ := about(in.Entity, card); ok {
			out.Scorecards = append(out.Scorecards, evaluate(known, card))
		}
	}
	return out
}

func about(e *catalog.Entity, card config.Scorecard) (ok bool, reason string) {
	return card.AppliesTo.Matches(e.Kind(), e.Spec("type"), e.Tags())
}

func evaluate(known *facts, card config.Scorecard) Result {
	r := Result{Scorecard: card.Key, Title: card.Title, Description: card.Description, Rules: []RuleResult{}}
	if r.Applies, r.Reason = about(known.in.Entity, card); !r.Applies {
		return r
	}
	total, passed := 0, 0
	r.Reason = "none of its rules applies to this entity"
	for _, line := range card.Rules {
		answer := ask(known, line)
		r.Rules = append(r.Rules, answer)
		switch answer.Status {
		case NotApplicable:
			continue
		case NotAvailable:
			r.Reason = "nothing that its rules ask for is available here"
			continue
		case Pass:
			passed += line.Weight
		case Fail, Error:
		}
		total += line.Weight
	}
	if r.Applies = total > 0; !r.Applies {
		return r
	}
	r.Reason = ""
	r.Score = 100 * float64(passed) / float64(total)
	for _, level := range card.Levels {
		if 100*passed >= level.MinScore*total {
			r.Level = level.Name
		}
	}
	return r
}

func ask(known *facts, line config.ScorecardRule) RuleResult {
	out := RuleResult{ID: line.ID, Name: line.Title, Description: line.Description, Weight: line.Weight}
	if line.Condition != nil {
		switch a := line.Condition.Judge(known); a.Outcome {
		case rule.Pass:
		case rule.Fail:
			out.Status, out.Message = NotApplicable, "does not apply: "+a.Message
			return out
		case rule.NotAvailable, rule.Error:
			out.Status, out.Message, out.Remedy = Status(a.Outcome), "whether this applies cannot be told: "+a.Message, a.Remedy
			return out
		}
	}
	a := line.Test.Judge(known)
	out.Status, out.Actual, out.Message, out.Remedy = Status(a.Outcome), a.Actual, a.Message, a.Remedy
	if line.Remedy != "" && out.Status == Fail {
		out.Remedy = line.Remedy
	}
	return out
}
