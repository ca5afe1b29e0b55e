package pages

import (
	"embed"
	"fmt"
	"html/template"
)

//go:embed templates/*.html
var templateFiles embed.FS

// parseTemplates reads every page: each is the layout with its own content.
func parseTemplates() (map[string]*template.Template, error) {
	functions := template.FuncMap{
		"inc":   func(i int) int { return i + 1 },
		"short": func(sha string) string { return sha[:min(len(sha), 7)] },
	}
	pages := map[string]*template.Template{}
	for _, name := range []string{
		"home", "org", "repo", "blob", "commit", "pull", "issue", "newissue", "list", "edit", "deliveries", "delivery", "problem",
	} {
		page, err := template.New(name).Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", name, err)
		}
		pages[name] = page
	}
	return pages, nil
}
