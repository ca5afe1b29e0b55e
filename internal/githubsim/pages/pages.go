// Package pages is what the stand-in shows to browsers: plain HTML, one style
// sheet and a small script that keeps a page up to date. A person can read
// everything there is, comment, push, open a pull request, re-run checks and
// redeliver webhooks. It never runs what it shows: all text is escaped, Markdown is
// sanitised, and forms are taken from the stand-in's own pages only.
//
// Start reading at [New].
package pages

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

//go:embed assets
var assets embed.FS

// site serves the pages. It has no state of its own: who somebody is stands in a
// cookie, everything else in the stand-in.
type site struct {
	sim       *githubsim.Server
	templates map[string]*template.Template
	markdown  *markdown
}

// New returns the pages of a stand-in, for [githubsim.Server.SetPages]. Everything
// under /_ is theirs: /_assets, /_deliveries, /_events and the forms' targets.
func New(sim *githubsim.Server) (http.Handler, error) {
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	s := &site{sim: sim, templates: templates, markdown: newMarkdown()}
	mux := http.NewServeMux()
	for pattern, page := range map[string]func(*http.Request) (*page, error){
		"GET /{$}":                            s.home,
		"GET /{owner}":                        s.organisation,
		"GET /{owner}/{repo}":                 s.repository,
		"GET /{owner}/{repo}/tree/{rest...}":  s.tree,
		"GET /{owner}/{repo}/blob/{rest...}":  s.blob,
		"GET /{owner}/{repo}/edit/{rest...}":  s.edit,
		"GET /{owner}/{repo}/new/{rest...}":   s.create,
		"GET /{owner}/{repo}/commit/{sha}":    s.commit,
		"GET /{owner}/{repo}/issues":          s.issues,
		"GET /{owner}/{repo}/issues/new":      s.newIssue,
		"GET /{owner}/{repo}/issues/{number}": s.issue,
		"GET /{owner}/{repo}/pulls":           s.pulls,
		"GET /{owner}/{repo}/pull/{number}":   s.pull,
		"GET /_deliveries":                    s.deliveries,
		"GET /_deliveries/{id}":               s.delivery,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.show(w, r, page) })
	}
	for pattern, act := range map[string]act{
		"POST /_actor":                                   s.become,
		"POST /_deliveries/{id}/redeliver":               s.redeliver,
		"POST /{owner}/{repo}/_issues":                   s.openIssue,
		"POST /{owner}/{repo}/_edit":                     s.save,
		"POST /{owner}/{repo}/issues/{number}/_comments": s.comment,
		"POST /{owner}/{repo}/pull/{number}/_comments":   s.comment,
		"POST /{owner}/{repo}/issues/{number}/_state":    s.setState,
		"POST /{owner}/{repo}/pull/{number}/_state":      s.setState,
		"POST /{owner}/{repo}/pull/{number}/_merge":      s.merge,
		"POST /{owner}/{repo}/pull/{number}/_push":       s.push,
		"POST /{owner}/{repo}/_check-runs/{id}/rerun":    s.rerun,
		"POST /{owner}/{repo}/_check-runs/{id}/action":   s.requestAction,
		"POST /{owner}/{repo}/_check-suites/{sha}/rerun": s.rerunSuite,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.do(w, r, act) })
	}
	mux.HandleFunc("GET /_events", s.events)
	mux.Handle("GET /_assets/{file}", s.assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, func(*http.Request) (*page, error) { return nil, errNotFound })
	})
	return headers(mux), nil
}

// page is what a template shows, and where it stands.
type page struct {
	name, title string
	crumbs      []link
	scope       string // of githubsim.Server.Fingerprint; "" does not change
	problem     string
	status      int // 0: 200
	content     any
}

type link struct{ Text, URL string }

var errNotFound = errors.New("not found")

// headers keep a page from running or loading anything that is not the stand-in's.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// show renders a page, or says kindly why there is none.
func (s *site) show(w http.ResponseWriter, r *http.Request, build func(*http.Request) (*page, error)) {
	p, err := build(r)
	if err != nil {
		p = sorry(err)
	}
	s.write(w, r, p)
}

// sorry is the page for what went wrong.
func sorry(err error) *page {
	type problem struct{ Heading, Text string }
	if errors.Is(err, errNotFound) {
		return &page{
			name: "problem", title: "Not found", status: http.StatusNotFound,
			content: problem{"Not found", "There is nothing at this address. It may have been renamed or removed, or the branch is gone."},
		}
	}
	return &page{
		name: "problem", title: "Not done", status: http.StatusUnprocessableEntity, content: problem{"This was not done", reason(err)},
	}
}

// reason is an error as a sentence for people.
func reason(err error) string {
	text := err.Error()
	if errors.Is(err, githubsim.ErrRefused) {
		text = strings.TrimPrefix(text, githubsim.ErrRefused.Error()+": ")
	}
	if text == "" {
		return "Something went wrong."
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

func (s *site) write(w http.ResponseWriter, r *http.Request, p *page) {
	here := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		here = "/"
		if n := len(p.crumbs); n > 0 {
			here = p.crumbs[n-1].URL
		}
	}
	version := ""
	if p.scope != "" {
		version = s.sim.Fingerprint(p.scope)
	}
	var out bytes.Buffer
	err := s.templates[p.name].ExecuteTemplate(&out, "layout", map[string]any{
		"Title": p.title, "Crumbs": p.crumbs, "Problem": p.problem, "Actor": s.actor(r), "People": s.sim.People(), "Here": here,
		"Scope": p.scope, "Version": version, "Page": p.content,
	})
	if err != nil {
		http.Error(w, fmt.Sprintf("The page %s could not be shown: %v", p.name, err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = w.Write(out.Bytes()) // the browser has gone: nobody to tell
}

const actorCookie = "standin_actor"

// actor is whom the browser acts as: its choice, else the first person.
func (s *site) actor(r *http.Request) string {
	people := s.sim.People()
	if c, err := r.Cookie(actorCookie); err == nil && slices.Contains(people, c.Value) {
		return c.Value
	}
	if len(people) == 0 {
		return ""
	}
	return people[0]
}

// join makes a path of parts, each escaped, slashes in them kept.
func join(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		for segment := range strings.SplitSeq(part, "/") {
			if segment != "" {
				b.WriteString("/" + url.PathEscape(segment))
			}
		}
	}
	return b.String()
}
