package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/catalog/live"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func describe(name string) store.Entity {
	return store.Entity{Ref: "component:default/" + name, JSON: fmt.Appendf(nil, `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":%q,"namespace":"default"},"spec":{}}`, name)}
}

func want(t *testing.T, c *live.Catalog, refs ...string) {
	t.Helper()
	if err := c.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Index.Refs(); !slices.Equal(got, refs) {
		t.Errorf("the catalog holds %v, want %v", got, refs)
	}
}

// Two catalogs stand for two replicas.
func TestReplicasFollowTheStore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		replace := func(id int64, entities ...store.Entity) {
			t.Helper()
			if _, err := db.ReplaceEntities(t.Context(), store.Source{Key: store.RepositorySource(id), RepositoryID: id}, entities); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		one, other := live.New(db, zerolog.New(&log)), live.New(db, zerolog.Nop())
		want(t, one)
		replace(1, describe("pay"))
		replace(2, describe("pay"), describe("ledger"))
		want(t, one, "component:default/ledger", "component:default/pay")
		want(t, other, "component:default/ledger", "component:default/pay")
		if source, _ := other.Index.Source("component:default/pay"); source != "repo:1" {
			t.Errorf("pay is served from %s, which came second", source)
		}
		replace(1)
		want(t, one, "component:default/ledger", "component:default/pay")
		if source, _ := one.Index.Source("component:default/pay"); source != "repo:2" {
			t.Errorf("pay is served from %s, which let go of it", source)
		}
		replace(2, store.Entity{Ref: "component:default/x", JSON: []byte("{")}, describe("ledger"))
		want(t, one, "component:default/ledger")
		if !strings.Contains(log.String(), "repo:2") {
			t.Errorf("an entity that cannot be read is not logged: %s", log.String())
		}
	})
}

// broken is a store that answers after a while.
type broken struct{ failures int }

func (b *broken) CatalogSince(context.Context, int64) ([]store.SourceEntities, int64, error) {
	if b.failures--; b.failures >= 0 {
		return nil, 0, errors.New("connection refused")
	}
	return []store.SourceEntities{{Source: store.Source{Key: "repo:1"}, Entities: []store.Entity{describe("pay")}}}, 1, nil
}

func TestWatchOutlivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := live.New(&broken{failures: 10}, zerolog.New(&log))
		ctx, stop := context.WithCancel(t.Context())
		go c.Watch(ctx, live.Every)
		time.Sleep(11 * live.Every) //nolint:forbidigo // the clock is the bubble's
		synctest.Wait()
		stop()
		if c.Index.Len() != 1 {
			t.Error("the catalog did not come back with the store")
		}
		if n := strings.Count(log.String(), "connection refused"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
	})
}
