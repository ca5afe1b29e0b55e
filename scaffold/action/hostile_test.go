package action_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

func isLimit(err error) bool { return errors.Is(err, action.ErrLimit) }

// folder is a Source with one folder.
type folder struct{ files fs.FS }

func (f folder) Folder(context.Context, string) (fs.FS, error) { return f.files, nil }

func (f folder) File(_ context.Context, url string) ([]byte, error) {
	return fs.ReadFile(f.files, url)
}

// fetch runs an action with a skeleton into an empty workspace beside a witness
// that must not change, and returns the workspace's tree.
func fetch(t testing.TB, id string, files fs.FS, input map[string]nunjucks.Value) (string, error) {
	t.Helper()
	return fetchWithin(t, action.DefaultLimits(), id, files, input)
}

func fetchWithin(t testing.TB, limits action.Limits, id string, files fs.FS, input map[string]nunjucks.Value) (string, error) {
	t.Helper()
	dir := t.TempDir()
	workspace := filepath.Join(dir, "workspace")
	must(t, os.Mkdir(workspace, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "witness"), []byte("untouched\n"), 0o644))
	w, err := action.OpenWorkspace(workspace, limits)
	must(t, err)
	defer func() { must(t, w.Close()) }()
	o := nunjucks.NewObject()
	o.Set("url", "./skeleton")
	for name, v := range input {
		o.Set(name, v)
	}
	a, _ := action.Find(action.Pure(), id)
	must(t, a.Validate(o))
	err = a.Run(t.Context(), &action.Call{Input: o, Workspace: w, Source: folder{files}})
	checkUsage(t, w)
	got := tree(t, workspace)
	if outside := strings.Replace(tree(t, dir), got, "", 1); !strings.Contains(outside, "| untouched") || strings.Count(outside, "\n") != 3+strings.Count(got, "\n") {
		t.Errorf("something was written beside the workspace:\n%s", outside)
	}
	return got, err
}

func values(name string, v nunjucks.Value) map[string]nunjucks.Value {
	o := nunjucks.NewObject()
	o.Set(name, v)
	return map[string]nunjucks.Value{"values": o}
}

// TestHostileNames renders paths to what must not be written. Each ends with an
// error that says why and an empty workspace.
func TestHostileNames(t *testing.T) {
	for _, test := range []struct {
		name string
		want error
	}{
		{"..", action.ErrOutside},
		{"../x", action.ErrOutside},
		{"a/../../x", action.ErrOutside},
		{"a/b/../../..", action.ErrOutside},
		{"a\x00b", action.ErrName},
		{"a\nb", action.ErrName},
		{`..\x`, action.ErrName},
		{`C:\x`, action.ErrName},
		{"NUL", action.ErrName},
		{"nul.txt", action.ErrName},
		{"com1", action.ErrName},
		{"LPT9.a.b", action.ErrName},
		{"a/aux /b", action.ErrName},
		{".git/hooks/post-checkout", action.ErrName},
		{".GIT", action.ErrName},
		{".cairn-undo/0", action.ErrName},
		{strings.Repeat("n", 256), action.ErrLimit},
		{strings.Repeat("n/", 600) + "n", action.ErrLimit},
		{strings.Repeat("n/", 100) + "n", action.ErrLimit},
	} {
		files := fstest.MapFS{"a-first": {Data: []byte("x")}, "${{ values.p }}": {Data: []byte("x")}}
		got, err := fetch(t, "fetch:template", files, values("p", test.name))
		if !errors.Is(err, test.want) {
			t.Errorf("%.30q: error %v, want %v", test.name, err, test.want)
		}
		if got != "" {
			t.Errorf("%.30q left files behind:\n%s", test.name, got)
		}
	}
}

