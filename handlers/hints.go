package handlers

import (
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/queue"
)

// The kinds of jobs, each with the form of its key.
const (
	kindPullRequest  = "pull_request" // pr:acme/pay#12
	kindRepository   = "repository"   // repo:acme/pay
	kindCommit       = "commit"       // commit:acme/pay@SHA
	kindInstallation = "installation" // installation:5
	kindComment      = "comment"      // comment:acme/pay#12:345
	kindLocation     = "location"     // location:UUID
	kindPeople       = "people"       // people:INSTALLATION
)

// pullRequestJob is what a pull_request job carries.
type pullRequestJob struct {
	Repo    string `json:"repo"`
	Number  int    `json:"number"`
	HeadSHA string `json:"head_sha,omitempty"` // what the event saw; GitHub is asked what it is now
	Fork    string `json:"fork,omitempty"`     // the head's repository when it is another one
}

func (j pullRequestJob) hint() (queue.Hint, error) {
	return hint(kindPullRequest, fmt.Sprintf("pr:%s#%d", j.Repo, j.Number), j)
}

// repositoryJob is what a repository job carries.
type repositoryJob struct {
	Repo string `json:"repo"`
	ID   int64  `json:"id"`
	// Judge asks for a check run on the default branch's head. It is false only when
	// the App meets many repositories at once: their next push is judged. A hint
	// replaces a waiting one of the same repository, so every event that can come
	// close to a push asks for it too; what is said already is not written again.
	Judge bool `json:"judge,omitempty"`
	// Gone says that the App may have lost the repository; a public one can still
	// be read then, so the App's installation has to be asked.
	Gone bool `json:"gone,omitempty"`
}

func (j repositoryJob) hint() (queue.Hint, error) {
	return hint(kindRepository, "repo:"+j.Repo, j)
}

// commitJob is what a commit job carries: somebody asked for its check run again.
type commitJob struct {
	Repo string `json:"repo"`
	ID   int64  `json:"id"`
	SHA  string `json:"sha"`
	// Numbers are the pull requests of this repository that GitHub named.
	Numbers []int `json:"numbers,omitempty"`
}

func (j commitJob) hint() (queue.Hint, error) {
	return hint(kindCommit, "commit:"+j.Repo+"@"+j.SHA, j)
}

// installationJob is what an installation job carries.
type installationJob struct {
	ID   int64 `json:"id"`
	Gone bool  `json:"gone,omitempty"`
}

func (j installationJob) hint() (queue.Hint, error) {
	return hint(kindInstallation, fmt.Sprintf("installation:%d", j.ID), j)
}

// peopleJob is what a people job carries.
type peopleJob struct {
	ID      int64  `json:"id"` // of the installation
	Account string `json:"account"`
}

func (j peopleJob) hint() (queue.Hint, error) {
	return hint(kindPeople, fmt.Sprintf("people:%d", j.ID), j)
}

// commentJob is what a comment job carries.
type commentJob struct {
	Repo        string `json:"repo"`
	Number      int    `json:"number"`
	PullRequest bool   `json:"pull_request"`
	CommentID   int64  `json:"comment_id"`
	WrittenAt   string `json:"written_at"`
	Command     string `json:"command"` // the line that begins with /platform
	Trusted     bool   `json:"trusted"` // the author may ask for work
}

func pullRequestHints(p *payload) ([]queue.Hint, error) {
	if p.PullRequest == nil || p.PullRequest.Number == 0 || !p.isRepository() {
		return nil, errPayload
	}
	switch p.Action {
	case "opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft":
	case "edited":
		if p.Changes.Base == nil {
			return nil, nil // a new title changes no verdict
		}
	default:
		return nil, nil
	}
	job := pullRequestJob{Repo: p.Repository.FullName, Number: p.PullRequest.Number, HeadSHA: p.PullRequest.Head.SHA}
	if r := p.PullRequest.Head.Repo; r != nil && !strings.EqualFold(r.FullName, job.Repo) {
		job.Fork = r.FullName
	}
	return one(job.hint())
}

func pushHints(p *payload) ([]queue.Hint, error) {
	if p.Ref == "" || !p.isRepository() {
		return nil, errPayload
	}
	if p.Deleted || p.Ref != "refs/heads/"+p.Repository.DefaultBranch {
		return nil, nil // other branches count through their pull requests
	}
	return one(repositoryJob{Repo: p.Repository.FullName, ID: p.Repository.ID, Judge: true}.hint())
}

