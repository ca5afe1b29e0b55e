package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// process is `cairn serve` as a process of its own.
type process struct {
	cmd  *exec.Cmd
	hook string
	log  *syncBuffer
}

// serve starts `cairn serve` and waits until it is ready.
func serve(t testing.TB, sim *githubsim.Server, database string) *process {
	t.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, sim.PrivateKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{hook: "http://" + address + "/api/github/hook", log: &syncBuffer{}}
	p.cmd = exec.Command(os.Args[0], "serve")
	p.cmd.Env = append(os.Environ(), "CAIRN_TEST_MAIN=1", "CAIRN_LISTEN="+address, "CAIRN_DATABASE_URL="+database,
		"GITHUB_WEB_URL="+sim.URL(), "GITHUB_V3_API_URL="+sim.URL(), "GITHUB_V4_API_URL="+sim.URL()+"/graphql",
		fmt.Sprintf("GITHUB_APP_INTEGRATION_ID=%d", sim.AppID()), "GITHUB_APP_WEBHOOK_SECRET="+testSecret, "GITHUB_APP_PRIVATE_KEY_FILE="+key)
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // a process that has ended cannot be killed
		_ = p.cmd.Wait()         // and says so
	})
	eventually(t, func() error {
		res, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.log)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz answers %d\n%s", res.StatusCode, p.log)
		}
		return nil
	})
	return p
}

// burst is acme/pay with pull requests, and a signed delivery for each of 500
// pushes to them.
type burst struct {
	pulls  []int
	bodies [][]byte
	guids  []string
}

func newBurst(t *testing.T, sim *githubsim.Server) burst {
	t.Helper()
	s := &spine{t: t, sim: sim}
	s.repository("pay")
	var b burst
	for n := range 10 {
		branch := fmt.Sprintf("topic-%d", n)
		s.push("pay", branch, "docs/index.md", branch)
		b.pulls = append(b.pulls, s.pull("pay", branch))
	}
	installation := sim.Installations()[0]
	for n := range 500 {
		pull := b.pulls[n%len(b.pulls)]
		b.bodies = append(b.bodies, fmt.Appendf(nil, `{"action":"synchronize","number":%d,"installation":{"id":%d},"pull_request":{"number":%d,"head":{"sha":"","repo":{"full_name":"acme/pay"}}},`+
			`"repository":{"id":1,"full_name":"acme/pay","default_branch":"main"}}`, pull, installation, pull))
		b.guids = append(b.guids, uuid.NewString())
	}
	return b
}

// deliver sends one delivery; it reports whether it was acknowledged.
func (b burst) deliver(client *http.Client, hook string, n int) bool {
	req, err := http.NewRequest(http.MethodPost, hook, bytes.NewReader(b.bodies[n]))
	if err != nil {
		return false
	}
	sign(req, "pull_request", b.guids[n], b.bodies[n])
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusAccepted
}

// sign gives a delivery the headers GitHub sends.
func sign(req *http.Request, event, guid string, body []byte) {
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", event)
	req.Header.Set("X-GitHub-Delivery", guid)
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// send delivers all from several senders and returns the GUIDs acknowledged.
// after, if not nil, is called once when so many were.
func (b burst) send(hooks []string, after int, then func()) []string {
	var mu sync.Mutex
	var acknowledged []string
	var senders sync.WaitGroup
	client := &http.Client{Timeout: 5 * time.Second}
	for sender := range 8 {
		senders.Go(func() {
			for n := sender; n < len(b.bodies); n += 8 {
				if !b.deliver(client, hooks[n%len(hooks)], n) {
					continue
				}
				mu.Lock()
				acknowledged = append(acknowledged, b.guids[n])
				if len(acknowledged) == after {
					then()
				}
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	return acknowledged
}

// look opens the database beside the running program.
func look(t *testing.T, database string) *queue.Queue {
	t.Helper()
	db, err := store.Attach(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	q := queue.New(db, queue.Options{})
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

func (b burst) check(t *testing.T, sim *githubsim.Server, q *queue.Queue, acknowledged []string) {
	t.Helper()
	settle(t, sim, q.Stats)
	seen, err := q.Seen(t.Context(), acknowledged)
	if err != nil {
		t.Fatal(err)
	}
	for _, guid := range acknowledged {
		if !seen[guid] {
			t.Errorf("delivery %s was acknowledged and is lost", guid)
		}
	}
	for _, pull := range b.pulls {
		runs, err := sim.Verdicts("acme", "pay", pull)
		if err != nil || len(runs) != 1 || runs[0].Conclusion == "" {
			t.Errorf("pull request %d has check runs %+v (%v), want one", pull, runs, err)
		}
	}
}

func TestKillInABurstLosesNothing(t *testing.T) {
	t.Parallel()
	sim := startSim(t, githubsim.Options{})
	b := newBurst(t, sim)
	database := filepath.Join(t.TempDir(), "cairn.db")
	first := serve(t, sim, database)
	acknowledged := b.send([]string{first.hook}, 200, func() {
		if err := first.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	if len(acknowledged) < 200 || len(acknowledged) == len(b.guids) {
		t.Fatalf("%d of %d acknowledged: the kill did not come in the middle", len(acknowledged), len(b.guids))
	}
	_ = first.cmd.Wait() // it was killed, and says so
	second := serve(t, sim, database)
	acknowledged = append(acknowledged, b.send([]string{second.hook}, 0, nil)...)
	b.check(t, sim, look(t, database), acknowledged)
}

func TestTwoProcessesShareOnePostgreSQL(t *testing.T) {
	t.Parallel()
	database := storetest.PostgreSQLURL(t)
	sim := startSim(t, githubsim.Options{})
	b := newBurst(t, sim)
	one, two := serve(t, sim, database), serve(t, sim, database)
	sim.SetFaults(githubsim.Faults{LatencyMS: 20}) // long enough that one alone does not do it all
	acknowledged := b.send([]string{one.hook, two.hook}, 0, nil)
	if len(acknowledged) != len(b.guids) {
		t.Fatalf("%d of %d acknowledged", len(acknowledged), len(b.guids))
	}
	b.check(t, sim, look(t, database), acknowledged)
	for n, p := range []*process{one, two} {
		if !strings.Contains(p.log.String(), "check run created") {
			t.Errorf("process %d did none of the work:\n%s", n, p.log)
		}
	}
}

func TestStopFinishesWhatIsInHand(t *testing.T) {
	t.Parallel()
	sim := startSim(t, githubsim.Options{})
	b := newBurst(t, sim)
	database := filepath.Join(t.TempDir(), "cairn.db")
	p := serve(t, sim, database)
	sim.SetFaults(githubsim.Faults{LatencyMS: 50})
	b.send([]string{p.hook}, 0, nil)
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("it ended with %v:\n%s", err, p.log)
		}
	case <-ctx.Done():
		t.Fatal("it did not stop within 30 s")
	}
	stats, err := look(t, database).Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Running != 0 {
		t.Errorf("%d jobs are still said to run", stats.Running)
	}
}
