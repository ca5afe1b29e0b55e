package graphql

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shelf is a World in memory: acme with one repository, two branches, a pull
// request with a check run, and what else the queries ask for.
type shelf struct {
	acme, ann *Account
	bob       *Account
	pay       *Repository
	objects   map[string]any
	refs      []Ref
	pull      *PullRequest
	commits   []*Commit
	suite     *CheckSuite
}

func oid(text string) string { sum := sha1.Sum([]byte(text)); return hex.EncodeToString(sum[:]) }

// write stores files as git would, folder by folder, and returns the root tree.
func (s *shelf) write(files map[string]string) string {
	below := map[string]map[string]string{}
	var entries []Entry
	for name, text := range files {
		dir, rest, nested := strings.Cut(name, "/")
		if nested {
			if below[dir] == nil {
				below[dir] = map[string]string{}
			}
			below[dir][rest] = text
			continue
		}
		id := oid("blob " + text)
		s.objects[id] = &Blob{OID: id, Data: []byte(text)}
		entries = append(entries, Entry{name, 0o100644, id})
	}
	for dir, inner := range below {
		entries = append(entries, Entry{dir, 0o040000, s.write(inner)})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name < entries[j].Name })
	id := oid(fmt.Sprint("tree ", entries))
	s.objects[id] = &Tree{OID: id, Entries: entries}
	return id
}

func (s *shelf) commit(message string, files map[string]string, parents ...string) *Commit {
	who := Signature{"Ann", "ann@acme.test", noon, s.ann}
	c := &Commit{OID: oid("commit " + message), TreeOID: s.write(files), Parents: parents, Message: message, Author: who, Committer: who}
	s.objects[c.OID] = c
	return c
}

func newShelf() *shelf {
	s := &shelf{objects: map[string]any{}}
	s.acme = &Account{NodeID: "O1", ID: 1, Kind: "Organization", Login: "acme", URL: "https://sim/acme", CreatedAt: noon, UpdatedAt: noon}
	s.ann = &Account{NodeID: "U2", ID: 2, Kind: "User", Login: "ann", URL: "https://sim/ann", CreatedAt: noon, UpdatedAt: noon}
	s.bob = &Account{NodeID: "U4", ID: 4, Kind: "User", Login: "bob", Description: "Night owl", URL: "https://sim/bob", CreatedAt: noon, UpdatedAt: noon}
	s.pay = &Repository{NodeID: "R3", ID: 3, Owner: s.acme, Name: "pay", URL: "https://sim/acme/pay", DefaultBranch: "main",
		Visibility: "INTERNAL", Topics: []string{"go", "payments"}, HasIssues: true, CreatedAt: noon, UpdatedAt: noon, PushedAt: noon}
	main := s.commit("first\n\nwith a body", map[string]string{
		"README.md": "# pay\n", ".github/workflows/ci.yaml": "on: push\n", "logo.png": "\x89PNG\x00",
		"long.txt": strings.Repeat("ä", 300_000), "k8s/base/app.yaml": "kind: Deployment\n",
	})
	head := s.commit("add docs", map[string]string{"docs/a.md": "hello\n"}, main.OID)
	annotated := &Tag{OID: oid("tag"), Name: "v1", Message: "one", TargetOID: main.OID, Tagger: main.Author}
	s.objects[annotated.OID] = annotated
	s.refs = []Ref{{"refs/heads/feature/docs", head.OID}, {"refs/heads/main", main.OID}, {"refs/pull/7/head", head.OID}, {"refs/tags/v1", annotated.OID}}
	s.commits = []*Commit{head}
	s.pull = &PullRequest{
		Issue: Issue{NodeID: "P7", ID: 70, Repo: s.pay, Number: 7, Title: "Docs", State: "OPEN", Author: s.ann, URL: "https://sim/acme/pay/pull/7",
			CreatedAt: noon, UpdatedAt: noon, Labels: []*Label{{NodeID: "L", Name: "docs", Color: "ffffff"}}},
		HeadRef: "feature/docs", HeadOID: head.OID, HeadRepo: s.pay, BaseRef: "main", BaseOID: main.OID,
	}
	s.suite = &CheckSuite{NodeID: "S8", ID: 8, Repo: s.pay, App: &App{NodeID: "A", ID: 42, Slug: "cairn", Name: "Cairn", URL: "https://sim/apps/cairn",
		CreatedAt: noon, UpdatedAt: noon}, SHA: head.OID, Branch: "feature/docs", Status: "COMPLETED", Conclusion: "NEUTRAL", CreatedAt: noon, UpdatedAt: noon}
	s.suite.Runs = []*CheckRun{{NodeID: "C9", ID: 9, Suite: s.suite, Name: "Golden path", Status: "COMPLETED", Conclusion: "NEUTRAL", ExternalID: "x1",
		Title: "83/100", Summary: "a table", URL: "https://sim/runs/9", StartedAt: noon, CompletedAt: noon,
		Annotations: []Annotation{{ID: 1, Path: "docs/a.md", StartLine: 1, EndLine: 1, Level: "WARNING", Message: "say more"}}}}
	return s
}

