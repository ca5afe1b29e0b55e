package graphql

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// maxPage is the largest first or last GitHub takes.
const maxPage = 100

// page is what a connection field resolves to. Its own fields (nodes, edges,
// pageInfo, totalCount) are answered by the executor for every connection type;
// extra holds the further ones, such as languages' totalSize.
type page struct {
	edges []edge
	start int // index of the first edge among all
	total int
	extra map[string]any
}

// edge is one item with its cursor; extra holds the edge's further fields, such
// as a language's size.
type edge struct {
	node   any
	cursor string
	extra  map[string]any
}

// pageInfo is a page's place among all items.
type pageInfo struct{ page *page }

// paginate cuts the page that args ask for out of all. Arguments outside
// GitHub's limits give its errors.
func paginate[T any](all []T, args Args) (any, error) {
	return paginateEdges(all, args, nil)
}

// paginateEdges is paginate with further fields on each edge.
func paginateEdges[T any](all []T, args Args, extra func(T) map[string]any) (*page, error) {
	from, to, err := args.window(len(all))
	if err != nil {
		return nil, err
	}
	p := &page{start: from, total: len(all)}
	for i := from; i < to; i++ {
		e := edge{node: all[i], cursor: cursorAt(i)}
		if extra != nil {
			e.extra = extra(all[i])
		}
		p.edges = append(p.edges, e)
	}
	return p, nil
}

// window returns the half-open range of n items that first, last, after and
// before leave.
func (a Args) window(n int) (from, to int, err error) {
	first, hasFirst := a.Int("first")
	last, hasLast := a.Int("last")
	if err := a.checkBounds(first, hasFirst, last, hasLast); err != nil {
		return 0, 0, err
	}
	from, to = 0, n
	if cursor := a.String("after"); cursor != "" {
		i, err := parseCursor(cursor)
		if err != nil {
			return 0, 0, err
		}
		from = min(i+1, n)
	}
	if cursor := a.String("before"); cursor != "" {
		i, err := parseCursor(cursor)
		if err != nil {
			return 0, 0, err
		}
		to = max(from, min(i, n))
	}
	switch {
	case hasFirst:
		to = min(to, from+first)
	case hasLast:
		from = max(from, to-last)
	}
	return from, to, nil
}

func (a Args) checkBounds(first int, hasFirst bool, last int, hasLast bool) error {
	switch {
	case hasFirst && hasLast:
		return &Error{Type: "EXCESSIVE_PAGINATION_BOUNDARIES", Message: fmt.Sprintf(
			"Passing both `first` and `last` values to paginate the `%s` connection is not supported.", a.field)}
	case !hasFirst && !hasLast && a.wantsItems:
		return &Error{Type: "MISSING_PAGINATION_BOUNDARIES", Message: fmt.Sprintf(
			"You must provide a `first` or `last` value to properly paginate the `%s` connection.", a.field)}
	case hasFirst:
		return a.checkBound("first", first)
	case hasLast:
		return a.checkBound("last", last)
	}
	return nil
}

func (a Args) checkBound(name string, n int) error {
	switch {
	case n < 0:
		return &Error{Type: "UNPROCESSABLE", Message: fmt.Sprintf(
			"`%s` on the `%s` connection cannot be less than zero.", name, a.field)}
	case n > maxPage:
		return &Error{Type: "EXCESSIVE_PAGINATION", Message: fmt.Sprintf(
			"Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", n, a.field, name, maxPage)}
	}
	return nil
}

// A cursor is opaque to clients: base64 of a prefix and the item's index.
const cursorPrefix = "cursor:v2:"

func cursorAt(i int) string {
	return base64.StdEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(i)))
}

func parseCursor(cursor string) (int, error) {
	bad := &Error{Type: "INVALID_CURSOR_ARGUMENTS", Message: fmt.Sprintf("`%s` does not appear to be a valid cursor.", cursor)}
	text, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return 0, bad
	}
	number, ok := strings.CutPrefix(string(text), cursorPrefix)
	i, err := strconv.Atoi(number)
	if !ok || err != nil || i < 0 {
		return 0, bad
	}
	return i, nil
}

// field answers the fields every connection has.
func (p *page) field(name string) (any, bool) {
	switch name {
	case "totalCount":
		return p.total, true
	case "pageInfo":
		return pageInfo{p}, true
	case "edges":
		return p.edges, true
	case "nodes":
		nodes := make([]any, len(p.edges))
		for i, e := range p.edges {
			nodes[i] = e.node
		}
		return nodes, true
	}
	v, ok := p.extra[name]
	return v, ok
}

func (e edge) field(name string) (any, bool) {
	switch name {
	case "node":
		return e.node, true
	case "cursor":
		return e.cursor, true
	}
	v, ok := e.extra[name]
	return v, ok
}

func (i pageInfo) field(name string) (any, bool) {
	p := i.page
	switch name {
	case "hasNextPage":
		return p.start+len(p.edges) < p.total, true
	case "hasPreviousPage":
		return p.start > 0, true
	case "startCursor", "endCursor":
		if len(p.edges) == 0 {
			return nil, true
		}
		if name == "startCursor" {
			return p.edges[0].cursor, true
		}
		return p.edges[len(p.edges)-1].cursor, true
	}
	return nil, false
}
