package demo

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// expected is what a head's one check run should say after the day.
type expected struct {
	repository string
	pull       int // 0: the default branch
	conclusion string
	title      string
}

func verdicts() []expected {
	return []expected{
		{"payments", 0, "success", "Backend Service (Go): 100/100, on the golden path"},
		{"ledger", 0, "failure", "to mend"},
		{"ledger", 1, "failure", "66/100, 2 checks to mend"},
		{"payments", 1, "success", "100/100"},
		{"storefront", 0, "success", "Frontend Application (React)"},
		{"storefront", 1, "success", "Frontend Application (React)"},
		{"orders-etl", 0, "neutral", "Data Pipeline (Airflow): 80/100, 1 check to mend"},
		{"inventory", 1, "failure", "to mend"},
	}
}

// Check compares what the day left on GitHub and in the catalog with what it
// should, and says in words what differs.
func Check(sim *githubsim.Server, entities []string) []string {
	var failures []string
	fail := func(format string, args ...any) { failures = append(failures, fmt.Sprintf(format, args...)) }
	for _, e := range verdicts() {
		runs, err := sim.Verdicts(Org, e.repository, e.pull)
		switch {
		case err != nil:
			fail("%v", err)
		case len(runs) != 1:
			fail("%s#%d has %d check runs, not one", e.repository, e.pull, len(runs))
		case e.conclusion != "" && runs[0].Conclusion != e.conclusion, !strings.Contains(runs[0].Title, e.title):
			fail("%s#%d: %s %q, not %s %q", e.repository, e.pull, runs[0].Conclusion, runs[0].Title, e.conclusion, e.title)
		}
	}
	want := []string{
		"api:default/payments-api", "component:default/inventory", "component:default/ledger", "component:default/orders-pipeline",
		"component:default/payments", "component:default/storefront",
		"group:default/team-data", "group:default/team-payments", "group:default/team-platform", "group:default/team-storefront",
		"user:default/ada", "user:default/grace", "user:default/linus", "user:default/mira",
	}
	if !slices.Equal(entities, want) {
		fail("the catalog holds %s, not %s", strings.Join(entities, ", "), strings.Join(want, ", "))
	}
	for _, c := range []struct {
		repository string
		number     int
		answer     string
	}{{"ledger", 1, "[rocket]"}, {"orders-etl", 1, "[rocket]"}} {
		comments := sim.CommentsOn(Org, c.repository, c.number)
		if len(comments) == 0 || !strings.Contains(comments[0], "[eyes]") || !strings.Contains(comments[0], c.answer) {
			fail("the command on %s#%d has no answer: %q", c.repository, c.number, comments)
		}
	}
	for _, d := range sim.Deliveries() {
		if d.StatusCode != http.StatusAccepted {
			fail("delivery %s of %s was answered %d", d.GUID, d.Event, d.StatusCode)
		}
	}
	return failures
}