func (s *shelf) Viewer() *Account { return s.ann }
func (s *shelf) Account(login string) (*Account, bool) {
	for _, a := range []*Account{s.acme, s.ann} {
		if strings.EqualFold(a.Login, login) {
			return a, true
		}
	}
	return nil, false
}
func (s *shelf) Repository(owner, name string) (*Repository, bool) {
	return s.pay, strings.EqualFold(owner+"/"+name, "acme/pay")
}
func (s *shelf) Repositories(owner string) []*Repository {
	if owner == "acme" {
		return []*Repository{s.pay}
	}
	return nil
}
func (s *shelf) VerifiedEmails(login, org string) []string {
	return []string{login + "@" + org + ".test"}
}
func (s *shelf) Members(string) []Member { return []Member{{s.ann, "ADMIN"}} }
func (s *shelf) Teams(string) []*Team {
	core := &Team{NodeID: "T1", ID: 11, Org: s.acme, Slug: "core", Name: "Core", Privacy: "VISIBLE", Members: []Member{{s.ann, "MAINTAINER"}},
		Repositories: []TeamRepository{{s.pay, "WRITE"}}}
	return []*Team{core, {NodeID: "T2", ID: 12, Org: s.acme, Slug: "pay", Name: "Pay", Privacy: "VISIBLE", Parent: "core", URL: "https://sim/pay",
		Members: []Member{{s.ann, "MEMBER"}, {s.bob, "MAINTAINER"}}}}
}
func (s *shelf) Node(id string) (any, bool) {
	found, ok := map[string]any{"R3": s.pay, "P7": s.pull, "O1": s.acme, "C9": s.suite.Runs[0]}[id]
	return found, ok
}
func (s *shelf) Object(_ *Repository, id string) (any, bool) { o, ok := s.objects[id]; return o, ok }
func (s *shelf) Refs(*Repository) []Ref                      { return s.refs }
func (s *shelf) History(_ *Repository, from string, limit int) (out []*Commit) {
	for len(out) < limit {
		c, ok := s.objects[from].(*Commit)
		if !ok {
			return out
		}
		out = append(out, c)
		if len(c.Parents) == 0 {
			return out
		}
		from = c.Parents[0]
	}
	return out
}
func (s *shelf) Languages(*Repository) []Language {
	return []Language{{"Go", "#00ADD8", 900}, {"Shell", "", 100}}
}
func (s *shelf) Protection(_ *Repository, branch string) (*Protection, bool) {
	return &Protection{NodeID: "BP", ID: 5, Pattern: "main", RequiresReviews: true, Approvals: 2, RequiresStatusChecks: true,
		StatusChecks: []string{"ci"}}, branch == "main"
}
func (s *shelf) Rulesets(*Repository, bool) []*Ruleset {
	return []*Ruleset{{NodeID: "RS", ID: 6, Name: "main", Target: "BRANCH", Enforcement: "ACTIVE", Include: []string{"~DEFAULT_BRANCH"}, Source: s.pay,
		CreatedAt: noon, UpdatedAt: noon, Rules: []Rule{{"RR1", "DELETION", nil}, {"RR2", "PULL_REQUEST", &PullRequestRule{Approvals: 1}},
			{"RR3", "REQUIRED_STATUS_CHECKS", &StatusChecksRule{Contexts: []string{"ci"}}}}}}
}
func (s *shelf) PullRequests(*Repository) []*PullRequest { return []*PullRequest{s.pull} }
func (s *shelf) Issues(*Repository) []*Issue {
	return []*Issue{{NodeID: "I1", ID: 31, Repo: s.pay, Number: 1, Title: "Help", State: "CLOSED", Reason: "COMPLETED", Author: s.ann,
		URL: "https://sim/acme/pay/issues/1", CreatedAt: noon, UpdatedAt: noon, ClosedAt: noon}}
}
func (s *shelf) Comments(*Repository, int) []*Comment {
	return []*Comment{{NodeID: "IC", ID: 55, Repo: s.pay, Number: 1, Author: s.ann, Body: "hi", URL: "https://sim/c", CreatedAt: noon, UpdatedAt: noon}}
}
func (s *shelf) Changes(*Repository, int) []Change {
	out := make([]Change, 130)
	for i := range out {
		out[i] = Change{fmt.Sprintf("docs/%03d.md", i), "ADDED", 1, 0}
	}
	return out
}
func (s *shelf) Commits(*Repository, int) []*Commit { return s.commits }
func (s *shelf) CheckSuites(_ *Repository, sha string) []*CheckSuite {
	if sha == s.suite.SHA {
		return []*CheckSuite{s.suite}
	}
	return nil
}
func (s *shelf) Statuses(_ *Repository, sha string) []*Status {
	if sha == s.suite.SHA {
		return []*Status{{NodeID: "ST", Repo: s.pay, SHA: sha, Context: "ci/old", State: "PENDING", Creator: s.ann, CreatedAt: noon}}
	}
	return nil
}
func (s *shelf) Deployments(*Repository) []*Deployment {
	d := &Deployment{NodeID: "D", ID: 77, Repo: s.pay, SHA: s.suite.SHA, Ref: "refs/heads/main", Environment: "production", State: "ACTIVE", Creator: s.ann,
		CreatedAt: noon, UpdatedAt: noon}
	d.Statuses = []*DeploymentStatus{{NodeID: "DS", Deployment: d, State: "SUCCESS", Creator: s.ann, CreatedAt: noon, UpdatedAt: noon}}
	return []*Deployment{d}
}
func (s *shelf) Releases(*Repository) []*Release {
	return []*Release{{NodeID: "RE", ID: 88, Repo: s.pay, Tag: "v1", Author: s.ann, URL: "https://sim/r", CreatedAt: noon, UpdatedAt: noon, PublishedAt: noon}}
}

func newTestServer(t *testing.T, denied ...string) *Server {
	t.Helper()
	server, err := New(func(http.Header, *http.Request) (Session, error) {
		return Session{
			World:  newShelf(),
			Allows: func(p string, _ *Repository) bool { return !strings.Contains(strings.Join(denied, " "), p) },
			Charge: func(points int) RateLimit { return RateLimit{5000, 5000 - points, points, noon.Add(time.Hour)} },
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}
