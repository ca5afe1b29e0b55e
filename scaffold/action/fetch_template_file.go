package action

import (
	"context"
	"encoding/json"
	"fmt"
)

// FetchTemplateFile renders one file (Backstage: fetch:template:file).
func FetchTemplateFile() Action {
	return Action{
		ID:          "fetch:template:file",
		Description: "Fetches one file, renders it with the given values, and puts the result into the workspace.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "url": {"type": "string", "description": "The file to fetch: relative to template.yaml, or an absolute URL"},
    "targetPath": {"type": "string", "description": "The path that the file gets in the workspace"},
    "values": {"type": "object", "additionalProperties": {}, "description": "What the file sees as ${{ values }}"},
    "cookiecutterCompat": {"type": "boolean", "description": "Render {{ cookiecutter.name }} as in a Cookiecutter template"},
    "replace": {"type": "boolean", "description": "Overwrite a file that is already in the workspace instead of keeping it"},
    "trimBlocks": {"type": "boolean", "description": "Drop the newline after a block tag"},
    "lstripBlocks": {"type": "boolean", "description": "Drop spaces and tabs before a block tag that starts its line"},
    "token": {"type": "string", "description": "A token to read an absolute URL with"}
  },
  "required": ["url", "targetPath"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Render a file that lies next to the template",
			YAML: `id: owners
name: Write CODEOWNERS
action: fetch:template:file
input:
  url: ./files/CODEOWNERS
  targetPath: .github/CODEOWNERS
  values:
    owner: ${{ parameters.owner }}
`,
		}},
		Pure: true,
		Run:  fetchTemplateFile,
	}
}

func fetchTemplateFile(ctx context.Context, c *Call) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	if c.Workspace.Exists(target) && !c.flag("replace") {
		c.logf("File %s already exists in workspace, not replacing.", c.text("targetPath"))
		return nil
	}
	data, err := c.fetchFile(ctx)
	if err != nil {
		return err
	}
	text, err := c.renderer().render(ctx, decodeText(data))
	if err != nil {
		return fmt.Errorf("rendering %s: %w", c.text("url"), err)
	}
	if err := c.writeFile(target, []byte(text)); err != nil {
		return err
	}
	c.logf("Template file has been written to %s", target)
	return nil
}

// fetchFile returns the file that the input names.
func (c *Call) fetchFile(ctx context.Context) ([]byte, error) {
	source, err := c.source()
	if err != nil {
		return nil, err
	}
	c.logf("Fetching %s", c.text("url"))
	return source.File(ctx, c.text("url"))
}

// writeFile writes a file with the usual mode, or nothing at all.
func (c *Call) writeFile(target string, data []byte) error {
	return c.Workspace.Atomically(func() error { return c.Workspace.WriteFile(target, data, 0o666) })
}
