package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
)

func newQueueCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "Look at the queue, and try failed jobs again",
		Long:  "Works on the server's database (CAIRN_DATABASE_URL), beside the server.",
	}
	cmd.PersistentFlags().StringVar(&file, "config", "", "settings `file` (YAML); the environment wins over it")
	cmd.AddCommand(newQueueListCommand(&file), newQueueShowCommand(&file), newQueueRetryCommand(&file))
	return cmd
}

func newQueueListCommand(file *string) *cobra.Command {
	var failed bool
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List jobs, the last queued first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withQueue(cmd.Context(), *file, func(q *queue.Queue) error {
				filter := queue.Filter{Limit: limit}
				if failed {
					filter.State = queue.Failed
				}
				jobs, err := q.List(cmd.Context(), filter)
				if err != nil {
					return err
				}
				return listJobs(cmd.OutOrStdout(), jobs)
			})
		},
	}
	cmd.Flags().BoolVar(&failed, "failed", false, "only those that have failed for good")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many")
	return cmd
}

func newQueueShowCommand(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show a job or delivery: its tries, what became of it, and what asked for it",
		Long:  "ID is a job's ID or key, such as pr:acme/pay#12, or a delivery's GUID.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withQueue(cmd.Context(), *file, func(q *queue.Queue) error {
				details, err := q.Show(cmd.Context(), args[0])
				if errors.Is(err, store.ErrNotFound) {
					return &exitError{Code: exitFindings, Err: err}
				}
				if err != nil {
					return err
				}
				return showDetails(cmd.OutOrStdout(), details)
			})
		},
	}
}

func newQueueRetryCommand(file *string) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry [ID]",
		Short: "Queue a failed job again, or all of them",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return errors.New("name one job, or give --all")
			}
			return withQueue(cmd.Context(), *file, func(q *queue.Queue) error {
				n := 1
				var err error
				if all {
					n, err = q.RetryAll(cmd.Context())
				} else {
					err = q.Retry(cmd.Context(), args[0])
				}
				if errors.Is(err, store.ErrNotFound) {
					return &exitError{Code: exitFindings, Err: err}
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d queued again.\n", n)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every job that has failed")
	return cmd
}

// withQueue opens the server's database beside the server, for one short command.
func withQueue(ctx context.Context, file string, do func(*queue.Queue) error) error {
	url, err := config.DatabaseURL(file, os.LookupEnv)
	if err != nil {
		return err
	}
	db, err := store.Attach(ctx, string(url))
	if err != nil {
		return err
	}
	q := queue.New(db, queue.Options{})
	return errors.Join(do(q), q.Close(), db.Close())
}

func listJobs(w io.Writer, jobs []queue.Record) error {
	if len(jobs) == 0 {
		_, err := fmt.Fprintln(w, "No jobs.")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tSTATE\tTRIES\tQUEUED\tWHAT CAME OF IT")
	for _, j := range jobs {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", plain(j.Key), j.State, j.Attempt, stamp(j.QueuedAt), plain(result(j)))
	}
	return table.Flush()
}

func result(j queue.Record) string {
	switch {
	case j.Error != "":
		return j.Error
	case j.Outcome.Summary != "":
		return j.Outcome.Summary
	case j.State == queue.Waiting:
		return "due " + stamp(j.RunAt)
	}
	return ""
}

// plain puts text from outside on one line, without what a terminal would obey.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func showDetails(w io.Writer, d queue.Details) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, j := range d.Jobs {
		fmt.Fprintf(table, "job\t%s\nid\t%s\nstate\t%s\ntries\t%d\nqueued\t%s\ndue\t%s\nfinished\t%s\ninstallation\t%d\n",
			plain(j.Key), j.ID, j.State, j.Attempt, stamp(j.QueuedAt), stamp(j.RunAt), stamp(j.FinishedAt), j.InstallationID)
		fmt.Fprintf(table, "outcome\t%s\nurl\t%s\nerror\t%s\n\n", plain(j.Outcome.Summary), plain(j.Outcome.URL), plain(j.Error))
	}
	for _, v := range d.Deliveries {
		fmt.Fprintf(table, "delivery\t%s\nevent\t%s %s\nrepository\t%s\nreceived\t%s\nstate\t%s\noutcome\t%s\n\n",
			plain(v.GUID), plain(v.Event), plain(v.Action), plain(v.Repository), stamp(v.ReceivedAt), v.State, plain(v.Outcome))
	}
	return table.Flush()
}
