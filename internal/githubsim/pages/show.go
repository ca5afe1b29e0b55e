package pages

import (
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// mark is a small round sign with a word for those who do not see it.
type mark struct{ Class, Word, Sign string }

// markOf shows a status (queued, in_progress, completed, a deployment's state) and
// a conclusion; nil when there is nothing to show.
func markOf(status, conclusion string) *mark {
	word := conclusion
	if word == "" {
		word = status
	}
	signs := map[string]string{
		"success": "✓", "active": "✓", "failure": "✕", "error": "✕", "timed_out": "✕", "action_required": "!", "neutral": "–", "skipped": "–",
		"cancelled": "–", "inactive": "–", "stale": "–", "queued": "…", "in_progress": "…", "pending": "…", "requested": "…", "waiting": "…",
	}
	if word == "" || word == "completed" {
		return nil
	}
	sign := signs[word]
	if sign == "" {
		sign = "·"
	}
	class := word
	if word == "error" {
		class = "failure"
	}
	return &mark{Class: class, Word: strings.ReplaceAll(word, "_", " "), Sign: sign}
}

// checkMark is the mark of a commit: none until a check has reported.
func checkMark(v githubsim.CheckView) *mark {
	if len(v.Runs) == 0 {
		return nil
	}
	return markOf(v.Status, v.Conclusion)
}

// checks is the box of a commit's check runs.
type checks struct {
	Path, Back, SHA string
	Runs            []run
}

type run struct {
	ID               int64
	Name, Title, App string
	Mark             *mark
	Open             bool
	At               time.Time
	DetailsURL       string
	Summary, Text    template.HTML
	Actions          []githubsim.CheckAction
	Annotations      []note
	Total, Left      int
}

type note struct{ URL, Path, Lines, Level, Title, Message, Details string }

// maxNotes is how many annotations of a check run a page lists.
const maxNotes = 200

// checks shows a commit's check runs; back is the page they stand on and open
// unfolds them all.
func (s *site) checks(repo githubsim.RepositoryView, v githubsim.CheckView, back string, open bool) checks {
	out := checks{Path: join(repo.Owner, repo.Name), Back: back, SHA: v.SHA}
	for _, c := range v.Runs {
		shown := run{
			ID: c.ID, Name: c.Name, Title: c.Title, App: v.App, Mark: markOf(c.Status, c.Conclusion), At: c.CompletedAt,
			Open: open, Summary: s.markdown.comment(c.Summary), Text: s.markdown.comment(c.Text), Actions: c.Actions, Total: len(c.Annotations),
		}
		if strings.HasPrefix(c.DetailsURL, "https://") || strings.HasPrefix(c.DetailsURL, "http://") {
			shown.DetailsURL = c.DetailsURL
		}
		for _, a := range c.Annotations[:min(len(c.Annotations), maxNotes)] {
			shown.Annotations = append(shown.Annotations, noteOf(repo, v.SHA, a))
		}
		shown.Left = shown.Total - len(shown.Annotations)
		out.Runs = append(out.Runs, shown)
	}
	return out
}

func noteOf(repo githubsim.RepositoryView, sha string, a githubsim.Annotation) note {
	n := note{
		URL:  join(repo.Owner, repo.Name, "blob", sha, a.Path) + "#L" + strconv.Itoa(a.StartLine),
		Path: a.Path, Lines: strconv.Itoa(a.StartLine), Level: a.AnnotationLevel, Title: a.Title, Message: a.Message, Details: a.RawDetails,
	}
	if a.EndLine > a.StartLine {
		n.Lines += "–" + strconv.Itoa(a.EndLine)
	}
	return n
}

// diff is a changed file.
type diff struct {
	Path, Status         string
	Additions, Deletions int
	Lines                []diffLine
	More                 int // lines left out
}

type diffLine struct{ Kind, Old, New, Text string }

// maxDiff is how many lines of a file's patch a page shows.
const maxDiff = 1500

func diffs(files []githubsim.FileChange) []diff {
	var out []diff
	for _, f := range files {
		d := diff{Path: f.Path, Status: f.Status, Additions: f.Additions, Deletions: f.Deletions}
		d.Lines = patchLines(f.Patch)
		if len(d.Lines) > maxDiff {
			d.Lines, d.More = d.Lines[:maxDiff], len(d.Lines)-maxDiff
		}
		out = append(out, d)
	}
	return out
}

var hunkHeader = regexp.MustCompile(`^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@`)

// patchLines numbers the lines of a patch.
func patchLines(patch string) []diffLine {
	if patch == "" {
		return nil
	}
	var out []diffLine
	before, after := 0, 0
	for line := range strings.SplitSeq(patch, "\n") {
		if m := hunkHeader.FindStringSubmatch(line); m != nil {
			before, after = number(m[1]), number(m[2])
			out = append(out, diffLine{Kind: "hunk", Text: line})
			continue
		}
		kind := "same"
		switch {
		case strings.HasPrefix(line, "+"):
			kind = "add"
		case strings.HasPrefix(line, "-"):
			kind = "del"
		case strings.HasPrefix(line, `\`):
			kind = "hunk"
		}
		l := diffLine{Kind: kind, Text: line}
		if kind == "del" || kind == "same" {
			l.Old = strconv.Itoa(before)
			before++
		}
		if kind == "add" || kind == "same" {
			l.New = strconv.Itoa(after)
			after++
		}
		out = append(out, l)
	}
	return out
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// row is an issue or pull request in a list.
type row struct {
	URL, Title, State, Author string
	Number                    int
	Mark                      *mark
	At                        time.Time
}

func rows(repo githubsim.RepositoryView, list []githubsim.IssueView, openOnly bool) []row {
	var out []row
	for _, i := range list {
		if openOnly && i.State != "open" {
			continue
		}
		r := row{URL: issuePath(repo, i), Title: i.Title, State: i.State, Author: i.Author, Number: i.Number, At: i.At}
		if i.Pull != nil {
			r.Mark = checkMark(i.Pull.Checks)
		}
		out = append(out, r)
	}
	return out
}

func issuePath(repo githubsim.RepositoryView, i githubsim.IssueView) string {
	kind := "issues"
	if i.Pull != nil {
		kind = "pull"
	}
	return join(repo.Owner, repo.Name, kind, strconv.Itoa(i.Number))
}

type reaction struct {
	Emoji, Who string
	Count      int
}

func reactions(list []githubsim.ReactionView) []reaction {
	emoji := map[string]string{
		"+1": "👍", "-1": "👎", "laugh": "😄", "confused": "😕", "heart": "❤️", "hooray": "🎉", "rocket": "🚀", "eyes": "👀",
	}
	var out []reaction
	for _, r := range list {
		out = append(out, reaction{Emoji: emoji[r.Content], Count: len(r.Who), Who: strings.Join(r.Who, ", ") + ": " + r.Content})
	}
	return out
}

type commitRow struct {
	URL, Headline, SHA, Author string
	At                         time.Time
}

func commitRowOf(repo githubsim.RepositoryView, c githubsim.CommitView) commitRow {
	headline, _, _ := strings.Cut(c.Message, "\n")
	return commitRow{URL: join(repo.Owner, repo.Name, "commit", c.SHA), Headline: headline, SHA: c.SHA, Author: c.Author, At: c.At}
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 1024:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/1024)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
