package action_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// TestActions holds every action to what the list promises: a schema that reads,
// a description for every field, and examples that the schema takes.
func TestActions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range action.Pure() {
		if seen[a.ID] || a.Description == "" || a.Run == nil || !a.Pure || len(a.Examples) == 0 {
			t.Errorf("%s: listed twice, or something is missing", a.ID)
		}
		seen[a.ID] = true
		var schema struct {
			Properties map[string]struct{ Description string }
		}
		must(t, json.Unmarshal(a.Input, &schema))
		for name, p := range schema.Properties {
			if p.Description == "" {
				t.Errorf("%s: the field %s has no description", a.ID, name)
			}
		}
		for _, example := range a.Examples {
			var s struct {
				ID, Name, Action string
				Input            map[string]any
			}
			must(t, yaml.Unmarshal([]byte(example.YAML), &s))
			text, err := json.Marshal(s.Input)
			must(t, err)
			input, err := nunjucks.DecodeJSON(text)
			must(t, err)
			if err := a.Validate(input.(*nunjucks.Object)); err != nil || s.Action != a.ID || s.ID == "" || s.Name == "" {
				t.Errorf("%s: example %q: %v", a.ID, example.Description, err)
			}
		}
	}
	if _, ok := action.Find(action.Pure(), "publish:github"); ok {
		t.Error("publish:github is no pure action")
	}
}

// TestProblems reads what Validate says apart, as lint does.
func TestProblems(t *testing.T) {
	a, _ := action.Find(action.Pure(), "fs:rename")
	value, err := nunjucks.DecodeJSON([]byte(`{"files": [{"from": "a"}, {"from": "a", "to": 1}], "file": "x"}`))
	must(t, err)
	var refused *action.InputError
	if err := a.Validate(value.(*nunjucks.Object)); !errors.As(err, &refused) {
		t.Fatalf("error %v, want an InputError", err)
	}
	got := map[string]string{}
	for _, p := range refused.Problems {
		got[p.Field] = p.Message
	}
	want := map[string]string{
		"input":             `is not allowed to have the additional property "file"`,
		"input.files[0]":    `requires property "to"`,
		"input.files[1].to": "is not of a type(s) string",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestSchemasAgree compares the schemas with those of Backstage's actions, the
// descriptions left out.
func TestSchemasAgree(t *testing.T) {
	o := startOracle(t)
	for _, a := range action.Pure() {
		var want map[string]any
		o.ask(t, map[string]any{"schema": a.ID}, &want)
		got := map[string]any{}
		for name, text := range map[string]json.RawMessage{"input": a.Input, "output": a.Output} {
			if text != nil {
				var schema any
				must(t, json.Unmarshal(text, &schema))
				got[name] = schema
			}
		}
		if a.ID == "debug:log" { // older releases have one more
			delete(got["input"].(map[string]any)["properties"].(map[string]any), "extra")
		}
		if diff := cmp.Diff(withoutDescriptions(want), withoutDescriptions(got)); diff != "" {
			t.Errorf("%s (-Backstage +ours):\n%s", a.ID, diff)
		}
	}
}

func withoutDescriptions(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			if _, text := item.(string); text && key == "description" {
				delete(v, key)
			} else {
				v[key] = withoutDescriptions(item)
			}
		}
	case []any:
		for i, item := range v {
			v[i] = withoutDescriptions(item)
		}
	}
	return v
}

func TestIsAbsolute(t *testing.T) {
	for url, want := range map[string]bool{
		"https://github.com/a/b": true, "file:///etc/passwd": true, "C:\\x": true, "git+ssh://x": true,
		"./skeleton": false, "skeleton": false, "a/b:c": false, ":x": false, "": false, "1x:y": false, "a b:c": false,
	} {
		if got := action.IsAbsolute(url); got != want {
			t.Errorf("IsAbsolute(%q) is %v", url, got)
		}
	}
}

// TestAtomically takes back every kind of change, in order.
func TestAtomically(t *testing.T) {
	w, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer func() { must(t, w.Close()) }()
	must(t, w.WriteFile("a/f", []byte("old\n"), 0o600))
	must(t, w.WriteFile("b/g", []byte("g\n"), 0o755))
	must(t, w.Symlink("f", "a/l"))
	before := tree(t, w.Dir())
	stop := errors.New("stop")
	err = w.Atomically(func() error {
		must(t, w.WriteFile("a/f", []byte("new\n"), 0o644))
		must(t, w.WriteFile("a/f", []byte("newer\n"), 0o644))
		must(t, w.WriteFile("a/l", []byte("no link\n"), 0o644))
		must(t, w.Rename("b", "c/b"))
		must(t, w.WriteFile("c/b/h", nil, 0o644))
		must(t, w.RemoveAll("c"))
		must(t, w.MkdirAll("d/e"))
		must(t, w.Symlink("../c", "d/l"))
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want the change's own", err)
	}
	if diff := cmp.Diff(before, tree(t, w.Dir())); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	checkUsage(t, w)
	must(t, w.Atomically(func() error { return w.WriteFile("a/f", []byte("new\n"), 0o644) }))
	if after := tree(t, w.Dir()); !strings.Contains(after, "| new") || strings.Contains(after, "undo") {
		t.Errorf("after a change that succeeded:\n%s", after)
	}
	checkUsage(t, w)
}
