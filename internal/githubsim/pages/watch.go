package pages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// delivery is a row of the delivery log.
type delivery struct {
	ID                              int64
	GUID, Event, Repo, Answer, Took string
	RepoURL                         string
	Redelivery                      bool
	At                              time.Time
	Mark                            *mark
}

func deliveryOf(d githubsim.Delivery, names map[int64]string) delivery {
	row := delivery{
		ID: d.ID, GUID: d.GUID, Event: d.Event, Repo: names[d.RepositoryID], Redelivery: d.Redelivery, At: d.At,
		Answer: strconv.Itoa(d.StatusCode), Took: fmt.Sprintf("%d ms", d.Duration.Milliseconds()), Mark: markOf("failure", ""),
	}
	if row.Repo != "" {
		row.RepoURL = join(row.Repo)
	}
	if d.Action != "" {
		row.Event += "." + d.Action
	}
	switch {
	case d.StatusCode == 0:
		row.Answer, row.Took, row.Mark = "under way", "", markOf("in_progress", "")
	case d.StatusCode < 300:
		row.Mark = markOf("success", "")
	case d.Duration == 0:
		row.Answer, row.Took = d.Status, "" // it never got out
	}
	return row
}

// maxDeliveries is how many deliveries the log's page shows.
const maxDeliveries = 200

func (s *site) deliveries(*http.Request) (*page, error) {
	all, names := s.sim.Deliveries(), s.sim.RepositoryNames()
	var list []delivery
	for _, d := range slices.Backward(all[max(0, len(all)-maxDeliveries):]) {
		list = append(list, deliveryOf(d, names))
	}
	return &page{
		name: "deliveries", title: "Deliveries", scope: githubsim.DeliveryLog,
		content: map[string]any{"Rows": list, "Older": len(all) - len(list)},
	}, nil
}

func (s *site) delivery(r *http.Request) (*page, error) {
	for _, d := range s.sim.Deliveries() {
		if strconv.FormatInt(d.ID, 10) != r.PathValue("id") {
			continue
		}
		row := deliveryOf(d, s.sim.RepositoryNames())
		return &page{
			name: "delivery", title: row.Event, scope: githubsim.DeliveryLog,
			crumbs: []link{{"Deliveries", "/_deliveries"}, {row.Event, "/_deliveries/" + r.PathValue("id")}},
			content: map[string]any{
				"Row": row, "Status": d.Status, "Payload": indented(d.Payload), "Response": indented(d.Response),
				"Headers": headerLines(d.RequestHeader), "Answers": headerLines(d.ResponseHeader),
			},
		}, nil
	}
	return nil, errNotFound
}

// indented makes JSON readable; anything else stays as it is.
func indented(text []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}

func headerLines(h http.Header) []string {
	var out []string
	for name, values := range h {
		for _, value := range values {
			out = append(out, name+": "+value)
		}
	}
	slices.Sort(out)
	return out
}

// How often a waiting page's scope is looked at, and how long a page waits at most.
const (
	lookEvery = 300 * time.Millisecond
	waitMost  = 20 * time.Second
)

// events answers with the version of a scope as soon as it is another than the
// page's, or after a while with the same.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	scope, seen := r.FormValue("scope"), r.FormValue("version")
	look, done := time.NewTicker(lookEvery), time.NewTimer(waitMost)
	defer look.Stop()
	defer done.Stop()
	version := s.sim.Fingerprint(scope)
	for version == seen {
		select {
		case <-look.C:
			version = s.sim.Fingerprint(scope)
			continue
		case <-r.Context().Done():
			return
		case <-done.C:
		}
		break
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"version": version}) // the page has gone: nobody to tell
}

// assets serves the style sheet and the script.
func (s *site) assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := fs.ReadFile(assets, "assets/"+r.PathValue("file"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, r.PathValue("file"), time.Time{}, bytes.NewReader(text))
	})
}
