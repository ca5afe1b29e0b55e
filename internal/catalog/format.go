package catalog

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nlnwa/whatwg-url/url"
)

// The formats of Backstage's FieldFormatEntityPolicy. Lengths are UTF-16 units.
var (
	apiVersionPart = regexp.MustCompile(`^[a-z0-9A-Z]+$`)
	kindPattern    = regexp.MustCompile(`^[a-zA-Z][a-z0-9A-Z]*$`)
	namePattern    = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	labelPattern   = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*$`)
	tagPattern     = regexp.MustCompile(`^[a-z0-9:+#]+(-[a-z0-9:+#]+)*$`)
)

const maxPart = 63

func fits(s string, most int) bool { return s != "" && utf16Len(s) <= most }

func isName(s string) bool { return fits(s, maxPart) && namePattern.MatchString(s) }

func isKind(s string) bool { return fits(s, maxPart) && kindPattern.MatchString(s) }

func isTag(s string) bool { return fits(s, maxPart) && tagPattern.MatchString(s) }

func isNamespace(s string) bool { return fits(s, maxPart) && labelPattern.MatchString(s) }

func isLabelValue(s string) bool { return s == "" || isName(s) }

func isAPIVersion(s string) bool {
	return isPrefixed(s, func(suffix string) bool { return fits(suffix, maxPart) && apiVersionPart.MatchString(suffix) })
}

func isKey(s string) bool { return isPrefixed(s, isName) }

// isPrefixed accepts "suffix" and "prefix/suffix", the prefix a DNS subdomain.
func isPrefixed(s string, suffix func(string) bool) bool {
	prefix, rest, found := strings.Cut(s, "/")
	if !found {
		return suffix(s)
	}
	return isSubdomain(prefix) && suffix(rest)
}

func isSubdomain(s string) bool {
	if !fits(s, 253) {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !isNamespace(part) {
			return false
		}
	}
	return true
}

func isURL(s string) bool {
	_, err := url.Parse(s)
	return err == nil
}

// isNotBlank is JavaScript's s.trim() !== "".
func isNotBlank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		switch r {
		case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
			return true
		}
		return r >= 0x2000 && r <= 0x200A
	}) != ""
}

// format is one rule on the spelling of a field.
type format struct {
	ok     func(string) bool
	expect string // Backstage's words
	remedy string // ours
}

func nameFormat() format {
	return format{isName, "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total",
		"use letters, digits, '-', '_' and '.', starting and ending with a letter or digit, at most 63 characters"}
}

func labelValueFormat() format {
	f := nameFormat()
	f.ok = isLabelValue
	return f
}

func keyFormat() format {
	return format{isKey, "a valid prefix and/or suffix",
		"write the key as name or example.com/name: a lower-case domain, one '/', a name of at most 63 characters"}
}

func tagFormat() format {
	return format{isTag, "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total",
		"use lower-case letters, digits, '+', '#', ':' and single '-' between them, at most 63 characters"}
}

func blankFormat() format {
	return format{isNotBlank, "a non empty string", "write a text, or leave the field out"}
}

// misfit is a field whose spelling breaks its format.
type misfit struct {
	path   []string
	field  string // as Backstage names it
	value  string
	format format
}

func (m misfit) error() *Error {
	return &Error{Name: "Error", Message: fmt.Sprintf(`"%s" is not valid; expected %s but found "%s".`, m.field, m.format.expect, m.value)}
}

// checkFormats returns the misfits of an entity of the right shape, in
// Backstage's order.
func checkFormats(root *Object) []misfit {
	var out []misfit
	check := func(name, value string, f format, path ...string) {
		if !f.ok(value) {
			out = append(out, misfit{path, name, value, f})
		}
	}
	entity := objectValue(root)
	get := func(path ...string) Value {
		v, _ := entity.Get(path...)
		return v
	}
	check("apiVersion", get("apiVersion").str, format{isAPIVersion, "a valid prefix and/or suffix",
		"write " + catalogV1alpha1}, "apiVersion")
	check("kind", get("kind").str, format{isKind, "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total",
		"write one of the kinds, such as Component"}, "kind")
	check("metadata.name", get("metadata", "name").str, nameFormat(), "metadata", "name")
	if ns, ok := entity.Get("metadata", "namespace"); ok {
		check("metadata.namespace", ns.str, format{isNamespace, "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total",
			"use lower-case letters, digits and '-', at most 63 characters"}, "metadata", "namespace")
	}
	for key, value := range get("metadata", "labels").Object().All() {
		check("labels."+key, key, keyFormat(), "metadata", "labels", key)
		check("labels."+key, value.Display(), labelValueFormat(), "metadata", "labels", key)
	}
	for key := range get("metadata", "annotations").Object().All() {
		check("annotations."+key, key, keyFormat(), "metadata", "annotations", key)
	}
	for i, tag := range get("metadata", "tags").Items() {
		n := fmt.Sprint(i)
		check("tags."+n, tag.str, tagFormat(), "metadata", "tags", n)
	}
	for i, link := range get("metadata", "links").Items() {
		n := fmt.Sprint(i)
		address, _ := link.Get("url")
		check("links."+n+".url", address.str, format{isURL, "a string that is a valid url",
			"write the whole address, such as https://example.com/"}, "metadata", "links", n, "url")
		for _, name := range []string{"title", "icon"} {
			if v, ok := link.Get(name); ok {
				check("links."+n+"."+name, v.str, blankFormat(), "metadata", "links", n, name)
			}
		}
	}
	return out
}
