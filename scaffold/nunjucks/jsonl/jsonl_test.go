package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// testCase is a line of testdata/cases.jsonl: a request and what nunjucks and
// Backstage's later engine both answer. An expected error is any error. The context
// "shared" is testdata/context.json.
type testCase struct {
	Request map[string]json.RawMessage `json:"request"`
	Want    map[string]json.RawMessage `json:"want"`
}

func readCases(t *testing.T) []testCase {
	t.Helper()
	shared, err := os.ReadFile("testdata/context.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []testCase
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if string(c.Request["context"]) == `"shared"` {
			c.Request["context"] = shared
		}
		cases = append(cases, c)
	}
	return cases
}

// serve answers requests with a new server.
func serve(t *testing.T, requests ...string) []map[string]json.RawMessage {
	t.Helper()
	var out bytes.Buffer
	s := &Server{Integrations: nunjucks.DefaultIntegrations()}
	if err := s.Serve(context.Background(), strings.NewReader(strings.Join(requests, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	return readAnswers(t, out.Bytes())
}

func readAnswers(t testing.TB, out []byte) []map[string]json.RawMessage {
	t.Helper()
	var answers []map[string]json.RawMessage
	for line := range bytes.Lines(out) {
		var a map[string]json.RawMessage
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		answers = append(answers, a)
	}
	return answers
}

// same compares answers: any errors are alike, outputs are compared as JSON values.
func same(t *testing.T, got, want map[string]json.RawMessage) bool {
	t.Helper()
	if _, failed := want["error"]; failed {
		_, ok := got["error"]
		return ok
	}
	for _, key := range []string{"output", "undefined"} {
		if canonical(t, got[key]) != canonical(t, want[key]) {
			return false
		}
	}
	return got["error"] == nil
}

func canonical(t *testing.T, data json.RawMessage) string {
	t.Helper()
	if data == nil {
		return ""
	}
	v, err := nunjucks.DecodeJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := nunjucks.EncodeJSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCasesRenderAsInBackstage(t *testing.T) {
	for _, c := range readCases(t) {
		request, err := json.Marshal(c.Request)
		if err != nil {
			t.Fatal(err)
		}
		source := c.Request["template"]
		if source == nil {
			source = c.Request["input"]
		}
		if got := serve(t, string(request))[0]; !same(t, got, c.Want) {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, c.Want)
		}
	}
}

func TestAnswersKeepOrderAndIDs(t *testing.T) {
	answers := serve(t,
		`{"id":"a","template":"{{ 1 }}"}`, "not JSON", `{"id":[2],"mode":"value","input":"${{ x }}","context":{}}`,
		`{"id":3,"template":"{{ nope() }}"}`, `{"template":7}`, "", `{"id":null,"mode":"value","input":{"z":1,"a":"${{ 2 }}"}}`)
	want := []string{`"a"`, ``, `[2]`, `3`, ``, `null`}
	if len(answers) != len(want) {
		t.Fatalf("%d answers, want %d: %s", len(answers), len(want), answers)
	}
	for i, a := range answers {
		if string(a["id"]) != want[i] {
			t.Errorf("answer %d has id %s, want %s", i, a["id"], want[i])
		}
	}
	if got := string(answers[5]["output"]); got != `{"z":1,"a":2}` {
		t.Errorf("the last output is %s", got)
	}
}
