package githubsim

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Account is an organisation, a person or an App's bot.
type Account struct {
	ID          int64
	Type        string // Organization, User, Bot
	Login       string
	Name, Email string
	Description string // an organisation's description, a person's bio
	// VerifiedEmails are a person's addresses at a domain that an organisation
	// verified, by the organisation's login in lower case.
	VerifiedEmails map[string][]string
	CreatedAt      time.Time
	Token          string            // a person's personal access token, ghp_…
	Members        map[string]string // an organisation's: login in lower case → admin or member
	Teams          []*Team           // an organisation's
}

// Team is a team of an organisation.
type Team struct {
	ID           int64
	Org          *Account
	Name, Slug   string
	Description  string
	Privacy      string // closed, secret
	Parent       *Team
	Members      map[string]string // login in lower case → maintainer or member
	Repositories map[int64]string  // repository ID → pull, triage, push, maintain, admin
	CreatedAt    time.Time
}

// Repository is a repository with everything in it.
type Repository struct {
	ID                             int64
	NodeID                         string
	Owner                          *Account
	Name, Description, Homepage    string
	DefaultBranch                  string
	Visibility                     string // public, private, internal
	Archived                       bool
	Topics                         []string
	Parent                         *Repository       // what it was forked from
	CreatedAt, UpdatedAt, PushedAt time.Time         // PushedAt zero: never
	Collaborators                  map[string]string // login in lower case → permission
	Git                            *Git
	Protection                     map[string]*Protection // by branch
	Rulesets                       []*Ruleset
	Labels                         []*Label
	Issues                         map[int]*Issue // pull requests too
	NextNumber                     int
	Suites                         []*CheckSuite
	Statuses                       []*Status
	Deployments                    []*Deployment
}

// FullName is owner/name.
func (r *Repository) FullName() string { return r.Owner.Login + "/" + r.Name }

// Protection is classic branch protection.
type Protection struct {
	ID                                                int64
	RequiresReviews, CodeOwners, DismissesStale       bool
	Approvals                                         int
	RequiresStatusChecks, Strict                      bool
	StatusChecks                                      []string
	LinearHistory, Signatures, ForcePushes, Deletions bool
	EnforcedForAdmins, Conversations                  bool
}

// Ruleset is a named set of rules.
type Ruleset struct {
	ID                   int64
	Name                 string
	Enforcement          string // active, disabled, evaluate
	Include, Exclude     []string
	Rules                []Rule
	CreatedAt, UpdatedAt time.Time
}

