package catalog

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// mask stands between a document and yaml.v3, which is an older dialect: it
// refuses control characters and escapes of UTF-16 surrogates, ends a plain
// scalar of a flow collection at any '?', as in [https://example.com/?q=1], and
// lets none of them start with ':'. All of these are swapped for private-use characters before parsing and swapped
// back in the scalars.
type mask struct {
	text    string
	block   rune // first of the characters that stand for others; 0 for none
	escapes bool // whether surrogate escapes were swapped
}

// The private-use blocks to choose from; one that the text does not use is taken.
var privateBlocks = []rune{0xF0000, 0xF1000, 0xF2000, 0xF3000, 0x100000, 0x101000}

// An escape that yaml.v3 does not know becomes that of a private-use character,
// which a text is not expected to use itself: a surrogate U+Dxxx that of U+FDxxx,
// a slash that of U+FC02F. Pairs of backslashes are matched to be passed over.
var (
	foreignEscape = regexp.MustCompile(`\\(\\|/|u[dD][89a-fA-F][0-9a-fA-F]{2})`)
	maskedEscape  = regexp.MustCompile(`\\U000F([dD][89a-fA-F][0-9a-fA-F]{2}|C02F)`)
)

const maskedSlash = 0xFC02F

func maskText(text string) mask {
	m := mask{text: text}
	if strings.ContainsFunc(text, func(r rune) bool { return r == '?' || r == ':' || standIn(r) != 0 }) {
		m.block = unusedBlock(text)
		m.text = m.swap(text)
	}
	m.text = foreignEscape.ReplaceAllStringFunc(m.text, func(s string) string {
		switch s[1] {
		case '\\':
			return s
		case '/':
			s = `\uC02F`
		}
		m.escapes = true
		return `\U000F` + s[2:]
	})
	return m
}

func (m mask) swap(text string) string {
	var b strings.Builder
	last := '\n' // the last character that is no blank
	for i, r := range text {
		switch code := standIn(r); {
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"):
			b.WriteRune(r)
		case code != 0:
			b.WriteRune(m.block + code)
		case r == '?' && !isIndicator(last, text[i+1:]), r == ':' && isTextStart(last, text[i+1:]):
			b.WriteRune(m.block + r)
		default:
			b.WriteRune(r)
		}
		if r != ' ' && r != '\t' {
			last = r
		}
	}
	return b.String()
}

// isIndicator reports whether a '?' after last may begin an explicit key.
func isIndicator(last rune, rest string) bool {
	return strings.ContainsRune("\n[{,:-?", last) && (rest == "" || strings.IndexByte(" \t\r\n,[]{}", rest[0]) >= 0)
}

// isTextStart reports whether a ':' after last begins a plain scalar.
func isTextStart(last rune, rest string) bool {
	return strings.ContainsRune("[{,:", last) && rest != "" && strings.IndexByte(" \t\r\n,[]{}", rest[0]) < 0
}

// standIn returns the offset, within the private-use block, of the character
// that stands for r, or 0 when r needs none. Stood in for are the characters that
// yaml.v3 refuses, or takes for line ends, and that mean nothing to YAML 1.2.
func standIn(r rune) rune {
	switch {
	case r == '\t' || r == '\n':
		return 0
	case r == 0:
		return 0x100
	case r < 0x20, r >= 0x7F && r < 0xA0:
		return r
	case r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
		return 0x200 + r>>8&0xFF0 + r&0xF
	}
	return 0
}

// standsFor is the inverse of standIn, and of the offsets given to '?' and ':'.
func standsFor(code rune) rune {
	if code == 0x100 {
		return 0
	}
	if code < 0x200 {
		return code
	}
	for _, r := range []rune{0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF} {
		if standIn(r) == code {
			return r
		}
	}
	return code
}

func unusedBlock(text string) rune {
	for _, block := range privateBlocks {
		if !strings.ContainsFunc(text, func(r rune) bool { return r&^0xFFF == block }) {
			return block
		}
	}
	return privateBlocks[0]
}

// restore undoes the swaps in the value of a scalar.
func (m mask) restore(s string, doubleQuoted bool) string {
	if m.block != 0 {
		s = strings.Map(func(r rune) rune {
			if r&^0xFFF != m.block {
				return r
			}
			return standsFor(r & 0xFFF)
		}, s)
	}
	if !m.escapes {
		return s
	}
	if !doubleQuoted {
		return maskedEscape.ReplaceAllStringFunc(s, func(s string) string {
			if strings.HasSuffix(s, "C02F") {
				return `\/`
			}
			return `\u` + s[len(s)-4:]
		})
	}
	return joinSurrogates(s)
}

// joinSurrogates turns U+FD800 to U+FDFFF back into UTF-16 units: pairs become
// one character, a lone one is kept as its three bytes.
func joinSurrogates(s string) string {
	var b []byte
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if r == maskedSlash {
			r = '/'
		}
		if r < 0xFD800 || r > 0xFDFFF {
			b = utf8.AppendRune(b, r)
			continue
		}
		if r < 0xFDC00 && i+1 < len(runes) && runes[i+1] >= 0xFDC00 && runes[i+1] <= 0xFDFFF {
			b = utf8.AppendRune(b, 0x10000+(r-0xFD800)<<10+(runes[i+1]-0xFDC00))
			i++
			continue
		}
		b = appendSurrogate(b, uint16(r-0xF0000))
	}
	return string(b)
}

// decodeUTF8 reads bytes as a web browser does: what is not UTF-8 becomes
// U+FFFD, once for each longest run that could still have become a character.
func decodeUTF8(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	text, err := unicode.UTF8.NewDecoder().Bytes(data)
	if err != nil {
		return string(data) // this decoder has no errors
	}
	return string(text)
}

// quoteShort shortens untrusted text for a message.
func quoteShort(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
