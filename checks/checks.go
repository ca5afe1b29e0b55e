// Package checks holds golden paths: a repository's Snapshot, its catalog entity
// and the organisation's policy in, a Report out, and the text of the check run
// that shows it. It is pure: it never talks to GitHub, reads a clock or a file,
// and it runs nothing of what it reads.
//
// Start reading at [Check]; [Evaluate] runs them, [Render] writes them down.
package checks

import (
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Check is one question about a repository. It is a value: the six built-in ones
// are listed in [Registered], others can be made from policy at run time.
//
// A Check must answer from its Subject alone, give the same answer for the same
// Subject, and finish within milliseconds whatever the repository holds. It may be
// called by several goroutines.
type Check struct {
	ID   string // stable, lower case, such as ci-cd-pipeline
	Name string // for people; the six of spec 7.2 have its names

	// Asks is the question, Why the reason for asking it; both for people, in one
	// sentence.
	Asks string
	Why  string

	// Applies reports whether the question makes sense here, and if not, why. Nil
	// is "always". A check that finds out while it runs answers NotApplicable.
	Applies func(*Subject) (ok bool, reason string)

	// Wants says what has to be read for the check on a golden path.
	Wants func(config.GoldenPath) repo.Want

	// Run answers. ID and Name are filled in by Evaluate.
	Run func(*Subject) Result
}

// Subject is what a Check looks at: one repository at one commit, on one path.
// What several checks need is worked out once, before they run.
type Subject struct {
	Snapshot *repo.Snapshot
	Path     config.GoldenPath
	Catalog  Catalog

	ci    pipeline // every workflow, read
	facts facts    // for snippets
}

// Registered lists the checks that every golden path runs, in the order in which
// people see them (spec 7.2).
func Registered() []Check {
	return []Check{
		repositoryStructure(),
		pipelineCheck(),
		documentation(),
		monitoring(),
		securityScanning(),
		kubernetesConfiguration(),
	}
}
