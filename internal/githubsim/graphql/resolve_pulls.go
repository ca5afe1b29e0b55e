package graphql

import (
	"slices"
	"strings"
	"time"
)

// thread lists the fields that issues and pull requests share. of reads the
// issue out of either.
func thread[T any](r *reader, of func(T) *Issue) map[string]Resolver {
	field := func(f func(*Issue) any) Resolver { return get(func(o T) any { return f(of(o)) }) }
	return map[string]Resolver{
		"id":         field(func(i *Issue) any { return i.NodeID }),
		"databaseId": field(func(i *Issue) any { return i.ID }),
		"number":     field(func(i *Issue) any { return i.Number }),
		"title":      field(func(i *Issue) any { return i.Title }),
		"body":       field(func(i *Issue) any { return i.Body }),
		"bodyText":   field(func(i *Issue) any { return i.Body }),
		"state":      field(func(i *Issue) any { return i.State }),
		"closed":     field(func(i *Issue) any { return i.State != "OPEN" }),
		"closedAt":   field(func(i *Issue) any { return orNever(i.ClosedAt) }),
		"author":     field(func(i *Issue) any { return i.Author }),
		"url":        field(func(i *Issue) any { return i.URL }),
		"createdAt":  field(func(i *Issue) any { return i.CreatedAt }),
		"updatedAt":  field(func(i *Issue) any { return i.UpdatedAt }),
		"repository": field(func(i *Issue) any { return i.Repo }),
		"assignees":  ask(func(o T, args Args) (any, error) { return paginate(of(o).Assignees, args) }),
		"labels": ask(func(o T, args Args) (any, error) {
			labels := make([]fields, len(of(o).Labels))
			for i, l := range of(o).Labels {
				labels[i] = fields{"id": l.NodeID, "name": l.Name, "color": l.Color, "description": orNull(l.Description),
					"isDefault": l.Default, "url": l.URL, "repository": l.Repo}
			}
			return paginate(labels, args)
		}),
		"comments": ask(func(o T, args Args) (any, error) {
			var out []fields
			for _, c := range r.world.Comments(of(o).Repo, of(o).Number) {
				out = append(out, fields{"__typename": "IssueComment", "id": c.NodeID, "databaseId": c.ID, "author": c.Author, "body": c.Body,
					"bodyText": c.Body, "url": c.URL, "createdAt": c.CreatedAt, "updatedAt": c.UpdatedAt, "repository": c.Repo})
			}
			return paginate(out, args)
		}),
	}
}

func (r *reader) issue() map[string]Resolver {
	m := thread(r, func(i *Issue) *Issue { return i })
	m["stateReason"] = get(func(i *Issue) any { return orNull(i.Reason) })
	return m
}

func (r *reader) pullRequest() map[string]Resolver {
	m := thread(r, func(p *PullRequest) *Issue { return &p.Issue })
	m["state"] = get(func(p *PullRequest) any { return p.state() })
	m["isDraft"] = get(func(p *PullRequest) any { return p.Draft })
	m["isCrossRepository"] = get(func(p *PullRequest) any { return p.HeadRepo == nil || p.HeadRepo.ID != p.Repo.ID })
	m["headRefName"] = get(func(p *PullRequest) any { return p.HeadRef })
	m["headRefOid"] = get(func(p *PullRequest) any { return p.HeadOID })
	m["headRepository"] = get(func(p *PullRequest) any { return p.HeadRepo })
	m["headRepositoryOwner"] = get(func(p *PullRequest) any {
		if p.HeadRepo == nil {
			return nil
		}
		return p.HeadRepo.Owner
	})
	m["headRef"] = get(func(p *PullRequest) any {
		if p.HeadRepo == nil {
			return nil
		}
		return r.refOrNil(p.HeadRepo, "refs/heads/"+p.HeadRef)
	})
	m["baseRef"] = get(func(p *PullRequest) any { return r.refOrNil(p.Repo, "refs/heads/"+p.BaseRef) })
	m["baseRefName"] = get(func(p *PullRequest) any { return p.BaseRef })
	m["baseRefOid"] = get(func(p *PullRequest) any { return p.BaseOID })
	m["baseRepository"] = get(func(p *PullRequest) any { return p.Repo })
	m["merged"] = get(func(p *PullRequest) any { return !p.MergedAt.IsZero() })
	m["mergedAt"] = get(func(p *PullRequest) any { return orNever(p.MergedAt) })
	m["mergedBy"] = get(func(p *PullRequest) any { return p.MergedBy })
	m["mergeCommit"] = get(func(p *PullRequest) any {
		if p.MergeCommit == "" {
			return nil
		}
		return r.object(p.Repo, p.MergeCommit, "")
	})
	m["changedFiles"] = get(func(p *PullRequest) any { return len(r.world.Changes(p.Repo, p.Number)) })
	m["additions"] = get(func(p *PullRequest) any { added, _ := r.lines(p); return added })
	m["deletions"] = get(func(p *PullRequest) any { _, deleted := r.lines(p); return deleted })
	m["files"] = ask(func(p *PullRequest, args Args) (any, error) {
		var out []fields
		for _, c := range r.world.Changes(p.Repo, p.Number) {
			out = append(out, fields{"path": c.Path, "changeType": c.Type, "additions": c.Additions, "deletions": c.Deletions})
		}
		return paginate(out, args)
	})
	m["commits"] = ask(func(p *PullRequest, args Args) (any, error) {
		var out []fields
		for _, c := range r.world.Commits(p.Repo, p.Number) {
			out = append(out, fields{"id": nodeID("PullRequestCommit", p.Repo, c.OID), "commit": commit{p.Repo, c},
				"pullRequest": p, "url": p.URL + "/commits/" + c.OID})
		}
		return paginate(out, args)
	})
	m["statusCheckRollup"] = get(func(p *PullRequest) any {
		if c, ok := r.object(p.Repo, p.HeadOID, "").(commit); ok {
			return r.rollupOf(c)
		}
		return nil
	})
	return m
}

