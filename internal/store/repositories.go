package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Repository is a repository the App is installed on.
type Repository struct {
	ID             int64 // GitHub's; survives renaming
	Name           string
	InstallationID int64
	DefaultBranch  string
	Archived       bool
	Private        bool // not public: internal ones too
}

// SaveRepository keeps a repository. When its name was another one's, that one has
// been renamed or deleted in the meantime and is no longer found by the name.
func (db *DB) SaveRepository(ctx context.Context, r Repository) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if err := takeName(ctx, tx, r.ID, r.Name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO repositories (id, name, name_key, installation_id, default_branch, archived, private)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
				installation_id = excluded.installation_id, default_branch = excluded.default_branch,
				archived = excluded.archived, private = excluded.private`,
			r.ID, r.Name, strings.ToLower(r.Name), r.InstallationID, Text(r.DefaultBranch), flag(r.Archived), flag(r.Private))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep repository %s: %w", r.Name, err)
	}
	return nil
}

// takeName makes name free for the repository and writes it where names are shown.
func takeName(ctx context.Context, tx *sql.Tx, id int64, name string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE repositories SET name_key = '' WHERE name_key = $1 AND name_key <> '' AND id <> $2`,
		strings.ToLower(name), id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE sources SET repository = $1 WHERE repository_id = $2 AND repository <> $1`, name, id)
	return err
}

// RenameRepository gives a repository and the source of its entities a new name.
// Nothing happens for one that is not known.
func (db *DB) RenameRepository(ctx context.Context, id int64, name string) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if err := takeName(ctx, tx, id, name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE repositories SET name = $1, name_key = $2 WHERE id = $3`, name, strings.ToLower(name), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("rename repository %d to %s: %w", id, name, err)
	}
	return nil
}

// RemoveRepository forgets a repository: its entities, its reports and itself.
func (db *DB) RemoveRepository(ctx context.Context, id int64) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := replaceEntities(ctx, tx, Source{Key: RepositorySource(id)}, nil); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM reports WHERE repository_id = $1`,
			`DELETE FROM repositories WHERE id = $1`,
		} {
			if _, err := tx.ExecContext(ctx, query, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget repository %d: %w", id, err)
	}
	return nil
}

const selectRepository = `SELECT id, name, installation_id, default_branch, archived, private FROM repositories `

// Repository returns a repository by its ID, or ErrNotFound.
func (db *DB) Repository(ctx context.Context, id int64) (Repository, error) {
	return one(fmt.Sprintf("repository %d", id), db.QueryRowContext(ctx, selectRepository+`WHERE id = $1`, id))
}

// RepositoryByName returns the repository that has the name owner/repo now, in any
// case, or ErrNotFound.
func (db *DB) RepositoryByName(ctx context.Context, name string) (Repository, error) {
	return one("repository "+name, db.QueryRowContext(ctx, selectRepository+`WHERE name_key = $1 AND name_key <> ''`, strings.ToLower(name)))
}

// Repositories returns all repositories in order of ID.
func (db *DB) Repositories(ctx context.Context) ([]Repository, error) {
	all, err := collect(ctx, db, scanRepository, selectRepository+`ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the repositories: %w", err)
	}
	return all, nil
}

// RepositoriesOf returns an installation's repositories in order of ID.
func (db *DB) RepositoriesOf(ctx context.Context, installationID int64) ([]Repository, error) {
	all, err := collect(ctx, db, scanRepository, selectRepository+`WHERE installation_id = $1 ORDER BY id`, installationID)
	if err != nil {
		return nil, fmt.Errorf("read the repositories of installation %d: %w", installationID, err)
	}
	return all, nil
}

func one(what string, row *sql.Row) (Repository, error) {
	r, err := scanRepository(row.Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Repository{}, fmt.Errorf("%s: %w", what, ErrNotFound)
	case err != nil:
		return Repository{}, fmt.Errorf("read %s: %w", what, err)
	}
	return r, nil
}

func scanRepository(row func(...any) error) (Repository, error) {
	var r Repository
	var archived, private int64
	err := row(&r.ID, &r.Name, &r.InstallationID, &r.DefaultBranch, &archived, &private)
	r.Archived, r.Private = archived != 0, private != 0
	return r, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
