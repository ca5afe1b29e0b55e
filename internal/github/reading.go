package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/cairn-dev/cairn/internal/repo"
)

// Bounds of the further reads for texts that GraphQL cuts.
const (
	maxText      = 1 << 20 // bytes of one file
	maxBlobReads = 4       // for one pull request or branch
)

// reading is one read in progress.
type reading struct {
	client *Client
	inst   *installation
	op     string
	opts   ReadOptions
	asked  repo.Want // what the Snapshots answer for: sorted, depths within bounds
	want   repo.Want // the same, with folders' names only after a too large answer
	thin   bool      // the answer with all texts was too large
	splits bool      // the caller asks for less at once rather than without texts

	texts     map[string]string // by object ID
	blobReads int
	unguarded map[string]bool // aliases of repositories whose protection GitHub does not show
}

func (c *Client) startReading(installationID int64, op string, opts ReadOptions) (*reading, error) {
	inst, err := c.installation(installationID)
	if err != nil {
		return nil, err
	}
	want := opts.Want.Merge(repo.Want{})
	for i, d := range want.Dirs {
		want.Dirs[i].Depth = min(max(d.Depth, 1), maxDepth)
	}
	return &reading{
		client: c, inst: inst, op: op, opts: opts, asked: want, want: want,
		texts: map[string]string{}, unguarded: map[string]bool{},
	}, nil
}

// ask makes a query and reads its answer into data. An answer that is too large is
// asked for again without the text of folders, and without deep listings of names.
func (r *reading) ask(ctx context.Context, data any, build func(repo.Want) (query, error)) error {
	q, err := build(r.want)
	if err != nil {
		return fmt.Errorf("%s: %w", r.op, err)
	}
	a, err := r.inst.query(ctx, q)
	if errors.Is(err, errTooLarge) && !r.thin && !r.splits {
		r.makeThin()
		return r.ask(ctx, data, build)
	}
	if err != nil {
		return r.client.explain(r.inst.id, r.op, "contents: read", err)
	}
	if err := explainAnswer(r.op, a.Errors, r.excuse); err != nil {
		return err
	}
	if err := json.Unmarshal(a.Data, data); err != nil {
		return fmt.Errorf("%s: read the answer: %w", r.op, err)
	}
	return nil
}

func (r *reading) makeThin() {
	r.thin = true
	r.want.Dirs, r.asked.Dirs = slices.Clone(r.want.Dirs), slices.Clone(r.asked.Dirs)
	for i, d := range r.want.Dirs {
		if d.NamesOnly { // only what can be done without lists names deeply
			r.want.Dirs[i].Depth, r.asked.Dirs[i].Depth = 1, 1
		}
		r.want.Dirs[i].NamesOnly = true
	}
}

// excuse lets pass what a read can do without, and remembers it.
func (r *reading) excuse(e graphqlError) bool {
	names := e.names()
	switch {
	case len(names) == 0:
		return false
	case e.Type == "FORBIDDEN" && e.under("branchProtectionRule", "rules"):
		r.unguarded[names[0]] = true
		return true
	case e.Type == "NOT_FOUND" && (e.at("policy") || e.at("inHead") || e.at("inBase", "object") || e.at("inHead", "object")):
		return true
	case e.Type == "NOT_FOUND" && len(names) == 1 && isBranchAlias(names[0]):
		return true // its own result's error
	}
	return false
}

// snapshot makes the Snapshot of a commit, after fetching the texts GitHub cut.
func (r *reading) snapshot(ctx context.Context, facts *repositoryNode, commit *commitNode, branch string) (*repo.Snapshot, error) {
	return r.snapshotOf(ctx, "repository", facts, commit, branch)
}

func (r *reading) snapshotOf(ctx context.Context, alias string, facts *repositoryNode, commit *commitNode, branch string) (*repo.Snapshot, error) {
	t := &tree{files: map[string]repo.File{}}
	if commit != nil {
		var err error
		if t, err = commit.read(r.want); err != nil {
			return nil, fmt.Errorf("%s: read the answer: %w", r.op, err)
		}
	}
	name, _ := repo.ParseName(facts.NameWithOwner)
	if err := r.complete(ctx, name, t); err != nil {
		return nil, err
	}
	if r.thin {
		t.explainThin()
	}
	return facts.snapshot(r.asked, t, branch, !r.unguarded[alias]), nil
}

// complete fetches the texts that GitHub cut, as far as the bounds allow; the
// others stay "present, not read".
func (r *reading) complete(ctx context.Context, name repo.Name, t *tree) error {
	for _, path := range t.truncated {
		f := t.files[path]
		if f.Size > maxText {
			f.Reason = tooLong(f.Size, maxText)
			t.files[path] = f
			continue
		}
		text, known := r.texts[f.OID]
		if !known {
			if r.blobReads >= maxBlobReads {
				continue
			}
			r.blobReads++
			raw, _, err := r.inst.rest.Git.GetBlobRaw(ctx, name.Owner, name.Repo, f.OID)
			if err != nil {
				return r.client.explain(r.inst.id, fmt.Sprintf("%s: read %s", r.op, path), "contents: read", err)
			}
			if bytes.IndexByte(raw, 0) >= 0 {
				f.Reason = "binary"
				t.files[path] = f
				continue
			}
			text = string(raw)
			r.texts[f.OID] = text
		}
		f.Text, f.Read, f.Reason = text, true, ""
		t.files[path] = f
	}
	return nil
}

func (t *tree) explainThin() {
	for path, f := range t.files {
		if !f.Read && f.Reason == repo.NotAskedFor {
			f.Reason = fmt.Sprintf("the files asked for are over %s together", bytesText(maxAnswer))
			t.files[path] = f
		}
	}
}

// documents returns the organisation's policy and the repository's settings.
func (r *reading) documents(policy, own *repositoryNode) (policyFile, settings *Document) {
	if policy != nil && policy.DefaultBranchRef != nil && policy.DefaultBranchRef.Target != nil {
		ref := policy.DefaultBranchRef
		policyFile = document(policy.NameWithOwner, ref, ref.Target.Policy, r.opts.PolicyPath)
	}
	if own.DefaultBranchRef != nil && own.DefaultBranchRef.Target != nil {
		ref := own.DefaultBranchRef
		settings = document(own.NameWithOwner, ref, ref.Target.Settings, r.opts.SettingsPath)
	}
	return policyFile, settings
}
