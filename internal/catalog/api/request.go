package api

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// Limits on the body of a request, in bytes. Backstage allows 100 kB.
const (
	maxBody     = 1 << 20
	maxRefsBody = 8 << 20
)

// request is a request of the right form.
type request struct {
	*http.Request
	params []string // what * stands for in the route's path
	query  map[string][]string
	body   catalog.Value // null when there is none
	fields *index.Fields
}

// parameter is something a query string may hold.
type parameter struct {
	name     string
	kind     parameterKind
	enum     []string
	required bool
}

type parameterKind int

const (
	one     parameterKind = iota // a text, once
	integer                      // a number from 0, once
	many                         // texts, repeated
	commas                       // texts, separated by commas
)

// The query strings of the routes, in the order Backstage checks them.
var (
	filterQuery = []parameter{{name: "filter", kind: many}}
	listQuery   = []parameter{
		{name: "fields", kind: commas}, {name: "limit", kind: integer}, {name: "filter", kind: many},
		{name: "offset", kind: integer}, {name: "after"}, {name: "order", kind: many},
	}
	pageQuery = []parameter{
		{name: "fields", kind: commas}, {name: "limit", kind: integer}, {name: "offset", kind: integer},
		{name: "orderField", kind: many}, {name: "cursor"}, {name: "filter", kind: many},
		{name: "totalItems", enum: []string{"include", "exclude"}},
		{name: "fullTextFilterTerm"}, {name: "fullTextFilterFields", kind: commas},
	}
	facetsQuery = []parameter{{name: "facet", kind: many, required: true}, {name: "filter", kind: many}}
	addQuery    = []parameter{{name: "dryRun"}, {name: "onConflict", enum: []string{"refresh", "reject"}}}
)

// read checks a request against its route.
func (h *Handler) read(w http.ResponseWriter, r *http.Request, route *route, params []string) (*request, error) {
	req := &request{Request: r, params: params}
	body, err := readBody(w, r, route)
	if err != nil {
		return nil, err
	}
	if req.query, err = readQuery(r.URL.RawQuery, route.query); err != nil {
		return nil, err
	}
	if route.body == nil {
		return req, nil
	}
	mediaType := r.Header.Get("Content-Type")
	json := strings.HasPrefix(strings.ToLower(mediaType), "application/json")
	switch {
	case !json && mediaType == "" && route.bodyNeeded:
		return nil, BadInput("unsupported media type undefined")
	case !json && mediaType != "":
		return nil, BadInput("unsupported media type %s", mediaType)
	case !json:
		return req, nil
	}
	req.body = body
	if complaint := route.body.check(body, "request/body"); complaint != "" {
		return nil, BadInput("%s", complaint)
	}
	return req, nil
}

// readBody reads a JSON object or array; an empty body is an empty object, and
// what is no JSON is left alone.
func readBody(w http.ResponseWriter, r *http.Request, route *route) (catalog.Value, error) {
	limit := int64(maxBody)
	if route.path == "entities/by-refs" {
		limit = maxRefsBody
	}
	if !strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json") {
		return catalog.Value{}, nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return catalog.Value{}, BadInput("request entity too large")
	case err != nil:
		return catalog.Value{}, BadInput("request aborted")
	}
	text := strings.TrimLeft(string(data), " \t\r\n")
	switch {
	case len(data) == 0:
		return catalog.ParseJSON([]byte("{}"))
	case text == "":
		return catalog.Value{}, BadInput("%s", shape.SyntaxError(text))
	}
	if text[0] != '{' && text[0] != '[' {
		return catalog.Value{}, BadInput("%s", shape.Unexpected(string(data)))
	}
	v, err := catalog.ParseJSON(data)
	if err != nil {
		return catalog.Value{}, BadInput("%s", shape.SyntaxError(string(data)))
	}
	return v, nil
}

// pair is one part of a query string, decoded.
type pair struct{ key, value string }

func splitQuery(raw string) []pair {
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(key), unescape(value)})
	}
	return pairs
}

// unescape leaves alone what is not escaped right.
func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// maxParameters bounds how many parameters a query string may have.
const maxParameters = 1000

func readQuery(raw string, known []parameter) (map[string][]string, error) {
	query := map[string][]string{}
	var names []string
	pairs := splitQuery(raw)
	if len(pairs) > maxParameters {
		return nil, BadInput("the query has over %d parameters", maxParameters)
	}
	for _, p := range pairs {
		name := p.key
		if base, index, ok := strings.Cut(name, "["); ok && isIndex(index) {
			name = base
		}
		if _, again := query[name]; !again {
			names = append(names, name)
		}
		query[name] = append(query[name], p.value)
	}
	for _, name := range names {
		if !slices.ContainsFunc(known, func(p parameter) bool { return p.name == name }) {
			return nil, BadInput("Unknown query parameter '%s'", name)
		}
		if len(query[name]) == 1 && query[name][0] == "" {
			return nil, BadInput("Empty value found for query parameter '%s'", name)
		}
	}
	for _, p := range known {
		if p.required && query[p.name] == nil {
			return nil, BadInput("request/query must have required property '%s'", p.name)
		}
	}
	for _, p := range known {
		if err := p.check(query); err != nil {
			return nil, err
		}
	}
	return query, nil
}

// isIndex reports whether a bracket after a name makes it an element of a list.
func isIndex(s string) bool {
	digits, ok := strings.CutSuffix(s, "]")
	return ok && strings.Trim(digits, "0123456789") == ""
}

func (p parameter) check(query map[string][]string) error {
	values := query[p.name]
	if len(values) == 0 {
		return nil
	}
	switch p.kind {
	case integer:
		n, ok := number(values[0])
		if len(values) > 1 || !ok {
			return BadInput("request/query/%s must be integer", p.name)
		}
		if n < 0 {
			return BadInput("request/query/%s must be >= 0", p.name)
		}
	case one:
		if len(values) > 1 {
			return BadInput("request/query/%s must be string", p.name)
		}
		if p.enum != nil && !slices.Contains(p.enum, values[0]) {
			return BadInput("request/query/%s must be equal to one of the allowed values: %s", p.name, strings.Join(p.enum, ", "))
		}
	case commas:
		if len(values) == 1 {
			query[p.name] = strings.Split(values[0], ",")
		}
	}
	return nil
}

// number reads a whole number as JavaScript's Number does.
func number(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, true
	}
	if len(s) > 2 && s[0] == '0' && strings.ContainsRune("xXoObB", rune(s[1])) {
		n, err := strconv.ParseUint(s, 0, 62)
		return clamp(float64(n)), err == nil
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) {
		return 0, false
	}
	return clamp(f), true
}

// clamp keeps numbers where sums of two do not overflow.
func clamp(f float64) int { return int(max(-1, min(f, math.MaxInt32))) }

// text is the single value of a parameter, or "".
func (r *request) text(name string) string {
	if values := r.query[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// int is the value of an integer parameter, or -1.
func (r *request) int(name string) int {
	values := r.query[name]
	if len(values) == 0 {
		return -1
	}
	n, _ := number(values[0]) // checked when the query was read
	return n
}

// where reads the filter parameter.
func (r *request) where() ([]index.Predicate, error) {
	p, ok, err := index.ParseFilters(r.query["filter"])
	if err != nil || !ok {
		return nil, err
	}
	return []index.Predicate{p}, nil
}
