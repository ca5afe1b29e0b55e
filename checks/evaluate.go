package checks

import (
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

// Input is what [Evaluate] judges. Snapshot and Policy are needed.
type Input struct {
	Snapshot *repo.Snapshot

	// Base is the branch that Snapshot is to be merged into, when it is another
	// commit. The repository's golden path is taken from there, if it has any, so that
	// a pull request cannot choose what it is judged by.
	Base *repo.Snapshot

	// Settings is the text of the repository's settings file on its default branch,
	// "" for none; nil reads it from Base, else from Snapshot.
	Settings *string

	// Catalog is the service's catalog entity; nil reads it from the Snapshot.
	Catalog *Catalog

	Policy *config.Policy

	// Path names the golden path, over all other ways to choose it; "" chooses.
	Path string
}

// Evaluate judges one repository. It never fails: what cannot be read is a
// finding.
func Evaluate(in Input) Report {
	catalog := ReadCatalog(in.Snapshot)
	if in.Catalog != nil {
		catalog = *in.Catalog
	}
	report := Report{Service: serviceName(in.Snapshot, catalog), Status: NotApplicable, Checks: []Result{}}
	path, reason, ok := choosePath(in)
	report.Reason = reason
	if !ok {
		return report
	}
	report.Path, report.Title = path.Key, path.Name
	report.Checks = run(subject(in.Snapshot, path, catalog), Registered())
	report.Score, report.Status = score(report.Checks)
	return report
}

func subject(s *repo.Snapshot, path config.GoldenPath, catalog Catalog) *Subject {
	return &Subject{
		Snapshot: s, Path: path, Catalog: catalog,
		ci:    readPipeline(s),
		facts: readFacts(s, path, catalog),
	}
}

// run asks every check.
func run(s *Subject, list []Check) []Result {
	results := make([]Result, 0, len(list))
	for _, c := range list {
		var r Result
		applies, reason := true, ""
		if c.Applies != nil {
			applies, reason = c.Applies(s)
		}
		if applies {
			r = c.Run(s)
		} else {
			r = Result{Status: NotApplicable, Description: reason}
		}
		r.ID, r.Name = c.ID, c.Name
		if r.Places == nil {
			r.Places = []Place{}
		}
		results = append(results, r)
	}
	return results
}

// serviceName is what the catalog calls the service, else the repository's name.
func serviceName(s *repo.Snapshot, c Catalog) string {
	switch {
	case c.Entity.Name != "":
		return c.Entity.Name
	case s.Name.Owner != "":
		return s.Name.String()
	}
	return s.Name.Repo
}

// Want says what has to be read to judge a repository on any path of the policy:
// one read serves the choice of the path and every check.
func Want(p *config.Policy) repo.Want {
	want := repo.Want{
		Files: []string{catalogFile, config.SettingsPath, "package.json", "go.mod", "Makefile"},
		// The root's names tell variants apart (readme.rst, Chart.yaml, yarn.lock).
		Dirs: []repo.Dir{{Path: "", Depth: 1, NamesOnly: true}},
	}
	for _, path := range p.Paths {
		for _, d := range path.Detect {
			want = want.Merge(wantOf(d))
		}
		for _, c := range Registered() {
			want = want.Merge(c.Wants(path))
		}
	}
	return want.Merge(repo.Want{})
}
