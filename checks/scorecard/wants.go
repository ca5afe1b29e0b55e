package scorecard

import (
	"path"
	"strings"

	"github.com/cairn-dev/cairn/checks/scorecard/rule"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Wants says what of a repository has to be read so that no rule of the scorecards
// is unknown for want of it: the folder of every path that "repo.files contains"
// names, and for other questions about repo.files the names of all files, four
// folders deep. The zero Want is "nothing but the repository's own facts".
func Wants(cards []config.Scorecard) repo.Want {
	var want repo.Want
	add := func(t *rule.Test) {
		if t == nil {
			return
		}
		files, listing := t.Files()
		for _, f := range files {
			dir := path.Dir(strings.TrimSuffix(f, "/"))
			if dir == "." {
				dir = ""
			}
			want = want.Merge(repo.Want{Dirs: []repo.Dir{{Path: dir, Depth: 1, NamesOnly: true}}})
		}
		if listing {
			want = want.Merge(repo.Want{Dirs: []repo.Dir{{Depth: listingDepth, NamesOnly: true}}})
		}
	}
	for _, card := range cards {
		for _, line := range card.Rules {
			add(line.Test)
			add(line.Condition)
		}
	}
	return want
}
