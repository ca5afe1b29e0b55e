package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
)

// Location is a catalog file in a repository.
type Location struct {
	RepositoryID int64
	Repository   string // owner/repo
	File         string // path in the repository
	SHA          string // the commit it was read at
}

// Entity is a catalog entity as its location describes it.
type Entity struct {
	Ref       string // component:default/pay
	Kind      string
	Namespace string
	Name      string
	JSON      []byte

	Location Location // filled when read
	// Shadowed says, when read, that another location claimed the ref before: this
	// entity is kept and takes over when that one goes.
	Shadowed bool
}

// ReplaceEntities makes entities all there is of a location, in one transaction.
// An empty File stands for the whole repository: with no entities it says that the
// repository has no catalog file (any more). The first location to claim a ref
// holds it until it lets go; of one ref twice in a location the first counts.
func (db *DB) ReplaceEntities(ctx context.Context, location Location, entities []Entity) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if err := dropEntities(ctx, tx, location, entities); err != nil {
			return err
		}
		if len(entities) == 0 {
			return nil
		}
		return putEntities(ctx, tx, location, entities)
	})
	if err != nil {
		return fmt.Errorf("register the entities of %s %s: %w", location.Repository, location.File, err)
	}
	return nil
}

// dropEntities removes what the location no longer has, and the location when it
// has nothing.
func dropEntities(ctx context.Context, tx *sql.Tx, location Location, keep []Entity) error {
	kept := map[string]bool{}
	for _, e := range keep {
		kept[Text(e.Ref)] = true
	}
	file := Text(location.File)
	known, err := collect(ctx, tx, func(row func(...any) error) (k [2]string, err error) { return k, row(&k[0], &k[1]) },
		`SELECT ref, file FROM entities WHERE repository_id = $1 AND ($2 = '' OR file = $2)`, location.RepositoryID, file)
	if err != nil {
		return err
	}
	for _, k := range known {
		if kept[k[0]] && k[1] == file {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM entities WHERE repository_id = $1 AND ref = $2 AND file = $3`,
			location.RepositoryID, k[0], k[1]); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM locations WHERE repository_id = $1 AND ($2 = '' OR file = $2)`, location.RepositoryID, file)
	return err
}

func putEntities(ctx context.Context, tx *sql.Tx, location Location, entities []Entity) error {
	file := Text(location.File)
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO locations (repository_id, file, repository, sha) VALUES ($1, $2, $3, $4)
		ON CONFLICT (repository_id, file) DO UPDATE SET repository = excluded.repository, sha = excluded.sha`,
		location.RepositoryID, file, location.Repository, location.SHA); err != nil {
		return err
	}
	var claim int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(claimed), 0) + 1 FROM entities`).Scan(&claim); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range entities {
		if seen[e.Ref] {
			continue
		}
		seen[e.Ref] = true
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO entities (ref, repository_id, file, claimed, kind, namespace, name, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (ref, repository_id, file) DO UPDATE SET kind = excluded.kind,
				namespace = excluded.namespace, name = excluded.name, body = excluded.body`,
			Text(e.Ref), location.RepositoryID, file, claim, Text(e.Kind), Text(e.Namespace), Text(e.Name), Text(string(e.JSON))); err != nil {
			return err
		}
	}
	return nil
}

// selectEntities reads entities with where they are from and whether another
// location claimed the ref before. Two that claimed it at the same moment are told
// apart by repository and file, so that every replica agrees.
const selectEntities = `
	SELECT e.ref, e.kind, e.namespace, e.name, e.body, e.repository_id, e.file, l.repository, l.sha,
		CASE WHEN EXISTS (SELECT 1 FROM entities o WHERE o.ref = e.ref
			AND (o.claimed, o.repository_id, o.file) < (e.claimed, e.repository_id, e.file)) THEN 1 ELSE 0 END AS shadowed
	FROM entities e JOIN locations l ON l.repository_id = e.repository_id AND l.file = e.file `

// Entities returns the entities in the catalog, shadowed ones left out, in order
// of ref.
func (db *DB) Entities(ctx context.Context) ([]Entity, error) {
	all, err := collect(ctx, db, scanEntity, `SELECT * FROM (`+selectEntities+`) AS known WHERE shadowed = 0`)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	sortEntities(all)
	return all, nil
}

// EntitiesJSON is Entities as JSON objects.
func (db *DB) EntitiesJSON(ctx context.Context) ([]json.RawMessage, error) {
	entities, err := db.Entities(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]json.RawMessage, len(entities))
	for i, e := range entities {
		out[i] = e.JSON
	}
	return out, nil
}

// EntitiesOf returns what a repository describes, shadowed ones too, in order of
// ref.
func (db *DB) EntitiesOf(ctx context.Context, repositoryID int64) ([]Entity, error) {
	all, err := collect(ctx, db, scanEntity, selectEntities+`WHERE e.repository_id = $1`, repositoryID)
	if err != nil {
		return nil, fmt.Errorf("read the entities of repository %d: %w", repositoryID, err)
	}
	sortEntities(all)
	return all, nil
}

// sortEntities orders by bytes; a database's own order depends on its locale.
func sortEntities(all []Entity) {
	slices.SortFunc(all, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Location.File, b.Location.File))
	})
}

func scanEntity(row func(...any) error) (Entity, error) {
	var e Entity
	var shadowed int64
	err := row(&e.Ref, &e.Kind, &e.Namespace, &e.Name, &e.JSON,
		&e.Location.RepositoryID, &e.Location.File, &e.Location.Repository, &e.Location.SHA, &shadowed)
	e.Shadowed = shadowed != 0
	return e, err
}
