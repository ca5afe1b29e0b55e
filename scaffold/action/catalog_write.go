package action

import (
	"context"
	"encoding/json"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// CatalogWrite writes a catalog file (Backstage: catalog:write).
func CatalogWrite() Action {
	return Action{
		ID:          "catalog:write",
		Description: "Writes an entity as catalog-info.yaml and notes the template that made it.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "filePath": {"type": "string", "description": "The file to write; catalog-info.yaml by default"},
    "entity": {"type": "object", "additionalProperties": {}, "description": "The entity, as it would stand in the file"}
  },
  "required": ["entity"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Register the new service",
			YAML: `id: catalog
name: Write the catalog file
action: catalog:write
input:
  entity:
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: ${{ parameters.name }}
    spec:
      type: service
      lifecycle: experimental
      owner: ${{ parameters.owner }}
`,
		}},
		Pure: true,
		Run:  catalogWrite,
	}
}

func catalogWrite(_ context.Context, c *Call) error {
	name := "catalog-info.yaml"
	if given, ok := c.field("filePath").(string); ok {
		name = given
	}
	entity, _ := c.field("entity").(*nunjucks.Object)
	c.logf("Writing %s", name)
	text, err := encodeYAML(marked(entity, c.Template))
	if err != nil {
		return err
	}
	return c.writeFile(name, []byte(text))
}

// marked returns entity with the annotation that names the template it was made
// from. metadata is there afterwards, as in Backstage.
func marked(entity *nunjucks.Object, template string) *nunjucks.Object {
	out := clone(entity)
	metadata := clone(out.Get("metadata"))
	if template != "" {
		annotations := clone(metadata.Get("annotations"))
		annotations.Set("backstage.io/source-template", template)
		metadata.Set("annotations", annotations)
	}
	out.Set("metadata", metadata)
	return out
}

// clone copies one level of an object; of anything else it makes an empty one.
func clone(v nunjucks.Value) *nunjucks.Object {
	out := nunjucks.NewObject()
	if o, ok := v.(*nunjucks.Object); ok && o != nil {
		for _, key := range o.Keys() {
			out.Set(key, o.Get(key))
		}
	}
	return out
}
