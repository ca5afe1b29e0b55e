package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// pullRequest judges a pull request's head and says so in its check run: one read,
// one write.
func (h *Handlers) pullRequest(ctx context.Context, job queue.Job, body pullRequestJob) (queue.Outcome, error) {
	name, ok := repo.ParseName(body.Repo)
	if !ok {
		return queue.Outcome{}, queue.Permanent(fmt.Errorf("%q is no repository name", body.Repo))
	}
	ref := github.PullRequestRef{Name: name, Number: body.Number, HeadSHA: body.HeadSHA}
	pr, policy, problems, err := h.readPullRequest(ctx, job.InstallationID, ref)
	var gone *github.NotFoundError
	switch {
	case errors.As(err, &gone):
		return queue.Outcome{Summary: fmt.Sprintf("%s#%d is not there (any more)", name, body.Number)}, nil
	case err != nil:
		return queue.Outcome{}, err
	case pr.State != "open":
		return queue.Outcome{Summary: fmt.Sprintf("%s#%d is %s: nothing to judge", name, body.Number, pr.State), URL: pr.URL}, nil
	}
	mode := policy.ModeFor(pr.Head.Name.String())
	if mode == config.Off {
		return queue.Outcome{Summary: fmt.Sprintf("%s#%d: the policy is off here", name, body.Number), URL: pr.URL}, nil
	}

	settings := settingsText(pr.Settings)
	head := checks.Evaluate(checks.Input{Snapshot: pr.Head, Base: pr.Base, Settings: settings, Policy: policy})
	var base *checks.Report
	if pr.Base != nil {
		report := checks.Evaluate(checks.Input{Snapshot: pr.Base, Settings: settings, Policy: policy})
		base = &report
	}
	render := checks.RenderInput{
		Report: head, Base: base, Mode: mode, PolicyProblems: problems,
		Scorecards: scorecards(pr.Head, head, policy),
	}
	if render.Changed, err = h.changedPaths(ctx, job.InstallationID, name, pr, head); err != nil {
		return queue.Outcome{}, err
	}
	output := checks.Render(render)
	outcome, err := h.say(ctx, job.InstallationID, verdict{
		snapshot: pr.Head, pullRequest: pr.Number, report: head, output: output, existing: pr.CheckRuns,
		subject: fmt.Sprintf("%s#%d", name, pr.Number),
	})
	if err == nil && pr.Stale {
		err = h.lookAgain(ctx, job, body)
	}
	return outcome, err
}

// staleWait is how long GitHub's answers may lag behind its webhooks.
const staleWait = 5 * time.Second

// lookAgain asks for one more round: the head that was read is not the one the
// event named, so either a newer event is on its way, which replaces this hint, or
// GitHub's answer was older than its event.
func (h *Handlers) lookAgain(ctx context.Context, job queue.Job, body pullRequestJob) error {
	body.HeadSHA = ""
	next, err := body.hint()
	if err != nil {
		return err
	}
	next.RunAt = h.Now().Add(staleWait)
	_, err = h.enqueue(ctx, job, []queue.Hint{next}, "")
	return err
}

// readPullRequest reads under the policy in force, and once more when the policy
// has moved on so far that other files are wanted.
func (h *Handlers) readPullRequest(ctx context.Context, installation int64, ref github.PullRequestRef) (*github.PullRequest, *config.Policy, []config.Problem, error) {
	known, err := h.Policies.inForce(ctx, ref.Name.Owner)
	if err != nil {
		return nil, nil, nil, err
	}
	for {
		want := policyWant(known.policy)
		pr, err := h.GitHub.ReadPullRequest(ctx, installation, ref, h.readOptions(want))
		if err != nil {
			return nil, nil, nil, err
		}
		fresh, problems, err := h.Policies.take(ctx, ref.Name.Owner, pr.Policy)
		if err != nil {
			return nil, nil, nil, err
		}
		if fresh.oid == known.oid || want.Covers(policyWant(fresh.policy)) {
			return pr, fresh.policy, problems, nil
		}
		known = fresh
	}
}

// policyWant says what has to be read for all that a policy asks: golden paths and
// scorecards are answered from the same read.
func policyWant(p *config.Policy) repo.Want {
	return checks.Want(p).Merge(scorecard.Wants(p.Scorecards))
}

// scorecards is the check run's section about the service's scorecards.
func scorecards(s *repo.Snapshot, report checks.Report, p *config.Policy) string {
	answer, ok := scorecard.OfService(s, report, p.Scorecards)
	if !ok {
		return ""
	}
	return scorecard.Markdown(answer)
}

func (h *Handlers) readOptions(want repo.Want) github.ReadOptions {
	return github.ReadOptions{
		Want:         want,
		PolicyRepo:   h.PolicyRepository,
		PolicyPath:   h.PolicyPath,
		SettingsPath: config.SettingsPath,
		CheckName:    checks.CheckRunName,
		AppID:        h.AppID,
	}
}

