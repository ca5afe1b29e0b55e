package action_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// BenchmarkFetchTemplate renders a skeleton of 1,000 files of 100 lines from disk
// to disk. The aim is more than 1,000 files a second.
func BenchmarkFetchTemplate(b *testing.B) {
	const files = 1000
	template := b.TempDir()
	body := strings.Repeat("name: ${{ values.name }} of ${{ values.owner | upper }}\n{% if values.db %}db: yes{% endif %}\nplain text without a tag\n\n", 25)
	for i := range files {
		dir := filepath.Join(template, "skeleton", fmt.Sprintf("dir%d", i%40), "${{ values.name }}")
		must(b, os.MkdirAll(dir, 0o755))
		must(b, os.WriteFile(filepath.Join(dir, fmt.Sprintf("file%d.txt", i)), fmt.Appendf(nil, "%d\n%s", i, body), 0o644))
	}
	source, err := action.OpenLocal(template)
	must(b, err)
	defer func() { must(b, source.Close()) }()
	value, err := nunjucks.DecodeJSON([]byte(`{"url": "./skeleton", "values": {"name": "orders", "owner": "team-a", "db": true}, "copyWithoutTemplating": ["**/*.png"]}`))
	must(b, err)
	a, _ := action.Find(action.Pure(), "fetch:template")
	for b.Loop() {
		b.StopTimer()
		w, err := action.OpenWorkspace(b.TempDir(), action.DefaultLimits())
		must(b, err)
		b.StartTimer()
		must(b, a.Run(b.Context(), &action.Call{Input: value.(*nunjucks.Object), Workspace: w, Source: source}))
		b.StopTimer()
		must(b, w.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(files)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
