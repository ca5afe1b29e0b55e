// Package storetest gives tests real databases: a SQLite file, and a PostgreSQL
// server that the test process starts for itself in a temporary folder. It never
// touches a database that exists.
//
// Start reading at [Each].
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/cairn-dev/cairn/internal/store"
)

// Each runs test once on each engine, both at the same time, with an empty, migrated
// database. Without
// PostgreSQL's programs that half is skipped loudly (see internal/testpart).
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, SQLiteURL(t)))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, PostgreSQLURL(t)))
	})
}

// Open opens and migrates a database for the time of the test.
func Open(t testing.TB, url string) *store.DB {
	t.Helper()
	db := open(t, url)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// SQLiteURL names a database file of the test's own.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "cairn.db")
}
