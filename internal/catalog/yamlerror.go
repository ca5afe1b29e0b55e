package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// keyAlias finds an alias whose name the colon of its key would be part of.
var keyAlias = regexp.MustCompile(`\*[^ \t,\[\]{}]+:(?:[ \t]|$)`)

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// explainYAML turns yaml.v3's message into a place and a sentence.
func explainYAML(err error, seg segment, skip int) *yamlError {
	e := &yamlError{Position: Position{Line: seg.line, Column: 1}, message: err.Error()}
	m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if m == nil {
		return e
	}
	e.message = m[2]
	lines := strings.Split(seg.text, "\n")
	if n, err := strconv.Atoi(m[1]); err == nil {
		e.Line = seg.line + min(max(n-skip, 1), len(lines)) - 1
	}
	if strings.HasPrefix(m[2], "unknown anchor") {
		name := "*" + strings.Trim(strings.Fields(m[2])[2], "'")
		e.name = "ReferenceError"
		e.remedy = "an alias (*name) repeats what an anchor (&name) marked further up; put text that starts with '*' in quotes"
		if at := lineOf(lines, name); at >= 0 {
			e.Line = seg.line + at
		}
		e.Column = column(lines, e.Line-seg.line, "*")
		// Backstage reports other faults of the text first, and a colon that
		// touches the alias of a key is one.
		e.fatal = !keyAlias.MatchString(lines[e.Line-seg.line]) && isYAMLBut(seg.text, name)
		if !e.fatal {
			e.name = ""
		}
		return e
	}
	e.hint(lines, seg.line)
	return e
}

// isYAMLBut reports whether text is YAML once an alias is taken for plain text.
func isYAMLBut(text, alias string) bool {
	for range 10 {
		text = strings.ReplaceAll(text, alias, "_"+alias[1:])
		var doc yaml.Node
		err := yaml.Unmarshal([]byte(text), &doc)
		if err == nil {
			d := decoder{budget: yamlMaxValues, anchors: map[*yaml.Node]*anchor{}}
			for _, root := range doc.Content {
				_, err = d.value(root, 0)
			}
			return err == nil
		}
		m := unknownAnchor.FindStringSubmatch(err.Error())
		if m == nil {
			return false
		}
		alias = "*" + m[1]
	}
	return true
}

var unknownAnchor = regexp.MustCompile(`unknown anchor '([^']*)'`)

func lineOf(lines []string, text string) int {
	for i, l := range lines {
		if strings.Contains(l, text) {
			return i
		}
	}
	return -1
}

func column(lines []string, line int, text string) int {
	if line < 0 || line >= len(lines) {
		return 1
	}
	return len([]rune(lines[line][:max(strings.Index(lines[line], text), 0)])) + 1
}

var (
	reservedStart = regexp.MustCompile("^([ \t-]*(?:[^#\"':{}\\[\\]]+:)?[ \t]+|[ \t]*)([@`])(\\S*)")
	tabIndent     = regexp.MustCompile("^ *\t")
	colonInText   = regexp.MustCompile(`^(\s*(?:- +)?[\w.$/-]+: +)([^"'|>\[{&*!#].*?: .*)$`)
)

// hint replaces the parser's words by the reader's, where the cause is one of
// the common mistakes.
func (e *yamlError) hint(lines []string, first int) {
	const most = 1000 // bytes of a line worth searching for a mistake of typing
	if slices.ContainsFunc(lines[max(0, e.Line-first-1):min(len(lines), e.Line-first+2)], func(l string) bool { return len(l) > most }) {
		return
	}
	switch {
	case strings.Contains(e.message, "cannot start any token"):
		for i := max(0, e.Line-first-1); i < min(len(lines), e.Line-first+2); i++ {
			if m := reservedStart.FindStringSubmatch(lines[i]); m != nil {
				e.Position = Position{first + i, len([]rune(m[1])) + 1}
				e.message = fmt.Sprintf("a value cannot start with '%s' in YAML", m[2])
				e.remedy = fmt.Sprintf(`put it in quotes: "%s%s"`, m[2], m[3])
				if m[2] == "@" {
					e.remedy = reservedRemedy(lines[i], m[3])
				}
				return
			}
			if tabIndent.MatchString(lines[i]) {
				e.Position = Position{first + i, strings.IndexByte(lines[i], '\t') + 1}
				e.message, e.remedy = "a tab is not allowed as indentation", "indent with spaces"
				return
			}
		}
	case strings.Contains(e.message, "mapping values are not allowed"):
		for i := max(0, e.Line-first-1); i < min(len(lines), e.Line-first+2); i++ {
			if m := colonInText.FindStringSubmatch(lines[i]); m != nil {
				e.Position = Position{first + i, len([]rune(m[1])) + 1}
				e.message = "the text holds ': ', which YAML reads as another key"
				e.remedy = "put the text in quotes: " + strings.TrimSpace(m[1]) + " " + strconv.Quote(strings.TrimSpace(m[2]))
				return
			}
		}
		e.message, e.remedy = "a key stands where none can", "check the indentation of this line and of the one above"
	case strings.Contains(e.message, "did not find expected key"):
		e.message, e.remedy = "the line fits neither its mapping nor what is above it", "check the indentation and the quotes of this line and of the one above"
	}
}

func reservedRemedy(line, name string) string {
	if strings.Contains(line, "owner:") {
		_, team, ok := strings.Cut(name, "/")
		if ok && team != "" {
			return fmt.Sprintf("name the team as the catalog does: owner: %s, or owner: group:default/%s", team, team)
		}
		return fmt.Sprintf("name the person as the catalog does: owner: user:%s", name)
	}
	return fmt.Sprintf(`put it in quotes: "@%s"`, name)
}
