package github

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cairn-dev/cairn/internal/repo"
)

// query is the body of a GraphQL call. Paths and names travel as variables only,
// so that no path can change the query.
type query struct {
	Text      string         `json:"query"` // first: the limiter tells queries from mutations by it
	Variables map[string]any `json:"variables"`
}

// Bounds of one query.
const (
	maxPaths = 400 // files and folders asked for at one commit
	maxDepth = 4   // of a folder, as repo.Dir says
)

// The pieces every query is made of, by name. A query holds those it uses.
const (
	facts = `fragment Facts on Repository {
  databaseId
  nameWithOwner
  url
  description
  visibility
  isArchived
  isFork
  isEmpty
  repositoryTopics(first: 20) { nodes { topic { name } } }
  languages(first: 20, orderBy: {field: SIZE, direction: DESC}) { edges { size node { name } } }
}
`
	listed = `fragment Listed on Repository {
  databaseId
  nameWithOwner
  url
  description
  visibility
  isArchived
  isFork
  isEmpty
  repositoryTopics(first: 20) { nodes { topic { name } } }
}
`
	guards = `fragment Guards on Ref {
  name
  branchProtectionRule {
    allowsDeletions
    allowsForcePushes
    isAdminEnforced
    requiredApprovingReviewCount
    requiredStatusCheckContexts
    requiresApprovingReviews
    requiresCodeOwnerReviews
    requiresCommitSignatures
    requiresLinearHistory
    requiresStatusChecks
  }
  rules(first: 100) {
    nodes {
      type
      parameters {
        ... on PullRequestParameters { requireCodeOwnerReview requiredApprovingReviewCount }
        ... on RequiredStatusChecksParameters { requiredStatusChecks { context } }
      }
      repositoryRuleset { name enforcement }
    }
  }
}
`
	runs = `fragment Runs on Commit {
  checkSuites(first: 3, filterBy: {appId: $app, checkName: $check}) {
    nodes {
      status
      checkRuns(first: 5, filterBy: {appId: $app, checkName: $check, checkType: ALL}) {
        nodes {
          databaseId
          externalId
          name
          status
          conclusion
          title
          url
          annotations(first: 100) {
            totalCount
            nodes {
              path
              annotationLevel
              title
              message
              location { start { line } end { line } }
            }
          }
        }
      }
    }
  }
}
`
	entry   = "fragment Entry on TreeEntry { name mode oid size object { ...Content } }\n"
	content = "fragment Content on Blob { byteSize isBinary isTruncated text }\n"
	// pullRequestFields are a pull request's own.
	pullRequestFields = `number
      title
      state
      isDraft
      merged
      url
      isCrossRepository
      author { __typename login }
      headRefName
      headRefOid
      baseRefName
      baseRefOid
      headRepository { nameWithOwner }
      labels(first: 50) { nodes { name } }
      files(first: 100) { totalCount nodes { path changeType } }
`
)

// builder writes one query.
type builder struct {
	declared []string // "$p0: String!", in order of declaration
	vars     map[string]any
	pieces   map[string]string
}

func newBuilder() *builder {
	return &builder{vars: map[string]any{}, pieces: map[string]string{}}
}

func (b *builder) declare(name, kind string, value any) {
	b.declared = append(b.declared, "$"+name+": "+kind)
	b.vars[name] = value
}

// use adds fragments; adding one twice is adding it once.
func (b *builder) use(texts ...string) {
	for _, t := range texts {
		b.pieces[strings.Fields(t)[1]] = t
	}
}

// build returns the query: the operation, then its fragments by name.
func (b *builder) build(name, body string) query {
	var w strings.Builder
	fmt.Fprintf(&w, "query %s(%s) {\n%s}\n", name, strings.Join(b.declared, ", "), body)
	names := make([]string, 0, len(b.pieces))
	for n := range b.pieces {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		w.WriteString(b.pieces[n])
	}
	return query{Text: w.String(), Variables: b.vars}
}

// files adds the fragment Files, which reads a Want at a commit: p0, p1, … are
// the files, d0, d1, … the folders, in the order of want. Commit.file tells a
// missing path from a missing commit, and a link from a file, which
// object(expression: "SHA:path") does not.
func (b *builder) files(want repo.Want) error {
	if n := len(want.Files) + len(want.Dirs); n > maxPaths {
		return fmt.Errorf("%d paths are asked for, at most %d fit one query", n, maxPaths)
	}
	var w strings.Builder
	w.WriteString("fragment Files on Commit {\n  oid\n")
	for i, path := range want.Files {
		if !possible(path) {
			continue
		}
		b.declare(fmt.Sprintf("p%d", i), "String!", path)
		fmt.Fprintf(&w, "  p%d: file(path: $p%d) { ...Entry }\n", i, i)
		b.use(entry, content)
	}
	for i, dir := range want.Dirs {
		switch {
		case dir.Path == "" || dir.Path == ".":
			fmt.Fprintf(&w, "  d%d: tree { ...%s }\n", i, b.level(dir.Depth, dir.NamesOnly))
		case possible(dir.Path):
			b.declare(fmt.Sprintf("d%d", i), "String!", dir.Path)
			fmt.Fprintf(&w, "  d%d: file(path: $d%d) { name mode oid size object { ...%s } }\n", i, i, b.level(dir.Depth, dir.NamesOnly))
		}
	}
	w.WriteString("}\n")
	b.use(w.String())
	return nil
}

