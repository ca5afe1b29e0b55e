package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// A migration that has been released is never changed: a new one is added.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the PostgreSQL advisory lock that replicas take in turn.
const migrationLock = 7_227_437_001

// Migrate brings the tables to the form this binary needs. Replicas that start at
// the same time take turns. A database that a newer Cairn migrated is refused.
func (db *DB) Migrate(ctx context.Context) error {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return errors.Join(db.migrate(ctx), unlock())
}

func (db *DB) migrate(ctx context.Context) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	dialect := goose.DialectSQLite3
	if db.dialect == PostgreSQL {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, db.DB, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: read the version: %w", err)
	}
	if current > target {
		return fmt.Errorf("the database has version %d, this cairn knows up to %d: a newer cairn migrated it; start that one", current, target)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if len(done) == 0 {
		return nil
	}
	if _, err := db.ExecContext(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("migrate: analyze: %w", err)
	}
	return nil
}

// lockMigrations waits for its turn; the lock belongs to one connection, which is
// held until unlock.
func (db *DB) lockMigrations(ctx context.Context) (unlock func() error, err error) {
	if db.dialect != PostgreSQL {
		return func() error { return nil }, nil // the claim on the file is the lock
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for the other replicas: %w", err), conn.Close())
	}
	return func() error { return unlockMigrations(ctx, conn) }, nil
}

func unlockMigrations(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	return errors.Join(err, conn.Close())
}
