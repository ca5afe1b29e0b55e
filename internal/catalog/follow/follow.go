// Package follow reads all that a catalog file leads to: what its placeholders stand
// for, and the files that its Location entities point at, however deep.
//
// It reaches out through a Reader alone, which answers for hosts, size and time. What
// it reads is untrusted: the Limits bound how far it goes, and each file is read once.
//
// Start from All.
package follow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
)

// Reader reads addresses such as https://github.com/acme/pay/blob/main/x.yaml.
type Reader interface {
	// Read returns the content at an address; an error with fs.ErrNotExist in its
	// chain says that nothing is there.
	Read(ctx context.Context, url string) ([]byte, error)
	// Glob lists the addresses of the files that an address with * or ** in its path
	// matches.
	Glob(ctx context.Context, url string) ([]string, error)
}

// Limits of what one catalog file may lead to.
const (
	MaxFiles     = 500
	MaxDepth     = 10 // Location entities in one another
	MaxDocuments = 50_000
	MaxBytes     = 32 << 20
)

// File is one file that was read.
type File struct {
	URL       string
	Documents []catalog.Document
	// Err says why it could not be read, and by which document it was asked for.
	Err error
}

// Result is all that a catalog file leads to.
type Result struct {
	Files []File // the first is the one asked for
	// Refers are the addresses that were read or looked for, each once: of Files and
	// of placeholders.
	Refers []string
}

// All reads the catalog file at url, whose text is known, and what it leads to. Only
// the end of ctx is an error; whatever else goes wrong is told in the result.
func All(ctx context.Context, url string, text []byte, r Reader) (Result, error) {
	w := &walk{ctx: ctx, reader: r, origin: url, seen: map[string]bool{url: true}}
	w.refer(url)
	w.file(url, text, 0)
	for len(w.todo) > 0 {
		next := w.todo[0]
		w.todo = w.todo[1:]
		if err := ctx.Err(); err != nil {
			return Result{}, fmt.Errorf("follow %s: %w", url, err)
		}
		w.next(next)
	}
	return w.result, ctx.Err()
}

type walk struct {
	ctx    context.Context //nolint:containedctx // lives as long as one call of All; catalog.Options.Read takes none
	reader Reader
	origin string
	seen   map[string]bool
	todo   []pointer
	result Result

	documents, bytes int
}

// pointer is a target of a Location entity.
type pointer struct {
	url      string
	from     string // reference and place of the Location
	optional bool
	depth    int
}

func (w *walk) refer(url string) {
	if !slices.Contains(w.result.Refers, url) {
		w.result.Refers = append(w.result.Refers, url)
	}
}

// file parses one file and takes note of where its Location entities point.
func (w *walk) file(url string, text []byte, depth int) {
	f := File{URL: url}
	location := "url:" + url
	options := catalog.Options{
		Location: location, Origin: "url:" + w.origin, Annotations: catalog.LocationAnnotations(location),
		Read: func(address string) ([]byte, error) {
			w.refer(address)
			data, err := w.read(address)
			return data, err
		},
	}
	for doc := range catalog.Each(url, text, options) {
		if w.documents++; w.documents > MaxDocuments {
			f.Err = fmt.Errorf("%s: limit of %d documents reached, counted with all it leads to", url, MaxDocuments)
			break
		}
		f.Documents = append(f.Documents, doc)
	}
	w.result.Files = append(w.result.Files, f)
	for _, doc := range f.Documents {
		if doc.OK && doc.Entity != nil && doc.Entity.Kind() == "Location" {
			w.point(doc, url, depth)
		}
	}
}

// point queues the targets of a Location entity.
func (w *walk) point(doc catalog.Document, url string, depth int) {
	from := fmt.Sprintf("%s in %s", doc.Ref, url)
	targets, err := catalog.Targets(doc.Entity, "url:"+url)
	if err != nil {
		w.fail(url, fmt.Errorf("%s: %w", from, err))
		return
	}
	for _, t := range targets {
		address := t.Target
		if t.Type == "file" { // beside the file that names it
			if address, err = catalog.ResolveURL(url, t.Target); err != nil {
				w.fail(url, fmt.Errorf("%s: target %q: %w", from, t.Target, err))
				continue
			}
		}
		if depth+1 > MaxDepth {
			w.fail(address, fmt.Errorf("%s: limit of %d Locations in one another reached", from, MaxDepth))
			continue
		}
		w.todo = append(w.todo, pointer{url: address, from: from, optional: t.Optional, depth: depth + 1})
	}
}

func (w *walk) fail(url string, err error) {
	w.result.Files = append(w.result.Files, File{URL: url, Err: err})
}

func (w *walk) next(p pointer) {
	if path, _, _ := strings.Cut(p.url, "?"); strings.Contains(path, "*") {
		matches, err := w.reader.Glob(w.ctx, p.url)
		if err != nil {
			w.fail(p.url, fmt.Errorf("%s points at %s: %w", p.from, p.url, err))
			return
		}
		for _, match := range matches {
			w.next(pointer{url: match, from: p.from, optional: p.optional, depth: p.depth})
		}
		return
	}
	if w.seen[p.url] {
		return
	}
	if len(w.seen) >= MaxFiles {
		w.fail(p.url, fmt.Errorf("%s: limit of %d files that one catalog file leads to reached", p.from, MaxFiles))
		w.todo = nil
		return
	}
	w.seen[p.url] = true
	w.refer(p.url)
	text, err := w.read(p.url)
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.optional:
	case err != nil:
		w.fail(p.url, fmt.Errorf("%s points at %s: %w", p.from, p.url, err))
	default:
		w.file(p.url, text, p.depth)
	}
}

func (w *walk) read(url string) ([]byte, error) {
	if w.bytes > MaxBytes {
		return nil, fmt.Errorf("limit of %d MB that one catalog file leads to reached", MaxBytes>>20)
	}
	data, err := w.reader.Read(w.ctx, url)
	w.bytes += len(data)
	return data, err
}
