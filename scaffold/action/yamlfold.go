package action

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// foldMode is the kind of text whose long lines are folded.
type foldMode byte

const (
	foldFlow   foldMode = iota // plain and single-quoted: at spaces
	foldQuoted                 // double-quoted: at spaces, else anywhere with \
	foldBlock                  // > blocks: at spaces, more-indented lines not at all
)

// fold folds text unless it is a key.
func (at yamlPlace) fold(text string, mode foldMode) string {
	if at.key {
		return text
	}
	folded, _ := foldLines(text, at, mode)
	return folded
}

// foldLines folds lines of text at 80 units. overflow says that some line could
// not be folded that short.
func foldLines(text string, at yamlPlace, mode foldMode) (folded string, overflow bool) {
	f := folder{text: utf16.Encode([]rune(text)), indent: len(at.indent), mode: mode}
	f.step = max(1+yamlContent, 1+yamlWidth-f.indent)
	if len(f.text) <= f.step {
		return text, false
	}
	after := at.after
	if mode == foldBlock {
		after = f.indent
	}
	if !f.find(after) || len(f.folds) == 0 {
		return text, f.overflow
	}
	return f.join(at.indent), f.overflow
}

type folder struct {
	text     []uint16
	indent   int
	mode     foldMode
	step     int // units from a fold to where the next line must end
	folds    []int
	escaped  []int // folds within a word, which need a backslash
	overflow bool
}

func (f *folder) unit(i int) uint16 {
	if i < len(f.text) {
		return f.text[i]
	}
	return 0
}

// find collects the folds. It reports false when an escape is longer than a line.
func (f *folder) find(after int) bool {
	end := yamlWidth - f.indent
	if after > yamlWidth-yamlContent {
		f.folds = append(f.folds, 0)
	} else if after > 0 {
		end = yamlWidth - after
	}
	i, split, prev := 0, 0, uint16(0)
	escapeStart, escapeEnd := -1, -1
	if f.mode == foldBlock {
		if i = f.skipIndented(0); i != 0 {
			end = i - 1 + f.step
		}
	}
	for ; i < len(f.text); i++ {
		ch := f.text[i]
		if f.mode == foldQuoted && ch == '\\' {
			escapeStart = i
			i += escapeLength(f.unit(i + 1))
			escapeEnd = i
		}
		if ch == '\n' {
			if f.mode == foldBlock {
				i = f.skipIndented(i+1) - 1
			}
			end = i + f.indent + f.step
			split, prev = 0, ch
			continue
		}
		if ch == ' ' && !isBlank(prev) && !isBlank(f.unit(i+1)) {
			split = i
		}
		if i >= end {
			switch {
			case split > 0:
				f.folds = append(f.folds, split)
				end = split + f.step
				split = 0
			case f.mode == foldQuoted:
				for prev == ' ' || prev == '\t' {
					prev = ch
					i++
					ch = f.unit(i)
					f.overflow = true
				}
				at := escapeStart - 1
				if i > escapeEnd+1 {
					at = i - 2
				}
				if slices.Contains(f.escaped, at) {
					return false
				}
				f.folds = append(f.folds, at)
				f.escaped = append(f.escaped, at)
				end = at + f.step
			default:
				f.overflow = true
			}
		}
		prev = ch
	}
	return true
}

// isBlank also holds for the text's start and end.
func isBlank(unit uint16) bool { return unit == 0 || unit == ' ' || unit == '\n' || unit == '\t' }

// escapeLength is how many units follow the backslash of an escape.
func escapeLength(kind uint16) int {
	switch kind {
	case 'x':
		return 3
	case 'u':
		return 5
	}
	return 1
}

// skipIndented returns where to go on behind lines that have white space beyond
// the indent. start is at a line's start.
func (f *folder) skipIndented(start int) int {
	next := start
	i := start
	for f.unit(i) == ' ' || f.unit(i) == '\t' {
		if i < start+f.indent {
			i++
			continue
		}
		for i < len(f.text) && f.text[i] != '\n' {
			i++
		}
		next = i + 1
		start = i + 1
		i = start
	}
	return next
}

func (f *folder) join(indent string) string {
	var b strings.Builder
	piece := func(from, to int) { b.WriteString(string(utf16.Decode(f.text[min(from, to):to]))) }
	if f.folds[0] != 0 {
		piece(0, f.folds[0])
	}
	for n, fold := range f.folds {
		end := len(f.text)
		if n+1 < len(f.folds) {
			end = f.folds[n+1]
		}
		from := fold + 1
		if fold == 0 {
			from = 0
		} else if slices.Contains(f.escaped, fold) {
			piece(fold, fold+1)
			b.WriteByte('\\')
		}
		b.WriteString("\n" + indent)
		piece(from, end)
	}
	return b.String()
}
