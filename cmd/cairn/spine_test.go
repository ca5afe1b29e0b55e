package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/githubsim/contract"
	"github.com/cairn-dev/cairn/internal/queue"
)

// TestMain lets a test start this program as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("CAIRN_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

const testSecret = "a webhook secret for the tests"

// spine is the whole program joined to the stand-in, both watched: calls, answers
// and deliveries are held against GitHub's descriptions.
type spine struct {
	t     *testing.T
	sim   *githubsim.Server
	app   *app
	log   *syncBuffer
	clock *clock // the stand-in's

	mu   sync.Mutex
	done []string // what each round of a job came to
}

// clock can be set back, for what happened a while ago.
type clock struct {
	mu  sync.Mutex
	ago time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(-c.ago)
}

func (c *clock) set(ago time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ago = ago
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// startSim starts the stand-in with the organisation acme. Every call to it and
// answer of it is held against GitHub's description.
func startSim(t *testing.T, opts githubsim.Options) *githubsim.Server {
	t.Helper()
	contracts, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	app, err := appManifest()
	if err != nil {
		t.Fatal(err)
	}
	opts.WebhookSecret = testSecret
	sim, err := newSim(opts)
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(contract.Watch(t, contracts, sim, app.Permissions))
	t.Cleanup(api.Close)
	sim.SetURL(api.URL)
	sim.AddOrganisation("acme", "Acme")
	sim.AddUser("ada", "Ada")
	sim.AddUser("eve", "Eve")
	if err := sim.AddMember("acme", "ada", "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Install("acme"); err != nil {
		t.Fatal(err)
	}
	return sim
}

// startBareSim is startSim without holding each call against GitHub's description,
// which takes longer than thousands of repositories bear.
func startBareSim(t *testing.T) *githubsim.Server {
	t.Helper()
	sim, err := newSim(githubsim.Options{WebhookSecret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(sim)
	t.Cleanup(api.Close)
	sim.SetURL(api.URL)
	sim.AddOrganisation("acme", "Acme")
	sim.AddUser("ada", "Ada")
	if err := sim.AddMember("acme", "ada", "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Install("acme"); err != nil {
		t.Fatal(err)
	}
	return sim
}

// newSpine wires the program; run starts it.
func newSpine(t *testing.T, opts githubsim.Options, change ...func(*config.Server)) *spine {
	t.Helper()
	s := &spine{t: t, log: &syncBuffer{}, clock: &clock{}}
	opts.Now = s.clock.Now
	s.sim = startSim(t, opts)
	settings := testSettings(s.sim, filepath.Join(t.TempDir(), "cairn.db"))
	for _, c := range change {
		c(&settings)
	}
	var err error
	s.app, err = newApp(t.Context(), settings, zerolog.New(s.log), func(_ queue.Job, o queue.Outcome, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		line := o.Summary
		if err != nil {
			line = err.Error()
		}
		s.done = append(s.done, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	apiToken    = "let-me-in"
	apiTokenSum = "a3ee786b5707c27d42570785081ec17f5c7db9262a01366af362a1aa61a420b9" // SHA-256 of apiToken
)

func testSettings(sim *githubsim.Server, database string) config.Server {
	url := sim.URL()
	return config.Server{
		Listen: "127.0.0.1:0", DatabaseURL: config.Secret(database), APIOpen: true, APITokens: []string{apiTokenSum}, Workers: 4,
		PolicyRepository: ".github", PolicyPath: ".platform/policy.yaml",
		GitHub: config.GitHub{
			WebURL: url, V3URL: url, V4URL: url + "/graphql", AppID: sim.AppID(), WebhookSecret: testSecret, PrivateKey: config.Secret(sim.PrivateKey()),
		},
	}
}

// run starts the program and lets it look at its installations, as it does at every
// start.
func (s *spine) run() {
	s.t.Helper()
	s.start()
	eventually(s.t, func() error {
		if !strings.Contains(s.outcomes(), "users and groups") {
			return errors.New("the installations were not looked at:\n" + s.outcomes())
		}
		return nil
	})
}

// start starts the program; it is stopped at the end of the test.
func (s *spine) start() {
	s.t.Helper()
	s.sim.SetWebhook(serveInTest(s.t, s.app), testSecret)
	s.t.Cleanup(func() {
		if strings.Contains(s.log.String(), testSecret) || strings.Contains(s.log.String(), "ghs_") {
			s.t.Errorf("a secret is in the log:\n%s", s.log)
		}
	})
}

// serveInTest runs the program until the test ends, and returns where it takes
// deliveries.
func serveInTest(tb testing.TB, a *app) (hook string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx, listener) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("the program ended with: %v", err)
		}
	})
	return "http://" + listener.Addr().String() + "/api/github/hook"
}

func (s *spine) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until all deliveries are answered and all due work is done.
func (s *spine) settle() {
	s.t.Helper()
	settle(s.t, s.sim, s.app.queue.Stats)
}

func settle(t *testing.T, sim *githubsim.Server, read func(context.Context) (queue.Stats, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for quiet := 0; quiet < 3; {
		if err := sim.Quiet(ctx); err != nil {
			t.Fatal(err)
		}
		stats, err := read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if quiet++; stats.Running > 0 || stats.OldestDue > 0 {
			quiet = 0
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("the work does not end: %+v", stats)
		}
	}
}

func (s *spine) outcomes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.done, "\n")
}

// files is a Go service that misses most of the golden path.
func files() map[string]string {
	return map[string]string{
		"go.mod": "module github.com/acme/pay\n\ngo 1.26\n", "Makefile": "test:\n\tgo test ./...\n", "README.md": "# Pay\n",
		"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: pay\nspec:\n  type: service\n  lifecycle: production\n  owner: team-payments\n",
	}
}

func (s *spine) repository(name string) {
	s.t.Helper()
	_, err := s.sim.AddRepository("acme", githubsim.Seeded{Name: name, Author: "ada", Files: files()})
	s.must(err)
}

func (s *spine) push(name, branch, file, text string) string {
	s.t.Helper()
	sha, err := s.sim.Push("acme", name, branch, "ada", "Change "+file, map[string]githubsim.Change{file: {Content: []byte(text)}})
	s.must(err)
	return sha
}

func (s *spine) pull(name, head string) int {
	s.t.Helper()
	n, err := s.sim.OpenPullRequest("acme", name, "ada", "Change", "", head, "main", false)
	s.must(err)
	return n
}

// verdict is the one check run of a head.
func (s *spine) verdict(name string, pull int) githubsim.Verdict {
	s.t.Helper()
	runs, err := s.sim.Verdicts("acme", name, pull)
	s.must(err)
	if len(runs) != 1 {
		s.t.Fatalf("%s#%d has %d check runs, want one; what was done:\n%s", name, pull, len(runs), s.outcomes())
	}
	return runs[0]
}

// requests are those since the last reset, without the token's.
func (s *spine) requests() map[string]int {
	out := s.sim.Requests()
	maps.DeleteFunc(out, func(route string, _ int) bool {
		return strings.Contains(route, "access_tokens") || strings.HasPrefix(route, "GET /app/hook")
	})
	return out
}

func (s *spine) wantRequests(want map[string]int) {
	s.t.Helper()
	if got := s.requests(); !maps.Equal(got, want) {
		s.t.Errorf("requests to GitHub: %v, want %v", got, want)
	}
}

const (
	read   = "POST /graphql"
	write  = "POST /repos/{owner}/{repo}/check-runs"
	update = "PATCH /repos/{owner}/{repo}/check-runs/{id}"
)

func TestWhatAnEventCosts(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.settle() // the installation's token is cached from here on

	s.sim.ResetRequests()
	s.pull("pay", "topic")
	s.settle()
	s.wantRequests(map[string]int{read: 1, write: 1})

	s.sim.ResetRequests()
	s.push("pay", "topic", "docs/more.md", "More\n")
	s.settle()
	s.wantRequests(map[string]int{read: 1, write: 1})

	s.sim.ResetRequests()
	s.push("pay", "main", "main.go", "package main\n")
	s.settle()
	s.wantRequests(map[string]int{read: 1, write: 1})

	// The same again changes nothing: a repeated delivery is not even read.
	s.sim.ResetRequests()
	for _, d := range s.sim.Deliveries() {
		s.sim.Redeliver(d.ID)
	}
	s.settle()
	s.wantRequests(map[string]int{})
}

func TestTwentyPushesAreOneEvaluation(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	routes := httptest.NewServer(s.app.server.Handler()) // takes deliveries; nobody works yet
	t.Cleanup(routes.Close)
	s.sim.SetWebhook(routes.URL+"/api/github/hook", testSecret)
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	last := ""
	for n := range 20 {
		last = s.push("pay", "topic", "docs/index.md", fmt.Sprintf("# Pay %d\n", n))
	}
	s.must(s.sim.Quiet(t.Context()))
	s.run()
	s.settle()
	if v := s.verdict("pay", 1); v.SHA != last {
		t.Errorf("judged %s, want the last head %s", v.SHA, last)
	}
	if n := s.requests()[write]; n != 2 { // the pull request's and the default branch's
		t.Errorf("%d check runs written, want 2", n)
	}
}

func TestForksAreJudged(t *testing.T) {
	t.Parallel()
	for _, separate := range []bool{false, true} {
		t.Run(fmt.Sprintf("separate objects %v", separate), func(t *testing.T) {
			t.Parallel()
			s := newSpine(t, githubsim.Options{SeparateForks: separate})
			s.run()
			s.repository("pay")
			_, err := s.sim.Fork("acme", "pay", "eve")
			s.must(err)
			_, err = s.sim.Push("eve", "pay", "help", "eve", "Help", map[string]githubsim.Change{"docs/index.md": {Content: []byte("# Pay\n")}})
			s.must(err)
			n, err := s.sim.OpenPullRequest("acme", "pay", "eve", "Help", "", "eve:help", "main", false)
			s.must(err)
			s.settle()
			before := s.verdict("pay", n)
			if !strings.Contains(before.Title, "Backend Service (Go)") {
				t.Errorf("title %q", before.Title)
			}
			s.must(s.sim.RerunCheck("acme", "pay", before.ID, "ada")) // the event names no pull request
			s.settle()
			if after := s.verdict("pay", n); after.ID != before.ID || after.Conclusion != before.Conclusion {
				t.Errorf("after the re-run %+v, before %+v", after, before)
			}
		})
	}
}

func TestLimitsAreObeyed(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]githubsim.Faults{
		"secondary, 403":  {SecondaryLimit: 1, RetryAfter: 1, Only: read},
		"secondary, 429":  {TooMany: 1, RetryAfter: 1, Only: write},
		"server error":    {ServerErrors: 1, Only: read},
		"answer is lost":  {LostAnswers: 1, Only: write},
		"delivered twice": {RepeatDeliveries: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpine(t, githubsim.Options{})
			s.run()
			s.repository("pay")
			s.push("pay", "topic", "docs/index.md", "# Pay\n")
			s.settle()
			s.sim.SetFaults(faults)
			n := s.pull("pay", "topic")
			eventually(t, func() error {
				runs, err := s.sim.Verdicts("acme", "pay", n)
				if err != nil || len(runs) != 1 || runs[0].Conclusion == "" {
					return fmt.Errorf("check runs %v, error %w; what was done:\n%s", runs, err, s.outcomes())
				}
				return nil
			})
			s.settle()
			s.verdict("pay", n)
		})
	}
}

