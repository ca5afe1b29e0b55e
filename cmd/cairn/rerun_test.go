package main

import (
	"fmt"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// GitHub leaves a check run as it is when somebody asks for it again, and sets its
// suite back to queued: people see "queued" until the App has written.

// judged has one pull request, of pay, with its check run.
func judged(t *testing.T) *spine {
	t.Helper()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	s.settle()
	return s
}

// wantAnswered asserts that the check run stands as before, answered by one update.
func (s *spine) wantAnswered(before, after githubsim.Verdict) {
	s.t.Helper()
	if after.Suite != "completed" {
		s.t.Errorf("the check suite is left %s; what was done:\n%s", after.Suite, s.outcomes())
	}
	if after.ID != before.ID || after.Conclusion != before.Conclusion || after.Annotations != before.Annotations || after.Title != before.Title {
		s.t.Errorf("after the re-run %+v, before %+v", after, before)
	}
	if got := s.requests(); got[update] != 1 || got[write] != 0 {
		s.t.Errorf("requests %v, want one update and no creation", got)
	}
	s.sim.ResetRequests()
}

func TestRerunUpdatesTheSameCheckRun(t *testing.T) {
	t.Parallel()
	s := judged(t)
	s.sim.ResetRequests()
	before := s.verdict("pay", 1)
	s.must(s.sim.RerunCheck("acme", "pay", before.ID, "ada"))
	s.settle()
	s.wantAnswered(before, s.verdict("pay", 1))
	s.must(s.sim.RerunSuite("acme", "pay", before.SHA, "ada"))
	s.settle()
	s.wantAnswered(before, s.verdict("pay", 1))
}

// A check run that is history is answered as well, and stays what it was.
func TestRerunOfHistoryIsAnswered(t *testing.T) {
	t.Parallel()
	s := judged(t)
	merged, former := s.verdict("pay", 1), s.verdict("pay", 0)
	s.must(s.sim.MergePullRequest("acme", "pay", 1, "ada"))
	s.settle()
	s.sim.ResetRequests()

	s.must(s.sim.RerunCheck("acme", "pay", merged.ID, "ada"))
	s.settle()
	s.wantAnswered(merged, s.verdict("pay", 1))
	s.must(s.sim.RerunSuite("acme", "pay", merged.SHA, "ada"))
	s.settle()
	s.wantAnswered(merged, s.verdict("pay", 1))

	s.must(s.sim.RerunCheck("acme", "pay", former.ID, "ada")) // a commit that main has left behind
	s.settle()
	s.wantSuite(former.SHA)
}

// Former heads of a pull request and of the default branch, all at once, and with the
// policy off meanwhile: each is answered, and none changes what it says.
func TestRerunOfFormerHeadsIsAnswered(t *testing.T) {
	t.Parallel()
	s := judged(t)
	var shas []string
	for n := range 4 {
		shas = append(shas, s.verdict("pay", 0).SHA, s.verdict("pay", 1).SHA)
		s.push("pay", "topic", "docs/index.md", fmt.Sprintf("# Pay %d\n", n))
		s.push("pay", "main", "k8s/x.yaml", fmt.Sprintf("kind: %d\n", n)) // on main enforce fails
		s.settle()
	}
	before := map[string]string{}
	for _, sha := range shas {
		before[sha] = s.conclusion(sha)
	}
	s.repository(".github")
	for _, mode := range []string{"advise", "off"} {
		s.push(".github", "main", ".platform/policy.yaml", "mode: "+mode+"\n")
		s.push("pay", "main", "note.md", mode)
		s.settle()
		for _, sha := range append(shas, s.verdict("pay", 1).SHA) {
			s.must(s.sim.RerunSuite("acme", "pay", sha, "ada"))
		}
		s.settle()
		for _, sha := range shas {
			s.wantSuite(sha)
			if got := s.conclusion(sha); got != before[sha] {
				t.Errorf("mode %s: the check run of a former head turned from %s to %s", mode, before[sha], got)
			}
		}
		s.wantSuite(s.verdict("pay", 1).SHA)
	}
}

// wantSuite asserts that nobody waits for a commit's checks.
func (s *spine) wantSuite(sha string) {
	s.t.Helper()
	status, _, err := s.sim.Suite("acme", "pay", sha)
	s.must(err)
	if status != "completed" {
		s.t.Errorf("the check suite of %.7s is left %s; what was done:\n%s", sha, status, s.outcomes())
	}
}

func (s *spine) conclusion(sha string) string {
	s.t.Helper()
	_, conclusion, err := s.sim.Suite("acme", "pay", sha)
	s.must(err)
	return conclusion
}
