package nunjucks

import (
	"math"
	"strings"
	"unicode"
)

// lower is toLowerCase: by Unicode's full mapping.
func (m *machine) lower(s string) string {
	m.step(len(s) / 256)
	if isASCII(s) {
		return strings.ToLower(s)
	}
	m.growTimes(len(s), 2)
	runes := []rune{}
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		runes = append(runes, r)
		i += size
	}
	out := make([]byte, 0, len(s))
	for i, r := range runes {
		switch {
		case r == 'İ':
			out = append(out, "i̇"...)
		case r == 'Σ' && finalSigma(runes, i):
			out = appendRune(out, 'ς')
		default:
			out = appendRune(out, unicode.ToLower(r))
		}
	}
	return string(out)
}

// finalSigma reports a capital sigma at the end of a word.
func finalSigma(runes []rune, i int) bool {
	return i > 0 && unicode.IsLetter(runes[i-1]) && (i+1 >= len(runes) || !unicode.IsLetter(runes[i+1]))
}

// upper is toUpperCase: ß becomes SS.
func (m *machine) upper(s string) string {
	m.step(len(s) / 256)
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	m.growTimes(len(s), 2)
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, size := decodeRune(s[i:])
		i += size
		if full, ok := upperSpecial(r); ok {
			out = append(out, full...)
		} else {
			out = appendRune(out, unicode.ToUpper(r))
		}
	}
	return string(out)
}

// upperSpecial is the part of Unicode's SpecialCasing that makes one letter several.
func upperSpecial(r rune) (string, bool) {
	switch r {
	case 'ß':
		return "SS", true
	case 'ŉ':
		return "ʼN", true
	case 'ǰ':
		return "J̌", true
	case 'ﬀ':
		return "FF", true
	case 'ﬁ':
		return "FI", true
	case 'ﬂ':
		return "FL", true
	case 'ﬃ':
		return "FFI", true
	case 'ﬄ':
		return "FFL", true
	case 'ﬅ', 'ﬆ':
		return "ST", true
	}
	return "", false
}

func (m *machine) capitalized(s string) string {
	s = m.lower(s)
	n := min(1, length16(s))
	return m.concat(m.upper(slice16(s, 0, n)), slice16(s, n, length16(s)))
}

func filterCapitalize(m *machine, a []Value) Value {
	v := normal(a[0])
	return alike(v, m.capitalized(m.plainText(v, "capitalize")))
}

func filterTitle(m *machine, a []Value) Value {
	v := normal(a[0])
	words := m.splitText(m.plainText(v, "title"), " ")
	m.step(len(words))
	for i, w := range words {
		words[i] = m.capitalized(w)
	}
	return alike(v, strings.Join(words, " "))
}

func filterTrim(m *machine, a []Value) Value {
	return alike(a[0], trimSpace(m.plainText(a[0], "trim")))
}

func filterString(m *machine, a []Value) Value {
	if _, safe := a[0].(*Safe); safe {
		return a[0]
	}
	return m.text(m.defined(a[0], "string"))
}

// spaces is n spaces, n rounded up, counted.
func (m *machine) spaces(n float64) string {
	if !(n > 0) {
		return ""
	}
	n = math.Ceil(n)
	if n > float64(m.left.memory) {
		m.grow(m.left.memory + 1)
	}
	m.grow(int(n))
	return strings.Repeat(" ", int(n))
}

func filterCenter(m *machine, a []Value) Value {
	v := normal(a[0])
	width := orDefault(arg(a, 1), 80.0)
	length := m.lengthOf(v)
	if m.relation(opGreaterEqual, length, width) {
		return v
	}
	spaces := m.toNumber(width) - m.toNumber(length)
	before := m.spaces(spaces/2 - math.Mod(spaces, 2))
	after := m.spaces(spaces / 2)
	return alike(v, m.concat(m.concat(before, m.text(v)), after))
}

