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

// ReplaceEntities makes entities all there is of a repository, in one transaction:
// what it had in another file goes, so that a catalog file can be renamed. No
// entities say that the repository has no catalog file (any more). The first
// repository to claim a ref holds it until it lets go, whatever its file is called;
// of one ref twice the first counts.
func (db *DB) ReplaceEntities(ctx context.Context, location Location, entities []Entity) error {
	err := db.Write(ctx, func(tx *sql.Tx) error {
		claims, err := dropEntities(ctx, tx, location.RepositoryID)
		if err != nil || len(entities) == 0 {
			return err
		}
		return putEntities(ctx, tx, location, entities, claims)
	})
	if err != nil {
		return fmt.Errorf("register the entities of %s %s: %w", location.Repository, location.File, err)
	}
	return nil
}

// dropEntities removes what a repository has, and returns when it claimed each ref.
func dropEntities(ctx context.Context, tx *sql.Tx, repositoryID int64) (claims map[string]int64, err error) {
	type claim struct {
		ref   string
		order int64
	}
	known, err := collect(ctx, tx, func(row func(...any) error) (c claim, err error) { return c, row(&c.ref, &c.order) },
		`SELECT ref, claimed FROM entities WHERE repository_id = $1 ORDER BY claimed DESC`, repositoryID)
	if err != nil {
		return nil, err
	}
	claims = map[string]int64{}
	for _, c := range known {
		claims[c.ref] = c.order // the earliest comes last
	}
	for _, query := range []string{
		`DELETE FROM entities WHERE repository_id = $1`,
		`DELETE FROM locations WHERE repository_id = $1`,
	} {
		if _, err := tx.ExecContext(ctx, query, repositoryID); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

// putEntities writes a repository's entities. A ref in claims keeps its place; the
// others are claimed after everything there is.
func putEntities(ctx context.Context, tx *sql.Tx, location Location, entities []Entity, claims map[string]int64) error {
	file := Text(location.File)
	if _, err := tx.ExecContext(ctx, `INSERT INTO locations (repository_id, file, repository, sha) VALUES ($1, $2, $3, $4)`,
		location.RepositoryID, file, location.Repository, location.SHA); err != nil {
		return err
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(claimed), 0) FROM entities`).Scan(&last); err != nil {
		return err
	}
	for _, order := range claims {
		last = max(last, order) // its rows are gone for the moment
	}
	seen := map[string]bool{}
	for _, e := range entities {
		ref := Text(e.Ref)
		if seen[ref] {
			continue
		}
		seen[ref] = true
		order, held := claims[ref]
		if !held {
			order = last + 1
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO entities (ref, repository_id, file, claimed, kind, namespace, name, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			ref, location.RepositoryID, file, order, Text(e.Kind), Text(e.Namespace), Text(e.Name), Text(string(e.JSON))); err != nil {
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
