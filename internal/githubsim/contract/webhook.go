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

// maxPayload is how large a payload GitHub delivers ("Webhook events and payloads").
const maxPayload = 25 << 20

// webhook is the payload of one action of an event.
type webhook struct {
	Schema json.RawMessage
	Apps   bool // whether Apps get it
}

var guidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Delivery says what is wrong with a webhook delivery to an App: headers,
// signature, and a payload that does not fit its event and action.
func (c *Contracts) Delivery(header http.Header, body []byte, secret string) []Finding {
	event := header.Get("X-Github-Event")
	d := &delivery{name: event + " delivery"}
	d.checkHeaders(header)
	d.checkSignature(header.Get("X-Hub-Signature-256"), body, secret)
	if len(body) > maxPayload {
		d.add(RuleBody, "%d bytes: GitHub delivers at most 25 MB", len(body))
	}
	var parts struct {
		Action       string
		Installation *struct{ ID int64 }
	}
	if err := json.Unmarshal(body, &parts); err != nil {
		d.add(RuleBody, "not JSON: %v", err)
		return d.findings
	}
	if parts.Action != "" {
		d.name = event + "." + parts.Action + " delivery"
	}
	if (parts.Installation == nil || parts.Installation.ID == 0) && event != "ping" {
		d.add(RuleInstallation, "no installation.id: an App's deliveries carry it")
	}
	return append(d.findings, c.payload(d.name, event, parts.Action, body)...)
}

// Payload compares a payload alone with the description of its event and action.
// action is "" for an event that has none, such as push.
func (c *Contracts) Payload(event, action string, body []byte) []Finding {
	return c.payload(strings.TrimSuffix(event+"."+action, ".")+" delivery", event, action, body)
}

func (c *Contracts) payload(name, event, action string, body []byte) []Finding {
	d := &delivery{name: name}
	key := event + "." + action
	hook, ok := c.webhooks[key]
	if !ok {
		key = event + "."
		hook, ok = c.webhooks[key] // push and its like, should they come with an action
	}
	switch {
	case !ok:
		d.add(RuleEvent, "GitHub has no event %s with the action %q, as far as trim/events.txt knows", event, action)
		return d.findings
	case !hook.Apps:
		d.add(RuleEvent, "GitHub does not send it to Apps")
	}
	for _, m := range c.schemas.validate(hookSchemas+key, body) {
		d.findings = append(d.findings, Finding{Side: Server, Rule: RuleBody, Operation: name, Message: m.String(), Warning: m.Known})
	}
	return d.findings
}

// delivery collects what is wrong with one.
type delivery struct {
	name     string
	findings []Finding
}

func (d *delivery) add(rule Rule, format string, args ...any) {
	d.findings = append(d.findings, Finding{Side: Server, Rule: rule, Operation: d.name, Message: fmt.Sprintf(format, args...)})
}

func (d *delivery) checkHeaders(header http.Header) {
	for _, h := range []string{"X-Github-Event", "X-Github-Hook-Id", "X-Github-Hook-Installation-Target-Id", "X-Github-Hook-Installation-Target-Type"} {
		if header.Get(h) == "" {
			d.add(RuleHeader, "no %s", h)
		}
	}
	if !guidForm.MatchString(header.Get("X-Github-Delivery")) {
		d.add(RuleHeader, "X-GitHub-Delivery %q is no GUID", header.Get("X-Github-Delivery"))
	}
	if !strings.HasPrefix(header.Get("User-Agent"), "GitHub-Hookshot/") {
		d.add(RuleHeader, "User-Agent %q is not GitHub-Hookshot/…", header.Get("User-Agent"))
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		d.add(RuleHeader, "Content-Type %q is not JSON", header.Get("Content-Type"))
	}
}

func (d *delivery) checkSignature(signature string, body []byte, secret string) {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if want := "sha256=" + hex.EncodeToString(mac.Sum(nil)); !hmac.Equal([]byte(want), []byte(signature)) {
		d.add(RuleSignature, "X-Hub-Signature-256 does not fit the body")
	}
}
