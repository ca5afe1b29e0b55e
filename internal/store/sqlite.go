package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// sqliteConnections bounds the pool: readers beside the one writer.
const sqliteConnections = 8

// sqlitePragmas apply to each connection. synchronous=FULL is what makes a commit
// survive a power cut under WAL (sqlite.org, "PRAGMA synchronous"). Checkpoints are
// made beside the writers (checkpoint.go); a commit makes one itself only when the
// log has grown to 128 MB all the same.
const sqlitePragmas = "_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate" +
	"&_pragma=wal_autocheckpoint(32768)&_pragma=journal_size_limit(67108864)"

// openSQLite opens the file; owner claims it for this process and may make it.
func openSQLite(ctx context.Context, name string, owner bool) (*DB, error) {
	path, err := sqlitePath(name)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(path, owner); err != nil {
		return nil, err
	}
	db := &DB{dialect: SQLite, writing: make(chan struct{}, 1)}
	db.writing <- struct{}{}
	if owner {
		lock, err := claimFile(path + ".lock")
		if err != nil {
			return nil, fmt.Errorf("database %s: %w", path, err)
		}
		db.claim = lock
	}
	if err := db.connectSQLite(ctx, path, owner); err != nil {
		if db.claim != nil {
			err = errors.Join(err, db.claim.Close())
		}
		return nil, err
	}
	return db, nil
}

func (db *DB) connectSQLite(ctx context.Context, path string, create bool) error {
	if create {
		// Deliveries hold private repositories' contents: the file is for its owner only.
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("database %s: %w", path, err)
		}
		if err := file.Close(); err != nil {
			return fmt.Errorf("database %s: %w", path, err)
		}
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: sqlitePragmas}
	connector, err := sqlite.NewConnector(uri.String())
	if err != nil {
		return fmt.Errorf("database %s: %w", path, err)
	}
	db.DB = sql.OpenDB(connector)
	db.SetMaxOpenConns(sqliteConnections)
	db.SetMaxIdleConns(sqliteConnections)
	if err := db.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open database %s: %w", path, err), db.DB.Close())
	}
	if create {
		db.checkpoints = startCheckpoints(context.WithoutCancel(ctx), db.DB)
	}
	return nil
}

// sqlitePath is the file that name stands for.
func sqlitePath(name string) (string, error) {
	path := name
	for _, prefix := range []string{"sqlite:", "file:"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			path = rest
			if absolute, ok := strings.CutPrefix(rest, "//"); ok {
				path = absolute
			}
			break
		}
	}
	switch {
	case path == "" || path == ":memory:":
		return "", errors.New("the database must be a file: Cairn keeps deliveries on disk (a path such as cairn.db, or postgres://…)")
	case strings.Contains(path, "://"):
		scheme, _, _ := strings.Cut(path, "://")
		return "", fmt.Errorf("the database's scheme %q is not known: use a path, sqlite:PATH or postgres://…", scheme)
	}
	return path, nil
}

// checkPlace says clearly what SQLite would call "unable to open database file".
func checkPlace(path string, create bool) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("database %s is a folder: name a file in it, such as %s", path, filepath.Join(path, "cairn.db"))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("database %s: %w", path, err)
	case !create:
		return fmt.Errorf("database %s does not exist: start the server first, or name its database", path)
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
		return fmt.Errorf("database %s: the folder %s does not exist: make it, or name another place", path, filepath.Dir(path))
	}
	return nil
}

// ErrClaimed says that another process, most often the server, holds a SQLite file.
var ErrClaimed = errors.New("another cairn process uses this file; one process may use a SQLite database at a time. " +
	"Stop the other one, or use PostgreSQL for several replicas")
