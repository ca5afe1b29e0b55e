package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// BenchmarkDeliveryToCheckRun prints how long it takes from a pull request's signed
// delivery to its check run, when each of the two requests to GitHub takes 50 ms.
func BenchmarkDeliveryToCheckRun(b *testing.B) {
	for _, engine := range []struct {
		name string
		url  func() string
	}{
		{"SQLite", func() string { return filepath.Join(b.TempDir(), "cairn.db") }},
		{"PostgreSQL", func() string { return storetest.DurablePostgreSQLURL(b) }},
	} {
		b.Run(engine.name, func(b *testing.B) { deliveryToCheckRun(b, engine.url()) })
	}
}

func deliveryToCheckRun(b *testing.B, database string) {
	sim, err := newSim(githubsim.Options{WebhookSecret: testSecret})
	if err != nil {
		b.Fatal(err)
	}
	api := httptest.NewServer(sim)
	b.Cleanup(api.Close)
	sim.SetURL(api.URL)
	sim.AddOrganisation("acme", "Acme")
	sim.AddUser("ada", "Ada")
	installation, err := sim.Install("acme")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := sim.AddRepository("acme", githubsim.Seeded{Name: "pay", Author: "ada", Files: files()}); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	a, err := newApp(b.Context(), testSettings(sim, database), zerolog.Nop(), func(_ queue.Job, _ queue.Outcome, err error) { done <- err })
	if err != nil {
		b.Fatal(err)
	}
	hook := serveInTest(b, a)
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		branch := fmt.Sprintf("topic-%d", n)
		if _, err := sim.Push("acme", "pay", branch, "ada", "Change", map[string]githubsim.Change{"docs/index.md": {Content: []byte(branch)}}); err != nil {
			b.Fatal(err)
		}
		pull, err := sim.OpenPullRequest("acme", "pay", "ada", branch, "", branch, "main", false)
		if err != nil {
			b.Fatal(err)
		}
		sim.SetFaults(githubsim.Faults{LatencyMS: 50})
		body := fmt.Appendf(nil, `{"action":"opened","installation":{"id":%d},"pull_request":{"number":%d,"head":{"sha":""}},"repository":{"id":1,"full_name":"acme/pay"}}`, installation.ID, pull)
		b.StartTimer()
		started := time.Now()
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, hook, bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		sign(req, "pull_request", uuid.NewString(), body)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusAccepted {
			b.Fatalf("the delivery was answered %d (%v)", res.StatusCode, err)
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
