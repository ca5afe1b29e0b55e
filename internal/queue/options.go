package queue

import (
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/store"
)

// Options sets up a Queue. Zero values mean the defaults in brackets.
type Options struct {
	Workers int           // rounds at the same time in this process [8]
	Grace   time.Duration // how long jobs in hand may go on when Run is told to stop [30 s]
	Timeout time.Duration // of one round [10 min]
	Lease   time.Duration // after a crash, a job is free again within it [60 s]
	Poll    time.Duration // between looks for work that nobody announced [1 s]

	MaxAttempts  int           // then a job has failed [12]
	FirstBackoff time.Duration // after the first error; doubles [1 s]
	MaxBackoff   time.Duration // [15 min]

	KeepDeliveries time.Duration // records of what arrived [7 days]
	KeepDone       time.Duration // [7 days]
	KeepFailed     time.Duration // [30 days]

	// OnDone hears of every round that ended: see ResultOf for what err means. It is
	// called by the workers, several at once, and must not block. A job that is given
	// back at shutdown has not ended, and periodic work is told only when it failed.
	OnDone func(job Job, outcome Outcome, err error, took time.Duration)

	Logger zerolog.Logger // panics with their stacks, and what the queue itself meets; jobs are OnDone's
	Clock  Clock          // [the machine's]
	Random func() float64 // in [0, 1), for jitter
}

// Clock tells the time. Replicas' clocks must agree within a few seconds: leases
// are compared across them.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type machineClock struct{}

func (machineClock) Now() time.Time                         { return time.Now() }
func (machineClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func (o Options) withDefaults() Options {
	defaultTo(&o.Workers, 8)
	defaultTo(&o.Grace, 30*time.Second)
	defaultTo(&o.Timeout, 10*time.Minute)
	defaultTo(&o.Lease, time.Minute)
	defaultTo(&o.Poll, time.Second)
	defaultTo(&o.MaxAttempts, 12)
	defaultTo(&o.FirstBackoff, time.Second)
	defaultTo(&o.MaxBackoff, 15*time.Minute)
	defaultTo(&o.KeepDeliveries, 7*24*time.Hour)
	defaultTo(&o.KeepDone, 7*24*time.Hour)
	defaultTo(&o.KeepFailed, 30*24*time.Hour)
	if o.OnDone == nil {
		o.OnDone = func(Job, Outcome, error, time.Duration) {}
	}
	if o.Clock == nil {
		o.Clock = machineClock{}
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return o
}

func defaultTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// ErrClosed is the answer to work that comes after Close.
var ErrClosed = errors.New("the queue is closed")

// Queue takes deliveries and hints and works on them. Make it with New, Register
// the workers, then Run it; a process that only takes in or looks need not run it.
// It is safe for concurrent use. On SQLite one Queue at a time may Run.
type Queue struct {
	db      *store.DB
	options Options
	owner   string // names this Queue in claims
	workers map[string]Worker
	periods map[string]period // periodic work by kind

	wake   chan struct{} // holds a token when there may be work
	intake chan *write
	closed chan struct{} // closed when no more writes are taken
	idle   chan struct{} // closed when the last write is done

	sending sync.RWMutex // held by senders to intake, so that Close can wait for them
	mu      sync.Mutex
	running map[string]*claimed // by job ID
	ended   chan struct{}       // closed and renewed when a round has ended
}

// New makes a queue over migrated tables. Close ends it.
func New(db *store.DB, options Options) *Queue {
	q := &Queue{
		db: db, options: options.withDefaults(), owner: cryptorand.Text(),
		workers: map[string]Worker{}, periods: map[string]period{},
		wake: make(chan struct{}, 1), intake: make(chan *write, maxBatch), closed: make(chan struct{}), idle: make(chan struct{}),
		running: map[string]*claimed{}, ended: make(chan struct{}),
	}
	q.Periodic("prune", pruneEvery, q.prune)
	go q.writeBatches()
	return q
}

// Register names the worker for a kind of job. It must come before Run.
func (q *Queue) Register(kind string, w Worker) { q.workers[kind] = w }

// Close takes no more deliveries and hints and returns when those already taken
// are on disk. Run must have returned before. The database stays open.
func (q *Queue) Close() error {
	q.sending.Lock()
	select {
	case <-q.closed:
	default:
		close(q.closed)
		close(q.intake)
	}
	q.sending.Unlock()
	<-q.idle
	return nil
}

// signal says that there may be work.
func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) now() time.Time { return q.options.Clock.Now() }
