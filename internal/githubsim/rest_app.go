package githubsim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// appRoutes are what the App asks of itself, and its installations.
func appRoutes() []route {
	return []route{
		{"GET /app", "app", func(c *call) reply {
			return ok(merge(c.s.application(), obj{"installations_count": len(c.s.state.installations)}))
		}},
		{"GET /app/installations", "app", func(c *call) reply {
			return paged(c, c.s.state.installations, func(i *Installation) any { return c.s.installation(i) })
		}},
		{"GET /app/installations/{id}", "app", withInstallation(func(c *call, i *Installation) reply { return ok(c.s.installation(i)) })},
		{"POST /app/installations/{id}/access_tokens", "app", withInstallation(createToken)},
		{"GET /app/hook/config", "app", func(c *call) reply {
			return ok(obj{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": c.s.opts.WebhookURL})
		}},
		{"GET /app/hook/deliveries", "app", listDeliveries},
		{"GET /app/hook/deliveries/{id}", "app", getDelivery},
		{"POST /app/hook/deliveries/{id}/attempts", "app", func(c *call) reply {
			if !c.s.redeliver(int64(c.number("id"))) {
				return notFound()
			}
			return accepted()
		}},
		{"GET /orgs/{owner}/installation", "app", func(c *call) reply { return installationFor(c, c.s.state.account(c.path("owner"))) }},
		{"GET /users/{owner}/installation", "app", func(c *call) reply { return installationFor(c, c.s.state.account(c.path("owner"))) }},
		{"GET /repos/{owner}/{repo}/installation", "app", func(c *call) reply {
			r := c.s.state.repository(c.path("owner"), c.path("repo"))
			if r == nil || c.s.state.installationOf(r) == nil {
				return notFound()
			}
			return ok(c.s.installation(c.s.state.installationOf(r)))
		}},
		{"GET /installation/repositories", "metadata:read", installationRepositories},
		{"DELETE /installation/token", "metadata:read", func(c *call) reply {
			for text, t := range c.s.tokens {
				if t == c.caller.token {
					delete(c.s.tokens, text)
				}
			}
			return noContent()
		}},
		{"POST /app-manifests/{code}/conversions", "any", convertManifest},
		{"POST /organizations/{owner}/settings/apps/new", "any", registerManifest},
	}
}

func withInstallation(do func(*call, *Installation) reply) func(*call) reply {
	return func(c *call) reply {
		for _, i := range c.s.state.installations {
			if i.ID == int64(c.number("id")) {
				return do(c, i)
			}
		}
		return notFound()
	}
}

func installationFor(c *call, a *Account) reply {
	for _, i := range c.s.state.installations {
		if a != nil && i.Account == a {
			return ok(c.s.installation(i))
		}
	}
	return notFound()
}

func createToken(c *call, i *Installation) reply {
	if i.Suspended {
		return refuse(http.StatusForbidden, "This installation has been suspended")
	}
	var ask struct {
		Repositories  []string          `json:"repositories"`
		RepositoryIDs []int64           `json:"repository_ids"`
		Permissions   map[string]string `json:"permissions"`
	}
	if no := c.decode(&ask); no.status != 0 {
		return no
	}
	permissions := c.s.permissions()
	if ask.Permissions != nil {
		for name, level := range ask.Permissions {
			if !grants(permissions, name, level) {
				return refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
			}
		}
		permissions = merge2(map[string]string{"metadata": "read"}, ask.Permissions)
	}
	var only map[int64]bool
	if ask.Repositories != nil || ask.RepositoryIDs != nil {
		only = map[int64]bool{}
		for _, r := range c.s.state.sorted() {
			for _, name := range ask.Repositories {
				only[r.ID] = only[r.ID] || (strings.EqualFold(r.Name, name) && i.Holds(r))
			}
			for _, id := range ask.RepositoryIDs {
				only[r.ID] = only[r.ID] || (r.ID == id && i.Holds(r))
			}
		}
	}
	text, t := c.s.newToken(i, permissions, only)
	selection := "all"
	if !i.All || only != nil {
		selection = "selected"
	}
	body := obj{"token": text, "expires_at": at(t.expires), "permissions": permissions, "repository_selection": selection}
	if only != nil {
		list := []any{}
		for _, r := range c.s.state.sorted() {
			if only[r.ID] {
				list = append(list, c.s.repository(r))
			}
		}
		body["repositories"] = list
	}
	return created(body)
}

func merge2(a, b map[string]string) map[string]string {
	for k, v := range b {
		a[k] = v
	}
	return a
}

func installationRepositories(c *call) reply {
	if c.caller.token == nil {
		return refuse(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
	}
	var list []*Repository
	for _, r := range c.s.state.sorted() {
		if c.caller.token.sees(r) {
			list = append(list, r)
		}
	}
	answer := counted(c, "repositories", list, func(r *Repository) any { return c.s.repository(r) })
	if body, ok := answer.body.(obj); ok {
		body["repository_selection"] = c.s.installation(c.caller.token.installation)["repository_selection"]
	}
	return answer
}

// listDeliveries pages by a cursor, newest first, as GitHub does.
func listDeliveries(c *call) reply {
	size := 30
	if n, err := strconv.Atoi(c.query("per_page")); err == nil && n > 0 {
		size = min(n, 100)
	}
	before := int64(1) << 62
	if cursor, found := strings.CutPrefix(c.query("cursor"), "v1_"); found {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil {
			return refuse(http.StatusBadRequest, "Invalid cursor")
		}
		before = n
	}
	log := c.s.Deliveries()
	list := []any{}
	header := http.Header{}
	for n := len(log) - 1; n >= 0; n-- {
		if log[n].ID >= before {
			continue
		}
		if len(list) == size {
			q := c.r.URL.Query()
			q.Set("cursor", "v1_"+itoa(before))
			header.Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, c.s.apiURL(c.r), c.r.URL.Path, q.Encode()))
			break
		}
		before = log[n].ID
		list = append(list, deliveryItem(log[n]))
	}
	return reply{status: http.StatusOK, body: list, header: header}
}

func deliveryItem(d Delivery) obj {
	return obj{
		"id": d.ID, "guid": d.GUID, "delivered_at": d.At.Format(time.RFC3339), "redelivery": d.Redelivery, "duration": d.Duration.Seconds(),
		"status": d.Status, "status_code": d.StatusCode, "event": d.Event, "action": text(d.Action), "installation_id": orNull(d.InstallationID),
		"repository_id": orNull(d.RepositoryID), "throttled_at": nil,
	}
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

func getDelivery(c *call) reply {
	for _, d := range c.s.Deliveries() {
		if d.ID != int64(c.number("id")) {
			continue
		}
		return ok(merge(deliveryItem(d), obj{
			"url":      c.s.opts.WebhookURL,
			"request":  obj{"headers": flat(d.RequestHeader), "payload": rawJSON(d.Payload)},
			"response": obj{"headers": flat(d.ResponseHeader), "payload": string(d.Response)},
		}))
	}
	return notFound()
}

func flat(h http.Header) obj {
	out := obj{}
	for k := range h {
		out[k] = h.Get(k)
	}
	return out
}

// manifestApp is an App registered from a manifest, waiting for its code to be
// exchanged.
type manifestApp struct {
	app      *App
	hook     string
	external string
	made     time.Time
}

// registerManifest takes the form that GitHub's page posts, and redirects with a
// code as GitHub does after the person pressed 'Create GitHub App'.
func registerManifest(c *call) reply {
	form, err := url.ParseQuery(string(c.raw))
	if err != nil || form.Get("manifest") == "" {
		return invalid("Manifest", "manifest", "missing_field")
	}
	var m struct {
		Name        string            `json:"name"`
		URL         string            `json:"url"`
		RedirectURL string            `json:"redirect_url"`
		Hook        map[string]any    `json:"hook_attributes"`
		Permissions map[string]string `json:"default_permissions"`
		Events      []string          `json:"default_events"`
	}
	if no := (&call{raw: []byte(form.Get("manifest"))}).decode(&m); no.status != 0 {
		return no
	}
	if m.RedirectURL == "" {
		return invalid("Manifest", "redirect_url", "missing_field")
	}
	hook, _ := m.Hook["url"].(string)
	code := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "code-%d", c.s.state.id()))
	c.s.manifest[code] = manifestApp{made: c.s.time(), hook: hook, external: m.URL, app: &App{
		ID: c.s.state.id(), Slug: slug(m.Name), Name: m.Name, Owner: c.s.state.account(c.path("owner")), Permissions: m.Permissions, Events: m.Events, CreatedAt: c.s.time(),
	}}
	to := m.RedirectURL + "?" + url.Values{"code": {code}, "state": {c.query("state")}}.Encode()
	return reply{status: http.StatusFound, header: http.Header{"Location": {to}}}
}

// convertManifest exchanges a code, once and within the hour, for the App's keys.
func convertManifest(c *call) reply {
	m, there := c.s.manifest[c.path("code")]
	delete(c.s.manifest, c.path("code"))
	if !there || c.s.time().Sub(m.made) > time.Hour {
		return notFound()
	}
	key, err := NewPrivateKey()
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	body := merge(c.s.application(), obj{
		"id": m.app.ID, "slug": m.app.Slug, "name": m.app.Name, "external_url": m.external, "permissions": m.app.Permissions, "events": orEmpty(m.app.Events),
		"client_secret": "a client secret of the stand-in", "webhook_secret": "a webhook secret of the stand-in", "pem": string(key),
	})
	if m.app.Owner != nil {
		body["owner"] = c.s.user(m.app.Owner)
	}
	return created(body)
}
