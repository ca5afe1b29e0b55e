package action

import (
	"context"
	"errors"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// input reads fields of a checked Call.Input. An absent field is the zero value.
func (c *Call) field(name string) nunjucks.Value {
	if c.Input == nil {
		return nunjucks.Undefined{}
	}
	return c.Input.Get(name)
}

func (c *Call) text(name string) string {
	s, _ := c.field(name).(string)
	return s
}

func (c *Call) flag(name string) bool {
	b, _ := c.field(name).(bool)
	return b
}

// list returns a list of strings, nil when the field is absent.
func (c *Call) list(name string) []string {
	a, ok := c.field(name).(*nunjucks.Array)
	if !ok {
		return nil
	}
	out := make([]string, 0, len(a.Items))
	for _, item := range a.Items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// target cleans the field targetPath; absent is the workspace itself.
func (c *Call) target() (string, error) {
	name := c.text("targetPath")
	if name == "" {
		name = "."
	}
	return c.Workspace.Path(name)
}

// renderer renders text as fetch:template and fetch:template:file do: with
// nothing but the step's values.
type renderer struct {
	engine *nunjucks.Engine
	vars   *nunjucks.Object
}

func (c *Call) renderer() renderer {
	options, name := nunjucks.Backstage(), "values"
	if c.flag("cookiecutterCompat") {
		options, name = nunjucks.Cookiecutter(), "cookiecutter"
	}
	if c.Integrations != nil {
		options.Integrations = c.Integrations
	}
	options.TrimBlocks = c.flag("trimBlocks")
	options.LstripBlocks = c.flag("lstripBlocks")
	vars := nunjucks.NewObject()
	vars.Set(name, c.field("values"))
	return renderer{nunjucks.New(options), vars}
}

func (r renderer) render(ctx context.Context, source string) (string, error) {
	return r.engine.Render(ctx, source, r.vars)
}

// errNoSource is a Call that cannot fetch.
var errNoSource = errors.New("there is nowhere to fetch from: the run has no source")

func (c *Call) source() (Source, error) {
	if c.Source == nil {
		return nil, errNoSource
	}
	return c.Source, nil
}
