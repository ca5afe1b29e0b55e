// Command cairn is the one binary: the server, the demo, and what developers and
// CI run on a laptop. main parses, runs and exits; each command is a file here,
// what it does is in the packages.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, the same for every command.
const (
	exitFindings = 1 // it ran, and what it looked at is not in order
	exitCannot   = 2 // it could not run: wrong use, settings, unreadable input
)

// exitError ends the program with Code. A nil Err has been told already.
type exitError struct {
	Code int
	Err  error
}

func (e *exitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *exitError) Unwrap() error { return e.Err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns the program's exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{Code: exitCannot, Err: err}
	}
	if exit.Err != nil {
		fmt.Fprintln(errOut, "cairn:", exit.Err)
	}
	return exit.Code
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "cairn",
		Short: "The internal developer platform that lives in GitHub",
		Long: "Cairn is a GitHub App: it says in a check run whether a pull request keeps its service on\n" +
			"the golden path, and keeps the software catalog in step with the repositories.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		newServeCommand(),
		newDemoCommand(),
		newSimCommand(),
		newCheckCommand(),
		newCatalogCommand(),
		newTemplateCommand(),
		newSyncCommand(),
		newQueueCommand(),
		newConfigCommand(),
		newVersionCommand(),
	)
	return root
}
