# Every command that the documentation names. `make help` lists them.
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help run test race bench lint fuzz contracts build

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: ## The demo: Cairn and a stand-in for GitHub, nothing to configure
	$(GO) run ./cmd/cairn demo

test: ## Every test; what needs a part that is absent says so
	$(GO) tool gotestsum --format pkgname-and-test-fails ./...

race: ## The tests under the race detector, but for the few that take minutes with it
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -race -short ./...

bench: ## Print the figures that the documentation names
	$(GO) test -run '^$$' -bench . -benchtime 2s ./...

build: ## Build bin/cairn
	$(GO) build -o bin/cairn ./cmd/cairn

fuzz: ## Every fuzz target for ten seconds
	.ci/fuzz 10s

lint: ## Formatting, vet and golangci-lint
	.ci/lint

contracts: ## Make the copies of GitHub's descriptions again (needs npm)
	cd internal/githubsim/contract/trim && npm ci && node trim.mjs
	$(GO) test ./internal/githubsim/contract -run TestNoise -update