// state is OPEN, CLOSED or MERGED.
func (p *PullRequest) state() string {
	if !p.MergedAt.IsZero() {
		return "MERGED"
	}
	return p.State
}

func (r *reader) lines(p *PullRequest) (added, deleted int) {
	for _, c := range r.world.Changes(p.Repo, p.Number) {
		added, deleted = added+c.Additions, deleted+c.Deletions
	}
	return added, deleted
}

func (r *reader) pullRequests(repo *Repository, args Args, also func(*PullRequest) bool) (any, error) {
	all := keep(r.world.PullRequests(repo), func(p *PullRequest) bool {
		return args.allows("states", p.state()) && args.allows("headRefName", p.HeadRef) &&
			args.allows("baseRefName", p.BaseRef) && labelled(args, &p.Issue) && (also == nil || also(p))
	})
	order(all, args.Object("orderBy"), func(p *PullRequest) *Issue { return &p.Issue })
	return paginate(all, args)
}

func (r *reader) issues(repo *Repository, args Args) (any, error) {
	all := keep(r.world.Issues(repo), func(i *Issue) bool { return args.allows("states", i.State) && labelled(args, i) })
	order(all, args.Object("orderBy"), func(i *Issue) *Issue { return i })
	return paginate(all, args)
}

func labelled(args Args, i *Issue) bool {
	wanted := args.Strings("labels")
	return len(wanted) == 0 || slices.ContainsFunc(i.Labels, func(l *Label) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, l.Name) })
	})
}

func order[T any](all []T, by Args, of func(T) *Issue) {
	when := map[string]func(*Issue) time.Time{
		"CREATED_AT": func(i *Issue) time.Time { return i.CreatedAt },
		"UPDATED_AT": func(i *Issue) time.Time { return i.UpdatedAt },
	}[by.String("field")]
	if when != nil {
		sortBy(all, by.String("direction"), func(a, b T) int { return when(of(a)).Compare(when(of(b))) })
	}
}

func (r *reader) findPullRequest(repo *Repository, args Args) (any, error) {
	number, _ := args.Int("number")
	for _, p := range r.world.PullRequests(repo) {
		if p.Number == number {
			return p, nil
		}
	}
	return nil, notFound("Could not resolve to a PullRequest with the number of %d.", number)
}

func (r *reader) findIssue(repo *Repository, args Args) (any, error) {
	number, _ := args.Int("number")
	for _, i := range r.world.Issues(repo) {
		if i.Number == number {
			return i, nil
		}
	}
	return nil, notFound("Could not resolve to an Issue with the number of %d.", number)
}

func (r *reader) findEither(repo *Repository, args Args) (any, error) {
	if found, err := r.findPullRequest(repo, args); err == nil {
		return found, nil
	}
	if found, err := r.findIssue(repo, args); err == nil {
		return found, nil
	}
	number, _ := args.Int("number")
	return nil, notFound("Could not resolve to an issue or pull request with the number of %d.", number)
}
