package follow_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/catalog/follow"
)

const root = "https://github.com/acme/pay/blob/main/catalog-info.yaml"

// files is a Reader of addresses below the repository's root.
type files map[string]string

func (f files) at(url string) string {
	for _, view := range []string{"blob", "tree"} {
		if name, ok := strings.CutPrefix(url, "https://github.com/acme/pay/"+view+"/main/"); ok {
			return name
		}
	}
	return url
}

func (f files) Read(_ context.Context, url string) ([]byte, error) {
	text, ok := f[f.at(url)]
	if !ok {
		return nil, fmt.Errorf("reading %s: %w", f.at(url), fs.ErrNotExist)
	}
	return []byte(text), nil
}

func (f files) Glob(_ context.Context, url string) ([]string, error) {
	var found []string
	for name := range f {
		if ok, err := path.Match(f.at(url), name); err != nil {
			return nil, err
		} else if ok {
			found = append(found, strings.TrimSuffix(url, f.at(url))+name)
		}
	}
	slices.Sort(found)
	return found, nil
}

func component(name string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: service, lifecycle: production, owner: a}\n"
}

func location(name, spec string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
}

// told is a line for each document and each error.
func told(r follow.Result) []string {
	var lines []string
	for _, f := range r.Files {
		for _, doc := range f.Documents {
			if doc.OK {
				lines = append(lines, doc.Ref+" "+doc.Entity.Annotation("backstage.io/managed-by-location")+" of "+doc.Entity.Annotation("backstage.io/managed-by-origin-location"))
			} else {
				lines = append(lines, "broken: "+doc.Err.Message)
			}
		}
		if f.Err != nil {
			lines = append(lines, "error: "+f.Err.Error())
		}
	}
	return lines
}

func TestAll(t *testing.T) {
	const main, tree, of = "url:https://github.com/acme/pay/blob/main/catalog-info.yaml", "url:https://github.com/acme/pay/tree/main/", " of url:" + root
	for name, c := range map[string]struct {
		text   string
		files  files
		want   []string
		refers int
	}{
		"one file": {component("pay"), nil, []string{"component:default/pay " + main + of}, 1},
		"a chain, each file once": {
			location("all", "targets: [./a.yaml, ./b.yaml, ./a.yaml]"),
			files{"a.yaml": location("a", "target: ./b.yaml"), "b.yaml": component("b") + "---\n" + location("b", "target: ./a.yaml")},
			[]string{
				"location:default/all " + main + of, "location:default/a " + tree + "a.yaml" + of,
				"component:default/b " + tree + "b.yaml" + of, "location:default/b " + tree + "b.yaml" + of,
			}, 3,
		},
		"a glob": {
			location("all", "type: file, target: './services/*/catalog-info.yaml'"),
			files{"services/x/catalog-info.yaml": component("x"), "services/y/catalog-info.yaml": component("y"), "other/z/catalog-info.yaml": component("z")},
			[]string{"location:default/all " + main + of, "component:default/x " + tree + "services/x/catalog-info.yaml" + of, "component:default/y " + tree + "services/y/catalog-info.yaml" + of}, 3,
		},
		"missing": {
			location("all", "targets: [./none.yaml]") + "---\n" + location("maybe", "targets: [./none-either.yaml], presence: optional"), nil,
			[]string{"location:default/all " + main + of, "location:default/maybe " + main + of, "error: location:default/all in " + root + " points at https://github.com/acme/pay/tree/main/none.yaml: reading none.yaml: file does not exist"}, 3,
		},
		"a placeholder": {
			"apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: pay}\nspec: {type: openapi, lifecycle: production, owner: a, definition: {$text: ./openapi.yaml}}\n",
			files{"openapi.yaml": "openapi: 3.1.0"}, []string{"api:default/pay " + main + of}, 2,
		},
		"a placeholder of another repository": {
			"apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: pay}\nspec: {type: openapi, lifecycle: production, owner: a, definition: {$text: https://github.com/acme/secret/blob/main/x}}\n",
			nil, []string{"broken: Placeholder may only reference files from the same repository as the entity"}, 1,
		},
		"a script": {location("all", "target: 'javascript:alert(1)'"), nil, []string{
			"location:default/all " + main + of, "error: location:default/all in " + root + `: target "javascript:alert(1)" is a javascript: URL`,
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := follow.All(t.Context(), root, []byte(c.text), c.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(got.Refers) != c.refers {
				t.Errorf("refers to %v, want %d addresses", got.Refers, c.refers)
			}
		})
	}
}

// endless has a Location at every address, each pointing at a new one.
type endless struct{ width, read int }

func (e *endless) Read(_ context.Context, url string) ([]byte, error) {
	e.read++
	var targets []string
	for i := range e.width {
		targets = append(targets, fmt.Sprintf("./%d-%d.yaml", e.read, i))
	}
	return []byte(location("x", "targets: ["+strings.Join(targets, ", ")+"]")), nil
}

func (e *endless) Glob(context.Context, string) ([]string, error) { return nil, nil }

func TestAllEnds(t *testing.T) {
	for width, want := range map[int]string{1: "limit of 10 Locations in one another", 300: "limit of 500 files"} {
		r := &endless{width: width}
		got, err := follow.All(t.Context(), root, []byte(location("x", "target: ./first.yaml")), r)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Join(told(got), "\n"); !strings.Contains(lines, want) || r.read > follow.MaxFiles {
			t.Errorf("%d wide: %d files read, want an error with %q", width, r.read, want)
		}
	}
}

func TestAllCountsDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("50,000 documents take a while")
	}
	many := strings.Repeat("---\n1\n", follow.MaxDocuments+10)
	got, err := follow.All(t.Context(), root, []byte(many), files{})
	if err != nil || len(got.Files) != 1 || got.Files[0].Err == nil || len(got.Files[0].Documents) != follow.MaxDocuments {
		t.Errorf("many documents: %v, %d files", err, len(got.Files))
	}
}
