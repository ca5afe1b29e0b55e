package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

var guidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Delivery says what is wrong with a webhook delivery: headers, signature, and a
// payload that does not fit its event and action.
func (c *Contracts) Delivery(header http.Header, body []byte, secret string) []Finding {
	event := header.Get("X-Github-Event")
	var out []Finding
	add := func(format string, args ...any) {
		out = append(out, Finding{Side: "server", Where: event + " delivery", Message: fmt.Sprintf(format, args...)})
	}
	for _, h := range []string{"X-Github-Event", "X-Github-Hook-Id", "X-Github-Hook-Installation-Target-Id", "X-Github-Hook-Installation-Target-Type"} {
		if header.Get(h) == "" {
			add("no header %s", h)
		}
	}
	if !guidForm.MatchString(header.Get("X-Github-Delivery")) {
		add("X-GitHub-Delivery is no GUID")
	}
	if !strings.HasPrefix(header.Get("User-Agent"), "GitHub-Hookshot/") {
		add("User-Agent is not GitHub-Hookshot/…")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); !hmac.Equal([]byte(want), []byte(header.Get("X-Hub-Signature-256"))) {
		add("X-Hub-Signature-256 does not fit the body")
	}
	var parts struct {
		Action       string
		Installation *struct{ ID int64 }
	}
	if err := json.Unmarshal(body, &parts); err != nil {
		add("not JSON: %v", err)
		return out
	}
	if parts.Installation == nil && event != "ping" {
		add("no installation: an App's deliveries carry it")
	}
	for _, line := range c.Payload(event, parts.Action, body) {
		add("%s%s", parts.Action+" ", line)
	}
	return out
}

// Payload compares a payload with the description of its event and action.
func (c *Contracts) Payload(event, action string, body []byte) []string {
	name := strings.ReplaceAll(event, "_", "-")
	if with := name + "-" + strings.ReplaceAll(action, "_", "-"); action != "" && c.webhooks[with] {
		name = with
	}
	if !c.webhooks[name] {
		return []string{fmt.Sprintf("GitHub has no event %s with action %q", event, action)}
	}
	return c.validate("webhooks#/webhooks/"+name, body)
}

// Example is a payload that GitHub's documentation shows.
type Example struct {
	Event   string
	Payload []byte
}

// Examples are the payloads that GitHub published for the events of
// trim/events.txt.
func Examples() ([]Example, error) {
	text, err := read("examples")
	if err != nil {
		return nil, err
	}
	var list []struct {
		Event    string
		Payloads []json.RawMessage
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("data/examples: %w", err)
	}
	var out []Example
	for _, e := range list {
		for _, p := range e.Payloads {
			out = append(out, Example{Event: e.Event, Payload: p})
		}
	}
	return out, nil
}
