-- Portable: the same statements run on SQLite and on PostgreSQL. Keys are text or
-- GitHub's numbers, times are Unix milliseconds (0: none), JSON is text. BYTEA is
-- PostgreSQL's name; SQLite keeps a blob in a column of any type as it is.

-- +goose Up

-- What GitHub sent. state: waiting, done, failed.
CREATE TABLE deliveries (
    guid            TEXT PRIMARY KEY,
    event           TEXT   NOT NULL,
    action          TEXT   NOT NULL,
    installation_id BIGINT NOT NULL,
    repository_id   BIGINT NOT NULL,
    repository      TEXT   NOT NULL,
    received_at     BIGINT NOT NULL,
    payload         BYTEA  NOT NULL,
    state           TEXT   NOT NULL,
    pending         BIGINT NOT NULL, -- rounds of work still owed to it
    outcome         TEXT   NOT NULL  -- what became of it, a line for each round
);
CREATE INDEX deliveries_received ON deliveries (received_at);

-- One row for each thing that is kept in line; id is derived from kind and key.
-- state: waiting, running, done, failed. A row is worked on by whoever holds
-- (owner, round) until lease_until.
CREATE TABLE jobs (
    id              TEXT PRIMARY KEY,
    kind            TEXT   NOT NULL,
    key             TEXT   NOT NULL,
    installation_id BIGINT NOT NULL,
    payload         TEXT   NOT NULL,
    delivery        TEXT   NOT NULL, -- the delivery that asked last
    state           TEXT   NOT NULL,
    again           BIGINT NOT NULL, -- 1: a hint came while running
    attempt         BIGINT NOT NULL,
    queued_at       BIGINT NOT NULL,
    run_at          BIGINT NOT NULL,
    owner           TEXT   NOT NULL,
    round           BIGINT NOT NULL,
    lease_until     BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL, -- of the last round
    outcome         TEXT   NOT NULL,
    url             TEXT   NOT NULL,
    error           TEXT   NOT NULL
);
CREATE INDEX jobs_waiting ON jobs (installation_id, run_at) WHERE state = 'waiting';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 'done';
CREATE INDEX jobs_failed ON jobs (finished_at) WHERE state = 'failed';
CREATE INDEX jobs_queued ON jobs (queued_at);

CREATE TABLE pauses (
    installation_id BIGINT NOT NULL,
    resource        TEXT   NOT NULL,
    until           BIGINT NOT NULL,
    why             TEXT   NOT NULL,
    PRIMARY KEY (installation_id, resource)
);

CREATE TABLE policies (
    owner TEXT PRIMARY KEY, -- lower case
    oid   TEXT NOT NULL,
    body  TEXT NOT NULL
);

CREATE TABLE repositories (
    id              BIGINT PRIMARY KEY,
    name            TEXT   NOT NULL,
    name_key        TEXT   NOT NULL, -- lower case; '' when another repository has the name now
    installation_id BIGINT NOT NULL,
    default_branch  TEXT   NOT NULL,
    archived        BIGINT NOT NULL,
    private         BIGINT NOT NULL
);
CREATE UNIQUE INDEX repositories_name ON repositories (name_key) WHERE name_key <> '';
CREATE INDEX repositories_installation ON repositories (installation_id);

-- pull_request is 0 for a report on a branch.
CREATE TABLE reports (
    repository_id BIGINT NOT NULL,
    sha           TEXT   NOT NULL,
    pull_request  BIGINT NOT NULL,
    repository    TEXT   NOT NULL,
    branch        TEXT   NOT NULL,
    service       TEXT   NOT NULL,
    golden_path   TEXT   NOT NULL,
    status        TEXT   NOT NULL,
    score         BIGINT NOT NULL,
    body          TEXT   NOT NULL,
    check_run_id  BIGINT NOT NULL,
    evaluated_at  BIGINT NOT NULL,
    PRIMARY KEY (repository_id, sha, pull_request)
);
CREATE INDEX reports_branch ON reports (repository_id, branch, evaluated_at) WHERE pull_request = 0;
CREATE INDEX reports_evaluated ON reports (evaluated_at);

CREATE TABLE locations (
    repository_id BIGINT NOT NULL,
    file          TEXT   NOT NULL,
    repository    TEXT   NOT NULL,
    sha           TEXT   NOT NULL,
    PRIMARY KEY (repository_id, file)
);

-- Of the rows with one ref, the one that claimed it first is in the catalog.
CREATE TABLE entities (
    ref           TEXT   NOT NULL,
    repository_id BIGINT NOT NULL,
    file          TEXT   NOT NULL,
    claimed       BIGINT NOT NULL, -- order of claims
    kind          TEXT   NOT NULL,
    namespace     TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    body          TEXT   NOT NULL,
    PRIMARY KEY (ref, repository_id, file)
);
CREATE INDEX entities_location ON entities (repository_id, file);
CREATE INDEX entities_claimed ON entities (claimed);
