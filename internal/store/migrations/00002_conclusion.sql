-- What a report's check run said, to say it again.

-- +goose Up
ALTER TABLE reports ADD COLUMN conclusion TEXT NOT NULL DEFAULT '';
