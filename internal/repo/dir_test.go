package repo_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/testpart"
)

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadDirReadsWhatIsWantedOnly(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.mod", "module x\n")
	write(t, dir, "main.go", "package main\n")
	write(t, dir, "k8s/a.yaml", "a: b\n")
	write(t, dir, "k8s/x/y/deep.yaml", "c: d\n")
	write(t, dir, "docs/index.md", "# x\n")
	write(t, dir, "logo.png", "\x89PNG\x00")
	write(t, dir, "big.yaml", strings.Repeat("a", repo.MaxText+1))
	write(t, dir, "latin1.md", "caf\xe9")
	s, err := repo.ReadDir(t.Context(), dir, repo.Want{
		Files: []string{"go.mod", "absent", "logo.png", "big.yaml", "latin1.md", "../outside", "/etc/passwd"},
		Dirs:  []repo.Dir{{Path: "", Depth: 1, NamesOnly: true}, {Path: "k8s", Depth: 2}, {Path: "nowhere", Depth: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	type state struct {
		Presence repo.Presence
		Read     bool
	}
	got := map[string]state{}
	for _, name := range []string{"go.mod", "main.go", "k8s/a.yaml", "k8s/x/y/deep.yaml", "docs", "docs/index.md", "absent", "logo.png", "big.yaml", "nowhere/x", "../outside", "/etc/passwd"} {
		f, p := s.File(name)
		got[name] = state{p, f.Read}
	}
	want := map[string]state{
		"go.mod": {repo.Present, true}, "main.go": {repo.Present, false}, "k8s/a.yaml": {repo.Present, true},
		"k8s/x/y/deep.yaml": {repo.Unread, false}, "docs": {repo.Present, false}, "docs/index.md": {repo.Unread, false},
		"absent": {repo.Absent, false}, "logo.png": {repo.Present, false}, "big.yaml": {repo.Present, false},
		"nowhere/x": {repo.Absent, false}, "../outside": {repo.Absent, false}, "/etc/passwd": {repo.Absent, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, reason := range map[string]string{"logo.png": "binary", "big.yaml": "over the limit", "main.go": "not asked for"} {
		if f, _ := s.File(name); !strings.Contains(f.Reason, reason) {
			t.Errorf("%s: reason %q, want %q", name, f.Reason, reason)
		}
	}
	if text, _ := s.Text("latin1.md"); text != "caf\uFFFD" {
		t.Errorf("latin1.md: %q", text)
	}
	if s.Name.Repo != filepath.Base(dir) || s.SHA != "" {
		t.Errorf("name %v, sha %q", s.Name, s.SHA)
	}
}

func TestReadDirFollowsNoSymbolicLinks(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret.yaml", "token: x\n")
	dir := t.TempDir()
	write(t, dir, "real/a.yaml", "a: b\n")
	for link, target := range map[string]string{"Dockerfile": "/etc/passwd", "k8s": outside, "inside": "real", "up.yaml": "../" + filepath.Base(outside) + "/secret.yaml"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			testpart.Missing(t, "a file system with symbolic links", err.Error())
		}
	}
	s, err := repo.ReadDir(t.Context(), dir, repo.Want{
		Files: []string{"Dockerfile", "up.yaml", "k8s/secret.yaml", "inside/a.yaml"},
		Dirs:  []repo.Dir{{Path: "k8s", Depth: 2}, {Path: "", Depth: 1, NamesOnly: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Dockerfile", "up.yaml"} {
		if f, p := s.File(name); p != repo.Present || f.Kind != repo.Symlink || f.Read || f.Text != "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for _, name := range []string{"k8s/secret.yaml", "inside/a.yaml"} {
		if _, p := s.File(name); p != repo.Absent {
			t.Errorf("%s: presence %v, want absent, as git sees it", name, p)
		}
	}
}

func TestReadDirKnowsKinds(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "run.sh", "#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(dir, "run.sh"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vendored/.git", "gitdir: ../.git/modules/vendored\n")
	write(t, dir, "vendored/go.mod", "module y\n")
	s, err := repo.ReadDir(t.Context(), dir, repo.Want{Dirs: []repo.Dir{{Path: "", Depth: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := s.File("run.sh"); f.Kind != repo.Executable {
		t.Errorf("run.sh: %+v", f)
	}
	if f, _ := s.File("vendored"); f.Kind != repo.Submodule || s.Has("vendored/go.mod") {
		t.Errorf("vendored: %+v", f)
	}
}

func TestReadDirNamesTheCheckout(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	cases := map[string]struct {
		files map[string]string
		want  repo.Snapshot
	}{
		"branch": {
			map[string]string{".git/HEAD": "ref: refs/heads/topic\n", ".git/refs/heads/topic": sha + "\n", ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
				".git/config": "[remote \"up\"]\n url = x\n[remote \"origin\"]\n\turl = git@github.com:acme/pay.git\n"},
			repo.Snapshot{Name: repo.Name{Owner: "acme", Repo: "pay"}, Branch: "topic", SHA: sha, DefaultBranch: "trunk"},
		},
		"packed, https": {
			map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs\n" + sha + " refs/heads/main\n",
				".git/config": "[remote \"origin\"]\n\turl = https://user:pass@github.example/acme/pay.js\n"},
			repo.Snapshot{Name: repo.Name{Owner: "acme", Repo: "pay.js"}, Branch: "main", SHA: sha},
		},
		"detached": {map[string]string{".git/HEAD": sha + "\n"}, repo.Snapshot{SHA: sha}},
		"work tree": {
			map[string]string{".git": "gitdir: meta/w\n", "meta/w/HEAD": "ref: refs/heads/w\n", "meta/w/commondir": "..\n", "meta/refs/heads/w": sha},
			repo.Snapshot{Branch: "w", SHA: sha},
		},
		"hostile": {map[string]string{".git/HEAD": "ref: ../../../etc/passwd\n", ".git/config": "[remote \"origin\"]\nurl=nonsense"}, repo.Snapshot{Branch: "../../../etc/passwd"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				write(t, dir, file, text)
			}
			s, err := repo.ReadDir(t.Context(), dir, repo.Want{})
			if err != nil {
				t.Fatal(err)
			}
			if c.want.Name.Repo == "" {
				c.want.Name.Repo = filepath.Base(dir)
			}
			if s.Name != c.want.Name || s.Branch != c.want.Branch || s.SHA != c.want.SHA || s.DefaultBranch != c.want.DefaultBranch {
				t.Errorf("got %v %q %q %q, want %v %q %q %q", s.Name, s.Branch, s.SHA, s.DefaultBranch, c.want.Name, c.want.Branch, c.want.SHA, c.want.DefaultBranch)
			}
		})
	}
}

func TestReadDirFails(t *testing.T) {
	if _, err := repo.ReadDir(t.Context(), filepath.Join(t.TempDir(), "absent"), repo.Want{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := repo.ReadDir(ctx, t.TempDir(), repo.Want{Files: []string{"a"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestWantMerge(t *testing.T) {
	a := repo.Want{Files: []string{"b", "a"}, Dirs: []repo.Dir{{Path: "k", Depth: 1, NamesOnly: true}}}
	b := repo.Want{Files: []string{"a"}, Dirs: []repo.Dir{{Path: "k", Depth: 3}, {Path: "d", Depth: 1}}}
	want := repo.Want{Files: []string{"a", "b"}, Dirs: []repo.Dir{{Path: "d", Depth: 1}, {Path: "k", Depth: 3}}}
	if diff := cmp.Diff(want, a.Merge(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNewSnapshotKeepsTheText(t *testing.T) {
	read, listed := repo.File{Path: "a", Text: "x", Read: true}, repo.File{Path: "a", Reason: "not asked for"}
	for _, files := range [][]repo.File{{read, listed}, {listed, read}} {
		if text, ok := repo.NewSnapshot(repo.Name{}, repo.Want{}, files...).Text("a"); !ok || text != "x" {
			t.Errorf("a listing hides the text: %q, %v", text, ok)
		}
	}
}
