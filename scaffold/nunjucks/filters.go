package nunjucks

// builtinFilters is the one list of nunjucks's filters. args[0] is the input.
func builtinFilters() map[string]builtin {
	return map[string]builtin{
		"abs":         filterAbs,
		"batch":       filterBatch,
		"capitalize":  filterCapitalize,
		"center":      filterCenter,
		"d":           filterDefault,
		"default":     filterDefault,
		"dictsort":    filterDictSort,
		"dump":        func(m *machine, a []Value) Value { return m.dump(a[0], arg(a, 1)) },
		"e":           filterEscape,
		"escape":      filterEscape,
		"first":       filterFirst,
		"float":       filterFloat,
		"forceescape": filterForceEscape,
		"groupby":     filterGroupBy,
		"indent":      filterIndent,
		"int":         macroFilter("int", []string{"value", "default", "base"}, filterInt),
		"join":        filterJoin,
		"last":        filterLast,
		"length":      filterLength,
		"list":        filterList,
		"lower":       func(m *machine, a []Value) Value { return m.lower(m.plainText(normal(a[0]), "lower")) },
		"nl2br":       filterNewlines,
		"random":      filterRandom,
		"reject":      filterSelect(false),
		"rejectattr":  filterSelectAttr(false),
		"replace":     filterReplace,
		"reverse":     filterReverse,
		"round":       filterRound,
		"safe":        filterSafe,
		"select":      filterSelect(true),
		"selectattr":  filterSelectAttr(true),
		"slice":       filterSlice,
		"sort":        macroFilter("sort", []string{"value", "reverse", "case_sensitive", "attribute"}, filterSort),
		"string":      filterString,
		"striptags":   filterStripTags,
		"sum":         filterSum,
		"title":       filterTitle,
		"trim":        filterTrim,
		"truncate":    filterTruncate,
		"upper":       func(m *machine, a []Value) Value { return m.upper(m.plainText(normal(a[0]), "upper")) },
		"urlencode":   filterURLEncode,
		"urlize":      filterURLize,
		"wordcount":   filterWordCount,
	}
}

// macroFilter makes a filter that takes its arguments as a macro does, by name too.
func macroFilter(name string, params []string, f builtin) builtin {
	return macroFunc(name, params, nil, f).call
}

// normal is the input that most text filters start from: undefined, null and
// false become the empty string.
func normal(v Value) Value {
	if isNullish(v) || v == false {
		return ""
	}
	return v
}

// plainText is the text of a string or safe string; anything else has none of the
// methods a text filter needs.
func (m *machine) plainText(v Value, filter string) string {
	switch v := v.(type) {
	case string:
		return v
	case *Safe:
		return v.text
	}
	m.failf("the filter %s takes a string, not %s", filter, typeName(v))
	return ""
}

// alike is text as the same kind of string as model.
func alike(model Value, text string) Value {
	if _, safe := model.(*Safe); safe {
		return &Safe{text}
	}
	return text
}

// defined refuses undefined and null, whose members JavaScript cannot read.
func (m *machine) defined(v Value, filter string) Value {
	if isNullish(v) {
		m.failf("the filter %s takes no %s", filter, typeName(v))
	}
	return v
}

// orDefault is v || def.
func orDefault(v, def Value) Value {
	if Truthy(v) {
		return v
	}
	return def
}

func filterDefault(_ *machine, a []Value) Value {
	v := a[0]
	if Truthy(arg(a, 2)) {
		return orDefault(v, arg(a, 1))
	}
	if isUndefined(v) {
		return arg(a, 1)
	}
	return v
}
