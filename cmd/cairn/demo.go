package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/demo"
	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/queue"
)

// demoOptions are the flags of `cairn demo`.
type demoOptions struct {
	listen, githubListen string
	exit, verbose        bool
	// For judging from outside: the addresses that each side calls the other by.
	githubURL, webhookURL string
}

// dayTimeout bounds the day; a machine that needs longer has other troubles.
const dayTimeout = 2 * time.Minute

func newDemoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a day of an organisation: the real server and a stand-in for GitHub, nothing to configure",
		Long: "Starts the server with a SQLite database of its own and the stand-in for GitHub with the\n" +
			"organisation acme, plays a day of it, and stays up: open the pages, push to a pull request,\n" +
			"comment, and watch. Nothing leaves this machine.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), cmd.OutOrStdout(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` of the server")
	f.StringVar(&o.githubListen, "github-listen", "127.0.0.1:8081", "`address` of the stand-in for GitHub")
	f.BoolVar(&o.exit, "exit", false, "play the day, check what it left, and end: 0 when all is as expected")
	f.BoolVar(&o.verbose, "verbose", false, "print the server's log as well")
	f.StringVar(&o.githubURL, "github-url", "", "the `URL` by which the server calls the stand-in, if a proxy stands between")
	f.StringVar(&o.webhookURL, "webhook-url", "", "the `URL` to which the stand-in delivers, if a proxy stands between")
	return cmd
}

func runDemo(ctx context.Context, out io.Writer, o demoOptions) (err error) {
	dir, err := os.MkdirTemp("", "cairn-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d, err := startDemo(ctx, out, dir, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serveHTTP(ctx, d.githubListener, d.sim) })
	group.Go(func() error { return d.app.run(ctx, d.listener) })
	group.Go(func() error {
		defer func() {
			if o.exit {
				cancel()
			}
		}()
		return d.play(ctx, o.exit)
	})
	return group.Wait()
}

// demonstration is the server and the stand-in, joined.
type demonstration struct {
	out                      io.Writer
	sim                      *githubsim.Server
	app                      *app
	listener, githubListener net.Listener
	done                     chan string // a line for each job that ended
}

func startDemo(ctx context.Context, out io.Writer, dir string, o demoOptions) (*demonstration, error) {
	d := &demonstration{out: out, done: make(chan string, 1024)}
	var err error
	var lc net.ListenConfig
	if d.githubListener, err = lc.Listen(ctx, "tcp", o.githubListen); err != nil {
		return nil, fmt.Errorf("%w: another address can be given with --github-listen", err)
	}
	if d.listener, err = lc.Listen(ctx, "tcp", o.listen); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: another address can be given with --listen", err), d.githubListener.Close())
	}
	githubURL, hook := "http://"+d.githubListener.Addr().String(), "http://"+d.listener.Addr().String()+"/api/github/hook"
	if o.webhookURL != "" {
		hook = o.webhookURL
	}
	const secret = "the demo's webhook secret"
	if d.sim, err = newSim(githubsim.Options{URL: githubURL, WebhookURL: hook, WebhookSecret: secret}); err != nil {
		return nil, err
	}
	api := githubURL
	if o.githubURL != "" {
		api = o.githubURL
	}
	settings := config.Server{
		Listen: o.listen, PublicURL: "http://" + d.listener.Addr().String(), DatabaseURL: config.Secret(filepath.Join(dir, "cairn.db")),
		APIOpen: true, Workers: 4, PolicyRepository: ".github", PolicyPath: ".platform/policy.yaml",
		GitHub: config.GitHub{
			WebURL: githubURL, V3URL: api, V4URL: api + "/graphql", AppID: d.sim.AppID(),
			WebhookSecret: secret, PrivateKey: config.Secret(d.sim.PrivateKey()),
		},
	}
	logger := zerolog.Nop()
	if o.verbose {
		logger = zerolog.New(zerolog.ConsoleWriter{Out: out, NoColor: true, TimeFormat: time.TimeOnly}).With().Timestamp().Logger()
	}
	d.app, err = newApp(ctx, settings, logger, d.heard)
	return d, err
}

