package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	cairn "github.com/cairn-dev/cairn"
	"github.com/cairn-dev/cairn/handlers"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
)

func TestPermissions(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string][]string{
		"POST /repos/{owner}/{repo}/check-runs":               {"checks:write"},
		"GET /repos/acme/pay/contents/":                       {"contents:read"},
		"GET /repos/acme/pay/contents":                        {"contents:read"},
		"GET /repos/acme/pay/rules/branches/feature/x":        {"metadata:read"},
		"POST /repos/acme/pay/issues/1/comments":              {"issues:write", "pull_requests:write"},
		"PATCH /repos/acme/pay/git/refs/heads/feature/x":      {"contents:write"},
		"GET /repositories/7/branches/feature%2Fx/protection": {"administration:read"},
		"GET /app": nil,
		"POST /repos/acme/pay/issues/comments/5/reactions":     {"issues:write", "pull_requests:write"},
		"GET /repos/acme/pay/collaborators/ada/permission":     {"metadata:read"},
		"POST /repos/acme/pay/check-runs/5/rerequest":          {"checks:write"},
		"GET /api/v3/repos/acme/pay/commits/feat/x/check-runs": {"checks:read"},
	} {
		method, path, _ := strings.Cut(operation, " ")
		got, ok := load(t).Permissions(method, path)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%s: needs %v (kept: %t), want %v", operation, got, ok, want)
		}
	}
	if _, ok := load(t).Permissions("GET", "/no/such/thing"); ok {
		t.Error("an endpoint that GitHub does not have is kept")
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	have := map[string]string{"checks": "write", "contents": "read", "organization_projects": "admin"}
	for need, want := range map[string]bool{
		"checks:read": true, "checks:write": true, "contents:read": true, "contents:write": false, "issues:read": false,
		"organization_projects:write": true, "organization_projects:admin": true, "checks:admin": false, "metadata:read": true,
	} {
		if contract.Grants(have, need) != want {
			t.Errorf("%v grant %s: %t", have, need, !want)
		}
	}
}

func TestManifestFindings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		permissions map[string]string
		events      []string
		want        string
	}{
		"in order":              {map[string]string{"checks": "write", "contents": "read"}, []string{"check_run", "push", "repository"}, ""},
		"unknown permission":    {map[string]string{"check": "write"}, nil, "app manifest: no such permission"},
		"unknown level":         {map[string]string{"checks": "admin"}, nil, "app manifest: has the levels read, write"},
		"unknown event":         {nil, []string{"pushes"}, "app manifest: no such event"},
		"event comes unasked":   {nil, []string{"installation"}, "app manifest: comes to every App unasked"},
		"event lacks its right": {map[string]string{"metadata": "read"}, []string{"push"}, "app manifest: needs the permission contents:read"},
		"event listed twice":    {map[string]string{"contents": "read"}, []string{"push", "push"}, "app manifest: is listed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, load(t).CheckManifest(test.permissions, test.events), test.want)
		})
	}
}

// TestManifest holds app.yml to GitHub's description and to what Cairn uses: every
// name exists, every event may be subscribed to and is acted on, and each line that
// asks for something says why.
func TestManifest(t *testing.T) {
	t.Parallel()
	var m struct {
		Permissions map[string]string `yaml:"default_permissions"`
		Events      []string          `yaml:"default_events"`
		Public      *bool
		Hook        struct{ URL string } `yaml:"hook_attributes"`
		Name, URL   string
	}
	if err := yaml.Unmarshal(cairn.AppManifest, &m); err != nil {
		t.Fatal(err)
	}
	if m.Name == "" || m.URL == "" || m.Hook.URL == "" || m.Public == nil || *m.Public {
		t.Errorf("app.yml: name %q, url %q, hook %q, public %v", m.Name, m.URL, m.Hook.URL, m.Public)
	}
	for _, f := range load(t).CheckManifest(m.Permissions, m.Events) {
		t.Errorf("app.yml: %s: %s", f.Operation, f.Message)
	}
	acts := slices.DeleteFunc(handlers.EventNames(), func(e string) bool {
		return e == "installation" || e == "installation_repositories" // every App hears of its installations
	})
	if diff := cmp.Diff(sorted(acts), sorted(m.Events)); diff != "" {
		t.Errorf("the events that Cairn acts on, and those of app.yml (-acts +app.yml):\n%s", diff)
	}
	for _, unexplained := range unexplained(t) {
		t.Errorf("app.yml: %s has no comment that says what for", unexplained)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// unexplained returns the permissions and events of app.yml without a comment above
// them; one comment may stand for the events that follow it.
func unexplained(t *testing.T) []string {
	t.Helper()
	var out []string
	explained := false
	for _, line := range strings.Split(string(cairn.AppManifest), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "#"):
			explained = true
		case line == text: // a key of the top, or nothing
			explained = false
		case strings.HasPrefix(text, "- ") || strings.HasSuffix(text, ": read") || strings.HasSuffix(text, ": write"):
			if !explained {
				out = append(out, text)
			}
			explained = explained && strings.HasPrefix(text, "- ")
		}
	}
	return out
}
