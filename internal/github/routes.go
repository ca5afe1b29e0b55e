package github

import (
	"net/http"
	"strings"
)

// routes are the REST paths Cairn calls, as docs.github.com writes them. Metrics
// are labelled with these, so that a repository's name never becomes a label.
func routes() []string {
	return []string{
		"/app/hook/deliveries",
		"/app/hook/deliveries/{delivery_id}/attempts",
		"/app/installations",
		"/repos/{owner}/{repo}/installation",
		"/app/installations/{installation_id}/access_tokens",
		"/installation/repositories",
		"/repos/{owner}/{repo}/check-runs",
		"/repos/{owner}/{repo}/check-runs/{check_run_id}",
		"/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
		"/repos/{owner}/{repo}/collaborators/{username}/permission",
		"/repos/{owner}/{repo}/commits/{ref}/check-runs",
		"/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
		"/repos/{owner}/{repo}/contents/{path}",
		"/repos/{owner}/{repo}/git/blobs/{file_sha}",
		"/repos/{owner}/{repo}/git/trees/{tree_sha}",
		"/repos/{owner}/{repo}/issues/comments/{comment_id}",
		"/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
		"/repos/{owner}/{repo}/issues/{issue_number}/comments",
	}
}

// template returns the route a path belongs to; "other" for one not listed.
func template(path string) string {
	parts := strings.Split(path, "/")
	for _, route := range routes() {
		if matches(strings.Split(route, "/"), parts) {
			return route
		}
	}
	return "other"
}

func matches(route, parts []string) bool {
	if n := len(route); n < len(parts) && route[n-1] == "{path}" {
		parts = parts[:n] // a path has slashes of its own
	}
	if len(route) != len(parts) {
		return false
	}
	for i, r := range route {
		if !strings.HasPrefix(r, "{") && r != parts[i] {
			return false
		}
	}
	return true
}

// createsContent reports whether a call counts against GitHub's limit on content
// creation: what people are notified of. Check runs do not.
func createsContent(method, path string) bool {
	if method != http.MethodPost {
		return false
	}
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch last {
	case "comments", "generate", "issues", "pulls", "releases", "replies", "repos", "reviews":
		return true
	}
	return false
}
