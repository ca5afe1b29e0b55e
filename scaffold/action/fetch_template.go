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

// FetchTemplate copies a skeleton and renders its paths and files (Backstage:
// fetch:template).
func FetchTemplate() Action {
	return Action{
		ID:          "fetch:template",
		Description: "Fetches a folder, renders its file names and contents with the given values, and puts the result into the workspace.",
		Input: json.RawMessage(`{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "url": {"type": "string", "description": "The folder to fetch: relative to template.yaml, or an absolute URL"},
    "targetPath": {"type": "string", "description": "Where the result goes in the workspace; the workspace itself by default"},
    "values": {"type": "object", "additionalProperties": {}, "description": "What the skeleton sees as ${{ values }}"},
    "copyWithoutRender": {"type": "array", "items": {"type": "string"}, "description": "Deprecated. Glob patterns of what is copied with neither its path nor its content rendered"},
    "copyWithoutTemplating": {"type": "array", "items": {"type": "string"}, "description": "Glob patterns of what is copied with its content as it stands; its path is rendered"},
    "cookiecutterCompat": {"type": "boolean", "description": "Render {{ cookiecutter.name }} as in a Cookiecutter template"},
    "templateFileExtension": {"type": ["string", "boolean"], "description": "Render only files with this extension, and cut it off; true is .njk"},
    "replace": {"type": "boolean", "description": "Overwrite what is already in the workspace instead of skipping it"},
    "trimBlocks": {"type": "boolean", "description": "Drop the newline after a block tag"},
    "lstripBlocks": {"type": "boolean", "description": "Drop spaces and tabs before a block tag that starts its line"},
    "token": {"type": "string", "description": "A token to read an absolute URL with"}
  },
  "required": ["url"],
  "additionalProperties": false
}`),
		Examples: []Example{{
			Description: "Render the skeleton that lies next to the template",
			YAML: `id: fetch
name: Fetch the skeleton
action: fetch:template
input:
  url: ./skeleton
  copyWithoutTemplating:
    - .github/workflows/*
  values:
    name: ${{ parameters.name }}
`,
		}},
		Pure: true,
		Run:  fetchTemplate,
	}
}

func fetchTemplate(ctx context.Context, c *Call) error {
	target, err := c.target()
	if err != nil {
		return err
	}
	if err := checkModes(c); err != nil {
		return err
	}
	source, err := c.source()
	if err != nil {
		return err
	}
	c.logf("Fetching template content from %s", c.text("url"))
	files, err := source.Folder(ctx, c.text("url"))
	if err != nil {
		return err
	}
	entries, err := listSkeleton(ctx, files, c.Workspace.Limits())
	if err != nil {
		return err
	}
	names, err := c.naming(files)
	if err != nil {
		return err
	}
	c.logf("Processing %d template files/directories", len(entries))
	t := templating{call: c, files: files, target: target, names: names, renderer: c.renderer()}
	if err := c.Workspace.Atomically(func() error { return t.run(ctx, entries) }); err != nil {
		return err
	}
	c.logf("Template result written to %s", target)
	return nil
}

// checkModes refuses inputs that exclude each other. The texts are Backstage's.
func checkModes(c *Call) error {
	copying := c.list("copyWithoutTemplating") != nil
	if c.list("copyWithoutRender") != nil {
		if copying {
			return errors.New("Fetch action input copyWithoutRender and copyWithoutTemplating can not be used at the same time") //nolint:staticcheck // Backstage's text
		}
		copying = true
	}
	if nunjucks.Truthy(c.field("templateFileExtension")) && (copying || c.flag("cookiecutterCompat")) {
		return errors.New("Fetch action input extension incompatible with copyWithoutRender/copyWithoutTemplating and cookiecutterCompat") //nolint:staticcheck // Backstage's text
	}
	return nil
}

func (c *Call) naming(files fs.FS) (*naming, error) {
	n := &naming{}
	switch e := c.field("templateFileExtension").(type) {
	case bool:
		if e {
			n.extension = ".njk"
		}
	case string:
		n.extension = e
		if e != "" && !strings.HasPrefix(e, ".") {
			n.extension = "." + e
		}
	}
	patterns := c.list("copyWithoutTemplating")
	if given := c.list("copyWithoutRender"); given != nil {
		patterns, n.keepPaths = given, true
	}
	var err error
	n.copied, err = newGlobSet(patterns, folderIn(files))
	return n, err
}

