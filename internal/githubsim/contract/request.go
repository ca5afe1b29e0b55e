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

// call is a request on its way, and what is known of it.
type call struct {
	request     *http.Request
	body        []byte
	operation   *operation        // nil if GitHub has none such, and for GraphQL
	values      map[string]string // path parameters
	permissions map[string]string // the App's; nil if unknown
	name        string            // as findings give it
	query       *query            // of a GraphQL call that fits the schema
	report      func(Finding)
}

func (call *call) app(rule Rule, format string, args ...any) {
	call.report(Finding{Side: App, Rule: rule, Operation: call.name, Message: fmt.Sprintf(format, args...)})
}

func (call *call) warn(rule Rule, format string, args ...any) {
	call.report(Finding{Side: App, Rule: rule, Operation: call.name, Message: fmt.Sprintf(format, args...), Warning: true})
}

// checkRequest says what is wrong with a REST call.
func (c *Contracts) checkRequest(call *call) {
	o := call.operation
	if o == nil {
		c.unknownEndpoint(call)
		return
	}
	if o.Deprecated {
		call.warn(RuleDeprecated, "GitHub means to remove it")
	}
	call.checkUserAgent()
	call.checkAuth()
	c.checkParameters(call)
	c.checkBody(call)
}

// unknownEndpoint tells what GitHub lacks from what is only not kept here.
func (c *Contracts) unknownEndpoint(call *call) {
	have := strings.Split(strings.Trim(strings.TrimPrefix(call.request.URL.EscapedPath(), "/api/v3"), "/"), "/")
	for known := range c.paths {
		method, path, _ := strings.Cut(known, " ")
		if method == call.request.Method && match(strings.Split(strings.Trim(path, "/"), "/"), have, map[string]string{}) {
			call.app(RuleEndpoint, "GitHub has it (%s), but its description is not kept: add it to trim/operations.txt and run `make contracts`", path)
			return
		}
	}
	call.app(RuleEndpoint, "GitHub has no such endpoint")
}

func (call *call) checkUserAgent() {
	if call.request.Header.Get("User-Agent") == "" {
		call.app(RuleUserAgent, "no User-Agent: GitHub refuses it")
	}
}

// The kinds of credentials, as tokens show them by their form.
const (
	authNone         = "no credentials"
	authJWT          = "the App's JWT"
	authInstallation = "an installation's token"
	authOther        = "another token"
)

var jwtForm = regexp.MustCompile(`^ey[\w-]+\.[\w-]+\.[\w-]+$`)

func authKind(h http.Header) string {
	_, token, _ := strings.Cut(h.Get("Authorization"), " ")
	switch {
	case token == "":
		return authNone
	case strings.HasPrefix(token, "ghs_"):
		return authInstallation
	case jwtForm.MatchString(token):
		return authJWT
	}
	return authOther
}

// checkAuth compares the credentials with what the operation wants.
func (call *call) checkAuth() {
	o, kind := call.operation, authKind(call.request.Header)
	switch {
	case o.wantsJWT() && kind != authJWT:
		call.app(RuleAuth, "wants the App's JWT, came with %s", kind)
	case !o.wantsJWT() && !o.open() && kind == authJWT:
		call.app(RuleAuth, "came with the App's JWT, wants a token")
	case !o.open() && kind == authNone:
		call.warn(RuleAuth, "came without credentials: 60 calls an hour")
	case kind == authInstallation && !o.Apps:
		call.app(RuleAuth, "is not open to Apps")
	}
	if kind == authInstallation && call.permissions != nil && !Sufficient(call.permissions, o.Needs) {
		call.app(RulePermission, "needs %s, which the App does not have", strings.Join(o.Needs, " or "))
	}
}

