package githubsim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/cairn-dev/cairn/internal/githubsim/graphql"
)

// NewGraphQL returns the GraphQL endpoint over this stand-in's state, for
// [Server.SetGraphQL].
func (s *Server) NewGraphQL() (http.Handler, error) {
	return graphql.New(func(header http.Header, r *http.Request) (graphql.Session, error) {
		s.mu.Lock()
		who, refusal := s.identify(r)
		if refusal.status != 0 {
			s.mu.Unlock()
			return graphql.Session{}, errBadCredentials
		}
		slow := false
		return graphql.Session{
			World: &world{s: s, who: who, repositories: map[int64]*graphql.Repository{}, accounts: map[int64]*graphql.Account{}, teams: map[int64][]*graphql.Team{}},
			Allows: func(permission string, repo *graphql.Repository) bool {
				if repo != nil && permission == "contents" {
					slow = slow || s.faults.slowFor(repo)
				}
				if repo != nil && s.faults.Refuse[repo.FullName()] == permission {
					return false
				}
				return who.token == nil || permission == "metadata" || grants(who.token.permissions, permission, "read")
			},
			TimedOut: func(cost graphql.Cost) bool {
				return slow || s.faults.SlowNodes > 0 && cost.Nodes > s.faults.SlowNodes
			},
			Charge: func(points int) graphql.RateLimit {
				b := s.budget(who, "graphql")
				b.spend(header, points-1) // the first was taken when the call came in
				return graphql.RateLimit{Limit: b.limit, Remaining: b.remaining, Used: b.limit - b.remaining, ResetAt: b.reset}
			},
			Close: s.mu.Unlock,
		}, nil
	})
}

type credentialError string

func (e credentialError) Error() string { return string(e) }

const errBadCredentials = credentialError("Bad credentials")

// world shows the state to one GraphQL query, which runs under the Server's lock.
// One thing of the state is one value here, however often it is asked for.
type world struct {
	s            *Server
	who          caller
	repositories map[int64]*graphql.Repository
	accounts     map[int64]*graphql.Account
	teams        map[int64][]*graphql.Team // by organisation
}

// of finds what a repository of the query stands for.
func (w *world) of(r *graphql.Repository) *Repository { return w.s.state.repositoryByID(int64(r.ID)) }

func upper(s string) string { return strings.ToUpper(s) }

func (w *world) Viewer() *graphql.Account {
	if w.who.user != nil {
		return w.account(w.who.user)
	}
	return w.account(w.s.app.Bot)
}

func (w *world) Account(login string) (*graphql.Account, bool) {
	a := w.s.state.account(login)
	return w.account(a), a != nil
}

func (w *world) account(a *Account) *graphql.Account {
	if a == nil {
		return nil
	}
	if known, ok := w.accounts[a.ID]; ok {
		return known
	}
	out := &graphql.Account{
		NodeID: nodeID(a.Type, a.ID), ID: int(a.ID), Kind: a.Type, Login: a.Login, Name: a.Name, Email: a.Email, Description: a.Description,
		URL: w.s.opts.URL + "/" + a.Login, CreatedAt: a.CreatedAt, UpdatedAt: a.CreatedAt,
	}
	w.accounts[a.ID] = out
	return out
}

func (w *world) Repository(owner, name string) (*graphql.Repository, bool) {
	r := w.s.state.repository(owner, name)
	if r == nil || !w.s.visible(w.who, r) {
		return nil, false
	}
	return w.repository(r), true
}

func (w *world) repository(r *Repository) *graphql.Repository {
	if r == nil {
		return nil
	}
	if known, ok := w.repositories[r.ID]; ok {
		return known
	}
	out := &graphql.Repository{
		NodeID: r.NodeID, ID: int(r.ID), Owner: w.account(r.Owner), Name: r.Name, URL: w.html(r), Description: r.Description,
		Homepage: r.Homepage, DefaultBranch: r.DefaultBranch, Visibility: upper(r.Visibility), Topics: r.Topics, Archived: r.Archived,
		HasIssues: true, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PushedAt: r.PushedAt,
	}
	w.repositories[r.ID] = out
	out.Parent = w.repository(r.Parent)
	return out
}

func (w *world) html(r *Repository) string { return w.s.opts.URL + "/" + r.FullName() }

func (w *world) Repositories(owner string) []*graphql.Repository {
	account := w.s.state.account(owner)
	var found []*Repository
	for _, r := range w.s.state.byAge {
		if r.Owner == account && w.s.visible(w.who, r) {
			found = append(found, r)
		}
	}
	return each(found, w.repository)
}