func repositoryHints(p *payload) ([]queue.Hint, error) {
	if !p.isRepository() {
		return nil, errPayload
	}
	// A renamed or transferred repository keeps its ID: what is kept under the former
	// name moves with it.
	job := repositoryJob{Repo: p.Repository.FullName, ID: p.Repository.ID, Judge: true}
	switch p.Action {
	case "created", "archived", "unarchived", "edited", "publicized", "privatized", "renamed", "transferred":
	case "deleted":
		job.Gone = true
	default:
		return nil, nil
	}
	return one(job.hint())
}

func checkRunHints(p *payload) ([]queue.Hint, error) {
	if p.CheckRun == nil || !p.isRepository() {
		return nil, errPayload
	}
	if p.Action != "rerequested" {
		return nil, nil
	}
	sha := p.CheckRun.HeadSHA
	if sha == "" {
		sha = p.CheckRun.CheckSuite.HeadSHA
	}
	refs := p.CheckRun.PullRequests
	if len(refs) == 0 {
		refs = p.CheckRun.CheckSuite.PullRequests
	}
	return rerunHints(p, sha, refs)
}

func checkSuiteHints(p *payload) ([]queue.Hint, error) {
	if p.CheckSuite == nil || !p.isRepository() {
		return nil, errPayload
	}
	if p.Action != "rerequested" {
		return nil, nil // a new head is told by pull_request and push
	}
	return rerunHints(p, p.CheckSuite.HeadSHA, p.CheckSuite.PullRequests)
}

// rerunHints asks for a commit's check run again. GitHub lists no pull requests for
// a fork's head, none for the default branch's, and those into another repository,
// which are not this one's to judge.
func rerunHints(p *payload, sha string, refs []pullRequestRef) ([]queue.Hint, error) {
	job := commitJob{Repo: p.Repository.FullName, ID: p.Repository.ID, SHA: sha}
	for _, ref := range refs {
		if ref.Base.Repo.ID == p.Repository.ID {
			job.Numbers = append(job.Numbers, ref.Number)
		}
	}
	return one(job.hint())
}

func installationHints(p *payload) ([]queue.Hint, error) {
	if p.Installation.ID == 0 {
		return nil, errPayload
	}
	job := installationJob{ID: p.Installation.ID}
	switch p.Action {
	case "created", "unsuspend", "new_permissions_accepted":
	case "deleted", "suspend":
		job.Gone = true
	default:
		return nil, nil
	}
	return one(job.hint())
}

// peopleHints serves whatever may change who belongs to an organisation or a team.
func peopleHints(p *payload) ([]queue.Hint, error) {
	if p.Organization.Login == "" {
		return nil, errPayload
	}
	if p.Installation.ID == 0 {
		return nil, nil // a webhook of the organisation's own
	}
	return one(peopleJob{ID: p.Installation.ID, Account: p.Organization.Login}.hint())
}

func installationRepositoriesHints(p *payload) ([]queue.Hint, error) {
	if p.Installation.ID == 0 {
		return nil, errPayload
	}
	var hints []queue.Hint
	for gone, list := range map[bool][]repository{false: p.RepositoriesAdded, true: p.RepositoriesRemoved} {
		for _, r := range list {
			h, err := repositoryJob{Repo: r.FullName, ID: r.ID, Gone: gone}.hint()
			if err != nil {
				return nil, err
			}
			hints = append(hints, h)
		}
	}
	return hints, nil
}

// commentHints looks for a slash command in a new comment. Edited comments do not
// run again, and what a bot writes never runs.
func commentHints(p *payload) ([]queue.Hint, error) {
	if p.Comment == nil || p.Issue == nil || !p.isRepository() {
		return nil, errPayload
	}
	if p.Action != "created" || p.Comment.User.Type == "Bot" {
		return nil, nil
	}
	command := findCommand(p.Comment.Body)
	if command == "" {
		return nil, nil
	}
	job := commentJob{
		Repo: p.Repository.FullName, Number: p.Issue.Number, PullRequest: p.Issue.PullRequest != nil,
		CommentID: p.Comment.ID, WrittenAt: p.Comment.CreatedAt, Command: command,
		Trusted: mayCommand(p.Comment.AuthorAssociation) || strings.EqualFold(p.Comment.User.Login, p.Issue.User.Login),
	}
	return one(hint(kindComment, fmt.Sprintf("comment:%s#%d:%d", job.Repo, job.Number, job.CommentID), job))
}

func one(h queue.Hint, err error) ([]queue.Hint, error) {
	if err != nil {
		return nil, err
	}
	return []queue.Hint{h}, nil
}
