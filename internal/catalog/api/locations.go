package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// Location is a registered place of catalog files.
type Location struct {
	ID        string `json:"id"`
	Type      string `json:"type"` // url
	Target    string `json:"target"`
	EntityRef string `json:"entityRef"` // of the Location entity that stands for it
}

// Added is the answer to registering a location.
type Added struct {
	// Exists says, on a dry run, whether the location is registered already.
	Exists   *bool    `json:"exists,omitempty"`
	Location Location `json:"location"`
	// Entities are what would be read, on a dry run; else none.
	Entities []json.RawMessage `json:"entities"`
}

// Analysis says what a location holds, or what could be registered for it.
type Analysis struct {
	Existing  []json.RawMessage `json:"existingEntityFiles"`
	Generated []json.RawMessage `json:"generateEntities"`
}

// Locations is the part of the catalog that reaches out: registered locations,
// and the reading of what they hold. It must be safe for concurrent use. Errors
// that callers can mend are an [Error]: [NotFound], [Conflict] or [BadInput].
type Locations interface {
	// List returns all locations in the order they were registered.
	List(ctx context.Context) ([]Location, error)
	Get(ctx context.Context, id string) (Location, error)
	// ByEntity returns the location through which an entity came in. ref is
	// lower-cased kind:namespace/name.
	ByEntity(ctx context.Context, ref string) (Location, error)
	// Add registers a location of type url. With dryRun it only reads it. What is
	// registered already is a Conflict, or read again when onConflict is refresh.
	Add(ctx context.Context, typ, target string, dryRun bool, onConflict string) (Added, error)
	Update(ctx context.Context, id, typ, target string) (Location, error)
	Remove(ctx context.Context, id string) error
	// Refresh has an entity, and the locations it came in through, read again soon.
	Refresh(ctx context.Context, ref string) error
	// RemoveEntity forgets an entity until it is read again. uid is lower-cased.
	RemoveEntity(ctx context.Context, uid string) error
	// Analyze looks at a repository or file. filename is what catalog files are
	// called there, "" for the usual.
	Analyze(ctx context.Context, typ, target, filename string) (Analysis, error)
}

func (h *Handler) listLocations(w http.ResponseWriter, req *request) error {
	locations, err := h.options.Locations.List(req.Context())
	if err != nil {
		return err
	}
	type entry struct {
		Data Location `json:"data"`
	}
	body := make([]entry, len(locations))
	for i, l := range locations {
		body[i].Data = l
	}
	h.answer(w, req.Request, http.StatusOK, body)
	return nil
}

func (h *Handler) getLocation(w http.ResponseWriter, req *request) error {
	return h.answerLocation(w, req)(h.options.Locations.Get(req.Context(), req.params[0]))
}

func (h *Handler) locationByEntity(w http.ResponseWriter, req *request) error {
	if _, ok := h.options.Index.ByRef(req.ref()); !ok {
		return NotFound("found no entity for ref %s", req.ref())
	}
	return h.answerLocation(w, req)(h.options.Locations.ByEntity(req.Context(), req.ref()))
}

func (h *Handler) answerLocation(w http.ResponseWriter, req *request) func(Location, error) error {
	return func(l Location, err error) error {
		if err == nil {
			h.answer(w, req.Request, http.StatusOK, l)
		}
		return err
	}
}

// addLocation answers POST /locations.
func (h *Handler) addLocation(w http.ResponseWriter, req *request) error {
	typ, target, err := readLocation(req.body)
	if err != nil {
		return err
	}
	added, err := h.options.Locations.Add(req.Context(), typ, target, yes(req.text("dryRun")), req.text("onConflict"))
	if err != nil {
		return err
	}
	if added.Entities == nil {
		added.Entities = []json.RawMessage{}
	}
	if added.Exists != nil {
		h.answer(w, req.Request, http.StatusCreated, added)
		return nil
	}
	h.answer(w, req.Request, http.StatusCreated, struct {
		Location Location          `json:"location"`
		Entities []json.RawMessage `json:"entities"`
	}{added.Location, added.Entities})
	return nil
}

// yes reads the spellings of true that Backstage knows.
func yes(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes", "true", "1", "on":
		return true
	}
	return false
}

// locationShape is what a location in a body looks like.
func locationShape() shape.Check {
	return shape.Strict(
		shape.Field{Name: "type", Check: shape.String()},
		shape.Field{Name: "target", Check: shape.String()},
		shape.Field{Name: "presence", Check: shape.Optional(shape.Union(shape.Literal("required"), shape.Literal("optional")))},
	)
}

func readLocation(body catalog.Value) (typ, target string, err error) {
	if ok, issues := locationShape()(shape.Of(body)); ok != shape.Valid {
		return "", "", BadInput("Malformed request: %s", issues.JSON())
	}
	typ, target = member(body, "type"), member(body, "target")
	if typ != "url" {
		return "", "", BadInput(`Registered locations must be of an allowed type ["url"]`)
	}
	return typ, target, nil
}

func member(v catalog.Value, name string) string {
	field, _ := v.Get(name)
	text, _ := field.Text()
	return text
}

func (h *Handler) updateLocation(w http.ResponseWriter, req *request) error {
	typ, target, err := readLocation(req.body)
	if err != nil {
		return err
	}
	return h.answerLocation(w, req)(h.options.Locations.Update(req.Context(), req.params[0], typ, target))
}

func (h *Handler) removeLocation(w http.ResponseWriter, req *request) error {
	if err := h.options.Locations.Remove(req.Context(), req.params[0]); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// refresh answers POST /refresh with an empty 200.
func (h *Handler) refresh(w http.ResponseWriter, req *request) error {
	ref := strings.ToLower(member(req.body, "entityRef"))
	if _, ok := h.options.Index.ByRef(ref); !ok {
		return NotFound("Entity %s not found", ref)
	}
	if err := h.options.Locations.Refresh(req.Context(), ref); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// analyzeLocation answers POST /analyze-location.
func (h *Handler) analyzeLocation(w http.ResponseWriter, req *request) error {
	check := shape.Object(
		shape.Field{Name: "location", Check: locationShape()},
		shape.Field{Name: "catalogFilename", Check: shape.Optional(shape.String())},
	)
	if ok, issues := check(shape.Of(req.body)); ok != shape.Valid {
		return BadInput("Malformed request: %s", issues.JSON())
	}
	location, _ := req.body.Get("location")
	found, err := h.options.Locations.Analyze(req.Context(), member(location, "type"), member(location, "target"), member(req.body, "catalogFilename"))
	if err != nil {
		return err
	}
	if found.Existing == nil {
		found.Existing = []json.RawMessage{}
	}
	if found.Generated == nil {
		found.Generated = []json.RawMessage{}
	}
	h.answer(w, req.Request, http.StatusOK, found)
	return nil
}
