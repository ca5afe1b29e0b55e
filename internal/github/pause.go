package github

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// The resources GitHub limits apart (x-ratelimit-resource), and all of them.
const (
	ResourceAll     = "all"
	ResourceCore    = "core"
	ResourceGraphQL = "graphql"
)

// Pause says that an installation may not call GitHub for a while.
type Pause struct {
	InstallationID int64  // 0: the App itself
	Resource       string // core, graphql, …; all
	Until          time.Time
	Why            string // "secondary rate limit", in words for an operator
}

// PauseStore shares pauses among the replicas.
//
// Pause keeps the later of the two when one is there for the installation and
// resource. Pauses returns those that end after now, of all installations. Both
// may be called by several goroutines at once. A store that fails does not stop
// the calls: each process then obeys the pauses it met itself.
type PauseStore interface {
	Pause(ctx context.Context, installationID int64, resource string, until time.Time, why string) error
	Pauses(ctx context.Context, now time.Time) ([]Pause, error)
}

const (
	// pausesReadEvery bounds how often the shared pauses are read.
	pausesReadEvery = 3 * time.Second
	// pauseStoreTimeout bounds one call of the store.
	pauseStoreTimeout = 2 * time.Second
)

// pauses knows the pauses in force, this process's and those of the others.
type pauses struct {
	store  PauseStore // may be nil
	clock  Clock
	logger zerolog.Logger

	reading sync.Mutex // held by the one that reads the store
	mu      sync.Mutex
	known   map[pauseKey]Pause
	readAt  time.Time
}

type pauseKey struct {
	installation int64
	resource     string
}

func newPauses(store PauseStore, clock Clock, logger zerolog.Logger) *pauses {
	return &pauses{store: store, clock: clock, logger: logger, known: map[pauseKey]Pause{}}
}

// inForce returns the pause that forbids a call now, the longest when several do.
func (p *pauses) inForce(ctx context.Context, installation int64, resource string) (Pause, bool) {
	p.refresh(ctx)
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	var longest Pause
	for _, r := range []string{resource, ResourceAll} {
		key := pauseKey{installation, r}
		pause, ok := p.known[key]
		switch {
		case !ok:
		case !pause.Until.After(now):
			delete(p.known, key)
		case pause.Until.After(longest.Until):
			longest = pause
		}
	}
	return longest, !longest.Until.IsZero()
}

// add remembers a pause here and in the store. It outlives the caller's context:
// a cancelled job must not hide a limit from the others.
func (p *pauses) add(ctx context.Context, pause Pause) {
	if !p.remember(pause) {
		return
	}
	p.logger.Warn().Int64("installation", pause.InstallationID).Str("resource", pause.Resource).
		Time("until", pause.Until).Str("why", pause.Why).Msg("GitHub calls are paused")
	if p.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pauseStoreTimeout)
	defer cancel()
	if err := p.store.Pause(ctx, pause.InstallationID, pause.Resource, pause.Until, pause.Why); err != nil {
		p.logger.Error().Err(err).Msg("the pause could not be shared with the other replicas")
	}
}

// remember reports whether the pause is longer than the one known.
func (p *pauses) remember(pause Pause) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pauseKey{pause.InstallationID, pause.Resource}
	if old, ok := p.known[key]; ok && !pause.Until.After(old.Until) {
		return false
	}
	p.known[key] = pause
	return true
}

// refresh reads the store when it was last read long enough ago. Whoever comes
// while it is being read goes on with what is known.
func (p *pauses) refresh(ctx context.Context) {
	if p.store == nil || !p.reading.TryLock() {
		return
	}
	defer p.reading.Unlock()
	now := p.clock.Now()
	if !p.readAt.IsZero() && now.Sub(p.readAt) < pausesReadEvery {
		return
	}
	p.readAt = now // only touched while reading is held
	ctx, cancel := context.WithTimeout(ctx, pauseStoreTimeout)
	defer cancel()
	shared, err := p.store.Pauses(ctx, now)
	if err != nil {
		p.logger.Error().Err(err).Msg("the other replicas' pauses could not be read")
		return
	}
	for _, pause := range shared {
		p.remember(pause)
	}
}
