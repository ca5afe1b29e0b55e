package handlers_test

import (
	"fmt"
	"testing"

	"github.com/cairn-dev/cairn/handlers"
)

// GitHub lists the pull requests that a head is in, also those into a repository
// that this one is a fork of: their numbers say nothing here.
func TestRerunNamesPullRequestsOfThisRepositoryOnly(t *testing.T) {
	t.Parallel()
	const own, other = 7, 999
	for name, c := range map[string]struct {
		refs string
		want string
	}{
		"none":      {`[]`, "[commit:acme/pay@abc]"},
		"own":       {fmt.Sprintf(`[{"number": 3, "base": {"repo": {"id": %d}}}]`, own), "[pr:acme/pay#3]"},
		"another's": {fmt.Sprintf(`[{"number": 77, "base": {"repo": {"id": %d}}}]`, other), "[commit:acme/pay@abc]"},
		"both": {fmt.Sprintf(`[{"number": 77, "base": {"repo": {"id": %d}}}, {"number": 3, "base": {"repo": {"id": %d}}}]`,
			other, own), "[pr:acme/pay#3]"},
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
				var got []string
				for _, h := range d.Hints {
					got = append(got, h.Key)
				}
				if fmt.Sprint(got) != c.want {
					t.Errorf("work %v, want %s", got, c.want)
				}
			})
		}
	}
}
