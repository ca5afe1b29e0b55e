package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// maxLog bounds what debug:log prints of the workspace, in bytes.
const maxLog = 1 << 20

// DebugLog writes to the run's log (Backstage: debug:log).
func DebugLog() Action {
	return Action{
		ID:          "debug:log",
		Description: "Writes a message into the run's log, and the files in the workspace if asked.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "message": {"type": "string", "description": "What to write"},
    "listWorkspace": {
      "description": "List the files in the workspace; with-contents prints them too",
      "anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["with-filenames", "with-contents"]}]
    },
    "extra": {"description": "Anything else to write; templates written for older releases have it"}
  },
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Show what the steps so far have written",
			YAML: `id: show
name: Show the workspace
action: debug:log
input:
  message: Rendered ${{ parameters.name }}
  listWorkspace: with-filenames
`,
		}},
		Pure: true,
		Run:  debugLog,
	}
}

func debugLog(ctx context.Context, c *Call) error {
	shown := c.Input
	if shown == nil {
		shown = nunjucks.NewObject()
	}
	text, err := nunjucks.EncodeJSON(shown)
	if err != nil {
		return fmt.Errorf("printing the input: %w", err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		return fmt.Errorf("printing the input: %w", err)
	}
	c.logf("%s", pretty.String())
	if message := c.text("message"); message != "" {
		c.logf("%s", message)
	}
	if !nunjucks.Truthy(c.field("listWorkspace")) {
		return nil
	}
	list, err := listWorkspace(ctx, c.Workspace, c.text("listWorkspace") == "with-contents")
	if err != nil {
		return fmt.Errorf("listing the workspace: %w", err)
	}
	c.logf("Workspace:\n%s", list)
	return nil
}

// listWorkspace lists the files in the layout of Backstage's log.
func listWorkspace(ctx context.Context, w *Workspace, contents bool) (string, error) {
	var lines []string
	total := 0
	err := fs.WalkDir(w.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		line := "  - " + name
		if contents {
			line = " - " + name + ": [skipped]"
			if data, err := readLimited(w.FS(), name, maxLog); err == nil {
				line = fmt.Sprintf(" - %s:\n\n  %s", name, decodeText(data))
			}
		}
		if total += len(line); total > maxLog {
			lines = append(lines, fmt.Sprintf("  … and more: the log takes %s of it", size(maxLog)))
			return fs.SkipAll
		}
		lines = append(lines, line)
		return ctx.Err()
	})
	return strings.Join(lines, "\n"), err
}
