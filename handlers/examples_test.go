package handlers_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/handlers"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

// TestGitHubsOwnExamplesAreTaken passes every payload that GitHub published for our
// events through intake, old ones included, whose times are not RFC 3339.
func TestGitHubsOwnExamplesAreTaken(t *testing.T) {
	t.Parallel()
	examples, err := contract.Examples()
	if err != nil {
		t.Fatal(err)
	}
	taken, hinted := map[string]int{}, map[string]int{}
	for _, e := range examples {
		if !slices.Contains(handlers.EventNames(), e.Event) {
			continue
		}
		d, err := handlers.Classify(e.Event, "guid", e.Payload)
		if err != nil {
			t.Errorf("%s: %v\n%.300s", e.Event, err, e.Payload)
			continue
		}
		taken[e.Event]++
		for _, h := range d.Hints {
			hinted[e.Event]++
			if !strings.Contains(h.Key, ":") || !json.Valid(h.Payload) {
				t.Errorf("%s: hint %+v", e.Event, h)
			}
		}
	}
	for _, event := range handlers.EventNames() {
		if taken[event] == 0 {
			t.Errorf("there is no example of %s", event)
		}
		if hinted[event] == 0 && event != "issue_comment" && event != "push" { // examples hold no command; their pushes are to other branches
			t.Errorf("no example of %s asks for anything", event)
		}
	}
}
