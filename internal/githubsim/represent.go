package githubsim

import (
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// The functions of these files show an object in GitHub's JSON, for the REST API
// and for webhooks alike.

type obj = map[string]any

// at shows a time; nil for the zero time.
func at(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// text shows a string; nil for "".
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func sha(h plumbing.Hash) any {
	if h.IsZero() {
		return nil
	}
	return h.String()
}

func (s *Server) user(a *Account) any {
	if a == nil {
		return nil
	}
	api := s.opts.URL + "/users/" + a.Login
	html := s.opts.URL + "/" + a.Login
	if a.Type == "Bot" {
		html = s.opts.URL + "/apps/" + s.opts.AppSlug
	}
	return obj{
		"login": a.Login, "id": a.ID, "node_id": nodeID(a.Type, a.ID), "avatar_url": html + ".png", "gravatar_id": "",
		"url": api, "html_url": html, "followers_url": api + "/followers", "following_url": api + "/following{/other_user}",
		"gists_url": api + "/gists{/gist_id}", "starred_url": api + "/starred{/owner}{/repo}", "subscriptions_url": api + "/subscriptions",
		"organizations_url": api + "/orgs", "repos_url": api + "/repos", "events_url": api + "/events{/privacy}",
		"received_events_url": api + "/received_events", "type": a.Type, "user_view_type": "public", "site_admin": false,
	}
}

// organisation is the short form that webhooks and memberships carry.
func (s *Server) organisation(a *Account) obj {
	api := s.opts.URL + "/orgs/" + a.Login
	return obj{
		"login": a.Login, "id": a.ID, "node_id": nodeID("Organization", a.ID), "url": api, "repos_url": api + "/repos",
		"events_url": api + "/events", "hooks_url": api + "/hooks", "issues_url": api + "/issues", "members_url": api + "/members{/member}",
		"public_members_url": api + "/public_members{/member}", "avatar_url": s.opts.URL + "/" + a.Login + ".png", "description": text(a.Description),
	}
}

func (s *Server) organisationFull(a *Account) obj {
	public := 0
	for _, r := range s.state.repositories {
		if r.Owner == a && r.Visibility == "public" {
			public++
		}
	}
	return merge(s.organisation(a), obj{
		"name": text(a.Name), "html_url": s.opts.URL + "/" + a.Login, "has_organization_projects": false, "has_repository_projects": false,
		"public_repos": public, "public_gists": 0, "followers": 0, "following": 0, "type": "Organization",
		"created_at": at(a.CreatedAt), "updated_at": at(a.CreatedAt), "archived_at": nil,
	})
}

func merge(parts ...obj) obj {
	out := obj{}
	for _, p := range parts {
		for k, v := range p {
			out[k] = v
		}
	}
	return out
}

// repository is GitHub's full form; full adds what only GET /repos/… shows.
func (s *Server) repository(r *Repository) obj {
	api := s.opts.URL + "/repos/" + r.FullName()
	html := s.opts.URL + "/" + r.FullName()
	out := obj{
		"id": r.ID, "node_id": nodeID("Repository", r.ID), "name": r.Name, "full_name": r.FullName(), "owner": s.user(r.Owner),
		"private": r.Visibility != "public", "visibility": r.Visibility, "html_url": html, "description": text(r.Description), "fork": r.Parent != nil,
		"url": api, "homepage": text(r.Homepage), "language": text(s.mainLanguage(r)), "topics": orEmpty(r.Topics),
		"archived": r.Archived, "disabled": false, "is_template": false, "default_branch": r.DefaultBranch,
		"created_at": at(r.CreatedAt), "updated_at": at(r.UpdatedAt), "pushed_at": orTime(r.PushedAt, r.CreatedAt),
		"has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": true, "has_discussions": false,
		"forks": s.forks(r), "forks_count": s.forks(r), "open_issues": s.open(r), "open_issues_count": s.open(r),
		"size": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "license": nil, "mirror_url": nil,
		"allow_forking": true, "web_commit_signoff_required": false,
		"clone_url": html + ".git", "svn_url": html,
		"git_url": "git:" + strings.TrimPrefix(strings.TrimPrefix(html, "https:"), "http:") + ".git", "ssh_url": "git@github:" + r.FullName() + ".git",
	}
	for key, tail := range repositoryURLs() {
		out[key] = api + tail
	}
	return out
}

// repositoryURLs are the addresses that GitHub lists with every repository.
func repositoryURLs() map[string]string {
	return map[string]string{
		"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
		"branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
		"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
		"contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
		"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
		"hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
		"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
		"merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
		"pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
		"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
	}
}

func (s *Server) repositoryFull(r *Repository) obj {
	out := merge(s.repository(r), obj{
		"network_count": s.forks(r), "subscribers_count": 0, "temp_clone_token": "", "allow_squash_merge": true, "allow_merge_commit": true,
		"allow_rebase_merge": true, "allow_auto_merge": false, "delete_branch_on_merge": false,
	})
	if r.Owner.Type == "Organization" {
		out["organization"] = s.user(r.Owner)
	}
	if r.Parent != nil {
		out["parent"], out["source"] = s.repository(r.Parent), s.repository(r.Parent)
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func orTime(t, otherwise time.Time) any {
	if t.IsZero() {
		return at(otherwise)
	}
	return at(t)
}

func (s *Server) forks(r *Repository) int {
	n := 0
	for _, other := range s.state.repositories {
		if other.Parent == r {
			n++
		}
	}
	return n
}

func (s *Server) open(r *Repository) int {
	n := 0
	for _, i := range r.Issues {
		if i.State == "open" {
			n++
		}
	}
	return n
}

// pullNumberOrder lists issues of a repository, newest first, as GitHub lists.
func newestFirst(r *Repository, keep func(*Issue) bool) []*Issue {
	var out []*Issue
	for n := r.NextNumber; n >= 1; n-- {
		if i, ok := r.Issues[n]; ok && keep(i) {
			out = append(out, i)
		}
	}
	return out
}

// simpleCommit is the form that check suites carry.
func simpleCommit(c *object.Commit) obj {
	return obj{
		"id": c.Hash.String(), "tree_id": c.TreeHash.String(), "message": c.Message, "timestamp": at(c.Committer.When),
		"author":    obj{"name": c.Author.Name, "email": c.Author.Email},
		"committer": obj{"name": c.Committer.Name, "email": c.Committer.Email},
	}
}

// gitCommit is the form of the git data API.
func (s *Server) gitCommit(r *Repository, c *object.Commit) obj {
	api := s.opts.URL + "/repos/" + r.FullName() + "/git"
	parents := []any{}
	for _, p := range c.ParentHashes {
		parents = append(parents, obj{"sha": p.String(), "url": api + "/commits/" + p.String(), "html_url": s.commitURL(r, p)})
	}
	return obj{
		"sha": c.Hash.String(), "node_id": nodeID("Commit", r.ID) + c.Hash.String()[:8], "url": api + "/commits/" + c.Hash.String(),
		"html_url": s.commitURL(r, c.Hash), "author": signature(c.Author), "committer": signature(c.Committer),
		"tree":    obj{"sha": c.TreeHash.String(), "url": api + "/trees/" + c.TreeHash.String()},
		"message": c.Message, "parents": parents, "verification": unverified(),
	}
}

func signature(sig object.Signature) obj {
	return obj{"name": sig.Name, "email": sig.Email, "date": at(sig.When)}
}

func unverified() obj {
	return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

func (s *Server) commitURL(r *Repository, h plumbing.Hash) string {
	return s.opts.URL + "/" + r.FullName() + "/commit/" + h.String()
}

// commit is the form of the commits API.
func (s *Server) commit(r *Repository, c *object.Commit) obj {
	api := s.opts.URL + "/repos/" + r.FullName()
	parents := []any{}
	for _, p := range c.ParentHashes {
		parents = append(parents, obj{"sha": p.String(), "url": api + "/commits/" + p.String(), "html_url": s.commitURL(r, p)})
	}
	return obj{
		"sha": c.Hash.String(), "node_id": nodeID("Commit", r.ID) + c.Hash.String()[:8], "url": api + "/commits/" + c.Hash.String(),
		"html_url": s.commitURL(r, c.Hash), "comments_url": api + "/commits/" + c.Hash.String() + "/comments", "parents": parents,
		"author": s.user(s.byEmail(c.Author.Email)), "committer": s.user(s.byEmail(c.Committer.Email)),
		"commit": obj{
			"author": signature(c.Author), "committer": signature(c.Committer), "message": c.Message, "comment_count": 0,
			"tree": obj{"sha": c.TreeHash.String(), "url": api + "/git/trees/" + c.TreeHash.String()},
			"url":  api + "/git/commits/" + c.Hash.String(), "verification": unverified(),
		},
	}
}

func (s *Server) byEmail(email string) *Account {
	for _, a := range s.state.accounts {
		if a.Email == email {
			return a
		}
	}
	return nil
}

func (s *Server) file(r *Repository, at plumbing.Hash, f FileChange) obj {
	api := s.opts.URL + "/repos/" + r.FullName()
	html := s.opts.URL + "/" + r.FullName()
	out := obj{
		"sha": f.Hash.String(), "filename": f.Path, "status": f.Status, "additions": f.Additions, "deletions": f.Deletions,
		"changes": f.Additions + f.Deletions, "blob_url": html + "/blob/" + at.String() + "/" + f.Path,
		"raw_url": html + "/raw/" + at.String() + "/" + f.Path, "contents_url": api + "/contents/" + f.Path + "?ref=" + at.String(),
	}
	if f.Patch != "" {
		out["patch"] = f.Patch
	}
	return out
}

func (s *Server) team(t *Team) obj {
	return merge(s.teamSimple(t), obj{"parent": s.teamParent(t)})
}

func (s *Server) teamParent(t *Team) any {
	if t.Parent == nil {
		return nil
	}
	return s.teamSimple(t.Parent)
}

func (s *Server) teamSimple(t *Team) obj {
	api := s.opts.URL + "/organizations/" + itoa(t.Org.ID) + "/team/" + itoa(t.ID)
	return obj{
		"id": t.ID, "node_id": nodeID("Team", t.ID), "name": t.Name, "slug": t.Slug, "description": t.Description, "privacy": t.Privacy,
		"notification_setting": "notifications_enabled", "permission": "pull", "url": api, "members_url": api + "/members{/member}",
		"repositories_url": api + "/repos", "html_url": s.opts.URL + "/orgs/" + t.Org.Login + "/teams/" + t.Slug,
		"type": "organization", "organization_id": t.Org.ID,
	}
}
