package catalog

import (
	"regexp"
	"slices"
)

// API versions of the kinds.
const (
	catalogV1alpha1    = "backstage.io/v1alpha1"
	catalogV1beta1     = "backstage.io/v1beta1"
	scaffolderTemplate = "scaffolder.backstage.io/v1beta3"
)

// rules holds the shapes of catalog-model 1.10 and scaffolder-common 2.3.
type rules struct {
	envelope *shape
	entity   *shape
	kinds    []kindRules
}

// kindRules is one kind: where it applies, what its spec holds, and the fields
// of spec that name other entities.
type kindRules struct {
	name        string
	apiVersions []string
	entity      *shape
	relations   []relationField
}

// relationField is a field of spec that makes relations to what it names.
type relationField struct {
	name     string
	kind     string // assumed where a reference has none; "" means it must have one
	forward  string
	backward string
}

func (r *rules) kind(kind, apiVersion string) *kindRules {
	for i, k := range r.kinds {
		if k.name == kind && slices.Contains(k.apiVersions, apiVersion) {
			return &r.kinds[i]
		}
	}
	return nil
}

func (r *rules) names() []string {
	var names []string
	for _, k := range r.kinds {
		names = append(names, k.name)
	}
	return names
}

// newRules builds the tables. They are read only.
func newRules() *rules {
	return &rules{
		envelope: mapOf([]string{"apiVersion", "kind", "metadata"},
			field{"apiVersion", filled()},
			field{"kind", filled()},
			field{"metadata", mapOf([]string{"name"}, field{"name", filled()}, field{"namespace", filled()})}),
		entity: entityShape(),
		kinds: []kindRules{
			apiKind(), componentKind(), resourceKind(), groupKind(), locationKind(),
			userKind(), systemKind(), domainKind(), templateKind(),
		},
	}
}

func entityShape() *shape {
	named := func() *shape { return &shape{types: []Type{Map}, named: text()} }
	metadata := mapOf([]string{"name"},
		field{"uid", filled()},
		field{"etag", filled()},
		field{"name", filled()},
		field{"namespace", filled()},
		field{"title", filled()},
		field{"description", text()},
		field{"labels", named()},
		field{"annotations", named()},
		field{"tags", listOf(filled())},
		field{"links", listOf(mapOf([]string{"url"},
			field{"url", filled()}, field{"title", filled()}, field{"icon", filled()}, field{"type", filled()}))})
	root := mapOf([]string{"apiVersion", "kind", "metadata"},
		field{"apiVersion", filled()},
		field{"kind", filled()},
		field{"metadata", metadata},
		field{"spec", ofType(Map)},
		field{"relations", listOf(relationShape())},
		field{"status", statusShape()})
	root.closed = true
	return root
}

// relationShape and statusShape describe two root fields that only the catalog
// itself may write. A file that has them is refused either way; the shapes
// decide with which message.
func relationShape() *shape {
	kind := filled()
	kind.pattern = regexp.MustCompile(`^\w+$`)
	target := mapOf([]string{"kind", "namespace", "name"},
		field{"kind", filled()}, field{"namespace", filled()}, field{"name", filled()})
	target.closed = true
	s := mapOf([]string{"type", "targetRef"},
		field{"type", kind}, field{"target", target}, field{"targetRef", filled()})
	s.closed = true
	return s
}

func statusShape() *shape {
	level := text()
	level.enum = []string{"info", "warning", "error"}
	return mapOf(nil, field{"items", listOf(mapOf([]string{"type", "level", "message"},
		field{"type", filled()},
		field{"level", level},
		field{"message", text()},
		field{"error", mapOf([]string{"name", "message"},
			field{"name", filled()}, field{"message", text()}, field{"code", text()}, field{"stack", text()})},
	))})
}

// kindOf describes a kind of the catalog's own API group.
func kindOf(name string, spec *shape, relations ...relationField) kindRules {
	return kindIn(name, []string{catalogV1alpha1, catalogV1beta1}, spec, relations...)
}

