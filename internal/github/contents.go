package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cairn-dev/cairn/internal/repo"
)

// MaxFile is the largest file that ReadFile reads, in bytes.
const MaxFile = 5 << 20

// ErrTooLarge says that a file is larger than MaxFile.
var ErrTooLarge = fmt.Errorf("the file is larger than %d MB", MaxFile>>20)

// ReadFile returns a file of a repository at a branch, tag or commit; a
// *NotFoundError says that it is not there or not to be seen. One REST request, free
// of charge when the file has not changed since the last time.
func (c *Client) ReadFile(ctx context.Context, installationID int64, name repo.Name, ref, file string) ([]byte, error) {
	op := fmt.Sprintf("read %s of %s at %s", file, name, ref)
	i, err := c.installation(installationID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	path := (&url.URL{Path: fmt.Sprintf("repos/%s/%s/contents/%s", name.Owner, name.Repo, file), RawQuery: url.Values{"ref": {ref}}.Encode()}).String()
	req, err := i.rest.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	req.Header.Set("Accept", "application/vnd.github.raw")
	content := &limited{left: MaxFile}
	if _, err := i.rest.Do(ctx, req, content); err != nil {
		if content.over {
			return nil, fmt.Errorf("%s: %w", op, ErrTooLarge)
		}
		return nil, c.explain(installationID, op, "contents: read", err)
	}
	return content.Bytes(), nil
}

// limited is a buffer that refuses what is beyond its bound.
type limited struct {
	bytes.Buffer
	left int
	over bool
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		l.over = true
		return 0, errors.New("too large")
	}
	return l.Buffer.Write(p)
}

// ListFiles lists the paths of all files of a repository at a branch, tag or commit.
// whole is false when GitHub cut the list, after 100,000 entries or 7 MB. One REST
// request.
func (c *Client) ListFiles(ctx context.Context, installationID int64, name repo.Name, ref string) (paths []string, whole bool, err error) {
	op := fmt.Sprintf("list the files of %s at %s", name, ref)
	i, err := c.installation(installationID)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", op, err)
	}
	tree, _, err := i.rest.Git.GetTree(ctx, name.Owner, name.Repo, url.PathEscape(ref), true)
	if err != nil {
		return nil, false, c.explain(installationID, op, "contents: read", err)
	}
	for _, e := range tree.Entries {
		if e.GetType() == "blob" {
			paths = append(paths, e.GetPath())
		}
	}
	return paths, !tree.GetTruncated(), nil
}
