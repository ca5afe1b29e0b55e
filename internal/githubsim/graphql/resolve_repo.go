package graphql

import (
	"slices"
	"strings"
)

func (r *reader) repository() map[string]Resolver {
	m := map[string]Resolver{
		"id":                 get(func(p *Repository) any { return p.NodeID }),
		"databaseId":         get(func(p *Repository) any { return p.ID }),
		"name":               get(func(p *Repository) any { return p.Name }),
		"nameWithOwner":      get(func(p *Repository) any { return p.FullName() }),
		"owner":              get(func(p *Repository) any { return p.Owner }),
		"url":                get(func(p *Repository) any { return p.URL }),
		"resourcePath":       get(func(p *Repository) any { return "/" + p.FullName() }),
		"description":        get(func(p *Repository) any { return orNull(p.Description) }),
		"homepageUrl":        get(func(p *Repository) any { return orNull(p.Homepage) }),
		"isArchived":         get(func(p *Repository) any { return p.Archived }),
		"archivedAt":         get(func(p *Repository) any { return orNever(p.ArchivedAt) }),
		"isDisabled":         get(func(p *Repository) any { return p.Disabled }),
		"isFork":             get(func(p *Repository) any { return p.Parent != nil }),
		"parent":             get(func(p *Repository) any { return p.Parent }),
		"isPrivate":          get(func(p *Repository) any { return p.Visibility != "PUBLIC" }),
		"isTemplate":         get(func(p *Repository) any { return p.Template }),
		"isInOrganization":   get(func(p *Repository) any { return p.Owner.Kind == "Organization" }),
		"isEmpty":            get(func(p *Repository) any { return len(r.world.Refs(p)) == 0 }),
		"hasIssuesEnabled":   get(func(p *Repository) any { return p.HasIssues }),
		"visibility":         get(func(p *Repository) any { return p.Visibility }),
		"createdAt":          get(func(p *Repository) any { return p.CreatedAt }),
		"updatedAt":          get(func(p *Repository) any { return p.UpdatedAt }),
		"pushedAt":           get(func(p *Repository) any { return orNever(p.PushedAt) }),
		"primaryLanguage":    get(r.primaryLanguage),
		"languages":          ask(r.languages),
		"repositoryTopics":   ask(r.topics),
		"rulesets":           ask(r.rulesets),
		"deployments":        ask(r.deployments),
		"releases":           ask(r.releases),
		"latestRelease":      get(r.latestRelease),
		"issues":             ask(r.issues),
		"issue":              ask(r.findIssue),
		"pullRequest":        ask(r.findPullRequest),
		"issueOrPullRequest": ask(r.findEither),
	}
	m["pullRequests"] = ask(func(p *Repository, args Args) (any, error) { return r.pullRequests(p, args, nil) })
	m["defaultBranchRef"] = get(func(p *Repository) any { return r.refOrNil(p, "refs/heads/"+p.DefaultBranch) })
	m["ref"] = ask(func(p *Repository, args Args) (any, error) {
		name := args.String("qualifiedName")
		if !strings.HasPrefix(name, "refs/") {
			name = "refs/heads/" + name
		}
		return r.refOrNil(p, name), nil
	})
	m["refs"] = ask(r.refs)
	m["object"] = ask(func(p *Repository, args Args) (any, error) {
		if oid := args.String("oid"); oid != "" {
			return r.object(p, oid, ""), nil
		}
		return r.expression(p, args.String("expression")), nil
	})
	return m
}

func (r *reader) refOrNil(p *Repository, name string) any {
	if found, ok := r.ref(p, name); ok {
		return found
	}
	return nil
}

func (r *reader) refs(p *Repository, args Args) (any, error) {
	prefix := args.String("refPrefix")
	if !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	var out []gitRef
	for _, found := range r.world.Refs(p) {
		name, ok := strings.CutPrefix(found.Name, prefix)
		if ok && strings.Contains(name, args.String("query")) {
			out = append(out, gitRef{p, found})
		}
	}
	sortBy(out, args.String("direction"), func(a, b gitRef) int { return strings.Compare(a.Name, b.Name) })
	return paginate(out, args)
}

func (r *reader) topics(p *Repository, args Args) (any, error) {
	topics := make([]fields, len(p.Topics))
	for i, name := range p.Topics {
		topics[i] = fields{
			"id":           nodeID("RepositoryTopic", p, name),
			"url":          "https://github.com/topics/" + name,
			"resourcePath": "/topics/" + name,
			"topic":        fields{"id": nodeID("Topic", p, name), "name": name},
		}
	}
	return paginate(topics, args)
}

