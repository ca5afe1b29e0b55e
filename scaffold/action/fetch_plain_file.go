package action

import (
	"context"
	"encoding/json"
)

// FetchPlainFile copies one file (Backstage: fetch:plain:file).
func FetchPlainFile() Action {
	return Action{
		ID:          "fetch:plain:file",
		Description: "Fetches one file and puts it into the workspace as it is, over one that is there.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "url": {"type": "string", "description": "The file to fetch: relative to template.yaml, or an absolute URL"},
    "targetPath": {"type": "string", "description": "The path that the file gets in the workspace"},
    "token": {"type": "string", "description": "A token to read an absolute URL with"}
  },
  "required": ["url", "targetPath"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Copy a file that lies next to the template",
			YAML: `id: licence
name: Copy the licence
action: fetch:plain:file
input:
  url: ./files/LICENSE
  targetPath: LICENSE
`,
		}},
		Pure: true,
		Run:  fetchPlainFile,
	}
}

func fetchPlainFile(ctx context.Context, c *Call) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	data, err := c.fetchFile(ctx)
	if err != nil {
		return err
	}
	return c.writeFile(target, data)
}
