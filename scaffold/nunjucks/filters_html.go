package nunjucks

import (
	"math"
	"regexp"
	"strings"
)

var htmlEscapes = strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "<", "&lt;", ">", "&gt;", `\`, "&#92;")

// escape escapes HTML as nunjucks does, backslash included.
func (m *machine) escape(s string) string {
	if !strings.ContainsAny(s, `&"'<>\`) {
		return s
	}
	m.growTimes(len(s), 2)
	out := htmlEscapes.Replace(s)
	m.grow(len(out))
	return out
}

// emptyText is the text of v, nothing for undefined and null.
func (m *machine) emptyText(v Value) string {
	if isNullish(v) {
		return ""
	}
	return m.text(v)
}

func filterEscape(m *machine, a []Value) Value {
	if _, safe := a[0].(*Safe); safe {
		return a[0]
	}
	return &Safe{m.escape(m.emptyText(a[0]))}
}

func filterForceEscape(m *machine, a []Value) Value { return &Safe{m.escape(m.emptyText(a[0]))} }

func filterSafe(m *machine, a []Value) Value {
	if _, safe := a[0].(*Safe); safe {
		return a[0]
	}
	return &Safe{m.emptyText(a[0])}
}

var (
	htmlTags      = regexp.MustCompile(`(?i)</?([a-z][a-z0-9]*)\b[^>]*>|<!--(?s:.)*?-->`)
	edgeSpaces    = regexp.MustCompile(`(?m)^ +| +$`)
	spaceRuns     = regexp.MustCompile(` +`)
	newlineRuns   = regexp.MustCompile(`\n\n\n+`)
	anySpaces     = regexp.MustCompile(spaceClass + `+`)
	urlWord       = regexp.MustCompile(`^(?:\(|<|&lt;)?([^\n\r\x{2028}\x{2029}]*?)(?:\.|,|\)|\n|&gt;)?$`)
	emailAddress  = regexp.MustCompile(`(?i)^[\w.!#$%&'*+\-/=?^` + "`" + `{|}~]+@[a-z\d\-]+(\.[a-z\d\-]+)+$`)
	webAddress    = regexp.MustCompile(`^https?://`)
	topLevelNames = regexp.MustCompile(`\.(?:org|net|com)(?:\:|/|$)`)
)

func filterStripTags(m *machine, a []Value) Value {
	v := normal(a[0])
	s := m.plainText(v, "striptags")
	m.step(len(s) / 8)
	m.grow(len(s))
	s = trimSpace(htmlTags.ReplaceAllString(s, ""))
	if !Truthy(arg(a, 1)) {
		return alike(v, anySpaces.ReplaceAllString(s, " "))
	}
	s = edgeSpaces.ReplaceAllString(s, "")
	s = spaceRuns.ReplaceAllString(s, " ")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return alike(v, newlineRuns.ReplaceAllString(s, "\n\n"))
}

func filterURLize(m *machine, a []Value) Value {
	s := m.plainText(a[0], "urlize")
	limit := math.Inf(1)
	if v := arg(a, 1); !isUndefined(v) {
		if f := m.toNumber(v); !math.IsNaN(f) || !isPrimitiveNumber(v) {
			limit = f
		}
	}
	attr := ""
	if arg(a, 2) == true {
		attr = ` rel="nofollow"`
	}
	m.step(len(s) / 4)
	var b strings.Builder
	for s != "" {
		end := len(s)
		if space := anySpaces.FindStringIndex(s); space != nil {
			if end = space[0]; end == 0 {
				b.WriteString(s[:space[1]])
				s = s[space[1]:]
				continue
			}
		}
		m.grow(2*end + len("<a href=\"http://\"></a>"))
		b.WriteString(m.link(s[:end], limit, attr))
		s = s[end:]
	}
	return b.String()
}

func isPrimitiveNumber(v Value) bool {
	_, ok := v.(float64)
	return ok
}

// link is a word as an HTML link, if it is an address, else the word itself.
func (m *machine) link(word string, limit float64, attr string) string {
	address := word
	if match := urlWord.FindStringSubmatch(word); match != nil {
		address = match[1]
	}
	n := length16(address)
	short := slice16(address, 0, m.clampIndex(limit, n, n))
	switch {
	case webAddress.MatchString(address):
		return `<a href="` + address + `"` + attr + ">" + short + "</a>"
	case strings.HasPrefix(address, "www."):
		return `<a href="http://` + address + `"` + attr + ">" + short + "</a>"
	case emailAddress.MatchString(address):
		return `<a href="mailto:` + address + `">` + address + "</a>"
	case topLevelNames.MatchString(address):
		return `<a href="http://` + address + `"` + attr + ">" + short + "</a>"
	}
	return word
}

// uriComponent is encodeURIComponent. A lone surrogate is an error there.
func (m *machine) uriComponent(s string) string {
	m.growTimes(len(s), 3)
	m.step(len(s) / 16)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == 0xED && i+1 < len(s) && s[i+1] >= 0xA0:
			m.fail("half of a character cannot be encoded in a URL")
		case digitValue(c) < 36, strings.IndexByte("-_.!~*'()", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		}
	}
	return b.String()
}

func filterURLEncode(m *machine, a []Value) Value {
	var parts []string
	pair := func(key, value Value) {
		parts = append(parts, m.uriComponent(m.text(key))+"="+m.uriComponent(m.text(value)))
	}
	switch v := a[0].(type) {
	case string:
		return m.uriComponent(v)
	case *Array:
		for _, item := range v.Items {
			pair(m.member(m.defined(item, "urlencode"), 0.0), m.member(item, 1.0))
		}
	case *Object:
		for _, key := range v.Keys() {
			pair(key, v.Get(key))
		}
	case *Safe:
		pair("val", v.text)
		pair("length", m.lengthOf(v))
	}
	return strings.Join(parts, "&")
}
