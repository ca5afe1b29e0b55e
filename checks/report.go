package checks

import "math"

// Status is the answer of one check, and of a whole Report (spec 7.2,
// ComplianceStatus).
type Status string

// The four statuses of spec 7.2.
const (
	Compliant     Status = "compliant"
	Partial       Status = "partial"
	NonCompliant  Status = "non_compliant"
	NotApplicable Status = "not_applicable"
)

// rank orders statuses from bad to good, to tell mended from broken.
func (s Status) rank() int {
	switch s {
	case NonCompliant:
		return 0
	case Partial:
		return 1
	}
	return 2
}

// Report is the verdict on one service (spec 7.2, GoldenPathCompliance). It
// marshals to what `cairn check --format json` prints.
//
// A repository on no golden path has Path "", Status NotApplicable, Score 0 and no
// checks.
type Report struct {
	Service string   `json:"service"`
	Path    string   `json:"path"` // the golden path's key, such as backend_service
	Status  Status   `json:"status"`
	Score   float64  `json:"score"`  // 0-100, not rounded
	Checks  []Result `json:"checks"` // never null

	// Title is the golden path's name for people, Reason why it was chosen; both are
	// for the text around a Report and do not survive JSON.
	Title  string `json:"-"`
	Reason string `json:"-"`
}

// Result is the answer of one check (spec 7.2, ComplianceCheck).
type Result struct {
	ID          string  `json:"id"`   // stable, such as ci-cd-pipeline
	Name        string  `json:"name"` // the spec's name, such as "CI/CD Pipeline"
	Status      Status  `json:"status"`
	Description string  `json:"description"` // one line of plain text: what was found
	Details     string  `json:"details"`     // Markdown: what is wrong and why it matters; safe to show
	Remediation string  `json:"remediation"` // Markdown: how to mend it, with a snippet to paste; safe to show
	Places      []Place `json:"places"`      // never null
}

// Place is where a finding is: a file of the repository and, when known, a line
// in it, counted from 1. Line 0 is for a file that is missing, unreadable or meant
// as a whole: it gets no annotation. Message is plain text and may quote the file.
type Place struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// Whole returns the score as people see it: cut, not rounded, so that 100 is only
// shown when it is meant.
func (r Report) Whole() int { return int(math.Floor(r.Score)) }

// Open counts the checks that are not in order.
func (r Report) Open() int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == Partial || c.Status == NonCompliant {
			n++
		}
	}
	return n
}

// check looks a result up by the check's ID.
func (r Report) check(id string) (Result, bool) {
	for _, c := range r.Checks {
		if c.ID == id {
			return c, true
		}
	}
	return Result{}, false
}

// score is spec 7.2's: compliant checks of those that apply, times 100; compliant
// only at 100, partial from 70. With none that applies there is nothing to say.
func score(results []Result) (float64, Status) {
	compliant, total := 0, 0
	for _, r := range results {
		if r.Status == NotApplicable {
			continue
		}
		total++
		if r.Status == Compliant {
			compliant++
		}
	}
	if total == 0 {
		return 0, NotApplicable
	}
	s := float64(compliant) / float64(total) * 100
	switch {
	case compliant == total:
		return 100, Compliant
	case s >= 70:
		return s, Partial
	}
	return s, NonCompliant
}
