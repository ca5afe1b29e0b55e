package githubsim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// route is one endpoint of the REST API.
type route struct {
	pattern string // method and path; {name...} takes the rest of the path
	// needs is who may call: "app" for an App's JWT, "any" for any token or none, or a
	// permission such as checks:write, to which an installation is held.
	needs string
	do    func(*call) reply
}

// call is one request to the REST API.
type call struct {
	s      *Server
	r      *http.Request
	caller caller
	body   map[string]any
	raw    []byte
	route  route
}

// reply is an answer: JSON of body, or text as it is.
type reply struct {
	status int
	body   any
	text   []byte
	kind   string // content type of text
	header http.Header
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }
func noContent() reply       { return reply{status: http.StatusNoContent} }
func accepted() reply        { return reply{status: http.StatusAccepted, body: map[string]any{}} }

const docs = "https://docs.github.com/rest"

// refuse answers in the form of GitHub's errors. details are of the form
// {resource, field, code, message}.
func refuse(status int, message string, details ...map[string]any) reply {
	body := map[string]any{"message": message, "documentation_url": docs, "status": strconv.Itoa(status)}
	if len(details) > 0 {
		body["errors"] = details
	}
	return reply{status: status, body: body}
}

func notFound() reply { return refuse(http.StatusNotFound, "Not Found") }

func invalid(resource, field, code string) reply {
	return refuse(http.StatusUnprocessableEntity, "Validation Failed", map[string]any{"resource": resource, "field": field, "code": code})
}

// invalidMessage is a validation error with words of its own.
func invalidMessage(resource, field, message string) reply {
	return refuse(http.StatusUnprocessableEntity, "Validation Failed",
		map[string]any{"resource": resource, "field": field, "code": "custom", "message": message})
}

// routes builds the REST API from the lists beside the handlers.
func (s *Server) routes() http.Handler {
	mux := chi.NewRouter()
	for _, list := range [][]route{
		appRoutes(), repositoryRoutes(), gitRoutes(), contentRoutes(), pullRoutes(), checkRoutes(),
		issueRoutes(), organisationRoutes(), deploymentRoutes(), metaRoutes(),
	} {
		for _, rt := range list {
			method, path, _ := strings.Cut(rt.pattern, " ")
			mux.MethodFunc(method, restOfPath.ReplaceAllString(path, "*"), func(w http.ResponseWriter, r *http.Request) { s.serveRoute(w, r, rt) })
		}
	}
	unknown := func(w http.ResponseWriter, r *http.Request) {
		s.serveRoute(w, r, route{pattern: r.Method + " (unknown)", needs: "any", do: func(*call) reply { return notFound() }})
	}
	mux.NotFound(unknown)
	mux.MethodNotAllowed(unknown)
	return mux
}

// restOfPath is the last part of a pattern that takes all that follows.
var restOfPath = regexp.MustCompile(`\{\w+\.\.\.\}$`)

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// serveRoute does what every call has in common: count, faults, who asks, limits,
// the work under the lock, and GitHub's headers.
func (s *Server) serveRoute(w http.ResponseWriter, r *http.Request, rt route) {
	defer s.begin()()
	operation := operationOf(rt.pattern)
	fault := s.nextFault(operation)
	if !fault.wait(r) {
		return
	}
	var answer reply
	var who caller
	s.locked(func() {
		s.counts[operation]++
		who, answer = s.identify(r)
		if answer.status == 0 {
			answer = fault.before(s, who, "core")
		}
		if answer.status == 0 {
			answer = s.handle(r, rt, who)
			answer = fault.after(answer)
		}
		s.finish(w, r, rt, who, &answer, "core")
	})
	if fault.cut {
		panic(http.ErrAbortHandler) // the work is done and the answer lost
	}
	s.write(w, r, answer)
}

func operationOf(pattern string) string { return pattern }

// maxBody bounds what the API reads, in bytes: GitHub's largest blob.
const maxBody = 100 << 20

func (s *Server) handle(r *http.Request, rt route, who caller) reply {
	c := &call{s: s, r: r, caller: who, route: rt}
	if no := c.allowed(); no.status != 0 {
		return no
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return refuse(http.StatusBadRequest, "Problems reading the request")
	}
	c.raw = raw
	if len(raw) > 0 && r.Method != http.MethodGet {
		if err := json.Unmarshal(raw, &c.body); err != nil && string(raw) != "null" {
			var typeError *json.UnmarshalTypeError
			if !errors.As(err, &typeError) {
				return refuse(http.StatusBadRequest, "Problems parsing JSON")
			}
			if !strings.HasPrefix(strings.TrimSpace(string(raw)), "[") {
				return refuse(http.StatusBadRequest, "Body should be a JSON object")
			}
		}
	}
	return rt.do(c)
}

