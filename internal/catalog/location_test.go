package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/catalog"
)

func TestResolveURL(t *testing.T) {
	const base = "https://github.com/acme/pay/blob/main/docs/catalog-info.yaml"
	for in, want := range map[string]string{
		"./a.yaml":      "https://github.com/acme/pay/tree/main/docs/a.yaml",
		"../a.yaml":     "https://github.com/acme/pay/tree/main/a.yaml",
		"/a.yaml":       "https://github.com/acme/pay/tree/main/a.yaml",
		"./":            "https://github.com/acme/pay/tree/main/docs/",
		"https://x.y/z": "https://x.y/z",
		"https://github.com/acme/other/blob/main/b.yaml": "https://github.com/acme/other/tree/main/b.yaml",
	} {
		got, err := catalog.ResolveURL(base, in)
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"http://", "mailto:a@b", "javascript:alert(1)"} {
		if got, err := catalog.ResolveURL(base, in); err == nil {
			t.Errorf("%s: took it, as %s", in, got)
		}
	}
}

func TestLocationAnnotations(t *testing.T) {
	got := catalog.LocationAnnotations(location)
	want := []catalog.Annotation{
		{Key: "backstage.io/view-url", Value: "https://github.com/acme/pay/blob/main/catalog-info.yaml"},
		{Key: "backstage.io/edit-url", Value: "https://github.com/acme/pay/edit/main/catalog-info.yaml"},
		{Key: "backstage.io/source-location", Value: "url:https://github.com/acme/pay/tree/main/"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	pinned := "url:https://github.com/acme/pay/blob/" + strings.Repeat("a", 40) + "/catalog-info.yaml"
	for _, a := range catalog.LocationAnnotations(pinned) {
		if a.Key == "backstage.io/edit-url" {
			t.Errorf("edit-url at a commit: %s", a.Value)
		}
	}
	if got := catalog.LocationAnnotations("file:./a.yaml"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestTargets(t *testing.T) {
	parse := func(spec string) *catalog.Entity {
		text := "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\nspec: " + spec + "\n"
		return catalog.Parse("f", []byte(text), catalog.Options{Location: location})[0].Entity
	}
	got, err := catalog.Targets(parse("{target: ./a.yaml, targets: ['./*/b.yaml'], presence: optional}"), location)
	if err != nil {
		t.Fatal(err)
	}
	want := []catalog.Target{
		{Type: "url", Target: "https://github.com/acme/pay/tree/main/a.yaml", Optional: true},
		{Type: "url", Target: "https://github.com/acme/pay/tree/main/*/b.yaml", Optional: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := catalog.Targets(parse("{target: 'JavaScript:1'}"), location); err == nil {
		t.Error("took a javascript: target")
	}
}

func TestPlaceholders(t *testing.T) {
	read := func(address string) ([]byte, error) {
		switch address {
		case "https://github.com/acme/pay/tree/main/openapi.yaml":
			return []byte("openapi: 3.1.0\n"), nil
		case "https://github.com/acme/pay/tree/main/x.json":
			return []byte(`{"b": 1, "a": [true]}`), nil
		case "https://github.com/acme/pay/tree/main/two.yaml":
			return []byte("a: 1\n---\nb: 2\n"), nil
		}
		return nil, errors.New("not there")
	}
	api := func(value string) catalog.Document {
		text := "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a}\nspec:\n  type: t\n  lifecycle: l\n  owner: o\n  definition: " + value + "\n"
		return catalog.Parse("f", []byte(text), catalog.Options{Location: location, Read: read})[0]
	}
	if doc := api("{$text: ./openapi.yaml}"); !doc.OK || doc.Entity.Spec("definition") != "openapi: 3.1.0\n" {
		t.Errorf("got %+v", doc)
	}
	for value, want := range map[string]string{
		"{$text: ./gone}": "could not read location https://github.com/acme/pay/tree/main/gone, not there",
		"{$text: [a]}":    "expected a string value",
		"{$text: https://github.com/evil/pay/blob/main/x}": "same repository",
		"{$yaml: ./two.yaml}":                              "exactly one YAML document, found 2",
		"{$json: ./openapi.yaml}":                          "failed to parse JSON",
	} {
		doc := api(value)
		if doc.OK || doc.Stage != catalog.StagePreprocess || !strings.Contains(doc.Err.Message, want) {
			t.Errorf("%s: got %s, %v", value, doc.Stage, doc.Err)
			continue
		}
		if doc.Problems[0].Line != 8 {
			t.Errorf("%s: told at line %d", value, doc.Problems[0].Line)
		}
	}
	if doc := api("a\n  extra: {$json: ./x.json}"); !doc.OK {
		t.Errorf("got %v", doc.Err)
	} else if v, ok := doc.Entity.Get("spec", "extra", "a", "0"); !ok || v.Display() != "true" {
		t.Errorf("got %v", v.Display())
	}
}
