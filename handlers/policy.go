package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/store"
)

// PolicyStore remembers each organisation's last good policy.
type PolicyStore interface {
	// Policy returns store.ErrNotFound when there is none.
	Policy(ctx context.Context, owner string) (oid, text string, err error)
	SavePolicy(ctx context.Context, owner, oid, text string) error
}

// Policies holds the policy in force for each organisation: the last one that was
// in order. It is safe for concurrent use.
type Policies struct {
	store PolicyStore

	mu      sync.Mutex
	byOwner map[string]policyInForce
}

type policyInForce struct {
	oid    string // of the file it was read from; "" for the default
	policy *config.Policy
}

// NewPolicies returns the policies that the store remembers.
func NewPolicies(s PolicyStore) *Policies {
	return &Policies{store: s, byOwner: map[string]policyInForce{}}
}

// inForce returns the organisation's policy as it was last known.
func (p *Policies) inForce(ctx context.Context, owner string) (policyInForce, error) {
	key := strings.ToLower(owner)
	p.mu.Lock()
	known, ok := p.byOwner[key]
	p.mu.Unlock()
	if ok {
		return known, nil
	}
	return p.lastGood(ctx, key)
}

// lastGood reads what the store remembers: another replica may have seen a later
// policy than this one.
func (p *Policies) lastGood(ctx context.Context, key string) (policyInForce, error) {
	known := policyInForce{policy: config.DefaultPolicy()}
	oid, text, err := p.store.Policy(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return policyInForce{}, fmt.Errorf("policy of %s: %w", key, err)
	default:
		// A policy that an earlier release took may be refused by this one: then the
		// default holds until GitHub shows the file again.
		if policy, err := config.ParsePolicy("policy of "+key, text); err == nil {
			known = policyInForce{oid: oid, policy: policy}
		}
	}
	p.keep(key, known)
	return known, nil
}

func (p *Policies) keep(key string, in policyInForce) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byOwner[key] = in
}

// take compares the policy file that was just read with the one in force. A file
// that is in order comes into force; one that is not leaves the last good policy in
// force and its problems are told. No file is the default policy.
func (p *Policies) take(ctx context.Context, owner string, doc *github.Document) (policyInForce, []config.Problem, error) {
	known, err := p.inForce(ctx, owner)
	if err != nil {
		return policyInForce{}, nil, err
	}
	key := strings.ToLower(owner)
	switch {
	case doc == nil && known.oid == "":
		return known, nil, nil
	case doc == nil:
		known = policyInForce{policy: config.DefaultPolicy()}
		p.keep(key, known)
		return known, nil, p.store.SavePolicy(ctx, key, "", "")
	case doc.File.OID == known.oid:
		return known, nil, nil
	}
	file := doc.Repository.String() + "/" + doc.File.Path
	if !doc.File.Read {
		known, err := p.lastGood(ctx, key)
		return known, []config.Problem{{File: file, Message: "could not be read: " + doc.File.Reason}}, err
	}
	policy, err := config.ParsePolicy(file, doc.File.Text)
	var problems *config.PolicyError
	switch {
	case errors.As(err, &problems):
		known, err := p.lastGood(ctx, key)
		return known, problems.Problems, err
	case err != nil:
		return policyInForce{}, nil, fmt.Errorf("policy of %s: %w", owner, err)
	}
	known = policyInForce{oid: doc.File.OID, policy: policy}
	if err := p.store.SavePolicy(ctx, key, known.oid, doc.File.Text); err != nil {
		return policyInForce{}, nil, fmt.Errorf("keep policy of %s: %w", owner, err)
	}
	p.keep(key, known)
	return known, nil, nil
}
