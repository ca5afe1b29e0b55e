package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// ReadDir lists folders (Backstage: fs:readdir).
func ReadDir() Action {
	const content = `{
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "description": "The last name of the path"},
          "path": {"type": "string", "description": "The path, counted from the workspace"},
          "fullPath": {"type": "string", "description": "The absolute path"}
        },
        "required": ["name", "path", "fullPath"],
        "additionalProperties": false
      }
    }`
	return Action{
		ID:          "fs:readdir",
		Description: "Lists the files and folders in folders of the workspace.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "paths": {"type": "array", "items": {"type": "string", "minLength": 1}, "description": "The folders to list"},
    "recursive": {"type": "boolean", "default": false, "description": "List the folders in them too"}
  },
  "required": ["paths"],
  "additionalProperties": false
}`),
		Output: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "files": ` + content + `,
    "folders": ` + content + `
  },
  "required": ["files", "folders"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "List the documentation",
			YAML: `id: list
name: List the documentation
action: fs:readdir
input:
  paths:
    - docs
  recursive: true
`,
		}},
		Pure: true,
		Run:  readDir,
	}
}

func readDir(ctx context.Context, c *Call) error {
	l := listing{w: c.Workspace, recursive: c.flag("recursive"), files: nunjucks.NewArray(), folders: nunjucks.NewArray()}
	for _, name := range c.list("paths") {
		clean, err := c.Workspace.Path(name)
		if err != nil {
			return err
		}
		info, err := fs.Stat(c.Workspace.FS(), clean)
		if err == nil && !info.IsDir() {
			err = errors.New("it is a file, not a folder")
		}
		if err == nil {
			err = l.read(ctx, clean)
		}
		if err != nil {
			return fmt.Errorf("listing %s: %w", name, reason(err))
		}
	}
	c.Output("files", l.files)
	c.Output("folders", l.folders)
	return nil
}

type listing struct {
	w              *Workspace
	recursive      bool
	files, folders *nunjucks.Array
}

// read lists a folder, and then the folders in it from the last to the first, as
// Node does.
func (l *listing) read(ctx context.Context, dir string) error {
	todo := []string{dir}
	for len(todo) > 0 {
		dir = todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := fs.ReadDir(l.w.FS(), dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if !e.IsDir() {
				l.files.Items = append(l.files.Items, l.element(name))
				continue
			}
			l.folders.Items = append(l.folders.Items, l.element(name))
			if l.recursive {
				todo = append(todo, name)
			}
		}
		if limit := 10 * l.w.Limits().Files; len(l.files.Items)+len(l.folders.Items) > limit {
			return fmt.Errorf("%w: at most %d paths are listed", ErrLimit, limit)
		}
	}
	return nil
}

func (l *listing) element(name string) *nunjucks.Object {
	o := nunjucks.NewObject()
	o.Set("name", path.Base(name))
	o.Set("path", name)
	o.Set("fullPath", path.Join(l.w.Dir(), name))
	return o
}
