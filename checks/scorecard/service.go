package scorecard

import (
	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

// OfService scores the Component that the golden path judges in s, by every
// scorecard that is about it. ok is false when catalog-info.yaml has none that
// Backstage would take; the golden path's checks say what is wrong with it.
func OfService(s *repo.Snapshot, report checks.Report, cards []config.Scorecard) (answer Answer, ok bool) {
	service := checks.ReadCatalog(s).Entity
	text, read := s.Text(service.File)
	if !read || service.Ref == "" {
		return Answer{Scorecards: []Result{}}, false
	}
	for doc := range catalog.Each(service.File, []byte(text), catalog.Options{MaxBytes: safeyaml.MaxBytes}) {
		if !doc.OK || doc.Entity == nil || doc.Ref != service.Ref {
			continue
		}
		in := Input{Entity: doc.Entity, Relations: doc.Relations, Snapshot: s}
		if report.Path != "" {
			in.Report = &report
		}
		return EvaluateAll(in, cards), true
	}
	return Answer{Scorecards: []Result{}}, false
}
