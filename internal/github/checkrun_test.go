package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/github"
)

// checkRunServer keeps check runs as GitHub does: annotations are appended.
type checkRunServer struct {
	*fakeGitHub
	runs []*storedRun
	// fail is what becomes of the next creations: "lost" is done and not answered,
	// "broken" is not done, 502; a number is a refusal.
	fail []string
}

type storedRun struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	HeadSHA    string `json:"head_sha"`
	ExternalID string `json:"external_id"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	HTMLURL    string `json:"html_url"`
	Output     struct {
		Title, Summary, Text string
		Annotations          []struct {
			Path      string `json:"path"`
			StartLine int    `json:"start_line"`
			EndLine   int    `json:"end_line"`
			Level     string `json:"annotation_level"`
			Title     string `json:"title"`
			Message   string `json:"message"`
		}
	} `json:"output"`
}

func newCheckRunServer(t *testing.T, fail ...string) *checkRunServer {
	t.Helper()
	s := &checkRunServer{fakeGitHub: newFake(t), fail: fail}
	const base = "/api/v3/repos/acme/pay/"
	// One at a time: a handler whose answer is lost is not waited for by its client.
	var mu sync.Mutex
	one := func(pattern string, do http.HandlerFunc) {
		s.handle(pattern, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			do(w, r)
		})
	}
	one("POST "+base+"check-runs", s.create)
	one("PATCH "+base+"check-runs/{id}", s.update)
	one("GET "+base+"commits/c0ffee/check-runs", func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("check_name") != "Golden path" || q.Get("app_id") != strconv.Itoa(testApp) || q.Get("filter") != "all" {
			t.Errorf("looked up with %s", r.URL.RawQuery)
		}
		json.NewEncoder(w).Encode(map[string]any{"total_count": len(s.runs), "check_runs": s.runs})
	})
	one("GET "+base+"check-runs/{id}/annotations", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		page = max(page, 1)
		all := s.runs[0].Output.Annotations
		if page*100 < len(all) {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=%d>; rel="next"`, s.URL, r.URL.Path, page+1))
		}
		json.NewEncoder(w).Encode(all[(page-1)*100 : min(page*100, len(all))])
	})
	return s
}

