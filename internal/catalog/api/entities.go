package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// chunk is how many entities are sent at a time when all are asked for.
const chunk = 500

// listEntities answers GET /entities: a page when limit, offset or after are
// given, else everything.
func (h *Handler) listEntities(w http.ResponseWriter, req *request) error {
	where, err := req.where()
	if err != nil {
		return err
	}
	if req.fields, err = index.ParseFields(req.query["fields"]); err != nil {
		return err
	}
	orders, err := parseOrders(req.query["order"])
	if err != nil {
		return err
	}
	limit, offset, paginated, err := pagination(req)
	if err != nil {
		return err
	}
	if !paginated {
		h.streamEntities(w, req, where, orders)
		return nil
	}
	entities, more := h.options.Index.List(index.List{Where: where, Orders: orders, Offset: offset, Limit: limit, Fields: req.fields})
	if more {
		w.Header().Set("Link", "<"+nextLink(req.Request, limit, offset+limit)+`>; rel="next"`)
	}
	h.answerEntities(w, req, "", entities, "")
	return nil
}

func parseOrders(texts []string) ([]index.Order, error) {
	var orders []index.Order
	for _, text := range texts {
		direction, field, ok := strings.Cut(text, ":")
		if !ok || direction != "asc" && direction != "desc" || field == "" || strings.ContainsAny(field, "\n\r\u2028\u2029") {
			return nil, BadInput(`Invalid order parameter "%s", expected "<asc or desc>:<field name>"`, text)
		}
		orders = append(orders, index.Order{Field: field, Descending: direction == "desc"})
	}
	if len(orders) > index.MaxOrders {
		return nil, BadInput("entities can be sorted by %d fields at most", index.MaxOrders)
	}
	return orders, nil
}

// pagination reads limit, offset and after; a limit below 0 is none.
func pagination(req *request) (limit, offset int, paginated bool, err error) {
	limit, offset = req.int("limit"), req.int("offset")
	after := req.text("after")
	if limit < 0 && offset < 0 && after == "" {
		return 0, 0, false, nil
	}
	if limit == 0 {
		return 0, 0, true, BadInput("Invalid limit, must be greater than zero")
	}
	if after == "" {
		return limit, max(0, offset), true, nil
	}
	v, err := catalog.ParseJSON(index.DecodeBase64(after))
	if err != nil || v.Type() == catalog.Null {
		return 0, 0, true, BadInput("Malformed after cursor, could not be parsed")
	}
	if limit, err = cursorInteger(v, "limit", limit, "an number"); err != nil {
		return 0, 0, true, err
	}
	offset, err = cursorInteger(v, "offset", offset, "a number")
	return limit, max(0, offset), true, err
}

func cursorInteger(v catalog.Value, name string, otherwise int, article string) (int, error) {
	field, ok := v.Get(name)
	if !ok || v.Type() != catalog.Map {
		return otherwise, nil
	}
	n, ok := field.Number()
	if !ok || n != float64(int64(n)) {
		return 0, BadInput("Malformed after cursor, %s was not %s", name, article)
	}
	return clamp(n), nil
}

// nextLink is the address of the page at offset.
func nextLink(r *http.Request, limit, offset int) string {
	after := afterCursor(limit, offset)
	var b strings.Builder
	path, _, _ := strings.Cut(relativeURL(r), "?")
	b.WriteString(path)
	separator := byte('?')
	add := func(key, value string) {
		b.WriteByte(separator)
		separator = '&'
		b.WriteString(url.QueryEscape(key) + "=" + strings.ReplaceAll(url.QueryEscape(value), "%2A", "*"))
	}
	placed := false
	for _, p := range splitQuery(r.URL.RawQuery) {
		switch {
		case p.key == "offset":
		case p.key != "after":
			add(p.key, p.value)
		case !placed:
			placed = true
			add("after", after)
		}
	}
	if !placed {
		add("after", after)
	}
	return b.String()
}

