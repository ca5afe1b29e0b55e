package rule

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cairn-dev/cairn/internal/repo"
)

// Ref is the path of a fact, as spec 4.3 writes it after factRef: keys joined by
// dots, or in brackets where a key has characters of its own.
//
//	metadata.owner
//	metadata.annotations['backstage.io/techdocs-ref']
//	metadata["links"][0].title
//
// It begins at one of the roots apiVersion, kind, metadata, spec and relations of
// the entity, repo, or checks. The zero Ref is none.
type Ref struct {
	keys []string
	text string // as String gives it
}

// The bounds of a Ref.
const (
	maxRef  = 500 // characters
	maxKeys = 20
)

// The keys that are known; what is below metadata and spec is the author's.
var (
	roots     = []string{"apiVersion", "kind", "metadata", "spec", "relations", "repo", "checks"}
	repoFacts = []string{"files", "languages", "topics", "archived", "protection"}
)

// ParseRef reads a path. The error names the character at which it goes wrong, or
// the name that is not known and the one that may be meant.
func ParseRef(s string) (Ref, error) {
	if n := utf8.RuneCountInString(s); n > maxRef {
		return Ref{}, fmt.Errorf("a path of %d characters; at most %d are read", n, maxRef)
	}
	p := refParser{text: s}
	keys, err := p.keys()
	if err != nil {
		return Ref{}, err
	}
	ref := Ref{keys, written(keys)}
	return ref, ref.check()
}

// check refuses paths under which there never is a fact.
func (r Ref) check() error {
	if !slices.Contains(roots, r.keys[0]) {
		return unknownName("a fact", r.keys[0], roots)
	}
	switch r.keys[0] {
	case "repo":
		return r.checkRepo()
	case "checks":
		if len(r.keys) != 3 || r.keys[2] != "status" {
			return fmt.Errorf("the fact of a check is its status: write checks.<id>.status, such as checks.ci-cd-pipeline.status")
		}
	}
	return nil
}

func (r Ref) checkRepo() error {
	if len(r.keys) == 1 {
		return fmt.Errorf("repo has several facts: write repo. and one of %s", strings.Join(repoFacts, ", "))
	}
	switch fact := r.keys[1]; {
	case !slices.Contains(repoFacts, fact):
		return unknownName("a fact of repo", fact, repoFacts)
	case fact == "archived" && len(r.keys) > 2:
		return fmt.Errorf("repo.archived is true or false; there is nothing below it")
	case fact == "protection" && len(r.keys) > 2 && !slices.Contains(protectionFacts(), r.keys[2]):
		return unknownName("a fact of repo.protection", r.keys[2], protectionFacts())
	}
	return nil
}

// protectionFacts lists the fields of repo.Protection as policies write them.
func protectionFacts() []string {
	t := reflect.TypeFor[repo.Protection]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = lowerFirst(t.Field(i).Name)
	}
	return names
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// Keys returns the keys of the path. The slice must not be changed.
func (r Ref) Keys() []string { return r.keys }

// Is reports whether the path has exactly these keys.
func (r Ref) Is(keys ...string) bool { return slices.Equal(r.keys, keys) }

func (r Ref) isFiles() bool { return r.Is("repo", "files") }

// needsFiles reports whether the fact is in the listing of files.
func (r Ref) needsFiles() bool {
	return len(r.keys) > 1 && r.keys[0] == "repo" && r.keys[1] == "files"
}

// isSecret tells facts whose values are not repeated in answers, such as the
// annotation pagerduty.com/integration-key.
func (r Ref) isSecret() bool {
	last := strings.ToLower(r.keys[len(r.keys)-1])
	return slices.ContainsFunc([]string{"key", "token", "secret", "password", "credential", "credentials"}, func(end string) bool {
		return strings.HasSuffix(last, end)
	})
}

// isText reports whether the fact can only be text.
func (r Ref) isText() bool {
	switch {
	case len(r.keys) == 3 && r.keys[0] == "metadata":
		return r.keys[1] == "annotations" || r.keys[1] == "labels"
	case len(r.keys) == 1:
		return r.keys[0] == "kind" || r.keys[0] == "apiVersion"
	}
	return r.keys[0] == "checks"
}

