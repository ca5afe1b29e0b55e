package shape

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why text is no JSON, in the words of node's JSON.parse.
func SyntaxError(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	p := parser{text: text}
	p.space()
	if complaint := p.value(0); complaint != "" {
		return complaint
	}
	p.space()
	if p.at < len(text) {
		return p.at0("Unexpected non-whitespace character after JSON")
	}
	return "the text is too deeply nested"
}

// Unexpected is what node says of a text that starts with the wrong character.
func Unexpected(text string) string {
	p := parser{text: strings.ToValidUTF8(text, "\uFFFD")}
	p.space()
	return p.unexpected()
}

// parser finds the first place where a text stops being JSON. Its methods return
// what is wrong, or "".
type parser struct {
	text string
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// at0 adds the position, counted in characters from 0.
func (p *parser) at0(what string) string {
	if !strings.HasSuffix(what, "JSON") {
		what += " in JSON"
	}
	return fmt.Sprintf("%s at position %d", what, utf8.RuneCountInString(p.text[:p.at]))
}

func (p *parser) unexpected() string {
	if p.at >= len(p.text) {
		return "Unexpected end of JSON input"
	}
	const context = 10
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	runes := []rune(p.text)
	around := string(runes)
	if at := utf8.RuneCountInString(p.text[:p.at]); len(runes) > 2*context {
		from, to := max(0, at-context), min(len(runes), at+context)
		around = string(runes[from:to])
		if from > 0 {
			around = "..." + `"` + around
		} else {
			around = `"` + around
		}
		if to < len(runes) {
			around += `"...`
		} else {
			around += `"`
		}
		return fmt.Sprintf("Unexpected token '%c', %s is not valid JSON", r, around)
	}
	return fmt.Sprintf("Unexpected token '%c', \"%s\" is not valid JSON", r, around)
}

const deepest = 1000

func (p *parser) value(depth int) string {
	if p.at >= len(p.text) || depth > deepest {
		return "Unexpected end of JSON input"
	}
	switch c := p.text[p.at]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(p.text[p.at:], word[:1]) {
			for i := range word {
				if p.at >= len(p.text) || p.text[p.at] != word[i] {
					return p.unexpected()
				}
				p.at++
			}
			return ""
		}
	}
	return p.unexpected()
}

func (p *parser) peek() byte {
	p.space()
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) object(depth int) string {
	p.at++
	if p.peek() == '}' {
		p.at++
		return ""
	}
	expected := "Expected property name or '}'"
	for {
		if p.peek() != '"' {
			return p.at0(expected)
		}
		if complaint := p.str(); complaint != "" {
			return complaint
		}
		if p.peek() != ':' {
			return p.at0("Expected ':' after property name")
		}
		p.at++
		p.space()
		if complaint := p.value(depth + 1); complaint != "" {
			return complaint
		}
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return ""
		default:
			return p.at0("Expected ',' or '}' after property value")
		}
		expected = "Expected double-quoted property name"
	}
}

func (p *parser) array(depth int) string {
	p.at++
	if p.peek() == ']' {
		p.at++
		return ""
	}
	for {
		p.space()
		if complaint := p.value(depth + 1); complaint != "" {
			return complaint
		}
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return ""
		default:
			return p.at0("Expected ',' or ']' after array element")
		}
	}
}

func (p *parser) str() string {
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return ""
		case c < ' ':
			return p.at0("Bad control character in string literal")
		case c == '\\':
			if complaint := p.escape(); complaint != "" {
				return complaint
			}
		}
	}
	return p.at0("Unterminated string")
}

// escape reads what follows a backslash, up to its last character.
func (p *parser) escape() string {
	p.at++
	switch {
	case p.at == len(p.text):
		return p.unexpected()
	case strings.IndexByte(`"\/bfnrtu`, p.text[p.at]) < 0:
		return p.at0("Bad escaped character")
	case p.text[p.at] != 'u':
		return ""
	}
	for range 4 {
		if p.at++; p.at == len(p.text) || strings.IndexByte("0123456789abcdefABCDEF", p.text[p.at]) < 0 {
			return p.at0("Bad Unicode escape")
		}
	}
	return ""
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

func (p *parser) number() string {
	if p.text[p.at] == '-' {
		p.at++
	}
	zero := p.at < len(p.text) && p.text[p.at] == '0'
	switch {
	case zero:
		if p.at++; p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
			return p.at0("Unexpected number")
		}
	case !p.digits():
		return p.at0("No number after minus sign")
	}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		if p.at++; !p.digits() {
			return p.at0("Unterminated fractional number")
		}
	}
	if p.at < len(p.text) && (p.text[p.at] == 'e' || p.text[p.at] == 'E') {
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if !p.digits() {
			return p.at0("Exponent part is missing a number")
		}
	}
	return ""
}
