package contract

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write data/noise.txt anew")

const noiseHead = `# What GitHub's own published examples do against GitHub's own schemas: a finding
# that comes to the same is only a warning. By schema and place in it. Written by
# go test ./internal/githubsim/contract -run TestNoise -update
`

// TestNoise holds data/noise.txt to be exactly what GitHub's examples need: the
// REST API's and the webhooks'.
func TestNoise(t *testing.T) {
	t.Parallel()
	c, err := load() // its own: the noise is left out of it
	if err != nil {
		t.Fatal(err)
	}
	known := c.schemas.noise
	c.schemas.noise = nil
	found := map[string]bool{}
	note := func(name string, mismatches []mismatch) {
		if slices.ContainsFunc(mismatches, func(m mismatch) bool { return m.Place == "/" && m.Message == "lacks 'id'" }) {
			return // a fragment, shown to make a point; no whole answer
		}
		for _, m := range mismatches {
			if m.Key == "" {
				t.Errorf("%s: %s", name, m)
			}
			found[m.Key] = true
		}
	}
	for _, e := range restExamples(t) {
		method, path, _ := strings.Cut(e.Operation, " ")
		o, _ := c.find(method, path)
		if o == nil {
			t.Fatalf("an example of %s, which is not kept", e.Operation)
		}
		if c.schemas.has(o.answerURL(e.Status)) {
			note(e.Operation, c.schemas.validate(o.answerURL(e.Status), e.Body))
		}
	}
	examples, err := Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		name := e.Event + "." + e.Action
		if _, ok := c.webhooks[name]; !ok {
			t.Errorf("GitHub's description has no %s", e.Name)
			continue
		}
		note(e.Name, c.schemas.validate(hookSchemas+name, e.Payload))
	}
	if *update {
		text := noiseHead + strings.Join(sortedKeys(found), "\n") + "\n"
		if err := os.WriteFile("data/noise.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	listed := slices.DeleteFunc(sortedKeys(known), func(k string) bool { return k == "" || strings.HasPrefix(k, "#") })
	if diff := cmp.Diff(listed, sortedKeys(found)); diff != "" {
		t.Errorf("data/noise.txt is not what GitHub's examples need (-listed +found); -update writes it:\n%s", diff)
	}
}

type restExample struct {
	Operation string
	Status    int
	Body      json.RawMessage
}

func restExamples(t *testing.T) []restExample {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "rest-examples.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []restExample
	if err := json.NewDecoder(z).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
