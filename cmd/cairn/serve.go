package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/handlers"
	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/catalog/live"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/safehttp"
	"github.com/cairn-dev/cairn/internal/server"
	"github.com/cairn-dev/cairn/internal/store"
)

// Times of the running server.
const (
	grace             = 30 * time.Second // for jobs in hand when the process is told to stop
	recoveryEvery     = 5 * time.Minute  // between two looks into GitHub's delivery log
	pruneReportsEvery = 24 * time.Hour   // between two removals of reports that are too old
	sweepEvery        = 24 * time.Hour   // between two looks at every repository
	// readLocationsEvery is between two looks at what somebody registered: nobody tells
	// of a change there.
	readLocationsEvery = time.Hour
)

// gcPercent is what Go's GOGC is by default here. Most memory is the catalog's
// index, which lives as long as the process: leaving as much again for garbage, as
// Go does, would be waste.
const gcPercent = 25

func newServeCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server: take GitHub's deliveries and act on them",
		Long:  "Settings come from the environment and an optional file; `cairn config list` prints them all.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.LoadServer(file, os.LookupEnv)
			if err != nil {
				return err
			}
			if _, chosen := os.LookupEnv("GOGC"); !chosen {
				debug.SetGCPercent(gcPercent)
			}
			logger := newLogger(cmd.ErrOrStderr(), settings)
			app, err := newApp(cmd.Context(), settings, logger, nil)
			if err != nil {
				return err
			}
			listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", settings.Listen)
			if err != nil {
				return errors.Join(fmt.Errorf("listen on %s: %w", settings.Listen, err), app.db.Close())
			}
			return app.run(cmd.Context(), listener)
		},
	}
	addConfigFlag(cmd, &file)
	return cmd
}