// each turns every item of a list into another.
func each[A, B any](list []A, turn func(A) B) []B {
	out := make([]B, len(list))
	for i, item := range list {
		out[i] = turn(item)
	}
	return out
}

func (w *world) members(byLogin map[string]string) []graphql.Member {
	var out []graphql.Member
	for login, role := range byLogin {
		if a := w.s.state.account(login); a != nil {
			out = append(out, graphql.Member{Account: w.account(a), Role: upper(role)})
		}
	}
	slices.SortFunc(out, func(a, b graphql.Member) int { return strings.Compare(a.Login, b.Login) })
	return out
}

func (w *world) VerifiedEmails(login, org string) []string {
	if a := w.s.state.account(login); a != nil {
		return a.VerifiedEmails[strings.ToLower(org)]
	}
	return nil
}

func (w *world) Members(org string) []graphql.Member {
	if a := w.s.state.account(org); a != nil {
		return w.members(a.Members)
	}
	return nil
}

func (w *world) Teams(org string) []*graphql.Team {
	a := w.s.state.account(org)
	if a == nil {
		return nil
	}
	if known, ok := w.teams[a.ID]; ok {
		return known
	}
	out := each(a.Teams, w.team)
	slices.SortFunc(out, func(a, b *graphql.Team) int { return strings.Compare(a.Slug, b.Slug) })
	w.teams[a.ID] = out
	return out
}

