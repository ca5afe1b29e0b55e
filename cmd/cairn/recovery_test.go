package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

func TestOutageIsRecovered(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.clock.set(10 * time.Minute)
	s.sim.SetWebhook("http://127.0.0.1:1/nobody", testSecret)
	s.pull("pay", "topic")
	s.push("pay", "main", "main.go", "package main\n")
	s.must(s.sim.Quiet(t.Context()))
	s.clock.set(0)
	s.run()
	eventually(t, func() error {
		runs, err := s.sim.Verdicts("acme", "pay", 1)
		if err != nil || len(runs) != 1 || runs[0].Conclusion == "" {
			return fmt.Errorf("check runs %v, error %w\n%s", runs, err, s.log)
		}
		return nil
	})
	s.settle()
	s.verdict("pay", 0)
	if !strings.Contains(s.log.String(), "gap ") || !strings.Contains(s.log.String(), "recovered") {
		t.Errorf("no line tells of the gap:\n%s", s.log)
	}
}

// What was answered and called for no work is no gap.
func TestIgnoredDeliveriesAreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.clock.set(10 * time.Minute) // what came a moment ago is left alone
	s.start()
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
