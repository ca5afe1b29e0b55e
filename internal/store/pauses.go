package store

import (
	"context"
	"fmt"
	"time"
)

// Pause says that an installation may not call GitHub for a while; all replicas
// obey it.
type Pause struct {
	InstallationID int64  // 0: the App itself
	Resource       string // core, graphql, …; all
	Until          time.Time
	Why            string // for an operator
}

// Pause records a pause. The later of two for an installation and resource holds.
func (db *DB) Pause(ctx context.Context, installationID int64, resource string, until time.Time, why string) error {
	err := db.exec(ctx, `
		INSERT INTO pauses (installation_id, resource, until, why) VALUES ($1, $2, $3, $4)
		ON CONFLICT (installation_id, resource) DO UPDATE SET until = excluded.until, why = excluded.why
		WHERE pauses.until < excluded.until`,
		installationID, Text(resource), Millis(until), Text(why))
	if err != nil {
		return fmt.Errorf("record a pause of installation %d: %w", installationID, err)
	}
	return nil
}

// Pauses returns the pauses that end after now, of all installations.
func (db *DB) Pauses(ctx context.Context, now time.Time) ([]Pause, error) {
	pauses, err := collect(ctx, db, scanPause, `
		SELECT installation_id, resource, until, why FROM pauses WHERE until > $1
		ORDER BY installation_id, resource`, Millis(now))
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", err)
	}
	return pauses, nil
}

func scanPause(row func(...any) error) (Pause, error) {
	var p Pause
	var until int64
	err := row(&p.InstallationID, &p.Resource, &until, &p.Why)
	p.Until = FromMillis(until)
	return p, err
}