// decode reads the body into a struct.
func (c *call) decode(v any) reply {
	if len(c.raw) == 0 {
		return reply{}
	}
	if err := json.Unmarshal(c.raw, v); err != nil {
		var typeError *json.UnmarshalTypeError
		if errors.As(err, &typeError) {
			return refuse(http.StatusUnprocessableEntity, fmt.Sprintf("Invalid request.\n\nFor '%s', a value of another type was given.", typeError.Field))
		}
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return reply{}
}

func (c *call) has(field string) bool { _, ok := c.body[field]; return ok }

func (c *call) path(name string) string {
	value := chi.URLParam(c.r, name)
	if value == "" && strings.HasSuffix(c.route.pattern, "{"+name+"...}") {
		value = chi.URLParam(c.r, "*")
	}
	if plain, err := url.PathUnescape(value); err == nil && c.r.URL.RawPath != "" {
		return plain
	}
	return value
}

func (c *call) number(name string) int {
	n, err := strconv.Atoi(c.path(name))
	if err != nil {
		return 0
	}
	return n
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// page cuts a list as per_page and page ask, and links to the other pages.
func page[T any](c *call, list []T) ([]T, http.Header) {
	size, at := 30, 1
	if n, err := strconv.Atoi(c.query("per_page")); err == nil && n > 0 {
		size = min(n, 100)
	}
	if n, err := strconv.Atoi(c.query("page")); err == nil && n > 0 {
		at = n
	}
	last := max(1, (len(list)+size-1)/size)
	header := http.Header{}
	var links []string
	link := func(to int, rel string) {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(to))
		u := url.URL{Path: c.r.URL.Path, RawQuery: q.Encode()}
		links = append(links, fmt.Sprintf("<%s%s>; rel=%q", c.s.apiURL(c.r), u.String(), rel))
	}
	if at > 1 {
		link(at-1, "prev")
	}
	if at < last {
		link(at+1, "next")
		link(last, "last")
	}
	if at > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		header.Set("Link", strings.Join(links, ", "))
	}
	from := min((at-1)*size, len(list))
	return list[from:min(from+size, len(list))], header
}

// paged answers with one page of a list, each element shown by show.
func paged[T any](c *call, list []T, show func(T) any) reply {
	some, header := page(c, list)
	out := make([]any, len(some))
	for i, v := range some {
		out[i] = show(v)
	}
	return reply{status: http.StatusOK, body: out, header: header}
}

// counted is a page in an object with total_count.
func counted[T any](c *call, key string, list []T, show func(T) any) reply {
	answer := paged(c, list, show)
	answer.body = map[string]any{"total_count": len(list), key: answer.body}
	return answer
}

// finish adds the headers that every answer carries, and the ETag of a GET.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, rt route, who caller, a *reply, resource string) {
	h := w.Header()
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	h.Set("X-GitHub-Request-Id", requestID(s.state.id()))
	h.Set("X-GitHub-Api-Version-Selected", "2022-11-28")
	h.Set("X-Accepted-GitHub-Permissions", strings.ReplaceAll(strings.TrimPrefix(rt.needs, "app"), ":", "="))
	for k, v := range a.header {
		h[k] = v
	}
	if a.body != nil {
		text, err := encode(a.body)
		if err != nil {
			*a = refuse(http.StatusInternalServerError, "the stand-in could not write its answer: "+err.Error())
			text = []byte(`{"message":"Server Error"}`)
		}
		a.text, a.kind = text, "application/json; charset=utf-8"
	}
	spend := 1
	if r.Method == http.MethodGet && a.status == http.StatusOK {
		sum := sha256.Sum256(a.text)
		etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		h.Set("ETag", etag)
		h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
		h.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With")
		if strings.Contains(r.Header.Get("If-None-Match"), strings.TrimPrefix(etag, "W/")) {
			*a = reply{status: http.StatusNotModified}
			spend = 0
		}
	}
	s.budget(who, resource).spend(h, spend)
}

func requestID(n int64) string {
	return fmt.Sprintf("%04X:%06X:%08X", n&0xffff, n*7919&0xffffff, n*104729&0xffffffff)
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, a reply) {
	if a.kind != "" {
		w.Header().Set("Content-Type", a.kind)
	}
	w.WriteHeader(a.status)
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified || r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(a.text) // a client that went away has lost its answer
}

// apiURL is the address of the API that the call came to: GitHub Enterprise
// Server's prefix is kept.
func (s *Server) apiURL(*http.Request) string { return s.opts.URL }
