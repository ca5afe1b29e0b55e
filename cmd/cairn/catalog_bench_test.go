package main

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index/indextest"
	"github.com/cairn-dev/cairn/internal/store"
)

// BenchmarkCatalogServer prints, for `cairn serve` with a large catalog on SQLite,
// how long it takes to start and to answer, and the memory it holds.
func BenchmarkCatalogServer(b *testing.B) {
	b.Setenv("CAIRN_API_OPEN", "true")
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			database := filepath.Join(b.TempDir(), "cairn.db")
			keepCatalog(b, database, n)
			started := time.Now()
			p := serve(b, benchSim(b), database)
			start := time.Since(started)
			for _, q := range []struct{ name, path string }{
				{"by-query", "/entities/by-query?filter=kind=component&limit=20"},
				{"by-query-name-desc", "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,desc"},
				{"full-text", "/entities/by-query?limit=20&fullTextFilterTerm=99&fullTextFilterFields=metadata.name,metadata.description"},
				{"facets", "/entity-facets?facet=kind&facet=spec.type&facet=metadata.tags"},
				{"by-name", "/entities/by-name/component/default/svc-00010"},
			} {
				b.Run(q.name, func(b *testing.B) {
					askCatalog(b, strings.TrimSuffix(p.hook, "/api/github/hook")+"/api/catalog"+q.path)
				})
			}
			b.Run("memory", func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(start.Seconds(), "start-s")
					b.ReportMetric(p.memory(b, "VmRSS:"), "RSS-MB")
					b.ReportMetric(p.memory(b, "VmHWM:"), "RSS-peak-MB")
				}
			})
		})
	}
}

func askCatalog(b *testing.B, url string) {
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		res, err := http.Get(url)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", res.StatusCode, err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	reportTimes(b, took)
}

// keepCatalog fills a database with n entities, each from a repository of its own.
func keepCatalog(b *testing.B, database string, n int) {
	db, err := store.Open(b.Context(), database)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	err = db.Write(b.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO catalog_revision VALUES (1, 1)`); err != nil {
			return err
		}
		for source, records := range indextest.Organisation(n) {
			if _, err := tx.Exec(`INSERT INTO sources VALUES ($1, 1, 'acme/pay', '', '[]', '', 1)`, source); err != nil {
				return err
			}
			for _, r := range records {
				e, err := catalog.EntityFromJSON([]byte(r.Entity))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(`INSERT INTO entities (ref, source, claimed, body, problem, orphan) VALUES ($1, $2, $3, $4, '', 0)`, e.Ref().String(), source, r.Order, r.Entity); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
