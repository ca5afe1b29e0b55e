package graphql

import (
	"path"
	"strings"
	"time"
)

// gitTypes lists the resolvers of git's own things.
func (r *reader) gitTypes() Types {
	return Types{
		"Commit": r.commit(), "Tree": r.tree(), "Blob": r.blob(), "Tag": r.tag(),
		"TreeEntry": r.treeEntry(), "Ref": r.gitRef(),
	}
}

// gitObject lists what the interface GitObject asks of every object.
func gitObject[T any](kind string, of func(T) (*Repository, string)) map[string]Resolver {
	return map[string]Resolver{
		"id":             get(func(o T) any { repo, oid := of(o); return nodeID(kind, repo, oid) }),
		"oid":            get(func(o T) any { _, oid := of(o); return oid }),
		"abbreviatedOid": get(func(o T) any { _, oid := of(o); return oid[:7] }),
		"repository":     get(func(o T) any { repo, _ := of(o); return repo }),
		"commitUrl":      get(func(o T) any { repo, oid := of(o); return repo.URL + "/commit/" + oid }),
		"commitResourcePath": get(func(o T) any {
			repo, oid := of(o)
			return "/" + repo.FullName() + "/commit/" + oid
		}),
	}
}

func (r *reader) commit() map[string]Resolver {
	m := gitObject("Commit", func(c commit) (*Repository, string) { return c.repo, c.OID })
	m["url"], m["resourcePath"] = m["commitUrl"], m["commitResourcePath"]
	m["message"] = get(func(c commit) any { return c.Message })
	m["messageHeadline"] = get(func(c commit) any { head, _, _ := strings.Cut(c.Message, "\n"); return head })
	m["messageBody"] = get(func(c commit) any { _, body, _ := strings.Cut(c.Message, "\n"); return strings.TrimSpace(body) })
	m["committedDate"] = get(func(c commit) any { return c.Committer.At })
	m["authoredDate"] = get(func(c commit) any { return c.Author.At })
	m["author"] = get(func(c commit) any { return actor(c.Author) })
	m["committer"] = get(func(c commit) any { return actor(c.Committer) })
	m["tree"] = get(func(c commit) any { return r.object(c.repo, c.TreeOID, "") })
	m["treeUrl"] = get(func(c commit) any { return c.repo.URL + "/tree/" + c.OID })
	m["file"] = ask(func(c commit, args Args) (any, error) {
		if e, ok := r.entry(c, args.String("path")); ok {
			return e, nil
		}
		return nil, nil
	})
	m["parents"] = ask(func(c commit, args Args) (any, error) {
		var parents []any
		for _, oid := range c.Parents {
			parents = append(parents, r.object(c.repo, oid, ""))
		}
		return paginate(parents, args)
	})
	m["history"] = ask(func(c commit, args Args) (any, error) {
		since, _ := time.Parse(time.RFC3339, args.String("since"))
		var out []commit
		for _, old := range r.world.History(c.repo, c.OID, 10_000) {
			if since.IsZero() || !old.Committer.At.Before(since) {
				out = append(out, commit{c.repo, old})
			}
		}
		return paginate(out, args)
	})
	m["associatedPullRequests"] = ask(func(c commit, args Args) (any, error) {
		return paginate(keep(r.world.PullRequests(c.repo), func(p *PullRequest) bool { return r.holds(p, c.OID) }), args)
	})
	m["checkSuites"] = ask(r.checkSuites)
	m["statusCheckRollup"] = get(func(c commit) any { return r.rollupOf(c) })
	m["deployments"] = ask(func(c commit, args Args) (any, error) {
		return paginate(keep(r.world.Deployments(c.repo), func(d *Deployment) bool {
			return d.SHA == c.OID && args.allows("environments", d.Environment)
		}), args)
	})
	return m
}

// holds reports whether a commit belongs to a pull request: on its branch, or
// made by its merge.
func (r *reader) holds(p *PullRequest, oid string) bool {
	if p.HeadOID == oid || p.MergeCommit == oid {
		return true
	}
	for _, c := range r.world.Commits(p.Repo, p.Number) {
		if c.OID == oid {
			return true
		}
	}
	return false
}

