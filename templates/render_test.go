package templates_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// render runs a template as `cairn template run` does, and returns the folder of the
// new repository.
func render(t *testing.T, template string, parameters answers) string {
	t.Helper()
	text, err := json.Marshal(parameters)
	must(t, err)
	values, err := nunjucks.DecodeJSON(text)
	must(t, err)
	dir := t.TempDir()
	workspace, err := action.OpenWorkspace(dir, action.DefaultLimits())
	must(t, err)
	defer func() { must(t, workspace.Close()) }()
	source, err := action.OpenLocal(template)
	must(t, err)
	defer func() { must(t, source.Close()) }()
	_, err = scaffold.Run(t.Context(), readTemplate(t, template), values.(*nunjucks.Object), scaffold.Options{
		Actions: action.Pure(), Source: source, Workspace: workspace,
	})
	must(t, err)
	return dir
}

// eachFile calls f for every file below dir, with its path from there.
func eachFile(t *testing.T, dir string, f func(name string, text []byte)) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, p)
		f(filepath.ToSlash(name), text)
		return err
	}))
}
