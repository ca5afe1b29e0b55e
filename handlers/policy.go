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

// Policies knows the policy in force for each organisation: the last one that was in
// order, as the store remembers it for all replicas. It is safe for concurrent use.
type Policies struct {
	store PolicyStore

	mu     sync.Mutex
	parsed map[string]policyInForce // by owner: what was parsed last, to parse it once
}

type policyInForce struct {
	oid    string // of the file it was read from; "" for the default
	policy *config.Policy
}

// NewPolicies returns the policies that the store remembers.
func NewPolicies(s PolicyStore) *Policies {
	return &Policies{store: s, parsed: map[string]policyInForce{}}
}

// inForce returns the organisation's policy as any replica knew it last.
func (p *Policies) inForce(ctx context.Context, owner string) (policyInForce, error) {
	key := strings.ToLower(owner)
	oid, text, err := p.store.Policy(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return policyInForce{policy: config.DefaultPolicy()}, nil
	case err != nil:
		return policyInForce{}, fmt.Errorf("policy of %s: %w", owner, err)
	}
	p.mu.Lock()
	known, ok := p.parsed[key]
	p.mu.Unlock()
	if ok && known.oid == oid {
		return known, nil
	}
	if policy, err := config.ParsePolicy("policy of "+owner, text); err == nil {
		return p.keep(key, policyInForce{oid: oid, policy: policy}), nil
	}
	// A policy that an earlier release took may be refused by this one: then the
	// default holds until GitHub shows the file again.
	return policyInForce{policy: config.DefaultPolicy()}, nil
}

func (p *Policies) keep(key string, in policyInForce) policyInForce {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parsed[key] = in
	return in
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
		return policyInForce{policy: config.DefaultPolicy()}, nil, p.store.SavePolicy(ctx, key, "", "")
	case doc.File.OID == known.oid:
		return known, nil, nil
	}
	file := doc.Repository.String() + "/" + doc.File.Path
	if !doc.File.Read {
		return known, []config.Problem{{File: file, Message: "could not be read: " + doc.File.Reason}}, nil
	}
	policy, err := config.ParsePolicy(file, doc.File.Text)
	var problems *config.PolicyError
	switch {
	case errors.As(err, &problems):
		return known, problems.Problems, nil
	case err != nil:
		return policyInForce{}, nil, fmt.Errorf("policy of %s: %w", owner, err)
	}
	if err := p.store.SavePolicy(ctx, key, doc.File.OID, doc.File.Text); err != nil {
		return policyInForce{}, nil, fmt.Errorf("keep policy of %s: %w", owner, err)
	}
	return p.keep(key, policyInForce{oid: doc.File.OID, policy: policy}), nil, nil
}
