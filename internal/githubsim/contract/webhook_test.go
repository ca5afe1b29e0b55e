package contract_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

const secret = "a secret for deliveries"

// delivery returns the headers of a delivery in order.
func delivery(event, body string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	h := http.Header{}
	set(h, map[string]string{
		"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "X-GitHub-Hook-ID": "1",
		"X-GitHub-Hook-Installation-Target-ID": "2", "X-GitHub-Hook-Installation-Target-Type": "integration",
		"User-Agent": "GitHub-Hookshot/044aadd", "Content-Type": "application/json",
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	})
	return h
}

// TestGitHubsExamplesAreDeliveries passes every published payload as a delivery.
// What it does against today's description is known noise, but that many are of
// repositories' own webhooks, which name no installation.
func TestGitHubsExamplesAreDeliveries(t *testing.T) {
	t.Parallel()
	examples, err := contract.Examples()
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 150 {
		t.Errorf("only %d examples", len(examples))
	}
	for _, e := range examples {
		for _, f := range load(t).Delivery(delivery(e.Event, string(e.Payload)), e.Payload, secret) {
			if !f.Warning && f.Rule != contract.RuleInstallation {
				t.Errorf("%s: %s", e.Name, f)
			}
		}
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	with := func(name, value string) map[string]string { return map[string]string{name: value} }
	const user = `{"login":"ada","id":1,"node_id":"x","avatar_url":"/u","gravatar_id":"","url":"/u","html_url":"/u","followers_url":"/u","following_url":"/u","gists_url":"/u","starred_url":"/u","subscriptions_url":"/u","organizations_url":"/u","repos_url":"/u","events_url":"/u","received_events_url":"/u","type":"User","site_admin":false}`
	const right = `{"action":"revoked","sender":` + user + `,"installation":{"id":1,"node_id":"x"}}`
	tests := map[string]struct {
		event, body string
		header      map[string]string
		want        string
	}{
		"in order":          {"github_app_authorization", right, nil, ""},
		"wrong signature":   {"github_app_authorization", right, with("X-Hub-Signature-256", "sha256=00"), "server signature: does not fit the body"},
		"no signature":      {"github_app_authorization", right, with("X-Hub-Signature-256", ""), "server signature: does not fit the body"},
		"no GUID":           {"github_app_authorization", right, with("X-GitHub-Delivery", "7"), "server header: is no GUID"},
		"no hook":           {"github_app_authorization", right, with("X-GitHub-Hook-ID", ""), "server header: no X-Github-Hook-Id"},
		"another agent":     {"github_app_authorization", right, with("User-Agent", "curl/8"), "server header: is not GitHub-Hookshot"},
		"form encoded":      {"github_app_authorization", right, with("Content-Type", "application/x-www-form-urlencoded"), "server header: is not JSON"},
		"not JSON":          {"github_app_authorization", right[:9], nil, "server body: not JSON"},
		"too large":         {"github_app_authorization", right + strings.Repeat(" ", 25<<20), nil, "server body: at most 25 MB"},
		"unknown event":     {"no_such_event", right, nil, "server event: no event no_such_event"},
		"unknown action":    {"github_app_authorization", strings.Replace(right, "revoked", "regretted", 1), nil, `server event: the action "regretted"`},
		"not sent to Apps":  {"repository", strings.Replace(right, "revoked", "deleted", 1), nil, "server event: does not send it to Apps"},
		"no installation":   {"github_app_authorization", `{"action":"revoked","sender":` + user + `}`, nil, "server installation: an App's deliveries carry it"},
		"missing field":     {"github_app_authorization", `{"action":"revoked","installation":{"id":1,"node_id":"x"}}`, nil, "server body: / lacks 'sender'"},
		"wrong type":        {"github_app_authorization", strings.Replace(right, `"id":1,"node_id":"x","avatar`, `"id":"1","node_id":"x","avatar`, 1), nil, "server body: /sender/id is string, not integer"},
		"another's payload": {"push", right, nil, "server body: lacks 'ref'"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := delivery(test.event, test.body)
			set(h, test.header)
			expect(t, load(t).Delivery(h, []byte(test.body), secret), test.want)
		})
	}
}
