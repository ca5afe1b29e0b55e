package graphql

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// post sends a query over HTTP and returns the body.
func post(t *testing.T, server http.Handler, query string) string {
	t.Helper()
	web := httptest.NewServer(server)
	defer web.Close()
	body, err := json.Marshal(Request{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(web.URL+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s %v", resp.Status, out, err)
	}
	return string(out)
}

func TestQueries(t *testing.T) {
	s := newShelf()
	main, head := s.refs[1].OID, s.refs[0].OID
	repo := func(selection string) string { return `{repository(owner:"ACME",name:"pay"){` + selection + `}}` }
	inRepo := func(data string) string { return `{"data":{"repository":` + data + `}}` }
	tests := []struct{ name, query, want string }{
		{"repository", repo(`id databaseId nameWithOwner owner{login __typename} isFork isPrivate isEmpty visibility description pushedAt homepageUrl`),
			inRepo(`{"id":"R3","databaseId":3,"nameWithOwner":"acme/pay","owner":{"login":"acme","__typename":"Organization"},"isFork":false,"isPrivate":true,"isEmpty":false,"visibility":"INTERNAL","description":null,"pushedAt":"2026-03-01T12:00:00Z","homepageUrl":null}`)},
		{"topics and languages", repo(`repositoryTopics(first:1){nodes{topic{name}} totalCount} languages(first:5,orderBy:{field:SIZE,direction:DESC}){totalSize edges{size node{name}}}`),
			inRepo(`{"repositoryTopics":{"nodes":[{"topic":{"name":"go"}}],"totalCount":2},"languages":{"totalSize":1000,"edges":[{"size":900,"node":{"name":"Go"}},{"size":100,"node":{"name":"Shell"}}]}}`)},
		{"protection", repo(`defaultBranchRef{name target{oid} branchProtectionRule{pattern requiredApprovingReviewCount requiredStatusCheckContexts isAdminEnforced allowsForcePushes}}`),
			inRepo(`{"defaultBranchRef":{"name":"main","target":{"oid":"` + main + `"},"branchProtectionRule":{"pattern":"main","requiredApprovingReviewCount":2,"requiredStatusCheckContexts":["ci"],"isAdminEnforced":false,"allowsForcePushes":false}}}`)},
		{"rulesets", repo(`rulesets(first:5,includeParents:true){nodes{name enforcement target conditions{refName{include exclude}} rules(first:5){nodes{type parameters{__typename ...on PullRequestParameters{requiredApprovingReviewCount requireCodeOwnerReview} ...on RequiredStatusChecksParameters{requiredStatusChecks{context}}}}}}}`),
			inRepo(`{"rulesets":{"nodes":[{"name":"main","enforcement":"ACTIVE","target":"BRANCH","conditions":{"refName":{"include":["~DEFAULT_BRANCH"],"exclude":[]}},"rules":{"nodes":[{"type":"DELETION","parameters":null},{"type":"PULL_REQUEST","parameters":{"__typename":"PullRequestParameters","requiredApprovingReviewCount":1,"requireCodeOwnerReview":false}},{"type":"REQUIRED_STATUS_CHECKS","parameters":{"__typename":"RequiredStatusChecksParameters","requiredStatusChecks":[{"context":"ci"}]}}]}}]}}`)},
		{"every form of expression", repo(`a:object(expression:"HEAD:README.md"){...T} b:object(expression:"main:k8s/base/app.yaml"){...T} c:object(expression:"feature/docs:docs/a.md"){...T} d:object(expression:"refs/pull/7/head:docs/a.md"){...T} e:object(expression:"`+main+`:README.md"){...T} f:object(expression:"v1:README.md"){...T} g:object(expression:"main:nope"){...T} h:object(expression:"`+head+`"){__typename}`) + ` fragment T on Blob{text}`,
			inRepo(`{"a":{"text":"# pay\n"},"b":{"text":"kind: Deployment\n"},"c":{"text":"hello\n"},"d":{"text":"hello\n"},"e":{"text":"# pay\n"},"f":{"text":"# pay\n"},"g":null,"h":{"__typename":"Commit"}}`)},
		{"trees within trees", repo(`object(expression:"` + main + `:.github"){...on Tree{entries{name path type mode object{...on Tree{entries{path size object{...on Blob{text}}}}}}}}`),
			inRepo(`{"object":{"entries":[{"name":"workflows","path":".github/workflows","type":"tree","mode":16384,"object":{"entries":[{"path":".github/workflows/ci.yaml","size":9,"object":{"text":"on: push\n"}}]}}]}}`)},
		{"binary has no text", repo(`object(expression:"main:logo.png"){...on Blob{text isBinary isTruncated byteSize}}`),
			inRepo(`{"object":{"text":null,"isBinary":true,"isTruncated":false,"byteSize":5}}`)},
		{"pull request", repo(`pullRequest(number:7){title state isDraft isCrossRepository headRefName headRefOid baseRefName headRepository{object(expression:"` + head + `:docs/a.md"){...on Blob{text}}} baseRef{target{oid}} author{login} labels(first:5){nodes{name}} merged mergedAt mergeCommit{oid} commits(first:5){nodes{commit{messageHeadline}}}}`),
			inRepo(`{"pullRequest":{"title":"Docs","state":"OPEN","isDraft":false,"isCrossRepository":false,"headRefName":"feature/docs","headRefOid":"` + head + `","baseRefName":"main","headRepository":{"object":{"text":"hello\n"}},"baseRef":{"target":{"oid":"` + main + `"}},"author":{"login":"ann"},"labels":{"nodes":[{"name":"docs"}]},"merged":false,"mergedAt":null,"mergeCommit":null,"commits":{"nodes":[{"commit":{"messageHeadline":"add docs"}}]}}}`)},
		{"files page by page", repo(`pullRequest(number:7){files(first:2,after:"` + cursorAt(99) + `"){nodes{path changeType} pageInfo{hasNextPage hasPreviousPage} totalCount} end:files(last:1){nodes{path} pageInfo{hasNextPage}}}`),
			inRepo(`{"pullRequest":{"files":{"nodes":[{"path":"docs/100.md","changeType":"ADDED"},{"path":"docs/101.md","changeType":"ADDED"}],"pageInfo":{"hasNextPage":true,"hasPreviousPage":true},"totalCount":130},"end":{"nodes":[{"path":"docs/129.md"}],"pageInfo":{"hasNextPage":false}}}}`)},
		{"check runs", repo(`object(oid:"` + head + `"){...on Commit{checkSuites(first:5,filterBy:{appId:42}){nodes{databaseId app{databaseId slug} checkRuns(first:5,filterBy:{checkName:"Golden path"}){nodes{databaseId name status conclusion externalId title summary text annotations(first:5){nodes{path annotationLevel message location{start{line column}}}}}}}} none:checkSuites(first:5,filterBy:{appId:1}){totalCount} statusCheckRollup{state contexts(first:5){totalCount checkRunCount nodes{__typename ...on StatusContext{context}}}}}}`),
			inRepo(`{"object":{"checkSuites":{"nodes":[{"databaseId":8,"app":{"databaseId":42,"slug":"cairn"},"checkRuns":{"nodes":[{"databaseId":9,"name":"Golden path","status":"COMPLETED","conclusion":"NEUTRAL","externalId":"x1","title":"83/100","summary":"a table","text":null,"annotations":{"nodes":[{"path":"docs/a.md","annotationLevel":"WARNING","message":"say more","location":{"start":{"line":1,"column":null}}}]}}]}}]},"none":{"totalCount":0},"statusCheckRollup":{"state":"PENDING","contexts":{"totalCount":2,"checkRunCount":1,"nodes":[{"__typename":"CheckRun"},{"__typename":"StatusContext","context":"ci/old"}]}}}}`)},
		{"commit", repo(`object(expression:"main"){...on Commit{message messageBody author{name user{login}} file(path:"k8s/base"){type path} history(first:5){totalCount} associatedPullRequests(first:5){totalCount}}} ref(qualifiedName:"refs/heads/feature/docs"){name prefix associatedPullRequests(first:1){nodes{number}}}`),
			inRepo(`{"object":{"message":"first\n\nwith a body","messageBody":"with a body","author":{"name":"Ann","user":{"login":"ann"}},"file":{"type":"tree","path":"k8s/base"},"history":{"totalCount":1},"associatedPullRequests":{"totalCount":0}},"ref":{"name":"feature/docs","prefix":"refs/heads/","associatedPullRequests":{"nodes":[{"number":7}]}}}`)},
		{"refs, tags, releases, deployments", repo(`refs(refPrefix:"refs/heads/",first:9){nodes{name}} ref(qualifiedName:"refs/tags/v1"){target{__typename ...on Tag{target{oid}}}} latestRelease{tagName} deployments(first:1){nodes{environment state latestStatus{state}}}`),
			inRepo(`{"refs":{"nodes":[{"name":"feature/docs"},{"name":"main"}]},"ref":{"target":{"__typename":"Tag","target":{"oid":"` + main + `"}}},"latestRelease":{"tagName":"v1"},"deployments":{"nodes":[{"environment":"production","state":"ACTIVE","latestStatus":{"state":"SUCCESS"}}]}}`)},
		{"issues", repo(`issue(number:1){title state stateReason comments(first:3){nodes{body author{login}}}} issueOrPullRequest(number:7){__typename} issues(first:3,states:OPEN){totalCount} pullRequests(first:3,states:[OPEN],baseRefName:"main"){nodes{number}}`),
			inRepo(`{"issue":{"title":"Help","state":"CLOSED","stateReason":"COMPLETED","comments":{"nodes":[{"body":"hi","author":{"login":"ann"}}]}},"issueOrPullRequest":{"__typename":"PullRequest"},"issues":{"totalCount":0},"pullRequests":{"nodes":[{"number":7}]}}`)},
		{"organisation", `{organization(login:"acme"){repositories(first:5,orderBy:{field:NAME,direction:ASC}){nodes{name}} membersWithRole(first:5){edges{role node{login}}} teams(first:5,rootTeamsOnly:true){nodes{slug childTeams(first:5){nodes{slug parentTeam{slug}}} members(first:5,membership:IMMEDIATE){edges{role node{login}}} repositories(first:5){edges{permission node{name}}}}}}}`,
			`{"data":{"organization":{"repositories":{"nodes":[{"name":"pay"}]},"membersWithRole":{"edges":[{"role":"ADMIN","node":{"login":"ann"}}]},"teams":{"nodes":[{"slug":"core","childTeams":{"nodes":[{"slug":"pay","parentTeam":{"slug":"core"}}]},"members":{"edges":[{"role":"MAINTAINER","node":{"login":"ann"}}]},"repositories":{"edges":[{"permission":"WRITE","node":{"name":"pay"}}]}}]}}}}`},
		{"members of a team and of those below it", `{organization(login:"acme"){core:team(slug:"core"){members(first:5){edges{role node{login}}} below:members(first:5,membership:CHILD_TEAM){nodes{login}}} pay:team(slug:"pay"){editTeamUrl avatarUrl members(first:5,role:MAINTAINER){nodes{login bio organizationVerifiedDomainEmails(login:"acme")}}}}}`,
			`{"data":{"organization":{"core":{"members":{"edges":[{"role":"MAINTAINER","node":{"login":"ann"}},{"role":"MEMBER","node":{"login":"bob"}}]},"below":{"nodes":[{"login":"ann"},{"login":"bob"}]}},"pay":{"editTeamUrl":"https://sim/pay/edit","avatarUrl":"https://sim/pay.png","members":{"nodes":[{"login":"bob","bio":"Night owl","organizationVerifiedDomainEmails":["bob@acme.test"]}]}}}}}`},
		{"rate limit", `{rateLimit{cost nodeCount limit remaining used resetAt} viewer{login} repositoryOwner(login:"acme"){__typename repositories(first:100){totalCount}}}`,
			`{"data":{"rateLimit":{"cost":1,"nodeCount":100,"limit":5000,"remaining":4999,"used":1,"resetAt":"2026-03-01T13:00:00Z"},"viewer":{"login":"ann"},"repositoryOwner":{"__typename":"Organization","repositories":{"totalCount":1}}}}`},
		{"nodes", `{nodes(ids:["R3","C9","` + nodeID("Commit", s.pay, head) + `","zz"]){__typename id}}`,
			`{"data":{"nodes":[{"__typename":"Repository","id":"R3"},{"__typename":"CheckRun","id":"C9"},{"__typename":"Commit","id":"` + nodeID("Commit", s.pay, head) + `"},null]},"errors":[{"type":"NOT_FOUND","path":["nodes",3],"locations":[{"line":1,"column":2}],"message":"Could not resolve to a node with the global id of 'zz'"}]}`},
		{"unknown repository", `{repository(owner:"acme",name:"x"){id}}`,
			`{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"locations":[{"line":1,"column":2}],"message":"Could not resolve to a Repository with the name 'acme/x'."}]}`},
		{"page too large", repo(`languages(first:101){nodes{name}}`),
			`{"data":{"repository":{"languages":null}},"errors":[{"type":"EXCESSIVE_PAGINATION","path":["repository","languages"],"locations":[{"line":1,"column":38}],"message":"Requesting 101 records on the ` + "`languages` connection exceeds the `first`" + ` limit of 100 records."}]}`},
		{"no page size", repo(`languages{nodes{name}}`),
			`{"data":{"repository":{"languages":null}},"errors":[{"type":"MISSING_PAGINATION_BOUNDARIES","path":["repository","languages"],"locations":[{"line":1,"column":38}],"message":"You must provide a ` + "`first` or `last` value to properly paginate the `languages`" + ` connection."}]}`},
		{"too many nodes", `{organization(login:"acme"){repositories(first:100){nodes{pullRequests(first:100){nodes{files(first:100){nodes{path}}}}}}}}`,
			`{"errors":[{"type":"MAX_NODE_LIMIT_EXCEEDED","message":"This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000."}]}`},
		{"a mutation", `mutation{addStar(input:{starrableId:"x"}){clientMutationId}}`, ``},
	}
	server := newTestServer(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := post(t, server, test.query)
			if test.want == "" {
				if !strings.HasPrefix(got, `{"errors":[`) {
					t.Errorf("no errors in %s", got)
				}
				return
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestLongBlobIsCutToWholeCharacters(t *testing.T) {
	got := post(t, newTestServer(t), `{repository(owner:"acme",name:"pay"){object(expression:"main:long.txt"){...on Blob{text byteSize isTruncated isBinary}}}}`)
	var answer struct {
		Data struct {
			Repository struct {
				Object struct {
					Text                  string
					ByteSize              int
					IsTruncated, IsBinary bool
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(got), &answer); err != nil {
		t.Fatal(err)
	}
	o := answer.Data.Repository.Object
	if len(o.Text) != maxText || o.ByteSize != 600_000 || !o.IsTruncated || o.IsBinary || strings.ContainsRune(o.Text, '\uFFFD') {
		t.Errorf("%d of %d bytes, truncated %v, binary %v", len(o.Text), o.ByteSize, o.IsTruncated, o.IsBinary)
	}
}

func TestFieldsNeedPermissions(t *testing.T) {
	got := post(t, newTestServer(t, "administration", "checks"), `{repository(owner:"acme",name:"pay"){name defaultBranchRef{branchProtectionRule{pattern} target{...on Commit{checkSuites(first:1){totalCount}}}}}}`)
	for _, want := range []string{`"name":"pay"`, `"branchProtectionRule":null`, `"checkSuites":null`, `"type":"FORBIDDEN"`,
		`"message":"Resource not accessible by integration"`, `"path":["repository","defaultBranchRef","branchProtectionRule"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
}

func TestBadBodies(t *testing.T) {
	server := newTestServer(t)
	for _, test := range []struct {
		name, method, body string
		status             int
		want               string
	}{
		{"not JSON", "POST", "{", 400, "Problems parsing JSON"},
		{"no query", "POST", "{}", 200, "A query attribute must be specified"},
		{"huge number", "POST", `{"query":"{repository(owner:\"acme\",name:\"pay\"){issues(first:99999999999999999999){totalCount}}}"}`, 200, "errors"},
		{"null for a variable that must be", "POST", `{"query":"query($o:String!){organization(login:$o){id}}","variables":{"o":null}}`, 200, "Variable $o of type String! was provided invalid value"},
		{"GET", "GET", "", 405, "POST"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(test.method, "/graphql", strings.NewReader(test.body)))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// Every resolver answers a field that GitHub's schema has: a typo is found here.
func TestResolversFitTheSchema(t *testing.T) {
	schema, err := GitHubSchema()
	if err != nil {
		t.Fatal(err)
	}
	for typeName, resolvers := range (&reader{world: newShelf()}).types() {
		def := schema.Types[typeName]
		if def == nil {
			t.Errorf("the schema has no type %s", typeName)
			continue
		}
		for name := range resolvers {
			if def.Fields.ForName(name) == nil {
				t.Errorf("%s has no field %s", typeName, name)
			}
		}
	}
	for field := range needs {
		typeName, name, _ := strings.Cut(field, ".")
		if def := schema.Types[typeName]; def == nil || def.Fields.ForName(name) == nil {
			t.Errorf("needs names %s, which is not in the schema", field)
		}
	}
}
