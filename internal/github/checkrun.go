package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v60/github"

	"github.com/cairn-dev/cairn/internal/repo"
)

// CheckRun is a check run as it should stand on a commit (docs.github.com,
// "REST API endpoints for check runs").
type CheckRun struct {
	ID          int64  // 0 to create one
	Name        string // "Golden path"
	HeadSHA     string
	ExternalID  string // the App's own key of it: the same key is the same run
	Status      string // queued, in_progress, completed
	Conclusion  string // success, failure, neutral, skipped, action_required, …; only when completed
	Title       string // cut at 255 characters
	Summary     string // Markdown; cut at 65,535 bytes, with a line that says so
	Text        string // Markdown; the same
	DetailsURL  string
	Annotations []Annotation // as many as there are; sent by 50
	Actions     []Action     // at most 3
	StartedAt   time.Time
	CompletedAt time.Time

	// Shown are the annotations the run has already, and ShownTotal their number.
	// GitHub appends annotations and never removes one, so those that are shown are
	// not sent again. ExistingCheckRun brings both.
	Shown      []Annotation
	ShownTotal int
}

// Annotation is a remark on lines of a file.
type Annotation struct {
	Path      string
	StartLine int    // from 1; 0 is taken as 1
	EndLine   int    // 0: StartLine
	Level     string // notice, warning, failure
	Title     string // cut at 255 characters
	Message   string // cut at 64 KB
}

// Action is a button of a check run.
type Action struct {
	Label       string // at most 20 characters
	Description string // at most 40
	Identifier  string // at most 20; comes back in check_run.requested_action
}

// ExistingCheckRun is one of the App's own check runs on a commit, newest first
// where there are several.
type ExistingCheckRun struct {
	ID          int64
	ExternalID  string
	Name        string
	Status      string // queued, in_progress, completed, …
	Conclusion  string // "" while not completed
	Title       string
	URL         string
	Annotations []Annotation // the first 100
	Total       int          // how many annotations there are
	// Asked is true when somebody asked for a re-run and nobody has answered: GitHub
	// sets the suite back to queued then, and leaves the run as it is.
	Asked bool
}

// GitHub's limits of a check run.
const (
	maxTitle             = 255
	maxOutput            = 65_535 // summary and text each
	maxMessage           = 64 << 10
	annotationsPerWrite  = 50
	maxActions           = 3
	maxActionLabel       = 20
	maxActionDescription = 40
	maxActionIdentifier  = 20
)

// Written is where a check run stands.
type Written struct {
	ID  int64
	URL string
}

// WriteCheckRun creates or updates a check run: one REST request for up to 50
// annotations, one more for every further 50. (An update whose run shows over 100
// annotations reads the others first, 100 a request.)
//
// When no one knows whether a creation took place (no answer, or GitHub's error),
// the run is looked up by its external ID before another is created. After an
// error Written names the run when it exists: some annotations may be missing, and
// the next update with its Shown adds them.
func (c *Client) WriteCheckRun(ctx context.Context, installationID int64, name repo.Name, run CheckRun) (Written, error) {
	op := fmt.Sprintf("write the check run %q on %s at %s", run.Name, name, run.HeadSHA)
	if err := run.validate(); err != nil {
		return Written{}, fmt.Errorf("%s: %w", op, err)
	}
	i, err := c.installation(installationID)
	if err != nil {
		return Written{}, fmt.Errorf("%s: %w", op, err)
	}
	w := checkRunWriter{client: i.rest, appID: c.appID, name: name, run: run}
	written, err := w.write(ctx)
	return written, c.explain(installationID, op, "checks: write", err)
}

type checkRunWriter struct {
	client *gogithub.Client
	appID  int64
	name   repo.Name
	run    CheckRun
}

func (w *checkRunWriter) write(ctx context.Context) (Written, error) {
	if err := w.readShown(ctx); err != nil {
		return Written{ID: w.run.ID}, err
	}
	left := without(w.run.Annotations, w.run.Shown)
	written := Written{ID: w.run.ID}
	if written.ID == 0 {
		first := batch(&left)
		made, err := w.create(ctx, first)
		if err != nil {
			return Written{}, err
		}
		written = made
	} else if err := w.update(ctx, &written, batch(&left)); err != nil {
		return written, err
	}
	for len(left) > 0 {
		if err := w.update(ctx, &written, batch(&left)); err != nil {
			return written, err
		}
	}
	return written, nil
}

