package api_test

import (
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/catalog/api"
	"github.com/cairn-dev/cairn/internal/testpart"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestClient drives every method of @backstage/catalog-client, unmodified.
func TestClient(t *testing.T) {
	node := testpart.Node(t)
	if _, err := os.Stat("client/node_modules/@backstage/catalog-client"); err != nil {
		testpart.Missing(t, "@backstage/catalog-client", "npm ci --prefix internal/catalog/api/client")
	}
	x := catalogOf(t)
	places := &memory{index: x}
	server := httptest.NewServer(api.New(api.Options{Index: x, Locations: places, Guard: api.Guard{Tokens: []string{tokenSum}}, Logger: zerolog.Nop()}))
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), node, "drive.js", server.URL, token)
	cmd.Dir = "client"
	cmd.Stderr = os.Stderr
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/client.jsonl"
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("what the client saw (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"component:default/petstore"}, places.refreshed); diff != "" {
		t.Errorf("refreshed: %s", diff)
	}
	if len(places.removed) != 1 {
		t.Errorf("removed %v, want the one entity", places.removed)
	}
}
