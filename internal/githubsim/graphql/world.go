package graphql

import (
	"path"
	"slices"
	"time"
)

// World is what the resolvers read: the stand-in's state at one moment. One
// query reads one World, so its answers must agree with each other while the
// query runs; it is read by one goroutine. Names are matched without regard to
// case, and a name that was given up leads to the repository's new one. A World
// only shows what the caller's installation may see.
//
// Lists come in the order GitHub lists by default: oldest first, teams,
// languages, refs and files by name (languages by size, largest first).
type World interface {
	// Viewer is who asks.
	Viewer() *Account
	Account(login string) (*Account, bool)
	Repository(owner, name string) (*Repository, bool)
	Repositories(owner string) []*Repository
	Members(org string) []Member
	// VerifiedEmails lists a person's addresses at domains the organisation verified.
	VerifiedEmails(login, org string) []string
	Teams(org string) []*Team
	// Node finds any value of this file that carries a NodeID.
	Node(id string) (any, bool)

	// Object reads a git object: *Commit, *Tree, *Blob or *Tag.
	Object(repo *Repository, oid string) (any, bool)
	// Refs lists branches, tags and refs/pull/N/head with their full names.
	Refs(repo *Repository) []Ref
	// History lists commits from oid backwards, at most limit.
	History(repo *Repository, oid string, limit int) []*Commit
	Languages(repo *Repository) []Language
	Protection(repo *Repository, branch string) (*Protection, bool)
	// Rulesets lists the repository's, and with parents the organisation's too.
	Rulesets(repo *Repository, parents bool) []*Ruleset

	PullRequests(repo *Repository) []*PullRequest
	Issues(repo *Repository) []*Issue
	Comments(repo *Repository, number int) []*Comment
	// Changes lists the files a pull request changes, Commits its commits.
	Changes(repo *Repository, number int) []Change
	Commits(repo *Repository, number int) []*Commit

	CheckSuites(repo *Repository, sha string) []*CheckSuite
	Statuses(repo *Repository, sha string) []*Status
	Deployments(repo *Repository) []*Deployment
	Releases(repo *Repository) []*Release
}