// TestSkippedNames renders paths to what Backstage skips.
func TestSkippedNames(t *testing.T) {
	for _, name := range []string{"", "/etc/passwd", "a//b", "//", "/"} {
		files := fstest.MapFS{"${{ values.p }}": {Data: []byte("x")}}
		if got, err := fetch(t, "fetch:template", files, values("p", name)); err != nil || got != "" {
			t.Errorf("%q: error %v, files %q; want neither", name, err, got)
		}
	}
}

// TestHostileLinks tries links that lead out, one by one and in pairs.
func TestHostileLinks(t *testing.T) {
	for _, links := range []map[string]string{
		{"l": "/etc/passwd"},
		{"l": ".."},
		{"l": "../witness"},
		{"d/l": "../../witness"},
		{"l": "a/../../witness"},
		{"l": `..\witness`},
		{"a/b/self": "..", "l": "a/b/self/../../witness"},
	} {
		for _, id := range []string{"fetch:template", "fetch:plain"} {
			files := fstest.MapFS{"a-first": {Data: []byte("x")}}
			for name, to := range links {
				files[name] = &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink | 0o777}
			}
			if got, err := fetch(t, id, files, nil); !errors.Is(err, action.ErrOutside) || got != "" {
				t.Errorf("%s %v: error %v, files %q", id, links, err, got)
			}
		}
	}
}

// TestNotThroughLinks writes to paths that pass through a link, inside or not.
func TestNotThroughLinks(t *testing.T) {
	dir := t.TempDir()
	workspace := filepath.Join(dir, "workspace")
	must(t, os.MkdirAll(filepath.Join(workspace, "real"), 0o755))
	must(t, os.Symlink("real", filepath.Join(workspace, "in")))
	must(t, os.Symlink(dir, filepath.Join(workspace, "out")))
	w, err := action.OpenWorkspace(workspace, action.DefaultLimits())
	must(t, err)
	defer func() { must(t, w.Close()) }()
	before := tree(t, dir)
	for _, name := range []string{"in/x", "out/x", "out/workspace/x", "in/new/x"} {
		for what, err := range map[string]error{
			"write":   w.WriteFile(name, []byte("x"), 0o644),
			"folder":  w.MkdirAll(name),
			"link":    w.Symlink("x", name),
			"renamed": w.Rename("real", name),
		} {
			if !errors.Is(err, action.ErrOutside) {
				t.Errorf("%s %s: %v", what, name, err)
			}
		}
	}
	if _, err := w.ReadFile("out/witness"); err == nil {
		t.Error("read through a link that leaves the workspace")
	}
	if after := tree(t, dir); after != before {
		t.Errorf("the folder changed:\n%s", after)
	}
}

// TestMovedLinks moves a link to where it would lead out.
func TestMovedLinks(t *testing.T) {
	w, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer func() { must(t, w.Close()) }()
	must(t, w.WriteFile("top", nil, 0o644))
	must(t, w.Symlink("../../top", "a/b/l"))
	for _, to := range []string{"l", "x/l"} {
		if err := w.Rename("a/b/l", to); !errors.Is(err, action.ErrOutside) {
			t.Errorf("moving the link to %s: %v", to, err)
		}
	}
	if err := w.Rename("a/b", "b"); !errors.Is(err, action.ErrOutside) {
		t.Errorf("moving the folder up: %v", err)
	}
	must(t, w.Rename("a/b", "c/d"))
}

// bomb is a file of zeros or text, as large as it says.
type bomb struct {
	fstest.MapFS
	size int64
	fill byte
}

func (b bomb) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if err != nil || !strings.HasPrefix(filepath.Base(name), "bomb") {
		return f, err
	}
	return &bombFile{f, b.size, b.fill}, nil
}

type bombFile struct {
	fs.File
	left int64
	fill byte
}

func (b *bombFile) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), b.left))
	for i := range p[:n] {
		p[i] = b.fill
	}
	b.left -= int64(n)
	return n, nil
}

