// Package templates holds the golden-path templates of spec 5.1, embedded in the
// binary: one folder each, with its template.yaml and all that it fetches, dot files
// included. An organisation puts its own in their place by configuration; nothing
// here is read from disk or changed at run time.
//
// Start from FS.
package templates

import (
	"embed"
	"io/fs"
	"slices"
)

// FS holds the folders that Names lists, and all-templates.yaml, the Location that
// has Backstage load them. Symbolic links and the executable bit do not survive
// embedding; no template uses them.
//
//go:embed all-templates.yaml all:backend-service all:data-pipeline all:frontend-app
var FS embed.FS

// Names lists the embedded templates in alphabetical order. Each is a folder of FS
// that holds a template.yaml.
func Names() []string {
	files, err := fs.Glob(FS, "*/template.yaml")
	if err != nil { // only a malformed pattern is an error
		panic(err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file[:len(file)-len("/template.yaml")]
	}
	slices.Sort(names)
	return names
}
