package checks

import "strings"

// Text escapes plain text for GitHub's Markdown: nothing in it becomes markup,
// HTML, a link, an image, a mention or a reference.
func Text(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#|~!$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
			if r == '#' && next >= '0' && next <= '9' {
				b.WriteRune('\u200b') // #12 is a reference even when escaped
			}
		case r == '&':
			b.WriteString("&amp;")
		case r == '@':
			b.WriteString("@\u200b") // an escaped @name still notifies
		case r == ':' && next == '/':
			b.WriteString(":\u200b") // no automatic link
		case r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString("\u200b.")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Code makes a code span of s, whatever backticks it holds. Inside one, GitHub
// neither notifies nor links. A pipe would still end a table cell: it is replaced.
func Code(s string) string {
	s = strings.ReplaceAll(oneLine(s), "|", "¦")
	if s == "" {
		s = " "
	}
	tick := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return tick + s + tick
}

// Fence makes a fenced code block of s that nothing in s can close.
func Fence(lang, s string) string {
	fence := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return fence + lang + "\n" + strings.TrimRight(s, "\n") + "\n" + fence
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == c {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}
