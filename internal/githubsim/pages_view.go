package githubsim

import (
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// The views are what a page shows: copies, free of the Server's lock. Everything in
// them is as its author wrote it, so whoever shows them has to escape it.

// OrganisationView is an organisation, or with Person set somebody's account.
type OrganisationView struct {
	Login, Name, Description string
	Person                   bool
	Repositories             []RepositoryView
	Teams                    []TeamView
	Members                  []MemberView
}

// TeamView is a team and who is in it.
type TeamView struct {
	Name    string
	Members []string
}

// MemberView is a member of an organisation; Role is admin or member.
type MemberView struct{ Login, Name, Role string }

// RepositoryView is a repository in short.
type RepositoryView struct {
	Owner, Name, Description, DefaultBranch string
	Fork                                    string // owner/name it was forked from
	Private, Archived, Empty                bool
	Topics, Branches, Languages             []string
	Pulls, Issues                           []IssueView // newest first, without their texts
	Deployments                             []DeploymentView
	Checks                                  CheckView // of the default branch's head
}

// FullName is owner/name.
func (v RepositoryView) FullName() string { return v.Owner + "/" + v.Name }

// DeploymentView is a deployment and its newest state, "pending" before the first.
type DeploymentView struct {
	SHA, Environment, State, Creator string
	At                               time.Time
}

// IssueView is an issue, or a pull request when Pull is set.
type IssueView struct {
	Number              int
	Title, Body, Author string
	State               string // open, closed or merged
	Labels              []string
	At                  time.Time
	Comments            []CommentView
	Reactions           []ReactionView
	Pull                *PullView
}

// PullView is what a pull request has beyond an issue. Commits and Files are set
// only when one pull request is asked for.
type PullView struct {
	Draft              bool
	Head, Base         string // branches; Head is account:branch for a fork's
	Branch             string // of HeadRepository
	HeadOwner          string // "" when the head repository is gone
	HeadName           string
	SHA, MergedAs      string
	Checks             CheckView
	Commits            []CommitView
	Files              []FileChange
	ConflictsWith      string // why it cannot be merged, "" when it can
	HeadFiles          []string
	HeadExists, Merged bool
}

// CommentView is a comment with its reactions.
type CommentView struct {
	ID           int64
	Author, Body string
	At           time.Time
	Reactions    []ReactionView
}

// ReactionView is one kind of reaction (+1, heart, …) and who gave it.
type ReactionView struct {
	Content string
	Who     []string
}

// CommitView is a commit; Files and Checks only when one commit is asked for.
type CommitView struct {
	SHA, Message, Author string
	At                   time.Time
	Parents              []string
	Files                []FileChange
	Checks               CheckView
}

// CheckView is all check runs on a commit. Status is "" when no check suite is.
type CheckView struct {
	SHA, Status, Conclusion string
	App                     string
	Runs                    []CheckRun // without Suite
}

// FolderView is what a branch, tag or commit holds at a path: a folder's entries,
// or a file's text.
type FolderView struct {
	Ref, Path string
	Branch    bool // Ref is a branch, so that it can be pushed to
	Folder    bool
	Entries   []EntryView
	Readme    string // of a folder
	Content   []byte // of a file, at most MaxShown bytes
	Mode      filemode.FileMode
	Size      int64
	Head      CommitView
}

// EntryView is an entry of a folder.
type EntryView struct {
	Name   string
	Folder bool
	Size   int64
}

// MaxShown is how much of a file a page is given.
const MaxShown = 1 << 20
