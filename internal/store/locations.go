package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Location is a place that somebody registered in the catalog.
type Location struct {
	ID     string // UUID
	Type   string // url
	Target string
}

// LocationSource is the Source.Key of a registered location.
func LocationSource(id string) string { return "location:" + id }

// ErrExists says that there is such a record already.
var ErrExists = errors.New("there is such a record already")

// AddLocation registers a location. ErrExists comes with the one that has the same
// type and target.
func (db *DB) AddLocation(ctx context.Context, l Location) (Location, error) {
	known := l
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO locations (id, number, type, target) VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM locations), $2, $3)
			ON CONFLICT (type, target) DO NOTHING`,
			l.ID, Text(l.Type), Text(l.Target)); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT id FROM locations WHERE type = $1 AND target = $2`, Text(l.Type), Text(l.Target)).Scan(&known.ID)
	})
	switch {
	case err != nil:
		return Location{}, fmt.Errorf("register %s: %w", l.Target, err)
	case known.ID != l.ID:
		return known, fmt.Errorf("location %s: %w", l.Target, ErrExists)
	}
	return l, nil
}

// Locations returns the registered locations in the order they were registered.
func (db *DB) Locations(ctx context.Context) ([]Location, error) {
	all, err := collect(ctx, db, func(row func(...any) error) (l Location, err error) { return l, row(&l.ID, &l.Type, &l.Target) },
		`SELECT id, type, target FROM locations ORDER BY number, id`)
	if err != nil {
		return nil, fmt.Errorf("read the registered locations: %w", err)
	}
	return all, nil
}

// Location returns a registered location, or ErrNotFound.
func (db *DB) Location(ctx context.Context, id string) (Location, error) {
	l := Location{ID: id}
	err := db.QueryRowContext(ctx, `SELECT type, target FROM locations WHERE id = $1`, id).Scan(&l.Type, &l.Target)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Location{}, fmt.Errorf("location %s: %w", id, ErrNotFound)
	case err != nil:
		return Location{}, fmt.Errorf("read location %s: %w", id, err)
	}
	return l, nil
}

// RemoveLocation forgets a registered location; RemoveSource forgets its entities.
func (db *DB) RemoveLocation(ctx context.Context, id string) error {
	if err := db.exec(ctx, `DELETE FROM locations WHERE id = $1`, id); err != nil {
		return fmt.Errorf("remove location %s: %w", id, err)
	}
	return nil
}

// MoveLocation gives a registered location another target. ErrNotFound says that
// there is none, ErrExists that another one has the target.
func (db *DB) MoveLocation(ctx context.Context, l Location) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		var other string
		err := tx.QueryRowContext(ctx, `SELECT id FROM locations WHERE type = $1 AND target = $2`, Text(l.Type), Text(l.Target)).Scan(&other)
		switch {
		case err == nil && other != l.ID:
			return ErrExists
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE locations SET type = $1, target = $2 WHERE id = $3`, Text(l.Type), Text(l.Target), l.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("move location %s: %w", l.ID, err)
	}
	return nil
}
