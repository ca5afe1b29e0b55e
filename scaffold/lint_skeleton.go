package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/scaffold/action"
	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// skeleton is a folder or file that a step renders, with how it does.
type skeleton struct {
	step   *Step
	name   string // in the template's folder
	root   string // the one name its files know: values or cookiecutter
	engine *nunjucks.Engine
	given  []string // names of its values; nil when they are not known
	known  bool     // the values are

	extension string
	copied    []string // globs whose content is left alone
	keepPaths bool     // and the paths as well
}

// checkSkeletons judges the files that fetch:template and fetch:template:file
// render.
func (l *linter) checkSkeletons(ctx context.Context) error {
	left := lintBudget{files: maxLintFiles, bytes: maxLintBytes}
	for i := range l.t.Steps {
		s := &l.t.Steps[i]
		if s.Action != "fetch:template" && s.Action != "fetch:template:file" {
			continue
		}
		input, _ := s.written.Get("input")
		address, _ := input.Get("url")
		url, ok := address.Text()
		if !ok || action.IsAbsolute(url) {
			continue
		}
		sk, ok := l.skeleton(s, input, url)
		if !ok {
			continue
		}
		info, err := fs.Stat(l.files, sk.name)
		if err != nil || info.IsDir() != (s.Action == "fetch:template") {
			l.addf(ruleSkeleton, SeverityError, address.Position(), "name what lies next to template.yaml, such as ./skeleton", "there is no %s %q", map[bool]string{true: "folder", false: "file"}[s.Action == "fetch:template"], shorten(url, 80))
			continue
		}
		if err := l.checkSkeleton(ctx, sk, &left); err != nil {
			return err
		}
	}
	return nil
}

// skeleton reads what a step says of its skeleton. ok is false when that is known
// only in a run. Of a folder whose name has an expression, all candidates are
// judged: the folder it lies in.
func (l *linter) skeleton(s *Step, input catalog.Value, url string) (sk skeleton, ok bool) {
	if before, _, dynamic := strings.Cut(url, "${{"); dynamic {
		dir := path.Dir(before + "x")
		if s.Action != "fetch:template" || dir == "." {
			return sk, false
		}
		url = dir
	}
	sk = skeleton{step: s, name: path.Join(l.base, strings.TrimPrefix(url, "/")), root: "values", engine: l.engine}
	if !fs.ValidPath(sk.name) {
		address, _ := input.Get("url")
		l.addf(ruleUnavailable, SeverityWarning, address.Position(), "keep the skeleton in the template's repository", "%q lies outside of what can be read here, so it is not fetched", shorten(url, 80))
		return sk, false
	}
	if compat, _ := input.Get("cookiecutterCompat"); compat.Type() == catalog.Bool {
		if yes, _ := compat.Bool(); yes {
			sk.root, sk.engine = "cookiecutter", lintEngine(nunjucks.Cookiecutter())
		}
	}
	values, given := input.Get("values")
	sk.known = !given || values.Type() == catalog.Map
	for key := range values.Object().All() {
		sk.given = append(sk.given, key)
	}
	switch e, _ := input.Get("templateFileExtension"); e.Type() {
	case catalog.Bool:
		if yes, _ := e.Bool(); yes {
			sk.extension = ".njk"
		}
	case catalog.String:
		text, _ := e.Text()
		sk.extension = "." + strings.TrimPrefix(text, ".")
	}
	for _, key := range []string{"copyWithoutTemplating", "copyWithoutRender"} {
		list, ok := input.Get(key)
		if !ok {
			continue
		}
		sk.keepPaths = key == "copyWithoutRender"
		for _, item := range list.Items() {
			glob, _ := item.Text()
			if hasTag(glob) {
				return sk, false
			}
			sk.copied = append(sk.copied, glob)
		}
	}
	return sk, true
}

// isCopied reports whether an entry's content is left alone.
func (sk skeleton) isCopied(name string) bool {
	copied := false
	for _, glob := range sk.copied {
		pattern, negate := strings.CutPrefix(glob, "!")
		pattern = path.Clean(pattern)
		for _, p := range []string{pattern, pattern + "/**"} {
			if ok, err := doublestar.Match(p, name); err == nil && ok {
				copied = !negate
			}
		}
	}
	return copied
}

// shown is how a file is called in findings: by its path from the template's folder.
func (l *linter) shown(name string) string {
	relative, err := filepath.Rel(l.base, name)
	if err != nil { // both count from one root
		return name
	}
	return filepath.ToSlash(relative)
}

// lintBudget is how much may still be read.
type lintBudget struct {
	files int
	bytes int64
}

