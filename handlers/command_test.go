package handlers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/handlers"
)

// comment is an issue_comment delivery with the body given.
func comment(t *testing.T, action, userType, association, body string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"action":       action,
		"installation": map[string]any{"id": 3},
		"repository":   map[string]any{"id": 7, "full_name": "acme/pay", "default_branch": "main"},
		"issue":        map[string]any{"number": 12, "user": map[string]any{"login": "ada"}, "pull_request": map[string]any{}},
		"comment": map[string]any{
			"id": 99, "body": body, "author_association": association,
			"user": map[string]any{"login": "grace", "type": userType},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhereACommandIsFound(t *testing.T) {
	t.Parallel()
	fence := "```"
	tests := []struct {
		name, body, command string
	}{
		{"alone", "/platform check", "/platform check"},
		{"after a sentence", "Please look again.\r\n\r\n/platform check  \r\nThanks", "/platform check"},
		{"the prefix alone", "/platform", "/platform"},
		{"the first of two", "/platform check\n/platform help", "/platform check"},
		{"up to three spaces", "   /platform check", "/platform check"},
		{"indented code", "    /platform check", ""},
		{"tab-indented code", "\t/platform check", ""},
		{"within a sentence", "write /platform check to try again", ""},
		{"a longer word", "/platforms check", ""},
		{"a path", "/platform/check", ""},
		{"code fence", fence + "\n/platform check\n" + fence, ""},
		{"code fence with language", fence + "sh\n/platform check\n" + fence + "\n", ""},
		{"a fence within a longer fence", "````\n" + fence + "\n/platform check\n````\n", ""},
		{"tilde fence", "~~~\n/platform check\n~~~", ""},
		{"after a closed fence", fence + "\ncode\n" + fence + "\n/platform help", "/platform help"},
		{"open fence to the end", fence + "\n/platform check", ""},
		{"quote", "> /platform check", ""},
		{"HTML comment", "<!-- /platform check -->", ""},
		{"HTML comment over lines", "<!--\n/platform check\n-->\n/platform help", "/platform help"},
		{"a line beyond all bounds", "/platform " + strings.Repeat("x", 600), ""},
		{"the longest comment GitHub takes", strings.Repeat("x", 65000) + "\n/platform help", "/platform help"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := handlers.Classify("issue_comment", "guid", comment(t, "created", "User", "MEMBER", test.body))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(d.Hints) == 1 {
				got = field(t, d.Hints[0].Payload, "command")
			}
			if got != test.command {
				t.Errorf("command %q, want %q", got, test.command)
			}
		})
	}
}

func TestCommentsThatNeverRun(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"edited":     comment(t, "edited", "User", "MEMBER", "/platform check"),
		"deleted":    comment(t, "deleted", "User", "MEMBER", "/platform check"),
		"from a bot": comment(t, "created", "Bot", "MEMBER", "/platform check"),
	} {
		d, err := handlers.Classify("issue_comment", "guid", body)
		if err != nil || len(d.Hints) != 0 {
			t.Errorf("%s: hints %v, error %v; want none", name, d.Hints, err)
		}
	}
}

func TestWhoMayAskForWork(t *testing.T) {
	t.Parallel()
	for association, want := range map[string]string{"OWNER": "true", "MEMBER": "true", "COLLABORATOR": "true", "CONTRIBUTOR": "false", "NONE": "false", "": "false"} {
		d, err := handlers.Classify("issue_comment", "guid", comment(t, "created", "User", association, "/platform check"))
		if err != nil || len(d.Hints) != 1 {
			t.Fatalf("%s: hints %v, error %v", association, d.Hints, err)
		}
		if got := field(t, d.Hints[0].Payload, "trusted"); got != want {
			t.Errorf("association %q: trusted %s, want %s", association, got, want)
		}
	}
}

func field(t *testing.T, payload json.RawMessage, name string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(payload, &fields); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(fields[name])
}

func FuzzClassify(f *testing.F) {
	f.Add("push", []byte(`{"ref":"refs/heads/main","repository":{"id":1,"full_name":"a/b","default_branch":"main"}}`))
	f.Add("issue_comment", []byte(`{"action":"created","comment":{"body":"/platform"},"issue":{},"repository":{"id":1,"full_name":"a/b"}}`))
	f.Add("installation", []byte(`{"action":"deleted","installation":{"id":1}}`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		d, err := handlers.Classify(event, "guid", body)
		if err != nil && len(d.Hints) != 0 {
			t.Errorf("an error and hints: %v %v", err, d.Hints)
		}
		for _, h := range d.Hints {
			if h.Key == "" || h.Kind == "" || !json.Valid(h.Payload) {
				t.Errorf("a hint that no worker can take: %+v", h)
			}
		}
	})
}