// Rule is one rule of a ruleset: its type and parameters in GitHub's JSON.
type Rule struct {
	Type       string         `json:"type"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

// Label is a label of a repository.
type Label struct {
	ID                       int64
	Name, Color, Description string
}

// Issue is an issue; with Pull set it is a pull request.
type Issue struct {
	ID                             int64
	Number                         int
	Title, Body                    string
	State                          string // open, closed
	Reason                         string // completed, not_planned, reopened or ""
	Author                         *Account
	Assignees                      []*Account
	Labels                         []*Label
	CreatedAt, UpdatedAt, ClosedAt time.Time
	Comments                       []*Comment
	Reactions                      []*Reaction
	Pull                           *Pull
}

// Pull is what a pull request has beyond an issue.
type Pull struct {
	ID               int64
	Draft            bool
	HeadRef, BaseRef string // branch names
	HeadRepo         *Repository
	Head, Base       plumbing.Hash // heads as last seen; Base is where it was opened or last moved to
	MergedAt         time.Time
	MergedBy         *Account
	MergeCommit      plumbing.Hash
}

// Comment is a comment on an issue or pull request.
type Comment struct {
	ID                   int64
	Author               *Account
	ViaApp               bool // written with the App's token
	Body                 string
	CreatedAt, UpdatedAt time.Time
	Reactions            []*Reaction
}

// Reaction is an emoji on an issue or comment.
type Reaction struct {
	ID        int64
	Author    *Account
	Content   string // +1, -1, laugh, confused, heart, hooray, rocket, eyes
	CreatedAt time.Time
}

// CheckSuite is the App's check runs on one commit.
type CheckSuite struct {
	ID                   int64
	SHA                  plumbing.Hash
	Before               plumbing.Hash
	Branch               string // "" for a fork's head
	CreatedAt, UpdatedAt time.Time
	Runs                 []*CheckRun
	Reset                bool // somebody asked for all checks again
}

// Status folds the runs' statuses into the suite's.
func (s *CheckSuite) Status() string {
	if len(s.Runs) == 0 || s.Reset {
		return "queued"
	}
	status := "completed"
	for _, r := range s.Runs {
		switch r.Status {
		case "in_progress":
			return "in_progress"
		case "queued":
			status = "queued"
		}
	}
	return status
}

// Conclusion folds the runs' conclusions: the worst counts; "" until all are done.
func (s *CheckSuite) Conclusion() string {
	if s.Status() != "completed" {
		return ""
	}
	for _, c := range []string{"action_required", "timed_out", "cancelled", "failure", "stale", "success", "neutral", "skipped"} {
		for _, r := range s.Runs {
			if r.Conclusion == c {
				return c
			}
		}
	}
	return ""
}

// CheckRun is one check's verdict on a commit.
type CheckRun struct {
	ID                     int64
	Suite                  *CheckSuite
	Name                   string
	Status, Conclusion     string
	ExternalID, DetailsURL string
	Title, Summary, Text   string
	StartedAt, CompletedAt time.Time
	Annotations            []Annotation
	Actions                []CheckAction
}

// Annotation is a check run's remark on lines of a file, in GitHub's JSON.
type Annotation struct {
	Path            string `json:"path"`
	StartLine       int    `json:"start_line"`
	EndLine         int    `json:"end_line"`
	StartColumn     int    `json:"start_column,omitempty"`
	EndColumn       int    `json:"end_column,omitempty"`
	AnnotationLevel string `json:"annotation_level"`
	Message         string `json:"message"`
	Title           string `json:"title,omitempty"`
	RawDetails      string `json:"raw_details,omitempty"`
}

// CheckAction is a button of a check run.
type CheckAction struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

// Status is a commit status.
type Status struct {
	ID                     int64
	SHA                    plumbing.Hash
	State, Context         string
	Description, TargetURL string
	Creator                *Account
	CreatedAt              time.Time
}

// Deployment is a deployment with its statuses, oldest first.
type Deployment struct {
	ID                     int64
	SHA                    plumbing.Hash
	Ref, Task, Description string
	Environment, Original  string
	Payload                any // a JSON object or text
	Transient, Production  bool
	Creator                *Account
	CreatedAt, UpdatedAt   time.Time
	Statuses               []*DeploymentStatus
}

// DeploymentStatus is one step of a deployment.
type DeploymentStatus struct {
	ID                                  int64
	State, Description                  string
	Environment, EnvironmentURL, LogURL string
	Creator                             *Account
	CreatedAt                           time.Time
}

// Installation is the App on one account.
type Installation struct {
	ID           int64
	Account      *Account
	All          bool // every repository of the account; else those of Repositories
	Repositories map[int64]bool
	Suspended    bool
	CreatedAt    time.Time
}

// Holds reports whether the installation covers a repository.
func (i *Installation) Holds(r *Repository) bool {
	return i.Account == r.Owner && (i.All || i.Repositories[r.ID])
}

// state is all that the stand-in knows. The Server's lock guards it.
type state struct {
	accounts      map[string]*Account    // by login in lower case
	repositories  map[string]*Repository // by full name in lower case
	byID          map[int64]*Repository  // the same
	byAge         []*Repository          // the same, oldest first
	moved         map[string]int64       // former full names in lower case → repository ID
	installations []*Installation
	lastID        int64
}

func newState() state {
	return state{
		accounts: map[string]*Account{}, repositories: map[string]*Repository{}, byID: map[int64]*Repository{}, moved: map[string]int64{},
		lastID: 1000,
	}
}

// id makes IDs that never repeat and grow, as GitHub's do.
func (s *state) id() int64 {
	s.lastID++
	return s.lastID
}

func (s *state) account(login string) *Account { return s.accounts[strings.ToLower(login)] }

// repository finds a repository by name; a former name leads to it as well.
func (s *state) repository(owner, name string) *Repository {
	key := strings.ToLower(owner + "/" + name)
	if r, ok := s.repositories[key]; ok {
		return r
	}
	return s.repositoryByID(s.moved[key])
}

func (s *state) repositoryByID(id int64) *Repository { return s.byID[id] }

// keep files a repository under its name.
func (s *state) keep(r *Repository) {
	key := strings.ToLower(r.FullName())
	if s.byID[r.ID] == nil {
		s.byAge = append(s.byAge, r) // IDs grow
	}
	s.repositories[key], s.byID[r.ID] = r, r
	delete(s.moved, key)
}

// move files a repository under its present name; its former one leads to it.
func (s *state) move(r *Repository, former string) {
	former = strings.ToLower(former)
	delete(s.repositories, former)
	s.moved[former] = r.ID
	s.keep(r)
}

// drop forgets a repository and the names that led to it.
func (s *state) drop(r *Repository) {
	delete(s.repositories, strings.ToLower(r.FullName()))
	delete(s.byID, r.ID)
	s.byAge = slices.DeleteFunc(s.byAge, func(other *Repository) bool { return other == r })
	maps.DeleteFunc(s.moved, func(_ string, id int64) bool { return id == r.ID })
}

// installationOf returns the installation that covers a repository, or nil.
func (s *state) installationOf(r *Repository) *Installation {
	for _, i := range s.installations {
		if i.Holds(r) && !i.Suspended {
			return i
		}
	}
	return nil
}

// permission is what a person may do in a repository: admin, write, read or none.
func (s *state) permission(r *Repository, login string) string {
	login = strings.ToLower(login)
	best := "none"
	if r.Visibility == "public" {
		best = "read"
	}
	grant := func(role string) {
		if p := legacy(role); rank(p) > rank(best) {
			best = p
		}
	}
	if strings.ToLower(r.Owner.Login) == login || r.Owner.Members[login] == "admin" {
		grant("admin")
	}
	if r.Owner.Members[login] == "member" && r.Visibility != "secret" {
		grant("read")
	}
	if p, ok := r.Collaborators[login]; ok {
		grant(p)
	}
	for _, t := range r.Owner.Teams {
		if _, in := t.Members[login]; in {
			if p, ok := t.Repositories[r.ID]; ok {
				grant(p)
			}
		}
	}
	return best
}

// legacy maps a role to the permission that GitHub's older field names.
func legacy(role string) string {
	switch role {
	case "pull", "triage":
		return "read"
	case "push", "maintain":
		return "write"
	}
	return role
}

func rank(permission string) int {
	return map[string]int{"read": 1, "write": 2, "admin": 3}[permission]
}

// association is how an author stands to a repository, as comments say it.
func (s *state) association(r *Repository, author *Account) string {
	switch login := strings.ToLower(author.Login); {
	case r.Owner == author:
		return "OWNER"
	case r.Owner.Members[login] != "":
		return "MEMBER"
	case r.Collaborators[login] != "":
		return "COLLABORATOR"
	}
	return "NONE"
}

// nodeID is GitHub's opaque global ID of an object, in the older form.
func nodeID(kind string, id int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%03d:%s%d", len(kind), kind, id))
}

// sorted lists every repository by full name.
func (s *state) sorted() []*Repository {
	out := make([]*Repository, 0, len(s.repositories))
	for _, key := range slices.Sorted(maps.Keys(s.repositories)) {
		out = append(out, s.repositories[key])
	}
	return out
}
