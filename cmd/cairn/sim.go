package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/pages"
)

// simOptions are the flags of `cairn sim`.
type simOptions struct {
	listen, webhookURL, webhookSecret, privateKey, seed string
	appID                                               int64
	separateForks                                       bool
}

func newSimCommand() *cobra.Command {
	var o simOptions
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run the stand-in for GitHub alone, for any GitHub client",
		Long: "Serves GitHub's REST API under / and /api/v3, GraphQL under /graphql and /api/graphql, and pages\n" +
			"for a browser. Each person of the seed has the token ghp_LOGIN. Faults are set with\n" +
			"PUT /_sim/faults, requests are counted at GET /_sim/requests. Meant for loopback only.",
		Example: "  cairn sim --seed acme.yaml --webhook-url http://127.0.0.1:8080/api/github/hook --webhook-secret a-secret-of-16-characters\n" +
			"  curl -H 'Authorization: Bearer ghp_ada' http://127.0.0.1:8081/user",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSim(cmd.Context(), cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8081", "`address` to listen on")
	f.StringVar(&o.webhookURL, "webhook-url", "", "where deliveries go; none are sent without it")
	f.StringVar(&o.webhookSecret, "webhook-secret", "", "signs the deliveries")
	f.Int64Var(&o.appID, "app-id", 1, "the App's ID")
	f.StringVar(&o.privateKey, "private-key", "", "`file` with the App's private key (PEM); one is made and printed without it")
	f.StringVar(&o.seed, "seed", "", "`file` (YAML) with what there is at the start")
	f.BoolVar(&o.separateForks, "separate-forks", false, "a fork's commits cannot be read through the repository it was forked from")
	return cmd
}

func runSim(ctx context.Context, cmd *cobra.Command, o simOptions) error {
	opts := githubsim.Options{AppID: o.appID, WebhookURL: o.webhookURL, WebhookSecret: o.webhookSecret, SeparateForks: o.separateForks}
	if o.privateKey != "" {
		key, err := os.ReadFile(o.privateKey)
		if err != nil {
			return fmt.Errorf("private key: %w", err)
		}
		opts.PrivateKey = key
	}
	sim, err := newSim(opts)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.listen, err)
	}
	sim.SetURL("http://" + listener.Addr().String())
	if o.seed != "" {
		text, err := os.ReadFile(o.seed)
		if err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		if err := sim.LoadSeed(o.seed, text); err != nil {
			return err
		}
	}
	if o.privateKey == "" {
		fmt.Fprintf(cmd.OutOrStdout(), "%s", sim.PrivateKey())
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "GitHub's stand-in is at http://%s, with App %d\n", listener.Addr(), sim.AppID())
	return serveHTTP(ctx, listener, sim)
}

// newSim makes the stand-in with Cairn's App, GraphQL and pages.
func newSim(opts githubsim.Options) (*githubsim.Server, error) {
	app, err := appManifest()
	if err != nil {
		return nil, err
	}
	opts.Permissions, opts.Events = app.Permissions, app.Events
	sim, err := githubsim.New(opts)
	if err != nil {
		return nil, err
	}
	graphql, err := sim.NewGraphQL()
	if err != nil {
		return nil, err
	}
	sim.SetGraphQL(graphql)
	html, err := pages.New(sim)
	if err != nil {
		return nil, err
	}
	sim.SetPages(html)
	return sim, nil
}

// serveHTTP serves until ctx ends, then lets what is under way finish.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve on %s: %w", l.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			return server.Close() // a page that waits for news holds its connection
		}
		return nil
	})
	return group.Wait()
}
