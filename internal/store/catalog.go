package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Source is where entities come from: the catalog file of a repository with all it
// refers to, the people of an organisation, or a registered location.
type Source struct {
	Key          string // repo:17, org:42, location:UUID
	RepositoryID int64  // 0: of no repository
	Repository   string // owner/repo
	SHA          string // the commit it was read at
	// Refers are the paths and addresses it was read from, the catalog file first.
	Refers []string
}

// RepositorySource is the Key of a repository's catalog file.
func RepositorySource(id int64) string { return fmt.Sprintf("repo:%d", id) }

// OrganisationSource is the Key of an installation's members and teams.
func OrganisationSource(installation int64) string { return fmt.Sprintf("org:%d", installation) }

// Entity is a catalog entity as one source describes it.
type Entity struct {
	Ref  string // component:default/pay
	JSON []byte
	// Problem says why the entity may not be as its source has it now; "" when it is.
	Problem string
	// Orphan says that its source does not describe it any more.
	Orphan bool

	Source  string // filled when read
	Claimed int64  // filled when read: of equal refs the lowest is in the catalog, then the first Source
}

// SourceEntities is all that a source says.
type SourceEntities struct {
	Source
	Entities []Entity // in order of ref; none: the source is gone
}

// ReplaceEntities makes entities all there is of a source, in one transaction, and
// reports whether that changed anything. The first source to claim a ref holds it
// until it lets go; of one ref twice the last counts.
func (db *DB) ReplaceEntities(ctx context.Context, source Source, entities []Entity) (changed bool, err error) {
	entities = lastOfEach(entities)
	err = db.Write(ctx, func(tx *sql.Tx) error {
		changed, err = replaceEntities(ctx, tx, source, entities)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("register the entities of %s: %w", source.Key, err)
	}
	return changed, nil
}

func replaceEntities(ctx context.Context, tx *sql.Tx, source Source, entities []Entity) (changed bool, err error) {
	refers, err := json.Marshal(source.Refers)
	if err != nil {
		return false, err
	}
	known, digest := digestOf(nil), digestOf(entities)
	err = tx.QueryRowContext(ctx, `SELECT digest FROM sources WHERE key = $1`, source.Key).Scan(&known)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	changed = known != digest
	switch {
	case changed:
		if err := putEntities(ctx, tx, source.Key, entities); err != nil {
			return false, err
		}
	case len(entities) == 0:
		return false, nil // nothing was and nothing is: not worth a row
	}
	return changed, putSource(ctx, tx, source, string(refers), digest, changed)
}

func lastOfEach(entities []Entity) []Entity {
	byRef := make(map[string]Entity, len(entities))
	for _, e := range entities {
		e.Ref, e.JSON, e.Problem = Text(e.Ref), []byte(Text(string(e.JSON))), Text(e.Problem)
		byRef[e.Ref] = e
	}
	last := make([]Entity, 0, len(byRef))
	for _, e := range byRef {
		last = append(last, e)
	}
	sortEntities(last)
	return last
}

func digestOf(entities []Entity) string {
	h := sha256.New()
	for _, e := range entities {
		fmt.Fprintf(h, "%s %d %s %q %t\n", e.Ref, len(e.JSON), e.JSON, e.Problem, e.Orphan)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// putEntities replaces the rows of a source. A ref it held before keeps its claim;
// the others are claimed after everything there is.
func putEntities(ctx context.Context, tx *sql.Tx, source string, entities []Entity) error {
	held := map[string]int64{}
	known, err := collect(ctx, tx, scanEntity, selectEntities+`WHERE source = $1`, source)
	if err != nil {
		return err
	}
	for _, e := range known {
		held[e.Ref] = e.Claimed
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM entities WHERE source = $1`, source); err != nil {
		return err
	}
	revision, err := nextRevision(ctx, tx)
	if err != nil {
		return err
	}
	for _, e := range entities {
		claimed, ok := held[e.Ref]
		if !ok {
			claimed = revision
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO entities (ref, source, claimed, body, problem, orphan) VALUES ($1, $2, $3, $4, $5, $6)`,
			e.Ref, source, claimed, string(e.JSON), e.Problem, flag(e.Orphan)); err != nil {
			return err
		}
	}
	return nil
}

// nextRevision locks the counter until the transaction ends, which makes writers
// of the catalog take turns on PostgreSQL too.
func nextRevision(ctx context.Context, tx *sql.Tx) (int64, error) {
	var revision int64
	err := tx.QueryRowContext(ctx, `
		INSERT INTO catalog_revision (id, revision) VALUES (1, 1)
		ON CONFLICT (id) DO UPDATE SET revision = catalog_revision.revision + 1 RETURNING revision`).Scan(&revision)
	return revision, err
}

func putSource(ctx context.Context, tx *sql.Tx, s Source, refers, digest string, changed bool) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO sources (key, repository_id, repository, sha, refers, digest, revision)
		VALUES ($1, $2, $3, $4, $5, $6, (SELECT revision FROM catalog_revision WHERE id = 1))
		ON CONFLICT (key) DO UPDATE SET repository_id = excluded.repository_id, repository = excluded.repository,
			sha = excluded.sha, refers = excluded.refers, digest = excluded.digest,
			revision = CASE WHEN $7 = 1 THEN excluded.revision ELSE sources.revision END`,
		s.Key, s.RepositoryID, Text(s.Repository), s.SHA, Text(refers), digest, flag(changed))
	return err
}

const (
	selectEntities = `SELECT ref, source, claimed, body, problem, orphan FROM entities `
	selectSources  = `SELECT key, repository_id, repository, sha, refers FROM sources `
)

// CatalogSince returns the sources that changed after a revision, each with all it
// says now, and the revision reached. Revision 0 is before everything. What changes
// while it reads may be in the answer already, and is in the next one.
func (db *DB) CatalogSince(ctx context.Context, revision int64) (changes []SourceEntities, reached int64, err error) {
	fail := func(err error) ([]SourceEntities, int64, error) {
		return nil, 0, fmt.Errorf("read the catalog: %w", err)
	}
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(MAX(revision), 0) FROM catalog_revision`).Scan(&reached); err != nil {
		return fail(err)
	}
	if reached == revision {
		return nil, reached, nil
	}
	sources, err := collect(ctx, db, scanSource, selectSources+`WHERE revision > $1 ORDER BY key`, revision)
	if err != nil {
		return fail(err)
	}
	entities, err := collect(ctx, db, scanEntity, selectEntities+`WHERE source IN (SELECT key FROM sources WHERE revision > $1)`, revision)
	if err != nil {
		return fail(err)
	}
	return joinSources(sources, entities), reached, nil
}

