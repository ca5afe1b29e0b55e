package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/config"
)

func newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check and explain the settings of the server"}
	cmd.AddCommand(newConfigCheckCommand(), newConfigListCommand())
	return cmd
}

func newConfigCheckCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether `cairn serve` would start with these settings; exit 2 if not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := config.LoadServer(file, os.LookupEnv); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "The settings are in order.")
			return err
		},
	}
	addConfigFlag(cmd, &file)
	return cmd
}

func newConfigListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List every setting: environment variable, key in the file, default, meaning",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ENVIRONMENT\tKEY\tDEFAULT\tMEANING")
			for _, s := range config.Settings() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Env, s.Key, s.Default, s.Help)
			}
			return w.Flush()
		},
	}
}

func addConfigFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "config", "", "settings `file` (YAML); the environment wins over it")
}
