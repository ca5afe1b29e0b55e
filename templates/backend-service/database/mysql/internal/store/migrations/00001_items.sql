-- +goose Up
CREATE TABLE items (
    id         varchar(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    name       varchar(100) NOT NULL,
    created_at datetime(3)  NOT NULL,
    INDEX items_newest (created_at DESC, id)
) DEFAULT CHARACTER SET utf8mb4;

-- +goose Down
DROP TABLE items;