func newLogger(w io.Writer, s config.Server) zerolog.Logger {
	if s.LogFormat == "text" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: true}
	}
	level, err := zerolog.ParseLevel(s.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel // LoadServer lets only known levels through
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// app is the whole program, wired.
type app struct {
	settings config.Server
	logger   zerolog.Logger
	db       *store.DB
	queue    *queue.Queue
	github   *github.Client
	catalog  *live.Catalog
	handlers *handlers.Handlers
	spent    *requests
	server   *server.Server
}

// newApp wires everything. done, if not nil, hears of every round of every job.
func newApp(ctx context.Context, s config.Server, logger zerolog.Logger, done func(queue.Job, queue.Outcome, error)) (*app, error) {
	db, err := store.Open(ctx, string(s.DatabaseURL))
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return wire(ctx, db, s, logger, done)
}

// wire is newApp on a database that is open. An error closes it.
func wire(ctx context.Context, db *store.DB, s config.Server, logger zerolog.Logger, done func(queue.Job, queue.Outcome, error)) (*app, error) {
	metrics, spent := server.NewMetrics(buildVersion()), &requests{}
	client, err := github.New(github.Config{
		WebURL: s.GitHub.WebURL, V3URL: s.GitHub.V3URL, V4URL: s.GitHub.V4URL,
		AppID: s.GitHub.AppID, PrivateKey: []byte(s.GitHub.PrivateKey), UserAgent: "cairn/" + buildVersion(),
		Logger: logger, Pauses: pauseStore{db}, Observer: observer{metrics, spent},
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	jobs := queue.New(db, queue.Options{
		Workers: s.Workers, Grace: grace, Logger: logger,
		OnDone: func(job queue.Job, outcome queue.Outcome, err error, took time.Duration) {
			logJob(logger, job, outcome, err, took)
			metrics.JobDone(job.Kind, queue.ResultOf(err), took)
			if done != nil {
				done(job, outcome, err)
			}
		},
	})
	known := live.New(db, logger)
	if err := known.Refresh(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	debug.FreeOSMemory() // loading left some behind
	h := &handlers.Handlers{
		GitHub: client, Store: db, Queue: jobs, Catalog: known, Strict: s.CatalogStrict, KeepOrphans: s.KeepOrphans, Web: safehttp.New(s.CatalogHosts), Policies: handlers.NewPolicies(db), AppID: s.GitHub.AppID,
		PolicyRepository: s.PolicyRepository, PolicyPath: s.PolicyPath, Now: time.Now, Logger: logger,
	}
	h.Register(jobs.Register)
	jobs.Periodic("recover deliveries", recoveryEvery, func(ctx context.Context) error {
		return recoverDeliveries(ctx, client, jobs, logger)
	}, queue.AtStart) // a restart is when deliveries were missed
	jobs.Periodic("sweep", sweepEvery, h.SweepAll, queue.AtStart) // so that a lost event heals
	jobs.Periodic("read registered locations", readLocationsEvery, h.Locations().ReadLocations, queue.AtStart)
	jobs.Periodic("prune reports", pruneReportsEvery, func(ctx context.Context) error {
		_, err := db.PruneReports(ctx, time.Now().Add(-store.ReportsKept))
		return err
	})
	metrics.WatchQueue(func(ctx context.Context) (server.Depth, error) {
		stats, err := jobs.Stats(ctx)
		return server.Depth{Waiting: stats.Waiting, Running: stats.Running, Failed: stats.Failed, OldestWaiting: stats.OldestDue}, err
	})
	a := &app{settings: s, logger: logger, db: db, queue: jobs, github: client, catalog: known, handlers: h, spent: spent}
	a.server = server.New(server.Routes{
		Webhook: &server.Webhook{
			Secret: string(s.GitHub.WebhookSecret), Events: handlers.EventNames(), Classify: handlers.Classify,
			Intake: jobs, Now: time.Now, Logger: logger, Metrics: metrics,
		},
		Metrics: metrics,
		Catalog: api.New(api.Options{
			Index: a.catalog.Index, Locations: h.Locations(), Scorecards: h.Scorecards,
			Guard: api.Guard{Tokens: s.APITokens, Open: s.APIOpen}, Logger: logger,
		}),
		Ready: db.PingContext,
	})
	return a, nil
}

// run serves and works until ctx ends. Then it takes no further deliveries, lets
// the jobs in hand finish or gives them back, and closes the database.
func (a *app) run(ctx context.Context, listener net.Listener) error {
	a.logger.Info().Str("listen", listener.Addr().String()).Str("version", buildVersion()).Msg("cairn is running")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.server.Serve(listener) })
	group.Go(func() error { return a.queue.Run(ctx) })
	group.Go(func() error { a.catalog.Watch(ctx, live.Every); return nil })
	group.Go(func() error {
		<-ctx.Done()
		a.logger.Info().Msg("stopping: no further deliveries, jobs in hand are finished or given back")
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		return a.server.Shutdown(stop)
	})
	err := group.Wait()
	return errors.Join(err, a.queue.Close(), a.db.Close())
}

// recoverDeliveries asks GitHub again for what it could not deliver.
func recoverDeliveries(ctx context.Context, client *github.Client, jobs *queue.Queue, logger zerolog.Logger) error {
	known := map[string]bool{}
	for _, name := range handlers.EventNames() {
		known[name] = true
	}
	since := time.Now().Add(-github.RedeliverableFor)
	gap, err := client.RecoverDeliveries(ctx, since, func(event string) bool { return known[event] }, jobs.Seen)
	if line := gap.String(); line != "" {
		logger.Info().Msg(line)
	}
	return err
}

func logJob(logger zerolog.Logger, job queue.Job, outcome queue.Outcome, err error, took time.Duration) {
	level := zerolog.InfoLevel
	if err != nil {
		level = zerolog.WarnLevel
	}
	logger.WithLevel(level).Err(err).Str("key", job.Key).Int("attempt", job.Attempt).Str("delivery", job.Delivery).
		Dur("took_ms", took).Str("url", outcome.URL).Msg(outcome.Summary)
}

// pauseStore shares GitHub's pauses among the replicas.
type pauseStore struct{ *store.DB }

func (p pauseStore) Pauses(ctx context.Context, now time.Time) ([]github.Pause, error) {
	kept, err := p.DB.Pauses(ctx, now)
	out := make([]github.Pause, len(kept))
	for i, k := range kept {
		out[i] = github.Pause(k)
	}
	return out, err
}

// requests counts what was asked of GitHub.
type requests struct{ all, graphQL atomic.Int64 }

// observer passes what the GitHub client saw to Prometheus, and counts it.
type observer struct {
	metrics *server.Metrics
	spent   *requests
}

func (o observer) Request(r github.Request) {
	o.spent.all.Add(1)
	if r.Resource == "graphql" {
		o.spent.graphQL.Add(1)
	}
	o.metrics.GitHubRequest(strconv.FormatInt(r.InstallationID, 10), r.Resource, r.Route, strconv.Itoa(r.Status))
}

func (o observer) Budget(b github.Budget) {
	o.metrics.GitHubRemaining(strconv.FormatInt(b.InstallationID, 10), b.Resource, b.Remaining)
}
