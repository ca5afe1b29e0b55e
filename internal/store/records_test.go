package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// noon is when these tests happen.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantNotFound(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func TestPauses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ok(t, db.Pause(ctx, 7, "core", noon.Add(time.Hour), "primary"))
		ok(t, db.Pause(ctx, 7, "core", noon.Add(time.Minute), "an earlier end does not shorten it"))
		ok(t, db.Pause(ctx, 7, "graphql", noon.Add(time.Minute), "first"))
		ok(t, db.Pause(ctx, 7, "graphql", noon.Add(2*time.Minute), "a later end wins"))
		ok(t, db.Pause(ctx, 8, "all", noon, "over"))
		got, err := db.Pauses(ctx, noon)
		ok(t, err)
		want := []store.Pause{
			{InstallationID: 7, Resource: "core", Until: noon.Add(time.Hour), Why: "primary"},
			{InstallationID: 7, Resource: "graphql", Until: noon.Add(2 * time.Minute), Why: "a later end wins"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPolicies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		_, _, err := db.Policy(ctx, "acme")
		wantNotFound(t, "before", err)
		ok(t, db.SavePolicy(ctx, "Acme", "a1", "old"))
		ok(t, db.SavePolicy(ctx, "acme", "b2", "new\x00 \xff"))
		oid, text, err := db.Policy(ctx, "ACME")
		if oid != "b2" || text != "new\uFFFD \uFFFD" || err != nil {
			t.Errorf("Policy = %q, %q, %v", oid, text, err)
		}
		ok(t, db.SavePolicy(ctx, "acme", "", ""))
		_, _, err = db.Policy(ctx, "acme")
		wantNotFound(t, "forgotten", err)
	})
}

func TestReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		report := func(sha, branch string, pr, score int, at time.Time) store.Report {
			return store.Report{RepositoryID: 1, Repository: "acme/pay", SHA: sha, Branch: branch, PullRequest: pr, Service: "pay", Conclusion: "neutral",
				GoldenPath: "backend-service", Status: "partial", Score: score, JSON: []byte(`{"score":1}`), CheckRunID: 9, EvaluatedAt: at}
		}
		fork := report("f1", "main", 12, 40, noon.Add(time.Hour)) // a fork's branch has the default branch's name
		first, second := report("a1", "main", 0, 67, noon), report("b2", "main", 0, 83, noon.Add(time.Minute))
		for _, r := range []store.Report{report("b2", "main", 0, 1, noon), second, first, fork, report("f1", "topic", 7, 40, noon)} {
			ok(t, db.SaveReport(ctx, r))
		}
		latest, err := db.LatestReport(ctx, 1, "main")
		ok(t, err)
		if diff := cmp.Diff(second, latest); diff != "" {
			t.Errorf("LatestReport: %s", diff)
		}
		got, err := db.Report(ctx, 1, "f1")
		ok(t, err)
		if diff := cmp.Diff(fork, got); diff != "" {
			t.Errorf("Report: %s", diff)
		}
		numbers, err := db.PullRequestsBySHA(ctx, 1, "f1")
		ok(t, err)
		if diff := cmp.Diff([]int{7, 12}, numbers); diff != "" {
			t.Errorf("PullRequestsBySHA: %s", diff)
		}
		none, err := db.PullRequestsBySHA(ctx, 1, "a1")
		if len(none) != 0 || err != nil {
			t.Errorf("PullRequestsBySHA of a branch's head = %v, %v", none, err)
		}
		_, err = db.Report(ctx, 2, "a1")
		wantNotFound(t, "another repository", err)
		_, err = db.LatestReport(ctx, 1, "none")
		wantNotFound(t, "another branch", err)
	})
}

