package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/cairn-dev/cairn/internal/repo"
)

// sweepPage is the most repositories one query of a sweep reads. GitHub lists at
// most 100, which cost one point; what binds is that it ends a query after 10 s.
const sweepPage = 100

// SweepOptions says what a sweep reads of every repository, beside its facts and
// its CODEOWNERS.
type SweepOptions struct {
	// EntityFiles are the paths of entity files from the root; nil stands for
	// catalog-info.yaml and catalog-info.yml.
	EntityFiles []string
	// After goes on behind the repository that had this Cursor; "" starts anew.
	After string
}

// DefaultEntityFiles are the entity files that Backstage's users have.
func DefaultEntityFiles() []string { return []string{"catalog-info.yaml", "catalog-info.yml"} }

// codeownersPaths are where GitHub looks for CODEOWNERS; the first one counts
// (docs.github.com, "About code owners").
func codeownersPaths() []string {
	return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}
}

// SweptRepository is one repository of a sweep.
type SweptRepository struct {
	ID   int64
	Name repo.Name // zero when GitHub does not even say which repository it keeps back
	// Snapshot holds the repository's facts (no languages, no protection) and the
	// files asked for, at the head of the default branch. nil when Err is set.
	Snapshot *repo.Snapshot
	// Entities are the entity files that are there, in the order they were asked
	// for. One whose text was not to be had (binary, a link, over 1 MB) is not Read,
	// and its Reason says why.
	Entities []repo.File
	// Codeowners is the file that counts for GitHub; its Path is "" when there is none.
	Codeowners repo.File
	// Cursor is what SweepOptions.After takes to go on behind this repository.
	Cursor string
	// Err says why this one repository could not be read: *NotFoundError,
	// *ForbiddenError, or another that a later try may mend. It does not say that
	// the repository is gone.
	Err error
}

// Sweep yields every repository of an account that the installation covers, oldest
// first, forks and archived ones too: its facts, entity files and CODEOWNERS.
//
// It takes one GraphQL query of one point for every 100 repositories. When GitHub
// cannot answer so much in time it asks for half, down to a single repository, and
// for more again later. Beyond that it costs a REST read for each file whose text
// GitHub cuts at 512 kB (up to 4 a repository, up to 1 MB each), and, where the
// App is on selected repositories only, one REST request for every 100 of those.
//
// A repository that cannot be read has its own Err and does not stop the others. An
// error of the sweep ends it: *NotFoundError, *ForbiddenError, *RateLimitedError,
// and others that a later try may mend, from the Cursor of the last repository on.
// Only a sweep that came to its end without an Err that lacks a Name tells which
// repositories are gone.
func (c *Client) Sweep(ctx context.Context, on Installation, opts SweepOptions) iter.Seq2[SweptRepository, error] {
	return func(yield func(SweptRepository, error) bool) {
		covers, err := c.covered(ctx, on)
		if err != nil {
			yield(SweptRepository{}, err)
			return
		}
		s := newSweep(c, on, opts)
		for cursor, more := opts.After, true; more; {
			page, err := s.page(ctx, cursor)
			if err != nil {
				yield(SweptRepository{}, err)
				return
			}
			for _, r := range page.repositories {
				if (r.Name == (repo.Name{}) || covers(r.ID)) && !yield(r, nil) {
					return
				}
			}
			next, further := page.next()
			if further && next == cursor {
				yield(SweptRepository{}, fmt.Errorf("%s: GitHub's list does not go on after %q", s.op, cursor))
				return
			}
			cursor, more = next, further
		}
	}
}

// covered returns which repositories belong to an installation, by ID: GitHub lists
// an account's public ones to every App.
func (c *Client) covered(ctx context.Context, on Installation) (func(id int64) bool, error) {
	if !on.Selected {
		return func(int64) bool { return true }, nil
	}
	selected := map[int64]bool{}
	for r, err := range c.InstallationRepositories(ctx, on.ID) {
		if err != nil {
			return nil, err
		}
		selected[r.ID] = true
	}
	return func(id int64) bool { return selected[id] }, nil
}

// sweep is one sweep in progress.
type sweep struct {
	client   *Client
	on       Installation
	op       string
	entities []string
	want     repo.Want
	pager    *pager
}

func newSweep(c *Client, on Installation, opts SweepOptions) *sweep {
	entities := opts.EntityFiles
	if entities == nil {
		entities = DefaultEntityFiles()
	}
	return &sweep{
		client: c, on: on, op: "sweep " + on.Account, entities: entities,
		want:  repo.Want{Files: slices.Concat(entities, codeownersPaths())},
		pager: newPager(sweepPage),
	}
}

// swept is a page of a sweep.
type swept struct {
	pageInfo
	repositories []SweptRepository
}

// page reads the repositories behind a cursor, as many as GitHub can do. One that
// it cannot do even alone is named with what went wrong.
func (s *sweep) page(ctx context.Context, after string) (*swept, error) {
	var out *swept
	err := s.pager.read(ctx, func(size int) (err error) {
		out, err = s.ask(ctx, after, size, s.want)
		return err
	})
	if err == nil || ctx.Err() != nil || !tooMuchAtOnce(err) {
		return out, err
	}
	s.pager = newPager(sweepPage) // the repository was to blame, not the size
	named, nameErr := s.ask(ctx, after, 1, repo.Want{})
	if nameErr != nil {
		return nil, nameErr
	}
	for i := range named.repositories {
		r := &named.repositories[i]
		*r = SweptRepository{ID: r.ID, Name: r.Name, Cursor: r.Cursor, Err: err}
	}
	return named, nil
}

