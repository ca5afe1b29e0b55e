package handlers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
)

// command is a slash command: its help is data beside its code.
type command struct {
	Name  string
	Usage string
	Help  string
	// NeedsTrust keeps it for owners, members, collaborators and the author of the
	// issue or pull request.
	NeedsTrust bool
	run        func(ctx context.Context, h *Handlers, job queue.Job, body commentJob) (answer, error)
}

// answer is what a command says: a reaction, and a comment when there is more to
// say than that.
type answer struct {
	Reaction string // of GitHub's: rocket, confused, -1
	Comment  string // Markdown; "" for none
}

// commands lists every slash command. A new one is one entry here.
func commands() []command {
	return []command{
		{
			Name: "check", Usage: "/platform check", NeedsTrust: true,
			Help: "judges this pull request again", run: runCheck,
		},
		{
			Name: "help", Usage: "/platform help",
			Help: "shows this list", run: runHelp,
		},
	}
}

// comment answers a slash command: eyes at once, then the work, then a last word.
func (h *Handlers) comment(ctx context.Context, job queue.Job, body commentJob) (queue.Outcome, error) {
	name, ok := repo.ParseName(body.Repo)
	if !ok {
		return queue.Outcome{}, queue.Permanent(fmt.Errorf("%q is no repository name", body.Repo))
	}
	if err := h.GitHub.React(ctx, job.InstallationID, name, body.CommentID, "eyes"); err != nil {
		return queue.Outcome{}, err
	}
	said, err := h.answer(ctx, job, body)
	if err != nil {
		return queue.Outcome{}, err
	}
	kind := "issues"
	if body.PullRequest {
		kind = "pull"
	}
	url := fmt.Sprintf("%s/%s/%d#issuecomment-%d", h.GitHub.RepositoryURL(name), kind, body.Number, body.CommentID)
	if said.Comment != "" {
		// The comment's marker names the command it answers, so that a second round
		// after a crash finds the answer instead of giving it again.
		marker := fmt.Sprintf("<!-- cairn: answer to %d -->", body.CommentID)
		written, err := h.GitHub.CommentOnce(ctx, job.InstallationID, name, body.Number, body.writtenAt(), marker, said.Comment)
		if err != nil {
			return queue.Outcome{}, err
		}
		url = written.URL
	}
	if err := h.GitHub.React(ctx, job.InstallationID, name, body.CommentID, said.Reaction); err != nil {
		return queue.Outcome{}, err
	}
	return queue.Outcome{Summary: fmt.Sprintf("%s#%d: answered %q with %s", body.Repo, body.Number, body.Command, said.Reaction), URL: url}, nil
}

// writtenAt is when the command was written; answers to it are younger.
func (j commentJob) writtenAt() time.Time {
	t, err := time.Parse(time.RFC3339, j.WrittenAt)
	if err != nil {
		return time.Time{} // a payload without a time: every comment may be the answer
	}
	return t
}

func (h *Handlers) answer(ctx context.Context, job queue.Job, body commentJob) (answer, error) {
	word := "help"
	if fields := strings.Fields(body.Command); len(fields) > 1 {
		word = fields[1]
	}
	for _, c := range commands() {
		switch {
		case c.Name != word:
		case c.NeedsTrust && !body.Trusted:
			return answer{Reaction: "-1", Comment: "This command is for members of the organisation and for the author."}, nil
		default:
			return c.run(ctx, h, job, body)
		}
	}
	return answer{Reaction: "confused", Comment: "There is no such command. " + commandList()}, nil
}

func runCheck(ctx context.Context, h *Handlers, job queue.Job, body commentJob) (answer, error) {
	if !body.PullRequest {
		return answer{Reaction: "confused", Comment: "`/platform check` judges a pull request, and this is an issue. Write it there."}, nil
	}
	next, err := pullRequestJob{Repo: body.Repo, Number: body.Number}.hint()
	if err != nil {
		return answer{}, err
	}
	if _, err := h.enqueue(ctx, job, []queue.Hint{next}, ""); err != nil {
		return answer{}, err
	}
	return answer{Reaction: "rocket"}, nil
}

func runHelp(context.Context, *Handlers, queue.Job, commentJob) (answer, error) {
	return answer{Reaction: "rocket", Comment: commandList()}, nil
}

func commandList() string {
	var b strings.Builder
	b.WriteString("These are the commands, each on a line of its own in a new comment:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "- `%s` %s\n", c.Usage, c.Help)
	}
	return b.String()
}