// settingsText is what the repository says about itself on its default branch,
// whatever branch the pull request goes to.
func settingsText(doc *github.Document) *string {
	text := ""
	if doc != nil && doc.File.Read {
		text = doc.File.Text
	}
	return &text
}

// changedPaths lists the files of the pull request, never nil: annotations go on
// them. It costs nothing unless there are more files than one read brings and
// something to say about a file that is not among those.
func (h *Handlers) changedPaths(ctx context.Context, installation int64, name repo.Name, pr *github.PullRequest, report checks.Report) ([]string, error) {
	paths := make([]string, len(pr.Changed))
	for i, f := range pr.Changed {
		paths[i] = f.Path
	}
	if pr.ChangedTotal <= len(paths) {
		return paths, nil
	}
	for _, check := range report.Checks {
		for _, place := range check.Places {
			if !slices.Contains(paths, place.File) {
				return h.GitHub.ChangedFiles(ctx, installation, name, pr.Number)
			}
		}
	}
	return paths, nil
}

// verdict is a judged head on its way to GitHub and the store.
type verdict struct {
	snapshot    *repo.Snapshot
	pullRequest int // 0 for the default branch
	report      checks.Report
	output      checks.Output
	existing    []github.ExistingCheckRun
	subject     string // for the outcome's line
}

// say writes the check run, unless GitHub shows the same already, and keeps the
// report.
func (h *Handlers) say(ctx context.Context, installation int64, v verdict) (queue.Outcome, error) {
	said, err := digest(v.output)
	if err != nil {
		return queue.Outcome{}, err
	}
	run := github.CheckRun{
		Name: checks.CheckRunName, HeadSHA: v.snapshot.SHA, ExternalID: "golden-path:" + said,
		Status: "completed", Conclusion: v.output.Conclusion,
		Title: v.output.Title, Summary: v.output.Summary, Text: v.output.Text,
		Annotations: annotations(v.output.Annotations), CompletedAt: h.Now(),
	}
	did := "created"
	if len(v.existing) > 0 {
		old := v.existing[0]
		if saysSo(old, run) {
			return queue.Outcome{Summary: v.subject + ": the check run says so already: " + v.output.Title, URL: old.URL}, h.keep(ctx, v, old.ID)
		}
		did = "updated"
		run.ID, run.Shown, run.ShownTotal = old.ID, old.Annotations, old.Total
	}
	written, err := h.GitHub.WriteCheckRun(ctx, installation, v.snapshot.Name, run)
	if err != nil {
		return queue.Outcome{}, err
	}
	if err := h.keep(ctx, v, written.ID); err != nil {
		return queue.Outcome{}, err
	}
	return queue.Outcome{
		Summary: fmt.Sprintf("%s: check run %s: %s (%s)", v.subject, did, v.output.Title, v.output.Conclusion),
		URL:     written.URL,
	}, nil
}

// saysSo reports whether a check run that exists is the one that would be written:
// its external ID is the digest of all that it says. Who asked for a re-run waits
// for an answer, so it is written again then.
func saysSo(old github.ExistingCheckRun, run github.CheckRun) bool {
	return !old.Asked && old.ExternalID == run.ExternalID && old.Status == run.Status && old.Conclusion == run.Conclusion && old.Total >= len(run.Annotations)
}

// keep records the report; later events ask which pull request had a head, and
// what the default branch's score was.
func (h *Handlers) keep(ctx context.Context, v verdict, checkRun int64) error {
	report, err := json.Marshal(v.report)
	if err != nil {
		return fmt.Errorf("write the report of %s: %w", v.subject, err)
	}
	err = h.Store.SaveReport(ctx, store.Report{
		RepositoryID: v.snapshot.ID, Repository: v.snapshot.Name.String(), SHA: v.snapshot.SHA, Branch: v.snapshot.Branch,
		PullRequest: v.pullRequest, Service: v.report.Service, GoldenPath: v.report.Path,
		Status: string(v.report.Status), Score: v.report.Whole(), JSON: report, CheckRunID: checkRun, Conclusion: v.output.Conclusion, EvaluatedAt: h.Now(),
	})
	if err != nil {
		return fmt.Errorf("keep the report of %s: %w", v.subject, err)
	}
	return nil
}

// digest stands for all that a check run says.
func digest(o checks.Output) (string, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("write the check run's content: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

func annotations(in []checks.Annotation) []github.Annotation {
	out := make([]github.Annotation, len(in))
	for i, a := range in {
		message := a.Message
		if a.RawDetails != "" {
			message += "\n\n" + a.RawDetails
		}
		out[i] = github.Annotation{Path: a.Path, StartLine: a.StartLine, EndLine: a.EndLine, Level: a.Level, Title: a.Title, Message: message}
	}
	return out
}
