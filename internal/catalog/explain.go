package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// fieldPath writes a path the way people do: metadata.tags[2].
func fieldPath(path []string) string {
	var b strings.Builder
	for _, key := range path {
		switch _, err := strconv.Atoi(key); {
		case err == nil && b.Len() > 0:
			fmt.Fprintf(&b, "[%s]", key)
		case strings.ContainsAny(key, "./[]' "):
			fmt.Fprintf(&b, "['%s']", key)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(key)
		}
	}
	return b.String()
}

func explainAll(written Value, found []violation) []Problem {
	problems := make([]Problem, 0, len(found))
	for _, v := range found {
		problems = append(problems, explain(written, v))
	}
	return problems
}

// explain words a violation for the author of the file.
func explain(written Value, v violation) Problem {
	name := fieldPath(v.path)
	p := Problem{Position: locate(written, v.path), Path: name}
	switch v.keyword {
	case "required":
		missing := fieldPath(append(slices.Clone(v.path), v.subject))
		p.Path = missing
		p.Message = missing + " is missing"
		p.Remedy = remedyMissing(missing)
		if near := nearest(v.subject, memberNames(v.value)); near != "" {
			p.Position = locate(written, append(slices.Clone(v.path), near))
			p.Remedy = fmt.Sprintf("did you mean %s where '%s' is written?", missing, near)
		}
	case "additionalProperties":
		full := append(slices.Clone(v.path), v.subject)
		p.Position, p.Path = locate(written, full), fieldPath(full)
		p.Message = "the field " + p.Path + " is not known here"
		p.Remedy = "an entity has apiVersion, kind, metadata and spec; put anything else under metadata or spec"
		if near := nearest(v.subject, []string{"apiVersion", "kind", "metadata", "spec"}); near != "" {
			p.Remedy = fmt.Sprintf("did you mean %s?", near)
		}
	case "minLength":
		p.Message = name + " is empty"
		p.Remedy = "fill it in, or leave the field out if it is not required"
	case "enum":
		p.Message = fmt.Sprintf("%s cannot be %s", name, shortValue(v.value))
		p.Remedy = "write one of: " + v.subject
	case "type":
		p.Message = fmt.Sprintf("%s has to be %s, but is %s", name, inWords(v.subject), shortValue(v.value))
		p.Remedy = remedyType(v)
	default:
		p.Message = name + " " + v.message
	}
	return p
}

func remedyMissing(path string) string {
	examples := map[string]string{
		"apiVersion":      "add 'apiVersion: backstage.io/v1alpha1'",
		"kind":            "add a kind, such as 'kind: Component'",
		"metadata":        "add 'metadata:' with a name",
		"metadata.name":   "add a name, such as the repository's",
		"spec":            "add 'spec:' with the fields this kind needs",
		"spec.type":       "add a type, such as service, website or library",
		"spec.lifecycle":  "add a lifecycle: experimental, production or deprecated",
		"spec.owner":      "add the owning team, such as 'owner: team-payments'",
		"spec.definition": "add the definition's text, or '$text: ./openapi.yaml' below it",
		"spec.children":   "add 'children: []' if there are none",
		"spec.memberOf":   "add 'memberOf: []' if there are none",
		"spec.steps":      "add the template's steps",
	}
	if r, ok := examples[path]; ok {
		return r
	}
	return "add it"
}

func remedyType(v violation) string {
	switch {
	case v.value.kind == Null:
		return "fill it in, or remove the line"
	case v.subject == "string" && (v.value.kind == Number || v.value.kind == Bool):
		return fmt.Sprintf("put it in quotes: \"%s\"", v.value.Display())
	case v.subject == "string" && v.value.kind == Map:
		return "write one line of text; put text with ': ' or '{' in quotes"
	case v.subject == "array" && v.value.kind == String:
		return fmt.Sprintf("write a list: [%s]", v.value.str)
	}
	return ""
}

func inWords(types string) string {
	words := map[string]string{"string": "text", "array": "a list", "object": "a mapping", "boolean": "true or false", "number": "a number"}
	var out []string
	for t := range strings.SplitSeq(types, ",") {
		out = append(out, words[t])
	}
	return strings.Join(out, " or ")
}