func actor(s Signature) any {
	return fields{"name": s.Name, "email": s.Email, "date": s.At, "user": s.User, "avatarUrl": "https://avatars.invalid/" + s.Name}
}

func (r *reader) tree() map[string]Resolver {
	m := gitObject("Tree", func(t tree) (*Repository, string) { return t.repo, t.OID })
	m["entries"] = get(func(t tree) any {
		entries := make([]treeEntry, len(t.Entries))
		for i, e := range t.Entries {
			entries[i] = treeEntry{t.repo, e, t.path}
		}
		return entries
	})
	return m
}

func (r *reader) treeEntry() map[string]Resolver {
	return map[string]Resolver{
		"name":       get(func(e treeEntry) any { return e.Name }),
		"path":       get(func(e treeEntry) any { return path.Join(e.dir, e.Name) }),
		"mode":       get(func(e treeEntry) any { return e.Mode }),
		"type":       get(func(e treeEntry) any { return e.kind() }),
		"oid":        get(func(e treeEntry) any { return e.OID }),
		"extension":  get(func(e treeEntry) any { return path.Ext(e.Name) }),
		"repository": get(func(e treeEntry) any { return e.repo }),
		"object": get(func(e treeEntry) any {
			return r.object(e.repo, e.OID, path.Join(e.dir, e.Name))
		}),
		"size": get(func(e treeEntry) any {
			if b, ok := r.object(e.repo, e.OID, "").(blob); ok {
				return len(b.Data)
			}
			return 0
		}),
	}
}

func (r *reader) blob() map[string]Resolver {
	m := gitObject("Blob", func(b blob) (*Repository, string) { return b.repo, b.OID })
	m["text"] = get(func(b blob) any { return b.text() })
	m["byteSize"] = get(func(b blob) any { return len(b.Data) })
	m["isBinary"] = get(func(b blob) any { return b.isBinary() })
	m["isTruncated"] = get(func(b blob) any { return len(b.Data) > maxText })
	return m
}

func (r *reader) tag() map[string]Resolver {
	m := gitObject("Tag", func(t tag) (*Repository, string) { return t.repo, t.OID })
	m["name"] = get(func(t tag) any { return t.Name })
	m["message"] = get(func(t tag) any { return t.Message })
	m["tagger"] = get(func(t tag) any { return actor(t.Tagger) })
	m["target"] = get(func(t tag) any { return r.object(t.repo, t.TargetOID, "") })
	return m
}

func (r *reader) gitRef() map[string]Resolver {
	return map[string]Resolver{
		"id":         get(func(ref gitRef) any { return nodeID("Ref", ref.repo, ref.Name) }),
		"name":       get(func(ref gitRef) any { return ref.short() }),
		"prefix":     get(func(ref gitRef) any { return strings.TrimSuffix(ref.Name, ref.short()) }),
		"repository": get(func(ref gitRef) any { return ref.repo }),
		"target":     get(func(ref gitRef) any { return r.object(ref.repo, ref.OID, "") }),
		"branchProtectionRule": get(func(ref gitRef) any {
			branch, ok := strings.CutPrefix(ref.Name, "refs/heads/")
			if !ok {
				return nil
			}
			return r.protection(ref.repo, branch)
		}),
		"rules": ask(func(ref gitRef, args Args) (any, error) {
			out := []any{}
			for _, s := range r.world.Rulesets(ref.repo, true) {
				if s.Enforcement != "ACTIVE" || s.Target != "BRANCH" || !s.binds(ref.Name, ref.repo.DefaultBranch) {
					continue
				}
				for _, rule := range s.Rules {
					out = append(out, fields{"id": rule.NodeID, "type": rule.Type, "parameters": parameters(rule), "repositoryRuleset": s})
				}
			}
			return paginate(out, args)
		}),
		"associatedPullRequests": ask(func(ref gitRef, args Args) (any, error) {
			return r.pullRequests(ref.repo, args, func(p *PullRequest) bool {
				return p.HeadRepo != nil && p.HeadRepo.ID == ref.repo.ID && "refs/heads/"+p.HeadRef == ref.Name
			})
		}),
	}
}

// short is a ref's name without refs/heads/ or refs/tags/.
func (r gitRef) short() string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/"} {
		if name, ok := strings.CutPrefix(r.Name, prefix); ok {
			return name
		}
	}
	return r.Name
}
