package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

func TestLocations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		one := store.Location{ID: "1", Type: "url", Target: "https://example.com/a.yaml"}
		added, err := db.AddLocation(ctx, one)
		if ok(t, err); added != one {
			t.Errorf("AddLocation = %v", added)
		}
		again, err := db.AddLocation(ctx, store.Location{ID: "2", Type: "url", Target: one.Target})
		if !errors.Is(err, store.ErrExists) || again != one {
			t.Errorf("AddLocation again = %v, %v", again, err)
		}
		all, err := db.Locations(ctx)
		if ok(t, err); !slices.Equal(all, []store.Location{one}) {
			t.Errorf("Locations = %v", all)
		}
		got, err := db.Location(ctx, "1")
		if ok(t, err); got != one {
			t.Errorf("Location = %v", got)
		}
		two := store.Location{ID: "0", Type: "url", Target: "https://example.com/b.yaml"}
		_, err = db.AddLocation(ctx, two)
		ok(t, err)
		if err := db.MoveLocation(ctx, store.Location{ID: "1", Type: "url", Target: two.Target}); !errors.Is(err, store.ErrExists) {
			t.Errorf("MoveLocation onto another = %v", err)
		}
		one.Target = "https://example.com/c.yaml"
		ok(t, db.MoveLocation(ctx, one))
		ok(t, db.MoveLocation(ctx, one))
		all, err = db.Locations(ctx)
		if ok(t, err); !slices.Equal(all, []store.Location{one, two}) {
			t.Errorf("Locations after moving one = %v", all)
		}
		wantNotFound(t, "moved", db.MoveLocation(ctx, store.Location{ID: "9", Type: "url", Target: "x"}))
		ok(t, db.RemoveLocation(ctx, "1"))
		_, err = db.Location(ctx, "1")
		wantNotFound(t, "removed", err)
	})
}
