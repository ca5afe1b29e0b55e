package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// What follows stands beside Backstage's API: Cairn's own answers about the catalog.

// ScorecardsPath is the path below which Scorecards answers.
const ScorecardsPath = "/api/scorecards/"

// Scorecards answers GET /api/scorecards/KIND:NAMESPACE/NAME with the entity's
// scorecards; kind and namespace may be left out as in Backstage (component, default).
func (h *Handler) Scorecards() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.options.Guard.Admit(r, false); err != nil {
			h.fail(w, r, err)
			return
		}
		ref, err := catalog.ParseRef(strings.TrimPrefix(r.URL.Path, ScorecardsPath), "component", catalog.DefaultNamespace)
		if err != nil {
			h.fail(w, r, BadInput("%v", err))
			return
		}
		answer, err := h.options.Scorecards(r.Context(), strings.ToLower(ref.String()))
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.answer(w, r, http.StatusOK, answer)
	})
}

// AllPath is where All answers.
const AllPath = "/catalog/all.yaml"

// All answers GET /catalog/all.yaml with one Location that points at every catalog
// file the catalog was read from, for a Backstage to register and ingest everything.
// JSON is YAML, so the targets are written as JSON strings.
func (h *Handler) All() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.options.Guard.Admit(r, false); err != nil {
			h.fail(w, r, err)
			return
		}
		var b strings.Builder
		b.WriteString("# Every catalog file that Cairn reads. Register this address in Backstage to have them all.\n" +
			"apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: cairn-catalog\nspec:\n  type: url\n")
		origins := h.origins()
		if len(origins) == 0 {
			b.WriteString("  targets: []\n")
		} else {
			b.WriteString("  targets:\n")
		}
		for _, target := range origins {
			quoted, err := json.Marshal(target)
			if err != nil {
				h.fail(w, r, err)
				return
			}
			fmt.Fprintf(&b, "    - %s\n", quoted)
		}
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		h.write(w, []byte(b.String()))
	})
}

// origins are the addresses that entities come in through, in order. People come in
// through none that Backstage could read.
func (h *Handler) origins() []string {
	const key = "metadata.annotations.backstage.io/managed-by-origin-location"
	var targets []string
	for _, value := range h.options.Index.Facets([]string{key}, nil)[0].Values {
		target, ok := strings.CutPrefix(value.Value, "url:")
		if ok && (strings.HasSuffix(target, ".yaml") || strings.HasSuffix(target, ".yml")) {
			targets = append(targets, target)
		}
	}
	return targets
}
