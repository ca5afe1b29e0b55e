package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// Guard says who may use what the server answers beside GitHub's deliveries.
type Guard struct {
	// Tokens are SHA-256 sums, hexadecimal, of the bearer tokens that may use it.
	Tokens []string
	// Open lets everybody read who can reach the port. What changes something needs
	// a token all the same.
	Open bool
}

// Admit lets a request pass, or says why not.
func (g Guard) Admit(r *http.Request, writes bool) error {
	if g.Open && !writes {
		return nil
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok:
		return &Error{Name: authenticationError, Message: "Missing credentials: a token is needed, as Authorization: Bearer …"}
	case !g.Holds(token):
		return &Error{Name: authenticationError, Message: "Illegal token"}
	}
	return nil
}

// Holds compares in constant time, and over every token, so that the time taken
// tells nothing.
func (g Guard) Holds(token string) bool {
	sum := sha256.Sum256([]byte(token))
	got := []byte(hex.EncodeToString(sum[:]))
	found := 0
	for _, want := range g.Tokens {
		found |= subtle.ConstantTimeCompare(got, []byte(strings.ToLower(want)))
	}
	return found == 1
}
