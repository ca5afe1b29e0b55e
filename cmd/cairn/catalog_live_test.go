package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/githubsim"
)

func TestCatalogFollowsTheRepository(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	s.wantEntities("component:default/pay")
	s.push("pay", "main", "catalog-info.yaml", strings.Replace(files()["catalog-info.yaml"], "name: pay", "name: payments", 1))
	s.settle()
	s.wantEntities("component:default/payments")
	s.must(s.sim.RenameRepository("acme", "pay", "payments"))
	s.settle()
	s.wantEntities("component:default/payments")
	s.must(s.sim.SetArchived("acme", "payments", true))
	s.settle()
	s.wantEntities()
	s.must(s.sim.SetArchived("acme", "payments", false))
	s.settle()
	s.wantEntities("component:default/payments")
	s.must(s.sim.Uninstall("acme"))
	s.settle()
	s.wantEntities()
}

// component is a catalog document.
func component(name, spec string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + name + "\nspec:\n  type: service\n  lifecycle: production\n  owner: team-pay\n" + spec
}

func TestBrokenDocumentLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	s.push("pay", "main", "catalog-info.yaml", component("pay", "")+"---\n"+component("refunds", ""))
	s.settle()
	s.wantEntities("component:default/pay", "component:default/refunds")

	s.push("pay", "main", "catalog-info.yaml", component("pay", "  subcomponentOf: shop\n")+"---\n"+component("no name at all", "")+"---\n"+component("disputes", ""))
	s.settle()
	s.wantEntities("component:default/disputes", "component:default/pay", "component:default/refunds")
	if pay := s.entity("component/default/pay"); pay.Spec["subcomponentOf"] != "shop" || len(pay.Status.Items) > 0 {
		t.Errorf("the document that is in order was not taken in: %+v", pay)
	}
	refunds := s.entity("component/default/refunds")
	if len(refunds.Status.Items) != 1 || !strings.Contains(refunds.Status.Items[0].Message, "catalog-info.yaml does not read") {
		t.Errorf("what stays does not say why: %+v", refunds.Status)
	}
	if !strings.Contains(s.outcomes(), "1 broken, so 1 stay as they were") {
		t.Errorf("the outcome does not tell:\n%s", s.outcomes())
	}

	s.push("pay", "main", "catalog-info.yaml", component("pay", ""))
	s.settle()
	s.wantEntities("component:default/pay")
}

func TestFirstToClaimANameHasIt(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	_, err := s.sim.AddRepository("acme", githubsim.Seeded{Name: "other", Author: "ada", Files: map[string]string{"catalog-info.yaml": component("pay", "  system: stolen\n")}})
	s.must(err)
	s.settle()
	if pay := s.entity("component/default/pay"); pay.Spec["system"] == "stolen" {
		t.Error("the second repository took the name")
	}
	if !strings.Contains(s.outcomes(), "component:default/pay belongs to acme/pay, which had it first") {
		t.Errorf("the loser is not told:\n%s", s.outcomes())
	}
	s.must(s.sim.DeleteRepository("acme", "pay"))
	s.settle()
	if pay := s.entity("component/default/pay"); pay.Spec["system"] != "stolen" {
		t.Errorf("the loser did not take over: %+v; what was done:\n%s", pay, s.outcomes())
	}
}

func TestRelationsAreKeptBothWays(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	s.push("pay", "main", "catalog-info.yaml", component("pay", "  dependsOn: [component:ledger]\n"))
	_, err := s.sim.AddRepository("acme", githubsim.Seeded{Name: "ledger", Author: "ada", Files: map[string]string{"catalog-info.yaml": component("ledger", "")}})
	s.must(err)
	s.settle()
	if r := s.entity("component/default/ledger").Relations; !slices.Contains(r, relation{"dependencyOf", "component:default/pay"}) {
		t.Errorf("relations of ledger: %v", r)
	}
}

type relation struct{ Type, TargetRef string }

type servedEntity struct {
	Spec      map[string]any
	Relations []relation
	Status    struct{ Items []struct{ Message string } }
}

// entity asks the API for one entity.
func (s *spine) entity(path string) (e servedEntity) {
	s.t.Helper()
	routes := httptest.NewServer(s.app.server.Handler())
	defer routes.Close()
	res, err := http.Get(routes.URL + "/api/catalog/entities/by-name/" + path)
	s.must(err)
	defer res.Body.Close()
	s.must(json.NewDecoder(res.Body).Decode(&e))
	return e
}