// templating is one run of fetch:template over a skeleton.
type templating struct {
	call     *Call
	files    fs.FS
	target   string
	names    *naming
	renderer renderer
}

// A piece is an entry that goes to the workspace.
type piece struct {
	entry
	out    string // path in the workspace
	render bool   // its content
}

// content is what a piece becomes.
type content struct {
	data   []byte
	mode   fs.FileMode
	binary bool
	link   string
}

func (t *templating) run(ctx context.Context, entries []entry) error {
	pieces, err := t.plan(ctx, entries)
	if err != nil {
		return err
	}
	return inOrder(ctx, pieces, t.content, t.write)
}

// plan renders the paths and decides what is skipped. It looks ahead: a path that
// an earlier entry will have made is there too.
func (t *templating) plan(ctx context.Context, entries []entry) ([]piece, error) {
	w := t.call.Workspace
	replace := t.call.flag("replace")
	made := map[string]bool{}
	var pieces []piece
	for _, e := range entries {
		p, skipped, err := t.place(ctx, e)
		if err != nil {
			return nil, err
		}
		if skipped {
			continue
		}
		if !replace && (made[p.out] || w.Exists(p.out)) {
			continue
		}
		for dir := p.out; dir != "." && !made[dir]; dir = path.Dir(dir) {
			made[dir] = true
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// place renders an entry's path. One that comes out empty, absolute or with an
// empty name in it means that the entry is not wanted.
func (t *templating) place(ctx context.Context, e entry) (p piece, skipped bool, err error) {
	render, err := t.names.rendersContent(ctx, e)
	if err != nil {
		return piece{}, false, err
	}
	out := e.location()
	if t.names.extension != "" && render {
		out = out[:len(out)-len(t.names.extension)]
	}
	if !t.names.keepPaths || render {
		if out, err = t.renderPath(ctx, out); err != nil {
			return piece{}, false, fmt.Errorf("rendering the path %s: %w", e.location(), err)
		}
	}
	if out == "" || strings.HasPrefix(out, "/") || strings.Contains(out, "//") {
		return piece{}, true, nil
	}
	limits := t.call.Workspace.Limits()
	local, err := localPath(out, limits.Depth)
	if err == nil {
		local, err = t.call.Workspace.Path(path.Join(t.target, local))
	}
	if err != nil {
		return piece{}, false, fmt.Errorf("the path %s is rendered to %q: %w", e.location(), shorten(out), err)
	}
	return piece{entry: e, out: local, render: render}, false, nil
}

func (t *templating) renderPath(ctx context.Context, name string) (string, error) {
	if !strings.Contains(name, "{") {
		return name, nil // no tag, so nothing to render
	}
	return t.renderer.render(ctx, name)
}

// content reads a piece and renders it.
func (t *templating) content(ctx context.Context, p piece) (content, error) {
	if p.folder() {
		return content{}, nil
	}
	if p.link() {
		to, err := fs.ReadLink(t.files, p.name)
		return content{link: to}, err
	}
	info, err := p.info()
	if err != nil {
		return content{}, fmt.Errorf("reading %s: %w", p.name, err)
	}
	data, err := readLimited(t.files, p.name, t.call.Workspace.Limits().File)
	if err != nil {
		return content{}, fmt.Errorf("reading the skeleton: %w", err)
	}
	out := content{data: data, mode: info.Mode(), binary: isBinary(data)}
	if out.binary {
		return out, nil
	}
	text := decodeText(data)
	if p.render {
		if text, err = t.renderer.render(ctx, text); err != nil {
			return content{}, fmt.Errorf("rendering %s: %w", p.name, err)
		}
	}
	out.data = []byte(text)
	return out, nil
}

func (t *templating) write(p piece, c content) error {
	w := t.call.Workspace
	switch {
	case p.folder():
		return w.MkdirAll(p.out)
	case p.link():
		return w.Symlink(c.link, p.out)
	}
	if err := w.WriteFile(p.out, c.data, c.mode); err != nil {
		return err
	}
	if c.binary {
		return w.Chmod(p.out, c.mode) // a copy has its mode whatever the umask
	}
	return nil
}
