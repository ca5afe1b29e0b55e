package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/github"
	"github.com/cairn-dev/cairn/internal/repo"
)

func isRelevant(event string) bool { return event != "star" }

func TestMissed(t *testing.T) {
	now := newClock().Now()
	try := func(id int64, guid string, ago time.Duration, status int) github.Attempt {
		return github.Attempt{ID: id, GUID: guid, At: now.Add(-ago), StatusCode: status, Event: "push"}
	}
	star := try(1, "a", time.Hour, 500)
	star.Event = "star"
	for name, c := range map[string]struct {
		log  []github.Attempt
		seen []string
		want []int64
	}{
		"failed":                              {[]github.Attempt{try(1, "a", time.Hour, 502)}, nil, []int64{1}},
		"never reached us":                    {[]github.Attempt{try(1, "a", time.Hour, 0)}, nil, []int64{1}},
		"answered by somebody else":           {[]github.Attempt{try(1, "a", time.Hour, 200)}, nil, []int64{1}},
		"arrived":                             {[]github.Attempt{try(1, "a", time.Hour, 202)}, []string{"a"}, nil},
		"arrived, nothing to do about it":     {[]github.Attempt{try(1, "a", time.Hour, 202)}, nil, nil},
		"arrived at the second try":           {[]github.Attempt{try(2, "a", time.Hour, 202), try(1, "a", 2*time.Hour, 502)}, nil, nil},
		"arrived, the answer was too late":    {[]github.Attempt{try(1, "a", time.Hour, 0)}, []string{"a"}, nil},
		"not an event for us":                 {[]github.Attempt{star}, nil, nil},
		"just now: may be on its way":         {[]github.Attempt{try(1, "a", 10*time.Second, 0)}, nil, nil},
		"just redelivered":                    {[]github.Attempt{try(2, "a", 10*time.Second, 0), try(1, "a", time.Hour, 502)}, nil, nil},
		"older than GitHub keeps":             {[]github.Attempt{try(1, "a", 73*time.Hour, 502)}, nil, nil},
		"redelivered in vain: the last of it": {[]github.Attempt{try(2, "a", time.Hour, 502), try(1, "a", 2*time.Hour, 502)}, nil, []int64{2}},
		"refused five times": {[]github.Attempt{try(5, "a", time.Hour, 401), try(4, "a", 2*time.Hour, 401), try(3, "a", 3*time.Hour, 401),
			try(2, "a", 4*time.Hour, 401), try(1, "a", 5*time.Hour, 401)}, nil, nil},
		"several, oldest first": {[]github.Attempt{try(3, "c", time.Hour, 0), try(2, "b", 2*time.Hour, 0), try(1, "a", 3*time.Hour, 0)}, []string{"b"}, []int64{1, 3}},
		"the same second":       {[]github.Attempt{try(2, "a", time.Hour, 0), try(1, "a", time.Hour, 0)}, nil, []int64{2}},
		"an empty log":          {nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]bool{}
			for _, guid := range c.seen {
				seen[guid] = true
			}
			var got []int64
			for _, a := range github.Missed(c.log, seen, isRelevant, now) {
				got = append(got, a.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// deliveryLog serves attempts newest first, 100 a page, by cursor.
func (f *fakeGitHub) deliveryLog(log []github.Attempt) {
	f.handle("GET /api/v3/app/hook/deliveries", func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		to := min(from+100, len(log))
		if to < len(log) {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/app/hook/deliveries?per_page=100&cursor=%d>; rel="next"`, f.URL, to))
		}
		page := []map[string]any{}
		for _, a := range log[from:to] {
			page = append(page, map[string]any{"id": a.ID, "guid": a.GUID, "delivered_at": a.At.Format(time.RFC3339),
				"status_code": a.StatusCode, "event": a.Event, "installation_id": testInstallation})
		}
		json.NewEncoder(w).Encode(page)
	})
}

func TestRecoverDeliveries(t *testing.T) {
	now := newClock().Now()
	var log []github.Attempt
	for i := range 450 { // one a minute, back from now
		a := github.Attempt{ID: int64(1000 - i), GUID: fmt.Sprint("g", i), At: now.Add(-time.Duration(i) * time.Minute), StatusCode: 202, Event: "push"}
		if i >= 10 && i < 25 {
			a.StatusCode = 0
		}
		log = append(log, a)
	}
	f := newFake(t)
	f.deliveryLog(log)
	f.handle("POST /api/v3/app/hook/deliveries/{id}/attempts", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "988" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, `{}`)
	})
	seen := func(_ context.Context, guids []string) (map[string]bool, error) {
		out := map[string]bool{}
		for _, g := range guids {
			n, _ := strconv.Atoi(strings.TrimPrefix(g, "g"))
			out[g] = n < 10 || n >= 25 || n == 11 // the answer to 11 was lost
		}
		return out, nil
	}
	gap, err := f.client().RecoverDeliveries(context.Background(), now.Add(-2*time.Hour), isRelevant, seen)
	if err == nil || !strings.Contains(err.Error(), "redeliver webhook delivery 988") {
		t.Errorf("the delivery that GitHub does not send again: %v", err)
	}
	if got := gap.String(); got != "gap 08:36-08:50: 14 deliveries, 13 recovered" {
		t.Errorf("%s", got)
	}
	calls := f.calls()
	if n := slices.Index(calls, "POST /v3/app/hook/deliveries/976/attempts"); n != 2 || len(calls) != 2+14 {
		t.Errorf("2 pages reach back 2 hours, and the oldest is sent first: %v", calls)
	}
	if got := (github.Gap{}).String(); got != "" {
		t.Errorf("no gap reads %q", got)
	}
}

func TestRecoveryStopsAtALimit(t *testing.T) {
	now := newClock().Now()
	f := newFake(t)
	f.deliveryLog([]github.Attempt{{ID: 2, GUID: "b", At: now.Add(-time.Hour), Event: "push"}, {ID: 1, GUID: "a", At: now.Add(-2 * time.Hour), Event: "push"}})
	f.handle("POST /api/v3/app/hook/deliveries/{id}/attempts", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	nothing := func(context.Context, []string) (map[string]bool, error) { return nil, nil }
	gap, err := f.client().RecoverDeliveries(context.Background(), now.Add(-24*time.Hour), isRelevant, nothing)
	if _, limited := errors.AsType[*github.RateLimitedError](err); !limited || gap.Recovered != 0 || gap.Missed != 2 {
		t.Errorf("%+v, %v", gap, err)
	}
	if n := len(f.calls()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestInstallationsAndRepositories(t *testing.T) {
	f := newFake(t)
	f.handle("GET /api/v3/app/installations", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "" {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/app/installations?page=2>; rel="next"`, f.URL))
			io.WriteString(w, `[{"id": 77, "account": {"login": "acme", "type": "Organization"}, "permissions": {"checks": "write", "metadata": "read"}, "events": ["push"]}]`)
			return
		}
		io.WriteString(w, `[{"id": 78, "account": {"login": "eve", "type": "User"}, "suspended_at": "2026-01-01T00:00:00Z", "permissions": {}}]`)
	})
	f.handle("GET /api/v3/installation/repositories", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"total_count": 1, "repositories": [{"id": 4711, "full_name": "acme/pay", "default_branch": "main", "visibility": "private", "archived": true}]}`)
	})
	c := f.client()
	var installations []github.Installation
	for i, err := range c.Installations(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		installations = append(installations, i)
	}
	want := []github.Installation{
		{ID: 77, Account: "acme", AccountType: "Organization", Permissions: map[string]string{"checks": "write", "metadata": "read"}, Events: []string{"push"}},
		{ID: 78, Account: "eve", AccountType: "User", Suspended: true, Permissions: map[string]string{}},
	}
	if diff := cmp.Diff(want, installations); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for r, err := range c.InstallationRepositories(context.Background(), testInstallation) {
		if diff := cmp.Diff(github.Repository{ID: 4711, Name: repo.Name{Owner: "acme", Repo: "pay"}, DefaultBranch: "main", Visibility: "private", Archived: true}, r); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	for _, err := range c.InstallationRepositories(context.Background(), 99) {
		if _, missing := errors.AsType[*github.NotFoundError](err); !missing {
			t.Errorf("an installation that is gone: %v", err)
		}
	}
}
