package scaffold_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/scaffold"
)

func readFolder(t *testing.T, files fs.FS) *scaffold.Template {
	t.Helper()
	folder, err := scaffold.ReadFolder(files)
	must(t, err)
	if folder.Template == nil {
		t.Fatal(folder.Problems)
	}
	return folder.Template
}

func TestForms(t *testing.T) {
	golden(t, "forms", func(t *testing.T, files fs.FS) string {
		form := readFolder(t, files).Form()
		text, err := form.YAML()
		must(t, err)
		checkForm(t, text)
		return string(text)
	})
}

func TestFormOfSpec(t *testing.T) {
	text, err := readFolder(t, os.DirFS("testdata/spec")).Form().YAML()
	must(t, err)
	checkForm(t, text)
	for _, want := range []string{`id: "databaseType"`, `- "Tier 2 (99.9% SLO, important)"`, `placeholder: "github.com?owner=mycompany&repo=NAME"`, `placeholder: "system:default/name"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// checkForm holds a form against what GitHub refuses ("Common validation errors
// when creating issue forms").
func checkForm(t *testing.T, text []byte) {
	t.Helper()
	var form struct {
		Name, Description, Title string
		Labels                   []string
		Body                     []struct {
			Type       string
			ID         string
			Attributes struct {
				Label, Description, Placeholder, Value, Render string
				Multiple                                       bool
				Options                                        []yaml.Node
				Default                                        *int
			}
			Validations struct{ Required bool }
		}
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	must(t, dec.Decode(&form))
	if len(form.Name) < 3 || len(form.Description) < 3 {
		t.Errorf("name %q or description %q is too short", form.Name, form.Description)
	}
	ids, labels, asks := map[string]bool{}, map[string]bool{}, 0
	for _, e := range form.Body {
		a := e.Attributes
		if e.Type == "markdown" {
			if a.Value == "" || e.ID != "" {
				t.Errorf("markdown without text, or with an ID: %+v", e)
			}
			continue
		}
		asks++
		if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(e.ID) || ids[e.ID] {
			t.Errorf("the ID %q is not good, or not the only one", e.ID)
		}
		if a.Label == "" || labels[a.Label] {
			t.Errorf("the label %q is empty, or not the only one", a.Label)
		}
		ids[e.ID], labels[a.Label] = true, true
		switch e.Type {
		case "input", "textarea":
			if len(a.Options) > 0 || e.Type == "input" && a.Render != "" {
				t.Errorf("%s has what its type does not take", e.ID)
			}
		case "dropdown", "checkboxes":
			checkOptions(t, e.ID, e.Type, a.Options)
			if a.Placeholder != "" || a.Value != "" || a.Default != nil && *a.Default >= len(a.Options) {
				t.Errorf("%s has what its type does not take", e.ID)
			}
		default:
			t.Errorf("there is no type %s", e.Type)
		}
	}
	if asks == 0 {
		t.Error("the form asks for nothing")
	}
}

func checkOptions(t *testing.T, id, kind string, options []yaml.Node) {
	t.Helper()
	seen := map[string]bool{}
	for i := range options {
		node := &options[i]
		if kind == "checkboxes" {
			node = node.Content[1]
		}
		if node.Tag != "!!str" || node.Value == "" || seen[node.Value] || strings.EqualFold(node.Value, "none") {
			t.Errorf("%s has the option %q, which GitHub refuses", id, node.Value)
		}
		seen[node.Value] = true
	}
	if len(options) == 0 {
		t.Errorf("%s has no options", id)
	}
}
