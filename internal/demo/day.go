package demo

import (
	"strings"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// Step is one thing that people do.
type Step struct {
	At   string // of the day, for the reader
	What string
	Do   func(*githubsim.Server) error
	// Where it can be seen, for a step that leaves Cairn nothing to do.
	Where string
}

// Day is what happens at acme, in order.
func Day() []Step {
	var steps []Step
	for i, r := range repositories() {
		steps = append(steps, Step{At: "09:0" + string(rune('0'+i)), What: "ada creates " + Org + "/" + r.name + " and pushes its first commit", Do: r.create})
	}
	return append(steps,
		Step{At: "10:00", What: "grace opens a pull request that gives ledger what it misses", Do: ledgerCatchesUp},
		Step{At: "10:20", What: "grace pushes the missing CI jobs to it", Do: ledgerGetsJobs},
		Step{At: "11:00", What: "linus opens a pull request on payments that drops the probes", Do: paymentsLosesProbes},
		Step{At: "11:15", What: "linus pushes to it again: the probes are back", Do: paymentsGetsProbesBack},
		Step{At: "12:00", What: "a visitor opens a pull request on storefront from a fork", Do: storefrontFromFork},
		Step{At: "13:00", What: "ada mends the broken catalog-info.yaml of inventory", Do: inventoryIsMended},
		Step{At: "13:30", What: "ada merges it", Do: func(sim *githubsim.Server) error { return sim.MergePullRequest(Org, "inventory", 1, "ada") }},
		Step{At: "14:00", What: "grace comments /platform check on ledger's pull request", Do: func(sim *githubsim.Server) error {
			_, err := sim.AddComment(Org, "ledger", 1, "grace", "Is it all there now?\n\n/platform check")
			return err
		}},
		Step{At: "14:10", What: "mira opens an issue on orders-pipeline and asks for help", Do: askForHelp},
		Step{At: "15:00", What: "payments is deployed to production", Where: Org + "/payments", Do: func(sim *githubsim.Server) error {
			_, err := sim.Deploy(Org, "payments", "main", "production", "ada", "in_progress", "success")
			return err
		}},
		Step{At: "16:00", What: "mira renames orders-pipeline to orders-etl", Do: func(sim *githubsim.Server) error {
			return sim.RenameRepository(Org, "orders-pipeline", "orders-etl")
		}},
	)
}

func put(text string) githubsim.Change { return githubsim.Change{Content: []byte(text)} }

func ledgerCatchesUp(sim *githubsim.Server) error {
	_, err := sim.Push(Org, "ledger", "golden-path", "grace", "Document the ledger and make it observable", map[string]githubsim.Change{
		"docs/index.md": put("# Ledger\n\nHow every payment becomes two entries, and how to read the books.\n"),
		"mkdocs.yml":    put("site_name: Ledger\nplugins:\n  - techdocs-core\n"),
		"catalog-info.yaml": put(`apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ledger
  description: Keeps the books
  annotations:
    github.com/project-slug: acme/ledger
    backstage.io/techdocs-ref: dir:.
    prometheus.io/scrape: "true"
    pagerduty.com/integration-key: ledger-oncall
  links:
    - url: https://grafana.acme.example/d/ledger
      title: Grafana Dashboard
spec:
  type: service
  lifecycle: production
  owner: team-payments
  system: shop
  dependsOn:
    - component:default/payments
`),
	})
	if err != nil {
		return err
	}
	_, err = sim.OpenPullRequest(Org, "ledger", "grace", "Bring the ledger onto the golden path",
		"Docs, dashboard and on-call first; CI follows.", "golden-path", "main", false)
	return err
}

func ledgerGetsJobs(sim *githubsim.Server) error {
	_, err := sim.Push(Org, "ledger", "golden-path", "grace", "Lint and scan in CI", map[string]githubsim.Change{
		".github/workflows/ci.yaml": put(`name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make test
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: golangci/golangci-lint-action@v6
  security:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aquasecurity/trivy-action@0.28.0
        with: {scan-type: fs, exit-code: "1"}
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: docker build -t ledger .
`),
		".github/dependabot.yml": put(`version: 2
updates:
  - package-ecosystem: gomod
    directory: /
    schedule: {interval: weekly}
  - package-ecosystem: github-actions
    directory: /
    schedule: {interval: weekly}
  - package-ecosystem: docker
    directory: /
    schedule: {interval: weekly}
`),
	})
	return err
}

// deployment is payments' manifest as it was pushed first.
func deployment(sim *githubsim.Server) (string, error) {
	return sim.ReadFile(Org, "payments", "main", "k8s/deployment.yaml")
}

func paymentsLosesProbes(sim *githubsim.Server) error {
	text, err := deployment(sim)
	if err != nil {
		return err
	}
	var kept []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, "Probe:") || strings.Contains(line, "httpGet: {path: /") {
			continue
		}
		kept = append(kept, line)
	}
	text = strings.ReplaceAll(strings.Join(kept, ""), "payments:1.4.2", "payments:latest")
	if _, err := sim.Push(Org, "payments", "slim-deployment", "linus", "Slim the deployment down", map[string]githubsim.Change{"k8s/deployment.yaml": put(text)}); err != nil {
		return err
	}
	_, err = sim.OpenPullRequest(Org, "payments", "linus", "Slim the deployment down", "", "slim-deployment", "main", false)
	return err
}

func paymentsGetsProbesBack(sim *githubsim.Server) error {
	text, err := deployment(sim)
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "replicas: 3", "replicas: 2")
	_, err = sim.Push(Org, "payments", "slim-deployment", "linus", "Keep the probes and the pinned image", map[string]githubsim.Change{"k8s/deployment.yaml": put(text)})
	return err
}

func storefrontFromFork(sim *githubsim.Server) error {
	if _, err := sim.Fork(Org, "storefront", "visitor"); err != nil {
		return err
	}
	if _, err := sim.Push("visitor", "storefront", "greeting", "visitor", "Greet the customer", map[string]githubsim.Change{
		"src/main.tsx": put("import { createRoot } from 'react-dom/client'\n\ncreateRoot(document.getElementById('root')!).render(<h1>Welcome</h1>)\n"),
	}); err != nil {
		return err
	}
	_, err := sim.OpenPullRequest(Org, "storefront", "visitor", "Greet the customer", "A small kindness.", "visitor:greeting", "main", false)
	return err
}

func inventoryIsMended(sim *githubsim.Server) error {
	text, err := sim.ReadFile(Org, "inventory", "main", "catalog-info.yaml")
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(text, "owner: @acme/team-payments", "owner: team-payments")
	if _, err := sim.Push(Org, "inventory", "fix-catalog", "ada", "Name the owner as the catalog does", map[string]githubsim.Change{"catalog-info.yaml": put(text)}); err != nil {
		return err
	}
	_, err = sim.OpenPullRequest(Org, "inventory", "ada", "Name the owner as the catalog does", "", "fix-catalog", "main", false)
	return err
}

func askForHelp(sim *githubsim.Server) error {
	number, err := sim.OpenIssue(Org, "orders-pipeline", "mira", "What can Cairn do here?", "")
	if err != nil {
		return err
	}
	_, err = sim.AddComment(Org, "orders-pipeline", number, "mira", "/platform help")
	return err
}
