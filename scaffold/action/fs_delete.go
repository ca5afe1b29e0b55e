package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Delete deletes files (Backstage: fs:delete).
func Delete() Action {
	return Action{
		ID:          "fs:delete",
		Description: "Deletes files from the workspace. A folder loses the files in it; the empty folder stays, as in Backstage.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "files": {"type": "array", "items": {"type": "string"}, "description": "Paths and glob patterns of what to delete"}
  },
  "required": ["files"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Delete a folder's files and all drafts",
			YAML: `id: tidy
name: Delete what was not chosen
action: fs:delete
input:
  files:
    - docker
    - "**/*.draft.md"
`,
		}},
		Pure: true,
		Run:  deleteFiles,
	}
}

func deleteFiles(ctx context.Context, c *Call) error {
	if _, ok := c.field("files").(*nunjucks.Array); !ok {
		return errors.New("files must be an Array")
	}
	return c.Workspace.Atomically(func() error {
		for _, pattern := range c.list("files") {
			if err := deleteMatching(ctx, c, pattern); err != nil {
				return err
			}
		}
		return nil
	})
}

func deleteMatching(ctx context.Context, c *Call, pattern string) error {
	w := c.Workspace
	clean, err := w.Path(pattern)
	if err != nil {
		return err
	}
	set, err := newGlobSet([]string{clean}, folderIn(w.FS()))
	if err != nil {
		return err
	}
	var found []string
	err = fs.WalkDir(w.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		taken, err := set.match(ctx, name, false)
		if taken {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("looking for %s: %w", pattern, err)
	}
	for _, name := range found {
		if err := w.RemoveAll(name); err != nil {
			return err
		}
		c.logf("File %s deleted successfully", name)
	}
	return nil
}
