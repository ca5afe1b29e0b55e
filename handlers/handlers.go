package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/catalog/live"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/safehttp"
	"github.com/cairn-dev/cairn/internal/store"
)

// Handlers brings GitHub and Cairn's records into line, one job at a time. Its
// fields are what it works with; all are required.
type Handlers struct {
	GitHub   GitHub
	Store    Store
	Queue    Enqueuer
	Policies *Policies     // shared by all workers
	Catalog  *live.Catalog // in memory, of Store
	AppID    int64

	PolicyRepository string // of each organisation: ".github"
	PolicyPath       string // ".platform/policy.yaml"

	// Web reads what catalog files name outside of GitHub.
	Web *safehttp.Client

	// Strict takes in nothing of a catalog file with a broken document, as Backstage does.
	Strict bool
	// KeepOrphans keeps what a source does not describe any more, marked as orphan.
	KeepOrphans bool

	Now    func() time.Time
	Logger zerolog.Logger
}

// Store keeps what later events ask about; *store.DB does.
type Store interface {
	SaveReport(ctx context.Context, r store.Report) error
	// Report returns store.ErrNotFound when the commit was never judged.
	Report(ctx context.Context, repositoryID int64, sha string) (store.Report, error)
	// LatestReport is of a branch; store.ErrNotFound when it was never judged.
	LatestReport(ctx context.Context, repositoryID int64, branch string) (store.Report, error)
	PullRequestsBySHA(ctx context.Context, repositoryID int64, sha string) ([]int, error)
	SaveRepository(ctx context.Context, r store.Repository) error
	RepositoriesOf(ctx context.Context, installation int64) ([]store.Repository, error)
	// RepositoryByName returns store.ErrNotFound when nothing is known of it.
	RepositoryByName(ctx context.Context, name string) (store.Repository, error)
	// Repository returns store.ErrNotFound when nothing is known of it.
	Repository(ctx context.Context, id int64) (store.Repository, error)
	RemoveRepository(ctx context.Context, id int64) error
	ReplaceEntities(ctx context.Context, source store.Source, entities []store.Entity) (changed bool, err error)
	AddLocation(ctx context.Context, l store.Location) (store.Location, error) // store.ErrExists
	MoveLocation(ctx context.Context, l store.Location) error                  // store.ErrExists, store.ErrNotFound
	RemoveLocation(ctx context.Context, id string) error
	Locations(ctx context.Context) ([]store.Location, error)
	Location(ctx context.Context, id string) (store.Location, error) // store.ErrNotFound
	// SourceOf returns store.ErrNotFound when the source never said anything.
	SourceOf(ctx context.Context, key string) (store.SourceEntities, error)
}

// Enqueuer takes further work. It returns when the hints are on disk.
type Enqueuer interface {
	Enqueue(ctx context.Context, hints ...queue.Hint) error
}

// Register hands each kind of job to its worker. A new kind is one line here.
func (h *Handlers) Register(register func(kind string, w queue.Worker)) {
	register(kindPullRequest, worker(h.pullRequest))
	register(kindRepository, worker(h.repository))
	register(kindCommit, worker(h.commit))
	register(kindInstallation, worker(h.installation))
	register(kindComment, worker(h.comment))
	register(kindLocation, worker(h.location))
	register(kindPeople, worker(h.people))
}

// worker decodes a job's payload for the function that does the work. A payload
// that cannot be decoded never will be.
func worker[T any](do func(context.Context, queue.Job, T) (queue.Outcome, error)) queue.Worker {
	return func(ctx context.Context, job queue.Job) (queue.Outcome, error) {
		var body T
		if err := json.Unmarshal(job.Payload, &body); err != nil {
			return queue.Outcome{}, queue.Permanent(fmt.Errorf("payload of %s: %w", job.Key, err))
		}
		return do(ctx, job, body)
	}
}