func (s *checkRunServer) create(w http.ResponseWriter, r *http.Request) {
	fail := ""
	if len(s.fail) > 0 {
		fail, s.fail = s.fail[0], s.fail[1:]
	}
	if fail == "broken" {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if code, err := strconv.Atoi(fail); err == nil {
		w.WriteHeader(code)
		fmt.Fprint(w, `{"message": "Resource not accessible by integration"}`)
		return
	}
	run := &storedRun{}
	if err := json.NewDecoder(r.Body).Decode(run); err != nil {
		s.t.Error(err)
	}
	run.ID = int64(len(s.runs) + 1)
	run.HTMLURL = fmt.Sprintf("https://github.example/%d", run.ID)
	s.runs = append(s.runs, run)
	if fail == "lost" {
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(run)
}

func (s *checkRunServer) update(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	if id < 1 || id > len(s.runs) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	run := s.runs[id-1]
	before := run.Output.Annotations
	run.Output.Annotations = nil
	if err := json.NewDecoder(r.Body).Decode(run); err != nil {
		s.t.Error(err)
	}
	if len(run.Output.Annotations) > 50 {
		s.t.Errorf("%d annotations in one request", len(run.Output.Annotations))
	}
	run.Output.Annotations = append(before, run.Output.Annotations...)
	json.NewEncoder(w).Encode(run)
}

func (s *checkRunServer) write(run github.CheckRun) (github.Written, error) {
	return s.client().WriteCheckRun(context.Background(), testInstallation, pay(), run)
}

func goldenPath(annotations int) github.CheckRun {
	run := github.CheckRun{
		Name: "Golden path", HeadSHA: "c0ffee", ExternalID: "pr:12", Status: "completed", Conclusion: "neutral",
		Title: "83/100", Summary: "| check |", CompletedAt: time.Date(2026, 3, 2, 9, 0, 0, 5, time.UTC),
	}
	for i := range annotations {
		run.Annotations = append(run.Annotations, github.Annotation{Path: "k8s/app.yaml", StartLine: i, Level: "failure", Message: fmt.Sprint("finding ", i)})
	}
	return run
}

func TestCreateCheckRun(t *testing.T) {
	s := newCheckRunServer(t)
	got, err := s.write(goldenPath(120))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(github.Written{ID: 1, URL: "https://github.example/1"}, got); diff != "" {
		t.Error(diff)
	}
	want := []string{"POST /v3/repos/acme/pay/check-runs", "PATCH /v3/repos/acme/pay/check-runs/1", "PATCH /v3/repos/acme/pay/check-runs/1"}
	if diff := cmp.Diff(want, s.calls()); diff != "" {
		t.Errorf("requests: -want +got\n%s", diff)
	}
	run := s.runs[0]
	if len(run.Output.Annotations) != 120 || run.Output.Annotations[0].StartLine != 1 || run.Output.Annotations[119].EndLine != 119 {
		t.Errorf("annotations: %d, %+v", len(run.Output.Annotations), run.Output.Annotations[0])
	}
	if run.ExternalID != "pr:12" || run.Status != "completed" || run.Conclusion != "neutral" || run.Output.Title != "83/100" {
		t.Errorf("%+v", run)
	}
}

// GitHub appends annotations: a re-run must not show each of them twice.
func TestUpdateCheckRunSendsWhatIsNotShown(t *testing.T) {
	s := newCheckRunServer(t)
	first := goldenPath(3)
	made, err := s.write(first)
	if err != nil {
		t.Fatal(err)
	}
	again := goldenPath(4)
	again.ID, again.Conclusion = made.ID, "success"
	again.Shown = []github.Annotation{{Path: "k8s/app.yaml", StartLine: 1, EndLine: 1, Level: "failure", Message: "finding 0"}, first.Annotations[1], first.Annotations[2]}
	again.ShownTotal = 3
	got, err := s.write(again)
	if err != nil {
		t.Fatal(err)
	}
	if got != made || len(s.runs) != 1 || s.runs[0].Conclusion != "success" {
		t.Errorf("%+v, %d runs", got, len(s.runs))
	}
	if n := len(s.runs[0].Output.Annotations); n != 4 {
		t.Errorf("%d annotations are shown, want 4", n)
	}
	if n := len(s.calls()); n != 2 {
		t.Errorf("%d requests for a creation and an update", n)
	}
}

func TestUpdateReadsAllThatIsShown(t *testing.T) {
	s := newCheckRunServer(t)
	made, err := s.write(goldenPath(250))
	if err != nil {
		t.Fatal(err)
	}
	again := goldenPath(250)
	again.ID, again.Shown, again.ShownTotal = made.ID, again.Annotations[:100], 250
	if _, err := s.write(again); err != nil {
		t.Fatal(err)
	}
	if n := len(s.runs[0].Output.Annotations); n != 250 {
		t.Errorf("%d annotations are shown, want 250", n)
	}
}

func TestOneCheckRunWhateverHappens(t *testing.T) {
	for name, c := range map[string]struct {
		fail []string
		runs int
		err  bool
	}{
		"created, the answer is lost":      {[]string{"lost"}, 1, false},
		"not created, GitHub is broken":    {[]string{"broken"}, 1, false},
		"broken twice":                     {[]string{"broken", "broken"}, 0, true},
		"refused":                          {[]string{"422"}, 0, true},
		"not permitted":                    {[]string{"403"}, 0, true},
		"limited, though it looks unclear": {[]string{"429"}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newCheckRunServer(t, c.fail...)
			got, err := s.write(goldenPath(60))
			if (err != nil) != c.err || len(s.runs) != c.runs {
				t.Fatalf("%d runs, %v", len(s.runs), err)
			}
			if err == nil && (got.ID != 1 || len(s.runs[0].Output.Annotations) != 60) {
				t.Errorf("%+v with %d annotations", got, len(s.runs[0].Output.Annotations))
			}
			if _, ok := errors.AsType[*github.ForbiddenError](err); ok != (name == "not permitted") {
				t.Errorf("%T %v", err, err)
			}
			if c.err && c.fail[0] != "broken" && len(s.calls()) != 1 {
				t.Errorf("a clear refusal led to %v", s.calls())
			}
		})
	}
}

func TestGitHubsLengthLimitsAreKept(t *testing.T) {
	s := newCheckRunServer(t)
	run := goldenPath(1)
	run.Title = strings.Repeat("ü", 300)
	run.Summary = strings.Repeat("| check | status |\n", 5000)
	run.Text = "```yaml\n" + strings.Repeat("ключ: значение\n", 5000)
	run.Annotations[0].Message = strings.Repeat("x", 70_000)
	run.Annotations[0].Title = strings.Repeat("y", 300)
	if _, err := s.write(run); err != nil {
		t.Fatal(err)
	}
	out := s.runs[0].Output
	if n := utf8.RuneCountInString(out.Title); n != 255 {
		t.Errorf("title of %d characters", n)
	}
	for what, text := range map[string]string{"summary": out.Summary, "text": out.Text} {
		if len(text) > 65_535 || len(text) < 65_000 || !utf8.ValidString(text) || !strings.HasSuffix(text, "than this.*\n") {
			t.Errorf("%s: %d bytes, ends in %q", what, len(text), text[len(text)-60:])
		}
		if strings.Count(text, "```")%2 != 0 {
			t.Errorf("%s: a code block is left open", what)
		}
	}
	if a := out.Annotations[0]; len(a.Message) > 64<<10 || len(a.Title) != 257 /* 254 letters and an ellipsis of 3 bytes */ {
		t.Errorf("annotation of %d and %d bytes", len(a.Title), len(a.Message))
	}
}

func TestMistakesOfTheCallerAreNamed(t *testing.T) {
	s := newCheckRunServer(t)
	run := goldenPath(1)
	run.Status, run.Name, run.Title = "queued", "", ""
	run.Annotations[0].Path = ""
	run.Actions = []github.Action{{Label: strings.Repeat("l", 21)}, {}, {}, {}}
	_, err := s.write(run)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"needs a name", `"queued" does not go with`, "need a title", "no path", "4 actions", "longer than GitHub allows"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if n := len(s.calls()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
