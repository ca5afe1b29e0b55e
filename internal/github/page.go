package github

import "context"

// calmPages is how many pages GitHub has to answer before more is asked for again:
// each time-out costs points of the primary limit ("Rate limits and query limits
// for the GraphQL API"), so trying the larger page is done rarely.
const calmPages = 8

// pager is how many items a query asks for: half as many after GitHub gave up, and
// twice as many once it has answered calmPages of them.
type pager struct {
	size, most int
	calm       int // pages answered since the size changed
}

func newPager(most int) *pager { return &pager{size: most, most: most} }

// shrink reports false when there is no smaller page.
func (p *pager) shrink() bool {
	if p.size == 1 {
		return false
	}
	p.size, p.calm = p.size/2, 0
	return true
}

func (p *pager) answered() {
	if p.calm++; p.calm >= calmPages && p.size < p.most {
		p.size, p.calm = min(2*p.size, p.most), 0
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
