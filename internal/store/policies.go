package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// SavePolicy remembers an organisation's last good policy: the git object ID of
// the file and its text. An empty oid forgets it.
func (db *DB) SavePolicy(ctx context.Context, owner, oid, text string) error {
	owner = strings.ToLower(owner)
	var err error
	if oid == "" {
		err = db.exec(ctx, `DELETE FROM policies WHERE owner = $1`, owner)
	} else {
		err = db.exec(ctx, `
			INSERT INTO policies (owner, oid, body) VALUES ($1, $2, $3)
			ON CONFLICT (owner) DO UPDATE SET oid = excluded.oid, body = excluded.body`,
			owner, oid, Text(text))
	}
	if err != nil {
		return fmt.Errorf("keep the policy of %s: %w", owner, err)
	}
	return nil
}

// Policy returns what SavePolicy remembered, or ErrNotFound.
func (db *DB) Policy(ctx context.Context, owner string) (oid, text string, err error) {
	err = db.QueryRowContext(ctx, `SELECT oid, body FROM policies WHERE owner = $1`, strings.ToLower(owner)).Scan(&oid, &text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", "", fmt.Errorf("policy of %s: %w", owner, ErrNotFound)
	case err != nil:
		return "", "", fmt.Errorf("read the policy of %s: %w", owner, err)
	}
	return oid, text, nil
}
