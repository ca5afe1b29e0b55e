package action_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// yamlText makes a text of the kinds that catalog files and mischief have.
func yamlText(r *rand.Rand) string {
	words := []string{
		"a", "service", "Payments", "https://example.org/a?b=c#d", "true", "null", "~", "12", "0x1F", "1e3", ".5", "-", "?", ":", "#x", "a: b", "it's", `"q"`,
		"{x}", "[y]", "*", "&a", "!t", "|", ">", "%", "@", "`", "---", "...", "é", "😀", "\u2028", "\t", "\x07", "\u007f", "\\", ",", "key:", "verylongwordwithoutanyspaceinit",
		strings.Repeat("x", 90),
	}
	seps := []string{" ", " ", " ", " ", " ", "", "\n", "\n", "\n\n", "  ", "\n  ", " \n", "\n\t", "\n\n\n"}
	if r.IntN(3) > 0 {
		words, seps = words[:12], seps[:1+r.IntN(len(seps))]
	}
	var b strings.Builder
	if r.IntN(8) == 0 {
		b.WriteString(seps[r.IntN(len(seps))])
	}
	for range r.IntN(1 + []int{2, 8, 40}[r.IntN(3)]) {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteString(seps[r.IntN(len(seps))])
	}
	text := b.String()
	if r.IntN(3) > 0 {
		return strings.TrimRight(text, " \n\t")
	}
	return text
}

func yamlValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(12); {
	case n < 2 && depth < 6:
		o := map[string]any{}
		for range r.IntN(4) {
			o[yamlText(r)] = yamlValue(r, depth+1)
		}
		return o
	case n < 4 && depth < 6:
		a := []any{}
		for range r.IntN(4) {
			a = append(a, yamlValue(r, depth+1))
		}
		return a
	case n == 4:
		return []any{nil, true, false, 1, -2.5, 1e21, 0, 123456789012.0}[r.IntN(8)]
	}
	return yamlText(r)
}

// TestYAMLAgrees writes random entities with Backstage's catalog:write too.
func TestYAMLAgrees(t *testing.T) {
	o := startOracle(t)
	r := rand.New(rand.NewPCG(7, 2))
	for range 150 {
		spec := map[string]any{}
		for range 12 {
			spec[fmt.Sprintf("k%d", r.IntN(1000))] = yamlValue(r, 0)
		}
		input, err := json.Marshal(map[string]any{"entity": map[string]any{"spec": spec, yamlText(r): yamlValue(r, 0)}})
		must(t, err)
		text, err := json.Marshal(step{Action: "catalog:write", Input: input})
		must(t, err)
		archive := &txtar.Archive{Files: []txtar.File{{Name: "step.json", Data: text}}}
		s, template, workspace := unpack(t, archive)
		compare(t, run(t, s, template, workspace), o, archive)
		if t.Failed() {
			return
		}
	}
}
