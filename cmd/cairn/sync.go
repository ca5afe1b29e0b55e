package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/store"
)

func newSyncCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Read every repository and organisation of the installations into the catalog",
		Long: `Sync looks at every repository of every installation, about one request for each 100 of them, and at
the members and teams of the organisations. The server does the same at its start and daily; sync is for
whoever does not want to wait. It works on the server's database (CAIRN_DATABASE_URL), beside the server.

Exit code 1: something could not be taken in; the others were.`,
		Example: "  cairn sync",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.LoadServer(file, os.LookupEnv)
			if err != nil {
				return err
			}
			return syncAll(cmd, settings)
		},
	}
	addConfigFlag(cmd, &file)
	return cmd
}

func syncAll(cmd *cobra.Command, settings config.Server) (err error) {
	logger := newLogger(cmd.ErrOrStderr(), settings).Level(zerolog.WarnLevel)
	app, err := newApp(cmd.Context(), settings, logger, nil)
	if errors.Is(err, store.ErrClaimed) { // the server runs on it: work beside it
		var db *store.DB
		if db, err = store.Attach(cmd.Context(), string(settings.DatabaseURL)); err == nil {
			app, err = wire(cmd.Context(), db, settings, logger, nil)
		}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.queue.Close(), app.db.Close()) }()
	faults := 0
	for on, err := range app.github.Installations(cmd.Context()) {
		if err != nil {
			return err
		}
		if on.Suspended {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: suspended, so nothing is read\n", printable(on.Account))
			continue
		}
		swept, err := app.handlers.Sweep(cmd.Context(), on)
		fmt.Fprintln(cmd.OutOrStdout(), printable(swept.String()))
		for _, f := range swept.Faults {
			fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", printable(f))
		}
		if faults += len(swept.Faults); err != nil {
			return err
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of them GraphQL\n", count(int(app.spent.all.Load()), "request"), app.spent.graphQL.Load())
	if faults > 0 {
		return &exitError{Code: exitFindings}
	}
	return nil
}
