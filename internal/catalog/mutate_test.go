package catalog_test

import (
	"math/rand/v2"
	"strings"
)

// values are put in place of what a document holds.
func trapValues() []string {
	return []string{
		"null", "~", "", `""`, "''", `" "`, "[]", "{}", "[a]", "{a: b}", "- a", "012", "0o12", "0x1F", "1_000", "1e3", ".5", "5.",
		"+1", "-0", ".inf", "-.INF", ".nan", "yes", "no", "on", "true", "True", "FALSE", "2001-01-01", "1:30", "!!str 1", "!!int '1'",
		"!foo bar", "!!float 1", "&a b", "*a", "<<", "=", "|", ">", "|-\n    text\n", ">+\n    a\n    b\n\n", "@x", "`x`", "%x", "a: b", "a #b", "a#b",
		"'it''s'", `"\u00e9\x41\/\e"`, `"\ud83d\ude00"`, `"\ud83d"`, "😀", "ÄÖ", "a\u00a0b", "\ufeff", "x:y", "https://example.com/a b",
		"{$text: ./a}", "{$json: a}", "{$text: a, b: c}", "{$foo: a}", "resource:x", "resource:ns/x", "ns/x", ":x", "a:", "/x", "a:/x", "a/b:c", "ΣΑΣ", "İx",
		"http://", "http://a b", "mailto:x", "//x", "javascript:1", "http://[::1]", "http://a:99999", "a--b", "a-", "-a", "a.b", "A", "a_b", "a/b", "a/b/c",
		strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 300), "c++", "c#", "a:b", "component", "required", "optional", "12345678901234567890",
		"? x", "- - a", "[a, , b]", "[a b", "{a", "}", "]", "{{ x }}", "${{ x }}", "[[a]]", "{ [a]: b }", "'a' b", `"a" b`, `"a\qb"`, "a\tb", "\ta",
	}
}

// pieces are put anywhere. A carriage return without its line feed is not among
// them: Backstage takes it for a blank after a colon and for text elsewhere.
func pieces() []string {
	return []string{
		":", ": ", "-", "- ", "#", " #", `"`, "'", "{", "}", "[", "]", ",", "\t", " ", "  ", "\n", "\n\n", "\r\n", "&a ", "*a", "!!str ", "! ", "|", ">",
		"%", "@", "`", "\n---\n", "\n...\n", "?", "? ", "\\", "<<: *a\n", "\n# c\n", "\x00", "\x01", "\x7f", "\u0085", "\u2028", "\ufeff", "0", "é", "\n  ", "\n ", "$text: ",
		"%YAML 1.2\n---\n", "\n--- ", "...", "---", "~", "a: b",
	}
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// mutate returns text with one to three pieces of damage.
func mutate(r *rand.Rand, text string) string {
	for range 1 + r.IntN(3) {
		lines := strings.SplitAfter(text, "\n")
		at := r.IntN(len(lines))
		line := lines[at]
		switch r.IntN(10) {
		case 0:
			lines[at] = ""
		case 1:
			lines[at] = line + line
		case 2:
			lines[at] = strings.Repeat(" ", r.IntN(4)) + strings.TrimPrefix(line, strings.Repeat(" ", r.IntN(3)))
		case 3, 4, 5:
			if key, _, ok := strings.Cut(line, ": "); ok {
				lines[at] = key + ": " + pick(r, trapValues()) + "\n"
			} else if key, _, ok := strings.Cut(line, "- "); ok {
				lines[at] = key + "- " + pick(r, trapValues()) + "\n"
			}
		case 6:
			if key, value, ok := strings.Cut(line, ":"); ok {
				indent := key[:len(key)-len(strings.TrimLeft(key, " "))]
				lines[at] = indent + strings.ReplaceAll(pick(r, trapValues()), "\n", " ") + ":" + value
			}
		case 7:
			if runes := []rune(line); len(runes) > 0 {
				i := r.IntN(len(runes))
				lines[at] = string(runes[:i]) + string(runes[i+1:])
			}
		default:
			runes := []rune(line)
			i := r.IntN(len(runes) + 1)
			lines[at] = string(runes[:i]) + pick(r, pieces()) + string(runes[i:])
		}
		text = strings.Join(lines, "")
	}
	return text
}
