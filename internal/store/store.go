// Package store keeps Cairn's records in SQLite (one process, the default) or
// PostgreSQL (several replicas), with one set of portable SQL. It never talks to
// GitHub and holds no rules: what a record means is decided by its callers, and
// every record but the queue's can be rebuilt from GitHub.
//
// Start reading at [DB]. Times are kept as Unix milliseconds, JSON as text, and
// every statement uses $1 placeholders, which both engines take.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotFound says that there is no such record.
var ErrNotFound = errors.New("no such record")

// Dialect is the engine behind a DB.
type Dialect int

// The engines.
const (
	SQLite Dialect = iota
	PostgreSQL
)

func (d Dialect) String() string {
	if d == PostgreSQL {
		return "PostgreSQL"
	}
	return "SQLite"
}

// DB is an open database. It is safe for concurrent use. Reads go through the
// embedded sql.DB; whatever writes goes through [DB.Write].
type DB struct {
	*sql.DB
	dialect     Dialect
	writing     chan struct{}   // SQLite has one writer: holds one token while nobody writes
	checkpoints *checkpoints    // SQLite: keeps the log short; nil when attached
	server      *pgx.ConnConfig // PostgreSQL: for connections outside the pool
	claim       io.Closer       // SQLite: the lock file; nil when attached
}

// Open opens the database that url names and, for SQLite, claims it for this
// process until Close. url is a path, sqlite:PATH or file:PATH for SQLite (the file
// is made when it is not there), postgres://… or postgresql://… for PostgreSQL.
// Errors never hold the URL's password. Call [DB.Migrate] before anything else.
func Open(ctx context.Context, url string) (*DB, error) {
	if isPostgreSQL(url) {
		return openPostgreSQL(ctx, url)
	}
	return openSQLite(ctx, url, true)
}

// Attach opens a database that a server may be using at the same time: for short
// commands such as `cairn queue list`. It claims nothing and makes no file; the
// database must have been migrated by the server.
func Attach(ctx context.Context, url string) (*DB, error) {
	if isPostgreSQL(url) {
		return openPostgreSQL(ctx, url)
	}
	return openSQLite(ctx, url, false)
}

func isPostgreSQL(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Dialect is the engine behind db.
func (db *DB) Dialect() Dialect { return db.dialect }

// Close ends all connections and gives up the claim on a SQLite file. A second
// Close does nothing.
func (db *DB) Close() error {
	if db.checkpoints != nil {
		db.checkpoints.stop()
	}
	err := db.DB.Close()
	if db.claim == nil {
		return err
	}
	if release := db.claim.Close(); release != nil && !errors.Is(release, os.ErrClosed) {
		err = errors.Join(err, release)
	}
	return err
}

// writeTries bounds how often a transaction is begun again after PostgreSQL chose
// it as the victim of a deadlock.
const writeTries = 3

// Write runs do in one transaction, which is on disk when Write returns nil. On
// SQLite writers wait for each other in the order they came; do must therefore use
// only tx, never db, and must not call Write. do is called again when PostgreSQL
// asks for it (deadlock, serialization), so it must not change anything but the
// database.
func (db *DB) Write(ctx context.Context, do func(tx *sql.Tx) error) error {
	for try := 1; ; try++ {
		err := db.write(ctx, do)
		var server *pgconn.PgError
		again := errors.As(err, &server) && (server.Code == "40001" || server.Code == "40P01")
		if !again || try == writeTries {
			return err
		}
	}
}

func (db *DB) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	if db.dialect == SQLite {
		select {
		case <-db.writing:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { db.writing <- struct{}{} }()
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	if err := do(tx); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			return errors.Join(err, fmt.Errorf("roll back: %w", undo))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if db.checkpoints != nil {
		db.checkpoints.written()
	}
	return nil
}

// exec runs one statement in a transaction of its own.
func (db *DB) exec(ctx context.Context, query string, args ...any) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// queryer is what reads: a DB or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect runs a query and reads each row with scan.
func collect[T any](ctx context.Context, q queryer, scan func(row func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Millis is how a time is kept: Unix milliseconds, 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis is the reverse of Millis, in UTC.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Text makes s fit for a text column: PostgreSQL takes neither NUL nor invalid
// UTF-8.
func Text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
