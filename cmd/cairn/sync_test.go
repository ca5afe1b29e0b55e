package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairn-dev/cairn/config"
	"github.com/cairn-dev/cairn/internal/githubsim"
	"github.com/cairn-dev/cairn/internal/store"
)

// syncNow runs `cairn sync` with the settings of a test.
func syncNow(t *testing.T, settings config.Server) string {
	t.Helper()
	cmd := &cobra.Command{}
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SetContext(t.Context())
	if err := syncAll(cmd, settings); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// A lost event heals: everything happens while no delivery is sent.
func TestSyncFindsWhatNobodyTold(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.repository("pay")
	s.repository("old")
	s.settle()
	s.sim.SetFaults(githubsim.Faults{StopDeliveries: true})
	s.push("pay", "main", "catalog-info.yaml", component("payments", ""))
	s.repository("new")
	s.must(s.sim.DeleteRepository("acme", "old"))
	s.sim.AddUser("grace", "Grace")
	s.must(s.sim.AddMember("acme", "grace", "member"))
	_, err := s.sim.AddTeam("acme", "Team Pay", "", "ada", "grace")
	s.must(err)

	out := syncNow(t, s.app.settings)
	if want := "acme: 2 repositories, 2 of them changed, 1 gone; 3 users and groups\n"; !strings.HasPrefix(out, want) {
		t.Errorf("sync says %q, want %q", out, want)
	}
	// The server sees what another process did.
	eventually(t, func() error {
		got := strings.Join(s.app.catalog.Index.Refs(), " ")
		if want := "component:default/pay component:default/payments group:default/team-pay user:default/ada user:default/grace"; got != want {
			return fmt.Errorf("the catalog holds %s, want %s", got, want)
		}
		return nil
	})
	grace := s.entity("user/default/grace")
	if len(grace.Relations) != 1 || grace.Relations[0] != (relation{"memberOf", "group:default/team-pay"}) {
		t.Errorf("relations of grace: %v", grace.Relations)
	}
	if again := syncNow(t, s.app.settings); !strings.HasPrefix(again, "acme: 2 repositories, 0 of them changed, 0 gone") {
		t.Errorf("a second sync says %q", again)
	}
}

func TestTeamsAndMembersAreFollowed(t *testing.T) {
	t.Parallel()
	s := newSpine(t, githubsim.Options{})
	s.run()
	s.sim.AddUser("grace", "Grace")
	s.must(s.sim.AddMember("acme", "grace", "member"))
	_, err := s.sim.AddTeam("acme", "Platform", "", "grace")
	s.must(err)
	_, err = s.sim.AddTeam("acme", "Team Pay", "platform", "ada")
	s.must(err)
	s.settle()
	group := s.entity("group/default/team-pay")
	if group.Spec["parent"] != "platform" {
		t.Errorf("the nested team: %+v", group)
	}
	if got := strings.Join(s.app.catalog.Index.Refs(), " "); got != "group:default/platform group:default/team-pay user:default/ada user:default/grace" {
		t.Errorf("the catalog holds %s", got)
	}
}

// An organisation of 10,000 repositories is swept within 300 GraphQL requests.
func TestWhatASweepCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 repositories take a while")
	}
	const repositories, bound = 10_000, 300
	sim := startBareSim(t)
	for i := range repositories {
		if _, err := sim.AddRepository("acme", githubsim.Seeded{
			Name: fmt.Sprintf("r%05d", i), Author: "ada", Files: map[string]string{"catalog-info.yaml": component(fmt.Sprintf("c%05d", i), "")},
		}); err != nil {
			t.Fatal(err)
		}
	}
	database := t.TempDir() + "/cairn.db"
	started := time.Now()
	out := syncNow(t, testSettings(sim, database))
	if spent := sim.Requests()["POST /graphql"]; spent > bound {
		t.Errorf("%d GraphQL requests, want at most %d", spent, bound)
	} else {
		t.Logf("%d repositories: %d GraphQL requests, %d in all, %.1f s", repositories, spent, total(sim), time.Since(started).Seconds())
	}
	if !strings.HasPrefix(out, "acme: 10000 repositories, 10000 of them changed") {
		t.Errorf("sync says %q", out)
	}
	db, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sources, _, err := db.CatalogSince(t.Context(), 0)
	if err != nil || len(sources) != repositories+1 {
		t.Errorf("the store holds %d sources, %v", len(sources), err)
	}
}

func total(sim *githubsim.Server) (n int) {
	for _, requests := range sim.Requests() {
		n += requests
	}
	return n
}