func (l *linter) checkSkeleton(ctx context.Context, sk skeleton, left *lintBudget) error {
	limit := func(format string, args ...any) error {
		return &LimitError{File: l.t.File, At: sk.step.Position(), Message: fmt.Sprintf(format, args...)}
	}
	return fs.WalkDir(l.files, sk.name, func(name string, d fs.DirEntry, err error) error {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if d.IsDir() && strings.EqualFold(d.Name(), ".git") {
			return fs.SkipDir
		}
		if left.files--; left.files < 0 {
			return limit("limit of %d files reached in the skeleton %s", maxLintFiles, sk.name)
		}
		shown := l.shown(name)
		own := strings.TrimPrefix(strings.TrimPrefix(name, sk.name), "/")
		if sk.name == "." {
			own = name
		}
		copied := sk.isCopied(own)
		if own != "" && own != "." && (!copied || !sk.keepPaths) {
			l.checkText(sk, shown, path.Base(own), true)
		}
		if !d.Type().IsRegular() || copied || sk.extension != "" && path.Ext(name) != sk.extension {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if left.bytes -= info.Size(); left.bytes < 0 {
			return limit("limit of %d bytes reached in the skeleton %s", maxLintBytes, sk.name)
		}
		data, err := fs.ReadFile(l.files, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(data[:min(len(data), 512)], 0) < 0 {
			l.checkText(sk, shown, strings.TrimPrefix(string(data), "\ufeff"), false)
		}
		return nil
	})
}

// checkText judges a file's content, or its name.
func (l *linter) checkText(sk skeleton, file, text string, isName bool) {
	if !strings.Contains(text, "{") || l.full() {
		return
	}
	src := newSource([]byte(text))
	where := ""
	at := src.position
	if isName {
		where = "in the file's name: "
		at = func(int) catalog.Position { return catalog.Position{Line: 1, Column: 1} }
	}
	if sk.root == "values" {
		for _, offset := range escapeTraps(text) {
			l.addEscapeTrap(file, at(offset))
		}
	}
	t, err := sk.engine.Parse(text)
	if err != nil {
		line, column, message := parseError(err)
		l.add(ruleSyntax, SeverityError, file, at(byteOffset(text, line, column)), where+message,
			"mend it, put it between {% raw %} and {% endraw %}, or list the file under copyWithoutTemplating: the step fails on it")
		return
	}
	for _, e := range t.Extensions() {
		l.add(ruleExtension, SeverityWarning, file, at(e.Offset), where+e.What+" is rendered here, but Backstage fails on it", inlineIf(text, e.Offset))
	}
	for _, r := range sk.engine.References(t) {
		if l.full() {
			return
		}
		l.checkSkeletonReference(sk, file, where, r, func() catalog.Position { return at(r.Offset) })
	}
}

// githubNames are the contexts of GitHub's own expressions.
func githubNames() []string {
	return []string{"github", "env", "secrets", "matrix", "needs", "inputs", "vars", "runner", "job", "jobs", "steps", "strategy"}
}

func (l *linter) checkSkeletonReference(sk skeleton, file, where string, r nunjucks.Reference, at func() catalog.Position) {
	switch {
	case r.Kind != nunjucks.Variable:
		if !r.Known {
			what := map[nunjucks.ReferenceKind]string{nunjucks.Filter: "filter", nunjucks.Test: "test"}[r.Kind]
			l.add(ruleSyntax, SeverityError, file, at(), fmt.Sprintf("%sthere is no %s %s: the step fails on it", where, what, r.Name), "leave it out, or give the finished value to the skeleton")
		}
	case r.Name == sk.root:
		if len(r.Path) > 0 && sk.known && !slices.Contains(sk.given, r.Path[0]) {
			remedy := fmt.Sprintf("give it to the step in line %d: values", sk.step.Position().Line)
			if near := nearest(r.Path[0], sk.given); near != "" {
				remedy = fmt.Sprintf("did you mean %s?", near)
			}
			l.add(ruleUnknownValue, SeverityWarning, file, at(), fmt.Sprintf("%s%s.%s is not given to the skeleton, so nothing comes of it", where, sk.root, r.Path[0]), remedy)
		}
	case r.Known:
	case r.Name == "parameters":
		l.add(ruleUnknownName, SeverityError, file, at(), where+"parameters has no value in a skeleton", "give it to the step under values, and use values here")
	case slices.Contains(githubNames(), r.Name):
		whole := strings.Join(append([]string{r.Name}, r.Path...), ".")
		l.add(ruleGitHubEaten, SeverityError, file, at(), fmt.Sprintf("%sthis is rendered now and comes out empty; GitHub never sees ${{ %s }}", where, whole),
			fmt.Sprintf("write {%% raw %%}${{ %s }}{%% endraw %%}, or list the file under copyWithoutTemplating", whole))
	case r.Called && len(r.Path) == 0:
		l.add(ruleSyntax, SeverityError, file, at(), fmt.Sprintf("%sthere is no function %s: the step fails on it", where, r.Name), "leave it out")
	default:
		l.add(ruleUnknownName, SeverityWarning, file, at(), fmt.Sprintf("%s%s has no value in a skeleton, so nothing comes of it", where, r.Name), "known here is "+sk.root)
	}
}

// escapeTraps finds where `${{ "{{" }} x {{ "}}" }}` was meant to give a GitHub
// expression: without its dollar, the second half is text.
func escapeTraps(text string) []int {
	if !strings.Contains(text, "}}\"") && !strings.Contains(text, "}}'") {
		return nil
	}
	pattern := regexp.MustCompile(`\$\{\{-?[ \t]*(?:"\{\{"|'\{\{')[ \t]*-?\}\}[^\n]*?\{\{-?[ \t]*(?:"\}\}"|'\}\}')[ \t]*-?\}\}`)
	raw := rawParts(text)
	var found []int
	for _, m := range pattern.FindAllStringIndex(text, -1) {
		whole := text[m[0]:m[1]]
		last := m[0] + strings.LastIndex(whole, "{{")
		if text[last-1] == '$' || slices.ContainsFunc(raw, func(r []int) bool { return r[0] <= m[0] && m[0] < r[1] }) {
			continue
		}
		found = append(found, m[0])
	}
	return found
}

// rawParts are the spans of text that are not rendered.
func rawParts(text string) [][]int {
	if !strings.Contains(text, "raw") {
		return nil
	}
	return regexp.MustCompile(`(?s)\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}`).FindAllStringIndex(text, -1)
}

func (l *linter) addEscapeTrap(file string, at catalog.Position) {
	l.add(ruleGitHubEscape, SeverityError, file, at, `this gives {{ … {{ "}}" }}, which is no GitHub expression: the second half has no dollar and the first gives none`,
		`write ${{ "${{" }} … ${{ "}}" }}, or {% raw %}${{ … }}{% endraw %}`)
}
