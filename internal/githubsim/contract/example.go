package contract

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Example is a payload that GitHub published as an example of a webhook. Some are
// years older than the description, and do not fit it.
type Example struct {
	Event   string
	Action  string // "" for an event that has none
	Name    string // "pull_request.opened 2": unique
	Payload []byte
}

// Examples are the payloads that GitHub published for the events of
// trim/events.txt.
func Examples() ([]Example, error) {
	var list []struct {
		Event    string
		Payloads []json.RawMessage
	}
	if err := decode("webhook-examples.json", &list); err != nil {
		return nil, err
	}
	var out []Example
	seen := map[string]int{}
	for _, e := range list {
		for _, p := range e.Payloads {
			var with struct{ Action string }
			if err := json.Unmarshal(p, &with); err != nil {
				return nil, fmt.Errorf("an example of %s: %w", e.Event, err)
			}
			name := strings.TrimSuffix(e.Event+"."+with.Action, ".")
			seen[name]++
			out = append(out, Example{Event: e.Event, Action: with.Action, Name: fmt.Sprintf("%s %d", name, seen[name]), Payload: p})
		}
	}
	return out, nil
}
