package scaffold_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

const header = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: t}\nspec:\n  type: service\n"

const pages = header + `  parameters:
    - title: One
      required: [name]
      properties:
        name: {type: string, pattern: '^[a-z][a-z0-9-]*$', maxLength: 10}
        tier: {type: string, enum: [tier-1, tier-2], default: tier-2}
        port: {type: integer, minimum: 1, default: 8080}
        tags: {type: array, items: {type: string}, maxItems: 2}
        kind: {oneOf: [{const: a, title: First}, {const: b}]}
        nested:
          type: object
          properties:
            deep: {type: string, default: d}
            must: {type: string, required: true}
    - title: Two
      properties:
        db: {type: boolean, default: false}
        code: {type: string, pattern: '^(?!admin)(?=.*[0-9])[a-z0-9]+$'}
        empty:
      dependencies:
        db:
          oneOf:
            - properties: {db: {enum: [false]}}
            - properties: {db: {enum: [true]}, engine: {type: string, enum: [pg, my], default: pg}, size: {type: integer}}
              required: [size]
        code: [port]
      if: {properties: {tier: {const: tier-1}}, required: [tier]}
      then: {properties: {pager: {type: string, default: P1}}, required: [pager]}
      else: {properties: {pager: {type: string, maxLength: 2}}}
  steps: []
`

func TestFill(t *testing.T) {
	tpl := readTemplate(t, pages)
	cases := []struct{ name, values, want string }{
		{"nothing", `{}`, `{"tier":"tier-2","port":8080,"nested":{"deep":"d"},"db":false}`},
		{"given values stay", `{"port":1,"tier":null,"nested":{"deep":"x"}}`, `{"port":1,"tier":null,"nested":{"deep":"x"},"db":false}`},
		{"an answer asks for more", `{"db":true}`, `{"db":true,"tier":"tier-2","port":8080,"nested":{"deep":"d"},"engine":"pg"}`},
		{"then", `{"tier":"tier-1"}`, `{"tier":"tier-1","port":8080,"nested":{"deep":"d"},"db":false,"pager":"P1"}`},
		{"no mapping", `{"nested":3}`, `{"nested":3,"tier":"tier-2","port":8080,"db":false}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			given := object(t, []byte(c.values))
			got, err := tpl.Fill(given)
			must(t, err)
			text, err := nunjucks.EncodeJSON(got)
			must(t, err)
			if diff := cmp.Diff(c.want, string(text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			before, err := nunjucks.EncodeJSON(given)
			must(t, err)
			if string(before) != string(mustEncode(t, object(t, []byte(c.values)))) {
				t.Errorf("the given values changed to %s", before)
			}
		})
	}
}

func mustEncode(t *testing.T, v nunjucks.Value) []byte {
	t.Helper()
	text, err := nunjucks.EncodeJSON(v)
	must(t, err)
	return text
}

func TestValidate(t *testing.T) {
	tpl := readTemplate(t, pages)
	cases := []struct {
		values string
		want   []string
	}{
		{`{"name":"pay","nested":{"must":"x"}}`, nil},
		{`{}`, []string{"name is required: give it a value"}},
		{`{"name":"Pay Service"}`, []string{`name "Pay Service" does not have the form that is asked for: it must match ^[a-z][a-z0-9-]*$`, "name is too long (11): write at most 10 characters"}},
		{`{"name":3,"port":"x"}`, []string{"name is a number: it must be a string", "port is a string: it must be a whole number"}},
		{`{"name":"a","tier":"tier-9"}`, []string{"tier is none of its choices: choose tier-1 or tier-2"}},
		{`{"name":"a","kind":"c"}`, []string{"kind is none of its choices: choose a or b"}},
		{`{"name":"a","nested":{}}`, []string{"nested.must is required: give it a value"}},
		{`{"name":"a","tags":["x","y",3]}`, []string{"tags maxItems: got 3, want 2", "tags[2] is a number: it must be a string"}},
		{`{"name":"a","port":0}`, []string{"port minimum: got 0, want 1"}},
		{`{"name":"a","db":true}`, []string{"size is required: give it a value"}},
		{`{"name":"a","db":true,"size":1,"engine":"x"}`, []string{"engine is none of its choices: choose pg or my"}},
		{`{"name":"a","db":"x"}`, []string{"db is a string: it must be a boolean", "db is none of its choices: choose false or true"}},
		{`{"name":"a","code":"a1"}`, []string{"port is required when code is given: give it a value"}},
		{`{"name":"a","port":1,"code":"admin1"}`, []string{`code "admin1" does not have the form that is asked for: it must match ^(?!admin)(?=.*[0-9])[a-z0-9]+$`}},
		{`{"name":"a","port":1,"code":"abc"}`, []string{`code "abc" does not have the form that is asked for: it must match ^(?!admin)(?=.*[0-9])[a-z0-9]+$`}},
		{`{"name":"a","tier":"tier-1"}`, []string{"pager is required: give it a value"}},
		{`{"name":"a","pager":"long"}`, []string{"pager is too long (4): write at most 2 characters"}},
	}
	for _, c := range cases {
		t.Run(c.values, func(t *testing.T) {
			err := tpl.Validate(object(t, []byte(c.values)))
			var refused *scaffold.ValuesError
			var got []string
			if errors.As(err, &refused) {
				for _, p := range refused.Problems {
					got = append(got, p.String())
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestReadValues(t *testing.T) {
	cases := []struct{ text, want string }{
		{"b: 1\na: [x, 2.5, true, null, ~, 0x10, yes, 2026-01-02]\n\"3\": x\n", `{"3":"x","b":1,"a":["x",2.5,true,null,null,16,"yes","2026-01-02"]}`},
		{`{"z": "\ud83d\ude00", "a": {"b": []}}`, `{"z":"😀","a":{"b":[]}}`},
		{"base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nalias: *b\n", `{"base":{"x":1,"y":2},"more":{"y":3,"x":1},"alias":{"x":1,"y":2}}`},
		{"{a: b}", `{"a":"b"}`},
		{"", `{}`},
	}
	for _, c := range cases {
		got, err := scaffold.ReadValues("v.yaml", []byte(c.text))
		must(t, err)
		if text := string(mustEncode(t, got)); text != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, text, c.want)
		}
	}
	for text, want := range map[string]string{
		"- a\n":                          "a list",
		"a: [\n":                         "v.yaml: line",
		"a: 1\n---\nb: 2\n":              "one document",
		"? [a]\n: b\n":                   "a key is a single text",
		strings.Repeat("a: b\n", 300000): "limit of 1048576 bytes",
	} {
		if _, err := scaffold.ReadValues("v.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: got %v, want %q", text, err, want)
		}
	}
}
