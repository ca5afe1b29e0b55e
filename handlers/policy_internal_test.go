package handlers

import (
	"testing"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// Two replicas, one of which misses a version: what is in force while the file is
// broken is the last good one that either saw.
func TestReplicasAgreeOnTheLastGoodPolicy(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteURL(t))
	awake, asleep := NewPolicies(db), NewPolicies(db)
	file := func(oid, text string) *github.Document {
		return &github.Document{
			Repository: repo.Name{Owner: "acme", Repo: ".github"},
			File:       repo.File{Path: ".platform/policy.yaml", OID: oid, Read: true, Text: text},
		}
	}
	take := func(p *Policies, doc *github.Document) (config.Mode, int) {
		t.Helper()
		in, problems, err := p.take(t.Context(), "acme", doc)
		if err != nil {
			t.Fatal(err)
		}
		return in.policy.ModeFor("acme/pay"), len(problems)
	}
	for _, p := range []*Policies{awake, asleep} {
		if mode, problems := take(p, file("v1", "mode: enforce\n")); mode != config.Enforce || problems != 0 {
			t.Fatalf("v1: mode %s, %d problems", mode, problems)
		}
	}
	take(awake, file("v2", "mode: advise\n"))
	take(asleep, file("v1", "mode: enforce\n")) // taken back, seen by the other only
	for _, p := range []*Policies{awake, asleep} {
		if mode, _ := take(p, file("v3", "mode: nonsense\n")); mode != config.Enforce {
			t.Errorf("broken v3 after v1 came back: mode %s", mode)
		}
	}
	take(awake, file("v2", "mode: advise\n"))
	for _, p := range []*Policies{awake, asleep} {
		if mode, problems := take(p, file("v3", "mode: nonsense\n")); mode != config.Advise || problems == 0 {
			t.Errorf("broken v3: mode %s, %d problems; want v2's advise and what is wrong", mode, problems)
		}
	}
}
