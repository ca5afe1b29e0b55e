package scaffold

import (
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	cases := []struct {
		pattern     string
		match, miss []string
	}{
		{`^[a-z][a-z0-9-]*[a-z0-9]$`, []string{"pay-api"}, []string{"Pay", "p", "pay-", "a\nb"}},
		{`^(?!-)(?!.*--)[a-z-]+$`, []string{"a-b"}, []string{"-a", "a--b"}},
		{`^(?=.*\d).{3,}$`, []string{"ab1"}, []string{"abc", "1"}},
		{`^(?!a|b)\w+`, []string{"cat"}, []string{"ax", "bx"}},
		{`^\u0041\/\-\_\@$`, []string{"A/-_@"}, []string{"A"}},
		{`^(?<year>\d{4})-\d\d$`, []string{"2026-11"}, []string{"26-11"}},
		{`b`, []string{"abc"}, []string{"ac"}},
		{`^(?!x)(a|b)$`, []string{"a", "b"}, []string{"x", "ab"}},
	}
	for _, c := range cases {
		p, err := compilePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		for _, s := range c.match {
			if !p.MatchString(s) {
				t.Errorf("%s does not match %q", c.pattern, s)
			}
		}
		for _, s := range c.miss {
			if p.MatchString(s) {
				t.Errorf("%s matches %q", c.pattern, s)
			}
		}
	}
	for pattern, want := range map[string]string{
		`a(?=b)`:                  "look-around is only supported at the start",
		`(?<=a)b`:                 "look-around is only supported at the start",
		`^(?!a)b|c`:               "look-ahead before alternatives",
		`^(?!a`:                   "never closed",
		`(a)\1`:                   "invalid escape sequence",
		`[`:                       "missing closing ]",
		strings.Repeat("a", 2001): "limit of 2000 bytes",
	} {
		if _, err := compilePattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: got %v, want %q", pattern, err, want)
		}
	}
}