// eventually waits for what a retry brings about; there is no signal for that from
// outside.
func eventually(t testing.TB, holds func() error) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatal(err)
		}
	}
}

// Scorecards are answered from the read that the golden path needs, whatever they ask.
func TestScorecardsCostNoRequest(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	_, err := s.sim.AddRepository("acme", githubsim.Seeded{Name: ".github", Author: "ada", Files: map[string]string{".platform/policy.yaml": `
scorecards:
  security-compliance: {enabled: false}
  repository:
    title: Repository
    checks:
      - {id: topic, title: Has a topic, weight: 1, rule: {factRef: repo.topics, operator: isNotEmpty}}
      - {id: docs, title: Has docs, weight: 2, rule: {factRef: repo.files, operator: contains, value: docs/index.md}}
      - {id: deep, title: Has Go, weight: 3, rule: {expression: "repo.files.exists(f, f.endsWith('.go'))"}}
      - {id: checked, title: Has CI, weight: 4, rule: {factRef: checks.ci-cd-pipeline.status, operator: equals, value: compliant}}
`}})
	s.must(err)
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.push("pay", "topic", "internal/pay/pay.go", "package pay\n")
	s.settle() // the policy is known from here on

	s.sim.ResetRequests()
	s.pull("pay", "topic")
	s.settle()
	s.wantRequests(map[string]int{read: 1, write: 1})
	summary := s.verdict("pay", 1).Summary
	for _, want := range []string{"### Scorecards\n", "**Production Readiness**: ", "**Repository**: bronze, 50/100", "missing: **Has CI** (weight 4)", "missing: **Has a topic** (weight 1)"} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q in the summary:\n%s", want, summary)
		}
	}
	if strings.Contains(summary, "Security Compliance") || strings.Contains(summary, "not available") {
		t.Errorf("the summary tells of what is switched off, or was not read:\n%s", summary)
	}
}

