package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ReportsKept is how long the history of reports reaches back.
const ReportsKept = 90 * 24 * time.Hour

// Report is the verdict on a repository at a commit.
type Report struct {
	RepositoryID int64
	Repository   string // owner/repo
	SHA          string // the commit, 40 hex digits
	Branch       string
	PullRequest  int // 0 for a report on a branch
	Service      string
	GoldenPath   string
	Status       string
	Score        int    // 0-100
	JSON         []byte // the whole report
	CheckRunID   int64  // 0 when none was written
	Conclusion   string // of the check run
	EvaluatedAt  time.Time
}

// SaveReport keeps the report of a commit, and apart for each pull request that has
// it as its head: a later one replaces it.
func (db *DB) SaveReport(ctx context.Context, r Report) error {
	err := db.exec(ctx, `
		INSERT INTO reports (repository_id, repository, sha, branch, pull_request, service, golden_path,
			status, score, body, check_run_id, conclusion, evaluated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (repository_id, sha, pull_request) DO UPDATE SET
			repository = excluded.repository, branch = excluded.branch, service = excluded.service,
			golden_path = excluded.golden_path, status = excluded.status, score = excluded.score,
			body = excluded.body, check_run_id = excluded.check_run_id,
			conclusion = excluded.conclusion, evaluated_at = excluded.evaluated_at`,
		r.RepositoryID, Text(r.Repository), r.SHA, Text(r.Branch), r.PullRequest, Text(r.Service), Text(r.GoldenPath),
		r.Status, r.Score, Text(string(r.JSON)), r.CheckRunID, r.Conclusion, Millis(r.EvaluatedAt))
	if err != nil {
		return fmt.Errorf("keep the report of %s@%s: %w", r.Repository, r.SHA, err)
	}
	return nil
}

const selectReport = `SELECT repository_id, repository, sha, branch, pull_request, service, golden_path,
	status, score, body, check_run_id, conclusion, evaluated_at FROM reports `

// Report returns the latest report of a commit, or ErrNotFound.
func (db *DB) Report(ctx context.Context, repositoryID int64, sha string) (Report, error) {
	return db.report(ctx, `WHERE repository_id = $1 AND sha = $2 ORDER BY evaluated_at DESC, pull_request LIMIT 1`, repositoryID, sha)
}

// LatestReport returns the latest report of a branch of the repository itself, or
// ErrNotFound. Reports of pull requests do not count: a fork may call its branch
// the same.
func (db *DB) LatestReport(ctx context.Context, repositoryID int64, branch string) (Report, error) {
	return db.report(ctx, `WHERE repository_id = $1 AND branch = $2 AND pull_request = 0
		ORDER BY evaluated_at DESC, sha LIMIT 1`, repositoryID, Text(branch))
}

func (db *DB) report(ctx context.Context, where string, repositoryID int64, of string) (Report, error) {
	var r Report
	var evaluated int64
	err := db.QueryRowContext(ctx, selectReport+where, repositoryID, of).Scan(&r.RepositoryID, &r.Repository, &r.SHA,
		&r.Branch, &r.PullRequest, &r.Service, &r.GoldenPath, &r.Status, &r.Score, &r.JSON, &r.CheckRunID, &r.Conclusion, &evaluated)
	r.EvaluatedAt = FromMillis(evaluated)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Report{}, fmt.Errorf("report of %s in repository %d: %w", of, repositoryID, ErrNotFound)
	case err != nil:
		return Report{}, fmt.Errorf("read the report of %s in repository %d: %w", of, repositoryID, err)
	}
	return r, nil
}

// PullRequestsBySHA returns the numbers, in order, of the pull requests that were
// judged with this head. GitHub does not name them for a fork's head.
func (db *DB) PullRequestsBySHA(ctx context.Context, repositoryID int64, sha string) ([]int, error) {
	numbers, err := collect(ctx, db, func(row func(...any) error) (n int, err error) { return n, row(&n) }, `
		SELECT pull_request FROM reports WHERE repository_id = $1 AND sha = $2 AND pull_request > 0
		ORDER BY pull_request`, repositoryID, sha)
	if err != nil {
		return nil, fmt.Errorf("read which pull requests have the head %s: %w", sha, err)
	}
	return numbers, nil
}

// pruneBatch bounds how many rows one transaction removes, so that others do not
// wait long.
const pruneBatch = 500

// PruneReports removes reports that were evaluated before a time, in small
// transactions, and returns how many.
func (db *DB) PruneReports(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		var removed int64
		err := db.Write(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, `
				DELETE FROM reports WHERE (repository_id, sha, pull_request) IN (
					SELECT repository_id, sha, pull_request FROM reports WHERE evaluated_at < $1 LIMIT $2)`,
				Millis(before), pruneBatch)
			if err != nil {
				return err
			}
			removed, err = result.RowsAffected()
			return err
		})
		total += int(removed)
		if err != nil {
			return total, fmt.Errorf("remove old reports: %w", err)
		}
		if removed < pruneBatch {
			return total, nil
		}
	}
}
