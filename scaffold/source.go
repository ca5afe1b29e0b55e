package scaffold

import (
	"bytes"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// source is the text of a file, to say where in it something stands.
type source struct {
	text  string
	lines []int // byte offsets at which lines start
}

func newSource(data []byte) source {
	s := source{text: strings.TrimPrefix(string(data), "\ufeff"), lines: []int{0}}
	for i := range len(s.text) {
		if s.text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// position is the line and column, in characters, of a byte offset.
func (s source) position(offset int) catalog.Position {
	offset = max(0, min(offset, len(s.text)))
	line := sort.SearchInts(s.lines, offset+1)
	return catalog.Position{Line: line, Column: utf8.RuneCountInString(s.text[s.lines[line-1]:offset]) + 1}
}

// offset is where a position is, -1 when it is not in the text.
func (s source) offset(at catalog.Position) int {
	if at.Line < 1 || at.Line > len(s.lines) {
		return -1
	}
	offset := s.lines[at.Line-1]
	for range at.Column - 1 {
		_, size := utf8.DecodeRuneInString(s.text[offset:])
		offset += size
	}
	return min(offset, len(s.text))
}

// within is where the byte at offset of a string stands in the file. The string
// was written at v in one of YAML's styles; where that hides the place, the
// answer is the nearest that can be told: the start of the tag, then of the value.
func (s source) within(v catalog.Value, offset int) catalog.Position {
	text, _ := v.Text()
	from := s.offset(v.Position())
	if from < 0 || text == "" {
		return v.Position()
	}
	offset = max(0, min(offset, len(text)))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	for i, line := range strings.SplitAfter(text[:start], "\n") { // earlier lines, to pass what looks like ours
		line = strings.TrimSpace(line)
		if at := strings.Index(s.text[from:], line); at >= 0 && line != "" {
			from += at + len(line)
		} else if line != "" && i == 0 {
			break
		}
	}
	line := text[start:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	line = strings.TrimSpace(line)
	if at := strings.Index(s.text[from:], line); at >= 0 && line != "" {
		return s.position(from + at + max(0, offset-start-indent))
	}
	for _, tag := range []string{"${{", "{%", "{{"} {
		if open := strings.LastIndex(text[start:offset], tag); open >= 0 {
			if at := strings.Index(s.text[from:], text[start+open:offset]); at >= 0 {
				return s.position(from + at + offset - start - open)
			}
		}
	}
	return v.Position()
}

// quoteExpressions puts quotes around expressions that take the rest of a line
// without them and hold ": ", and says where.
func quoteExpressions(data []byte) ([]byte, []catalog.Position) {
	line := regexp.MustCompile(`^([ \t]*(?:- +)*(?:[\w.-]+:[ \t]+)?)(\$\{\{.*: .*\}\})([ \t\r]*\n?)$`)
	var out bytes.Buffer
	var at []catalog.Position
	number := 0
	for text := range bytes.Lines(data) {
		number++
		m := line.FindSubmatch(text)
		if m == nil {
			out.Write(text)
			continue
		}
		at = append(at, catalog.Position{Line: number, Column: utf8.RuneCount(m[1]) + 1})
		out.Write(m[1])
		out.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(m[2])) + `"`)
		out.Write(m[3])
	}
	return out.Bytes(), at
}
