package pages

import (
	"strings"
	"testing"
)

func TestTemplatesEscapeWhatTheyShow(t *testing.T) {
	pages, err := parseTemplates()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = pages["problem"].ExecuteTemplate(&out, "layout", map[string]any{
		"Title": "<script>x</script>", "Crumbs": nil, "Problem": "", "Actor": "ann", "Version": "1",
		"Page": map[string]any{"Heading": "Not found", "Text": `"><img src=x onerror=alert(1)>`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<script>x") || strings.Contains(out.String(), "<img") || !strings.Contains(out.String(), "<h1>Not found</h1>") {
		t.Errorf("got %s", out.String())
	}
}