func shortValue(v Value) string {
	switch v.kind {
	case Null:
		return "empty"
	case String:
		return quoteShort(v.str)
	case Array:
		return "a list"
	case Map:
		return "a mapping"
	case Bool:
		return "the boolean " + v.Display()
	}
	return "the number " + v.Display()
}

func memberNames(v Value) []string {
	var names []string
	for key := range v.obj.All() {
		names = append(names, key)
	}
	return names
}

// nearest returns the candidate that is most likely a misspelling of name, or "".
func nearest(name string, candidates []string) string {
	best, most := "", 3
	for _, c := range candidates {
		if len(c) > 4*len(name)+8 || c == name {
			continue
		}
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(c))
		if d < most && d*2 < len(name) {
			best, most = c, d
		}
	}
	return best
}

func explainFormat(written Value, m misfit) Problem {
	p := Problem{Position: locate(written, m.path), Path: fieldPath(m.path), Remedy: m.format.remedy}
	switch {
	case utf16Len(m.value) > maxPart && m.path[len(m.path)-1] != "url":
		p.Message = fmt.Sprintf("%s is too long: %d characters, at most 63 fit", p.Path, utf16Len(m.value))
	case m.value == "":
		p.Message = p.Path + " is empty"
	default:
		p.Message = fmt.Sprintf("%s cannot be %s", p.Path, quoteShort(m.value))
	}
	if s := suggest(m.value, m.format); s != "" {
		p.Remedy = fmt.Sprintf("write %s, or: %s", s, m.format.remedy)
	}
	return p
}

// suggest spells value so that it fits, when that takes only lower case and
// dashes.
func suggest(value string, f format) string {
	s := strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(value), func(r rune) bool {
		return r == ' ' || r == '/' || r == '_' || r == ','
	}), "-"), "-")
	if s != value && s != "" && f.ok(s) {
		return s
	}
	return ""
}

func (j *judge) explainKind(written Value, kind, apiVersion string) Problem {
	p := Problem{Position: locate(written, []string{"kind"}), Path: "kind"}
	names := j.rules.names()
	for _, k := range j.rules.kinds {
		if k.name == kind {
			p.Position, p.Path = locate(written, []string{"apiVersion"}), "apiVersion"
			p.Message = fmt.Sprintf("%s cannot have the apiVersion %s", kind, quoteShort(apiVersion))
			p.Remedy = "write apiVersion: " + k.apiVersions[0]
			return p
		}
	}
	p.Message = fmt.Sprintf("the kind %s is not known", quoteShort(kind))
	p.Remedy = "write one of: " + strings.Join(names, ", ")
	if near := nearest(kind, names); near != "" {
		p.Remedy = "did you mean " + near + "?"
	}
	return p
}

func explainRef(written Value, path []string, err *Error) Problem {
	p := Problem{Position: locate(written, path), Path: fieldPath(path), Message: err.Message}
	p.Remedy = "write [kind:][namespace/]name, such as group:default/team-payments"
	if strings.Contains(err.Message, "missing or empty kind") {
		p.Remedy = "say what it is: component:name or resource:name"
	}
	return p
}

// explainCase finds keys of one mapping that differ only in case. Backstage
// accepts such an entity and then never shows it, without an error anywhere.
func explainCase(v Value, path []string) []Problem {
	var out []Problem
	seen := make(map[string]string, v.obj.Len())
	for key, member := range v.obj.All() {
		below := append(slices.Clone(path), key)
		folded := strings.ToLower(key)
		if first, again := seen[folded]; again {
			out = append(out, Problem{Position: v.obj.KeyPosition(key), Severity: SeverityWarning, Path: fieldPath(below),
				Message: fmt.Sprintf("the keys %s and %s differ only in case", quoteShort(first), quoteShort(key)),
				Remedy:  "rename one: Backstage does not show an entity with such keys"})
		}
		seen[folded] = key
		out = append(out, explainCase(member, below)...)
	}
	for i, item := range v.items {
		out = append(out, explainCase(item, append(slices.Clone(path), strconv.Itoa(i)))...)
	}
	return out
}
