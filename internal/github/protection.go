package github

import (
	"slices"

	"github.com/cairn-dev/cairn/internal/repo"
)

type protectionNode struct {
	AllowsDeletions              bool
	AllowsForcePushes            bool
	IsAdminEnforced              bool
	RequiredApprovingReviewCount int
	RequiredStatusCheckContexts  []string
	RequiresApprovingReviews     bool
	RequiresCodeOwnerReviews     bool
	RequiresCommitSignatures     bool
	RequiresLinearHistory        bool
	RequiresStatusChecks         bool
}

type ruleNode struct {
	Type       string
	Parameters *struct {
		RequireCodeOwnerReview       bool
		RequiredApprovingReviewCount int
		RequiredStatusChecks         []struct{ Context string }
	}
	RepositoryRuleset *struct{ Name, Enforcement string }
}

// protection joins classic branch protection and the rulesets in force: GitHub
// applies the strictest of all that match ("About rulesets", rule layering). A
// branch without either may be pushed over and deleted.
func (r *refNode) protection() *repo.Protection {
	p := &repo.Protection{AllowsForcePushes: true, AllowsDeletions: true}
	if rule := r.BranchProtectionRule; rule != nil {
		p.Sources = append(p.Sources, "branch protection")
		p.RequiresPullRequest = rule.RequiresApprovingReviews
		if rule.RequiresApprovingReviews {
			p.RequiredApprovals = rule.RequiredApprovingReviewCount
		}
		p.RequiresCodeOwners = rule.RequiresCodeOwnerReviews
		p.RequiresStatusChecks = rule.RequiresStatusChecks
		p.RequiredStatusChecks = slices.Clone(rule.RequiredStatusCheckContexts)
		p.RequiresLinearHistory = rule.RequiresLinearHistory
		p.RequiresSignatures = rule.RequiresCommitSignatures
		p.AllowsForcePushes = rule.AllowsForcePushes
		p.AllowsDeletions = rule.AllowsDeletions
		p.EnforcedForAdmins = rule.IsAdminEnforced
	}
	for _, rule := range r.Rules.Nodes {
		if set := rule.RepositoryRuleset; set != nil && set.Enforcement == "ACTIVE" {
			p.Sources = append(p.Sources, "ruleset: "+set.Name)
			rule.apply(p)
		}
	}
	slices.Sort(p.Sources)
	p.Sources = slices.Compact(p.Sources)
	slices.Sort(p.RequiredStatusChecks)
	p.RequiredStatusChecks = slices.Compact(p.RequiredStatusChecks)
	return p
}

func (rule ruleNode) apply(p *repo.Protection) {
	switch rule.Type {
	case "PULL_REQUEST":
		p.RequiresPullRequest = true
		if q := rule.Parameters; q != nil {
			p.RequiredApprovals = max(p.RequiredApprovals, q.RequiredApprovingReviewCount)
			p.RequiresCodeOwners = p.RequiresCodeOwners || q.RequireCodeOwnerReview
		}
	case "REQUIRED_STATUS_CHECKS":
		p.RequiresStatusChecks = true
		if q := rule.Parameters; q != nil {
			for _, check := range q.RequiredStatusChecks {
				p.RequiredStatusChecks = append(p.RequiredStatusChecks, check.Context)
			}
		}
	case "REQUIRED_LINEAR_HISTORY":
		p.RequiresLinearHistory = true
	case "REQUIRED_SIGNATURES":
		p.RequiresSignatures = true
	case "NON_FAST_FORWARD":
		p.AllowsForcePushes = false
	case "DELETION":
		p.AllowsDeletions = false
	}
}
