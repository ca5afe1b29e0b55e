package nunjucks

import (
	"strings"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokData
	tokComment
	tokBlockStart
	tokBlockEnd
	tokVariableStart
	tokVariableEnd
	tokString
	tokInt
	tokFloat
	tokBoolean
	tokNone
	tokSymbol
	tokRegex
	tokOperator
	tokLeftParen
	tokRightParen
	tokLeftBracket
	tokRightBracket
	tokLeftCurly
	tokRightCurly
	tokComma
	tokColon
	tokTilde
	tokPipe
)

// token is one piece of source. text is its source text, for a string the value
// it stands for.
type token struct {
	kind  tokenKind
	dash  bool   // a tag's - that strips white space on its outer side
	text  string //
	flags string // of a regular expression
	pos   int    // byte offset
}

// describe is how an error names the token.
func (t token) describe() string {
	switch t.kind {
	case tokEOF:
		return "the end of the template"
	case tokData:
		return "text"
	case tokString:
		return "a string"
	}
	return "\"" + t.text + "\""
}

// Tags are the delimiters. An empty one is nunjucks's default.
type Tags struct {
	BlockStart    string `json:"blockStart"` // {%
	BlockEnd      string `json:"blockEnd"`
	VariableStart string `json:"variableStart"` // {{; Backstage's is ${{
	VariableEnd   string `json:"variableEnd"`
	CommentStart  string `json:"commentStart"` // {#
	CommentEnd    string `json:"commentEnd"`
}

func (t Tags) withDefaults() Tags {
	for _, d := range []struct {
		tag *string
		def string
	}{
		{&t.BlockStart, "{%"}, {&t.BlockEnd, "%}"},
		{&t.VariableStart, "{{"}, {&t.VariableEnd, "}}"},
		{&t.CommentStart, "{#"}, {&t.CommentEnd, "#}"},
	} {
		if *d.tag == "" {
			*d.tag = d.def
		}
	}
	return t
}

// lexer cuts a source into tokens, one call at a time, in one pass.
type lexer struct {
	src                      string
	at                       int
	inCode                   bool
	tags                     Tags
	trimBlocks, lstripBlocks bool
}

func (l *lexer) fail(pos int, message string) {
	e := &Error{Message: message}
	e.locate(l.src, pos)
	panic(failure{e})
}

func (l *lexer) next() token {
	if !l.inCode {
		return l.outside()
	}
	for l.at < len(l.src) && isCodeSpace(l.src[l.at:]) > 0 {
		l.at += isCodeSpace(l.src[l.at:])
	}
	return l.inside()
}

// isCodeSpace returns the size of the white space character that s starts with:
// space, newline, tab, carriage return or no-break space.
func isCodeSpace(s string) int {
	switch s[0] {
	case ' ', '\n', '\t', '\r':
		return 1
	case 0xC2:
		if len(s) > 1 && s[1] == 0xA0 {
			return 2
		}
	}
	return 0
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.src[l.at:], prefix) }

// take consumes prefix if it comes next.
func (l *lexer) take(prefix string) bool {
	if !l.has(prefix) {
		return false
	}
	l.at += len(prefix)
	return true
}

// outside reads text, a comment, or the start of a tag.
func (l *lexer) outside() token {
	start := l.at
	switch {
	case l.at >= len(l.src):
		return token{kind: tokEOF, pos: start}
	case l.take(l.tags.BlockStart):
		l.inCode = true
		return token{kind: tokBlockStart, dash: l.take("-"), text: l.src[start:l.at], pos: start}
	case l.take(l.tags.VariableStart):
		l.inCode = true
		return token{kind: tokVariableStart, dash: l.take("-"), text: l.src[start:l.at], pos: start}
	case l.take(l.tags.CommentStart):
		end := strings.Index(l.src[l.at:], l.tags.CommentEnd)
		if end < 0 {
			l.fail(start, "the comment has no end: write "+l.tags.CommentEnd)
		}
		l.at += end + len(l.tags.CommentEnd)
		return token{kind: tokComment, text: l.src[start:l.at], pos: start}
	}
	return l.data()
}

// data reads text up to the next tag or comment.
func (l *lexer) data() token {
	start := l.at
	first := string([]byte{l.tags.BlockStart[0], l.tags.VariableStart[0], l.tags.CommentStart[0], l.tags.CommentEnd[0]})
	for ; l.at < len(l.src); l.at++ {
		if strings.IndexByte(first, l.src[l.at]) < 0 {
			continue
		}
		if l.has(l.tags.BlockStart) {
			if end, ok := l.lstrip(start); ok {
				if end == start {
					return l.outside()
				}
				return token{kind: tokData, text: l.src[start:end], pos: start}
			}
			break
		}
		if l.has(l.tags.VariableStart) || l.has(l.tags.CommentStart) {
			break
		}
		if l.has(l.tags.CommentEnd) {
			l.fail(l.at, "a comment ends here that never started: write {{ \""+l.tags.CommentEnd+"\" }} for the text itself")
		}
	}
	return token{kind: tokData, text: l.src[start:l.at], pos: start}
}

