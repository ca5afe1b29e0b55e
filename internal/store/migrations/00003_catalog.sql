-- The catalog by sources. What was kept before is read from GitHub again.

-- +goose Up
DROP TABLE entities;
DROP TABLE locations;

-- Grows with every change of the catalog. Its row is locked until the change is
-- committed, so that revisions become visible in their order.
CREATE TABLE catalog_revision (
    id       BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);

-- Where entities come from: a repository's catalog file, the people of an organisation, a
-- registered location. A source without entities stays, so that who follows the revisions learns that they are gone.
CREATE TABLE sources (
    key           TEXT PRIMARY KEY, -- repo:17, org:42, location:UUID
    repository_id BIGINT NOT NULL,  -- 0: of no repository
    repository    TEXT   NOT NULL,
    sha           TEXT   NOT NULL,  -- the commit it was read at
    refers        TEXT   NOT NULL,  -- JSON list of the files it was read from
    digest        TEXT   NOT NULL,  -- of its entities
    revision      BIGINT NOT NULL
);
CREATE INDEX sources_revision ON sources (revision);
CREATE INDEX sources_repository ON sources (repository_id);

-- Of the rows with one ref, the one that claimed it first is in the catalog.
CREATE TABLE entities (
    ref     TEXT   NOT NULL,
    source  TEXT   NOT NULL,
    claimed BIGINT NOT NULL, -- order of claims
    body    TEXT   NOT NULL,
    problem TEXT   NOT NULL, -- why it may be out of date; '': it is not
    orphan  BIGINT NOT NULL, -- 1: its source does not describe it any more
    PRIMARY KEY (source, ref)
);

-- Locations that somebody registered through the API, in the order of number.
CREATE TABLE locations (
    id     TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    type   TEXT NOT NULL,
    target TEXT NOT NULL
);
CREATE UNIQUE INDEX locations_target ON locations (type, target);