// wantEntities asks the API which entities there are.
func (s *spine) wantEntities(refs ...string) {
	s.t.Helper()
	routes := httptest.NewServer(s.app.server.Handler())
	defer routes.Close()
	res, err := http.Get(routes.URL + "/api/catalog/entities")
	s.must(err)
	defer res.Body.Close()
	var all []struct {
		Kind     string
		Metadata struct{ Namespace, Name string }
	}
	s.must(json.NewDecoder(res.Body).Decode(&all))
	var got []string
	for _, e := range all {
		if e.Kind == "User" || e.Kind == "Group" { // of the organisation's people
			continue
		}
		got = append(got, strings.ToLower(e.Kind+":"+e.Metadata.Namespace+"/"+e.Metadata.Name))
	}
	slices.Sort(got)
	if !slices.Equal(got, refs) {
		s.t.Errorf("the catalog holds %v, want %v; what was done:\n%s", got, refs, s.outcomes())
	}
}

func TestCatalogFileLeadsToOthers(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	api := "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata:\n  name: pay-api\nspec:\n  type: openapi\n  lifecycle: production\n  owner: team-pay\n  definition:\n    $text: ./api/openapi.yaml\n"
	all := "---\napiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: parts\nspec:\n  targets: ['./parts/*.yaml']\n"
	s.push("pay", "main", "api/openapi.yaml", "openapi: 3.1.0\n")
	s.push("pay", "main", "parts/one.yaml", component("one", ""))
	s.push("pay", "main", "catalog-info.yaml", api+all)
	s.settle()
	s.wantEntities("api:default/pay-api", "component:default/one", "location:default/parts")
	if got := s.entity("api/default/pay-api").Spec["definition"]; got != "openapi: 3.1.0\n" {
		t.Errorf("the definition is %q", got)
	}

	// What was referred to before comes with the one read of a push; a new file costs
	// its own.
	before := s.sim.Requests()
	s.push("pay", "main", "api/openapi.yaml", "openapi: 3.1.1\n")
	s.settle()
	if got := s.entity("api/default/pay-api").Spec["definition"]; got != "openapi: 3.1.1\n" {
		t.Errorf("after a push the definition is %q", got)
	}
	spent := s.sim.Requests()
	for route, n := range before {
		spent[route] -= n
	}
	for route, n := range spent {
		if n > 0 && strings.Contains(route, "/contents/") {
			t.Errorf("%d requests for files that were known: %s", n, route)
		}
	}

	// Nothing is taken for gone while GitHub does not answer.
	s.sim.SetFaults(githubsim.Faults{ServerErrors: 2})
	s.push("pay", "main", "parts/two.yaml", component("two", ""))
	s.settle()
	eventually(t, func() error {
		if refs := s.app.catalog.Index.Refs(); !slices.Contains(refs, "component:default/two") {
			return fmt.Errorf("the catalog holds %v", refs)
		}
		return nil
	})
}

// ask sends a request to the catalog API with the token of the test's settings.
func (s *spine) ask(method, path, body string) (status int, text string) {
	s.t.Helper()
	routes := httptest.NewServer(s.app.server.Handler())
	defer routes.Close()
	req, err := http.NewRequestWithContext(s.t.Context(), method, routes.URL+"/api/catalog/"+path, strings.NewReader(body))
	s.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+apiToken)
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	s.must(err)
	return res.StatusCode, string(answer)
}

