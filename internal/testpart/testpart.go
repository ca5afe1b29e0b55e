// Package testpart finds the real parts that tests need beyond Go: PostgreSQL and
// node. A test whose part is absent is skipped loudly; with
// CAIRN_TEST_REQUIRE_ALL=1, as in CI, it fails instead.
package testpart

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// RequireAll reports whether an absent part is a failure.
func RequireAll() bool { return os.Getenv("CAIRN_TEST_REQUIRE_ALL") == "1" }

// Missing ends the test because part is absent: a skip, or a failure under
// CAIRN_TEST_REQUIRE_ALL=1. how says what installs it.
func Missing(t testing.TB, part, how string) {
	t.Helper()
	if RequireAll() {
		t.Fatalf("CAIRN_TEST_REQUIRE_ALL=1, but %s is not here: %s", part, how)
	}
	t.Skipf("SKIPPED, NOT PASSED: %s is not here: %s", part, how)
}

// Program returns the path of the first of names that is installed, looked up on
// PATH and in Debian's folders for versioned programs.
func Program(t testing.TB, part, how string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, part, how)
	return ""
}

// PostgreSQL returns the folder of PostgreSQL's server programs (initdb,
// postgres), newest version first.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	Missing(t, "PostgreSQL", "apt-get install postgresql")
	return ""
}

// Node returns the path of node.
func Node(t testing.TB) string {
	t.Helper()
	return Program(t, "node", "install Node.js 20 or later", "node")
}