// level adds the fragment that lists a folder to a depth, and returns its name.
func (b *builder) level(depth int, namesOnly bool) string {
	kind, blob := "Text", " ...Content"
	if namesOnly {
		kind, blob = "Names", ""
	} else {
		b.use(content)
	}
	name := fmt.Sprintf("%s%d", kind, depth)
	below := ""
	if depth > 1 {
		below = " ..." + b.level(depth-1, namesOnly)
	}
	object := ""
	if blob+below != "" {
		object = " object {" + blob + below + " }"
	}
	b.use(fmt.Sprintf("fragment %s on Tree { entries { name mode oid size%s } }\n", name, object))
	return name
}

// possible reports whether git can hold a file of this path and GraphQL can name
// it. The others are absent without asking.
func possible(path string) bool {
	if path == "" || !utf8.ValidString(path) || strings.ContainsRune(path, 0) {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// runs returns the selection of the App's own check runs on a commit.
func (b *builder) runs(opts ReadOptions) string {
	if opts.CheckName == "" || opts.AppID == 0 {
		return ""
	}
	b.declare("app", "Int!", opts.AppID)
	b.declare("check", "String!", opts.CheckName)
	b.use(runs)
	return " ...Runs"
}

// settings returns the selection of the repository's own settings file.
func (b *builder) settings(opts ReadOptions) string {
	if !possible(opts.SettingsPath) {
		return ""
	}
	b.declare("settingsPath", "String!", opts.SettingsPath)
	b.use(entry, content)
	return " settings: file(path: $settingsPath) { ...Entry }"
}

// policy returns the selection that reads the organisation's policy file.
func (b *builder) policy(owner string, opts ReadOptions) string {
	if opts.PolicyRepo == "" || !possible(opts.PolicyPath) {
		return ""
	}
	b.declare("policyOwner", "String!", owner)
	b.declare("policyRepo", "String!", opts.PolicyRepo)
	b.declare("policyPath", "String!", opts.PolicyPath)
	b.use(entry, content)
	return `  policy: repository(owner: $policyOwner, name: $policyRepo) {
    nameWithOwner
    defaultBranchRef { name target { ... on Commit { oid policy: file(path: $policyPath) { ...Entry } } } }
  }
`
}

// pullRequestQuery reads all of one pull request. The head is the last of its
// commits: GitHub keeps a fork's commits reachable from the base repository there.
func pullRequestQuery(ref PullRequestRef, want repo.Want, opts ReadOptions) (query, error) {
	b := newBuilder()
	b.declare("owner", "String!", ref.Name.Owner)
	b.declare("repo", "String!", ref.Name.Repo)
	b.declare("number", "Int!", ref.Number)
	ownRuns, settings := b.runs(opts), b.settings(opts)
	b.use(facts, guards)
	if err := b.files(want); err != nil {
		return query{}, err
	}
	body := `  repository(owner: $owner, name: $repo) {
    ...Facts
    defaultBranchRef { ...Guards target { ... on Commit { oid` + settings + ` } } }
    pullRequest(number: $number) {
      ` + pullRequestFields + `      baseRef { target { ... on Commit { ...Files } } }
      commits(last: 1) { nodes { commit { ...Files` + ownRuns + ` } } }
    }
  }
` + b.policy(ref.Name.Owner, opts)
	return b.build("PullRequest", body), nil
}

// headQuery reads a pull request's head commit by its SHA, from the base
// repository and from head, the repository it was pushed to, when that is known.
func headQuery(base, head repo.Name, sha string, want repo.Want, opts ReadOptions) (query, error) {
	b := newBuilder()
	b.declare("owner", "String!", base.Owner)
	b.declare("repo", "String!", base.Repo)
	b.declare("sha", "GitObjectID!", sha)
	ownRuns := b.runs(opts)
	if err := b.files(want); err != nil {
		return query{}, err
	}
	body := "  inBase: repository(owner: $owner, name: $repo) { object(oid: $sha) { ... on Commit { ...Files" + ownRuns + " } } }\n"
	if head != (repo.Name{}) && head != base {
		b.declare("headOwner", "String!", head.Owner)
		b.declare("headRepo", "String!", head.Repo)
		body += "  inHead: repository(owner: $headOwner, name: $headRepo) { object(oid: $sha) { ... on Commit { ...Files } } }\n"
	}
	return b.build("Head", body), nil
}

// branchesQuery reads the default branches of repositories of one owner: r0, r1, …
func branchesQuery(names []repo.Name, want repo.Want, opts ReadOptions) (query, error) {
	b := newBuilder()
	var body strings.Builder
	for i, n := range names {
		b.declare(fmt.Sprintf("owner%d", i), "String!", n.Owner)
		b.declare(fmt.Sprintf("repo%d", i), "String!", n.Repo)
		fmt.Fprintf(&body, "  r%d: repository(owner: $owner%d, name: $repo%d) { ...Branch }\n", i, i, i)
	}
	ownRuns, settings := b.runs(opts), b.settings(opts)
	b.use(facts, guards)
	if err := b.files(want); err != nil {
		return query{}, err
	}
	b.use("fragment Branch on Repository {\n  ...Facts\n  defaultBranchRef { ...Guards target { ... on Commit { ...Files" +
		ownRuns + settings + " } } }\n}\n")
	body.WriteString(b.policy(names[0].Owner, opts))
	return b.build("Branches", body.String()), nil
}
