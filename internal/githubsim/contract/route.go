package contract

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// operation is one endpoint of the REST API.
type operation struct {
	Method       string
	Path         string
	Needs        []string // permissions of which one is needed, such as checks:write
	Apps         bool     // whether Apps may call it
	Deprecated   bool
	Parameters   []parameter
	Body         json.RawMessage
	BodyRequired bool
	Answers      map[string]answer // by status

	parts []string
}

type parameter struct {
	Name     string
	In       string // "path" or "query"
	Required bool
	Schema   json.RawMessage
}

type answer struct {
	Types  []string // media types; none for an answer without a body
	Schema json.RawMessage
}

func (o *operation) String() string { return o.Method + " " + o.Path }

// The URLs of an operation's schemas, beside those of the folder.
func (o *operation) bodyURL() string { return restSchemas + o.urlName() + ".body" }
func (o *operation) answerURL(code int) string {
	return fmt.Sprintf("%s%s.%d", restSchemas, o.urlName(), code)
}
func (o *operation) paramURL(name string) string { return restSchemas + o.urlName() + ".param." + name }

func (o *operation) urlName() string {
	return "@" + o.Method + strings.NewReplacer("/", "~", "{", "", "}", "").Replace(o.Path)
}

// paged reports whether the operation answers in pages.
func (o *operation) paged() bool {
	return slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.In == "query" && p.Name == "per_page" })
}

// wantsJWT reports whether the operation is for the App itself: it wants the App's
// JWT, where all others want a token.
func (o *operation) wantsJWT() bool {
	return o.Path == "/app" || strings.HasPrefix(o.Path, "/app/") || strings.HasSuffix(o.Path, "/installation")
}

// open reports whether the operation is meant to be called by anybody.
func (o *operation) open() bool {
	switch o.Path {
	case "/", "/meta", "/zen", "/versions", "/rate_limit", "/app-manifests/{code}/conversions":
		return true
	}
	return false
}

func (c *Contracts) addOperations(all []*operation) {
	for _, o := range all {
		o.parts = strings.Split(strings.TrimPrefix(o.Path, "/"), "/")
		c.schemas.add(o.bodyURL(), o.Body)
		for code, a := range o.Answers {
			c.schemas.add(restSchemas+o.urlName()+"."+code, a.Schema)
		}
		for _, p := range o.Parameters {
			c.schemas.add(o.paramURL(p.Name), p.Schema)
		}
		c.operations[o.Method] = append(c.operations[o.Method], o)
	}
	for _, list := range c.operations {
		slices.SortStableFunc(list, func(a, b *operation) int { return rank(b) - rank(a) })
	}
}

// rank puts literal parts first, and parameters that may hold slashes last.
func rank(o *operation) int {
	n := 0
	for _, part := range o.parts {
		switch {
		case !strings.HasPrefix(part, "{"):
			n += 10
		case manyParts(part):
			n--
		}
	}
	return n
}

// manyParts names the parameters that may hold slashes, at the end and in between:
// files, and branches.
func manyParts(part string) bool {
	return slices.Contains([]string{"{path}", "{ref}", "{basehead}", "{branch}"}, part)
}

// byID is how GitHub's own links name a repository.
var byID = regexp.MustCompile(`^/repositories/\d+(/|$)`)

// find returns the operation of a call and its path parameters; nil if there is
// none. The path is escaped as in a request.
func (c *Contracts) find(method, escapedPath string) (*operation, map[string]string) {
	path := byID.ReplaceAllString(strings.TrimPrefix(escapedPath, "/api/v3"), "/repos/-/-$1")
	have := strings.Split(strings.Trim(path, "/"), "/")
	for _, o := range c.operations[method] {
		values := map[string]string{}
		if match(o.parts, have, values) {
			return o, values
		}
	}
	return nil, nil
}

// match compares a path's parts with a template's and notes the parameters.
func match(template, have []string, values map[string]string) bool {
	if len(template) == 0 {
		return len(have) == 0
	}
	part := template[0]
	if !strings.HasPrefix(part, "{") {
		return len(have) > 0 && have[0] == part && match(template[1:], have[1:], values)
	}
	least, most := 1, 1
	if manyParts(part) {
		most = len(have)
	}
	if part == "{path}" { // the root of a repository
		least = 0
	}
	for n := least; n <= min(most, len(have)); n++ {
		if match(template[1:], have[n:], values) {
			value, err := url.PathUnescape(strings.Join(have[:n], "/"))
			values[strings.Trim(part, "{}")] = value
			return err == nil && (n == 0 || value != "")
		}
	}
	return false
}
