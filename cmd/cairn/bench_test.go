package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store/storetest"
	"github.com/cairn-dev/cairn/internal/testpart"
)

// BenchmarkDeliveryToCheckRun prints how long it takes from a pull request's signed
// delivery to its check run, when each of the two requests to GitHub takes 50 ms.
func BenchmarkDeliveryToCheckRun(b *testing.B) {
	eachEngine(b, deliveryToCheckRun)
}

// BenchmarkSignedDelivery prints how fast signed deliveries of 8 KB that come over
// HTTP are on disk and answered, for senders that wait for their answers.
func BenchmarkSignedDelivery(b *testing.B) {
	for _, senders := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			eachEngine(b, func(b *testing.B, database string) { signedDelivery(b, database, senders) })
		})
	}
}

func eachEngine(b *testing.B, run func(b *testing.B, database string)) {
	b.Run("SQLite", func(b *testing.B) { run(b, filepath.Join(b.TempDir(), "cairn.db")) })
	b.Run("PostgreSQL", func(b *testing.B) { run(b, storetest.DurablePostgreSQLURL(b)) })
}

func signedDelivery(b *testing.B, database string, senders int) {
	sim, err := newSim(githubsim.Options{URL: "http://127.0.0.1:1", WebhookSecret: testSecret})
	if err != nil {
		b.Fatal(err)
	}
	a, err := newApp(b.Context(), testSettings(sim, database), zerolog.Nop(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := errors.Join(a.queue.Close(), a.db.Close()); err != nil {
			b.Error(err)
		}
	}()
	server := httptest.NewServer(a.server.Handler()) // takes deliveries; nobody works
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	filler := strings.Repeat("cairn---", 1024)
	var next atomic.Int64
	times := make([][]time.Duration, senders)
	var all sync.WaitGroup
	b.ResetTimer()
	for s := range senders {
		all.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				body := fmt.Appendf(nil, `{"action":"opened","installation":{"id":5},"pull_request":{"number":%d,"head":{"sha":""},"body":"%s"},`+
					`"repository":{"id":1,"full_name":"acme/pay"}}`, n, filler)
				started := time.Now()
				if err := deliver(b.Context(), client, server.URL+"/api/github/hook", body); err != nil {
					b.Error(err)
					return
				}
				times[s] = append(times[s], time.Since(started))
			}
		})
	}
	all.Wait()
	took := slices.Concat(times...)
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "acks/s")
	reportTimes(b, took)
}

// deliver posts a signed pull_request delivery and wants a 202.
func deliver(ctx context.Context, client *http.Client, hook string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		return err
	}
	sign(req, "pull_request", uuid.NewString(), body)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the delivery was answered %d: %w", res.StatusCode, err)
	}
	return nil
}

// reportTimes prints the median and the 99th percentile of sorted times.
func reportTimes(b *testing.B, took []time.Duration) {
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
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
		if err := deliver(b.Context(), http.DefaultClient, hook, body); err != nil {
			b.Fatal(err)
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	reportTimes(b, took)
}

// BenchmarkCheckFolder prints how long `cairn check` takes, as a process, for a
// checkout of 5,000 files.
func BenchmarkCheckFolder(b *testing.B) {
	dir := bigRepository(b)
	var took []time.Duration
	for b.Loop() {
		cmd := exec.Command(os.Args[0], "check", dir)
		cmd.Env = append(os.Environ(), "CAIRN_TEST_MAIN=1")
		started := time.Now()
		out, err := cmd.CombinedOutput()
		took = append(took, time.Since(started))
		if err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	slices.Sort(took)
	reportTimes(b, took)
}

// BenchmarkIdleServer prints the memory of a server that has nothing to do.
func BenchmarkIdleServer(b *testing.B) {
	p := serve(b, benchSim(b), filepath.Join(b.TempDir(), "cairn.db"))
	for b.Loop() {
		b.ReportMetric(p.memory(b, "VmRSS:"), "RSS-MB")
	}
}

func benchSim(b *testing.B) *githubsim.Server {
	sim, err := newSim(githubsim.Options{WebhookSecret: testSecret})
	if err != nil {
		b.Fatal(err)
	}
	api := httptest.NewServer(sim)
	b.Cleanup(api.Close)
	sim.SetURL(api.URL)
	return sim
}

// memory reads one line of what Linux says of a process's memory, in MB.
func (p *process) memory(b *testing.B, line string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		testpart.Missing(b, "/proc", "run it on Linux")
	}
	_, after, _ := strings.Cut(string(status), line)
	var kB float64
	if _, err := fmt.Sscan(after, &kB); err != nil {
		b.Fatal(err)
	}
	return kB / 1000
}
