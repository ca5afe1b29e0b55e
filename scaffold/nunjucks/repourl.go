package nunjucks

import (
	"fmt"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// repoURL is what parseRepoUrl reads off host?owner=o&repo=r. Parts that are not
// there are undefined.
type repoURL struct {
	host                                          string
	owner, repo, organization, workspace, project Value
}

func (r *repoURL) object() *Object {
	o := NewObject()
	o.Set("host", r.host)
	o.Set("owner", r.owner)
	o.Set("repo", r.repo)
	o.Set("organization", r.organization)
	o.Set("workspace", r.workspace)
	o.Set("project", r.project)
	return o
}

// parseRepoURL follows Backstage's parseRepoUrl: the host must be a configured
// integration, and its kind says which parts must be there.
func parseRepoURL(text string, integrations map[string]string) (*repoURL, error) {
	source := "https://" + text
	u, err := url.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("invalid repository URL %q: %w", source, err)
	}
	kind, ok := integrations[u.Host()]
	if !ok {
		return nil, fmt.Errorf("no integration is configured for host %q", u.Host())
	}
	query := u.SearchParams()
	part := func(name string) Value {
		if !query.Has(name) {
			return Undefined{}
		}
		return strings.Trim(query.Get(name), "/")
	}
	for _, name := range requiredParts(kind, u.Host(), part("project")) {
		if query.Get(name) == "" {
			return nil, fmt.Errorf("invalid repository URL %q: %s is missing", source, name)
		}
	}
	return &repoURL{
		host: u.Host(), owner: part("owner"), repo: part("repo"),
		organization: part("organization"), workspace: part("workspace"), project: part("project"),
	}, nil
}

func requiredParts(kind, host string, project Value) []string {
	switch kind {
	case "bitbucket":
		if host == "www.bitbucket.org" {
			return []string{"workspace", "project", "repo"}
		}
		return []string{"project", "repo"}
	case "azure":
		return []string{"project", "repo"}
	case "gitlab":
		if Truthy(project) {
			return nil
		}
		return []string{"owner", "repo"}
	}
	return []string{"repo", "owner"}
}
