package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestOpenExplains(t *testing.T) {
	folder := t.TempDir()
	tests := map[string]struct{ url, want string }{
		"missing folder":     {filepath.Join(folder, "none", "cairn.db"), "the folder " + filepath.Join(folder, "none") + " does not exist"},
		"a folder":           {"sqlite:" + folder, "is a folder"},
		"memory":             {":memory:", "must be a file"},
		"empty":              {"", "must be a file"},
		"unknown scheme":     {"mysql://root:hunter2@db/cairn", `scheme "mysql" is not known`},
		"unreachable server": {"postgres://cairn:hunter2@127.0.0.1:1/cairn?connect_timeout=2", "PostgreSQL at 127.0.0.1:1, database cairn, user cairn"},
		"malformed URL":      {"postgres://cairn:hunter2%zz@127.0.0.1:1/cairn", "URL is malformed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(t.Context(), test.url)
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q holds the password", err)
			}
		})
	}
}

func TestOpenTakesEveryFormOfAPath(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"plain.db", "with space.db", "odd?%41#.db"} {
		path := filepath.Join(folder, name)
		for _, prefix := range []string{"", "sqlite:", "file:", "sqlite://", "file://"} {
			db := storetest.Open(t, prefix+path)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %d bytes, mode %v; want a database for its owner only", name, info.Size(), info.Mode())
		}
	}
}

func TestSQLiteFileHasOneOwner(t *testing.T) {
	path := storetest.SQLiteURL(t)
	db := storetest.Open(t, path)
	if _, err := store.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "another cairn process uses this file") {
		t.Errorf("second Open: %v", err)
	}
	if err := db.SavePolicy(t.Context(), "acme", "1", "text"); err != nil {
		t.Fatal(err)
	}
	beside, err := store.Attach(t.Context(), path)
	if err != nil {
		t.Fatalf("Attach beside the owner: %v", err)
	}
	defer beside.Close()
	if _, text, err := beside.Policy(t.Context(), "acme"); err != nil || text != "text" {
		t.Errorf("Policy beside the owner = %q, %v", text, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, path) // the claim ended with Close
}

func TestAttachMakesNoFile(t *testing.T) {
	path := storetest.SQLiteURL(t)
	if _, err := store.Attach(t.Context(), path); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("Attach: %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("Attach left a file: %v", err)
	}
}

func TestSQLiteIsDurable(t *testing.T) {
	db := storetest.Open(t, storetest.SQLiteURL(t))
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		var got string
		if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
}

func TestReplicasMigrateTogether(t *testing.T) {
	url := storetest.EmptyPostgreSQLURL(t)
	var replicas sync.WaitGroup
	errs := make(chan error, 3)
	for range cap(errs) {
		replicas.Go(func() { errs <- openAndMigrate(t.Context(), url) })
	}
	replicas.Wait()
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func openAndMigrate(ctx context.Context, url string) error {
	db, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(ctx)
}

func TestMigrate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Errorf("a second time: %v", err)
		}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true); err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "a newer cairn migrated it") {
			t.Errorf("newer database: %v", err)
		}
	})
}