func joinSources(sources []Source, entities []Entity) []SourceEntities {
	by := make(map[string][]Entity, len(sources))
	for _, e := range entities {
		by[e.Source] = append(by[e.Source], e)
	}
	joined := make([]SourceEntities, len(sources))
	for i, s := range sources {
		sortEntities(by[s.Key])
		joined[i] = SourceEntities{Source: s, Entities: by[s.Key]}
	}
	return joined
}

// SourceOf returns what a source says, or ErrNotFound when it never said anything.
func (db *DB) SourceOf(ctx context.Context, key string) (SourceEntities, error) {
	sources, err := collect(ctx, db, scanSource, selectSources+`WHERE key = $1`, key)
	if err != nil {
		return SourceEntities{}, fmt.Errorf("read source %s: %w", key, err)
	}
	if len(sources) == 0 {
		return SourceEntities{}, fmt.Errorf("source %s: %w", key, ErrNotFound)
	}
	entities, err := collect(ctx, db, scanEntity, selectEntities+`WHERE source = $1`, key)
	if err != nil {
		return SourceEntities{}, fmt.Errorf("read source %s: %w", key, err)
	}
	return joinSources(sources, entities)[0], nil
}

// Partial reports whether a part could not be read, so that another look may find more.
func (s SourceEntities) Partial() bool {
	return slices.ContainsFunc(s.Entities, func(e Entity) bool { return e.Problem != "" })
}

// sortEntities orders by bytes; a database's own order depends on its locale.
func sortEntities(all []Entity) {
	slices.SortFunc(all, func(a, b Entity) int { return cmp.Compare(a.Ref, b.Ref) })
}

func scanEntity(row func(...any) error) (Entity, error) {
	var e Entity
	var orphan int64
	err := row(&e.Ref, &e.Source, &e.Claimed, &e.JSON, &e.Problem, &orphan)
	e.Orphan = orphan == 1
	return e, err
}

func scanSource(row func(...any) error) (Source, error) {
	var s Source
	var refers string
	if err := row(&s.Key, &s.RepositoryID, &s.Repository, &s.SHA, &refers); err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(refers), &s.Refers); err != nil {
		return s, fmt.Errorf("the files of source %s: %w", s.Key, err)
	}
	return s, nil
}
