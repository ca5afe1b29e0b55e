package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/internal/github"
)

func TestComments(t *testing.T) {
	f := newFake(t)
	var bodies []string
	keep := func(w http.ResponseWriter, r *http.Request) {
		var sent struct{ Body, Content string }
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		bodies = append(bodies, sent.Body+sent.Content)
		io.WriteString(w, `{"id": 5, "html_url": "https://github.example/c/5"}`)
	}
	f.handle("POST /api/v3/repos/acme/pay/issues/12/comments", keep)
	f.handle("PATCH /api/v3/repos/acme/pay/issues/comments/5", keep)
	f.handle("POST /api/v3/repos/acme/pay/issues/comments/9/reactions", keep)
	f.handle("GET /api/v3/repos/acme/pay/collaborators/eve/permission", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"permission": "write", "role_name": "maintain"}`)
	})
	c, ctx := f.client(), context.Background()
	made, err := c.Comment(ctx, testInstallation, pay(), 12, strings.Repeat("long ", 20_000))
	if diff := cmp.Diff(github.Comment{ID: 5, URL: "https://github.example/c/5"}, made); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if err := c.UpdateComment(ctx, testInstallation, pay(), made.ID, "short"); err != nil {
		t.Error(err)
	}
	if err := c.React(ctx, testInstallation, pay(), 9, "eyes"); err != nil {
		t.Error(err)
	}
	if level, err := c.Permission(ctx, testInstallation, pay(), "eve"); level != "write" || err != nil {
		t.Errorf("%q, %v", level, err)
	}
	if len(bodies) != 3 || len(bodies[0]) > 65_536 || !strings.HasPrefix(bodies[0], "long long") || bodies[1] != "short" || bodies[2] != "eyes" {
		t.Errorf("%d bodies, the first of %d bytes", len(bodies), len(bodies[0]))
	}
	err = c.UpdateComment(ctx, testInstallation, pay(), 6, "gone")
	if _, missing := errors.AsType[*github.NotFoundError](err); !missing {
		t.Errorf("a comment that was deleted: %v", err)
	}
}