func (w *world) team(t *Team) *graphql.Team {
	out := &graphql.Team{
		NodeID: nodeID("Team", t.ID), ID: int(t.ID), Org: w.account(t.Org), Slug: t.Slug, Name: t.Name, Description: t.Description, Privacy: "VISIBLE",
		URL: w.s.opts.URL + "/orgs/" + t.Org.Login + "/teams/" + t.Slug, CreatedAt: t.CreatedAt, UpdatedAt: t.CreatedAt, Members: w.members(t.Members),
	}
	if t.Privacy == "secret" {
		out.Privacy = "SECRET"
	}
	if t.Parent != nil {
		out.Parent = t.Parent.Slug
	}
	for id, role := range t.Repositories {
		if r := w.s.state.repositoryByID(id); r != nil && w.s.visible(w.who, r) {
			permission := map[string]string{"pull": "READ", "push": "WRITE"}[role]
			out.Repositories = append(out.Repositories, graphql.TeamRepository{Repository: w.repository(r), Permission: cmp.Or(permission, upper(role))})
		}
	}
	slices.SortFunc(out.Repositories, func(a, b graphql.TeamRepository) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Node finds what a node ID names among what the caller sees.
func (w *world) Node(id string) (any, bool) {
	for _, a := range w.s.state.accounts {
		if nodeID(a.Type, a.ID) == id {
			return w.account(a), true
		}
		for _, t := range a.Teams {
			if nodeID("Team", t.ID) == id {
				return w.team(t), true
			}
		}
	}
	for _, r := range w.s.state.repositories {
		if !w.s.visible(w.who, r) {
			continue
		}
		repo := w.repository(r)
		if repo.NodeID == id {
			return repo, true
		}
		for _, p := range w.PullRequests(repo) {
			if p.NodeID == id {
				return p, true
			}
		}
		for _, i := range w.Issues(repo) {
			if i.NodeID == id {
				return i, true
			}
		}
		for _, suite := range r.Suites {
			shown := w.suite(r, suite)
			if shown.NodeID == id {
				return shown, true
			}
			for _, run := range shown.Runs {
				if run.NodeID == id {
					return run, true
				}
			}
		}
	}
	return nil, false
}

func (w *world) Object(repo *graphql.Repository, oid string) (any, bool) {
	git, hash := w.of(repo).Git, plumbing.NewHash(oid)
	kind, err := git.Type(hash)
	if err != nil {
		return nil, false
	}
	switch kind {
	case plumbing.CommitObject:
		c, err := git.Commit(hash)
		if err != nil {
			return nil, false
		}
		return w.commit(c), true
	case plumbing.TreeObject:
		t, err := git.Tree(hash)
		if err != nil {
			return nil, false
		}
		return &graphql.Tree{OID: oid, Entries: each(t.Entries, func(e object.TreeEntry) graphql.Entry {
			return graphql.Entry{Name: e.Name, Mode: int(e.Mode), OID: e.Hash.String()}
		})}, true
	case plumbing.BlobObject:
		data, err := git.Blob(hash)
		return &graphql.Blob{OID: oid, Data: data}, err == nil
	case plumbing.TagObject:
		t, err := object.GetTag(git.objects, hash)
		if err != nil {
			return nil, false
		}
		return &graphql.Tag{OID: oid, Name: t.Name, Message: t.Message, TargetOID: t.Target.String(), Tagger: w.signature(t.Tagger)}, true
	}
	return nil, false
}

func (w *world) commit(c *object.Commit) *graphql.Commit {
	return &graphql.Commit{
		OID: c.Hash.String(), TreeOID: c.TreeHash.String(), Message: c.Message, Author: w.signature(c.Author), Committer: w.signature(c.Committer),
		Parents: each(c.ParentHashes, plumbing.Hash.String),
	}
}

func (w *world) signature(sig object.Signature) graphql.Signature {
	return graphql.Signature{Name: sig.Name, Email: sig.Email, At: sig.When, User: w.account(w.s.byEmail(sig.Email))}
}

func (w *world) Refs(repo *graphql.Repository) []graphql.Ref {
	var out []graphql.Ref
	for name, hash := range w.of(repo).Git.Refs {
		out = append(out, graphql.Ref{Name: name, OID: hash.String()})
	}
	slices.SortFunc(out, func(a, b graphql.Ref) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (w *world) History(repo *graphql.Repository, oid string, limit int) []*graphql.Commit {
	list, err := w.of(repo).Git.History(plumbing.NewHash(oid))
	if err != nil {
		return nil
	}
	return each(list[:min(limit, len(list))], w.commit)
}

func (w *world) Languages(repo *graphql.Repository) []graphql.Language {
	return each(w.s.languages(w.of(repo)), func(l Language) graphql.Language {
		return graphql.Language{Name: l.Name, Color: l.Color, Bytes: int(l.Bytes)}
	})
}

func (w *world) Protection(repo *graphql.Repository, branch string) (*graphql.Protection, bool) {
	p := w.of(repo).Protection[branch]
	if p == nil {
		return nil, false
	}
	return &graphql.Protection{
		NodeID: nodeID("BranchProtectionRule", p.ID), ID: int(p.ID), Pattern: branch, RequiresReviews: p.RequiresReviews, Approvals: p.Approvals,
		CodeOwners: p.CodeOwners, DismissesStale: p.DismissesStale, RequiresStatusChecks: p.RequiresStatusChecks, StatusChecks: p.StatusChecks,
		StrictStatusChecks: p.Strict, LinearHistory: p.LinearHistory, Signatures: p.Signatures, ForcePushes: p.ForcePushes,
		Deletions: p.Deletions, EnforcedForAdmins: p.EnforcedForAdmins, Conversations: p.Conversations,
	}, true
}

func (w *world) Rulesets(repo *graphql.Repository, _ bool) []*graphql.Ruleset {
	return each(w.of(repo).Rulesets, func(s *Ruleset) *graphql.Ruleset {
		out := &graphql.Ruleset{
			NodeID: nodeID("RepositoryRuleset", s.ID), ID: int(s.ID), Name: s.Name, Target: "BRANCH", Enforcement: upper(s.Enforcement),
			Include: s.Include, Exclude: s.Exclude, Source: repo, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		}
		for i, rule := range s.Rules {
			out.Rules = append(out.Rules, graphql.Rule{
				NodeID: nodeID("RepositoryRule", s.ID*100+int64(i)), Type: upper(rule.Type), Parameters: ruleParameters(rule),
			})
		}
		return out
	})
}

// ruleParameters reads the parameters of the rules that GraphQL tells apart.
func ruleParameters(rule Rule) any {
	p := rule.Parameters
	flag := func(name string) bool { b, _ := p[name].(bool); return b }
	switch rule.Type {
	case "pull_request":
		return &graphql.PullRequestRule{
			Approvals: wholeNumber(p["required_approving_review_count"]), CodeOwners: flag("require_code_owner_review"),
			DismissesStale: flag("dismiss_stale_reviews_on_push"), LastPushApproval: flag("require_last_push_approval"),
			ThreadsMustBeSolved: flag("required_review_thread_resolution"),
		}
	case "required_status_checks":
		var checks []struct{ Context string }
		if text, err := json.Marshal(p["required_status_checks"]); err == nil && json.Unmarshal(text, &checks) != nil {
			checks = nil
		}
		return &graphql.StatusChecksRule{
			Contexts: each(checks, func(c struct{ Context string }) string { return c.Context }), Strict: flag("strict_required_status_checks_policy"),
		}
	}
	return nil
}

func wholeNumber(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case float64:
		return int(n)
	}
	return 0
}
