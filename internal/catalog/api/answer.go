package api

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog/index"
)

// Error is a failure that clients see, by one of Backstage's error names.
// [Locations] return it for what callers can mend; other errors are answered as
// 500 without their text.
type Error struct {
	Name    string // such as NotFoundError
	Message string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// Names of errors, as @backstage/errors has them.
const (
	inputError          = "InputError"
	authenticationError = "AuthenticationError"
	notFoundError       = "NotFoundError"
	conflictError       = "ConflictError"
)

// NotFound is the error for what does not exist.
func NotFound(format string, args ...any) error {
	return &Error{notFoundError, fmt.Sprintf(format, args...)}
}

// Conflict is the error for what exists already.
func Conflict(format string, args ...any) error {
	return &Error{conflictError, fmt.Sprintf(format, args...)}
}

// BadInput is the error for a request that makes no sense.
func BadInput(format string, args ...any) error {
	return &Error{inputError, fmt.Sprintf(format, args...)}
}

func status(name string) int {
	switch name {
	case inputError:
		return http.StatusBadRequest
	case authenticationError:
		return http.StatusUnauthorized
	case "NotAllowedError":
		return http.StatusForbidden
	case notFoundError:
		return http.StatusNotFound
	case conflictError:
		return http.StatusConflict
	case "NotImplementedError":
		return http.StatusNotImplemented
	case "ServiceUnavailableError":
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// errorBody is the form of Backstage's error answers.
type errorBody struct {
	Error struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	} `json:"error"`
	Request struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	} `json:"request"`
	Response struct {
		StatusCode int `json:"statusCode"`
	} `json:"response"`
}

// fail answers with an error.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *Error
	var input *index.InputError
	switch {
	case errors.As(err, &known):
	case errors.As(err, &input):
		known = &Error{inputError, input.Message}
	case errors.Is(err, context.Canceled):
		return // nobody is waiting
	default:
		h.options.Logger.Error().Err(err).Str("method", r.Method).Str("path", r.URL.Path).Msg("answering the catalog API")
		known = &Error{"InternalServerError", "An internal error occurred; the server's log says more"}
	}
	var body errorBody
	body.Error.Name, body.Error.Message = known.Name, known.Message
	body.Request.Method, body.Request.URL = r.Method, relativeURL(r)
	body.Response.StatusCode = status(known.Name)
	h.answer(w, r, body.Response.StatusCode, body)
}

// relativeURL is the address below Prefix, as it was sent.
func relativeURL(r *http.Request) string { return strings.TrimPrefix(r.URL.RequestURI(), Prefix) }

// answer writes a value as JSON.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		h.options.Logger.Error().Err(err).Msg("writing an answer of the catalog API")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h.answerJSON(w, r, status, bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// answerJSON writes JSON with an ETag, and without a body when the client has it
// already, as Express does.
func (h *Handler) answerJSON(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	sum := sha1.Sum(body)
	tag := fmt.Sprintf(`W/"%x-%s"`, len(body), base64.RawStdEncoding.EncodeToString(sum[:]))
	w.Header().Set("ETag", tag)
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reads && status < 300 && fresh(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	h.write(w, body)
}

// fresh reports whether the client holds what has the tag.
func fresh(r *http.Request, tag string) bool {
	if strings.Contains(r.Header.Get("Cache-Control"), "no-cache") {
		return false
	}
	for held := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if held = strings.TrimSpace(held); held == "*" || strings.TrimPrefix(held, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// write sends part of an answer; a client that has gone is no concern.
func (h *Handler) write(w http.ResponseWriter, data []byte) {
	if _, err := w.Write(data); err != nil { //nolint:gosec // JSON, and served as such
		h.options.Logger.Debug().Err(err).Msg("the client of the catalog API went away")
	}
}

// answerEntities writes before, the entities as a JSON array and after. Whole
// entities go out as they are; chosen fields as one answer with an ETag.
func (h *Handler) answerEntities(w http.ResponseWriter, req *request, before string, entities []json.RawMessage, after string) {
	body := append(make([]byte, 0, 64+2048*len(entities)), before...)
	body = append(body, '[')
	for i, e := range entities {
		if i > 0 {
			body = append(body, ',')
		}
		if e == nil {
			e = json.RawMessage("null")
		}
		body = append(body, e...)
	}
	body = append(append(body, ']'), after...)
	if req.fields != nil {
		h.answerJSON(w, req.Request, http.StatusOK, body)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	h.write(w, body)
}
