package github

import "context"

// How many pages GitHub has to answer before more is asked for again. Each time-out
// costs points of the primary limit ("Rate limits and query limits for the GraphQL
// API"), so that the larger page is tried ever more rarely while it does not fit.
const (
	firstPatience = 8
	lastPatience  = 64
)

// pager is how many items a query asks for: half as many after GitHub gave up, and
// twice as many once it has answered some of those.
type pager struct {
	size, most int
	calm       int  // pages answered at this size
	patience   int  // calm at which more is asked for
	trying     bool // a larger page than before, not answered yet
}

func newPager(most int) *pager { return &pager{size: most, most: most, patience: firstPatience} }

// shrink reports false when there is no smaller page.
func (p *pager) shrink() bool {
	if p.size == 1 {
		return false
	}
	if p.trying {
		p.patience = min(2*p.patience, lastPatience)
	}
	p.size, p.calm, p.trying = p.size/2, 0, false
	return true
}

func (p *pager) answered() {
	p.calm++
	p.trying = false
	if p.calm >= p.patience && p.size < p.most {
		p.size, p.calm, p.trying = min(2*p.size, p.most), 0, true
	}
}

// read calls ask with the size of the page, again with less while GitHub cannot
// answer so much at once. The error is of the page of one.
func (p *pager) read(ctx context.Context, ask func(size int) error) error {
	for {
		err := ask(p.size)
		if err == nil {
			p.answered()
			return nil
		}
		if ctx.Err() != nil || !tooMuchAtOnce(err) || !p.shrink() {
			return err
		}
	}
}

// pageInfo is where a page of a connection ends.
type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

// next is the cursor of the page that follows; more is false after the last.
func (p pageInfo) next() (cursor string, more bool) {
	return p.EndCursor, p.HasNextPage && p.EndCursor != ""
}

// cursorVariable is null for the first page.
func cursorVariable(cursor string) any {
	if cursor == "" {
		return nil
	}
	return cursor
}
