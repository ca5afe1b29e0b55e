package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/cairn-dev/cairn/internal/queue"
	"github.com/cairn-dev/cairn/internal/store"
	"github.com/cairn-dev/cairn/internal/store/storetest"
)

// crashHelper names, for the process that TestKill starts, the database to use.
const crashHelper = "CAIRN_TEST_QUEUE_CRASH_HELPER"

func TestMain(m *testing.M) {
	if url := os.Getenv(crashHelper); url != "" {
		if err := acceptUntilKilled(url, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// acceptUntilKilled takes GUIDs, one a line, as deliveries from many senders, works
// on them, and says each that it has accepted.
func acceptUntilKilled(url string, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	db, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	q := queue.New(db, queue.Options{})
	q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{Summary: "done"}, nil })
	failed := make(chan error, 1)
	go func() { failed <- q.Run(ctx) }()
	guids := make(chan string)
	var mu sync.Mutex
	for range 32 {
		go func() {
			for guid := range guids {
				if _, err := q.Accept(ctx, queue.Delivery{GUID: guid, Event: "push", Payload: make([]byte, 2000), Hints: []queue.Hint{hint("k-" + guid)}}); err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Fprintln(out, guid)
				mu.Unlock()
			}
		}()
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		guids <- lines.Text()
	}
	return <-failed
}

// kill -9 in the middle of a burst: whatever was acknowledged is on disk, and is
// worked on after the restart.
func TestKill(t *testing.T) {
	for burst, after := range []int{1, 40, 150, 333} {
		t.Run(fmt.Sprintf("after %d", after), func(t *testing.T) {
			path := storetest.SQLiteURL(t)
			acknowledged := killAfter(t, path, after, burst)
			db := storetest.Open(t, path)
			q := queue.New(db, queue.Options{})
			defer q.Close()
			q.Register("thing", func(context.Context, queue.Job) (queue.Outcome, error) { return queue.Outcome{Summary: "done"}, nil })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			seen, err := q.Seen(ctx, acknowledged)
			ok(t, err)
			for _, guid := range acknowledged {
				if !seen[guid] {
					t.Fatalf("%s was acknowledged and is lost", guid)
				}
			}
			finished := make(chan error, 1)
			go func() { finished <- q.Run(ctx) }()
			eventually(t, "all is done", func() bool {
				open, err := q.Deliveries(t.Context(), queue.Waiting, 1)
				ok(t, err)
				return len(open) == 0
			})
			cancel()
			ok(t, receive(t, finished))
			kept, err := q.Deliveries(t.Context(), queue.Done, 1000)
			ok(t, err)
			if len(kept) < len(acknowledged) {
				t.Errorf("%d deliveries done, %d were acknowledged", len(kept), len(acknowledged))
			}
		})
	}
}

// killAfter sends a burst of 500 deliveries to a process of its own, kills it when
// so many were acknowledged, and returns all that were.
func killAfter(t *testing.T, path string, after, burst int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashHelper+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	ok(t, err)
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	go func() {
		for i := range 500 {
			if _, err := fmt.Fprintf(in, "%d-%d\n", burst, i); err != nil {
				return // killed
			}
		}
	}()
	var acknowledged []string
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // what is half written was not acknowledged
		}
		acknowledged = append(acknowledged, strings.TrimSpace(line))
		if len(acknowledged) == after {
			ok(t, cmd.Process.Kill())
		}
	}
	cmd.Wait() // killed: its error is expected
	if len(acknowledged) < after {
		t.Fatalf("only %d were acknowledged", len(acknowledged))
	}
	return acknowledged
}
