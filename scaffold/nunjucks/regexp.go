package nunjucks

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Regexp is a regular expression literal, r/pattern/flags. It runs on RE2, in time
// linear in the text, so look-around and back-references are errors.
type Regexp struct {
	pattern, flags string
	re             *regexp.Regexp
	lastIndex      float64 // UTF-16 offset where the next test with g or y starts
}

// compileRegexp compiles a JavaScript pattern.
func compileRegexp(pattern, flags string) (*Regexp, error) {
	for i, f := range flags {
		if strings.ContainsRune(flags[:i], f) {
			return nil, fmt.Errorf("regular expression flag %q is given twice", f)
		}
	}
	translated, err := translateRegexp(pattern)
	if err != nil {
		return nil, err
	}
	mode := ""
	for _, f := range flags {
		if f == 'i' || f == 'm' {
			mode += string(f)
		}
	}
	if mode != "" {
		translated = "(?" + mode + ")" + translated
	}
	re, err := regexp.Compile(translated)
	if err != nil {
		return nil, fmt.Errorf("regular expression r/%s/: %w", pattern, err)
	}
	return &Regexp{pattern: pattern, flags: flags, re: re}, nil
}

// String is the literal as JavaScript prints it.
func (r *Regexp) String() string {
	flags := ""
	for _, f := range "gimy" {
		if strings.ContainsRune(r.flags, f) {
			flags += string(f)
		}
	}
	pattern := r.pattern
	if pattern == "" {
		pattern = "(?:)"
	}
	return "/" + pattern + "/" + flags
}

func (r *Regexp) has(flag string) bool { return strings.Contains(r.flags, flag) }

