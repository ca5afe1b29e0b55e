package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// LintOptions say what a template is judged against.
type LintOptions struct {
	Actions []action.Action // those that run here
	// Base is the template's folder in the files that Lint is given, where they are
	// those of a whole repository: a skeleton may lie beside it. "" is their root.
	Base string
}

// Bounds of what Lint reads.
const (
	maxLintFiles = 20_000
	maxLintBytes = 64 << 20
	maxLintTime  = 1800 * time.Millisecond
	maxFindings  = 1000
)

// Folder is what ReadFolder found.
type Folder struct {
	File     string            // template.yaml or template.yml
	Template *Template         // nil when Backstage would not take it
	Problems []catalog.Problem // as of Read
}

// ReadFolder reads the template of a folder. The error is that the file is not
// there or cannot be read.
func ReadFolder(files fs.FS) (Folder, error) {
	for _, name := range []string{"template.yaml", "template.yml"} {
		info, err := fs.Stat(files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Folder{}, fmt.Errorf("reading the template: %w", err)
		}
		if !info.Mode().IsRegular() {
			return Folder{}, fmt.Errorf("reading the template: %s is not a file", name)
		}
		if info.Size() > maxTemplateBytes {
			return Folder{File: name, Problems: []catalog.Problem{problem(catalog.Position{Line: 1, Column: 1}, catalog.SeverityError, "",
				fmt.Sprintf("limit of %d bytes for a template reached", maxTemplateBytes), "make it smaller")}}, nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return Folder{}, fmt.Errorf("reading the template: %w", err)
		}
		t, problems := Read(name, data)
		return Folder{name, t, problems}, nil
	}
	if _, err := fs.Stat(files, "."); err != nil {
		return Folder{}, err
	}
	return Folder{}, errors.New("there is no template.yaml in the folder")
}

// Lint judges the template in a folder: the entity, every expression, what they
// refer to, and the skeletons that its steps render. Findings come in the order
// of the files, whose names count from the template's folder. The error is that the template cannot be read, or a *LimitError.
func Lint(ctx context.Context, files fs.FS, o LintOptions) ([]Finding, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxLintTime, errTime)
	defer cancel()
	base := path.Clean(o.Base)
	own, err := fs.Sub(files, base)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	folder, err := ReadFolder(own)
	if err != nil {
		return nil, err
	}
	l := &linter{files: files, base: base, o: o}
	for _, p := range folder.Problems {
		severity := SeverityError
		if p.Severity == catalog.SeverityWarning {
			severity = SeverityWarning
		}
		l.add(ruleTemplate, severity, folder.File, p.Position, p.Message, p.Remedy)
	}
	t := folder.Template
	if t == nil {
		return sortFindings(l.found), nil
	}
	l.t = t
	l.prepare()
	for _, at := range t.unquoted {
		l.addf(ruleExtension, SeverityWarning, at, "put the whole in quotes", "an expression with a colon and without quotes is no YAML: it is read here, but Backstage refuses the file")
	}
	l.checkSteps()
	l.checkExpressions()
	err = l.checkSkeletons(ctx)
	l.checkUnused()
	if err != nil && errors.Is(context.Cause(ctx), errTime) {
		err = &LimitError{File: t.File, At: catalog.Position{Line: 1, Column: 1}, Err: err, Message: fmt.Sprintf("limit of %s for linting reached", maxLintTime)}
	}
	return sortFindings(l.found), err
}

// linter judges one template.
type linter struct {
	files      fs.FS
	base       string // the template's folder in files
	o          LintOptions
	t          *Template
	engine     *nunjucks.Engine
	known      []KnownAction
	parameters map[string]Parameter
	names      []string // of parameters
	used       map[string]bool
	usesAll    bool // some text uses the parameters as a whole
	found      []Finding
}

func (l *linter) prepare() {
	l.engine = lintEngine(nunjucks.Backstage())
	l.known = KnownActions()
	l.parameters, l.used = map[string]Parameter{}, map[string]bool{}
	for _, p := range l.t.Parameters() {
		l.parameters[p.Name] = p
		l.names = append(l.names, p.Name)
	}
}

// lintEngine parses; it never renders.
func lintEngine(o nunjucks.Options) *nunjucks.Engine {
	never := func(name string) *nunjucks.Func {
		return nunjucks.Function(name, func([]nunjucks.Value) (nunjucks.Value, error) { return nunjucks.Undefined{}, nil })
	}
	o.Globals = map[string]*nunjucks.Func{"always": never("always"), "failure": never("failure")}
	return nunjucks.New(o)
}

// full reports whether there are as many findings as anybody reads.
func (l *linter) full() bool { return len(l.found) >= maxFindings }

func (l *linter) add(rule string, severity Severity, file string, at catalog.Position, message, remedy string) {
	if !l.full() {
		l.found = append(l.found, Finding{rule, severity, file, max(at.Line, 1), max(at.Column, 1), message, remedy})
	}
}

// addf is add in the template's own file.
func (l *linter) addf(rule string, severity Severity, at catalog.Position, remedy, format string, args ...any) {
	l.add(rule, severity, l.t.File, at, fmt.Sprintf(format, args...), remedy)
}

// checkUnused reports parameters that nobody uses.
func (l *linter) checkUnused() {
	if l.usesAll {
		return
	}
	deciding := l.t.deciding()
	for _, name := range l.names {
		if !l.used[name] && !deciding[name] {
			l.addf(ruleUnusedParameter, SeverityWarning, l.parameters[name].at, "use it, or do not ask for it", "the parameter %s is asked for and never used", name)
		}
	}
}

// stepIndex finds the first step with an ID; -1 is none.
func (l *linter) stepIndex(id string) int {
	return slices.IndexFunc(l.t.Steps, func(s Step) bool { return s.ID == id })
}

func (l *linter) stepIDs() []string {
	ids := make([]string, len(l.t.Steps))
	for i := range l.t.Steps {
		ids[i] = l.t.Steps[i].ID
	}
	return ids
}
