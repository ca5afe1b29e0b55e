package main

import (
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
	if suite := s.suiteOf("pay", former.SHA); suite != "completed" {
		t.Errorf("the check suite of a former commit is left %s; what was done:\n%s", suite, s.outcomes())
	}
}

func (s *spine) suiteOf(name, sha string) string {
	s.t.Helper()
	suite, err := s.sim.SuiteStatus("acme", name, sha)
	s.must(err)
	return suite
}
