package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/rs/zerolog"
)

// CatalogAPI answers GET /api/catalog/entities with every entity, in Backstage's
// JSON, sorted by reference.
type CatalogAPI struct {
	// Entities returns the entities as JSON objects, in order of their reference.
	Entities func(context.Context) ([]json.RawMessage, error)
	// Tokens guard the API: SHA-256 sums, hexadecimal, of the tokens that may read.
	Tokens []string
	// Open lets everybody read who can reach the port.
	Open   bool
	Logger zerolog.Logger
}

func (c *CatalogAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !c.Open && !c.holdsToken(r) {
		c.fail(w, r, http.StatusUnauthorized, "AuthenticationError", "a token is needed: Authorization: Bearer …")
		return
	}
	entities, err := c.Entities(r.Context())
	if err != nil {
		c.Logger.Error().Err(err).Msg("reading the catalog")
		c.fail(w, r, http.StatusInternalServerError, "Error", "the catalog could not be read")
		return
	}
	if entities == nil {
		entities = []json.RawMessage{}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(entities); err != nil {
		c.Logger.Warn().Err(err).Msg("answering with the catalog")
	}
}

// holdsToken compares in constant time, and over every token, so that the time
// taken tells nothing.
func (c *CatalogAPI) holdsToken(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	sum := sha256.Sum256([]byte(token))
	got := []byte(hex.EncodeToString(sum[:]))
	found := 0
	for _, want := range c.Tokens {
		found |= subtle.ConstantTimeCompare(got, []byte(strings.ToLower(want)))
	}
	return found == 1
}

// fail answers in the form of Backstage's error body.
func (c *CatalogAPI) fail(w http.ResponseWriter, r *http.Request, status int, name, message string) {
	body := map[string]any{
		"error":    map[string]any{"name": name, "message": message},
		"request":  map[string]any{"method": r.Method, "url": r.URL.RequestURI()},
		"response": map[string]any{"statusCode": status},
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		c.Logger.Warn().Err(err).Msg("answering with an error")
	}
}
