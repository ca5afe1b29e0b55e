-- +goose Up
CREATE TABLE items (
    id         text PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX items_newest ON items (created_at DESC, id);

-- +goose Down
DROP TABLE items;