func kindIn(name string, apiVersions []string, spec *shape, relations ...relationField) kindRules {
	return kindRules{name: name, apiVersions: apiVersions, relations: relations,
		entity: mapOf([]string{"spec"}, field{"spec", spec})}
}

func ownedBy() relationField { return relationField{"owner", "Group", "ownedBy", "ownerOf"} }

func partOf(name, kind string) relationField {
	return relationField{name, kind, "partOf", "hasPart"}
}

func dependencies() []relationField {
	return []relationField{
		{"dependsOn", "", "dependsOn", "dependencyOf"},
		{"dependencyOf", "", "dependencyOf", "dependsOn"},
	}
}

func componentKind() kindRules {
	return kindOf("Component",
		mapOf([]string{"type", "lifecycle", "owner"},
			field{"type", filled()},
			field{"lifecycle", filled()},
			field{"owner", filled()},
			field{"system", filled()},
			field{"subcomponentOf", filled()},
			field{"providesApis", listOf(filled())},
			field{"consumesApis", listOf(filled())},
			field{"dependsOn", listOf(filled())}),
		slices.Concat([]relationField{
			ownedBy(),
			partOf("subcomponentOf", "Component"),
			{"providesApis", "API", "providesApi", "apiProvidedBy"},
			{"consumesApis", "API", "consumesApi", "apiConsumedBy"},
		}, dependencies(), []relationField{partOf("system", "System")})...)
}

func apiKind() kindRules {
	return kindOf("API",
		mapOf([]string{"type", "lifecycle", "owner", "definition"},
			field{"type", filled()},
			field{"lifecycle", filled()},
			field{"owner", filled()},
			field{"system", filled()},
			field{"definition", filled()}),
		ownedBy(), partOf("system", "System"))
}

func resourceKind() kindRules {
	return kindOf("Resource",
		mapOf([]string{"type", "owner"},
			field{"type", filled()},
			field{"owner", filled()},
			field{"dependsOn", listOf(filled())},
			field{"system", filled()}),
		slices.Concat([]relationField{ownedBy()}, dependencies(), []relationField{partOf("system", "System")})...)
}

func systemKind() kindRules {
	return kindOf("System",
		mapOf([]string{"owner"}, field{"owner", filled()}, field{"domain", filled()}, field{"type", filled()}),
		ownedBy(), partOf("domain", "Domain"))
}

func domainKind() kindRules {
	return kindOf("Domain",
		mapOf([]string{"owner"}, field{"owner", filled()}, field{"subdomainOf", filled()}, field{"type", filled()}),
		ownedBy(), partOf("subdomainOf", "Domain"))
}

func profileShape() *shape {
	return mapOf(nil, field{"displayName", filled()}, field{"email", filled()}, field{"picture", filled()})
}

func groupKind() kindRules {
	return kindOf("Group",
		mapOf([]string{"type", "children"},
			field{"type", filled()},
			field{"profile", profileShape()},
			field{"parent", filled()},
			field{"children", listOf(filled())},
			field{"members", listOf(filled())}),
		relationField{"parent", "Group", "childOf", "parentOf"},
		relationField{"children", "Group", "parentOf", "childOf"},
		relationField{"members", "User", "hasMember", "memberOf"})
}

func userKind() kindRules {
	return kindOf("User",
		mapOf([]string{"memberOf"}, field{"profile", profileShape()}, field{"memberOf", listOf(filled())}),
		relationField{"memberOf", "Group", "memberOf", "hasMember"})
}

func locationKind() kindRules {
	presence := text()
	presence.enum = []string{"required", "optional"}
	return kindOf("Location",
		mapOf(nil,
			field{"type", filled()},
			field{"target", filled()},
			field{"targets", listOf(filled())},
			field{"presence", presence}))
}
