package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cairn-dev/cairn/checks"
	"github.com/cairn-dev/cairn/checks/scorecard"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/repo"
	"github.com/cairn-dev/cairn/internal/store"
)

// Scorecards scores an entity of the catalog by its organisation's policy, with the
// golden path's last verdict on its repository. It asks nothing of GitHub: facts of
// the repository itself are not available here. ref is lower-cased
// kind:namespace/name.
func (h *Handlers) Scorecards(ctx context.Context, ref string) (any, error) {
	text, ok := h.Catalog.Index.ByRef(ref)
	if !ok {
		return nil, api.NotFound("No entity named %s", ref)
	}
	in, err := scored(text)
	if err != nil {
		return nil, err
	}
	key, _ := h.Catalog.Index.Source(ref)
	source, err := h.Store.SourceOf(ctx, key)
	if err != nil {
		return nil, err
	}
	name, _ := repo.ParseName(source.Repository)
	policy, err := h.Policies.inForce(ctx, name.Owner)
	if err != nil {
		return nil, err
	}
	if in.Report, err = h.lastReport(ctx, source.RepositoryID); err != nil {
		return nil, err
	}
	return scorecard.EvaluateAll(in, policy.policy.Scorecards), nil
}

// scored reads an entity as the catalog serves it.
func scored(text []byte) (scorecard.Input, error) {
	var served map[string]json.RawMessage
	if err := json.Unmarshal(text, &served); err != nil {
		return scorecard.Input{}, fmt.Errorf("read an entity: %w", err)
	}
	var relations []struct{ Type, TargetRef string }
	if list, ok := served["relations"]; ok {
		if err := json.Unmarshal(list, &relations); err != nil {
			return scorecard.Input{}, fmt.Errorf("read an entity's relations: %w", err)
		}
	}
	delete(served, "relations") // what the catalog added is no part of the entity
	delete(served, "status")
	own, err := json.Marshal(served)
	if err != nil {
		return scorecard.Input{}, fmt.Errorf("write an entity: %w", err)
	}
	entity, err := catalog.EntityFromJSON(own)
	if err != nil {
		return scorecard.Input{}, err
	}
	in := scorecard.Input{Entity: entity}
	for _, r := range relations {
		target, err := catalog.ParseRef(r.TargetRef, "", "")
		if err != nil {
			continue // as the author wrote it; it leads nowhere
		}
		in.Relations = append(in.Relations, catalog.Relation{Source: entity.Ref(), Type: r.Type, Target: target})
	}
	return in, nil
}

// lastReport is the golden path's last verdict on the default branch; nil when there
// is none.
func (h *Handlers) lastReport(ctx context.Context, repositoryID int64) (*checks.Report, error) {
	known, err := h.Store.Repository(ctx, repositoryID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stored, err := h.Store.LatestReport(ctx, known.ID, known.DefaultBranch)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	report := &checks.Report{}
	if err := json.Unmarshal(stored.JSON, report); err != nil {
		return nil, fmt.Errorf("read the report of %s: %w", known.Name, err)
	}
	return report, nil
}
