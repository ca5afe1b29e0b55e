package action

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPatterns bounds what the braces of all patterns of one input become.
const maxPatterns = 1000

// expandBraces writes a{b,c}{1..3} out as patterns without braces, as Backstage's
// globs do. Braces without a comma or a range stay, and so do those after a $.
func expandBraces(pattern string) ([]string, error) {
	out := []string{}
	todo := []string{pattern}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		start, end, choices := findBraces(p)
		if choices == nil {
			out = append(out, p)
		}
		if len(out)+len(todo)+len(choices) > maxPatterns {
			return nil, fmt.Errorf("pattern %q: %w: its braces make more than %d patterns", shorten(pattern), ErrLimit, maxPatterns)
		}
		for _, choice := range choices {
			todo = append(todo, p[:start]+choice+p[end:])
		}
	}
	return out, nil
}

// findBraces returns the place and the choices of the first braces that mean
// something.
func findBraces(p string) (start, end int, choices []string) {
	for start := 0; start < len(p); start++ {
		switch p[start] {
		case '\\':
			start++
		case '{':
			end, parts := splitBraces(p[start:])
			if end < 0 {
				continue
			}
			if start > 0 && p[start-1] == '$' {
				start += end - 1
				continue
			}
			if len(parts) > 1 {
				return start, start + end, parts
			}
			if items := expandRange(parts[0]); items != nil {
				return start, start + end, items
			}
		}
	}
	return 0, 0, nil
}

// splitBraces reads the braces that p starts with: how many bytes they take, -1
// when they do not close, and the parts between commas.
func splitBraces(p string) (end int, parts []string) {
	depth, from := 0, 1
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts = append(parts, p[from:i])
				from = i + 1
			}
		case '}':
			if depth--; depth == 0 {
				return i + 1, append(parts, p[from:i])
			}
		}
	}
	return -1, nil
}

// expandRange writes 1..3, a..e, 01..10 or 0..10..5 out.
func expandRange(text string) []string {
	parts := strings.Split(text, "..")
	if len(parts) != 2 && len(parts) != 3 {
		return nil
	}
	step := 1
	if len(parts) == 3 {
		n, err := strconv.Atoi(parts[2])
		if err != nil || n == 0 {
			return nil
		}
		step = max(n, -n)
	}
	from, errFrom := strconv.Atoi(parts[0])
	to, errTo := strconv.Atoi(parts[1])
	show := strconv.Itoa
	switch {
	case errFrom == nil && errTo == nil:
		if padded(parts[0]) || padded(parts[1]) {
			width := max(len(parts[0]), len(parts[1]))
			show = func(n int) string { return fmt.Sprintf("%0*d", width, n) }
		}
	case len(parts[0]) == 1 && len(parts[1]) == 1:
		from, to = int(parts[0][0]), int(parts[1][0])
		show = func(n int) string { return string(rune(n)) }
	default:
		return nil
	}
	var items []string
	for n := from; (from <= to && n <= to) || (from > to && n >= to); {
		items = append(items, show(n))
		if len(items) > maxPatterns {
			break // the caller says so
		}
		if from <= to {
			n += step
		} else {
			n -= step
		}
	}
	return items
}

func padded(number string) bool {
	number = strings.TrimPrefix(number, "-")
	return len(number) > 1 && number[0] == '0'
}
