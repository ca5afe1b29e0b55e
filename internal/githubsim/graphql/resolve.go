package graphql

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"
)

// reader resolves the fields of one query over one World.
type reader struct {
	world  World
	allows func(permission string, repo *Repository) bool
}

// fields is an object whose values are all known when it is made. "__typename"
// names its type where the schema says an interface or union.
type fields map[string]any

func (f fields) field(name string) (any, bool) {
	v, ok := f[name]
	return v, ok
}

// get makes a resolver of what an object knows without arguments.
func get[T any](f func(T) any) Resolver {
	return func(_ context.Context, obj any, _ Args) (any, error) { return f(obj.(T)), nil }
}

// ask makes a resolver of a question with arguments.
func ask[T any](f func(T, Args) (any, error)) Resolver {
	return func(_ context.Context, obj any, args Args) (any, error) { return f(obj.(T), args) }
}

// types lists every resolver. A field that is not here is answered by the
// object itself, or as not in the stand-in.
func (r *reader) types() Types {
	all := Types{"Query": r.query(), "Repository": r.repository(), "Organization": r.organization(), "Team": r.team()}
	for name, resolvers := range r.gitTypes() {
		all[name] = resolvers
	}
	all["User"] = r.user()
	all["Bot"] = keepFields(r.account(), "id", "databaseId", "login", "url", "resourcePath", "avatarUrl", "createdAt", "updatedAt")
	all["PullRequest"] = r.pullRequest()
	all["Issue"] = r.issue()
	all["CheckSuite"] = r.checkSuite()
	all["CheckRun"] = r.checkRun()
	all["StatusCheckRollup"] = r.rollup()
	all["RepositoryRuleset"] = r.ruleset()
	all["Deployment"] = r.deployment()
	return all
}

// typeOf names the concrete type of what a resolver gave.
func typeOf(obj any) string {
	switch v := obj.(type) {
	case *Account:
		return v.Kind
	case Member:
		return v.Kind
	case *Repository:
		return "Repository"
	case TeamRepository:
		return "Repository"
	case *Team:
		return "Team"
	case commit:
		return "Commit"
	case tree:
		return "Tree"
	case blob:
		return "Blob"
	case tag:
		return "Tag"
	case *PullRequest:
		return "PullRequest"
	case *Issue:
		return "Issue"
	case *CheckSuite:
		return "CheckSuite"
	case *CheckRun:
		return "CheckRun"
	case *Deployment:
		return "Deployment"
	case *Ruleset:
		return "RepositoryRuleset"
	case fields:
		name, _ := v["__typename"].(string)
		return name
	}
	return ""
}

func (r *reader) query() map[string]Resolver {
	return map[string]Resolver{
		"viewer": get(func(call) any { return r.world.Viewer() }),
		"repository": ask(func(_ call, args Args) (any, error) {
			return r.findRepository(args.String("owner"), args.String("name"))
		}),
		"repositoryOwner": ask(func(_ call, args Args) (any, error) {
			if a, ok := r.world.Account(args.String("login")); ok && a.Kind != "Bot" {
				return a, nil
			}
			return nil, notFound("Could not resolve to a RepositoryOwner with the login of '%s'.", args.String("login"))
		}),
		"organization": r.accountOf("Organization", "an"),
		"user":         r.accountOf("User", "a"),
		"node": ask(func(_ call, args Args) (any, error) {
			return r.node(args.String("id"))
		}),
		"nodes": r.nodes,
		"rateLimit": get(func(c call) any {
			return fields{"cost": c.cost.Points, "nodeCount": c.cost.Nodes, "limit": c.limit.Limit,
				"remaining": c.limit.Remaining, "used": c.limit.Used, "resetAt": c.limit.ResetAt}
		}),
	}
}

// nodes answers each id by itself: an unknown one is null with an error.
func (r *reader) nodes(_ context.Context, _ any, args Args) (any, error) {
	ids := args.Strings("ids")
	if len(ids) > maxPage {
		return nil, &Error{Type: "ARGUMENT_LIMIT", Message: fmt.Sprintf(
			"You may not provide more than %d node ids; you provided %d.", maxPage, len(ids))}
	}
	out := make([]any, len(ids))
	for i, id := range ids {
		found, err := r.node(id)
		if err != nil {
			out[i] = err
			continue
		}
		out[i] = found
	}
	return out, nil
}

func (r *reader) accountOf(kind, article string) Resolver {
	return ask(func(_ call, args Args) (any, error) {
		if a, ok := r.world.Account(args.String("login")); ok && a.Kind == kind {
			return a, nil
		}
		return nil, notFound("Could not resolve to %s %s with the login of '%s'.", article, kind, args.String("login"))
	})
}

func (r *reader) findRepository(owner, name string) (any, error) {
	if repo, ok := r.world.Repository(owner, name); ok {
		return repo, nil
	}
	return nil, notFound("Could not resolve to a Repository with the name '%s/%s'.", owner, name)
}

func (r *reader) node(id string) (any, error) {
	missing := notFound("Could not resolve to a node with the global id of '%s'", id)
	if found, ok := r.gitNode(id); ok {
		return found, nil
	}
	found, ok := r.world.Node(id)
	if !ok || typeOf(found) == "" {
		return nil, missing
	}
	return found, nil
}

func (r *reader) account() map[string]Resolver {
	return map[string]Resolver{
		"id":           get(func(a *Account) any { return a.NodeID }),
		"databaseId":   get(func(a *Account) any { return a.ID }),
		"login":        get(func(a *Account) any { return a.Login }),
		"name":         get(func(a *Account) any { return orNull(a.Name) }),
		"email":        get(func(a *Account) any { return a.Email }),
		"url":          get(func(a *Account) any { return a.URL }),
		"resourcePath": get(func(a *Account) any { return "/" + a.Login }),
		"avatarUrl":    get(func(a *Account) any { return fmt.Sprintf("%s.png", a.URL) }),
		"createdAt":    get(func(a *Account) any { return a.CreatedAt }),
		"updatedAt":    get(func(a *Account) any { return a.UpdatedAt }),
		"repositories": ask(func(a *Account, args Args) (any, error) { return r.repositories(a, args) }),
		"repository": ask(func(a *Account, args Args) (any, error) {
			return r.findRepository(a.Login, args.String("name"))
		}),
	}
}

func (r *reader) user() map[string]Resolver {
	m := r.account()
	m["bio"] = get(func(a *Account) any { return orNull(a.Description) })
	m["organizationVerifiedDomainEmails"] = ask(func(a *Account, args Args) (any, error) {
		return append([]string{}, r.world.VerifiedEmails(a.Login, args.String("login"))...), nil
	})
	return m
}

func keepFields(m map[string]Resolver, names ...string) map[string]Resolver {
	maps.DeleteFunc(m, func(name string, _ Resolver) bool { return !slices.Contains(names, name) })
	return m
}

// orNull shows an empty string as null, and orNever a zero time.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// nodeID makes the opaque id of a thing that has no number of its own, such as
// a git object.
func nodeID(kind string, repo *Repository, name string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%s:%s", kind, repo.FullName(), name))
}
