package catalog

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// Target is one file, or glob, that a Location entity points at.
type Target struct {
	Type   string // url or file
	Target string // resolved against the Location's own place
	// Optional targets may be absent.
	Optional bool
}

// String returns "type:target", the form of the location annotations.
func (t Target) String() string { return t.Type + ":" + t.Target }

// EntityName is the name of the Location entity that Backstage makes for a
// registered target: generated- and the SHA-1 of its String.
func (t Target) EntityName() string {
	sum := sha1.Sum([]byte(t.String()))
	return "generated-" + hex.EncodeToString(sum[:])
}

// Targets returns what a Location entity that was read from location
// ("url:https://…") points at. Its type defaults to the parent's; a relative
// target is taken from the parent's folder.
func Targets(e *Entity, location string) ([]Target, error) {
	kind, base, ok := strings.Cut(location, ":")
	if !ok {
		return nil, fmt.Errorf("location %q has no type", location)
	}
	if t := e.Spec("type"); t != "" {
		kind = t
	}
	named := e.SpecList("targets")
	if one := e.Spec("target"); one != "" {
		named = append([]string{one}, named...)
	}
	var out []Target
	for _, name := range named {
		if isScript(name) {
			return nil, fmt.Errorf("target %q is a javascript: URL", name)
		}
		if kind == "url" {
			resolved, err := ResolveURL(base, name)
			if err != nil {
				return nil, fmt.Errorf("target %q: %w", name, err)
			}
			name = resolved
		}
		out = append(out, Target{Type: kind, Target: name, Optional: e.Spec("presence") == "optional"})
	}
	return out, nil
}

var (
	scriptPattern = regexp.MustCompile(`(?i)^[\x00-\x1F ]*j[\r\n\t]*a[\r\n\t]*v[\r\n\t]*a[\r\n\t]*s[\r\n\t]*c[\r\n\t]*r[\r\n\t]*i[\r\n\t]*p[\r\n\t]*t[\r\n\t]*:`)
	viewPattern   = regexp.MustCompile(`^(/[^/]+/[^/]+/)(?:blob|tree|edit)/`)
	commitPattern = regexp.MustCompile(`/[0-9a-f]{40}/`)
)

func isScript(s string) bool { return scriptPattern.MatchString(s) }

// ResolveURL resolves a reference made in the file at base, as Backstage's
// GitHub integration does: a leading slash is the repository's root, and blob
// and edit addresses become tree.
func ResolveURL(base, reference string) (string, error) {
	base = strings.TrimPrefix(base, "url:")
	u, err := url.Parse(reference)
	if err != nil {
		from, err := url.Parse(base)
		if err != nil {
			return "", fmt.Errorf("reading %q: %w", base, err)
		}
		if repo := splitGit(from); repo != nil && strings.HasPrefix(reference, "/") {
			reference = "/" + repo.owner + "/" + repo.name + "/" + repo.view + "/" + repo.branch + reference
		}
		if u, err = from.Parse(reference); err != nil {
			return "", fmt.Errorf("resolving %q: %w", reference, err)
		}
	}
	if u.Hostname() == "" {
		return "", errors.New("the address names no host")
	}
	setView(u, "tree")
	return u.Href(false), nil
}

func setView(u *url.Url, view string) {
	if m := viewPattern.FindStringSubmatch(u.Pathname()); m != nil {
		u.SetPathname(m[1] + view + "/" + u.Pathname()[len(m[0]):])
	}
}

// gitFile is a file of a repository as its address names it.
type gitFile struct{ host, owner, name, view, branch, path string }

func splitGit(u *url.Url) *gitFile {
	parts := strings.SplitN(strings.TrimPrefix(u.Pathname(), "/"), "/", 5)
	if len(parts) < 5 || parts[4] == "" {
		return nil
	}
	switch parts[2] {
	case "blob", "tree", "edit", "raw":
		return &gitFile{u.Host(), parts[0], parts[1], parts[2], parts[3], parts[4]}
	}
	return nil
}

// sameRepository is Backstage's rule for placeholders: when both addresses name
// files of repositories, the repositories have to be the same.
func sameRepository(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	if errA != nil || errB != nil {
		return true
	}
	ga, gb := splitGit(ua), splitGit(ub)
	if ga == nil || gb == nil {
		return true
	}
	return ga.host == gb.host && ga.owner == gb.owner && ga.name == gb.name
}

// LocationAnnotations returns the annotations Backstage gives to every entity
// read from location, such as url:https://github.com/acme/pay/blob/main/x.yaml:
// view-url, edit-url (unless the address is pinned to a commit) and
// source-location. It is nil for locations that are no URLs. The author's own
// values win.
func LocationAnnotations(location string) []Annotation {
	target, ok := strings.CutPrefix(location, "url:")
	if !ok || isScript(target) {
		return nil
	}
	out := []Annotation{{"backstage.io/view-url", target}}
	u, err := url.Parse(target)
	if err != nil {
		return out
	}
	if !commitPattern.MatchString(u.Pathname()) {
		edit := *u
		setView(&edit, "edit")
		out = append(out, Annotation{"backstage.io/edit-url", edit.Href(false)})
	}
	if source, err := ResolveURL(target, "./"); err == nil {
		out = append(out, Annotation{"backstage.io/source-location", "url:" + source})
	}
	return out
}