func TestBrokenPolicyLeavesTheLastGoodOneInForce(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	_, err := s.sim.AddRepository("acme", githubsim.Seeded{Name: ".github", Author: "ada", Files: map[string]string{".platform/policy.yaml": "mode: enforce\n"}})
	s.must(err)
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	s.settle()
	if v := s.verdict("pay", 1); v.Conclusion != "failure" {
		t.Fatalf("under enforce: %+v", v)
	}
	s.push(".github", "main", ".platform/policy.yaml", "mode: enforce\ngolden_pahts: {}\n")
	s.push("pay", "topic", "docs/more.md", "More\n")
	s.settle()
	v := s.verdict("pay", 1)
	if v.Conclusion != "failure" || !strings.Contains(v.Summary, "golden_pahts") || !strings.Contains(v.Summary, "policy.yaml") || !strings.Contains(v.Summary, "2") {
		t.Errorf("conclusion %q; the summary should name the file, the line and the key:\n%s", v.Conclusion, v.Summary)
	}
}

func TestMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.settle()
	s.sim.SetFaults(githubsim.Faults{Forbid: "checks:write"})
	s.pull("pay", "topic")
	eventually(t, func() error {
		if !strings.Contains(s.outcomes(), "checks: write") && !strings.Contains(s.outcomes(), "checks:write") && !strings.Contains(s.outcomes(), "checks=write") {
			return errors.New("no outcome names the permission:\n" + s.outcomes())
		}
		return nil
	})
}

