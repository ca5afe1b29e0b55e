// Package api answers Backstage's catalog API over HTTP, so that the tools that
// talk to a Backstage catalog talk to Cairn unchanged: same addresses, JSON,
// status codes and error bodies as @backstage/plugin-catalog-backend 4.0.0.
//
// Entities come from an [index.Index]. What concerns the world outside, such as
// registering a location, goes through [Locations]; the package itself reads no
// address and stores nothing.
//
// Start reading at New and Handler.ServeHTTP.
package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// Prefix is the path that all addresses of the API start with.
const Prefix = "/api/catalog"

// Options say what a Handler serves, and to whom.
type Options struct {
	Index     *index.Index
	Locations Locations
	// Scorecards scores an entity; ref is lower-cased kind:namespace/name. What does
	// not exist is a [NotFound]. The result is written as JSON.
	Scorecards func(ctx context.Context, ref string) (any, error)
	Guard      Guard
	Logger     zerolog.Logger
}

// Handler answers everything under Prefix. It is safe for concurrent use.
type Handler struct {
	options Options
	routes  []route
}

// New returns the handler for /api/catalog and what is below.
func New(options Options) *Handler {
	h := &Handler{options: options}
	h.routes = h.table()
	return h
}

// route is one operation. In its path, * stands for one segment.
type route struct {
	method, path string
	query        []parameter
	body         *schema // nil when there is no body to read
	bodyNeeded   bool
	writes       bool // whether a token is needed even when reading is open
	serve        func(http.ResponseWriter, *request) error
}

// table lists the API.
func (h *Handler) table() []route {
	return []route{
		{method: "GET", path: "entities", query: listQuery, serve: h.listEntities},
		{method: "GET", path: "entities/by-query", query: pageQuery, serve: h.queryEntities},
		{method: "POST", path: "entities/by-query", body: pageBody, serve: h.postQueryEntities},
		{method: "POST", path: "entities/by-refs", query: filterQuery, body: refsBody, serve: h.entitiesByRefs},
		{method: "GET", path: "entities/by-uid/*", serve: h.entityByUID},
		{method: "DELETE", path: "entities/by-uid/*", writes: true, serve: h.removeEntity},
		{method: "GET", path: "entities/by-name/*/*/*", serve: h.entityByName},
		{method: "GET", path: "entities/by-name/*/*/*/ancestry", serve: h.ancestry},
		{method: "GET", path: "entity-facets", query: facetsQuery, serve: h.facets},
		{method: "POST", path: "entity-facets", body: facetsBody, bodyNeeded: true, serve: h.postFacets},
		{method: "GET", path: "locations", serve: h.listLocations},
		{method: "POST", path: "locations", query: addQuery, body: addBody, bodyNeeded: true, writes: true, serve: h.addLocation},
		{method: "POST", path: "locations/by-query", body: locationsBody, serve: h.queryLocations},
		{method: "GET", path: "locations/by-entity/*/*/*", serve: h.locationByEntity},
		{method: "GET", path: "locations/*", serve: h.getLocation},
		{method: "PUT", path: "locations/*", body: locationInput, bodyNeeded: true, writes: true, serve: h.updateLocation},
		{method: "DELETE", path: "locations/*", writes: true, serve: h.removeLocation},
		{method: "POST", path: "refresh", body: refreshBody, bodyNeeded: true, writes: true, serve: h.refresh},
		{method: "POST", path: "validate-entity", body: validateBody, bodyNeeded: true, serve: h.validateEntity},
		{method: "POST", path: "analyze-location", body: analyzeBody, bodyNeeded: true, writes: true, serve: h.analyzeLocation},
	}
}

// ServeHTTP answers one request. What is no address of the API is a 404 without
// a body, as in Backstage.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, params := h.find(r)
	if err := h.options.Guard.Admit(r, route != nil && route.writes); err != nil {
		h.fail(w, r, err)
		return
	}
	if route == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	req, err := h.read(w, r, route, params)
	if err == nil {
		err = route.serve(w, req)
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

// find looks up the route; params are the segments that * stands for.
func (h *Handler) find(r *http.Request) (*route, []string) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), Prefix+"/")
	if !ok {
		return nil, nil
	}
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range h.routes {
		if h.routes[i].method != method {
			continue
		}
		if params, ok := h.routes[i].match(segments); ok {
			return &h.routes[i], params
		}
	}
	return nil, nil
}

func (r *route) match(segments []string) ([]string, bool) {
	pattern := strings.Split(r.path, "/")
	if len(pattern) != len(segments) {
		return nil, false
	}
	var params []string
	for i, segment := range segments {
		if pattern[i] == "*" {
			value, err := url.PathUnescape(segment)
			if err != nil || value == "" {
				return nil, false
			}
			params = append(params, value)
		} else if !strings.EqualFold(pattern[i], segment) {
			return nil, false
		}
	}
	return params, true
}
