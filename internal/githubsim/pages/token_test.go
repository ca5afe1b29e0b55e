package pages_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

// appToken is what the App proves itself with.
func appToken(t *testing.T, sim *githubsim.Server) string {
	t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM(sim.PrivateKey())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: strconv.FormatInt(sim.AppID(), 10), IssuedAt: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute)),
	}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
