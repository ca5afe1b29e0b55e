package checks

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/safeyaml"
)

const techdocsAnnotation = "backstage.io/techdocs-ref"

// documentation is check 3 of spec 7.2, which names it only. Three questions: does
// the catalog entity point at its TechDocs, can they be built (mkdocs.yml parses,
// its index page has content), and does the README say something? All three:
// compliant; some: partial; none: non-compliant.
func documentation() Check {
	return Check{
		ID:    "documentation",
		Name:  "Documentation",
		Asks:  "Do people find out what this is and how to run it?",
		Why:   "Documentation beside the code is the one that is kept up to date, and the catalog is where people look for it.",
		Wants: documentationWants,
		Run:   runDocumentation,
	}
}

func documentationWants(config.GoldenPath) repo.Want {
	return repo.Want{
		Files: append([]string{catalogFile, "mkdocs.yml", "mkdocs.yaml", "docs/index.md", "docs/README.md"}, readmes()...),
		Dirs:  []repo.Dir{{Path: "docs", Depth: 1, NamesOnly: true}},
	}
}

// readmes lists where GitHub looks for a README, in its order.
func readmes() []string {
	return []string{".github/README.md", "README.md", "readme.md", "Readme.md", "README.rst", "README.adoc", "README.txt", "README", "docs/README.md"}
}

func runDocumentation(s *Subject) Result {
	var a answer
	var failed []string
	if !s.techdocsRef(&a) {
		failed = append(failed, "the catalog does not point at TechDocs")
	}
	if !s.mkdocs(&a) {
		failed = append(failed, "TechDocs cannot be built")
	}
	if !s.readme(&a) {
		failed = append(failed, "the README says nothing")
	}
	switch len(failed) {
	case 0:
		return a.result(Compliant, "TechDocs and README are in place")
	case 3:
		return a.result(NonCompliant, "No documentation: "+strings.Join(failed, ", "))
	}
	return a.result(Partial, "Partial: "+strings.Join(failed, ", "))
}

func (s *Subject) techdocsRef(a *answer) bool {
	const why = "Without the annotation the catalog's Docs tab stays empty."
	if s.noEntity(a, why) != "" {
		a.mend(remedy{say: "Point a catalog entity at the documentation, in " + Code(catalogFile) + ":", lang: "yaml", snippet: s.facts.snippet("techdocs")})
		return false
	}
	e := s.Catalog.Entity
	key := "metadata.annotations." + techdocsAnnotation
	ref := e.Annotations[techdocsAnnotation]
	kind, _, _ := strings.Cut(ref, ":")
	switch {
	case ref == "":
		a.fault(e.File, e.line(key), why, "the annotation %s is missing%s", techdocsAnnotation, s.notString(key))
	case kind != "dir" && kind != "url":
		a.fault(e.File, e.line(key), why, "the annotation %s has to start with dir: or url:, and is %q", techdocsAnnotation, ref)
	default:
		return true
	}
	a.mend(remedy{say: "Point the catalog at the documentation, in " + Code(e.File) + ":", lang: "yaml", snippet: s.facts.snippet("techdocs")})
	return false
}

const whyMkdocs = "TechDocs are built from mkdocs.yml and the pages it names."