func (r *Regexp) member(name string) Value {
	switch name {
	case "lastIndex":
		return r.lastIndex
	case "source":
		return r.pattern
	case "flags":
		_, flags, _ := cutLast(r.String(), "/")
		return flags
	case "global":
		return r.has("g")
	case "ignoreCase":
		return r.has("i")
	case "multiline":
		return r.has("m")
	case "sticky":
		return r.has("y")
	case "test":
		return method(r, name, func(m *machine, a []Value) Value { return r.test(m, m.text(arg(a, 1))) })
	}
	return Undefined{}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// test is RegExp.prototype.test, which moves on through the text under g and y.
func (r *Regexp) test(m *machine, s string) Value {
	m.step(1 + len(s)/2)
	if !r.has("g") && !r.has("y") {
		return r.re.MatchString(s)
	}
	n := length16(s)
	if r.lastIndex > float64(n) {
		r.lastIndex = 0
		return false
	}
	from := len(slice16(s, 0, int(r.lastIndex)))
	found := r.re.FindAllStringIndex(s, m.mostMatches(r))
	m.growTimes(len(found), r.matchSize())
	for _, match := range found {
		if match[0] < from {
			continue
		}
		if r.has("y") && match[0] != from {
			break
		}
		r.lastIndex = float64(index16(s, match[1]))
		return true
	}
	r.lastIndex = 0
	return false
}

// matches returns the matches that replace works on: all under g, else the first.
func (r *Regexp) matches(m *machine, s string) [][]int {
	m.step(1 + len(s)/2)
	n := 1
	if r.has("g") {
		n = m.mostMatches(r)
	}
	found := r.re.FindAllStringSubmatchIndex(s, n)
	m.growTimes(len(found), r.matchSize())
	if r.has("y") && len(found) > 0 {
		at := 0
		for i, f := range found {
			if f[0] != at {
				return found[:i]
			}
			at = f[1]
		}
	}
	return found
}

// matchSize is the bytes that one match takes.
func (r *Regexp) matchSize() int { return 24 + 16*(r.re.NumSubexp()+1) }

// mostMatches is one more match than memory allows.
func (m *machine) mostMatches(r *Regexp) int { return m.left.memory/r.matchSize() + 1 }

// replace is String.prototype.replace with a pattern.
func (r *Regexp) replace(m *machine, s, with string) string {
	var b strings.Builder
	at := 0
	for _, match := range r.matches(m, s) {
		m.step(1)
		b.WriteString(s[at:match[0]])
		m.expand(&b, with, s, match, r.re.SubexpNames())
		at = match[1]
	}
	if at == 0 && b.Len() == 0 {
		return s
	}
	m.grow(len(s))
	b.WriteString(s[at:])
	return b.String()
}

// expand writes a replacement: $1, $<name>, $&, $`, $' and $$ stand for parts of
// the match.
func (m *machine) expand(b *strings.Builder, with, s string, match []int, names []string) {
	m.grow(len(with))
	m.step(len(with) / 16)
	group := func(i int) {
		if match[2*i] >= 0 {
			m.grow(match[2*i+1] - match[2*i])
			b.WriteString(s[match[2*i]:match[2*i+1]])
		}
	}
	for {
		i := strings.IndexByte(with, '$')
		if i < 0 || i+1 >= len(with) {
			b.WriteString(with)
			return
		}
		b.WriteString(with[:i])
		with = with[i+1:]
		switch c := with[0]; {
		case c == '$':
			b.WriteByte('$')
			with = with[1:]
		case c == '&':
			group(0)
			with = with[1:]
		case c == '`':
			m.grow(match[0])
			b.WriteString(s[:match[0]])
			with = with[1:]
		case c == '\'':
			m.grow(len(s) - match[1])
			b.WriteString(s[match[1]:])
			with = with[1:]
		case isDigit(c):
			n, size := groupNumber(with, len(match)/2-1)
			if size == 0 {
				b.WriteByte('$')
				continue
			}
			group(n)
			with = with[size:]
		case c == '<' && namedGroups(names):
			name, rest, ok := strings.Cut(with[1:], ">")
			if !ok {
				b.WriteByte('$')
				continue
			}
			for i, n := range names {
				if n == name && n != "" {
					group(i)
				}
			}
			with = rest
		default:
			b.WriteByte('$')
		}
	}
}

func namedGroups(names []string) bool {
	for _, n := range names {
		if n != "" {
			return true
		}
	}
	return false
}

// groupNumber reads $n or $nn, two digits if such a group is there.
func groupNumber(s string, groups int) (n, size int) {
	if len(s) > 1 && isDigit(s[1]) {
		if n := int(s[0]-'0')*10 + int(s[1]-'0'); n >= 1 && n <= groups {
			return n, 2
		}
	}
	if n := int(s[0] - '0'); n >= 1 && n <= groups {
		return n, 1
	}
	return 0, 0
}

// split is String.prototype.split with a pattern.
func (r *Regexp) split(m *machine, s string) []string {
	m.step(1 + len(s)/2)
	if s == "" {
		if r.re.MatchString("") {
			return nil
		}
		return []string{""}
	}
	var parts []string
	at := 0
	found := r.re.FindAllStringSubmatchIndex(s, m.mostMatches(r))
	m.growTimes(len(found), r.matchSize())
	for _, match := range found {
		if match[1] == at && match[0] == match[1] || match[0] >= len(s) {
			continue
		}
		m.growTimes(len(match), valueSize)
		parts = append(parts, s[at:match[0]])
		for g := 2; g < len(match); g += 2 {
			if match[g] < 0 {
				parts = append(parts, "")
			} else {
				parts = append(parts, s[match[g]:match[g+1]])
			}
		}
		at = match[1]
	}
	return append(parts, s[at:])
}

// replaceMethod is the strings' replace and replaceAll.
func (m *machine) replaceMethod(a []Value, all bool) Value {
	s := a[0].(string)
	if _, ok := arg(a, 2).(*Func); ok {
		m.fail("replace takes a text to put in, not a function")
	}
	with := m.text(arg(a, 2))
	if re, ok := arg(a, 1).(*Regexp); ok {
		if all && !re.has("g") {
			m.fail("replaceAll takes a regular expression with the flag g")
		}
		return re.replace(m, s, with)
	}
	old := m.text(arg(a, 1))
	var b strings.Builder
	at := 0
	for from := 0; from <= len(s); {
		i := strings.Index(s[from:], old)
		if i < 0 {
			break
		}
		i += from
		m.step(1)
		m.grow(len(with) + len(old))
		b.WriteString(s[at:i])
		m.expand(&b, with, s, []int{i, i + len(old)}, nil)
		at = i + len(old)
		if !all {
			break
		}
		from = at
		if old == "" {
			_, size := decodeRune(s[i:] + " ")
			from = i + size
		}
	}
	m.grow(len(s))
	b.WriteString(s[at:])
	return b.String()
}

// translateRegexp turns JavaScript's syntax into RE2's where they differ.
func translateRegexp(p string) (string, error) {
	var b strings.Builder
	class := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\' && i+1 < len(p):
			i++
			n, out, err := translateEscape(p[i:], class)
			if err != nil {
				return "", err
			}
			b.WriteString(out)
			i += n - 1
		case class && c == ']':
			class = false
			b.WriteByte(c)
		case class && c == '[':
			b.WriteString(`\[`)
		case class:
			b.WriteByte(c)
		case strings.HasPrefix(p[i:], "[^]"):
			b.WriteString(`(?s:.)`)
			i += 2
		case strings.HasPrefix(p[i:], "[]"):
			b.WriteString(`[^\x00-\x{10FFFF}]`)
			i++
		case c == '[':
			class = true
			b.WriteByte(c)
			if strings.HasPrefix(p[i+1:], "^") {
				i++
				b.WriteByte('^')
			}
		case c == '.':
			b.WriteString(`[^\n\r\x{2028}\x{2029}]`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// translateEscape turns the escape whose character p starts with into RE2's form,
// and says how many bytes of p it takes.
func translateEscape(p string, class bool) (int, string, error) {
	switch c := p[0]; c {
	case 'd', 'D', 'w', 'W', 'n', 'r', 't', 'f', 'v':
		return 1, `\` + string(c), nil
	case 'b', 'B':
		if class && c == 'b' {
			return 1, `\x08`, nil
		}
		return 1, `\` + string(c), nil
	case 's':
		if class {
			return 1, spaceRanges, nil
		}
		return 1, spaceClass, nil
	case 'S':
		if class {
			return 0, "", fmt.Errorf(`\S inside [ ] is not supported`)
		}
		return 1, "[^" + spaceRanges + "]", nil
	case '0':
		return 1, `\x00`, nil
	case 'x', 'u':
		size := map[byte]int{'x': 2, 'u': 4}[c]
		if len(p) > size {
			if n, err := strconv.ParseUint(p[1:1+size], 16, 32); err == nil {
				return 1 + size, fmt.Sprintf(`\x{%x}`, n), nil
			}
		}
		return 1, string(c), nil
	case 'c':
		if len(p) > 1 && digitValue(p[1]) >= 10 && digitValue(p[1]) < 36 {
			return 2, fmt.Sprintf(`\x%02x`, p[1]&31), nil
		}
		return 1, `\\c`, nil
	default:
		switch {
		case c >= '1' && c <= '9' || c == 'k':
			return 0, "", fmt.Errorf("back-references in a regular expression are not supported")
		case c < 0x80 && digitValue(c) < 36:
			return 1, string(c), nil
		case c < 0x80:
			return 1, regexp.QuoteMeta(string(c)), nil
		}
		return 1, string(c), nil
	}
}
