package queue

import (
	"errors"
	"fmt"
	"time"
)

// The results of a round, as ResultOf names them.
const (
	ResultDone    = "done"    // the thing is in line
	ResultRetried = "retried" // an error; the job is tried again later
	ResultPaused  = "paused"  // not before a certain time; does not count as an attempt
	ResultFailed  = "failed"  // an error for good: it waits for `cairn queue retry` or a newer event
)

// Permanent marks an error that trying again does not mend: the job fails at once.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

type permanentError struct{ cause error }

func (e permanentError) Error() string { return e.cause.Error() }
func (e permanentError) Unwrap() error { return e.cause }

// RetryAt marks an error that says when to try again, such as a rate limit: the job
// waits until then and the round does not count as an attempt. Any error with a
// method RetryAt() time.Time does the same.
func RetryAt(err error, at time.Time) error {
	if err == nil {
		return nil
	}
	return retryAtError{err, at}
}

type retryAtError struct {
	cause error
	at    time.Time
}

func (e retryAtError) Error() string      { return e.cause.Error() }
func (e retryAtError) Unwrap() error      { return e.cause }
func (e retryAtError) RetryAt() time.Time { return e.at }

// retryTime is the time that err asks for.
func retryTime(err error) (time.Time, bool) {
	var timed interface {
		error
		RetryAt() time.Time
	}
	if errors.As(err, &timed) && !timed.RetryAt().IsZero() {
		return timed.RetryAt(), true
	}
	return time.Time{}, false
}

// ResultOf names what err, as OnDone gets it, means for the job: done, retried,
// paused or failed.
func ResultOf(err error) string {
	if err == nil {
		return ResultDone
	}
	if _, permanent := errors.AsType[permanentError](err); permanent {
		return ResultFailed
	}
	if _, timed := retryTime(err); timed {
		return ResultPaused
	}
	return ResultRetried
}

// maxPause bounds how far an error can put a job off.
const maxPause = 24 * time.Hour

// judge decides what becomes of a job after a round, and returns the error as
// OnDone gets it.
func (q *Queue) judge(job Job, err error) (finish, error) {
	now := q.now()
	f := finish{job: job, attempt: job.Attempt}
	if err != nil && ResultOf(err) == ResultRetried && job.Attempt >= q.options.MaxAttempts {
		err = Permanent(fmt.Errorf("gave up after %d attempts: %w", job.Attempt, err))
	}
	switch ResultOf(err) {
	case ResultDone:
		f.state = Done
	case ResultFailed:
		f.state = Failed
	case ResultPaused:
		at, _ := retryTime(err)
		earliest, latest := now.Add(q.options.FirstBackoff), now.Add(maxPause)
		f.state, f.attempt, f.runAt = Waiting, job.Attempt-1, at
		if at.Before(earliest) {
			f.runAt = earliest
		} else if at.After(latest) {
			f.runAt = latest
		}
	default:
		f.state, f.runAt = Waiting, now.Add(q.backoff(job.Attempt))
	}
	return f, err
}

// backoff is how long to wait after an attempt: anything at random up to a bound
// that doubles each time ("full jitter"), so that jobs that failed together do not
// come back together.
func (q *Queue) backoff(attempt int) time.Duration {
	full := q.options.FirstBackoff
	for i := 1; i < attempt && full < q.options.MaxBackoff; i++ {
		full *= 2
	}
	full = min(full, q.options.MaxBackoff)
	return time.Duration(q.options.Random() * float64(full))
}
