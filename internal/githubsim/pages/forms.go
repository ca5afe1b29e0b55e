package pages

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// act does what a form asks as a person and returns where to go next. With a page
// it shows that instead: the form again, with what was typed and what is wrong.
type act func(r *http.Request, actor string) (next string, again *page, err error)

// maxForm bounds a form in bytes: a file's text, percent-encoded.
const maxForm = 4 << 20

// do takes a form of the stand-in's own pages, and answers with a redirect, so that
// reloading does nothing twice.
func (s *site) do(w http.ResponseWriter, r *http.Request, act act) {
	if !sameOrigin(r) {
		p := sorry(errors.New("forms are taken from the stand-in's own pages only; open the page here and try again"))
		p.status = http.StatusForbidden
		s.write(w, r, p)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		s.write(w, r, sorry(fmt.Errorf("the form could not be read, it may be larger than %d MB", maxForm>>20)))
		return
	}
	actor := s.actor(r)
	if actor == "" {
		s.write(w, r, sorry(errors.New("there is nobody to act as: start the stand-in with a seed that has users")))
		return
	}
	next, again, err := act(r, actor)
	switch {
	case again != nil:
		if err != nil {
			again.problem, again.status = reason(err), http.StatusUnprocessableEntity
		}
		s.write(w, r, again)
	case err != nil:
		s.write(w, r, sorry(err))
	default:
		if r.URL.Path == "/_actor" {
			http.SetCookie(w, &http.Cookie{
				Name: actorCookie, Value: r.PostForm.Get("actor"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
			})
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// sameOrigin reports whether a browser sent a form from one of these pages: browsers
// say so in Sec-Fetch-Site, older ones by the Origin.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		origin, err := url.Parse(r.Header.Get("Origin"))
		return err == nil && origin.Host != "" && origin.Host == r.Host
	}
	return false
}

// backOr is the page that a form wants to return to, if it is one of these.
func backOr(r *http.Request, otherwise string) string {
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n\t") {
		return otherwise
	}
	return back
}

// become changes whom the browser acts as.
func (s *site) become(r *http.Request, _ string) (string, *page, error) {
	if login := r.PostForm.Get("actor"); !slices.Contains(s.sim.People(), login) {
		return "", nil, fmt.Errorf("there is nobody called %q", login)
	}
	return backOr(r, "/"), nil, nil
}

// mustPush refuses what needs write access.
func (s *site) mustPush(r *http.Request, actor string) error {
	owner, name := r.PathValue("owner"), r.PathValue("repo")
	if s.sim.MayPush(owner, name, actor) {
		return nil
	}
	may := slices.DeleteFunc(s.sim.People(), func(login string) bool { return !s.sim.MayPush(owner, name, login) })
	if len(may) == 0 {
		return fmt.Errorf("nobody may write to %s/%s: it is archived, or no team has it", owner, name)
	}
	return fmt.Errorf("%s may not write to %s/%s; act as %s instead, at the foot of the page", actor, owner, name, strings.Join(may, " or "))
}

func (s *site) rerun(r *http.Request, actor string) (string, *page, error) {
	return s.onRun(r, actor, func(owner, name string, id int64) error { return s.sim.RerunCheck(owner, name, id, actor) })
}

func (s *site) requestAction(r *http.Request, actor string) (string, *page, error) {
	return s.onRun(r, actor, func(owner, name string, id int64) error {
		return s.sim.RequestAction(owner, name, id, r.PostForm.Get("identifier"), actor)
	})
}

func (s *site) onRun(r *http.Request, actor string, do func(owner, name string, id int64) error) (string, *page, error) {
	owner, name := r.PathValue("owner"), r.PathValue("repo")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return "", nil, errNotFound
	}
	if err := s.mustPush(r, actor); err != nil {
		return "", nil, err
	}
	return backOr(r, join(owner, name)) + "#check-" + strconv.FormatInt(id, 10), nil, do(owner, name, id)
}

func (s *site) rerunSuite(r *http.Request, actor string) (string, *page, error) {
	owner, name := r.PathValue("owner"), r.PathValue("repo")
	if err := s.mustPush(r, actor); err != nil {
		return "", nil, err
	}
	return backOr(r, join(owner, name)) + "#checks", nil, s.sim.RerunSuite(owner, name, r.PathValue("sha"), actor)
}

func (s *site) redeliver(r *http.Request, _ string) (string, *page, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || !s.sim.Redeliver(id) {
		return "", nil, fmt.Errorf("%w: no delivery %s is in the log", githubsim.ErrRefused, r.PathValue("id"))
	}
	return "/_deliveries", nil, nil
}
