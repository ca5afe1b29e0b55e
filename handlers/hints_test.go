package handlers_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/cairn-dev/cairn/handlers"
)

// GitHub lists the pull requests that a head is in, also those into a repository
// that this one is a fork of: their numbers say nothing here. Whatever they are, a
// commit's re-run is a job of its own, which no other replaces.
func TestRerunNamesPullRequestsOfThisRepositoryOnly(t *testing.T) {
	t.Parallel()
	const own, other = 7, 999
	for name, c := range map[string]struct {
		refs string
		want string
	}{
		"none":      {`[]`, "[]"},
		"own":       {fmt.Sprintf(`[{"number": 3, "base": {"repo": {"id": %d}}}]`, own), "[3]"},
		"another's": {fmt.Sprintf(`[{"number": 77, "base": {"repo": {"id": %d}}}]`, other), "[]"},
		"both": {fmt.Sprintf(`[{"number": 77, "base": {"repo": {"id": %d}}}, {"number": 3, "base": {"repo": {"id": %d}}}]`,
			other, own), "[3]"},
	} {
		for event, body := range map[string]string{
			"check_run":   `"check_run": {"head_sha": "abc", "pull_requests": %s}`,
			"check_suite": `"check_suite": {"head_sha": "abc", "pull_requests": %s}`,
		} {
			t.Run(event+" "+name, func(t *testing.T) {
				t.Parallel()
				payload := fmt.Sprintf(`{"action": "rerequested", "installation": {"id": 1}, "repository": {"id": %d, "full_name": "acme/pay"}, `+body+`}`, own, c.refs)
				d, err := handlers.Classify(event, "guid", []byte(payload))
				if err != nil {
					t.Fatal(err)
				}
				if len(d.Hints) != 1 || d.Hints[0].Key != "commit:acme/pay@abc" {
					t.Fatalf("work %v", d.Hints)
				}
				var job struct{ Numbers []int }
				if err := json.Unmarshal(d.Hints[0].Payload, &job); err != nil || fmt.Sprint(job.Numbers) != c.want {
					t.Errorf("pull requests %v, %v, want %s", job.Numbers, err, c.want)
				}
			})
		}
	}
}