func TestPolicyDoesNotComeFromThePullRequest(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	// The head would like to be on no path, and so would a branch that is not the
	// default one.
	s.push("pay", "topic", ".platform/settings.yaml", "golden_path: none\n")
	s.push("pay", "release", ".platform/settings.yaml", "golden_path: none\n")
	s.push("pay", "hotfix", "docs/index.md", "# Pay\n")
	s.push("pay", "topic", ".platform/policy.yaml", "mode: \"off\"\n")
	s.pull("pay", "topic")
	n, err := s.sim.OpenPullRequest("acme", "pay", "ada", "Hotfix", "", "hotfix", "release", false)
	s.must(err)
	s.settle()
	for _, pull := range []int{1, n} {
		if v := s.verdict("pay", pull); !strings.Contains(v.Title, "Backend Service (Go)") {
			t.Errorf("pull request %d is judged as %q", pull, v.Title)
		}
	}
	// On the default branch it counts.
	s.push("pay", "main", ".platform/settings.yaml", "golden_path: none\n")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.settle()
	if v := s.verdict("pay", 1); strings.Contains(v.Title, "Backend Service (Go)") {
		t.Errorf("after the default branch said none: %q", v.Title)
	}
}

func TestEnterpriseServerWorksByTheURLsAlone(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{}, func(c *config.Server) {
		c.GitHub.V3URL, c.GitHub.V4URL = c.GitHub.WebURL+"/api/v3", c.GitHub.WebURL+"/api/graphql"
	})
	s.run()
	s.repository("pay")
	s.push("pay", "topic", "docs/index.md", "# Pay\n")
	s.pull("pay", "topic")
	s.settle()
	s.verdict("pay", 1)
}
