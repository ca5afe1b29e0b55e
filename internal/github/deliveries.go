package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

// Attempt is one line of the App's delivery log: one try to deliver a webhook. A
// redelivery is a further attempt with the same GUID.
type Attempt struct {
	ID             int64
	GUID           string // X-GitHub-Delivery
	At             time.Time
	StatusCode     int // what Cairn answered; 0 when it could not be reached
	Status         string
	Event, Action  string
	InstallationID int64
	RepositoryID   int64
	Redelivery     bool
}

// GitHub keeps deliveries for redelivery this long (docs.github.com, "Redelivering
// webhooks"), and what Cairn makes of it.
const (
	RedeliverableFor = 3 * 24 * time.Hour
	// settling leaves alone what may still be under way: GitHub waits 10 s for an
	// answer (30 s on Enterprise Server), and an answer is logged after it came.
	settling = time.Minute
	// maxAttempts of one delivery: what was refused so often will be again.
	maxAttempts = 5
)

// taken is what Cairn answers to a delivery once it is on disk, or once it is clear
// that there is nothing to do about it. A 200 is somebody else's answer.
const taken = http.StatusAccepted

// Missed returns the attempts to redeliver, oldest first: the latest of every
// delivery that no attempt brought to Cairn, by its answer and by the GUIDs it has
// (seen). relevant says which events Cairn takes in.
func Missed(log []Attempt, seen map[string]bool, relevant func(event string) bool, now time.Time) []Attempt {
	latest := map[string]Attempt{}
	tries, arrived := map[string]int{}, map[string]bool{}
	for _, a := range log {
		tries[a.GUID]++
		arrived[a.GUID] = arrived[a.GUID] || a.StatusCode == taken
		if old, ok := latest[a.GUID]; !ok || a.At.After(old.At) || a.At.Equal(old.At) && a.ID > old.ID {
			latest[a.GUID] = a
		}
	}
	var out []Attempt
	for guid, a := range latest {
		age := now.Sub(a.At)
		if !arrived[guid] && !seen[guid] && relevant(a.Event) && age >= settling && age <= RedeliverableFor && tries[guid] < maxAttempts {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Attempt) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// ListDeliveries returns the App's delivery log back to since, newest first; 100
// attempts a REST request.
func (c *Client) ListDeliveries(ctx context.Context, since time.Time) ([]Attempt, error) {
	const op = "read the App's delivery log"
	var out []Attempt
	opts := &gogithub.ListCursorOptions{PerPage: perPage}
	for range maxPages {
		page, resp, err := c.app.Apps.ListHookDeliveries(ctx, opts)
		if err != nil {
			return nil, c.explain(0, op, "", err)
		}
		for _, d := range page {
			if d.GetDeliveredAt().Before(since) {
				return out, nil
			}
			out = append(out, attemptOf(d))
		}
		if resp.Cursor == "" || len(page) == 0 {
			return out, nil
		}
		opts.Cursor = resp.Cursor
	}
	return nil, fmt.Errorf("%s: it does not end", op)
}

func attemptOf(d *gogithub.HookDelivery) Attempt {
	return Attempt{
		ID: d.GetID(), GUID: d.GetGUID(), At: d.GetDeliveredAt().Time, StatusCode: d.GetStatusCode(), Status: d.GetStatus(),
		Event: d.GetEvent(), Action: d.GetAction(), InstallationID: d.GetInstallationID(),
		RepositoryID: d.GetRepositoryID(), Redelivery: d.GetRedelivery(),
	}
}

// Redeliver asks GitHub to deliver once more; it arrives later, as a webhook with
// the same GUID. id is Attempt.ID. One REST request.
func (c *Client) Redeliver(ctx context.Context, id int64) error {
	_, _, err := c.app.Apps.RedeliverHookDelivery(ctx, id)
	if _, accepted := errors.AsType[*gogithub.AcceptedError](err); accepted {
		return nil // 202 is GitHub's yes; go-github returns it as an error
	}
	return c.explain(0, fmt.Sprintf("redeliver webhook delivery %d", id), "", err)
}

// Gap is what a look into the delivery log found and asked for again.
type Gap struct {
	First, Last time.Time // of the missed deliveries
	Missed      int
	Recovered   int // accepted for redelivery
}

// String is one line for the log: "gap 09:02-09:17: 14 deliveries, 14 recovered".
// Times are UTC; "" when nothing was missed.
func (g Gap) String() string {
	if g.Missed == 0 {
		return ""
	}
	noun := "deliveries"
	if g.Missed == 1 {
		noun = "delivery"
	}
	return fmt.Sprintf("gap %s-%s: %d %s, %d recovered",
		g.First.UTC().Format("15:04"), g.Last.UTC().Format("15:04"), g.Missed, noun, g.Recovered)
}

// RecoverDeliveries reads the delivery log back to since and redelivers what Cairn
// missed. seen returns which of the GUIDs Cairn has; relevant says which events it
// takes in. Deliveries that GitHub will not send again are passed over and named
// in the error, next to the Gap of the others; a rate limit stops it.
func (c *Client) RecoverDeliveries(ctx context.Context, since time.Time, relevant func(event string) bool,
	seen func(ctx context.Context, guids []string) (map[string]bool, error),
) (Gap, error) {
	log, err := c.ListDeliveries(ctx, since)
	if err != nil {
		return Gap{}, err
	}
	now := c.clock.Now()
	candidates := Missed(log, nil, relevant, now)
	if len(candidates) == 0 {
		return Gap{}, nil
	}
	guids := make([]string, len(candidates))
	for i, a := range candidates {
		guids[i] = a.GUID
	}
	have, err := seen(ctx, guids)
	if err != nil {
		return Gap{}, fmt.Errorf("look which deliveries are known: %w", err)
	}
	missed := Missed(log, have, relevant, now)
	if len(missed) == 0 {
		return Gap{}, nil
	}
	gap := Gap{First: missed[0].At, Last: missed[len(missed)-1].At, Missed: len(missed)}
	var problems []error
	for _, a := range missed {
		if err := c.Redeliver(ctx, a.ID); err != nil {
			problems = append(problems, err)
			if _, limited := errors.AsType[*RateLimitedError](err); limited || ctx.Err() != nil {
				break
			}
			continue
		}
		gap.Recovered++
	}
	return gap, errors.Join(problems...)
}
