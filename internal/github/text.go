package github

import (
	"strings"
	"unicode/utf8"
)

func runes(s string) int { return utf8.RuneCountInString(s) }

// cutLine shortens a line to limit characters, with an ellipsis.
func cutLine(s string, limit int) string {
	if runes(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}

const cutNote = "\n\n*Cut here: GitHub shows no more than this.*\n"

// cutText shortens Markdown to limit bytes, which is never more characters: at the
// end of a line where there is one, with open code blocks closed and a note.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const fence = "\n```"
	kept := s[:limit-len(cutNote)-len(fence)]
	for !utf8.ValidString(kept[max(0, len(kept)-utf8.UTFMax):]) && len(kept) > 0 && !utf8.RuneStart(s[len(kept)]) {
		kept = kept[:len(kept)-1]
	}
	if at := strings.LastIndexByte(kept, '\n'); at > len(kept)/2 {
		kept = kept[:at]
	}
	if openFence(kept) {
		kept += fence
	}
	return kept + cutNote
}

// openFence reports whether a code block is open at the end.
func openFence(s string) bool {
	open := false
	for line := range strings.Lines(s) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			open = !open
		}
	}
	return open
}
