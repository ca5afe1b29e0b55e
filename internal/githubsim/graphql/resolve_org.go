package graphql

import (
	"slices"
	"strings"
)

func (r *reader) organization() map[string]Resolver {
	m := r.account()
	m["description"] = get(func(a *Account) any { return orNull(a.Description) })
	m["email"] = get(func(a *Account) any { return orNull(a.Email) })
	m["team"] = ask(func(a *Account, args Args) (any, error) {
		return r.findTeam(a.Login, args.String("slug")), nil
	})
	m["teams"] = ask(func(a *Account, args Args) (any, error) {
		return paginate(keep(r.world.Teams(a.Login), func(t *Team) bool {
			return (!args.Bool("rootTeamsOnly") || t.Parent == "") &&
				strings.Contains(strings.ToLower(t.Name), strings.ToLower(args.String("query")))
		}), args)
	})
	m["membersWithRole"] = ask(func(a *Account, args Args) (any, error) {
		return memberPage(r.world.Members(a.Login), args)
	})
	m["rulesets"] = ask(func(a *Account, args Args) (any, error) {
		var own []*Ruleset
		for _, repo := range r.world.Repositories(a.Login)[:min(1, len(r.world.Repositories(a.Login)))] {
			own = keep(r.world.Rulesets(repo, true), func(s *Ruleset) bool { _, ok := s.Source.(*Account); return ok })
		}
		return paginate(own, args)
	})
	return m
}

func (r *reader) repositories(a *Account, args Args) (any, error) {
	all := keep(r.world.Repositories(a.Login), func(repo *Repository) bool {
		return args.flag("isArchived", repo.Archived) && args.flag("isFork", repo.Parent != nil) &&
			args.allows("visibility", repo.Visibility)
	})
	if order := args.Object("orderBy"); order.String("field") != "" {
		key := order.String("field")
		sortBy(all, order.String("direction"), func(a, b *Repository) int {
			switch key {
			case "NAME":
				return strings.Compare(a.Name, b.Name)
			case "PUSHED_AT":
				return a.PushedAt.Compare(b.PushedAt)
			case "UPDATED_AT":
				return a.UpdatedAt.Compare(b.UpdatedAt)
			}
			return a.CreatedAt.Compare(b.CreatedAt)
		})
	}
	p, err := paginateEdges(all, args, nil)
	return unwrap(p, func(n any) any {
		if !r.allows("metadata", n.(*Repository)) {
			return forbidden()
		}
		return n
	}), err
}

func (r *reader) findTeam(org, slug string) *Team {
	for _, t := range r.world.Teams(org) {
		if slug != "" && strings.EqualFold(t.Slug, slug) {
			return t
		}
	}
	return nil
}

func (r *reader) team() map[string]Resolver {
	return map[string]Resolver{
		"id":           get(func(t *Team) any { return t.NodeID }),
		"databaseId":   get(func(t *Team) any { return t.ID }),
		"slug":         get(func(t *Team) any { return t.Slug }),
		"name":         get(func(t *Team) any { return t.Name }),
		"combinedSlug": get(func(t *Team) any { return t.Org.Login + "/" + t.Slug }),
		"description":  get(func(t *Team) any { return orNull(t.Description) }),
		"privacy":      get(func(t *Team) any { return t.Privacy }),
		"organization": get(func(t *Team) any { return t.Org }),
		"url":          get(func(t *Team) any { return t.URL }),
		"editTeamUrl":  get(func(t *Team) any { return t.URL + "/edit" }),
		"avatarUrl":    get(func(t *Team) any { return t.URL + ".png" }),
		"createdAt":    get(func(t *Team) any { return t.CreatedAt }),
		"updatedAt":    get(func(t *Team) any { return t.UpdatedAt }),
		"parentTeam":   get(func(t *Team) any { return r.findTeam(t.Org.Login, t.Parent) }),
		"childTeams": ask(func(t *Team, args Args) (any, error) {
			return paginate(keep(r.world.Teams(t.Org.Login), func(c *Team) bool { return c.Parent == t.Slug }), args)
		}),
		"members": ask(func(t *Team, args Args) (any, error) {
			return memberPage(keep(r.teamMembers(t, args.String("membership")), func(m Member) bool { return args.allows("role", m.Role) }), args)
		}),
		"repositories": ask(func(t *Team, args Args) (any, error) {
			p, err := paginateEdges(t.Repositories, args, func(tr TeamRepository) map[string]any {
				return map[string]any{"permission": tr.Permission}
			})
			return unwrap(p, func(n any) any { return n.(TeamRepository).Repository }), err
		}),
	}
}

// teamMembers lists a team's own members, those of the teams below it, or both,
// which is what GitHub lists unless asked otherwise.
func (r *reader) teamMembers(t *Team, membership string) []Member {
	if membership == "IMMEDIATE" {
		return t.Members
	}
	var out []Member
	if membership != "CHILD_TEAM" {
		out = append(out, t.Members...)
	}
	for _, child := range r.world.Teams(t.Org.Login) {
		if child.Parent != t.Slug {
			continue
		}
		for _, m := range r.teamMembers(child, "ALL") {
			if !slices.ContainsFunc(out, func(have Member) bool { return have.ID == m.ID }) {
				out = append(out, Member{m.Account, "MEMBER"})
			}
		}
	}
	return out
}

func memberPage(members []Member, args Args) (any, error) {
	p, err := paginateEdges(members, args, func(m Member) map[string]any { return map[string]any{"role": m.Role} })
	return unwrap(p, func(n any) any { return n.(Member).Account }), err
}

// unwrap replaces the nodes of a page by what they carry.
func unwrap(p *page, inner func(any) any) *page {
	if p == nil {
		return nil
	}
	for i := range p.edges {
		p.edges[i].node = inner(p.edges[i].node)
	}
	return p
}

// keep copies the items that pass.
func keep[T any](items []T, pass func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(items), func(item T) bool { return !pass(item) })
}

// sortBy sorts by an OrderDirection, keeping equals in their order.
func sortBy[T any](items []T, direction string, compare func(a, b T) int) {
	slices.SortStableFunc(items, func(a, b T) int {
		if direction == "DESC" {
			return compare(b, a)
		}
		return compare(a, b)
	})
}
