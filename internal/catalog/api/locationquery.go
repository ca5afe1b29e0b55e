package api

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// locationPage is what POST /locations/by-query asks for.
type locationPage struct {
	limit int
	after string
	query *catalog.Value
}

// queryLocations answers POST /locations/by-query.
func (h *Handler) queryLocations(w http.ResponseWriter, req *request) error {
	page, err := readLocationPage(req.body)
	if err != nil {
		return err
	}
	all, err := h.options.Locations.List(req.Context())
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Location) int { return strings.Compare(a.ID, b.ID) })
	type item struct {
		ID        string `json:"id"`
		Target    string `json:"target"`
		Type      string `json:"type"`
		EntityRef string `json:"entityRef"`
	}
	var body struct {
		Items []item `json:"items"`
		Total int    `json:"totalItems"`
		Info  struct {
			Next string `json:"nextCursor,omitempty"`
		} `json:"pageInfo"`
	}
	body.Items = []item{}
	if page.query != nil {
		if err := checkLocationQuery(*page.query); err != nil {
			return err
		}
	}
	for _, l := range all {
		if page.query != nil && !matchLocation(*page.query, l) {
			continue
		}
		body.Total++
		switch {
		case l.ID <= page.after:
		case len(body.Items) < page.limit:
			body.Items = append(body.Items, item{l.ID, l.Target, l.Type, l.EntityRef})
		case body.Info.Next == "":
			body.Info.Next = page.next(body.Items[page.limit-1].ID)
		}
	}
	h.answer(w, req.Request, http.StatusOK, body)
	return nil
}

func readLocationPage(body catalog.Value) (locationPage, error) {
	page := locationPage{limit: 1000}
	if encoded, ok := body.Get("cursor"); ok {
		text, _ := encoded.Text()
		return readLocationCursor(text)
	}
	if limit, ok := body.Get("limit"); ok {
		n, _ := limit.Number()
		if n != float64(int64(n)) || n < 1 {
			return page, BadInput("Limit must be a positive integer >= 1")
		}
		page.limit = clamp(n)
	}
	if query, ok := body.Get("query"); ok {
		if ok, issues := index.PredicateShape()(shape.Of(query)); ok != shape.Valid {
			return page, BadInput("Invalid query: %s", issues.Error())
		}
		page.query = &query
	}
	return page, nil
}

func readLocationCursor(text string) (locationPage, error) {
	var page locationPage
	if text == "" {
		return page, BadInput("Cursor cannot be empty")
	}
	v, err := catalog.ParseJSON(index.DecodeBase64(text))
	if err != nil {
		return page, BadInput("Malformed cursor, unknown encoding")
	}
	check := shape.Object(
		shape.Field{Name: "limit", Check: shape.PositiveInteger()},
		shape.Field{Name: "afterId", Check: shape.Optional(shape.String())},
		shape.Field{Name: "query", Check: shape.Optional(index.PredicateShape())},
	)
	if ok, issues := check(shape.Of(v)); ok != shape.Valid {
		return page, BadInput("Malformed cursor: %s", issues.Error())
	}
	limit, _ := v.Get("limit")
	n, _ := limit.Number()
	page.limit, page.after = clamp(n), member(v, "afterId")
	if query, ok := v.Get("query"); ok {
		if query.Type() != catalog.Map {
			return page, BadInput("Query must be an object")
		}
		page.query = &query
	}
	return page, nil
}

func (p locationPage) next(after string) string {
	cursor := struct {
		Limit int            `json:"limit"`
		After string         `json:"afterId"`
		Query *catalog.Value `json:"query,omitempty"`
	}{p.limit, after, p.query}
	return base64.StdEncoding.EncodeToString(appendJSON(nil, cursor))
}

var errLocationQuery = errors.New("Invalid filter predicate") //nolint:staticcheck // Backstage's words

// checkLocationQuery refuses what cannot be asked of a location.
func checkLocationQuery(q catalog.Value) error {
	if q.Type() != catalog.Map {
		return BadInput("%v, expected an object", errLocationQuery)
	}
	for _, logic := range []string{"$all", "$any", "$not"} {
		operand, ok := q.Get(logic)
		if !ok {
			continue
		}
		items := operand.Items()
		if logic == "$not" {
			items = []catalog.Value{operand}
		}
		for _, item := range items {
			if err := checkLocationQuery(item); err != nil {
				return err
			}
		}
		return nil
	}
	for key := range q.Object().All() {
		switch strings.ToLower(key) {
		case "id", "type", "target", "entityref":
		default:
			return BadInput("%v, expected key to be 'id', 'type', 'target', or 'entityRef', got '%s'", errLocationQuery, key)
		}
	}
	return nil
}

// matchLocation is the meaning of a query that checkLocationQuery let pass.
// Unlike with entities, $all of nothing holds for none.
func matchLocation(q catalog.Value, l Location) bool {
	holds := func(item catalog.Value) bool { return matchLocation(item, l) }
	if all, ok := q.Get("$all"); ok {
		return len(all.Items()) > 0 && !slices.ContainsFunc(all.Items(), func(item catalog.Value) bool { return !holds(item) })
	}
	if either, ok := q.Get("$any"); ok {
		return slices.ContainsFunc(either.Items(), holds)
	}
	if not, ok := q.Get("$not"); ok {
		return !holds(not)
	}
	for key, want := range q.Object().All() {
		if !matchLocationField(strings.ToLower(key), want, l) {
			return false
		}
	}
	return true
}

func matchLocationField(key string, want catalog.Value, l Location) bool {
	got := map[string]string{"id": l.ID, "type": l.Type, "target": l.Target, "entityref": l.EntityRef}[key]
	if want.Type() != catalog.Map {
		return strings.EqualFold(got, want.Display())
	}
	if exists, ok := want.Get("$exists"); ok {
		yes, _ := exists.Bool()
		return yes
	}
	if list, ok := want.Get("$in"); ok {
		return slices.ContainsFunc(list.Items(), func(item catalog.Value) bool {
			return got == item.Display() || key != "id" && strings.EqualFold(got, item.Display())
		})
	}
	if prefix, ok := want.Get("$hasPrefix"); ok {
		text, _ := prefix.Text()
		return strings.HasPrefix(strings.ToUpper(got), strings.ToUpper(text))
	}
	return false
}