// String writes the path in the shortest form that [ParseRef] reads.
func (r Ref) String() string { return r.text }

func written(keys []string) string {
	var b strings.Builder
	for i, key := range keys {
		switch {
		case isIndex(key):
			b.WriteString("[" + key + "]")
		case !isPlain(key):
			b.WriteString("['" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(key) + "']")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(key)
		}
	}
	return b.String()
}

// isPlain reports whether a key can be written without brackets.
func isPlain(key string) bool {
	return key != "" && plainStart(key[0]) && strings.IndexFunc(key, func(c rune) bool { return c > 'z' || !plainByte(byte(c)) }) < 0
}

func plainStart(c byte) bool {
	return c == '_' || c == '$' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

func plainByte(c byte) bool { return plainStart(c) || c == '-' || (c >= '0' && c <= '9') }

// isIndex reports whether a key is the position in a list, in its shortest form.
func isIndex(key string) bool {
	n, err := strconv.ParseUint(key, 10, 31)
	return err == nil && strconv.FormatUint(n, 10) == key
}

// refParser reads a path byte by byte; everything with a meaning is ASCII.
type refParser struct {
	text string
	at   int
}

func (p *refParser) keys() ([]string, error) {
	first, err := p.plain()
	if err != nil {
		return nil, err
	}
	keys := []string{first}
	for p.at < len(p.text) {
		if len(keys) == maxKeys {
			return nil, fmt.Errorf("more than %d keys", maxKeys)
		}
		key, err := p.next()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (p *refParser) next() (string, error) {
	switch c := p.text[p.at]; c {
	case '.':
		p.at++
		return p.plain()
	case '[':
		p.at++
		return p.bracket()
	case '/', '@', ':':
		return "", p.wrong("a key with %q in it goes in brackets and quotes, such as metadata.annotations['backstage.io/techdocs-ref']", c)
	}
	return "", p.wrong("a dot or a bracket is expected, this is %s", p.here())
}

func (p *refParser) plain() (string, error) {
	start := p.at
	if start >= len(p.text) || !plainStart(p.text[start]) {
		return "", p.wrong("a key is expected, this is %s", p.here())
	}
	for p.at < len(p.text) && plainByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at], nil
}

// bracket reads what follows an opening bracket: a number, or a quoted key in which
// a backslash stands before a quote or a backslash.
func (p *refParser) bracket() (string, error) {
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		return p.quoted(p.text[p.at])
	}
	end := strings.IndexByte(p.text[p.at:], ']')
	if end < 0 || !isIndex(p.text[p.at:p.at+end]) {
		return "", p.wrong("a number, or a key in quotes, is expected in brackets, this is %s", p.here())
	}
	key := p.text[p.at : p.at+end]
	p.at += end + 1
	return key, nil
}

func (p *refParser) quoted(quote byte) (string, error) {
	var key strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if c == '\\' && p.at+1 < len(p.text) && (p.text[p.at+1] == quote || p.text[p.at+1] == '\\') {
			p.at++
			key.WriteByte(p.text[p.at])
			continue
		}
		if c != quote {
			key.WriteByte(c)
			continue
		}
		if !strings.HasPrefix(p.text[p.at+1:], "]") {
			p.at++
			return "", p.wrong("a closing bracket is expected, this is %s", p.here())
		}
		p.at += 2
		if key.Len() == 0 {
			return "", p.wrong("a key is empty")
		}
		return key.String(), nil
	}
	return "", p.wrong("the quote %c is not closed", quote)
}

func (p *refParser) here() string {
	if p.at >= len(p.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return strconv.QuoteRune(r)
}

func (p *refParser) wrong(format string, args ...any) error {
	at := min(p.at, len(p.text))
	return fmt.Errorf("at character %d: %s", utf8.RuneCountInString(p.text[:at])+1, fmt.Sprintf(format, args...))
}
