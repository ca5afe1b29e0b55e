package checks

import "strings"

const (
	maxScript   = 64 << 10 // bytes of one script
	maxCommands = 500      // of one script
)

// commands splits a shell script into simple commands of words. It knows quotes,
// comments, continued lines, here-documents and the operators between commands,
// which is what telling one program from another needs; it expands nothing.
func commands(script string) [][]string {
	if len(script) > maxScript {
		script = script[:maxScript]
	}
	l := lexer{in: script}
	l.run()
	return l.out
}

type lexer struct {
	in     string
	pos    int
	word   strings.Builder
	inWord bool
	words  []string
	out    [][]string
	heredo []string // delimiters of here-documents that start after this line
}

func (l *lexer) run() {
	for l.pos < len(l.in) && len(l.out) < maxCommands {
		c := l.in[l.pos]
		switch {
		case c == '\\' && l.pos+1 < len(l.in):
			l.escape()
			continue
		case c == '\'' || c == '"':
			l.quoted(c)
			continue
		case c == '#' && !l.inWord:
			l.skipLine()
			continue
		case c == '\n':
			l.endCommand()
			l.pos++
			l.skipHeredocs()
			continue
		case c == ' ' || c == '\t' || c == '\r':
			l.endWord()
		case c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '`':
			l.endCommand()
		case c == '<' && strings.HasPrefix(l.in[l.pos:], "<<") && !strings.HasPrefix(l.in[l.pos:], "<<<"):
			l.heredoc()
			continue
		case c == '>' || c == '<':
			l.endWord()
		case c == '$' && strings.HasPrefix(l.in[l.pos:], "${{"):
			l.expression()
			continue
		default:
			l.word.WriteByte(c)
			l.inWord = true
		}
		l.pos++
	}
	l.endCommand()
}

func (l *lexer) escape() {
	if l.in[l.pos+1] != '\n' && !strings.HasPrefix(l.in[l.pos+1:], "\r\n") {
		l.word.WriteByte(l.in[l.pos+1])
		l.inWord = true
	}
	l.pos += 2
}

func (l *lexer) quoted(quote byte) {
	l.inWord = true
	for l.pos++; l.pos < len(l.in) && l.in[l.pos] != quote; l.pos++ {
		if quote == '"' && l.in[l.pos] == '\\' && l.pos+1 < len(l.in) {
			l.pos++
		}
		l.word.WriteByte(l.in[l.pos])
	}
	l.pos++
}

// expression keeps an Actions expression in one word.
func (l *lexer) expression() {
	end := strings.Index(l.in[l.pos:], "}}")
	if end < 0 {
		end = len(l.in) - l.pos - 2
	}
	l.word.WriteString(l.in[l.pos : l.pos+end+2])
	l.inWord = true
	l.pos += end + 2
}

func (l *lexer) skipLine() {
	if end := strings.IndexByte(l.in[l.pos:], '\n'); end >= 0 {
		l.pos += end
	} else {
		l.pos = len(l.in)
	}
}

func (l *lexer) heredoc() {
	l.endWord()
	rest := strings.TrimLeft(l.in[l.pos+2:], "- \t")
	l.pos = len(l.in) - len(rest)
	end := strings.IndexAny(rest, " \t\r\n;|&)")
	if end < 0 {
		end = len(rest)
	}
	if delimiter := strings.Trim(rest[:end], `'"\`); delimiter != "" {
		l.heredo = append(l.heredo, delimiter)
	}
	l.pos += end
}

func (l *lexer) skipHeredocs() {
	for _, delimiter := range l.heredo {
		for l.pos < len(l.in) {
			line, _, _ := strings.Cut(l.in[l.pos:], "\n")
			l.pos = min(l.pos+len(line)+1, len(l.in))
			if strings.TrimSpace(line) == delimiter {
				break
			}
		}
	}
	l.heredo = nil
}

func (l *lexer) endWord() {
	if l.inWord {
		l.words = append(l.words, l.word.String())
		l.word.Reset()
		l.inWord = false
	}
}

func (l *lexer) endCommand() {
	l.endWord()
	if len(l.words) > 0 {
		l.out = append(l.out, l.words)
		l.words = nil
	}
}
