package people_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/people"
)

var update = flag.Bool("update", false, "write the golden files anew")

func acme() *people.Organisation {
	at := "https://github.com/"
	return &people.Organisation{
		Login: "acme",
		Members: []people.Member{
			{NodeID: "U_ada", Login: "Ada", Name: "Ada Lovelace", Bio: "Notes: \"first\"\n# programmer", URL: at + "Ada", AvatarURL: at + "Ada.png",
				Emails: []string{"ada+2jc29@acme.example", "ada@other.example"}, Role: "admin"},
			{NodeID: "U_bob", Login: "bob", URL: at + "bob", Role: "member"},
			{NodeID: "U_zoe", Login: "zoe_acme", Name: " {{ Zoë }} \x07😀", URL: at + "zoe_acme"},
		},
		Teams: []people.Team{
			{Slug: "engineering", Name: "Engineering", Description: "Builds things", URL: at + "orgs/acme/teams/engineering",
				EditURL: at + "orgs/acme/teams/engineering/edit", AvatarURL: at + "t/1.png", Members: []people.TeamMember{{Login: "Ada", Role: "maintainer"}}},
			{Slug: "payments", Name: "Payments", Parent: "engineering", URL: at + "orgs/acme/teams/payments",
				Members: []people.TeamMember{{Login: "bob"}, {Login: "Ada"}}},
			{Slug: "web", Name: "Web", Parent: "engineering", URL: at + "orgs/acme/teams/web"},
		},
	}
}

// show writes what the catalog would hold: each entity, its relations, or what is
// wrong with it.
func show(t *testing.T, docs []catalog.Document) string {
	t.Helper()
	var out bytes.Buffer
	for _, d := range docs {
		if !d.OK {
			out.WriteString("refused: " + d.Err.Message + "\n")
			continue
		}
		text, err := json.MarshalIndent(d.Entity, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		out.WriteByte('\n')
		for _, r := range d.Relations {
			out.WriteString(r.String() + "\n")
		}
	}
	return out.String()
}

func TestEntities(t *testing.T) {
	for name, names := range map[string]people.Names{
		"own-names.txt": {},
		"mapped.txt":    {Users: map[string]string{"ADA": "ada.lovelace", "nobody": "x"}, Teams: map[string]string{"engineering": "tech"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := show(t, people.Entities(acme(), names))
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs (-golden +got); -update writes it anew:\n%s", path, diff)
			}
		})
	}
}

// A name that the catalog cannot hold is refused alone, with the reason, and a
// mapping mends it.
func TestNamesTheCatalogCannotHold(t *testing.T) {
	o := acme()
	slug := strings.Repeat("long-", 13)
	o.Teams = append(o.Teams, people.Team{Slug: slug, URL: "https://github.com/orgs/acme/teams/" + slug})
	refused := func(names people.Names) []catalog.Document {
		return slices.DeleteFunc(people.Entities(o, names), func(d catalog.Document) bool { return d.OK })
	}
	docs := refused(people.Names{})
	if len(docs) != 1 || docs[0].Ref != "group:default/"+slug || len(docs[0].Problems) == 0 || !strings.HasSuffix(docs[0].File, slug) {
		t.Errorf("%+v", docs)
	}
	if docs := refused(people.Names{Teams: map[string]string{slug: "long"}}); len(docs) != 0 {
		t.Errorf("mapped: %+v", docs)
	}
}

// What people call themselves stays data: whatever it is, there is one entity of
// that login, and it is readable.
func FuzzProfiles(f *testing.F) {
	for _, s := range []string{"Ada", "", "a: b", "---\nkind: Group", "\u2028", "\xff", "\u009f", "*x", "&x", "!!binary x", "{}", "\U000e0001", "\ue000"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, bio string) {
		docs := people.Entities(&people.Organisation{Login: "acme", Members: []people.Member{
			{Login: "ada", Name: name, Bio: bio, URL: "https://github.com/ada", Emails: []string{name}},
		}}, people.Names{})
		if len(docs) != 1 || !docs[0].OK || docs[0].Ref != "user:default/ada" || docs[0].Entity.Annotation("github.com/user-login") != "ada" {
			t.Errorf("name %q, bio %q: %+v %v", name, bio, docs, docs[0].Err)
		}
	})
}
