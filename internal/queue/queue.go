// Package queue is Cairn's durable intake and work queue, keyed like Kubernetes'
// work queue: what is queued is the name of a thing to reconcile, not an event. It
// lives in the tables of internal/store. It never drops what it accepted, never
// works on one key twice at a time over all replicas, and knows nothing of what
// the work is.
//
// The way of a delivery: [Queue.Accept] (intake.go) writes it and its hints in one
// transaction; a replica claims what is due (claim.go) and works on it (work.go)
// under a lease (lease.go); the result says what becomes of the job (retry.go).
//
// Start reading at [Delivery], [Hint] and [Queue].
package queue

import (
	"context"
	"encoding/json"
	"time"
)

// Delivery is one webhook delivery as GitHub sent it.
type Delivery struct {
	GUID           string // X-GitHub-Delivery: unique; a redelivery keeps it
	Event          string // X-GitHub-Event
	Action         string // the payload's action; may be ""
	InstallationID int64
	RepositoryID   int64
	Repository     string // owner/repo; "" for events without one
	ReceivedAt     time.Time
	Payload        []byte // as it came; up to GitHub's 25 MB
	Hints          []Hint // what it may have changed
}

// Hint says that a thing may have changed and has to be reconciled. A hint for a
// key that is still waiting replaces the waiting one's payload, keeps the earlier
// RunAt and starts the count of attempts anew; a hint that arrives while its key is
// being worked on makes one more round afterwards.
type Hint struct {
	Kind           string // which Worker takes it, such as "pull_request"
	Key            string // what is to be reconciled, such as "pr:acme/pay#12"
	InstallationID int64
	Payload        json.RawMessage // what the worker needs beyond the key; small
	RunAt          time.Time       // zero: at once
	// Delivery is the GUID of the delivery that asks; "" when none does. Accept sets
	// it. Work that follows from a job passes the job's on, so that the delivery's
	// record tells the whole story.
	Delivery string
}

// Job is a hint that is being worked on.
type Job struct {
	ID string // stays the same for a kind and key
	Hint
	Attempt int // 1 for the first

	owner string // with round: whose claim this is
	round int64
}

// Outcome is what a worker did, in one line, for people.
type Outcome struct {
	Summary string // "check run 'Golden path' completed: 83/100"
	URL     string // where to see it; may be ""
}

// Worker brings one thing into line. It must be idempotent: it is called again
// after an error, a crash or a repeated hint. ctx ends when the round takes longer
// than Options.Timeout, when the process has to stop, or when the lease was lost. A
// panic counts as an error.
type Worker func(ctx context.Context, job Job) (Outcome, error)