func TestPruneReports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		ok(t, db.SaveReport(ctx, store.Report{RepositoryID: 1, SHA: "old", EvaluatedAt: noon.Add(-store.ReportsKept - time.Second)}))
		ok(t, db.SaveReport(ctx, store.Report{RepositoryID: 1, SHA: "new", EvaluatedAt: noon.Add(-store.ReportsKept)}))
		removed, err := db.PruneReports(ctx, noon.Add(-store.ReportsKept))
		if removed != 1 || err != nil {
			t.Errorf("PruneReports = %d, %v", removed, err)
		}
		_, err = db.Report(ctx, 1, "old")
		wantNotFound(t, "old report", err)
		_, err = db.Report(ctx, 1, "new")
		ok(t, err)
	})
}

func TestRepositories(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		pay := store.Repository{ID: 1, Name: "acme/Pay", InstallationID: 5, DefaultBranch: "main", Private: true}
		ledger := store.Repository{ID: 2, Name: "acme/ledger", InstallationID: 5, DefaultBranch: "main", Archived: true}
		other := store.Repository{ID: 3, Name: "other/x", InstallationID: 6}
		for _, r := range []store.Repository{other, ledger, {ID: 1, Name: "acme/old"}, pay} {
			ok(t, db.SaveRepository(ctx, r))
		}
		all, err := db.Repositories(ctx)
		ok(t, err)
		if diff := cmp.Diff([]store.Repository{pay, ledger, other}, all); diff != "" {
			t.Errorf("Repositories: %s", diff)
		}
		of, err := db.RepositoriesOf(ctx, 5)
		ok(t, err)
		if diff := cmp.Diff([]store.Repository{pay, ledger}, of); diff != "" {
			t.Errorf("RepositoriesOf: %s", diff)
		}
		byName, err := db.RepositoryByName(ctx, "ACME/pay")
		if byName != pay || err != nil {
			t.Errorf("RepositoryByName = %v, %v", byName, err)
		}
		_, err = db.RepositoryByName(ctx, "acme/old")
		wantNotFound(t, "former name", err)

		// A new repository takes the name of one whose renaming was missed.
		heir := store.Repository{ID: 4, Name: "acme/pay", InstallationID: 5}
		ok(t, db.SaveRepository(ctx, heir))
		byName, err = db.RepositoryByName(ctx, "acme/pay")
		if byName != heir || err != nil {
			t.Errorf("RepositoryByName after the name moved = %v, %v", byName, err)
		}
		ok(t, db.RenameRepository(ctx, 1, "acme/pay-old"))
		renamed, err := db.Repository(ctx, 1)
		if renamed.Name != "acme/pay-old" || err != nil {
			t.Errorf("Repository = %v, %v", renamed, err)
		}
		ok(t, db.RenameRepository(ctx, 99, "acme/unknown"))
		ok(t, db.RemoveRepository(ctx, 1))
		_, err = db.Repository(ctx, 1)
		wantNotFound(t, "removed", err)
	})
}

func entity(name, body string) store.Entity {
	return store.Entity{Ref: "component:default/" + name, JSON: []byte(body)}
}

// catalogOf is what a follower of the catalog holds, a line for each source: it
// starts at nothing and takes in every change.
type catalogOf struct {
	db       *store.DB
	revision int64
	sources  map[string]string
}

