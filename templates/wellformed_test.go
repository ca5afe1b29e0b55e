package templates_test

import (
	"bytes"
	"encoding/json"
	"go/format"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/templates"
)

var (
	leftover  = regexp.MustCompile(`\{\{ *values|\{%|\bundefined\b`)
	uses      = regexp.MustCompile(`uses: (\S+)@(\S+)(.*)`)
	reference = regexp.MustCompile(`^[\w.-]+/[\w./-]+$`)
	sha       = regexp.MustCompile(`^[0-9a-f]{40}$`)
	version   = regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
)

func TestFreshRepositoryIsWellFormed(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, _ golden, dir string) {
		t.Helper()
		eachFile(t, dir, func(file string, text []byte) { wellFormed(t, file, text) })
	})
}

func wellFormed(t *testing.T, file string, text []byte) {
	t.Helper()
	extension := filepath.Ext(file)
	typescript := extension == ".ts" || extension == ".tsx" // never rendered, and may say undefined
	if m := leftover.Find(text); m != nil && !typescript {
		t.Errorf("%s holds %q: it was not rendered", file, m)
	}
	if !bytes.HasSuffix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\n\n")) {
		t.Errorf("%s does not end with one newline", file)
	}
	switch extension {
	case ".njk":
		t.Errorf("%s kept its extension", file)
	case ".go":
		formatted, err := format.Source(text)
		if err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s is not gofmt's (%v)", file, err)
		}
	case ".json":
		if !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
		if bytes.Contains(text, []byte(`"resolved":`)) {
			t.Errorf("%s names the package registry that it was made with", file)
		}
	case ".yaml", ".yml":
		wellFormedYAML(t, file, text)
	}
}

func wellFormedYAML(t *testing.T, file string, text []byte) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc any
		err := d.Decode(&doc)
		if err == io.EOF { //nolint:errorlint // Decode returns it as it is
			break
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
			break
		}
	}
	if !strings.HasPrefix(file, ".github/workflows/") {
		return
	}
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	must(t, err)
	problems, err := linter.Lint(file, text, nil)
	must(t, err)
	for _, p := range problems {
		t.Errorf("%s:%d: %s", file, p.Line, p.Message)
	}
}

// TestActionsArePinnedAlike demands of every workflow that its actions are pinned to
// a commit with the version beside it, and of all workflows that they pin an action
// to the same.
func TestActionsArePinnedAlike(t *testing.T) {
	t.Parallel()
	type pin struct{ ref, workflow string }
	pins := map[string]pin{}
	must(t, fs.WalkDir(templates.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(name, "/.github/workflows/") {
			return err
		}
		text, err := templates.FS.ReadFile(name)
		for _, m := range uses.FindAllStringSubmatch(string(text), -1) {
			if !reference.MatchString(m[1]) || !sha.MatchString(m[2]) || !version.MatchString(m[3]) {
				t.Errorf("%s: %s is not pinned to a commit, with its version beside it", name, m[0])
			}
			this := pin{m[2] + m[3], name}
			if first, ok := pins[m[1]]; ok && first.ref != this.ref {
				t.Errorf("%s has %s at %s, %s at %s", name, m[1], this.ref, first.workflow, first.ref)
			} else {
				pins[m[1]] = this
			}
		}
		return err
	}))
	if len(pins) == 0 {
		t.Error("no workflow uses an action")
	}
}

var (
	npmRun   = regexp.MustCompile(`npm run [\w:]+`)
	makeRun  = regexp.MustCompile("(?m)(?:`|^|run: )make [a-z-]+")
	makeRule = regexp.MustCompile(`(?m)^([a-z-]+):`)
)

// TestCommandsAreThere demands that what workflows and pages tell people to run with
// npm or make is a script or a target.
func TestCommandsAreThere(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, g golden, dir string) {
		t.Helper()
		told, there := map[string]string{}, map[string]bool{}
		eachFile(t, dir, func(file string, text []byte) {
			switch {
			case file == "Makefile":
				for _, m := range makeRule.FindAllSubmatch(text, -1) {
					there["make "+string(m[1])] = true
				}
			case file == "package.json":
				var pkg struct{ Scripts map[string]string }
				must(t, json.Unmarshal(text, &pkg))
				for name := range pkg.Scripts {
					there["npm run "+name] = true
				}
			case strings.HasPrefix(file, ".github/workflows/"), filepath.Ext(file) == ".md":
				for _, m := range slices.Concat(npmRun.FindAllString(string(text), -1), makeRun.FindAllString(string(text), -1)) {
					told[strings.TrimPrefix(strings.TrimPrefix(m, "`"), "run: ")] = file
				}
			}
		})
		if len(told) == 0 {
			t.Errorf("%s tells nobody what to run", g.template)
		}
		for command, file := range told {
			if !there[command] {
				t.Errorf("%s tells to run %q, which is not there", file, command)
			}
		}
	})
}
