package action

import (
	"strconv"
	"strings"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
)

// text writes a string in the plainest style that reads back as that string.
func (e *yamlEncoder) text(s string, at yamlPlace) string {
	several := strings.Contains(s, "\n")
	switch {
	case e.control.MatchString(s) || hasSurrogate(s):
		return e.doubleQuoted(s, at)
	case at.key && several:
		return e.quoted(s, at)
	case several:
		return e.block(s, at)
	case e.unsafe.MatchString(s) || e.typed.MatchString(s):
		return e.quoted(s, at)
	case e.marker.MatchString(s) && at.key && at.indent == "  ":
		return e.quoted(s, at)
	}
	return at.fold(s, foldFlow)
}

func hasSurrogate(s string) bool {
	return strings.Contains(s, "\xed") && strings.ToValidUTF8(s, "") != s
}

// quoted prefers double quotes, unless that means escaping some.
func (e *yamlEncoder) quoted(s string, at yamlPlace) string {
	if strings.Contains(s, `"`) && !strings.Contains(s, "'") {
		return e.singleQuoted(s, at)
	}
	return e.doubleQuoted(s, at)
}

func (e *yamlEncoder) singleQuoted(s string, at yamlPlace) string {
	if strings.Contains(s, "\n") {
		return e.doubleQuoted(s, at)
	}
	return at.fold("'"+s+"'", foldFlow)
}

// doubleQuoted writes JSON with YAML's shorter escapes, and a long text with its
// line breaks as line breaks.
func (e *yamlEncoder) doubleQuoted(s string, at yamlPlace) string {
	encoded, err := nunjucks.EncodeJSON(s)
	if err != nil && e.err == nil {
		e.err = err
	}
	json := string(encoded)
	breaks := !at.key && width(json) >= 40
	var b strings.Builder
	for i := 0; i < len(json); i++ {
		rest := json[i:]
		switch {
		case rest[0] != '\\':
			if rest[0] == ' ' && strings.HasPrefix(rest[1:], `\n`) {
				b.WriteString(`\ `) // a space at a line's end would be lost
				continue
			}
			b.WriteByte(rest[0])
		case rest[1] == 'u':
			b.WriteString(shortEscape(rest[:6]))
			i += 5
		case rest[1] != 'n' || !breaks || rest[2] == '"':
			b.WriteString(rest[:2])
			i++
		default:
			b.WriteString("\n\n") // folding takes the first
			i++
			for strings.HasPrefix(json[i+1:], `\n`) && json[i+3] != '"' {
				b.WriteByte('\n')
				i += 2
			}
			b.WriteString(at.indent)
			if json[i+1] == ' ' {
				b.WriteByte('\\')
			}
		}
	}
	return at.fold(b.String(), foldQuoted)
}

// shortEscape turns \u0007 into \a, and so on.
func shortEscape(escape string) string {
	code, err := strconv.ParseUint(escape[2:], 16, 16)
	switch {
	case err != nil || code > 0xff:
		return escape
	case code == 0:
		return `\0`
	case code == 7:
		return `\a`
	case code == 0xb:
		return `\v`
	case code == 0x1b:
		return `\e`
	}
	return `\x` + escape[4:]
}

// block writes several lines as they are, or folded when one is too long.
func (e *yamlEncoder) block(s string, at yamlPlace) string {
	content := strings.TrimRight(s, "\n\t ")
	end := s[len(content):]
	if last := strings.LastIndexByte(s, '\n'); last < len(s)-1 && strings.Trim(s[last:], "\n\t ") == "" {
		return e.quoted(s, at) // the last line is nothing but spaces
	}
	header := ""
	switch nl := strings.IndexByte(end, '\n'); {
	case nl < 0:
		header = "-"
	case content == "" || nl != len(end)-1:
		header = "+"
	}
	end = indentLines(strings.TrimSuffix(end, "\n"), at.indent, false)

	text := strings.TrimLeft(content, " \n")
	start := content[:len(content)-len(text)]
	if strings.Contains(start, " ") {
		header = "2" + header
	}
	start = start[:strings.LastIndexByte(start, '\n')+1]
	text = content[len(start):]
	start = indentLines(start, at.indent, true)

	if tooLong(s, yamlWidth-len(at.indent)) {
		folded, overflow := foldLines(start+moreIndented(text, at.indent)+end, at, foldBlock)
		if !overflow {
			return ">" + header + "\n" + at.indent + folded
		}
	}
	return "|" + header + "\n" + at.indent + start + indentLines(text, at.indent, true) + end
}

func tooLong(s string, limit int) bool {
	for line := range strings.SplitSeq(s, "\n") {
		if width(line) > limit {
			return true
		}
	}
	return false
}

// indentLines puts indent behind every run of line breaks, or only behind those
// that something follows.
func indentLines(s, indent string, last bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		ends := i+1 == len(s)
		if s[i] == '\n' && (ends && last || !ends && s[i+1] != '\n') {
			b.WriteString(indent)
		}
	}
	return b.String()
}

// moreIndented prepares lines for folding: a line break is written twice, but not
// around lines that start with white space, which are never folded.
func moreIndented(s, indent string) string {
	var double strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' && (i == 0 || s[i-1] != '\n') {
			double.WriteByte('\n')
		}
		double.WriteByte(s[i])
	}
	d := double.String()
	var b strings.Builder
	for i := 0; i < len(d); {
		line := i
		if d[i] == '\n' {
			line++
		}
		starts := (i == 0 && line == 0 || line > i) && line < len(d) && (d[line] == ' ' || d[line] == '\t')
		if !starts {
			b.WriteByte(d[i])
			i++
			continue
		}
		end := len(d)
		if n := strings.IndexAny(d[line:], "\n\u2028\u2029"); n >= 0 {
			end = line + n
		}
		white := end
		for white < len(d) && strings.IndexByte("\n\t ", d[white]) >= 0 {
			white++
		}
		b.WriteString(d[line:end])
		i = end
		if white > end && d[white-1] == '\n' {
			b.WriteString(d[end : white-1])
			i = white
		}
	}
	return indentLines(b.String(), indent, true)
}
