package action

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
)

// FetchPlain copies a folder (Backstage: fetch:plain).
func FetchPlain() Action {
	return Action{
		ID:          "fetch:plain",
		Description: "Fetches a folder and puts it into the workspace as it is, over what is there.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "url": {"type": "string", "description": "The folder to fetch: relative to template.yaml, or an absolute URL"},
    "targetPath": {"type": "string", "description": "Where the folder goes in the workspace; the workspace itself by default"},
    "token": {"type": "string", "description": "A token to read an absolute URL with"}
  },
  "required": ["url"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Copy a folder that lies next to the template",
			YAML: `id: docs
name: Copy the documentation
action: fetch:plain
input:
  url: ./docs
  targetPath: docs
`,
		}},
		Pure: true,
		Run:  fetchPlain,
	}
}

func fetchPlain(ctx context.Context, c *Call) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	source, err := c.source()
	if err != nil {
		return err
	}
	c.logf("Fetching plain content from %s", c.text("url"))
	files, err := source.Folder(ctx, c.text("url"))
	if err != nil {
		return err
	}
	entries, err := listSkeleton(ctx, files, c.Workspace.Limits())
	if err != nil {
		return err
	}
	return c.Workspace.Atomically(func() error {
		if err := c.Workspace.MkdirAll(target); err != nil {
			return err
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := copyEntry(c.Workspace, files, e, path.Join(target, e.name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyEntry copies an entry with its mode; a folder that is there keeps its own.
func copyEntry(w *Workspace, files fs.FS, e entry, out string) error {
	if e.link() {
		to, err := fs.ReadLink(files, e.name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", e.name, err)
		}
		return w.Symlink(to, out)
	}
	info, err := e.info()
	if err != nil {
		return fmt.Errorf("reading %s: %w", e.name, err)
	}
	if e.folder() {
		if _, err := w.Lstat(out); err == nil {
			return w.MkdirAll(out)
		}
		if err := w.MkdirAll(out); err != nil {
			return err
		}
		return w.Chmod(out, info.Mode()|0o700) // what is in it is still to be written
	}
	data, err := readLimited(files, e.name, w.Limits().File)
	if err != nil {
		return fmt.Errorf("reading %s: %w", e.name, err)
	}
	if err := w.WriteFile(out, data, info.Mode()); err != nil {
		return err
	}
	return w.Chmod(out, info.Mode())
}
