package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodEntity = "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: shop}\nspec: {owner: team}\n"

// validate runs `cairn catalog validate` and returns its exit code and output.
func validate(t *testing.T, stdin string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"catalog", "validate"}, args...), strings.NewReader(stdin), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestCatalogValidate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "catalog-info.yaml")
	if err := os.WriteFile(file, []byte(goodEntity+"---\nkind: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := validate(t, goodEntity, "-"); code != 0 || out != "1 document, 0 refused\n" {
		t.Errorf("a good document: exit %d, %s", code, out)
	}
	code, out, _ := validate(t, "", file)
	if code != exitFindings || !strings.Contains(out, file+":6:1: apiVersion is missing\n    6 | kind: x\n") {
		t.Errorf("a broken one: exit %d, %s", code, out)
	}
	if code, _, errOut := validate(t, "", file, "/no/such/file"); code != exitCannot || !strings.Contains(errOut, "/no/such/file") {
		t.Errorf("no file: exit %d, %s", code, errOut)
	}
	if code, _, _ := validate(t, goodEntity, "--rules", "Component,API", "-"); code != exitFindings {
		t.Errorf("a kind that is not allowed: exit %d", code)
	}
	if code, _, _ := validate(t, goodEntity, "--format", "xml", "-"); code != exitCannot {
		t.Errorf("an unknown format: exit %d", code)
	}
}

func TestCatalogValidateJSONL(t *testing.T) {
	code, out, _ := validate(t, goodEntity+"---\n---\nkind: x\n", "--format", "jsonl", "-")
	if code != exitFindings {
		t.Errorf("exit %d", code)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %s", out)
	}
	type line struct {
		File      string
		Doc       int
		OK        bool
		NullDoc   bool
		Stage     string
		Error     struct{ Name, Message string }
		EntityRef string
		Relations []string
		Line      int
	}
	var got [3]line
	for i := range got {
		if err := json.Unmarshal([]byte(lines[i]), &got[i]); err != nil {
			t.Fatal(err)
		}
	}
	if l := got[0]; !l.OK || l.EntityRef != "system:default/shop" || len(l.Relations) != 2 || l.Line != 1 {
		t.Errorf("good: %+v", l)
	}
	if l := got[1]; !l.OK || !l.NullDoc || l.Doc != 1 {
		t.Errorf("empty: %+v", l)
	}
	if l := got[2]; l.OK || l.Stage != "envelope" || l.Error.Name != "TypeError" || l.Line != 7 ||
		l.Error.Message != "<root> must have required property 'apiVersion' - missingProperty: apiVersion" {
		t.Errorf("broken: %+v", l)
	}
}
