package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newTemplateFormCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "form TEMPLATE",
		Short: "Print the GitHub issue form that asks for a template's parameters",
		Long: `Form prints a GitHub issue form made of the template's parameters, for .github/ISSUE_TEMPLATE.
Parameters that are secrets are left out, since everybody can read an issue.

` + templateArgument,
		Example: "  cairn template form backend-service > .github/ISSUE_TEMPLATE/backend-service.yml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := openTemplate(cmd, args[0])
			if err != nil {
				return err
			}
			defer folder.close()
			t, err := folder.read()
			if err != nil {
				return err
			}
			form := t.Form()
			if len(form.Omitted) > 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "cairn: not asked for, because everybody can read an issue: %s\n", printable(strings.Join(form.Omitted, ", ")))
			}
			text, err := form.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