func filterIndent(m *machine, a []Value) Value {
	v := normal(a[0])
	if v == "" {
		return ""
	}
	lines := m.splitText(m.plainText(v, "indent"), "\n")
	by := m.spaces(m.toNumber(orDefault(arg(a, 1), 4.0)))
	m.growTimes(len(lines), len(by))
	m.step(len(lines))
	for i, line := range lines {
		if i > 0 || Truthy(arg(a, 2)) {
			lines[i] = by + line
		}
	}
	return alike(v, strings.Join(lines, "\n"))
}

func filterNewlines(m *machine, a []Value) Value {
	if isNullish(a[0]) {
		return ""
	}
	s := m.plainText(a[0], "nl2br")
	m.growTimes(strings.Count(s, "\n")+1, len("<br />"))
	m.grow(len(s))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return alike(a[0], strings.ReplaceAll(s, "\n", "<br />\n"))
}

func filterTruncate(m *machine, a []Value) Value {
	v := normal(a[0])
	limit := orDefault(arg(a, 1), 255.0)
	if m.relation(opLessEqual, m.lengthOf(v), limit) {
		return v
	}
	s := m.plainText(v, "truncate")
	n := length16(s)
	length := m.clampIndex(limit, n, n)
	if !Truthy(arg(a, 2)) {
		part := s
		if !math.IsNaN(m.toNumber(limit)) {
			part = slice16(s, 0, min(n, length+1))
		}
		if i := strings.LastIndexByte(part, ' '); i >= 0 {
			length = index16(part, i)
		}
	}
	end := "..."
	if e := arg(a, 3); !isNullish(e) {
		end = m.text(e)
	}
	return alike(a[0], m.concat(slice16(s, 0, length), end))
}

func filterReplace(m *machine, a []Value) Value {
	v, old, with := a[0], arg(a, 1), arg(a, 2)
	if re, ok := old.(*Regexp); ok {
		return re.replace(m, m.plainText(v, "replace"), m.text(with))
	}
	switch o := old.(type) {
	case float64:
		old = formatNumber(o)
	case string:
	default:
		return v
	}
	subject := v
	if f, ok := v.(float64); ok {
		subject = formatNumber(f)
	}
	if !isJSString(subject) {
		if _, safe := subject.(*Safe); !safe {
			return subject
		}
	}
	return m.replaceText(v, subject, old.(string), with, arg(a, 3))
}

// replaceText replaces up to limit times, or without end when limit is -1 or
// absent. An empty text is found around every character.
func (m *machine) replaceText(original, subject Value, old string, with, limit Value) Value {
	s := m.text(subject)
	if old == "" {
		chars := m.splitText(s, "")
		w, sep := m.text(with), ","
		if !isUndefined(with) {
			sep = w
		}
		return alike(subject, m.concat(m.concat(w, m.joinArray(stringArray(chars), sep)), w))
	}
	if isUndefined(limit) {
		limit = -1.0
	}
	if strictEqual(limit, 0.0) || !strings.Contains(s, old) {
		return subject
	}
	w := m.text(with)
	var b strings.Builder
	at := 0
	for n := 0; strictEqual(limit, -1.0) || m.relation(opLess, float64(n), limit); n++ {
		i := strings.Index(s[at:], old)
		if i < 0 {
			break
		}
		m.step(1)
		m.grow(i + len(w))
		b.WriteString(s[at : at+i])
		b.WriteString(w)
		at += i + len(old)
	}
	m.grow(len(s) - at)
	b.WriteString(s[at:])
	return alike(original, b.String())
}

func filterWordCount(m *machine, a []Value) Value {
	v := normal(a[0])
	if !Truthy(v) {
		return nil
	}
	n, inside := 0, false
	s := m.plainText(v, "wordcount")
	m.step(len(s) / 64)
	for i := 0; i < len(s); i++ {
		word := s[i] == '_' || digitValue(s[i]) < 36
		if word && !inside {
			n++
		}
		inside = word
	}
	if n == 0 {
		return nil
	}
	return float64(n)
}
