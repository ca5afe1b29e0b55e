package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// runQueue runs `cairn queue` on a database and returns its exit code and output.
func runQueue(t *testing.T, database string, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Setenv("CAIRN_DATABASE_URL", database)
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"queue"}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// failJob leaves a failed job, whose error is hostile, in a database that stays
// open, as a server has it.
func failJob(t *testing.T, database string) *queue.Queue {
	t.Helper()
	ended := make(chan struct{}, 1)
	q := queue.New(storetest.Open(t, database), queue.Options{
		OnDone: func(queue.Job, queue.Outcome, error, time.Duration) { ended <- struct{}{} },
	})
	t.Cleanup(func() { q.Close() })
	q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) {
		return queue.Outcome{}, queue.Permanent(errors.New("no permission:\n\x1b[2Jchecks\twrite"))
	})
	_, err := q.Accept(t.Context(), queue.Delivery{
		GUID: "guid-1", Event: "push", Repository: "acme/pay", Payload: []byte("{}"),
		Hints: []queue.Hint{{Kind: "thing", Key: "repo:acme/pay", InstallationID: 5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	finished := make(chan error, 1)
	go func() { finished <- q.Run(ctx) }()
	<-ended
	stop()
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueueBesideTheServer(t *testing.T) {
	database := storetest.SQLiteURL(t)
	failJob(t, database)
	const says = "no permission: [2Jchecks write"
	for _, args := range [][]string{{"list", "--failed"}, {"show", "repo:acme/pay"}, {"show", "guid-1"}} {
		code, out, errOut := runQueue(t, database, args...)
		if code != 0 || !strings.Contains(out, "repo:acme/pay") || !strings.Contains(out, says) || strings.Contains(out, "\x1b") {
			t.Errorf("queue %s: exit %d, %q %s", args, code, out, errOut)
		}
	}
	if code, out, errOut := runQueue(t, database, "retry", "repo:acme/pay"); code != 0 || out != "1 queued again.\n" {
		t.Errorf("retry: exit %d, %s%s", code, out, errOut)
	}
	if code, out, _ := runQueue(t, database, "list", "--failed"); code != 0 || out != "No jobs.\n" {
		t.Errorf("list --failed after the retry: exit %d, %s", code, out)
	}
	if code, out, _ := runQueue(t, database, "retry", "--all"); code != 0 || out != "0 queued again.\n" {
		t.Errorf("retry --all with nothing failed: exit %d, %s", code, out)
	}
}

func TestQueueExplains(t *testing.T) {
	database := storetest.SQLiteURL(t)
	failJob(t, database)
	none := filepath.Join(t.TempDir(), "none.db")
	cases := []struct {
		name, database string
		args           []string
		code           int
		says           string
	}{
		{"no such job", database, []string{"show", "pr:acme/pay#1"}, exitFindings, `no job and no delivery "pr:acme/pay#1"`},
		{"retry of one that has not failed", database, []string{"retry", "pr:acme/pay#1"}, exitFindings, `no failed job "pr:acme/pay#1"`},
		{"neither ID nor --all", database, []string{"retry"}, exitCannot, "name one job, or give --all"},
		{"both", database, []string{"retry", "--all", "x"}, exitCannot, "name one job, or give --all"},
		{"no database", none, []string{"list"}, exitCannot, "does not exist: start the server first"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := runQueue(t, c.database, c.args...)
			if code != c.code || !strings.Contains(errOut, c.says) {
				t.Errorf("exit %d, want %d; %s%s", code, c.code, out, errOut)
			}
		})
	}
}
