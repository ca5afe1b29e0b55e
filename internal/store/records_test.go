package store_test

import (
	"errors"
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
	return store.Entity{Ref: "component:default/" + name, Kind: "Component", Namespace: "default", Name: name, JSON: []byte(body)}
}

// shown is what the catalog says, one line for each entity.
func shown(t *testing.T, entities []store.Entity, err error) []string {
	t.Helper()
	ok(t, err)
	var lines []string
	for _, e := range entities {
		line := e.Name + " " + string(e.JSON) + " from " + e.Location.Repository + " " + e.Location.File + "@" + e.Location.SHA
		if e.Shadowed {
			line += " (shadowed)"
		}
		lines = append(lines, line)
	}
	return lines
}

func wantShown(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestEntities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		pay := store.Location{RepositoryID: 1, Repository: "acme/pay", File: "catalog-info.yaml", SHA: "a1"}
		thief := store.Location{RepositoryID: 2, Repository: "acme/thief", File: "catalog-info.yaml", SHA: "c3"}
		catalog := func() []string { all, err := db.Entities(ctx); return shown(t, all, err) }

		ok(t, db.ReplaceEntities(ctx, pay, []store.Entity{entity("pay", `{"v":1}`), entity("api", `{}`), entity("pay", `{"v":"twice"}`)}))
		ok(t, db.ReplaceEntities(ctx, thief, []store.Entity{entity("pay", `{"v":"stolen"}`), entity("Zoo", `{}`)}))
		wantShown(t, catalog(),
			"Zoo {} from acme/thief catalog-info.yaml@c3",
			"api {} from acme/pay catalog-info.yaml@a1",
			`pay {"v":1} from acme/pay catalog-info.yaml@a1`)
		of, err := db.EntitiesOf(ctx, 2)
		wantShown(t, shown(t, of, err),
			"Zoo {} from acme/thief catalog-info.yaml@c3",
			`pay {"v":"stolen"} from acme/thief catalog-info.yaml@c3 (shadowed)`)

		// A new version of the file keeps the claim, and what it leaves out goes.
		pay.SHA = "b2"
		ok(t, db.ReplaceEntities(ctx, pay, []store.Entity{entity("pay", `{"v":2}`)}))
		ok(t, db.RenameRepository(ctx, 1, "acme/payments"))
		wantShown(t, catalog(),
			"Zoo {} from acme/thief catalog-info.yaml@c3",
			`pay {"v":2} from acme/payments catalog-info.yaml@b2`)

		// So does another name of the file, and nothing of the former one stays.
		pay.File = "catalog-info.yml"
		ok(t, db.ReplaceEntities(ctx, pay, []store.Entity{entity("pay", `{"v":2}`), entity("Zoo", `{"late":true}`)}))
		wantShown(t, catalog(),
			"Zoo {} from acme/thief catalog-info.yaml@c3",
			`pay {"v":2} from acme/pay catalog-info.yml@b2`)
		of, err = db.EntitiesOf(ctx, 1)
		wantShown(t, shown(t, of, err),
			`Zoo {"late":true} from acme/pay catalog-info.yml@b2 (shadowed)`,
			`pay {"v":2} from acme/pay catalog-info.yml@b2`)
		pay.File = "catalog-info.yaml"

		// When the first goes, the other takes over; coming back is a new claim.
		ok(t, db.ReplaceEntities(ctx, store.Location{RepositoryID: 1}, nil))
		wantShown(t, catalog(),
			"Zoo {} from acme/thief catalog-info.yaml@c3",
			`pay {"v":"stolen"} from acme/thief catalog-info.yaml@c3`)
		ok(t, db.ReplaceEntities(ctx, pay, []store.Entity{entity("pay", `{"v":3}`)}))
		ok(t, db.RemoveRepository(ctx, 2))
		wantShown(t, catalog(), `pay {"v":3} from acme/pay catalog-info.yaml@b2`)
		bodies, err := db.EntitiesJSON(ctx)
		if len(bodies) != 1 || string(bodies[0]) != `{"v":3}` || err != nil {
			t.Errorf("EntitiesJSON = %s, %v", bodies, err)
		}
	})
}
