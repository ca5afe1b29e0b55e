package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

func TestEveryFindingIsAnnotated(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	var manifests strings.Builder
	for n := range 40 {
		fmt.Fprintf(&manifests, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: pay-%d\nspec:\n  selector:\n    matchLabels: {app: pay}\n  template:\n"+
			"    metadata:\n      labels: {app: pay}\n    spec:\n      containers:\n        - name: pay\n          image: pay:latest\n", n)
	}
	s.push("pay", "topic", "k8s/all.yaml", manifests.String())
	s.settle()
	s.sim.ResetRequests()
	s.pull("pay", "topic")
	s.settle()
	v := s.verdict("pay", 1)
	if v.Annotations < 150 || !strings.Contains(v.Summary, fmt.Sprint(v.Annotations)) {
		t.Errorf("%d annotations; the summary should name the total:\n%s", v.Annotations, v.Summary)
	}
	batches := (v.Annotations + 49) / 50
	if got := s.requests(); got[write] != 1 || got[update] != batches-1 {
		t.Errorf("requests %v, want one to create and %d to append", got, batches-1)
	}
	before := v.Annotations
	s.must(s.sim.RerunCheck("acme", "pay", v.ID, "ada"))
	s.settle()
	if v := s.verdict("pay", 1); v.Annotations != before {
		t.Errorf("after the re-run %d annotations, before %d", v.Annotations, before)
	}
}

// Annotations go on the files of the pull request, however many it has.
func TestAnnotationsKeepToTheFilesOfALargePullRequest(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	files := map[string]githubsim.Change{"zz/k8s/x.yaml": {Content: []byte("a: b\n")}}
	for n := range 120 {
		files[fmt.Sprintf("notes/%03d.txt", n)] = githubsim.Change{Content: []byte("x")}
	}
	_, err := s.sim.Push("acme", "pay", "notes", "ada", "Notes", files)
	s.must(err)
	s.pull("pay", "notes")
	s.settle()
	if v := s.verdict("pay", 1); v.Annotations != 0 {
		t.Errorf("%d annotations on files that the pull request does not touch: %s", v.Annotations, v.Title)
	}
	delete(files, "zz/k8s/x.yaml")
	files["k8s/zz.yaml"] = githubsim.Change{Content: []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pay}\nspec: {}\n")}
	files["README.md"] = githubsim.Change{Content: []byte("")}
	_, err = s.sim.Push("acme", "pay", "more", "ada", "More", files)
	s.must(err)
	s.pull("pay", "more")
	s.settle()
	if v := s.verdict("pay", 2); v.Annotations == 0 {
		t.Errorf("no annotation on the pull request's own broken file: %s", v.Title)
	}
}
