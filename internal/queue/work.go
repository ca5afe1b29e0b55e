package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Why a round's context ends.
var (
	errStopping  = errors.New("the process is stopping")
	errLeaseLost = errors.New("the lease on the job was lost")
	errTimeout   = errors.New("the round took too long")
)

const (
	// errorPause is how long to wait before the database is asked again after an error.
	errorPause = time.Second
	// lastWait is how long, after the grace, workers may take to notice that their
	// context ended.
	lastWait = 5 * time.Second
)

// claimed is a job in hand.
type claimed struct {
	job    Job
	until  time.Time // end of the lease
	cancel context.CancelCauseFunc
}

// Run works until ctx ends, then drains: it claims nothing more, lets the jobs in
// hand go on for Options.Grace, then ends their contexts and gives back those that
// did not finish, without counting the attempt. It returns an error only when it
// cannot begin; what goes wrong later is logged and tried again.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.schedulePeriodic(ctx); err != nil {
		return fmt.Errorf("schedule periodic work: %w", err)
	}
	if err := q.rescueAtStart(ctx); err != nil {
		return fmt.Errorf("take up what was left: %w", err)
	}
	working, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(errStopping)
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	var background, workers sync.WaitGroup
	background.Go(func() { q.listen(ctx) })
	background.Go(func() { q.repeat(ctx, q.options.Lease/6, "rescue", q.rescue) })
	background.Go(func() { q.repeat(keeping, q.options.Lease/4, "renew", q.renew) }) // also while draining
	q.claimAndStart(ctx, working, &workers)
	q.drain(&workers, stop)
	stopKeeping()
	background.Wait()
	return nil
}

// claimAndStart starts due jobs while there are places, until ctx ends.
func (q *Queue) claimAndStart(ctx, working context.Context, workers *sync.WaitGroup) {
	for ctx.Err() == nil {
		wait := q.options.Poll
		if free := q.options.Workers - q.inHand(); free > 0 {
			jobs, next, err := q.claim(ctx, free)
			for _, job := range jobs {
				q.start(working, workers, job)
			}
			switch {
			case err != nil && ctx.Err() == nil:
				q.options.Logger.Error().Err(err).Msg("the queue cannot be read; trying again")
				wait = errorPause
			case len(jobs) > 0:
				continue // more may be due
			case !next.IsZero():
				wait = min(wait, max(next.Sub(q.now()), time.Millisecond))
			}
		}
		select {
		case <-q.wake:
		case <-q.options.Clock.After(wait):
		case <-ctx.Done():
		}
	}
}

func (q *Queue) inHand() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.running)
}

// start works on a claimed job in a goroutine of its own.
func (q *Queue) start(working context.Context, workers *sync.WaitGroup, job Job) {
	ctx, cancel := context.WithCancelCause(working)
	q.mu.Lock()
	q.running[job.ID] = &claimed{job: job, until: q.now().Add(q.options.Lease), cancel: cancel}
	q.mu.Unlock()
	workers.Go(func() {
		defer q.signal() // a place is free
		defer func() {
			cancel(nil)
			q.release(job.ID)
		}()
		q.work(ctx, job)
	})
}

// work makes one round and records how it ended.
func (q *Queue) work(ctx context.Context, job Job) {
	started := q.now()
	ctx, cancel := context.WithTimeoutCause(ctx, q.options.Timeout, errTimeout)
	outcome, err := q.call(ctx, job)
	cause := context.Cause(ctx)
	cancel()
	took := q.now().Sub(started)
	switch {
	case errors.Is(cause, errLeaseLost):
		q.options.Logger.Warn().Str("key", job.Key).Msg("the lease was lost while working; the job is taken up anew")
		return
	case err != nil && errors.Is(cause, errStopping):
		q.settle(ctx, finish{job: job, state: Waiting, attempt: job.Attempt - 1, runAt: job.RunAt})
		q.options.Logger.Info().Str("key", job.Key).Msg("given back: the process is stopping")
		return
	case err != nil && errors.Is(cause, errTimeout):
		err = fmt.Errorf("stopped after %s: %w", q.options.Timeout, err)
	}
	period, periodic := q.periods[job.Kind]
	f, err := q.judge(job, err)
	f.outcome = outcome
	if err != nil {
		f.problem = err.Error()
	}
	if periodic {
		f.runAt, f.attempt = q.nextPeriod(f, job, period.every, err)
		f.state = Waiting
	}
	if q.settle(ctx, f) && (!periodic || err != nil) {
		q.options.OnDone(job, outcome, err, took)
	}
}

// call runs the worker. A panic becomes an error; its stack goes to the log only.
func (q *Queue) call(ctx context.Context, job Job) (outcome Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			q.options.Logger.Error().Str("key", job.Key).Interface("panic", r).Str("stack", string(debug.Stack())).Msg("a worker panicked")
			outcome, err = Outcome{}, fmt.Errorf("panic: %v", r)
		}
	}()
	return q.workers[job.Kind](ctx, job)
}

// settle records the end of a round, and tries again while the lease lasts: when
// the database is away longer, the job is rescued and its round repeated. It reports
// whether the end is on disk.
func (q *Queue) settle(ctx context.Context, f finish) bool {
	ctx = context.WithoutCancel(ctx)
	until := q.now().Add(q.options.Lease)
	for {
		err := q.send(ctx, &write{finish: &f, done: make(chan error, 1)})
		if err == nil {
			return f.written
		}
		q.options.Logger.Error().Err(err).Str("key", f.job.Key).Msg("the end of a round could not be recorded")
		if errors.Is(err, ErrClosed) || !q.now().Before(until) {
			return false
		}
		<-q.options.Clock.After(errorPause)
	}
}

// drain waits for the jobs in hand.
func (q *Queue) drain(workers *sync.WaitGroup, stop context.CancelCauseFunc) {
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-q.options.Clock.After(q.options.Grace):
	}
	stop(errStopping)
	select {
	case <-done:
	case <-q.options.Clock.After(lastWait):
		q.options.Logger.Warn().Int("jobs", q.inHand()).Msg("jobs do not stop; they are taken up when their leases end")
	}
}

// listen wakes this replica when another has queued work, and reconnects.
func (q *Queue) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := q.db.Listen(ctx, channel, q.signal)
		if ctx.Err() != nil {
			return
		}
		q.options.Logger.Warn().Err(err).Dur("poll_ms", q.options.Poll).Msg("not listening for work; polling until the connection is back")
		select {
		case <-q.options.Clock.After(errorPause):
		case <-ctx.Done():
		}
	}
}

// repeat calls do every so often until ctx ends.
func (q *Queue) repeat(ctx context.Context, every time.Duration, what string, do func(context.Context) error) {
	for {
		select {
		case <-q.options.Clock.After(every):
		case <-ctx.Done():
			return
		}
		if err := do(ctx); err != nil && ctx.Err() == nil {
			q.options.Logger.Error().Err(err).Str("doing", what).Msg("the queue's upkeep met an error; trying again")
		}
	}
}