// Account is an organisation, a user or an app's bot.
type Account struct {
	NodeID      string
	ID          int
	Kind        string // Organization, User or Bot
	Login       string
	Name        string
	Email       string
	Description string
	URL         string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Member is a person in an organisation or a team.
type Member struct {
	*Account
	Role string // organisation: ADMIN, MEMBER; team: MAINTAINER, MEMBER
}

// Team is a team of an organisation.
type Team struct {
	NodeID       string
	ID           int
	Org          *Account
	Slug         string
	Name         string
	Description  string
	Privacy      string // VISIBLE or SECRET
	Parent       string // slug; "" for a root team
	URL          string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Members      []Member
	Repositories []TeamRepository
}

// TeamRepository is a repository a team has access to.
type TeamRepository struct {
	*Repository
	Permission string // READ, TRIAGE, WRITE, MAINTAIN or ADMIN
}

// Repository is one repository's settings.
type Repository struct {
	NodeID        string
	ID            int
	Owner         *Account
	Name          string
	URL           string
	Description   string
	Homepage      string
	DefaultBranch string
	Visibility    string // PUBLIC, PRIVATE or INTERNAL
	Topics        []string
	Archived      bool
	Template      bool
	Disabled      bool
	HasIssues     bool
	Parent        *Repository // set for forks
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PushedAt      time.Time // zero: never
	ArchivedAt    time.Time
}

// FullName is owner/name.
func (r *Repository) FullName() string { return r.Owner.Login + "/" + r.Name }

// Ref is a branch, tag or pull request head.
type Ref struct {
	Name string // in full: refs/heads/main
	OID  string // what it points at: a commit, or an annotated tag
}

// Commit is a git commit.
type Commit struct {
	OID       string
	TreeOID   string
	Parents   []string
	Message   string
	Author    Signature
	Committer Signature
}

// Signature is who made a commit or tag, and when. User is nil where the
// address belongs to nobody.
type Signature struct {
	Name, Email string
	At          time.Time
	User        *Account
}

// Tree is a git tree; its entries are in git's order.
type Tree struct {
	OID     string
	Entries []Entry
}

// Entry is one entry of a tree.
type Entry struct {
	Name string
	Mode int // as git writes it, in octal: 0o100644
	OID  string
}

// Blob is a file's bytes.
type Blob struct {
	OID  string
	Data []byte
}

// Tag is an annotated tag.
type Tag struct {
	OID, Name, Message string
	TargetOID          string
	Tagger             Signature
}

// Language is a language's share of a repository.
type Language struct {
	Name  string
	Color string
	Bytes int
}

// Protection is a classic branch protection rule.
type Protection struct {
	NodeID               string
	ID                   int
	Pattern              string
	RequiresReviews      bool
	Approvals            int
	CodeOwners           bool
	DismissesStale       bool
	RequiresStatusChecks bool
	StatusChecks         []string
	StrictStatusChecks   bool
	LinearHistory        bool
	Signatures           bool
	ForcePushes          bool
	Deletions            bool
	EnforcedForAdmins    bool
	Conversations        bool
}

// Ruleset is a set of rules of a repository or organisation.
type Ruleset struct {
	NodeID      string
	ID          int
	Name        string
	Target      string // BRANCH, TAG, PUSH
	Enforcement string // ACTIVE, DISABLED, EVALUATE
	Include     []string
	Exclude     []string
	Source      any // *Repository or *Account
	Rules       []Rule
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// binds reports whether the ruleset is about a branch, by its full name.
func (s *Ruleset) binds(ref, defaultBranch string) bool {
	named := func(list []string) bool {
		return slices.ContainsFunc(list, func(p string) bool {
			ok, err := path.Match(p, ref)
			return p == "~ALL" || (p == "~DEFAULT_BRANCH" && ref == "refs/heads/"+defaultBranch) || (ok && err == nil)
		})
	}
	return named(s.Include) && !named(s.Exclude)
}

// Rule is one rule; Parameters is *PullRequestRule, *StatusChecksRule or nil.
type Rule struct {
	NodeID     string
	Type       string // PULL_REQUEST, REQUIRED_STATUS_CHECKS, DELETION …
	Parameters any
}

// PullRequestRule holds the parameters of a rule of type PULL_REQUEST.
type PullRequestRule struct {
	Approvals           int
	CodeOwners          bool
	DismissesStale      bool
	LastPushApproval    bool
	ThreadsMustBeSolved bool
}

// StatusChecksRule holds the parameters of a rule of type REQUIRED_STATUS_CHECKS.
type StatusChecksRule struct {
	Contexts []string
	Strict   bool
}

// Issue is an issue.
type Issue struct {
	NodeID    string
	ID        int
	Repo      *Repository
	Number    int
	Title     string
	Body      string
	State     string // OPEN or CLOSED
	Reason    string // COMPLETED, NOT_PLANNED, REOPENED or ""
	Author    *Account
	Assignees []*Account
	Labels    []*Label
	URL       string
	CreatedAt time.Time
	UpdatedAt time.Time
	ClosedAt  time.Time
}

// PullRequest is a pull request: an issue with branches.
type PullRequest struct {
	Issue
	Draft       bool
	HeadRef     string
	HeadOID     string
	HeadRepo    *Repository // nil when the fork was deleted
	BaseRef     string
	BaseOID     string
	MergedAt    time.Time // zero: not merged; State is then OPEN or CLOSED
	MergedBy    *Account
	MergeCommit string
}

// Label is an issue's label.
type Label struct {
	NodeID, Name, Color, Description, URL string
	Default                               bool
	Repo                                  *Repository
}

// Comment is a comment on an issue or pull request.
type Comment struct {
	NodeID    string
	ID        int
	Repo      *Repository
	Number    int
	Author    *Account
	Body      string
	URL       string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Change is one file of a pull request.
type Change struct {
	Path                 string
	Type                 string // ADDED, MODIFIED, DELETED, RENAMED …
	Additions, Deletions int
}

// App is a GitHub App.
type App struct {
	NodeID           string
	ID               int
	Slug, Name, Desc string
	URL              string
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// CheckSuite is one app's check runs on one commit.
type CheckSuite struct {
	NodeID     string
	ID         int
	Repo       *Repository
	App        *App
	SHA        string
	Branch     string // "" when the commit came from a fork
	Status     string // QUEUED, IN_PROGRESS, COMPLETED
	Conclusion string // SUCCESS, FAILURE, NEUTRAL … or ""
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Runs       []*CheckRun
}

// CheckRun is one check's verdict.
type CheckRun struct {
	NodeID      string
	ID          int
	Suite       *CheckSuite
	Name        string
	Status      string
	Conclusion  string
	ExternalID  string
	Title       string
	Summary     string
	Text        string
	DetailsURL  string
	URL         string
	StartedAt   time.Time
	CompletedAt time.Time
	Annotations []Annotation
}

// Annotation is a note of a check run on lines of a file.
type Annotation struct {
	ID                   int
	Path                 string
	StartLine, EndLine   int
	StartColumn, EndCol  int    // 0: whole lines
	Level                string // FAILURE, WARNING, NOTICE
	Title, Message, Data string
}

// Status is a commit status.
type Status struct {
	NodeID      string
	Repo        *Repository
	SHA         string
	Context     string
	State       string // ERROR, EXPECTED, FAILURE, PENDING, SUCCESS
	Description string
	TargetURL   string
	Creator     *Account
	CreatedAt   time.Time
}

// Deployment is a deployment and its statuses, oldest first.
type Deployment struct {
	NodeID              string
	ID                  int
	Repo                *Repository
	SHA                 string
	Ref                 string // full name of a ref, or ""
	Environment         string
	OriginalEnvironment string
	Task                string
	Description         string
	Payload             string // JSON
	State               string // DeploymentState
	Creator             *Account
	CreatedAt           time.Time
	UpdatedAt           time.Time
	Statuses            []*DeploymentStatus
}

// DeploymentStatus is one step of a deployment.
type DeploymentStatus struct {
	NodeID         string
	Deployment     *Deployment
	State          string // DeploymentStatusState
	Description    string
	Environment    string
	EnvironmentURL string
	LogURL         string
	Creator        *Account
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Release is a release.
type Release struct {
	NodeID      string
	ID          int
	Repo        *Repository
	Tag         string
	Name        string
	Body        string
	Draft       bool
	Prerelease  bool
	Author      *Account
	URL         string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	PublishedAt time.Time // zero: not published
}
