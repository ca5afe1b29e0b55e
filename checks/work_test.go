package checks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/repo"
)

func TestCommands(t *testing.T) {
	cases := map[string][][]string{
		"go test ./... && go vet":       {{"go", "test", "./..."}, {"go", "vet"}},
		"echo 'a; b' # go test":         {{"echo", "a; b"}},
		"go \\\n test":                  {{"go", "test"}},
		"cat <<EOF\ngo test\nEOF\nmake": {{"cat"}, {"make"}},
		"x=$(go build) | tee y":         {{"x=$"}, {"go", "build"}, {"tee", "y"}},
		"run ${{ a && b }} c":           {{"run", "${{ a && b }}", "c"}},
		"a \"b\\\"c\" > d":              {{"a", "b\"c", "d"}},
		"'unclosed":                     {{"unclosed"}},
	}
	for script, want := range cases {
		if diff := cmp.Diff(want, commands(script)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", script, diff)
		}
	}
}

func TestWorkOfScripts(t *testing.T) {
	s := readScripts(repo.NewSnapshot(repo.Name{}, repo.Want{},
		repo.File{Path: "package.json", Read: true, Text: `{"scripts": {"test": "echo \"Error: no test specified\" && exit 1",
			"check": "npm run lint && npm run unit", "lint": "eslint .", "unit": "jest", "loop": "npm run loop", "build": "node build.mjs"}}`},
		repo.File{Path: "Makefile", Read: true, Text: "GOTEST ?= go test\nall: lint unit\nlint:\n\t@golangci-lint run\nunit: deps\n\t$(GOTEST) \\\n\t  ./...\ndeps:\n\t./get.sh\nbin/golangci-lint:\n\tcurl x\nloop: loop\n\tmake loop\n"},
	))
	cases := map[string]string{
		"go test ./...":                  "test",
		"CGO_ENABLED=0 go build ./cmd/x": "build",
		"sudo -E env X=1 go vet ./...":   "lint",
		"echo go test":                   "",
		"golangci-lint --version":        "",
		"make":                           "lint,test",
		"make unit":                      "test",
		"make deps":                      "",
		"make -C sub test":               "test",
		"make loop":                      "",
		"cd web && make test":            "test",
		"npm test":                       "",
		"npm run check":                  "lint,test",
		"npm run loop":                   "",
		"npm run build":                  "build",
		"npm ci":                         "",
		"npm --prefix web run build":     "build",
		"yarn lint":                      "lint",
		"pnpm exec vitest run":           "test",
		"npx tsc --noEmit":               "lint",
		"npx tsc":                        "",
		"npm audit --audit-level=high":   "security",
		"poetry run pytest -q":           "test",
		"python -m pytest":               "test",
		"uvx ruff check .":               "lint",
		"docker run --rm -v $PWD:/src aquasec/trivy:latest fs /src": "security",
		"docker compose run --rm app pytest":                        "test",
		"go run golang.org/x/vuln/cmd/govulncheck@latest ./...":     "security",
		"bash -c 'go test ./...'":                                   "test",
		"./hack/unit-test.sh":                                       "test",
		"mvn -B clean verify":                                       "test",
		"./gradlew :app:build":                                      "",
		"./gradlew clean build":                                     "build",
		"hatch -e tests run pip freeze":                             "",
		"hatch run all:type-check":                                  "lint",
		"docker buildx build -t x .":                                "build",
		"just test":                                                 "test",
	}
	for script, want := range cases {
		var roles []string
		for _, w := range s.workOf(script, true) {
			roles = append(roles, w.role)
		}
		if got := strings.Join(roles, ","); got != want {
			t.Errorf("%q: %q, want %q", script, got, want)
		}
	}
}

// Every snippet renders for every language, so that none is empty in a report.
func TestSnippetsRender(t *testing.T) {
	for _, language := range []string{"go", "node", "python", ""} {
		f := facts{Service: "pay", Slug: "acme/pay", Owner: "team", Language: language, Go: "1.26", Module: "m", Npm: "pnpm", Lock: "pnpm install"}
		for _, tmpl := range texts.Templates() {
			name := tmpl.Name()
			if name == "" || name == "summary" || name == "check" || strings.HasSuffix(name, ".tmpl") {
				continue
			}
			var x any = []string{"test", "lint", "security", "build"}
			if name == "container" {
				x = lacking{Container: "a", Image: "b", Latest: true, Readiness: true, Liveness: true, Resources: true, Privileged: true, Root: true, Own: true}
			}
			if got := f.snippetWith(name, x); got == "" {
				t.Errorf("%s for %q is empty", name, language)
			}
		}
	}
}
