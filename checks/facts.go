package checks

import (
	"embed"
	"encoding/json"
	"regexp"
	"strings"
	"text/template"

	"golang.org/x/mod/modfile"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// facts are what snippets are filled with, so that they can be pasted as they are.
// Every string in it is fit for YAML, a Makefile and a Dockerfile.
type facts struct {
	Service  string // catalog name or repository name
	Slug     string // owner/name
	Owner    string // of the catalog entity
	Language string // go, node, python or ""
	Go       string // version in go.mod, such as 1.26
	Module   string // module path of go.mod
	Npm      string // npm, pnpm, yarn or bun
	Lock     string // that one's clean installation
}

func readFacts(s *repo.Snapshot, path config.GoldenPath, c Catalog) facts {
	f := facts{
		Service: plain(s.Name.Repo, "my-service"), Slug: plain(s.Name.Owner, "my-org") + "/" + plain(s.Name.Repo, "my-service"),
		Owner: plain(c.Entity.Owner, "my-team"), Go: "1.26", Module: "example.com/my-service",
		Npm: "npm", Lock: "npm ci",
	}
	f.Service = plain(c.Entity.Name, f.Service)
	f.Module = "github.com/" + f.Slug
	switch {
	case s.Has("go.mod"):
		f.Language = "go"
		f.readGoMod(s)
	case s.Has("package.json"):
		f.Language = "node"
	case s.Has("requirements.txt") || s.Has("pyproject.toml"):
		f.Language = "python"
	default:
		f.Language = map[string]string{"backend_service": "go", "frontend_app": "node", "data_pipeline": "python"}[path.Key]
	}
	f.readPackageManager(s)
	return f
}

func (f *facts) readGoMod(s *repo.Snapshot) {
	text, ok := s.Text("go.mod")
	if !ok {
		return
	}
	mod, err := modfile.ParseLax("go.mod", []byte(text), nil)
	if err != nil {
		return
	}
	if mod.Go != nil {
		f.Go = plain(mod.Go.Version, f.Go)
	}
}

func (f *facts) readPackageManager(s *repo.Snapshot) {
	declared := ""
	if text, ok := s.Text("package.json"); ok {
		var pkg packageJSON
		if json.Unmarshal([]byte(text), &pkg) == nil {
			declared, _, _ = strings.Cut(pkg.PackageManager, "@")
		}
	}
	switch {
	case declared == "pnpm" || s.Has("pnpm-lock.yaml"):
		f.Npm, f.Lock = "pnpm", "pnpm install --frozen-lockfile"
	case declared == "yarn" || s.Has("yarn.lock"):
		f.Npm, f.Lock = "yarn", "yarn install --frozen-lockfile"
	case declared == "bun" || s.Has("bun.lock") || s.Has("bun.lockb"):
		f.Npm, f.Lock = "bun", "bun install --frozen-lockfile"
	}
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)

// plain lets through what needs no quoting anywhere, else the fallback.
func plain(s, fallback string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return fallback
}

//go:embed text/*.tmpl
var textFiles embed.FS

// texts holds every text of the package that people read in length. It is parsed
// once and never changes.
var texts = template.Must(template.New("").Funcs(template.FuncMap{
	"text": Text, "code": Code, "plural": plural, "icon": icon,
}).ParseFS(textFiles, "text/*.tmpl"))

// snippet renders one of text/snippets.tmpl; "" when there is none of that name.
func (f facts) snippet(name string) string { return f.snippetWith(name, nil) }

// snippetWith adds what is not a fact, as .X.
func (f facts) snippetWith(name string, x any) string {
	t := texts.Lookup(name)
	if t == nil {
		return ""
	}
	var b strings.Builder
	if err := t.Execute(&b, struct {
		facts
		X any
	}{f, x}); err != nil {
		return "" // a template that does not fit its facts; the tests render each
	}
	return strings.Trim(b.String(), "\n")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
