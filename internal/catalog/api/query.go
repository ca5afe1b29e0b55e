package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// defaultLimit is the size of a page when none is asked for.
const defaultLimit = 200

// queryEntities answers GET /entities/by-query.
func (h *Handler) queryEntities(w http.ResponseWriter, req *request) error {
	var err error
	if req.fields, err = index.ParseFields(req.query["fields"]); err != nil {
		return err
	}
	limit := req.int("limit")
	if limit < 0 {
		limit = defaultLimit
	}
	if encoded := req.text("cursor"); encoded != "" {
		cursor, err := index.ParseCursor(encoded)
		if err != nil {
			return err
		}
		h.answerPage(w, req, cursor, limit, 0, false)
		return nil
	}
	cursor := index.Cursor{Text: &index.Text{Term: req.text("fullTextFilterTerm"), Fields: req.query["fullTextFilterFields"]}}
	if cursor.Where, err = req.where(); err != nil {
		return err
	}
	for _, text := range req.query["orderField"] {
		field, rest, _ := strings.Cut(text, ",")
		order, _, _ := strings.Cut(rest, ",")
		if strings.Contains(text, ",") && order != "asc" && order != "desc" {
			return BadInput("Invalid order field order, must be asc or desc")
		}
		cursor.Orders = append(cursor.Orders, index.Order{Field: field, Descending: order == "desc"})
	}
	h.answerPage(w, req, cursor, limit, max(0, req.int("offset")), req.text("totalItems") != "exclude")
	return nil
}

// postQueryEntities answers POST /entities/by-query.
func (h *Handler) postQueryEntities(w http.ResponseWriter, req *request) error {
	limit := defaultLimit
	if field, ok := req.body.Get("limit"); ok {
		n, _ := field.Number()
		if n < 0 {
			return BadInput("Invalid limit, must be zero or greater")
		}
		limit = clamp(n)
	}
	if encoded, ok := req.body.Get("cursor"); ok {
		text, _ := encoded.Text()
		if text == "" {
			return BadInput("Cursor cannot be empty")
		}
		cursor, err := index.ParseCursor(text)
		if err != nil {
			return err
		}
		if req.fields, err = index.ParseFields(req.strings("fields")); err != nil {
			return err
		}
		h.answerPage(w, req, cursor, limit, 0, false)
		return nil
	}
	cursor, err := bodyCursor(req)
	if err != nil {
		return err
	}
	if req.fields, err = index.ParseFields(req.strings("fields")); err != nil {
		return err
	}
	offset := 0
	if field, ok := req.body.Get("offset"); ok {
		n, _ := field.Number()
		offset = max(0, clamp(n))
	}
	total, _ := req.body.Get("totalItems")
	mode, _ := total.Text()
	h.answerPage(w, req, cursor, limit, offset, mode != "exclude")
	return nil
}

// bodyCursor is the start of the list that a body asks for.
func bodyCursor(req *request) (index.Cursor, error) {
	var cursor index.Cursor
	var err error
	if cursor.Where, err = bodyQuery(req.body); err != nil {
		return cursor, err
	}
	orders, _ := req.body.Get("orderBy")
	for _, item := range orders.Items() {
		field, _ := item.Get("field")
		order, _ := item.Get("order")
		name, _ := field.Text()
		direction, _ := order.Text()
		cursor.Orders = append(cursor.Orders, index.Order{Field: name, Descending: direction == "desc"})
	}
	if filter, ok := req.body.Get("fullTextFilter"); ok {
		term, _ := filter.Get("term")
		cursor.Text = &index.Text{}
		cursor.Text.Term, _ = term.Text()
		inner := request{body: filter}
		cursor.Text.Fields = inner.strings("fields")
	}
	return cursor, nil
}

// bodyQuery reads the query in a body.
func bodyQuery(body catalog.Value) ([]index.Predicate, error) {
	query, ok := body.Get("query")
	if !ok {
		return nil, nil
	}
	p, err := index.ParsePredicate(query)
	var issues shape.Issues
	if errors.As(err, &issues) {
		return nil, BadInput("Invalid query: %s", issues.Error())
	}
	if err != nil {
		return nil, err
	}
	return []index.Predicate{p}, nil
}

// checkRefsBody is the second look Backstage takes at the body of by-refs, which
// also sees that there is none.
func checkRefsBody(body catalog.Value) error {
	texts := shape.Array(shape.String())
	check := shape.Object(
		shape.Field{Name: "entityRefs", Check: texts},
		shape.Field{Name: "fields", Check: shape.Optional(texts)},
		shape.Field{Name: "query", Check: shape.Optional(index.PredicateShape())},
	)
	if body.Type() == catalog.Null {
		body, _ = catalog.ParseJSON([]byte("{}"))
	}
	if ok, issues := check(shape.Of(body)); ok != shape.Valid {
		return BadInput("Malformed request body (did you remember to specify an application/json content type?), %s", issues.Error())
	}
	return nil
}

// answerPage answers with the page that starts at cursor. count asks for the
// total, which later pages take from the cursor.
func (h *Handler) answerPage(w http.ResponseWriter, req *request, cursor index.Cursor, limit, offset int, count bool) {
	q := index.Query{
		Where: cursor.Where, Text: cursor.Text, After: cursor.At, Backwards: cursor.Backwards,
		Offset: offset, Limit: limit, Count: count, Fields: req.fields,
	}
	if len(cursor.Orders) > 0 {
		q.Order = &cursor.Orders[0]
	}
	page := h.options.Index.Query(q)
	total := page.Total
	if cursor.Total != nil {
		total = *cursor.Total
	}
	first := cursor.First
	if first == nil {
		first = page.First
	}
	var info struct {
		Next string `json:"nextCursor,omitempty"`
		Prev string `json:"prevCursor,omitempty"`
	}
	if limit > 0 && len(page.Entities) > 0 && (page.More || cursor.Backwards) {
		next := cursor
		next.At, next.First, next.Backwards, next.Total = page.Last, first, false, &total
		info.Next = next.String()
	}
	if cursor.First != nil && page.First != nil && *page.First != *cursor.First {
		prev := cursor
		prev.At, prev.Backwards, prev.Total = page.First, true, &total
		info.Prev = prev.String()
	}
	after := fmt.Sprintf(`,"totalItems":%d,"pageInfo":%s}`, total, appendJSON(nil, info))
	h.answerEntities(w, req, `{"items":`, page.Entities, after)
}

// afterCursor is the cursor of GET /entities.
func afterCursor(limit, offset int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"limit":%d,"offset":%d}`, limit, offset))
}

// appendJSON appends a value of this package's own, which is always JSON.
func appendJSON(b []byte, v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
