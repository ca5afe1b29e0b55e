package rule_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/checks/scorecard/rule"
)

func TestParseRefReadsEveryForm(t *testing.T) {
	cases := map[string][]string{
		"kind":           {"kind"},
		"metadata.owner": {"metadata", "owner"},
		"metadata.annotations['backstage.io/techdocs-ref']": {"metadata", "annotations", "backstage.io/techdocs-ref"},
		`metadata["x"][0]`:                {"metadata", "x", "0"},
		"metadata['owner']":               {"metadata", "owner"},
		`metadata['it\'s'].a`:             {"metadata", "it's", "a"},
		`metadata["a\\b"]`:                {"metadata", `a\b`},
		"metadata['käse']":                {"metadata", "käse"},
		"spec.dependsOn[12]":              {"spec", "dependsOn", "12"},
		"repo.protection.sources[0]":      {"repo", "protection", "sources", "0"},
		"checks.ci-cd-pipeline.status":    {"checks", "ci-cd-pipeline", "status"},
		"checks['ci-cd-pipeline'].status": {"checks", "ci-cd-pipeline", "status"},
	}
	for text, want := range cases {
		ref, err := rule.ParseRef(text)
		if err != nil || !slices.Equal(ref.Keys(), want) {
			t.Errorf("%s: got %q, %v", text, ref.Keys(), err)
		}
	}
}

func TestParseRefSaysWhereItGoesWrong(t *testing.T) {
	cases := map[string]string{
		"":                                   "at character 1: a key is expected, this is the end",
		"metadata.":                          "at character 10: a key is expected, this is the end",
		"metadata..x":                        "at character 10: a key is expected, this is '.'",
		"metadata.x/y":                       `at character 11: a key with '/' in it goes in brackets and quotes`,
		"metadata[x]":                        "at character 10: a number, or a key in quotes, is expected in brackets, this is 'x'",
		"metadata[-1]":                       "this is '-'",
		"metadata[01]":                       "this is '0'",
		"metadata['x]":                       "the quote ' is not closed",
		"metadata['x'":                       "at character 13: a closing bracket is expected, this is the end",
		"metadata['']":                       "a key is empty",
		"metadata x":                         "at character 9: a dot or a bracket is expected, this is ' '",
		"metdata.owner":                      `"metdata" is not a fact (did you mean metadata?); known are apiVersion`,
		"repo":                               "write repo. and one of files",
		"repo.file":                          `"file" is not a fact of repo (did you mean files?)`,
		"repo.archived.x":                    "nothing below it",
		"repo.protection.requirePullRequest": "did you mean requiresPullRequest?",
		"checks.docs":                        "write checks.<id>.status",
		"checks.docs.score":                  "write checks.<id>.status",
		strings.Repeat("a", 501):             "501 characters",
		"spec" + strings.Repeat(".a", 20):    "more than 20 keys",
	}
	for text, want := range cases {
		if _, err := rule.ParseRef(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// Whatever is read is written so that it is read again as the same.
func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"kind", `metadata["a'\"\\"][0].x-y`, "spec['0']['']", "repo.files", "checks.x.status", "metadata[\xff", "spec['\\']"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := rule.ParseRef(text)
		if err != nil {
			return
		}
		again, err := rule.ParseRef(ref.String())
		if err != nil && len([]rune(ref.String())) <= 500 {
			t.Fatalf("%q is written as %q: %v", text, ref, err)
		}
		if err == nil && !slices.Equal(again.Keys(), ref.Keys()) {
			t.Fatalf("%q is %q, then %q", text, ref.Keys(), again.Keys())
		}
	})
}
