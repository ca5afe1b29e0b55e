package handlers

import (
	"slices"
	"strings"
)

// commandPrefix begins a slash command, at the start of a line.
const commandPrefix = "/platform"

// maxCommand bounds the line of a command, in bytes.
const maxCommand = 500

// findCommand returns the first line of a comment that is a slash command, or "".
// What stands in code fences, indented code, quotes and HTML comments is text about
// a command, not a command.
func findCommand(body string) string {
	fence, inHTML := "", false
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n \t")
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case inHTML:
			inHTML = !strings.Contains(line, "-->")
		case fence != "":
			if strings.HasPrefix(trimmed, fence) && strings.Trim(trimmed, fence[:1]) == "" {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			run := len(trimmed) - len(strings.TrimLeft(trimmed, trimmed[:1]))
			fence = trimmed[:run]
		case strings.HasPrefix(trimmed, "<!--"):
			inHTML = !strings.Contains(trimmed, "-->")
		case len(line)-len(trimmed) > 3, len(line) > maxCommand:
		case trimmed == commandPrefix || strings.HasPrefix(trimmed, commandPrefix+" "):
			return trimmed
		}
	}
	return ""
}

// mayCommand says whether somebody of this association with the repository may ask
// Cairn for work there.
func mayCommand(association string) bool {
	return slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, association)
}