// streamEntities sends everything, a chunk at a time, so that a large catalog is
// not copied as a whole. What changes meanwhile may be seen or not.
func (h *Handler) streamEntities(w http.ResponseWriter, req *request, where []index.Predicate, orders []index.Order) {
	q := index.Query{Where: where, Limit: chunk, Fields: req.fields}
	if len(orders) > 0 {
		q.Order = &orders[0]
	}
	prefix := "["
	for {
		page := h.options.Index.Query(q)
		if len(page.Entities) == 0 && prefix == "[" {
			h.answerJSON(w, req.Request, http.StatusOK, []byte("[]"))
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for _, e := range page.Entities {
			if _, err := w.Write(append([]byte(prefix), e...)); err != nil {
				return // the client has gone
			}
			prefix = ","
		}
		if !page.More || req.Context().Err() != nil {
			break
		}
		q.After = page.Last
	}
	h.write(w, []byte("]"))
}

func (h *Handler) entityByUID(w http.ResponseWriter, req *request) error {
	entity, _, ok := h.options.Index.ByUID(req.params[0])
	if !ok {
		return NotFound("No entity with uid %s", req.params[0])
	}
	return h.answerEntity(w, entity)
}

// removeEntity answers 204 for an entity that does not exist, too.
func (h *Handler) removeEntity(w http.ResponseWriter, req *request) error {
	if _, _, ok := h.options.Index.ByUID(req.params[0]); ok {
		if err := h.options.Locations.RemoveEntity(req.Context(), strings.ToLower(req.params[0])); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) entityByName(w http.ResponseWriter, req *request) error {
	kind, namespace, name := req.params[0], req.params[1], req.params[2]
	entity, ok := h.options.Index.ByRef(req.ref())
	if !ok {
		return NotFound("No entity named '%s' found, with kind '%s' in namespace '%s'", name, kind, namespace)
	}
	return h.answerEntity(w, entity)
}

// ref is the reference that kind, namespace and name in the path make.
func (r *request) ref() string {
	return catalog.Ref{Kind: r.params[0], Namespace: r.params[1], Name: r.params[2]}.String()
}

func (h *Handler) answerEntity(w http.ResponseWriter, entity json.RawMessage) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	h.write(w, entity)
	return nil
}

func (h *Handler) ancestry(w http.ResponseWriter, req *request) error {
	ancestors, ok := h.options.Index.Ancestry(req.ref())
	if !ok {
		return NotFound("No such entity %s", req.ref())
	}
	type item struct {
		Entity  json.RawMessage `json:"entity"`
		Parents []string        `json:"parentEntityRefs"`
	}
	var body struct {
		Root  string `json:"rootEntityRef"`
		Items []item `json:"items"`
	}
	body.Root = req.ref()
	for _, a := range ancestors {
		body.Items = append(body.Items, item{a.Entity, a.Parents})
	}
	h.answer(w, req.Request, http.StatusOK, body)
	return nil
}

// entitiesByRefs answers POST /entities/by-refs.
func (h *Handler) entitiesByRefs(w http.ResponseWriter, req *request) error {
	if err := checkRefsBody(req.body); err != nil {
		return err
	}
	where, err := req.where()
	if err != nil {
		return err
	}
	if query, ok := req.body.Get("query"); ok {
		p, err := index.ParsePredicate(query)
		if err != nil {
			return err
		}
		where = append(where, p)
	}
	if req.fields, err = index.ListFields(req.strings("fields")); err != nil {
		return err
	}
	entities := h.options.Index.ByRefs(req.strings("entityRefs"), where, req.fields)
	h.answerEntities(w, req, `{"items":`, entities, "}")
	return nil
}

// strings is a list of texts in the body; nil when there is none.
func (r *request) strings(name string) []string {
	field, ok := r.body.Get(name)
	if !ok {
		return nil
	}
	out := []string{}
	for _, item := range field.Items() {
		text, _ := item.Text()
		out = append(out, text)
	}
	return out
}

// facets answers GET /entity-facets.
func (h *Handler) facets(w http.ResponseWriter, req *request) error {
	where, err := req.where()
	if err != nil {
		return err
	}
	return h.answerFacets(w, req, req.query["facet"], where, "Missing facet parameter")
}

// postFacets answers POST /entity-facets.
func (h *Handler) postFacets(w http.ResponseWriter, req *request) error {
	var where []index.Predicate
	names := req.strings("facets")
	if len(names) > 0 && strings.Join(names, "") != "" {
		var err error
		if where, err = bodyQuery(req.body); err != nil {
			return err
		}
	}
	return h.answerFacets(w, req, names, where, "Missing or empty facets parameter")
}

// maxFacets bounds how many keys are counted at once.
const maxFacets = 200

func (h *Handler) answerFacets(w http.ResponseWriter, req *request, names []string, where []index.Predicate, missing string) error {
	var asked []string
	for _, name := range names {
		if name != "" {
			asked = append(asked, name)
		}
	}
	switch {
	case len(asked) == 0:
		return BadInput("%s", missing)
	case len(asked) > maxFacets:
		return BadInput("over %d facets are asked for", maxFacets)
	}
	body := []byte(`{"facets":{`)
	for i, facet := range h.options.Index.Facets(asked, where) {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendJSON(append(appendJSON(body, facet.Name), ':'), facet.Values)
	}
	h.answerJSON(w, req.Request, http.StatusOK, append(body, `}}`...))
	return nil
}
