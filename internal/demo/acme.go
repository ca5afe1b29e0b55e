// Package demo is the organisation acme and one of its days, played on the
// stand-in for GitHub. It shows what Cairn does without being told by Cairn: it
// only acts as people do, and says what should be seen afterwards.
//
// Start reading at [Day].
package demo

import (
	"embed"
	"fmt"

	"golang.org/x/tools/txtar"

	"github.com/cairn-dev/cairn/internal/githubsim"
)

//go:embed acme/*.txtar
var archives embed.FS

// Org is the organisation's login.
const Org = "acme"

// repository is one of acme's: its archive of files, and who owns it.
type repository struct {
	name, archive, description, team string
	topics                           []string
}

func repositories() []repository {
	return []repository{
		{".github", "dot-github", "Policy and defaults of the organisation", "team-platform", nil},
		{"payments", "payments", "Takes payments for the shop", "team-payments", []string{"go", "tier-1"}},
		{"ledger", "ledger", "Keeps the books", "team-payments", []string{"go"}},
		{"storefront", "storefront", "The shop's front end", "team-storefront", []string{"react"}},
		{"orders-pipeline", "orders-pipeline", "Loads the day's orders into the warehouse", "team-data", []string{"airflow"}},
		{"inventory", "inventory", "Knows what is in stock", "team-payments", []string{"go"}},
	}
}

// People makes acme with its people and teams, and installs the App.
func People(sim *githubsim.Server) error {
	sim.AddOrganisation(Org, "Acme")
	for _, p := range [][2]string{{"ada", "Ada Okafor"}, {"grace", "Grace Lind"}, {"linus", "Linus Brandt"}, {"mira", "Mira Sol"}} {
		sim.AddUser(p[0], p[1])
		if err := sim.AddMember(Org, p[0], "member"); err != nil {
			return err
		}
	}
	sim.AddUser("visitor", "A visitor")
	for team, members := range map[string][]string{
		"team-platform": {"ada"}, "team-payments": {"ada", "grace"}, "team-storefront": {"linus"}, "team-data": {"mira"},
	} {
		if _, err := sim.AddTeam(Org, team, "", members...); err != nil {
			return err
		}
	}
	_, err := sim.Install(Org)
	return err
}

// create makes a repository and pushes its files, as a team does on its first day.
func (r repository) create(sim *githubsim.Server) error {
	text, err := archives.ReadFile("acme/" + r.archive + ".txtar")
	if err != nil {
		return fmt.Errorf("files of %s: %w", r.name, err)
	}
	if _, err := sim.AddRepository(Org, githubsim.Seeded{Name: r.name, Description: r.description, Topics: r.topics, Author: "ada"}); err != nil {
		return err
	}
	if err := sim.GrantTeam(Org, r.team, r.name, "maintain"); err != nil {
		return err
	}
	changes := map[string]githubsim.Change{}
	for _, f := range txtar.Parse(text).Files {
		changes[f.Name] = githubsim.Change{Content: f.Data}
	}
	_, err = sim.Push(Org, r.name, "main", "ada", "Initial commit", changes)
	return err
}
