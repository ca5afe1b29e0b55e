package checks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

var update = flag.Bool("update", false, "rewrite golden files")

// wantFile is the section of an archive that holds the expected report.
const wantFile = "want.json"

// TestEvaluate judges every repository under testdata/repos. A new case is a new
// file there; -update writes the report it gives into it.
func TestEvaluate(t *testing.T) {
	files, err := filepath.Glob("testdata/repos/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			report := checks.Evaluate(checks.Input{Snapshot: snapshotOf(t, archive), Policy: config.DefaultPolicy()})
			got := marshal(t, report)
			if *update {
				setFile(archive, got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(fileOf(archive, wantFile)), string(got)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

func load(t testing.TB, name string) *repo.Snapshot {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata/repos", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return snapshotOf(t, archive)
}

// snapshotOf writes the archive into a folder and reads it as `cairn check` does.
func snapshotOf(t testing.TB, archive *txtar.Archive) *repo.Snapshot {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		if f.Name == wantFile {
			continue
		}
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := repo.ReadDir(t.Context(), dir, checks.Want(config.DefaultPolicy()))
	if err != nil {
		t.Fatal(err)
	}
	s.Name = repo.Name{Owner: "acme", Repo: "pay"}
	return s
}

func marshal(t *testing.T, r checks.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fileOf(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setFile(a *txtar.Archive, data []byte) {
	for i, f := range a.Files {
		if f.Name == wantFile {
			a.Files[i].Data = data
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: wantFile, Data: data})
}