// create makes the run, exactly once as far as GitHub can tell.
func (w *checkRunWriter) create(ctx context.Context, annotations []Annotation) (Written, error) {
	opts := w.createOptions(annotations)
	made, _, err := w.client.Checks.CreateCheckRun(ctx, w.name.Owner, w.name.Repo, opts)
	if err == nil {
		return Written{ID: made.GetID(), URL: made.GetHTMLURL()}, nil
	}
	if w.run.ExternalID == "" || !outcomeUnknown(ctx, err) {
		return Written{}, err
	}
	found, lookErr := w.find(ctx)
	if lookErr != nil {
		return Written{}, errors.Join(err, fmt.Errorf("look whether it was created all the same: %w", lookErr))
	}
	if found != (Written{}) {
		return found, nil
	}
	made, _, err = w.client.Checks.CreateCheckRun(ctx, w.name.Owner, w.name.Repo, opts)
	if err != nil {
		return Written{}, err
	}
	return Written{ID: made.GetID(), URL: made.GetHTMLURL()}, nil
}

// find looks the run up by its external ID; zero when it is not there.
func (w *checkRunWriter) find(ctx context.Context) (Written, error) {
	opts := &gogithub.ListCheckRunsOptions{CheckName: &w.run.Name, AppID: &w.appID, Filter: gogithub.String("all"), ListOptions: *firstPage()}
	for range maxPages {
		page, resp, err := w.client.Checks.ListCheckRunsForRef(ctx, w.name.Owner, w.name.Repo, w.run.HeadSHA, opts)
		if err != nil {
			return Written{}, err
		}
		for _, r := range page.CheckRuns {
			if r.GetExternalID() == w.run.ExternalID {
				return Written{ID: r.GetID(), URL: r.GetHTMLURL()}, nil
			}
		}
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	return Written{}, nil
}

func (w *checkRunWriter) update(ctx context.Context, written *Written, annotations []Annotation) error {
	updated, _, err := w.client.Checks.UpdateCheckRun(ctx, w.name.Owner, w.name.Repo, written.ID, w.updateOptions(annotations))
	if err != nil {
		return err
	}
	written.URL = updated.GetHTMLURL()
	return nil
}

// readShown completes Shown when the run has more annotations than one GraphQL
// read brings.
func (w *checkRunWriter) readShown(ctx context.Context) error {
	if w.run.ID == 0 || len(w.run.Annotations) == 0 || w.run.ShownTotal <= len(w.run.Shown) {
		return nil
	}
	var shown []Annotation
	opts := firstPage()
	for range maxPages {
		page, resp, err := w.client.Checks.ListCheckRunAnnotations(ctx, w.name.Owner, w.name.Repo, w.run.ID, opts)
		if err != nil {
			return err
		}
		for _, a := range page {
			shown = append(shown, Annotation{Path: a.GetPath(), StartLine: a.GetStartLine(), EndLine: a.GetEndLine(),
				Level: a.GetAnnotationLevel(), Title: a.GetTitle(), Message: a.GetMessage()})
		}
		if resp.NextPage == 0 {
			break
		}
		opts.Page = resp.NextPage
	}
	w.run.Shown = shown
	return nil
}

// batch takes the next annotations of one request.
func batch(left *[]Annotation) []Annotation {
	n := min(len(*left), annotationsPerWrite)
	taken := (*left)[:n]
	*left = (*left)[n:]
	return taken
}

// without returns the annotations that are not shown yet, as GitHub stores them.
func without(annotations, shown []Annotation) []Annotation {
	have := map[Annotation]bool{}
	for _, a := range shown {
		have[a.stored()] = true
	}
	var out []Annotation
	for _, a := range annotations {
		if a = a.stored(); !have[a] {
			have[a] = true
			out = append(out, a)
		}
	}
	return out
}

// stored is the annotation as GitHub takes it: lines from 1, texts within limits.
func (a Annotation) stored() Annotation {
	a.StartLine = max(a.StartLine, 1)
	a.EndLine = max(a.EndLine, a.StartLine)
	a.Level = cmp.Or(a.Level, "warning")
	a.Title = cutLine(a.Title, maxTitle)
	a.Message = cutText(a.Message, maxMessage)
	if a.Message == "" {
		a.Message = cmp.Or(a.Title, a.Path)
	}
	return a
}

func (run CheckRun) validate() error {
	var problems []error
	if run.Name == "" || run.ID == 0 && run.HeadSHA == "" {
		problems = append(problems, errors.New("a check run needs a name and a head SHA"))
	}
	if (run.Status == "completed") != (run.Conclusion != "") {
		problems = append(problems, fmt.Errorf("status %q does not go with conclusion %q", run.Status, run.Conclusion))
	}
	if run.Title == "" && (run.Summary != "" || run.Text != "" || len(run.Annotations) > 0) {
		problems = append(problems, errors.New("a summary, text or annotations need a title"))
	}
	if len(run.Actions) > maxActions {
		problems = append(problems, fmt.Errorf("%d actions, GitHub shows at most %d", len(run.Actions), maxActions))
	}
	for _, a := range run.Actions {
		if runes(a.Label) > maxActionLabel || runes(a.Description) > maxActionDescription || runes(a.Identifier) > maxActionIdentifier {
			problems = append(problems, fmt.Errorf("the action %q is longer than GitHub allows (label 20, description 40, identifier 20)", a.Label))
		}
	}
	for _, a := range run.Annotations {
		if a.Path == "" {
			problems = append(problems, fmt.Errorf("the annotation %q has no path", a.Title))
		}
	}
	return errors.Join(problems...)
}

func (w *checkRunWriter) createOptions(annotations []Annotation) gogithub.CreateCheckRunOptions {
	run := w.run
	return gogithub.CreateCheckRunOptions{
		Name: run.Name, HeadSHA: run.HeadSHA,
		DetailsURL: optional(run.DetailsURL), ExternalID: optional(run.ExternalID),
		Status: optional(run.Status), Conclusion: optional(run.Conclusion),
		StartedAt: timestamp(run.StartedAt), CompletedAt: timestamp(run.CompletedAt),
		Output: run.output(annotations), Actions: run.actions(),
	}
}

func (w *checkRunWriter) updateOptions(annotations []Annotation) gogithub.UpdateCheckRunOptions {
	run := w.run
	return gogithub.UpdateCheckRunOptions{
		Name:       run.Name,
		DetailsURL: optional(run.DetailsURL), ExternalID: optional(run.ExternalID),
		Status: optional(run.Status), Conclusion: optional(run.Conclusion),
		CompletedAt: timestamp(run.CompletedAt),
		Output:      run.output(annotations), Actions: run.actions(),
	}
}

// output is nil for a run without a title: GitHub wants both title and summary.
func (run CheckRun) output(annotations []Annotation) *gogithub.CheckRunOutput {
	if run.Title == "" {
		return nil
	}
	out := &gogithub.CheckRunOutput{
		Title:   gogithub.String(cutLine(run.Title, maxTitle)),
		Summary: gogithub.String(cutText(run.Summary, maxOutput)),
	}
	if run.Text != "" {
		out.Text = gogithub.String(cutText(run.Text, maxOutput))
	}
	for _, a := range annotations {
		out.Annotations = append(out.Annotations, &gogithub.CheckRunAnnotation{
			Path: &a.Path, StartLine: &a.StartLine, EndLine: &a.EndLine,
			AnnotationLevel: &a.Level, Message: &a.Message, Title: optional(a.Title),
		})
	}
	return out
}

func (run CheckRun) actions() []*gogithub.CheckRunAction {
	var out []*gogithub.CheckRunAction
	for _, a := range run.Actions {
		out = append(out, &gogithub.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.Identifier})
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timestamp(t time.Time) *gogithub.Timestamp {
	if t.IsZero() {
		return nil
	}
	return &gogithub.Timestamp{Time: t.UTC().Truncate(time.Second)}
}

// suitesNode is the answer of the fragment Runs.
type suitesNode struct {
	Nodes []struct {
		Status    string
		CheckRuns struct {
			Nodes []struct {
				DatabaseID  int64
				ExternalID  string
				Name        string
				Status      string
				Conclusion  string
				Title       string
				URL         string
				Annotations struct {
					TotalCount int
					Nodes      []annotationNode
				}
			}
		}
	}
}

type annotationNode struct {
	Path            string
	AnnotationLevel string
	Title           string
	Message         string
	Location        struct{ Start, End struct{ Line int } }
}

func (s suitesNode) runs() []ExistingCheckRun {
	var out []ExistingCheckRun
	for _, suite := range s.Nodes {
		for _, r := range suite.CheckRuns.Nodes {
			run := ExistingCheckRun{
				ID: r.DatabaseID, ExternalID: r.ExternalID, Name: r.Name, Status: strings.ToLower(r.Status),
				Conclusion: strings.ToLower(r.Conclusion), Title: r.Title, URL: r.URL, Total: r.Annotations.TotalCount,
				Asked: strings.EqualFold(suite.Status, "queued"),
			}
			for _, a := range r.Annotations.Nodes {
				run.Annotations = append(run.Annotations, Annotation{Path: a.Path, StartLine: a.Location.Start.Line,
					EndLine: a.Location.End.Line, Level: strings.ToLower(a.AnnotationLevel), Title: a.Title, Message: a.Message})
			}
			out = append(out, run)
		}
	}
	slices.SortFunc(out, func(a, b ExistingCheckRun) int { return cmp.Compare(b.ID, a.ID) })
	return out
}