func (c *catalogOf) want(t *testing.T, want ...string) {
	t.Helper()
	changes, reached, err := c.db.CatalogSince(t.Context(), c.revision)
	ok(t, err)
	c.revision = reached
	for _, s := range changes {
		line := fmt.Sprintf("%s %s@%s %v:", s.Key, s.Repository, s.SHA, s.Refers)
		for _, e := range s.Entities {
			line += fmt.Sprintf(" %s=%s#%d", strings.TrimPrefix(e.Ref, "component:default/"), e.JSON, e.Claimed)
		}
		c.sources[s.Key] = line
		if len(s.Entities) == 0 {
			delete(c.sources, s.Key)
		}
	}
	got := slices.Sorted(maps.Values(c.sources))
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestCatalog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		replace := func(wantChange bool, s store.Source, entities ...store.Entity) {
			t.Helper()
			changed, err := db.ReplaceEntities(ctx, s, entities)
			ok(t, err)
			if changed != wantChange {
				t.Errorf("ReplaceEntities of %s changed: %v", s.Key, changed)
			}
		}
		pay := store.Source{Key: "repo:1", RepositoryID: 1, Repository: "acme/pay", SHA: "a1", Refers: []string{"catalog-info.yaml"}}
		thief := store.Source{Key: "repo:2", RepositoryID: 2, Repository: "acme/thief", SHA: "c3"}
		follower := &catalogOf{db: db, sources: map[string]string{}}
		follower.want(t)

		replace(true, pay, entity("pay", `{"v":"once"}`), entity("api", `{}`), entity("pay", `{"v":1}`))
		replace(true, thief, entity("pay", `{"v":"stolen"}`), entity("Zoo", `{}`))
		follower.want(t,
			`repo:1 acme/pay@a1 [catalog-info.yaml]: api={}#1 pay={"v":1}#1`,
			`repo:2 acme/thief@c3 []: Zoo={}#2 pay={"v":"stolen"}#2`)

		// The same again is no change for who follows, only for the record.
		pay.SHA = "b2"
		replace(false, pay, entity("api", `{}`), entity("pay", `{"v":1}`))
		if changes, _, err := db.CatalogSince(ctx, follower.revision); len(changes) > 0 || err != nil {
			t.Errorf("CatalogSince after the same again = %v, %v", changes, err)
		}
		ok(t, db.SaveRepository(ctx, store.Repository{ID: 1, Name: "acme/payments"}))

		// A new version of the file keeps the claim, and what it leaves out goes.
		of, err := db.SourceOf(ctx, "repo:1")
		ok(t, err)
		if of.SHA != "b2" || of.Repository != "acme/payments" || len(of.Entities) != 2 {
			t.Errorf("SourceOf = %+v", of)
		}
		replace(true, pay, entity("pay", `{"v":2}`), entity("new", `{}`))
		follower.want(t,
			`repo:1 acme/pay@b2 [catalog-info.yaml]: new={}#3 pay={"v":2}#1`,
			`repo:2 acme/thief@c3 []: Zoo={}#2 pay={"v":"stolen"}#2`)

		// Who goes loses its claims; coming back is a new one.
		replace(true, store.Source{Key: "repo:1"})
		replace(false, store.Source{Key: "repo:1"})
		replace(false, store.Source{Key: "repo:9"})
		follower.want(t, `repo:2 acme/thief@c3 []: Zoo={}#2 pay={"v":"stolen"}#2`)
		replace(true, pay, entity("pay", `{"v":3}`))
		ok(t, db.RemoveRepository(ctx, 2))
		follower.want(t, `repo:1 acme/pay@b2 [catalog-info.yaml]: pay={"v":3}#5`)
		_, err = db.SourceOf(ctx, "repo:99")
		wantNotFound(t, "unknown source", err)
	})
}

// Whatever order two writers commit in, nobody who follows the revisions misses one.
func TestCatalogFollowersMissNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const writers, rounds = 4, 15
		done := make(chan error, writers)
		for w := range writers {
			go func() {
				var failed error
				for i := range rounds {
					_, err := db.ReplaceEntities(t.Context(), store.Source{Key: fmt.Sprintf("repo:%d", w)},
						[]store.Entity{entity("x", fmt.Sprint(i))})
					failed = errors.Join(failed, err)
				}
				done <- failed
			}()
		}
		follower := &catalogOf{db: db, sources: map[string]string{}}
		for running := writers; running > 0; {
			select {
			case err := <-done:
				ok(t, err)
				running--
			default:
			}
			changes, reached, err := db.CatalogSince(t.Context(), follower.revision)
			ok(t, err)
			follower.revision = reached
			for _, c := range changes {
				follower.sources[c.Key] = string(c.Entities[0].JSON)
			}
		}
		for w := range writers {
			if got := follower.sources[fmt.Sprintf("repo:%d", w)]; got != fmt.Sprint(rounds-1) {
				t.Errorf("writer %d: the follower holds %q", w, got)
			}
		}
	})
}
