package storetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/testpart"
)

// One server for all tests of a process, and one that keeps its promises to the
// disk for benchmarks.
var (
	quick   server //nolint:gochecknoglobals // see above: starting a server takes longer than most tests
	durable server //nolint:gochecknoglobals // see above
)

// PostgreSQLURL names a migrated schema of the test's own on a server that does not
// wait for the disk.
func PostgreSQLURL(t testing.TB) string {
	t.Helper()
	return quick.schema(t, copyTables, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
}

// EmptyPostgreSQLURL is PostgreSQLURL without tables.
func EmptyPostgreSQLURL(t testing.TB) string {
	t.Helper()
	return quick.schema(t, "", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
}

// DurablePostgreSQLURL names a migrated schema of the test's own on a server with
// PostgreSQL's defaults: a commit is on disk.
func DurablePostgreSQLURL(t testing.TB) string {
	t.Helper()
	return durable.schema(t, copyTables)
}

type server struct {
	once   sync.Once
	folder string
	input  io.Closer // held open as long as this process lives
	err    error
}

// copyTables fills a schema with copies of the migrated tables, several times
// faster than migrating.
const copyTables = `
	DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'migrated' LOOP
			EXECUTE format('CREATE TABLE %I (LIKE migrated.%I INCLUDING ALL)', t, t);
		END LOOP;
		INSERT INTO goose_db_version (version_id, is_applied) SELECT version_id, is_applied FROM migrated.goose_db_version ORDER BY id;
	END $$`

// schema starts the server when it is the first, and makes a schema.
func (s *server) schema(t testing.TB, fill string, settings ...string) string {
	t.Helper()
	programs := testpart.PostgreSQL(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s.once.Do(func() {
		if s.err = s.start(programs, settings); s.err == nil {
			s.err = s.makeTemplate(ctx)
		}
	})
	if s.err != nil {
		t.Fatalf("start PostgreSQL: %v", s.err)
	}
	name := "t" + strings.ToLower(rand.Text())
	if err := s.exec(ctx, name, "CREATE SCHEMA "+name+";"+fill); err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	return s.url(name)
}

// makeTemplate migrates once what every test gets a copy of.
func (s *server) makeTemplate(ctx context.Context) error {
	if err := s.exec(ctx, "public", "CREATE SCHEMA migrated"); err != nil {
		return err
	}
	db, err := store.Open(ctx, s.url("migrated"))
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(ctx), db.Close())
}

func (s *server) exec(ctx context.Context, schema, statements string) error {
	conn, err := pgx.Connect(ctx, s.url(schema))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statements)
	return errors.Join(err, conn.Close(ctx))
}

func (s *server) url(schema string) string {
	return "postgres://cairn@/postgres?" + url.Values{"host": {s.folder}, "search_path": {schema}}.Encode()
}

// run makes a cluster in its working folder and serves it on a Unix socket there
// until its input ends, which it does when the test process ends, however it ends.
const run = `
folder=$(pwd)
"$PROGRAMS/initdb" -D data -U cairn -A trust -E UTF8 --locale=C --no-sync --no-instructions >initdb.log 2>&1 || { cat initdb.log >&2; exit 1; }
"$PROGRAMS/postgres" -D data -k "$folder" -c listen_addresses= -c max_connections=200 -c logging_collector=off "$@" </dev/null &
server=$!
trap '' INT TERM
cat >/dev/null
kill -QUIT $server
wait $server
cd / && rm -rf "$folder"
`

func (s *server) start(programs string, settings []string) error {
	folder, err := os.MkdirTemp("", "cairn-pg-")
	if err != nil {
		return err
	}
	s.folder, err = filepath.EvalSymlinks(folder)
	if err != nil {
		return err
	}
	cmd := exec.Command("sh", append([]string{"-c", run, "sh"}, settings...)...) //nolint:noctx // it lives as long as the process; its arguments are ours
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "PROGRAMS="+programs, "LC_ALL=C")
	if err := runAsPostgres(cmd, s.folder); err != nil {
		return err
	}
	if s.input, err = cmd.StdinPipe(); err != nil {
		return err
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return awaitReady(log)
}

// awaitReady reads the server's log until it takes connections, and leaves a
// reader behind so that the server never blocks on a full pipe.
func awaitReady(log io.Reader) error {
	ready := make(chan error, 1)
	go func() {
		var seen strings.Builder
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			seen.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "ready to accept connections") {
				ready <- nil
				break
			}
		}
		ready <- errors.New(seen.String())
		io.Copy(io.Discard, log) //nolint:errcheck // nobody reads it
	}()
	select {
	case err := <-ready:
		return err
	case <-time.After(time.Minute):
		return fmt.Errorf("not ready after a minute")
	}
}
