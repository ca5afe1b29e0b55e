package contract

import (
	"slices"
	"strings"
)

// Permissions returns what a call needs, such as "checks:write"; of several one is
// enough. path is a path or a template of GitHub's. ok is false for an operation
// that is not kept. An operation that needs nothing, or the App's JWT, has none.
func (c *Contracts) Permissions(method, path string) (needs []string, ok bool) {
	o, _ := c.find(method, path)
	if o == nil {
		return nil, false
	}
	return o.Needs, true
}

// Sufficient reports whether permissions, name to level, hold one of needs, or
// nothing is needed.
func Sufficient(permissions map[string]string, needs []string) bool {
	return len(needs) == 0 || slices.ContainsFunc(needs, func(need string) bool { return Grants(permissions, need) })
}

// Grants reports whether permissions hold one such as checks:write. A level
// includes those below it, and every App may read metadata.
func Grants(permissions map[string]string, need string) bool {
	levels := []string{"read", "write", "admin"}
	name, level, _ := strings.Cut(need, ":")
	if name == "metadata" && level == "read" {
		return true
	}
	have, want := slices.Index(levels, permissions[name]), slices.Index(levels, level)
	return have >= 0 && have >= want
}

// CheckManifest says what is wrong with the permissions and events that an App asks
// for: names and levels that GitHub does not have, events that cannot be subscribed
// to, or need a permission that is not asked for. Events that trim/events.txt does
// not list count as unknown.
func (c *Contracts) CheckManifest(permissions map[string]string, events []string) []Finding {
	var out []Finding
	add := func(name, message string) {
		out = append(out, Finding{Side: App, Rule: RuleManifest, Operation: name, Message: message})
	}
	for _, name := range sortedKeys(permissions) {
		levels, ok := c.permissions[name]
		switch {
		case !ok:
			add(name, "GitHub has no such permission")
		case !slices.Contains(levels, permissions[name]):
			add(name, "has the levels "+strings.Join(levels, ", ")+", not "+permissions[name])
		}
	}
	for i, event := range events {
		need, ok := c.events[event]
		switch {
		case !ok:
			add(event, "GitHub has no such event, as far as trim/events.txt knows")
		case need == "-":
			add(event, "comes to every App unasked")
		case slices.Contains(events[:i], event):
			add(event, "is listed twice")
		case need != "" && !Grants(permissions, need):
			add(event, "needs the permission "+need)
		}
	}
	return out
}