// ask reads one page; without files in want it takes the names alone.
func (s *sweep) ask(ctx context.Context, after string, size int, want repo.Want) (*swept, error) {
	r, err := s.client.startReading(s.on.ID, s.op, ReadOptions{Want: want})
	if err != nil {
		return nil, err
	}
	q, err := sweepQuery(s.on.Account, after, size, r.want)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.op, err)
	}
	a, err := r.inst.query(ctx, q)
	if err != nil {
		return nil, s.client.explain(r.inst.id, s.op, "contents: read", err)
	}
	failed, err := s.judge(a.Errors, size)
	if err != nil {
		return nil, err
	}
	var data struct{ RepositoryOwner *sweptOwner }
	if err := json.Unmarshal(a.Data, &data); err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", s.op, err)
	}
	if data.RepositoryOwner == nil {
		return nil, &NotFoundError{Op: s.op, What: "the organisation"}
	}
	return s.collect(ctx, r, data.RepositoryOwner, failed, after)
}

type sweptOwner struct {
	Repositories struct {
		PageInfo pageInfo
		Edges    []*struct {
			Cursor string
			Node   *repositoryNode
		}
	}
}

// judge sorts out the errors of a page: those of single repositories, by their
// place in it. What GitHub refuses stays refused; for the rest of them less is
// asked for at once, until a repository is alone with its error.
func (s *sweep) judge(errs []graphqlError, size int) (failed map[int]error, err error) {
	failed = map[int]error{}
	nobody := func(graphqlError) bool { return false }
	for _, e := range errs {
		explained := explainAnswer(s.op, []graphqlError{e}, nobody)
		at, ok := e.item("edges")
		switch {
		case !ok:
			return nil, explained
		case !e.refusal() && size > 1:
			return nil, fmt.Errorf("%w: %w", errGaveUp, explained)
		case failed[at] == nil:
			failed[at] = explained
		}
	}
	return failed, nil
}

// collect makes the repositories of a page.
func (s *sweep) collect(ctx context.Context, r *reading, owner *sweptOwner, failed map[int]error, cursor string) (*swept, error) {
	page := owner.Repositories
	out := &swept{pageInfo: page.PageInfo}
	for i, edge := range page.Edges {
		one := SweptRepository{Cursor: cursor, Err: failed[i]}
		var node *repositoryNode
		if edge != nil {
			node, cursor = edge.Node, edge.Cursor
			one.Cursor = cursor
		}
		if node != nil {
			one.ID = node.DatabaseID
			one.Name, _ = repo.ParseName(node.NameWithOwner)
		}
		switch {
		case one.Err == nil && node == nil:
			one.Err = fmt.Errorf("%s: GitHub lists a repository that it does not show", s.op)
		case one.Err == nil:
			if err := s.fill(ctx, r, node, &one); err != nil {
				return nil, err
			}
		}
		out.repositories = append(out.repositories, one)
	}
	return out, nil
}

// fill reads a repository's files out of its node. It returns only what concerns
// the whole sweep.
func (s *sweep) fill(ctx context.Context, r *reading, node *repositoryNode, one *SweptRepository) error {
	var commit *commitNode
	branch := ""
	if ref := node.DefaultBranchRef; ref != nil {
		branch, commit = ref.Name, ref.Target
	}
	r.blobReads = 0 // counted for each repository
	snapshot, err := r.snapshotOf(ctx, "", node, commit, branch)
	if err != nil {
		if _, limited := errors.AsType[*RateLimitedError](err); limited || ctx.Err() != nil {
			return err
		}
		one.Err = err
		return nil
	}
	snapshot.Protection = nil // not asked for
	one.Snapshot = snapshot
	for _, path := range s.entities {
		if snapshot.Has(path) {
			f, _ := snapshot.File(path)
			one.Entities = append(one.Entities, f)
		}
	}
	if at := slices.IndexFunc(codeownersPaths(), snapshot.Has); at >= 0 {
		one.Codeowners, _ = snapshot.File(codeownersPaths()[at])
	}
	return nil
}

// sweepQuery reads a page of an account's repositories with the files of want.
// They come by age: one that is made meanwhile is seen at the end.
func sweepQuery(owner, after string, size int, want repo.Want) (query, error) {
	b := newBuilder()
	b.declare("owner", "String!", owner)
	b.declare("first", "Int!", size)
	b.declare("after", "String", cursorVariable(after))
	b.use(listed)
	branch := ""
	if len(want.Files) > 0 {
		if err := b.files(want); err != nil {
			return query{}, err
		}
		branch = " defaultBranchRef { name target { ... on Commit { ...Files } } }"
	}
	return b.build("Sweep", `  repositoryOwner(login: $owner) {
    repositories(first: $first, after: $after, ownerAffiliations: [OWNER], orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      edges { cursor node { ...Listed`+branch+` } }
    }
  }
`), nil
}
