package main

import (
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/scaffold"
	"github.com/cairn-dev/cairn/scaffold/action"
)

func newTemplateLintCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "lint TEMPLATE",
		Short: "Say what is wrong with a template, and what Backstage would make of it",
		Long: `Lint judges a template: template.yaml, every expression in it, what they refer to, and
the files and file names of its skeletons. It also finds what Backstage would pass over without a word.

` + templateArgument + `

Exit code 0: no errors. 1: errors. 2: the template cannot be read.`,
		Example: "  cairn template lint backend-service\n  cairn template lint --format sarif templates/backend-service > lint.sarif",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return lintTemplate(cmd, args[0], format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, json or sarif (2.1.0)")
	return cmd
}

func lintTemplate(cmd *cobra.Command, dir, format string) error {
	write, ok := map[string]func(io.Writer, []scaffold.Finding) error{
		"text": scaffold.WriteFindings,
		"json": scaffold.WriteJSON,
		"sarif": func(w io.Writer, list []scaffold.Finding) error {
			return scaffold.WriteSARIF(w, list, buildVersion())
		},
	}[format]
	if !ok {
		return fmt.Errorf("--format %q is none of text, json, sarif", format)
	}
	debug.SetMemoryLimit(renderMemory)
	folder, err := openTemplate(cmd, dir)
	if err != nil {
		return fmt.Errorf("lint %s: %w", dir, err)
	}
	defer folder.close()
	found, err := scaffold.Lint(cmd.Context(), folder.files, scaffold.LintOptions{Actions: action.Pure(), Base: folder.base})
	if err != nil {
		return fmt.Errorf("lint %s: %w", dir, err)
	}
	for i := range found {
		found[i].File = path.Join(folder.label, found[i].File)
	}
	if err := write(cmd.OutOrStdout(), found); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	if slices.ContainsFunc(found, func(f scaffold.Finding) bool { return f.Severity == scaffold.SeverityError }) {
		return &exitError{Code: exitFindings}
	}
	return nil
}
