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

// Annotations go on the files of the pull request, however many it has: not on a file
// that it leaves as it is, and on one that the first read does not list.
func TestAnnotationsKeepToTheFilesOfALargePullRequest(t *testing.T) {
	t.Parallel()
	const broken = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pay}\nspec: {replicas: many}\n"
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "main", "k8s/old.yaml", broken)
	notes := map[string]githubsim.Change{}
	for n := range 120 {
		notes[fmt.Sprintf("a/%03d.txt", n)] = githubsim.Change{Content: []byte("x")}
	}
	_, err := s.sim.Push("acme", "pay", "notes", "ada", "Notes", notes)
	s.must(err)
	s.settle()
	s.sim.ResetRequests()
	s.pull("pay", "notes")
	s.settle()
	if v := s.verdict("pay", 1); v.Annotations != 0 {
		t.Errorf("%d annotations on files that the pull request does not touch: %s", v.Annotations, v.Title)
	}
	s.wantRequests(map[string]int{read: 1, write: 1, listFiles: 2}) // 120 files, 100 a page

	notes["k8s/new.yaml"] = githubsim.Change{Content: []byte(broken)}
	_, err = s.sim.Push("acme", "pay", "more", "ada", "More", notes)
	s.must(err)
	s.pull("pay", "more")
	s.settle()
	if v := s.verdict("pay", 2); v.Annotations == 0 {
		t.Errorf("no annotation on the pull request's own broken file: %s", v.Title)
	}
}

const listFiles = "GET /repos/{owner}/{repo}/pulls/{number}/files"