// TestBombs fetches what would fill a disk or memory. Each ends soon, names the
// limit and leaves nothing.
func TestBombs(t *testing.T) {
	many := fstest.MapFS{}
	for i := range 100_000 {
		many[fmt.Sprintf("d%d/f%d", i%100, i)] = &fstest.MapFile{Data: []byte("x")}
	}
	deep := fstest.MapFS{strings.Repeat("d/", 200) + "f": {Data: []byte("x")}}
	output := fstest.MapFS{}
	for i := range 100 {
		output[fmt.Sprintf("f%03d", i)] = &fstest.MapFile{Data: []byte("{% for i in range(100000) %}${{ values.p }}{% endfor %}")}
	}
	bombs := func(n int) fstest.MapFS {
		files := fstest.MapFS{"a-first": {Data: []byte("x")}}
		for i := range n {
			files[fmt.Sprintf("bomb%02d", i)] = &fstest.MapFile{}
		}
		return files
	}
	limits := action.DefaultLimits()
	limits.Bytes = 40 << 20 // so that the test is no burden to the disk
	for _, test := range []struct {
		name  string
		files fs.FS
		ids   string
	}{
		{"100,000 files", many, "fetch:template fetch:plain"},
		{"200 folders deep", deep, "fetch:template fetch:plain"},
		{"1 GB of output", output, "fetch:template"},
		{"one binary of 1 GB", bomb{bombs(1), 1 << 30, 0}, "fetch:template"},
		{"one text of 1 GB", bomb{bombs(1), 1 << 30, 'x'}, "fetch:plain"},
		{"20 binaries of 20 MiB", bomb{bombs(20), 20 << 20, 0}, "fetch:plain"},
	} {
		for id := range strings.FieldsSeq(test.ids) {
			start, peak := time.Now(), watchMemory(t)
			got, err := fetchWithin(t, limits, id, test.files, values2(id, "p", strings.Repeat("x", 100)))
			if engine := (*nunjucks.Error)(nil); !isLimit(err) && (!errors.As(err, &engine) || engine.Limit == "") {
				t.Errorf("%s, %s: error %v, want one that names a limit", test.name, id, err)
			}
			if got != "" {
				t.Errorf("%s, %s left files behind", test.name, id)
			}
			t.Logf("%s, %s: %v, %d MB: %v", test.name, id, time.Since(start).Round(time.Millisecond), peak()>>20, err)
		}
	}
}

// values2 are values for the actions that take some.
func values2(id, name string, v nunjucks.Value) map[string]nunjucks.Value {
	if id != "fetch:template" {
		return nil
	}
	return values(name, v)
}

// watchMemory samples how much heap is in use until its result is called.
func watchMemory(t testing.TB) (peak func() uint64) {
	t.Helper()
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-tick.C:
			case <-done:
				result <- most
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-result }
}

// TestCanceled stops in the middle and cleans up.
func TestCanceled(t *testing.T) {
	w, err := action.OpenWorkspace(t.TempDir(), action.DefaultLimits())
	must(t, err)
	defer func() { must(t, w.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	files := fstest.MapFS{}
	for i := range 200 {
		files[fmt.Sprintf("f%d", i)] = &fstest.MapFile{Data: []byte("${{ values.p }}")}
	}
	input := nunjucks.NewObject()
	input.Set("url", ".")
	for _, id := range []string{"fetch:template", "fetch:plain"} {
		a, _ := action.Find(action.Pure(), id)
		err = a.Run(ctx, &action.Call{Input: input, Workspace: w, Source: folder{cancelAt{files, "f150", cancel}}})
		if err == nil {
			t.Errorf("%s: no error", id)
		}
		if got := tree(t, w.Dir()); got != "" {
			t.Errorf("%s left files behind:\n%s", id, got)
		}
	}
}

// cancelAt cancels when a file is opened.
type cancelAt struct {
	fstest.MapFS
	name   string
	cancel context.CancelFunc
}

func (c cancelAt) Open(name string) (fs.File, error) {
	if name == c.name {
		c.cancel()
	}
	return c.MapFS.Open(name)
}
