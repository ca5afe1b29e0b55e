package catalog

// templateKind describes a scaffolder template, backstage.io's
// Template.v1beta3.schema.json.
func templateKind() kindRules {
	permissions := func() *shape { return mapOf(nil, field{"tags", listOf(text())}) }
	page := func() *shape { return mapOf(nil, field{"backstage:permissions", permissions()}) }
	decorators := func() *shape { return listOf(mapOf(nil, field{"id", text()}, field{"input", ofType(Map)})) }
	condition := func() *shape { return ofType(String, Bool) }
	step := mapOf([]string{"action"},
		field{"id", text()},
		field{"name", text()},
		field{"action", text()},
		field{"input", ofType(Map)},
		field{"if", condition()},
		field{"backstage:permissions", permissions()})
	output := mapOf(nil,
		field{"links", listOf(mapOf(nil,
			field{"if", condition()},
			field{"url", filled()},
			field{"entityRef", filled()},
			field{"title", filled()},
			field{"icon", filled()}))},
		field{"text", listOf(mapOf(nil,
			field{"if", condition()},
			field{"title", filled()},
			field{"icon", filled()},
			field{"content", text()}))})
	output.others = text()
	spec := mapOf([]string{"type", "steps"},
		field{"type", filled()},
		field{"owner", filled()},
		field{"lifecycle", filled()},
		field{"parameters", &shape{oneOf: []*shape{page(), listOf(page())}}},
		field{"secrets", mapOf(nil, field{"schema", ofType(Map)})},
		field{"presentation", mapOf(nil, field{"buttonLabels", mapOf(nil,
			field{"backButtonText", text()}, field{"createButtonText", text()}, field{"reviewButtonText", text()})})},
		field{"EXPERIMENTAL_recovery", mapOf(nil, field{"EXPERIMENTAL_strategy", text()})},
		field{"formDecorators", decorators()},
		field{"EXPERIMENTAL_formDecorators", decorators()},
		field{"steps", listOf(step)},
		field{"output", output})
	return kindIn("Template", []string{scaffolderTemplate}, spec, ownedBy())
}
