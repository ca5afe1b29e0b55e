package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/scaffold/nunjucks"
	"github.com/cairn-dev/cairn/scaffold/nunjucks/jsonl"
)

func newTemplateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "template",
		Short: "Work with templates",
		Args:  cobra.NoArgs,
	}
	cmd.PersistentFlags().String("templates", "", "`folder` of your own templates, which come before those built in")
	cmd.AddCommand(
		newTemplateListCommand(),
		newTemplateCopyCommand(),
		newTemplateLintCommand(),
		newTemplateRunCommand(),
		newTemplateFormCommand(),
		newTemplateActionsCommand(),
		newTemplateRenderCommand(),
	)
	return cmd
}

// renderMemory is what render holds its heap to, by collecting garbage sooner.
const renderMemory = 160 << 20

func newTemplateRenderCommand() *cobra.Command {
	var lines bool
	var hosts []string
	cmd := &cobra.Command{
		Use:   "render --jsonl",
		Short: "Answer render requests, one JSON object a line",
		Long: `Render reads one JSON object a line from standard input and answers each, in order, with one on standard output:

  {"id":1,"mode":"render","template":"Hello {{ name }}","context":{"name":"Ada"},"opts":{}}  ->  {"id":1,"output":"Hello Ada"}
  {"id":2,"mode":"value","input":{"n":"${{ 1 + 1 }}"},"context":{}}                          ->  {"id":2,"output":{"n":2}}

A request that does not render is answered with {"id", "error"}; a value that is undefined with {"id", "undefined":true}.
opts: autoescape (default true; Backstage uses false), trimBlocks, lstripBlocks, throwOnUndefined, jinjaCompat, cookiecutter,
backstageFilters, statusGlobals, and tags {variableStart, variableEnd} (default {{ }}; Backstage uses ${{ }}). Without opts,
mode value renders as Backstage does.`,
		Example: `  echo '{"template":"{{ 6 * 7 }}"}' | cairn template render --jsonl`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !lines {
				return fmt.Errorf("render answers JSON lines only: add --jsonl")
			}
			integrations, err := parseIntegrations(hosts)
			if err != nil {
				return err
			}
			debug.SetMemoryLimit(renderMemory)
			server := &jsonl.Server{Integrations: integrations}
			return server.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&lines, "jsonl", false, "read and write one JSON object a line")
	cmd.Flags().StringSliceVar(&hosts, "integration", []string{"ghe.example.com=github", "www.bitbucket.org=bitbucket"},
		"further `host=kind` that parseRepoUrl knows (github, gitlab, bitbucket, azure)")
	return cmd
}

// parseIntegrations adds host=kind pairs to the hosts that Backstage knows.
func parseIntegrations(pairs []string) (map[string]string, error) {
	known := nunjucks.DefaultIntegrations()
	for _, pair := range pairs {
		host, kind, ok := strings.Cut(pair, "=")
		if !ok || host == "" {
			return nil, fmt.Errorf("--integration %q is not host=kind", pair)
		}
		switch kind {
		case "github", "gitlab", "bitbucket", "azure":
		default:
			return nil, fmt.Errorf("--integration %q: kind is github, gitlab, bitbucket or azure", pair)
		}
		known[host] = kind
	}
	return known, nil
}