// checkParameters compares path and query parameters with their schemas.
func (c *Contracts) checkParameters(call *call) {
	query := call.request.URL.Query()
	for _, p := range call.operation.Parameters {
		values := slices.Concat(query[p.Name], query[p.Name+"[]"])
		delete(query, p.Name)
		delete(query, p.Name+"[]")
		if p.In == "path" {
			values = []string{call.values[p.Name]}
		}
		if len(values) == 0 {
			if p.Required {
				call.app(RuleParameter, "lacks the parameter %s", p.Name)
			}
			continue
		}
		if said := c.parameter(call.operation.paramURL(p.Name), values); said != "" {
			call.app(RuleParameter, "%s %q: %s", p.Name, strings.Join(values, ","), said)
		}
		if n, err := strconv.Atoi(values[0]); p.Name == "per_page" && err == nil && n > 100 {
			call.app(RuleParameter, "per_page %d: GitHub gives at most 100", n)
		}
	}
	for name := range query {
		call.app(RuleParameter, "has no query parameter %q", name)
	}
	if call.operation.paged() && call.request.Method == http.MethodGet && !call.request.URL.Query().Has("per_page") {
		call.warn(RuleParameter, "a list without per_page: 30 a page")
	}
}

// parameter says why no reading of a parameter's text fits its schema: as text, as
// number or boolean, as list.
func (c *Contracts) parameter(schemaURL string, values []string) string {
	text := values[0]
	readings := []any{text}
	if json.Valid([]byte(text)) && !strings.HasPrefix(text, `"`) {
		readings = append(readings, decodeNumber(text))
	}
	for _, list := range [][]string{values, strings.Split(text, ",")} {
		items := make([]any, len(list))
		for i, v := range list {
			items[i] = v
		}
		readings = append(readings, items)
	}
	said := ""
	for i, value := range readings {
		found := c.schemas.check(schemaURL, value)
		if len(found) == 0 {
			return ""
		}
		if i == 0 || (i == 1 && len(readings) == 4) {
			said = found[0].Message
		}
	}
	return said
}

// decodeNumber decodes a JSON text as the schemas want it.
func decodeNumber(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return text
	}
	return v
}

// checkBody compares a call's body with its schema.
func (c *Contracts) checkBody(call *call) {
	o, body := call.operation, bytes.TrimSpace(call.body)
	if string(body) == "null" && !o.BodyRequired {
		body = nil // how go-github and ghinstallation say 'no options'; GitHub takes it
	}
	switch {
	case len(body) == 0:
		if o.BodyRequired {
			call.app(RuleRequestBody, "needs a body")
		}
		return
	case !c.schemas.has(o.bodyURL()):
		if string(body) != "{}" {
			call.warn(RuleRequestBody, "takes no body")
		}
		return
	}
	for _, m := range c.schemas.validate(o.bodyURL(), body) {
		call.app(RuleRequestBody, "%s", m)
	}
	for _, name := range c.unknownFields(o.Body, body) {
		call.warn(RuleRequestBody, "GitHub knows no field %q", name)
	}
}

// unknownFields returns the fields of an object that its schema does not name;
// nothing where any field may be.
func (c *Contracts) unknownFields(schema json.RawMessage, body []byte) []string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return nil
	}
	known := map[string]bool{}
	if open := c.named(schema, known); open || len(known) == 0 {
		return nil
	}
	var out []string
	for name := range fields {
		if !known[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// named collects the properties a schema names, and reports whether others are
// allowed by a schema of their own.
func (c *Contracts) named(schema json.RawMessage, known map[string]bool) (open bool) {
	var s struct {
		Ref                  string `json:"$ref"`
		Properties           map[string]json.RawMessage
		AdditionalProperties json.RawMessage
		AnyOf, AllOf         []json.RawMessage
	}
	if json.Unmarshal(schema, &s) != nil {
		return true
	}
	open = strings.HasPrefix(string(s.AdditionalProperties), "{")
	for name := range s.Properties {
		known[name] = true
	}
	if s.Ref != "" {
		open = c.named(c.schemas.sources[restSchemas+s.Ref], known) || open
	}
	for _, part := range append(s.AnyOf, s.AllOf...) {
		open = c.named(part, known) || open
	}
	return open
}