// lstrip returns where the text from start ends once the white space before the
// block tag at l.at is gone, if that is all its line holds.
func (l *lexer) lstrip(start int) (int, bool) {
	if !l.lstripBlocks {
		return 0, false
	}
	line := start + strings.LastIndexByte(l.src[start:l.at], '\n') + 1
	if line == start && start > 0 && l.src[start-1] != '\n' {
		return 0, false
	}
	if line == l.at || trimSpace(l.src[line:l.at]) != "" {
		return 0, false
	}
	return line, true
}

const (
	delimiters = "()[]{}%*-+~/#,:|.<>=!"
	regexFlags = "gimy"
)

// inside reads one token of code.
func (l *lexer) inside() token {
	start := l.at
	if l.at >= len(l.src) {
		return token{kind: tokEOF, pos: start}
	}
	c := l.src[l.at]
	switch {
	case c == '"' || c == '\'':
		return token{kind: tokString, text: l.quoted(c), pos: start}
	case l.has(l.tags.BlockEnd) || c == '-' && strings.HasPrefix(l.src[l.at+1:], l.tags.BlockEnd):
		dash := !l.has(l.tags.BlockEnd) && l.take("-")
		l.take(l.tags.BlockEnd)
		l.inCode = false
		if l.trimBlocks && !l.take("\n") {
			l.take("\r\n")
		}
		return token{kind: tokBlockEnd, dash: dash, text: l.tags.BlockEnd, pos: start}
	case l.has(l.tags.VariableEnd) || c == '-' && strings.HasPrefix(l.src[l.at+1:], l.tags.VariableEnd):
		dash := !l.has(l.tags.VariableEnd) && l.take("-")
		l.take(l.tags.VariableEnd)
		l.inCode = false
		return token{kind: tokVariableEnd, dash: dash, text: l.tags.VariableEnd, pos: start}
	case c == 'r' && strings.HasPrefix(l.src[l.at:], "r/"):
		return l.regex()
	case strings.IndexByte(delimiters, c) >= 0:
		return l.operator()
	}
	return l.word()
}

// quoted reads a string literal. \n, \t and \r are what they say; any other
// escaped character is itself. A string without end goes to the end of source.
func (l *lexer) quoted(quote byte) string {
	l.at++
	rest := l.src[l.at:]
	end := strings.IndexByte(rest, quote)
	if end >= 0 && strings.IndexByte(rest[:end], '\\') < 0 {
		l.at += end + 1
		return rest[:end]
	}
	var b strings.Builder
	for l.at < len(l.src) && l.src[l.at] != quote {
		c := l.src[l.at]
		l.at++
		if c == '\\' && l.at < len(l.src) {
			c = unescape(l.src[l.at])
			l.at++
		} else if c == '\\' {
			break
		}
		b.WriteByte(c)
	}
	l.at = min(l.at+1, len(l.src))
	return b.String()
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	}
	return c
}

// regex reads r/body/flags; a body without end goes to the end of source.
func (l *lexer) regex() token {
	t := token{kind: tokRegex, pos: l.at}
	l.at += 2
	start := l.at
	for l.at < len(l.src) && (l.src[l.at] != '/' || l.src[l.at-1] == '\\') {
		l.at++
	}
	t.text = l.src[start:l.at]
	l.at = min(l.at+1, len(l.src))
	start = l.at
	for l.at < len(l.src) && strings.IndexByte(regexFlags, l.src[l.at]) >= 0 {
		l.at++
	}
	t.flags = l.src[start:l.at]
	return t
}

// operator reads the longest operator or the one bracket at l.at.
func (l *lexer) operator() token {
	start := l.at
	for _, op := range []string{"===", "!==", "==", "!=", "<=", ">=", "//", "**"} {
		if l.take(op) {
			return token{kind: tokOperator, text: op, pos: start}
		}
	}
	l.at++
	kind := tokOperator
	switch l.src[start] {
	case '(':
		kind = tokLeftParen
	case ')':
		kind = tokRightParen
	case '[':
		kind = tokLeftBracket
	case ']':
		kind = tokRightBracket
	case '{':
		kind = tokLeftCurly
	case '}':
		kind = tokRightCurly
	case ',':
		kind = tokComma
	case ':':
		kind = tokColon
	case '~':
		kind = tokTilde
	case '|':
		kind = tokPipe
	}
	return token{kind: kind, text: l.src[start:l.at], pos: start}
}

// word reads a name, a number or a literal word: all up to white space or a
// delimiter. A number may have a fraction; exponents are not known.
func (l *lexer) word() token {
	start := l.at
	digits := true
	for l.at < len(l.src) && strings.IndexByte(delimiters, l.src[l.at]) < 0 && isCodeSpace(l.src[l.at:]) == 0 {
		digits = digits && isDigit(l.src[l.at])
		l.at++
	}
	t := token{kind: tokSymbol, text: l.src[start:l.at], pos: start}
	switch {
	case digits && l.take("."):
		for l.at < len(l.src) && isDigit(l.src[l.at]) {
			l.at++
		}
		t.kind, t.text = tokFloat, l.src[start:l.at]
	case digits:
		t.kind = tokInt
	case t.text == "true" || t.text == "false":
		t.kind = tokBoolean
	case t.text == "none" || t.text == "null":
		t.kind = tokNone
	}
	return t
}
