package checks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
)

const (
	scrapeAnnotation    = "prometheus.io/scrape"
	pagerdutyAnnotation = "pagerduty.com/integration-key"
	dashboardTitle      = "Grafana Dashboard"
)

// monitoring is check 4 of spec 7.2: the catalog entity says that Prometheus
// scrapes the service, where its dashboard is and whom PagerDuty calls.
func monitoring() Check {
	return Check{
		ID:    "monitoring",
		Name:  "Monitoring",
		Asks:  "Is the service scraped, on a dashboard and on call?",
		Why:   "Who is called at night needs the numbers, the dashboard and the service's owner in one place.",
		Wants: func(config.GoldenPath) repo.Want { return repo.Want{Files: []string{catalogFile}} },
		Run:   runMonitoring,
	}
}

func runMonitoring(s *Subject) Result {
	var a answer
	if why := s.noEntity(&a, "The three monitoring settings live in the catalog entity."); why != "" {
		r := remedy{say: "Set up Prometheus, Grafana, and PagerDuty in the catalog entity:", file: catalogFile, lang: "yaml", snippet: s.facts.snippet(catalogFile)}
		if !s.Catalog.Present && slices.Contains(s.Path.Files, catalogFile) {
			r = remedy{say: fmt.Sprintf("Set up Prometheus, Grafana, and PagerDuty in %s; the beginning under Repository Structure has all three.", Code(catalogFile))}
		}
		a.mend(r)
		return a.result(NonCompliant, "No monitoring configured: "+why)
	}
	e := s.Catalog.Entity
	var failed, mend []string
	passed := 0
	fail := func(said, snippet, line, message, why string) {
		failed = append(failed, said)
		mend = append(mend, snippet)
		a.fault(e.File, e.line(line), why, "%s%s", message, s.notString(line))
	}
	if e.Annotations[scrapeAnnotation] == "true" {
		passed++
	} else {
		fail("Prometheus scraping not configured", "scrape", "metadata.annotations."+scrapeAnnotation,
			`the annotation prometheus.io/scrape is not "true"`, "Without it Prometheus does not collect the service's metrics.")
	}
	if dashboard(e) {
		passed++
	} else {
		fail("No Grafana dashboard link", "grafana", "metadata.links",
			`no link has the title "Grafana Dashboard"`+otherDashboard(e), "The link is where people go first when the service misbehaves.")
	}
	if key := e.Annotations[pagerdutyAnnotation]; key != "" && !isPlaceholder(key) {
		passed++
	} else {
		fail("No PagerDuty integration", "pagerduty", "metadata.annotations."+pagerdutyAnnotation,
			"the annotation pagerduty.com/integration-key is "+emptyOr(key), "Without it nobody is called when the service is down.")
	}
	if len(failed) == 0 {
		return a.result(Compliant, "All monitoring configured")
	}
	list := strings.Join(failed, ", ")
	say := Text("Configure: " + list)
	if passed == 0 {
		say = "Set up Prometheus, Grafana, and PagerDuty"
	}
	a.mend(remedy{say: say})
	for _, name := range mend {
		a.mend(remedy{say: "In " + Code(e.File) + ":", lang: "yaml", snippet: s.facts.snippet(name)})
	}
	if passed == 0 {
		return a.result(NonCompliant, "No monitoring configured")
	}
	return a.result(Partial, "Partial: "+list)
}

// noEntity reports that there is no catalog entity to ask, and why.
func (s *Subject) noEntity(a *answer, reason string) string {
	c := s.Catalog
	switch {
	case !c.Present:
		a.fault(catalogFile, 0, reason, "missing")
		return catalogFile + " is missing"
	case c.Entity.Name == "" && len(c.Problems) > 0:
		p := c.Problems[0]
		a.fault(p.File, p.Line, reason, "%s", p.Message)
		return catalogFile + " cannot be read"
	}
	return ""
}

// notString hints at a value that is there, but no string.
func (s *Subject) notString(key string) string {
	name, ok := strings.CutPrefix(key, "metadata.annotations.")
	if !ok {
		return ""
	}
	_, isText := s.Catalog.Entity.Annotations[name]
	if s.Catalog.Entity.Lines[key] > 0 && !isText {
		return `: the value must be a string, so write it in quotes`
	}
	return ""
}

func dashboard(e Entity) bool {
	for _, l := range e.Links {
		if l.Title == dashboardTitle {
			return true
		}
	}
	return false
}

func otherDashboard(e Entity) string {
	for _, l := range e.Links {
		if strings.Contains(strings.ToLower(l.Title+l.URL), "grafana") {
			return "; there is one called " + `"` + l.Title + `"` + ": give it exactly that title"
		}
	}
	return ""
}

// placeholder matches what people leave in a file to be filled in later.
var placeholder = regexp.MustCompile(`(?i)^(<.*>|todo|tbd|change[-_ ]?me|x{3,}|your[-_ ].*|\$\{\{.*\}\})$`)

func isPlaceholder(s string) bool { return placeholder.MatchString(strings.TrimSpace(s)) }

func emptyOr(key string) string {
	if key == "" {
		return "missing"
	}
	return "still a placeholder"
}
