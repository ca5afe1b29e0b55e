package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reply is the answer to a call.
type reply struct {
	*call
	status int
	header http.Header
	body   []byte
}

func (r *reply) say(rule Rule, warning bool, format string, args ...any) {
	r.report(Finding{Side: Server, Rule: rule, Operation: r.name, Message: fmt.Sprintf("%d: ", r.status) + fmt.Sprintf(format, args...), Warning: warning})
}

// checkAnswer says what is wrong with an answer to a REST call.
func (c *Contracts) checkAnswer(r *reply) {
	r.checkHeaders()
	if r.status == http.StatusNoContent || r.status == http.StatusNotModified {
		if len(r.body) > 0 {
			r.say(RuleBody, false, "has a body")
		}
	}
	if r.operation == nil {
		return
	}
	documented, ok := r.operation.Answers[strconv.Itoa(r.status)]
	switch {
	case r.status >= http.StatusBadRequest:
		r.checkError(ok)
	case r.status == http.StatusNotModified && conditional(r.request.Header):
		return
	case !ok:
		r.say(RuleStatus, false, "GitHub documents only %s", strings.Join(sortedKeys(r.operation.Answers), ", "))
		return
	}
	if !ok || len(documented.Schema) == 0 || r.rawWanted() || r.request.Method == http.MethodHead {
		return
	}
	if !strings.Contains(r.header.Get("Content-Type"), "json") {
		if r.status < http.StatusBadRequest {
			r.say(RuleHeader, false, "Content-Type %q, where JSON is documented", r.header.Get("Content-Type"))
		}
		return
	}
	for _, m := range c.schemas.validate(r.operation.answerURL(r.status), r.body) {
		r.say(RuleBody, m.Known, "%s", m)
	}
	r.checkPaging()
}

func conditional(h http.Header) bool {
	return h.Get("If-None-Match") != "" || h.Get("If-Modified-Since") != ""
}

// rawWanted reports whether the call asked for something else than JSON, such as a
// file as it is or a diff.
func (r *reply) rawWanted() bool {
	accept := r.request.Header.Get("Accept")
	return strings.Contains(accept, "application/vnd.github") && !strings.Contains(accept, "json")
}

// checkHeaders asks for what GitHub sends with every answer. What fails before
// GitHub's own code, and an App's JWT, has no rate limit.
func (r *reply) checkHeaders() {
	if r.status >= http.StatusInternalServerError {
		return
	}
	wanted := []string{"X-Github-Request-Id"}
	if r.status < http.StatusBadRequest && r.status != http.StatusNotModified {
		wanted = append(wanted, "X-Github-Media-Type")
	}
	if authKind(r.request.Header) != authJWT && r.status != http.StatusNotModified {
		wanted = append(wanted, "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Ratelimit-Used", "X-Ratelimit-Resource")
	}
	for _, h := range wanted {
		if r.header.Get(h) == "" {
			r.say(RuleHeader, false, "no %s", h)
		}
	}
	if r.request.Method == http.MethodGet && r.status == http.StatusOK && r.header.Get("Etag") == "" {
		r.say(RuleHeader, false, "no ETag")
	}
}

// checkError asks for a message; documented reports whether the status is.
func (r *reply) checkError(documented bool) {
	if r.status >= http.StatusInternalServerError {
		return
	}
	usual := []int{400, 401, 403, 404, 422, 429}
	if !documented && !slices.Contains(usual, r.status) {
		r.say(RuleStatus, true, "is unusual for an error")
	}
	var e struct {
		Message          string
		DocumentationURL string `json:"documentation_url"`
	}
	if json.Unmarshal(r.body, &e) != nil || e.Message == "" {
		r.say(RuleBody, false, "an error without a message")
		return
	}
	if e.DocumentationURL == "" {
		r.say(RuleBody, true, "an error without a documentation_url")
	}
}

// linkForm is one link of a Link header: an absolute URL with a page, and its role.
var linkForm = regexp.MustCompile(`^<https?://[^>]*[?&](page|after|before|cursor|since)=[^>]*>; rel="(next|prev|first|last)"$`)

// checkPaging asks for pages of the right size that lead to each other.
func (r *reply) checkPaging() {
	if !r.operation.paged() || r.request.Method != http.MethodGet || r.status != http.StatusOK {
		return
	}
	size := number(r.request, "per_page", 30)
	items, total := page(r.body)
	if items > size {
		r.say(RulePaging, false, "%d items on a page of %d", items, size)
	}
	link := r.header.Get("Link")
	for _, part := range strings.Split(link, ", ") {
		if link != "" && !linkForm.MatchString(part) {
			r.say(RulePaging, false, "odd Link: %s", part)
		}
	}
	at := number(r.request, "page", 1)
	if total > at*size && !strings.Contains(link, `rel="next"`) {
		r.say(RulePaging, false, "%d in all, %d shown, no link to the next page", total, at*size)
	}
	if at > 1 && items > 0 && !strings.Contains(link, `rel="prev"`) {
		r.say(RulePaging, false, "page %d without a link to the one before", at)
	}
}

// number is a query parameter, or what counts without it.
func number(r *http.Request, name string, without int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
		return n
	}
	return without
}

// page counts the items of a list, or of an object that says how many there are in
// all (-1 where it does not).
func page(body []byte) (items, total int) {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil {
		return len(list), -1
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || json.Unmarshal(object["total_count"], &total) != nil {
		return 0, -1
	}
	for _, v := range object {
		if bytes.HasPrefix(v, []byte("[")) && json.Unmarshal(v, &list) == nil {
			items = max(items, len(list))
		}
	}
	return items, total
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
