package github

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBudgetOfPoints(t *testing.T) {
	now := time.Unix(0, 0)
	w := window{span: time.Minute, limit: 10}
	take := func(points int) time.Duration {
		d := w.wait(now, points)
		if d == 0 {
			w.add(now, points)
		}
		return d
	}
	var waits []time.Duration
	for _, step := range []struct {
		advance time.Duration
		points  int
	}{{0, 5}, {10 * time.Second, 5}, {0, 1}, {20 * time.Second, 6}, {30 * time.Second, 5}, {0, 1}, {10 * time.Second, 5}} {
		now = now.Add(step.advance)
		waits = append(waits, take(step.points))
	}
	want := []time.Duration{0, 0, 50 * time.Second, 40 * time.Second, 0, 10 * time.Second, 0}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits: -want +got\n%s", diff)
	}
}

func TestRoutesHideNames(t *testing.T) {
	for path, want := range map[string]string{
		"/repos/acme/pay/check-runs/7":              "/repos/{owner}/{repo}/check-runs/{check_run_id}",
		"/repos/acme/pay/check-runs/7/annotations":  "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
		"/app/hook/deliveries":                      "/app/hook/deliveries",
		"/repos/acme/pay/secret-route":              "other",
		"/repos/acme/pay/check-runs/7/annotations/": "other",
		"": "other",
	} {
		if got := template(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestContentCreation(t *testing.T) {
	for call, want := range map[string]bool{
		"POST /repos/acme/pay/issues/3/comments": true,
		"POST /orgs/acme/repos":                  true,
		"POST /repos/acme/pay/check-runs":        false,
		"GET /repos/acme/pay/issues/3/comments":  false,
		"PATCH /repos/acme/pay/issues":           false,
	} {
		method, path, _ := strings.Cut(call, " ")
		if got := createsContent(method, path); got != want {
			t.Errorf("%s: %v", call, got)
		}
	}
}