func TestLocationsAreRegistered(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.settle()
	s.push("pay", "main", "more/all.yaml", component("more", ""))
	s.settle()
	target := s.app.settings.GitHub.WebURL + "/acme/pay/blob/main/more/all.yaml"
	body := fmt.Sprintf(`{"type":"url","target":%q}`, target)

	status, text := s.ask("POST", "locations?dryRun=true", body)
	if status != http.StatusCreated || !strings.Contains(text, `"exists":false`) || !strings.Contains(text, `"name":"more"`) {
		t.Errorf("dry run: %d %s", status, text)
	}
	s.wantEntities("component:default/pay")
	status, text = s.ask("POST", "locations", body)
	var added struct {
		Location struct{ ID, EntityRef string }
	}
	if err := json.Unmarshal([]byte(text), &added); err != nil || status != http.StatusCreated {
		t.Fatalf("register: %d %s", status, text)
	}
	s.settle()
	s.wantEntities("component:default/more", "component:default/pay", added.Location.EntityRef)
	if status, text = s.ask("POST", "locations", body); status != http.StatusConflict {
		t.Errorf("register again: %d %s", status, text)
	}
	if status, text = s.ask("GET", "locations/by-entity/component/default/more", ""); status != http.StatusOK || !strings.Contains(text, added.Location.ID) {
		t.Errorf("location of the entity: %d %s", status, text)
	}

	// What goes away there stays, and says why.
	s.push("pay", "main", "more/all.yaml", "kind: [")
	s.settle()
	if status, text = s.ask("POST", "refresh", `{"entityRef":"component:default/more"}`); status != http.StatusOK {
		t.Errorf("refresh: %d %s", status, text)
	}
	s.settle()
	if more := s.entity("component/default/more"); len(more.Status.Items) != 1 {
		t.Errorf("a broken location leaves %+v", more)
	}
	if status, text = s.ask("DELETE", "locations/"+added.Location.ID, ""); status != http.StatusNoContent {
		t.Errorf("remove: %d %s", status, text)
	}
	s.wantEntities("component:default/pay")

	for _, target := range []string{"https://example.com/a.yaml", "http://127.0.0.1/a.yaml", "file:///etc/passwd", s.app.settings.GitHub.WebURL + "/other/secret/blob/main/x.yaml"} {
		if status, text = s.ask("POST", "locations", fmt.Sprintf(`{"type":"url","target":%q}`, target)); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", target, status, text)
		}
	}
}

func TestOrphansAreKeptWhenAskedFor(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{}, func(c *config.Server) { c.KeepOrphans = true })
	s.run()
	s.repository("pay")
	s.settle()
	s.push("pay", "main", "catalog-info.yaml", component("payments", ""))
	s.settle()
	s.wantEntities("component:default/pay", "component:default/payments")
	status, text := s.ask("GET", "entities/by-name/component/default/pay", "")
	if status != http.StatusOK || !strings.Contains(text, `"backstage.io/orphan":"true"`) {
		t.Fatalf("the orphan: %d %s", status, text)
	}
	var orphan struct{ Metadata struct{ UID string } }
	s.must(json.Unmarshal([]byte(text), &orphan))
	if status, text = s.ask("DELETE", "entities/by-uid/"+orphan.Metadata.UID, ""); status != http.StatusNoContent {
		t.Errorf("remove the orphan: %d %s", status, text)
	}
	s.wantEntities("component:default/payments")
}

func TestScorecardsAndAllOfTheCatalog(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{}, func(c *config.Server) { c.APIOpen = false })
	s.run()
	s.repository("pay")
	s.settle()
	routes := httptest.NewServer(s.app.server.Handler())
	defer routes.Close()
	get := func(path, token string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, routes.URL+path, http.NoBody)
		s.must(err)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		s.must(err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		s.must(err)
		return res.StatusCode, string(text)
	}
	for _, path := range []string{"/api/scorecards/component:default/pay", "/catalog/all.yaml", "/api/catalog/entities"} {
		if status, text := get(path, "guess"); status != http.StatusUnauthorized {
			t.Errorf("%s with a wrong token: %d %s", path, status, text)
		}
	}
	for _, ref := range []string{"component:default/pay", "pay", "Component:Default/Pay"} {
		status, text := get("/api/scorecards/"+ref, apiToken)
		var answer struct {
			Entity     string
			Scorecards []struct {
				Scorecard string
				Rules     []struct{ Status string }
			}
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s", ref, status, text)
		}
		if answer.Entity != "component:default/pay" || len(answer.Scorecards) == 0 || len(answer.Scorecards[0].Rules) == 0 {
			t.Errorf("%s: %s", ref, text)
		}
	}
	if status, text := get("/api/scorecards/component:default/none", apiToken); status != http.StatusNotFound || !strings.Contains(text, "NotFoundError") {
		t.Errorf("an unknown entity: %d %s", status, text)
	}
	status, text := get("/catalog/all.yaml", apiToken)
	if want := `    - "` + s.app.settings.GitHub.WebURL + `/acme/pay/blob/main/catalog-info.yaml"` + "\n"; status != http.StatusOK || !strings.HasSuffix(text, "  targets:\n"+want) {
		t.Errorf("all of the catalog: %d %s", status, text)
	}
	for doc := range catalog.Each("all.yaml", []byte(text), catalog.Options{}) {
		if !doc.OK {
			t.Errorf("Backstage would not take it: %v", doc.Err)
		}
	}
}
