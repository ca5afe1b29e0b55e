package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// Rename moves files and folders (Backstage: fs:rename).
func Rename() Action {
	return Action{
		ID:          "fs:rename",
		Description: "Renames or moves files and folders in the workspace.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "files": {
      "type": "array",
      "description": "What to move, one after the other",
      "items": {
        "type": "object",
        "properties": {
          "from": {"type": "string", "description": "The present path of the file or folder"},
          "to": {"type": "string", "description": "Its path afterwards"},
          "overwrite": {"type": "boolean", "description": "Replace what is at the new path instead of stopping; false by default"}
        },
        "required": ["from", "to"],
        "additionalProperties": false
      }
    }
  },
  "required": ["files"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Give a workflow its final name",
			YAML: `id: rename
name: Rename the workflow
action: fs:rename
input:
  files:
    - from: .github/workflows/template.yaml
      to: .github/workflows/ci.yaml
      overwrite: true
`,
		}},
		Pure: true,
		Run:  rename,
	}
}

func rename(ctx context.Context, c *Call) error {
	files, ok := c.field("files").(*nunjucks.Array)
	if !ok {
		return errors.New("files must be an Array")
	}
	return c.Workspace.Atomically(func() error {
		for _, item := range files.Items {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := renameOne(c, item); err != nil {
				return err
			}
		}
		return nil
	})
}

func renameOne(c *Call, item nunjucks.Value) error {
	file, ok := item.(*nunjucks.Object)
	if !ok {
		return errors.New("each file must have a from and to property")
	}
	from, _ := file.Get("from").(string)
	to, _ := file.Get("to").(string)
	if from == "" || to == "" {
		return errors.New("each file must have a from and to property")
	}
	overwrite, _ := file.Get("overwrite").(bool)
	if err := move(c.Workspace, from, to, overwrite); err != nil {
		return err
	}
	c.logf("File %s renamed to %s successfully", from, to)
	return nil
}

// move is what Backstage does with fs-extra's move, checks and texts included.
func move(w *Workspace, from, to string, overwrite bool) error {
	src, err := w.Path(from)
	if err != nil {
		return err
	}
	dst, err := w.Path(to)
	if err != nil {
		return err
	}
	source, err := w.Lstat(src)
	if err != nil {
		return fmt.Errorf("renaming %s: %w", from, reason(err))
	}
	target, err := w.Lstat(dst)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("renaming %s to %s: %w", from, to, reason(err))
	}
	switch {
	case src == dst:
		return fmt.Errorf("renaming %s: Source and destination must not be the same.", from) //nolint:revive,staticcheck // fs-extra's text
	case there && source.IsDir() && !target.IsDir():
		return fmt.Errorf("Cannot overwrite non-directory '%s' with directory '%s'.", to, from) //nolint:revive,staticcheck // fs-extra's text
	case there && !source.IsDir() && target.IsDir():
		return fmt.Errorf("Cannot overwrite directory '%s' with non-directory '%s'.", to, from) //nolint:revive,staticcheck // fs-extra's text
	case source.IsDir() && within(src, dst):
		return fmt.Errorf("Cannot move '%s' to a subdirectory of itself, '%s'.", from, to) //nolint:revive,staticcheck // fs-extra's text
	case there && !overwrite:
		return fmt.Errorf("renaming %s to %s: dest already exists.", from, to) //nolint:revive,staticcheck // fs-extra's text
	case there && within(dst, src):
		return fmt.Errorf("renaming %s to %s: that folder holds it and would be deleted first", from, to)
	case there:
		if err := w.RemoveAll(dst); err != nil {
			return err
		}
	}
	return w.Rename(src, dst)
}

// within reports whether name lies below the folder dir.
func within(dir, name string) bool {
	return dir == "." || strings.HasPrefix(path.Clean(name), dir+"/")
}
