package templates_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cairn-dev/cairn/templates"
)

func TestLibraryPrefersTheOrganisation(t *testing.T) {
	own := fstest.MapFS{
		"backend-service/template.yaml": {Data: []byte("theirs")},
		"library/template.yml":          {Data: []byte("library")},
		"notes/README.md":               {Data: []byte("no template")},
	}
	library := templates.NewLibrary(own)
	names, theirs, err := library.Names()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "library") || slices.Contains(names, "notes") || !slices.IsSorted(names) {
		t.Errorf("names are %v", names)
	}
	if !theirs["backend-service"] || !theirs["library"] {
		t.Errorf("the organisation's are %v", theirs)
	}
	folder, err := library.Folder("backend-service")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(folder, "template.yaml"); err != nil || string(text) != "theirs" {
		t.Errorf("read %q, %v", text, err)
	}
	if _, err := templates.NewLibrary(nil).Folder("backend-service"); err != nil {
		t.Error(err)
	}
}

func TestLibraryRefusesOtherNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../templates", "backend-service/skeleton", "nothing", "/etc", "a\\b", "notes"} {
		_, err := templates.NewLibrary(fstest.MapFS{"notes/README.md": {}}).Folder(name)
		if err == nil || !strings.Contains(err.Error(), "there are backend-service") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
