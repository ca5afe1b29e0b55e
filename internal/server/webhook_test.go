package server_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/handlers"
	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/server"
)

const secret = "a secret of the demo kind"

// memory is an Intake that keeps deliveries in memory, or refuses with err.
type memory struct {
	err  error
	kept map[string]queue.Delivery
}

func (m *memory) Accept(_ context.Context, d queue.Delivery) (bool, error) {
	if m.err != nil {
		return false, m.err
	}
	_, repeated := m.kept[d.GUID]
	m.kept[d.GUID] = d
	return !repeated, nil
}

// start serves the routes over an Intake and returns their URL and the log.
func start(t *testing.T, intake *memory) (url string, log *strings.Builder) {
	t.Helper()
	log = &strings.Builder{}
	logger := zerolog.New(log)
	metrics := server.NewMetrics("test")
	s := server.New(server.Routes{
		Metrics: metrics,
		Webhook: &server.Webhook{
			Secret: secret, Events: handlers.EventNames(), Classify: handlers.Classify, Intake: intake,
			Now: time.Now, Logger: logger, Metrics: metrics,
		},
		Catalog: api.New(api.Options{Index: index.New(), Guard: api.Guard{Tokens: []string{sum("let me read")}}, Logger: logger}),
		Ready:   func(context.Context) error { return intake.err },
	})
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(ts.Close)
	return ts.URL, log
}

func sum(s string) string {
	b := sha256.Sum256([]byte(s))
	return hex.EncodeToString(b[:])
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// signOld is a signature that GitHub sends as X-Hub-Signature for old receivers.
func signOld(body string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

const push = `{"ref":"refs/heads/main","after":"1111111111111111111111111111111111111111","installation":{"id":3},` +
	`"repository":{"id":7,"full_name":"acme/pay","name":"pay","default_branch":"main"}}`

func deliver(t *testing.T, url, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/github/hook", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "push")
	req.Header.Set("X-GitHub-Delivery", "6a1c1a2e-0000-4000-8000-000000000001")
	req.Header.Set("X-Hub-Signature-256", sign(body))
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestDeliveryIsKeptBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	intake := &memory{kept: map[string]queue.Delivery{}}
	url, _ := start(t, intake)
	for range 2 { // a repeat is acknowledged as well
		if status, text := deliver(t, url, push, nil); status != http.StatusAccepted {
			t.Fatalf("status %d %s, want 202", status, text)
		}
	}
	got := intake.kept["6a1c1a2e-0000-4000-8000-000000000001"]
	if got.Event != "push" || got.Repository != "acme/pay" || got.InstallationID != 3 || len(got.Hints) != 1 || got.Hints[0].Key != "repo:acme/pay" {
		t.Errorf("kept %+v", got)
	}
	if string(got.Payload) != push {
		t.Errorf("the payload is not kept as it came: %s", got.Payload)
	}
}

func TestDeliveriesThatAreNotKept(t *testing.T) {
	t.Parallel()
	huge := `{"ref":"` + strings.Repeat("x", 25<<20) + `"}`
	tests := []struct {
		name   string
		body   string
		header map[string]string
		status int
		says   string
	}{
		{"wrong signature", push, map[string]string{"X-Hub-Signature-256": sign("something else")}, 401, "signature"},
		{"no signature", push, map[string]string{"X-Hub-Signature-256": ""}, 401, "X-Hub-Signature-256"},
		{"only the old signature", push, map[string]string{"X-Hub-Signature-256": "", "X-Hub-Signature": "sha1=00"}, 401, "X-Hub-Signature-256"},
		{"signature of another algorithm", push, map[string]string{"X-Hub-Signature-256": "md5=00"}, 401, "no SHA-256 signature"},
		{"SHA-1 under the new name", push, map[string]string{"X-Hub-Signature-256": signOld(push)}, 401, "no SHA-256 signature"},
		{"a long delivery ID", push, map[string]string{"X-GitHub-Delivery": strings.Repeat("x", 101)}, 400, "over 100 characters"},
		{"no event", push, map[string]string{"X-GitHub-Event": ""}, 400, "X-GitHub-Event"},
		{"event with line break", push, map[string]string{"X-GitHub-Event": "push\tforged"}, 400, "X-GitHub-Event"},
		{"no delivery", push, map[string]string{"X-GitHub-Delivery": ""}, 400, "X-GitHub-Delivery"},
		{"event of another payload", push, map[string]string{"X-GitHub-Event": "pull_request"}, 400, "does not fit"},
		{"truncated JSON", push[:60], nil, 400, "JSON"},
		{"over 25 MB", huge, nil, 413, "25 MB"},
		{"an event without handler", push, map[string]string{"X-GitHub-Event": "star"}, 202, ""},
		{"an action that changes nothing", strings.Replace(push, "heads/main", "heads/topic", 1), nil, 202, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			intake := &memory{kept: map[string]queue.Delivery{}}
			url, log := start(t, intake)
			status, text := deliver(t, url, test.body, test.header)
			if status != test.status || !strings.Contains(text, test.says) {
				t.Errorf("answer %d %q, want %d with %q", status, text, test.status, test.says)
			}
			if len(intake.kept) != 0 {
				t.Errorf("stored: %v", intake.kept)
			}
			if lines := strings.Count(log.String(), "\n"); (status != 202) != (lines == 1) {
				t.Errorf("%d log lines for status %d:\n%s", lines, status, log)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the secret is in the log:\n%s", log)
			}
		})
	}
}

func TestDeliveryThatCannotBeKeptIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	url, _ := start(t, &memory{err: errors.New("disk full: /var/lib/secret-path")})
	status, text := deliver(t, url, push, nil)
	if status != http.StatusInternalServerError || strings.Contains(text, "secret-path") {
		t.Errorf("answer %d %q, want 500 without internals", status, text)
	}
	if status := get(t, url+"/readyz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("readyz %d, want 503", status)
	}
	if status := get(t, url+"/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz %d, want 200", status)
	}
}

func TestCatalogIsGuardedByTokens(t *testing.T) {
	t.Parallel()
	url, _ := start(t, &memory{})
	for token, want := range map[string]int{"": 401, "let me in": 401, "let me read": 200} {
		if got := get(t, url+"/api/catalog/entities", token); got != want {
			t.Errorf("token %q: status %d, want %d", token, got, want)
		}
	}
}

func get(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
