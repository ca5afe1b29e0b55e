package github

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCutText(f *testing.F) {
	f.Add("```\ncode\n```\n", 60)
	f.Add(strings.Repeat("ü", 100), 101)
	f.Add("\xff\xfe"+strings.Repeat("a", 100), 70)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 60 + (limit&0xff)%200
		got := cutText(s, limit)
		if len(got) > limit {
			t.Errorf("%d bytes, the limit is %d", len(got), limit)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q was cut inside a character", s)
		}
		if len(s) <= limit && got != s {
			t.Errorf("%q was cut without need", s)
		}
	})
}