// heard turns the end of a job into a line of the demo.
func (d *demonstration) heard(job queue.Job, outcome queue.Outcome, err error) {
	line := outcome.Summary
	if err != nil {
		line = job.Key + ": " + err.Error()
	}
	if outcome.URL != "" {
		line += "\n           " + outcome.URL
	}
	d.done <- line
}

// play goes through the day, a line for what people do and one for each thing that
// Cairn did about it.
func (d *demonstration) play(ctx context.Context, exit bool) error {
	started := time.Now()
	day, cancel := context.WithTimeout(ctx, dayTimeout)
	defer cancel()
	fmt.Fprintf(d.out, "GitHub's stand-in:  %s/acme\nCairn:              %s\n\n", d.app.settings.GitHub.WebURL, d.app.settings.PublicURL)
	if err := demo.People(d.sim); err != nil {
		return err
	}
	for _, step := range demo.Day() {
		fmt.Fprintf(d.out, "%s  %s\n", step.At, step.What)
		if err := step.Do(d.sim); err != nil {
			return fmt.Errorf("%s: %w", step.What, err)
		}
		lines, err := d.settle(day)
		if err != nil {
			return fmt.Errorf("%s: %w", step.What, err)
		}
		if lines == 0 {
			fmt.Fprintf(d.out, "       →   nothing for Cairn to do yet\n           %s/%s\n", d.app.settings.GitHub.WebURL, step.Where)
		}
	}
	failures := demo.Check(d.sim, d.app.catalog.Index.Refs())
	fmt.Fprintf(d.out, "\n%s\n", d.summary(time.Since(started)))
	for _, f := range failures {
		fmt.Fprintln(d.out, "NOT AS EXPECTED:", f)
	}
	switch {
	case len(failures) > 0 && exit:
		return &exitError{Code: exitFindings, Err: fmt.Errorf("%d things are not as expected", len(failures))}
	case exit:
		fmt.Fprintln(d.out, "All is as expected.")
		return nil
	}
	fmt.Fprintf(d.out, "\nNow you: open %s/acme/ledger/pull/1, change a file at the end of the page, and watch its\n"+
		"check run. Or comment `/platform check` on it. Ctrl-C ends the demo.\n", d.app.settings.GitHub.WebURL)
	for {
		select {
		case line := <-d.done:
			fmt.Fprintf(d.out, "%s  %s\n", time.Now().Format("15:04"), line)
		case <-ctx.Done():
			return nil
		}
	}
}

// settle waits until every delivery is answered and every job done, and prints
// what came of them as it comes, a line each.
func (d *demonstration) settle(ctx context.Context) (lines int, err error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for quiet := 0; quiet < 2; { // what Cairn writes is delivered to it again: look twice
		if err := d.sim.Quiet(ctx); err != nil {
			return lines, fmt.Errorf("waiting for deliveries: %w", err)
		}
		stats, err := d.app.queue.Stats(ctx)
		if err != nil {
			return lines, err
		}
		if quiet++; stats.Running > 0 || stats.OldestDue > 0 {
			quiet = 0
		}
		select {
		case line := <-d.done:
			fmt.Fprintf(d.out, "       →   %s\n", line)
			quiet = 0
			lines++
		case <-look.C:
		case <-ctx.Done():
			return lines, fmt.Errorf("waiting for the queue: %w", ctx.Err())
		}
	}
	return lines, nil
}

func (d *demonstration) summary(took time.Duration) string {
	deliveries, requests := d.sim.Deliveries(), 0
	for _, n := range d.sim.Requests() {
		requests += n
	}
	refused := 0
	for _, delivery := range deliveries {
		if delivery.StatusCode != http.StatusAccepted {
			refused++
		}
	}
	return fmt.Sprintf("The day took %.1f s: %d deliveries, %d of them refused, and %d requests to GitHub.",
		took.Seconds(), len(deliveries), refused, requests)
}
