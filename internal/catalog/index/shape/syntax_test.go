package shape_test

import (
	"testing"

	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// The messages are those of node 20's JSON.parse.
func TestSyntaxError(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:          `Unexpected end of JSON input`,
		`{"t\`:      `Unexpected end of JSON input`,
		`{"t`:       `Unterminated string in JSON at position 3`,
		`{"t"`:      `Expected ':' after property name in JSON at position 4`,
		`{"t":1,}`:  `Expected double-quoted property name in JSON at position 7`,
		`{t:1}`:     `Expected property name or '}' in JSON at position 1`,
		`[1 2]`:     `Expected ',' or ']' after array element in JSON at position 3`,
		`[1] x`:     `Unexpected non-whitespace character after JSON at position 4`,
		`"\uZZ"`:    `Bad Unicode escape in JSON at position 3`,
		`{"a":"\u1`: `Bad Unicode escape in JSON at position 9`,
		`"\x"`:      `Bad escaped character in JSON at position 2`,
		`[tru]`:     `Unexpected token ']', "[tru]" is not valid JSON`,
		`[01]`:      `Unexpected number in JSON at position 2`,
		`[1.]`:      `Unterminated fractional number in JSON at position 3`,
		`[1e]`:      `Exponent part is missing a number in JSON at position 3`,
		`[-]`:       `No number after minus sign in JSON at position 2`,
	} {
		if got := shape.SyntaxError(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
