package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// GitHub leaves a check run as it is when somebody asks for it again, and sets its
// suite back to queued: people see "queued" until the App has written.

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
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	s.settle()
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
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	s.settle()
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

// What was answered and called for no work is no gap.
func TestIgnoredDeliveriesAreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.clock.set(10 * time.Minute) // what came a moment ago is left alone
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n") // no default branch, no pull request: nothing to do
	s.settle()
	s.clock.set(0)
	s.must(recoverDeliveries(t.Context(), s.app.github, s.app.queue, s.app.logger))
	s.settle()
	for _, d := range s.sim.Deliveries() {
		if d.Redelivery {
			t.Errorf("%s was delivered again", d.Event)
		}
	}
	if strings.Contains(s.log.String(), "gap ") {
		t.Errorf("a gap is told where there was none:\n%s", s.log)
	}
}

// Annotations go on the files of the pull request, however many it has.
func TestAnnotationsKeepToTheFilesOfALargePullRequest(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	files := map[string]githubsim.Change{"zz/k8s/x.yaml": {Content: []byte("a: b\n")}}
	for n := range 120 {
		files[fmt.Sprintf("notes/%03d.txt", n)] = githubsim.Change{Content: []byte("x")}
	}
	_, err := s.sim.Push("acme", "pay", "notes", "ada", "Notes", files)
	s.must(err)
	s.pull("pay", "notes")
	s.settle()
	if v := s.verdict("pay", 1); v.Annotations != 0 {
		t.Errorf("%d annotations on files that the pull request does not touch: %s", v.Annotations, v.Title)
	}
	delete(files, "zz/k8s/x.yaml")
	files["k8s/zz.yaml"] = githubsim.Change{Content: []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pay}\nspec: {}\n")}
	files["README.md"] = githubsim.Change{Content: []byte("")}
	_, err = s.sim.Push("acme", "pay", "more", "ada", "More", files)
	s.must(err)
	s.pull("pay", "more")
	s.settle()
	if v := s.verdict("pay", 2); v.Annotations == 0 {
		t.Errorf("no annotation on the pull request's own broken file: %s", v.Title)
	}
}