func language(p *Repository, l Language) fields {
	return fields{"id": nodeID("Language", p, l.Name), "name": l.Name, "color": orNull(l.Color)}
}

func (r *reader) primaryLanguage(p *Repository) any {
	all := r.world.Languages(p)
	if len(all) == 0 {
		return nil
	}
	return language(p, all[0])
}

func (r *reader) languages(p *Repository, args Args) (any, error) {
	all := slices.Clone(r.world.Languages(p))
	if direction := args.Object("orderBy").String("direction"); direction != "" {
		sortBy(all, direction, func(a, b Language) int { return a.Bytes - b.Bytes })
	}
	out, err := paginateEdges(all, args, func(l Language) map[string]any { return map[string]any{"size": l.Bytes} })
	if err != nil {
		return nil, err
	}
	total := 0
	for _, l := range all {
		total += l.Bytes
	}
	out.extra = map[string]any{"totalSize": total}
	return unwrap(out, func(n any) any { return language(p, n.(Language)) }), nil
}

func (r *reader) protection(repo *Repository, branch string) any {
	p, ok := r.world.Protection(repo, branch)
	if !ok {
		return nil
	}
	return fields{
		"id": p.NodeID, "databaseId": p.ID, "pattern": p.Pattern, "repository": repo,
		"requiresApprovingReviews":       p.RequiresReviews,
		"requiredApprovingReviewCount":   p.Approvals,
		"requiresCodeOwnerReviews":       p.CodeOwners,
		"dismissesStaleReviews":          p.DismissesStale,
		"requiresStatusChecks":           p.RequiresStatusChecks,
		"requiresStrictStatusChecks":     p.StrictStatusChecks,
		"requiredStatusCheckContexts":    append([]string{}, p.StatusChecks...),
		"requiresLinearHistory":          p.LinearHistory,
		"requiresCommitSignatures":       p.Signatures,
		"requiresConversationResolution": p.Conversations,
		"allowsForcePushes":              p.ForcePushes,
		"allowsDeletions":                p.Deletions,
		"isAdminEnforced":                p.EnforcedForAdmins,
	}
}

func (r *reader) rulesets(p *Repository, args Args) (any, error) {
	return paginate(keep(r.world.Rulesets(p, args.Bool("includeParents")), func(s *Ruleset) bool {
		return args.allows("targets", s.Target)
	}), args)
}

func (r *reader) ruleset() map[string]Resolver {
	return map[string]Resolver{
		"id":          get(func(s *Ruleset) any { return s.NodeID }),
		"databaseId":  get(func(s *Ruleset) any { return s.ID }),
		"name":        get(func(s *Ruleset) any { return s.Name }),
		"target":      get(func(s *Ruleset) any { return orNull(s.Target) }),
		"enforcement": get(func(s *Ruleset) any { return s.Enforcement }),
		"source":      get(func(s *Ruleset) any { return s.Source }),
		"createdAt":   get(func(s *Ruleset) any { return s.CreatedAt }),
		"updatedAt":   get(func(s *Ruleset) any { return s.UpdatedAt }),
		"conditions": get(func(s *Ruleset) any {
			return fields{
				"refName":      fields{"include": append([]string{}, s.Include...), "exclude": append([]string{}, s.Exclude...)},
				"repositoryId": nil, "repositoryName": nil, "repositoryProperty": nil,
			}
		}),
		"rules": ask(func(s *Ruleset, args Args) (any, error) {
			var out []fields
			for _, rule := range s.Rules {
				if args.allows("type", rule.Type) {
					out = append(out, fields{"id": rule.NodeID, "type": rule.Type, "parameters": parameters(rule), "repositoryRuleset": s})
				}
			}
			return paginate(out, args)
		}),
	}
}

func parameters(rule Rule) any {
	switch p := rule.Parameters.(type) {
	case *PullRequestRule:
		return fields{
			"__typename":                     "PullRequestParameters",
			"requiredApprovingReviewCount":   p.Approvals,
			"requireCodeOwnerReview":         p.CodeOwners,
			"dismissStaleReviewsOnPush":      p.DismissesStale,
			"requireLastPushApproval":        p.LastPushApproval,
			"requiredReviewThreadResolution": p.ThreadsMustBeSolved,
		}
	case *StatusChecksRule:
		checks := make([]fields, len(p.Contexts))
		for i, name := range p.Contexts {
			checks[i] = fields{"context": name, "integrationId": nil}
		}
		return fields{
			"__typename":                       "RequiredStatusChecksParameters",
			"requiredStatusChecks":             checks,
			"strictRequiredStatusChecksPolicy": p.Strict,
			"doNotEnforceOnCreate":             false,
		}
	}
	return nil
}
