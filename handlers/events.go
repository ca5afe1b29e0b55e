// Package handlers turns GitHub's events into hints of what to reconcile, and
// hints into calls of the domain. It holds no rules and no SQL: what a golden path
// asks is in checks, what GitHub is asked is in internal/github.
//
// Start reading at [Events], the list of what Cairn listens to, and at
// [Handlers.Register], the list of what it does.
package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cairn-dev/cairn/internal/queue"
)

// Event is one kind of webhook Cairn acts on.
type Event struct {
	Name string // X-GitHub-Event
	Why  string // one line for the documentation
	// hints reads what may have changed. It returns nothing for actions that
	// change nothing Cairn keeps.
	hints func(*payload) ([]queue.Hint, error)
}

// Events lists every event Cairn acts on. A new event is one entry here and one
// function beside its handler; app.yml subscribes to the same names.
func Events() []Event {
	return []Event{
		{Name: "check_run", Why: "'Re-run' on the check run", hints: checkRunHints},
		{Name: "check_suite", Why: "'Re-run all checks'", hints: checkSuiteHints},
		{Name: "installation", Why: "the App was installed, removed or suspended", hints: installationHints},
		{Name: "installation_repositories", Why: "repositories were added to the installation or taken from it", hints: installationRepositoriesHints},
		{Name: "issue_comment", Why: "slash commands", hints: commentHints},
		{Name: "membership", Why: "somebody joined or left a team", hints: peopleHints},
		{Name: "organization", Why: "somebody joined or left the organisation", hints: peopleHints},
		{Name: "pull_request", Why: "a pull request was opened, pushed to or aimed at another base", hints: pullRequestHints},
		{Name: "push", Why: "the default branch moved", hints: pushHints},
		{Name: "repository", Why: "a repository was created, renamed, archived, moved or made private", hints: repositoryHints},
		{Name: "team", Why: "a team was made, renamed, moved or removed", hints: peopleHints},
	}
}

// EventNames lists the names of Events, in order.
func EventNames() []string {
	var names []string
	for _, e := range Events() {
		names = append(names, e.Name)
	}
	return names
}

// errPayload is the answer to a payload that lacks what its event always has:
// most often the event header and the body do not belong together.
var errPayload = errors.New("the payload does not fit its event")

// Classify reads a delivery's payload and says what it may have changed. It
// decodes only the fields Cairn uses, and itself: go-github's types refuse some of
// GitHub's own examples and drop fields.
func Classify(event, guid string, body []byte) (queue.Delivery, error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return queue.Delivery{}, fmt.Errorf("%s delivery: %w", event, err)
	}
	d := queue.Delivery{GUID: guid, Event: event, Action: p.Action, InstallationID: p.Installation.ID, Payload: body}
	if p.Repository != nil {
		d.RepositoryID, d.Repository = p.Repository.ID, p.Repository.FullName
	}
	for _, e := range Events() {
		if e.Name != event {
			continue
		}
		hints, err := e.hints(&p)
		if err != nil {
			return queue.Delivery{}, fmt.Errorf("%s delivery: %w", event, err)
		}
		for i := range hints {
			hints[i].InstallationID = p.Installation.ID
		}
		d.Hints = hints
	}
	return d, nil
}

// payload is the part of GitHub's webhook payloads that Cairn reads. Pointers are
// nil where an event has no such object.
type payload struct {
	Action       string `json:"action"`
	Installation struct {
		ID      int64   `json:"id"`
		Account account `json:"account"`
	} `json:"installation"`
	Organization account      `json:"organization"`
	Repository   *repository  `json:"repository"`
	PullRequest  *pullRequest `json:"pull_request"`
	CheckRun     *struct {
		Name       string     `json:"name"`
		HeadSHA    string     `json:"head_sha"`
		CheckSuite checkSuite `json:"check_suite"`
		App        app        `json:"app"`
		// PullRequests is empty for a fork's head.
		PullRequests []pullRequestRef `json:"pull_requests"`
	} `json:"check_run"`
	CheckSuite *checkSuite `json:"check_suite"`
	Comment    *comment    `json:"comment"`
	Issue      *struct {
		Number      int              `json:"number"`
		PullRequest *json.RawMessage `json:"pull_request"`
		User        account          `json:"user"`
	} `json:"issue"`
	Sender account `json:"sender"`

	Ref     string `json:"ref"`
	After   string `json:"after"`
	Deleted bool   `json:"deleted"`

	Repositories        []repository `json:"repositories"`
	RepositoriesAdded   []repository `json:"repositories_added"`
	RepositoriesRemoved []repository `json:"repositories_removed"`

	Changes struct {
		Base *json.RawMessage `json:"base"`
	} `json:"changes"`
}

type account struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

type app struct {
	ID int64 `json:"id"`
}

type repository struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	Name          string `json:"name"`
	DefaultBranch string `json:"default_branch"`
}

type pullRequest struct {
	Number int `json:"number"`
	Head   struct {
		SHA  string `json:"sha"`
		Repo *struct {
			FullName string `json:"full_name"`
		} `json:"repo"`
	} `json:"head"`
}

type pullRequestRef struct {
	Number int `json:"number"`
	Base   struct {
		Repo struct {
			ID int64 `json:"id"`
		} `json:"repo"`
	} `json:"base"`
}

type checkSuite struct {
	HeadSHA      string           `json:"head_sha"`
	App          app              `json:"app"`
	PullRequests []pullRequestRef `json:"pull_requests"`
}

type comment struct {
	ID                int64   `json:"id"`
	Body              string  `json:"body"`
	User              account `json:"user"`
	CreatedAt         string  `json:"created_at"`
	AuthorAssociation string  `json:"author_association"`
}

// isRepository reports whether the payload names one.
func (p *payload) isRepository() bool {
	return p.Repository != nil && p.Repository.ID != 0 && strings.Count(p.Repository.FullName, "/") == 1
}

// hint builds a Hint whose payload is what the worker reads back.
func hint(kind, key string, body any) (queue.Hint, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return queue.Hint{}, fmt.Errorf("hint for %s: %w", key, err)
	}
	return queue.Hint{Kind: kind, Key: key, Payload: b}, nil
}
