package scaffold

import (
	"slices"
	"strings"
)

// KnownAction is an action that Backstage or a plugin in wide use has, and that
// does not run here.
type KnownAction struct {
	ID      string
	Outputs []string // nil is unknown
}

// KnownActions lists the actions of Backstage's modules and of the plugins that
// public templates use, by ID. Lint takes an action that is not among them, nor
// runs here, for a misspelling.
func KnownActions() []KnownAction {
	var list []KnownAction
	for line := range strings.Lines(knownActions) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		a := KnownAction{ID: fields[0]}
		switch {
		case len(fields) == 2 && fields[1] == "-":
			a.Outputs = []string{}
		case len(fields) > 1:
			a.Outputs = fields[1:]
		}
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b KnownAction) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// knownActions has an action a line, followed by its outputs; - is that it has
// none, nothing that they are not known. Source: the plugins' own documentation.
const knownActions = `
catalog:fetch entity entities
catalog:register entityRef catalogInfoUrl
debug:wait -
fetch:cookiecutter -
fetch:rails -
publish:azure remoteUrl repoContentsUrl repositoryId commitHash
publish:bitbucket remoteUrl repoContentsUrl commitHash
publish:bitbucketCloud remoteUrl repoContentsUrl commitHash
publish:bitbucketCloud:pull-request pullRequestUrl
publish:bitbucketServer remoteUrl repoContentsUrl commitHash
publish:bitbucketServer:pull-request pullRequestUrl
publish:gerrit remoteUrl repoContentsUrl commitHash
publish:gerrit:review reviewUrl repoContentsUrl
publish:gitea remoteUrl repoContentsUrl commitHash
publish:github remoteUrl repoContentsUrl commitHash
publish:github:pull-request targetBranchName remoteUrl pullRequestNumber
publish:gitlab remoteUrl repoContentsUrl projectId commitHash created
publish:gitlab:merge-request targetBranchName projectid projectPath mergeRequestUrl commitHash
github:actions:dispatch -
github:autolinks:create -
github:branch-protection:create -
github:deployKey:create privateKeySecretName
github:environment:create -
github:issues:create issueUrl issueNumber issues
github:issues:label -
github:pages:enable -
github:repo:create remoteUrl repoContentsUrl
github:repo:push remoteUrl repoContentsUrl commitHash
github:webhook -
gitlab:group:access
gitlab:group:ensureExists groupId
gitlab:group:migrate
gitlab:issue:edit
gitlab:issues:create issueUrl issueId issueIid
gitlab:pipeline:trigger pipelineUrl
gitlab:projectAccessToken:create access_token
gitlab:projectDeployToken:create deploy_token user
gitlab:projectVariable:create -
gitlab:repo:push projectid projectPath commitHash
gitlab:user:info
bitbucket:pipelines:run buildNumber repoUrl pipelinesUrl
azure:pipeline:create
azure:pipeline:permit
azure:pipeline:run
azure:repo:clone
azure:repo:pr pullRequestId
azure:repo:push
confluence:transform:markdown repo
gcp:bucket:create
notification:send -
run:yeoman -
sentry:fetch:dsn
sentry:project:create
http:backstage:request code headers body
pagerduty:service:create serviceUrl serviceId integrationKey serviceName
roadiehq:utils:fs:append path
roadiehq:utils:fs:parse content
roadiehq:utils:fs:replace
roadiehq:utils:fs:write path
roadiehq:utils:json path
roadiehq:utils:json:merge path
roadiehq:utils:jsonata result
roadiehq:utils:jsonata:json:transform result
roadiehq:utils:jsonata:yaml:transform result
roadiehq:utils:merge path
roadiehq:utils:serialize:json serialized
roadiehq:utils:serialize:yaml serialized
roadiehq:utils:sleep -
roadiehq:utils:yaml path
roadiehq:utils:yaml:merge path
roadiehq:utils:zip outputPath path
argocd:create-resources
jenkins:job:create
kube:apply
sonarqube:create-project
`
