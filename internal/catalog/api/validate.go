package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// serialError is an error as @backstage/errors puts it into JSON.
type serialError struct {
	Name    string       `json:"name"`
	Message string       `json:"message"`
	Cause   *serialError `json:"cause,omitempty"`
}

// validateEntity answers POST /validate-entity: an empty 200 for an entity that
// would be accepted from the location, else 400 with what is wrong. It reads
// nothing that the entity refers to.
func (h *Handler) validateEntity(w http.ResponseWriter, req *request) error {
	entity, _ := req.body.Get("entity")
	location := member(req.body, "location")
	// The entity is judged before the location, but the envelope alone; a broken
	// envelope is the first error either way.
	doc, err := judge(entity, location)
	if err != nil {
		return err
	}
	if doc.OK || doc.Stage != catalog.StageEnvelope {
		if complaint := checkLocationRef(location); complaint != "" {
			h.answerInvalid(w, req, serialError{Name: "TypeError", Message: complaint})
			return nil
		}
	}
	if !doc.OK {
		h.answerInvalid(w, req, explain(doc))
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) answerInvalid(w http.ResponseWriter, req *request, err serialError) {
	h.answer(w, req.Request, http.StatusBadRequest, map[string]any{"errors": []serialError{err}})
}

// checkLocationRef says what is wrong with a location such as url:https://….
func checkLocationRef(location string) string {
	typ, target, _ := strings.Cut(location, ":")
	switch {
	case strings.TrimSpace(typ) == "" || strings.TrimSpace(target) == "":
		return fmt.Sprintf("Unable to parse location ref '%s', expected '<type>:<target>', e.g. 'url:https://host/path'", location)
	case typ == "http" || typ == "https":
		return fmt.Sprintf("Invalid location ref '%s', please prefix it with 'url:', e.g. 'url:%s'", location, location)
	case typ != "url":
		return fmt.Sprintf("Invalid location ref %s, only 'url:<target>' is supported, e.g. url:https://host/path", location)
	}
	return ""
}

// judge reads the entity as if it stood in a file at the location.
func judge(entity catalog.Value, location string) (catalog.Document, error) {
	data, err := entity.MarshalJSON()
	if err != nil {
		return catalog.Document{}, fmt.Errorf("writing the entity to be validated: %w", err)
	}
	// JSON is YAML, so the parser of files reads it.
	docs := catalog.Parse("", data, catalog.Options{
		Location: location, Annotations: catalog.LocationAnnotations(location),
		// Whatever a placeholder refers to is taken to be there: {} is a text, JSON
		// and YAML.
		Read: func(string) ([]byte, error) { return []byte("{}"), nil },
	})
	if len(docs) != 1 {
		return catalog.Document{}, BadInput("Expected one entity, found %d", len(docs))
	}
	return docs[0], nil
}

// moreAbout is what Backstage adds where the form of a field is wrong.
const moreAbout = ". To learn more about catalog file format, visit: https://github.com/backstage/backstage/blob/master/docs/architecture-decisions/adr002-default-catalog-file-format.md"

// explain puts the verdict into the words of Backstage's processing.
func explain(doc catalog.Document) serialError {
	cause := &serialError{Name: doc.Err.Name, Message: doc.Err.Message}
	caused := func(what string) serialError {
		return serialError{Name: inputError, Message: fmt.Sprintf("%s; caused by %s: %s", what, cause.Name, cause.Message), Cause: cause}
	}
	switch doc.Stage {
	case catalog.StagePreprocess:
		return caused("Processor PlaceholderProcessor threw an error while preprocessing")
	case catalog.StagePolicy:
		if strings.Contains(cause.Message, "is not valid; expected") && !strings.Contains(cause.Message, "To learn more") {
			cause.Message = strings.TrimSuffix(cause.Message, ".") + moreAbout
		}
		return caused("Policy check failed for " + doc.Ref)
	case catalog.StageKind:
		if strings.HasPrefix(cause.Message, "No processor recognized") {
			return serialError{Name: inputError, Message: cause.Message}
		}
		return caused("Processor BuiltinKindsEntityProcessor threw an error while validating the entity " + doc.Ref)
	case catalog.StagePostprocess:
		return caused("Processor BuiltinKindsEntityProcessor threw an error while postprocessing")
	}
	return *cause
}
