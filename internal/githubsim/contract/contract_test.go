package contract_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	cairn "github.com/cairn-dev/cairn"
	"github.com/cairn-dev/cairn/handlers"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

func load(t *testing.T) *contract.Contracts {
	t.Helper()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// good is an answer in order: headers, and the body of a reaction.
func good(w http.ResponseWriter, _ *http.Request) {
	for _, h := range []string{"X-Github-Request-Id", "X-Github-Media-Type", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Ratelimit-Used", "X-Ratelimit-Resource"} {
		w.Header().Set(h, "1")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"id":1,"node_id":"x","user":null,"content":"eyes","created_at":"2026-11-23T09:00:00Z"}`))
}

func TestRESTFindings(t *testing.T) {
	t.Parallel()
	const path = "/repos/acme/pay/issues/comments/5/reactions"
	tests := []struct {
		name, method, path, token, agent, body string
		answer                                 http.HandlerFunc
		want                                   string // "" for none
	}{
		{"in order", "POST", path, "ghs_x", "cairn", `{"content":"eyes"}`, good, ""},
		{"unknown endpoint", "POST", "/repos/acme/pay/nothing", "ghs_x", "cairn", "{}", good, "no such endpoint"},
		{"unknown value", "POST", path, "ghs_x", "cairn", `{"content":"shrug"}`, good, "/content"},
		{"missing field", "POST", path, "ghs_x", "cairn", `{}`, good, "content"},
		{"unknown query", "POST", path + "?force=1", "ghs_x", "cairn", `{"content":"eyes"}`, good, `no query parameter "force"`},
		{"no user agent", "POST", path, "ghs_x", "", `{"content":"eyes"}`, good, "User-Agent"},
		{"an App's JWT", "POST", path, "a.b.c", "cairn", `{"content":"eyes"}`, good, "JWT"},
		{"no permission", "POST", "/repos/acme/pay/deployments", "ghs_x", "cairn", `{"ref":"main"}`, good, "needs one of deployments:write"},
		{"wrong type in the answer", "POST", path, "ghs_x", "cairn", `{"content":"eyes"}`, func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			good(rec, r)
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(bytes.Replace(rec.Body.Bytes(), []byte(`"id":1`), []byte(`"id":"1"`), 1))
		}, "/id"},
		{"undocumented answer", "POST", path, "ghs_x", "cairn", `{"content":"eyes"}`, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot - 200) }, "no documented answer"},
		{"no rate-limit headers", "POST", path, "ghs_x", "cairn", `{"content":"eyes"}`, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "no header X-Ratelimit-Limit"},
	}
	c := load(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var found []string
			h := c.Middleware(test.answer, map[string]string{"issues": "write"}, func(f contract.Finding) { found = append(found, f.String()) })
			req := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			req.Header.Set("Authorization", "Bearer "+test.token)
			req.Header.Set("User-Agent", test.agent)
			h.ServeHTTP(httptest.NewRecorder(), req)
			all := strings.Join(found, "\n")
			if (test.want == "") != (all == "") || !strings.Contains(all, test.want) {
				t.Errorf("found %q, want %q", all, test.want)
			}
		})
	}
}

func TestDeliveryFindings(t *testing.T) {
	t.Parallel()
	c := load(t)
	const body = `{"action":"created","installation":{"id":1}}`
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte(body))
	signature := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	for name, test := range map[string]struct{ event, signature, want string }{
		"wrong signature": {"ping", "sha256=00", "does not fit the body"},
		"unknown event":   {"no_such_event", signature, "no event no_such_event"},
		"missing fields":  {"issue_comment", signature, "missing propert"},
	} {
		h := http.Header{}
		h.Set("X-GitHub-Event", test.event)
		h.Set("X-Hub-Signature-256", test.signature)
		var all []string
		for _, f := range c.Delivery(h, []byte(body), "s") {
			all = append(all, f.String())
		}
		if !strings.Contains(strings.Join(all, "\n"), test.want) {
			t.Errorf("%s: found %q, want %q", name, all, test.want)
		}
	}
}

// TestGitHubsExamplesFitItsDescription counts instead of demanding all: GitHub's
// published examples are older than its description.
func TestGitHubsExamplesFitItsDescription(t *testing.T) {
	t.Parallel()
	c := load(t)
	examples, err := contract.Examples()
	if err != nil {
		t.Fatal(err)
	}
	fit := map[string]int{}
	for _, e := range examples {
		var p struct{ Action string }
		if err := yaml.Unmarshal(e.Payload, &p); err != nil {
			t.Fatal(err)
		}
		if len(c.Payload(e.Event, p.Action, e.Payload)) == 0 {
			fit[e.Event]++
		}
	}
	for _, event := range []string{"pull_request", "check_run", "check_suite", "issue_comment", "repository", "installation"} {
		if fit[event] == 0 {
			t.Errorf("no published example of %s fits: the comparison is broken", event)
		}
	}
}

// TestManifest holds app.yml to what Cairn uses: the events it acts on, no more.
func TestManifest(t *testing.T) {
	t.Parallel()
	var m struct {
		Permissions map[string]string `yaml:"default_permissions"`
		Events      []string          `yaml:"default_events"`
	}
	if err := yaml.Unmarshal(cairn.AppManifest, &m); err != nil {
		t.Fatal(err)
	}
	unasked := "installation installation_repositories" // every App hears of its installations
	acts := " " + strings.Join(handlers.EventNames(), " ") + " "
	for _, e := range m.Events {
		if !strings.Contains(acts, " "+e+" ") {
			t.Errorf("app.yml subscribes to %s, on which nothing acts", e)
		}
	}
	for _, e := range handlers.EventNames() {
		if !strings.Contains(unasked, e) && !strings.Contains(" "+strings.Join(m.Events, " ")+" ", " "+e+" ") {
			t.Errorf("Cairn acts on %s, to which app.yml does not subscribe", e)
		}
	}
	for name, level := range m.Permissions {
		if level != "read" && level != "write" {
			t.Errorf("permission %s: %q", name, level)
		}
		if name != "checks" && name != "issues" && level == "write" {
			t.Errorf("%s: write is more than Cairn needs", name)
		}
	}
}
