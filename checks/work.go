package checks

import (
	"path"
	"slices"
	"strings"
)

// The roles that spec 7.2 asks of a pipeline.
const (
	roleTest     = "test"
	roleLint     = "lint"
	roleSecurity = "security"
	roleBuild    = "build"
)

// tool is a command line and the work it is. The words are compared with the
// command's words without its flags.
type tool struct{ words, role string }

// knownTools is what Cairn recognises in scripts. The list is short on purpose: what
// is not here still counts when its job is called by the role's name.
func knownTools() []tool {
	byRole := []struct{ role, tools string }{
		{roleTest, `go test, gotestsum, ginkgo, pytest, py.test, tox, nox, unittest, vitest, jest, mocha, karma, ava, playwright test,
			cypress run, ng test, react-scripts test, bun test, deno test, cargo test, cargo nextest, mvn test, mvn verify, mvnw test,
			mvnw verify, gradle test, gradle check, gradlew test, gradlew check, dotnet test, rspec, bats, phpunit, web-test-runner,
			hatch test, airflow dags test, great_expectations checkpoint, helm unittest, bazel test, bazelisk test`},
		{roleLint, `golangci-lint, go vet, staticcheck, gofmt, gofumpt, goimports, revive, eslint, oxlint, prettier, biome check,
			biome ci, biome lint, stylelint, standard, xo, tslint, tsc --noemit, vue-tsc, svelte-check, ng lint, next lint, deno lint,
			ruff, ruff check, flake8, pylint, black, isort, mypy, pyright, sqlfluff lint, pre-commit run, prek run, cargo clippy, cargo fmt,
			rubocop, ktlint, detekt, checkstyle, spotless, php-cs-fixer, phpstan, buf lint, hatch fmt`},
		{roleSecurity, `trivy, grype, gosec, govulncheck, snyk, semgrep, codeql, npm audit, pnpm audit, yarn audit, yarn npm audit, bun audit,
			pip-audit, safety, bandit, osv-scanner, checkov, nancy, bearer, dependency-check, cargo audit, cargo deny, docker scout,
			trufflehog, gitleaks, zizmor`},
		{roleBuild, `go build, goreleaser, ko build, docker build, docker buildx build, docker buildx bake, docker-compose build,
			docker compose build, podman build, buildah, kaniko, vite build, next build, ng build, react-scripts build, tsc -b, webpack,
			rollup, esbuild, storybook build, cargo build, mvn package, mvn install, mvnw package, mvnw install, gradle build,
			gradle assemble, gradlew build, gradlew assemble, dotnet build, dotnet publish, poetry build, uv build, hatch build,
			flit build, pack build, nix build, bazel build, bazelisk build, astro build, nuxt build, gatsby build, tsup`},
	}
	var out []tool
	for _, r := range byRole {
		for words := range strings.SplitSeq(r.tools, ",") {
			out = append(out, tool{strings.Join(strings.Fields(words), " "), r.role})
		}
	}
	return out
}

// knownAction is an action of the marketplace and the work it is.
type knownAction struct{ name, role string }

func knownActions() []knownAction {
	return []knownAction{
		{"golangci/golangci-lint-action", roleLint},
		{"dominikh/staticcheck-action", roleLint},
		{"reviewdog/action-eslint", roleLint},
		{"reviewdog/action-golangci-lint", roleLint},
		{"super-linter/super-linter", roleLint},
		{"github/super-linter", roleLint},
		{"oxsecurity/megalinter", roleLint},
		{"pre-commit/action", roleLint},
		{"pre-commit-ci/lite-action", roleLint},
		{"astral-sh/ruff-action", roleLint},
		{"chartboost/ruff-action", roleLint},
		{"psf/black", roleLint},
		{"biomejs/biome-action", roleLint},
		{"cypress-io/github-action", roleTest},
		{"robherley/go-test-action", roleTest},
		{"chromaui/action", roleTest},
		{"aquasecurity/trivy-action", roleSecurity},
		{"github/codeql-action/analyze", roleSecurity},
		{"anchore/scan-action", roleSecurity},
		{"snyk/actions", roleSecurity},
		{"securego/gosec", roleSecurity},
		{"golang/govulncheck-action", roleSecurity},
		{"semgrep/semgrep-action", roleSecurity},
		{"returntocorp/semgrep-action", roleSecurity},
		{"google/osv-scanner-action", roleSecurity},
		{"actions/dependency-review-action", roleSecurity},
		{"pypa/gh-action-pip-audit", roleSecurity},
		{"bridgecrewio/checkov-action", roleSecurity},
		{"checkmarx/ast-github-action", roleSecurity},
		{"trufflesecurity/trufflehog", roleSecurity},
		{"gitleaks/gitleaks-action", roleSecurity},
		{"zizmorcore/zizmor-action", roleSecurity},
		{"docker/build-push-action", roleBuild},
		{"docker/bake-action", roleBuild},
		{"goreleaser/goreleaser-action", roleBuild},
		{"redhat-actions/buildah-build", roleBuild},
	}
}