func (s *Subject) mkdocs(a *answer) bool {
	if dir := s.docsElsewhere(); dir != "" {
		a.note("TechDocs are in %s, which is not read here.", Code(dir))
		return true
	}
	file, ok := present(s.Snapshot, "mkdocs.yml")
	if !ok {
		a.fault("mkdocs.yml", 0, whyMkdocs, "missing")
		a.mend(remedy{say: "Let TechDocs be built:", file: "mkdocs.yml", lang: "yaml", snippet: s.facts.snippet("mkdocs.yml")})
		s.index(a, "docs")
		return false
	}
	text, read := s.Snapshot.Text(file)
	if !read {
		f, _ := s.Snapshot.File(file)
		return s.unread(a, f, whyMkdocs)
	}
	root, problem := safeyaml.One(text)
	if problem == nil && (root == nil || root.Kind != yaml.MappingNode) {
		problem = &safeyaml.Problem{Line: 1, Message: "a mapping with site_name is expected"}
	}
	if problem != nil {
		a.fault(file, problem.Line, whyMkdocs, "not valid: %s", problem.Message)
		a.mend(remedy{say: fmt.Sprintf("Mend %s at line %d.", Code(file), problem.Line)})
		return false
	}
	good := true
	if safeyaml.Text(root, "site_name") == "" {
		a.fault(file, 1, whyMkdocs, "site_name is missing, and mkdocs refuses to build without it")
		a.mend(remedy{say: "Name the site, in " + Code(file) + ":", lang: "yaml", snippet: "site_name: " + s.facts.Service})
		good = false
	}
	docs := safeyaml.Text(root, "docs_dir")
	if docs == "" {
		docs = "docs"
	}
	return s.index(a, path.Clean(docs)) && good
}

// docsElsewhere names the folder of a techdocs-ref that is not the root.
func (s *Subject) docsElsewhere() string {
	ref := s.Catalog.Entity.Annotations[techdocsAnnotation]
	if url, ok := strings.CutPrefix(ref, "url:"); ok {
		return url
	}
	dir, ok := strings.CutPrefix(ref, "dir:")
	if dir = path.Clean("/" + dir)[1:]; ok && dir != "" {
		return dir
	}
	return ""
}

// index asks for a first page with content. mkdocs takes README.md as well.
func (s *Subject) index(a *answer, docs string) bool {
	for _, name := range []string{path.Join(docs, "index.md"), path.Join(docs, "README.md")} {
		f, presence := s.Snapshot.File(name)
		switch {
		case presence == repo.Unread:
			a.note("%s was not read.", Code(name))
			return true
		case presence == repo.Absent:
			continue
		case unjudgeable(f):
			return s.unread(a, f, whyMkdocs)
		case f.Read && len(words(f.Text)) < 3:
			a.fault(name, 1, whyMkdocs, "the first page of the documentation is empty")
			a.mend(remedy{say: "Write the first page:", file: name, lang: "markdown", snippet: s.facts.snippet("docs/index.md")})
			return false
		}
		return true
	}
	name := path.Join(docs, "index.md")
	a.fault(name, 0, whyMkdocs, "missing: the documentation has no first page")
	a.mend(remedy{say: "Write the first page:", file: name, lang: "markdown", snippet: s.facts.snippet("docs/index.md")})
	return false
}

// readmeWords is how many words beside headings, badges and comments make a README
// that says something: about two sentences.
const readmeWords = 20

func (s *Subject) readme(a *answer) bool {
	const why = "The README is the first thing anybody sees of a service."
	best, most := "", -1
	for _, name := range readmes() {
		f, presence := s.Snapshot.File(name)
		if presence != repo.Present {
			continue
		}
		if !f.Read {
			return s.unread(a, f, why)
		}
		if n := len(words(f.Text)); n > most {
			best, most = name, n
		}
	}
	switch {
	case most >= readmeWords:
		return true
	case best == "":
		a.fault("README.md", 0, why, "missing")
		best = "README.md"
	default:
		a.fault(best, 1, why, "has %d %s beside headings and badges; %d or more would tell a newcomer something", most, plural(most, "word", "words"), readmeWords)
	}
	a.mend(remedy{say: "Say what this is and how to run it:", file: best, lang: "markdown", snippet: s.facts.snippet("README.md")})
	return false
}

var (
	notProse = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>|!?\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)`)
	heading  = regexp.MustCompile(`(?m)^(#{1,6}\s.*|[=~^-]{3,}\s*|\.\. .*)$`)
	letters  = regexp.MustCompile(`[\pL\pN][\pL\pN'-]*`)
)

// words counts what is neither heading, badge, image, comment nor tag.
func words(markdown string) []string {
	if len(markdown) > maxScript {
		markdown = markdown[:maxScript] // a long README says something
	}
	return letters.FindAllString(heading.ReplaceAllString(notProse.ReplaceAllString(markdown, " "), ""), -1)
}