// rolesOfName takes a name at its word: unit-tests is test, build-image is build.
// It is for what cannot be read, such as another repository's workflow.
func rolesOfName(name string) []string {
	words := map[string]string{
		"test": roleTest, "tests": roleTest, "unit": roleTest, "e2e": roleTest, "integration": roleTest, "pytest": roleTest, "spec": roleTest,
		"lint": roleLint, "linter": roleLint, "linters": roleLint, "linting": roleLint, "vet": roleLint, "eslint": roleLint, "typecheck": roleLint,
		"security": roleSecurity, "scan": roleSecurity, "sast": roleSecurity, "vuln": roleSecurity, "vulncheck": roleSecurity,
		"audit": roleSecurity, "trivy": roleSecurity, "codeql": roleSecurity, "snyk": roleSecurity, "gosec": roleSecurity,
		"build": roleBuild, "compile": roleBuild, "package": roleBuild, "image": roleBuild, "bundle": roleBuild,
	}
	var roles []string
	for _, token := range strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(name), "type-check", "typecheck"), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if role, ok := words[token]; ok && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// classify says what a single command is, if it is a known tool.
func classify(tools []tool, words []string) (tool, bool) {
	if len(words) == 0 || len(words) > 1 && slices.Contains([]string{"version", "help"}, words[1]) ||
		slices.Contains(words[1:], "--version") || slices.Contains(words[1:], "--help") {
		return tool{}, false
	}
	plain := []string{strings.TrimSuffix(path.Base(words[0]), ".exe")}
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "-") || strings.EqualFold(w, "--noEmit") || w == "-b" {
			plain = append(plain, strings.ToLower(w))
		}
	}
	if plain[0] == "tsc" && !slices.Contains(plain, "--noemit") && !slices.Contains(plain, "-b") {
		return tool{}, false
	}
	joined := strings.Join(plain[:min(len(plain), 8)], " ") + " "
	for _, t := range tools {
		if strings.HasPrefix(joined, t.words+" ") || (plain[0] == "tsc" && strings.HasPrefix(t.words, "tsc ") && slices.Contains(plain, t.words[4:])) {
			return t, true
		}
	}
	// Build tools take several goals: mvn clean verify, gradle clean build.
	if slices.Contains([]string{"mvn", "mvnw", "gradle", "gradlew"}, plain[0]) {
		for _, goal := range plain[1:] {
			for _, t := range tools {
				if t.words == plain[0]+" "+strings.TrimPrefix(goal, ":") {
					return t, true
				}
			}
		}
	}
	return tool{}, false
}

// unwrap takes away what only starts another program: sudo, npx, poetry run,
// python -m, VAR=value and the like.
func unwrap(words []string) []string {
	for range 12 {
		n := wrapper(words)
		if n == 0 {
			return words
		}
		words = words[n:]
		for len(words) > 0 && strings.HasPrefix(words[0], "-") {
			words = words[1:]
		}
	}
	return words
}

func wrapper(words []string) int {
	if len(words) < 2 {
		return 0
	}
	first, second := words[0], words[1]
	switch {
	case strings.Contains(first, "=") && !strings.HasPrefix(first, "-"):
		return 1
	case slices.Contains([]string{
		"sudo", "env", "time", "nice", "exec", "command", "!", "if", "then", "else", "elif", "while", "until", "do", "{", "xvfb-run",
		"npx", "bunx", "pnpx", "uvx", "xargs", "nohup", "cross-env", "dotenv", "corepack",
	}, first):
		return 1
	case (first == "python" || first == "python3") && second == "-m":
		return 2
	case first == "go" && second == "tool":
		return 2
	case slices.Contains([]string{"poetry run", "uv run", "pipenv run", "rye run", "pipx run", "pnpm exec", "pnpm dlx",
		"yarn exec", "yarn dlx", "npm exec", "npm x", "bun x", "bundle exec", "pixi run"}, first+" "+second):
		return 2
	case (first == "docker" || first == "docker-compose") && slices.Contains(words, "run"):
		return dockerRun(words)
	}
	return 0
}

// dockerRun finds the image of a known tool in a docker run, or the command after
// a compose service.
func dockerRun(words []string) int {
	run := slices.Index(words, "run")
	if slices.Contains(words[:run], "compose") || words[0] == "docker-compose" {
		for i := run + 1; i < len(words); i++ {
			if !strings.HasPrefix(words[i], "-") {
				return i + 1
			}
		}
		return 0
	}
	return 0
}
