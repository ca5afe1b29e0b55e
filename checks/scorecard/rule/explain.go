package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// show writes a value as Answer.Actual has it.
func (c *comparison) show(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if c.ref.isSecret() {
			return "(" + count(utf8.RuneCountInString(v), "character", "characters") + ", not shown)"
		}
		return cut(v)
	case []any:
		return c.showList(v)
	case map[string]any:
		return count(len(v), "key", "keys")
	}
	return fmt.Sprint(value)
}

// showList writes the first items of a list, or the field of each.
func (c *comparison) showList(list []any) string {
	var texts []string
	size := 0
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			item = m[c.field]
		}
		if !isScalar(item) {
			continue
		}
		texts = append(texts, cut(fmt.Sprint(item)))
		if size += len(texts[len(texts)-1]); size > maxActual {
			break
		}
	}
	if len(texts) == 0 {
		return count(len(list), "item", "items")
	}
	return strings.Join(texts, ", ")
}

// cut keeps the beginning of a long text; clip does the rest.
func cut(s string) string {
	if len(s) > 4*maxActual {
		return s[:4*maxActual] + "…"
	}
	return s
}

// found says what the fact is, as the end of a sentence.
func (c *comparison) found(value any) string {
	switch v := value.(type) {
	case nil:
		return "is missing"
	case string:
		if strings.TrimSpace(v) == "" {
			return "is empty"
		}
		if c.ref.isSecret() {
			return "is set"
		}
		return fmt.Sprintf("is %q", clip(cut(v), maxActual))
	case []any:
		if len(v) == 0 {
			return "is an empty list"
		}
		return "has " + count(len(v), "item", "items") + ": " + clip(c.showList(v), maxActual)
	case map[string]any:
		return "has " + count(len(v), "key", "keys")
	}
	return fmt.Sprintf("is %v", value)
}

// need says what the operator asks for.
func (c *comparison) need() string {
	value := literal(c.value)
	holder := "it"
	if c.field != "" {
		holder = "one " + c.field
	}
	switch c.op {
	case IsNotEmpty:
		return "it has to be set"
	case Exists:
		return "it has to be there"
	case MinLength:
		return "at least " + value + " are needed"
	case Equals:
		return "it has to be " + value
	case NotEquals:
		return "it has to be something else"
	case Contains:
		return holder + " has to contain " + value
	case Matches:
		return holder + " has to match " + value
	case In:
		return holder + " has to be one of " + value
	case GreaterThan:
		return "a number greater than " + value + " is needed"
	case LessThan:
		return "a number less than " + value + " is needed"
	}
	return ""
}

// remedy says what to do, beginning with where.
func (c *comparison) remedy() string {
	keys := c.ref.keys
	switch {
	case keys[0] == "checks":
		return fmt.Sprintf("Mend the check %s; its own report says how.", keys[1])
	case keys[0] == "repo" && keys[1] == "protection":
		return fmt.Sprintf("In the rules of the default branch, change %s: %s.", c.ref, c.need())
	case keys[0] == "repo":
		return fmt.Sprintf("In the repository, change %s: %s.", c.ref, c.need())
	case keys[0] == "relations":
		return fmt.Sprintf("Give the entity the relation: %s.", c.need())
	}
	where := c.ref.String()
	if c.ref.Is("metadata", "owner") {
		where = "spec.owner"
	}
	if c.op == IsNotEmpty || c.op == Exists {
		return fmt.Sprintf("Set %s in the entity's catalog file.", where)
	}
	switch c.op {
	case Equals:
		return fmt.Sprintf("In the entity's catalog file, set %s to %s.", where, literal(c.value))
	case MinLength:
		return fmt.Sprintf("In the entity's catalog file, give %s a length of at least %s.", where, literal(c.value))
	}
	return fmt.Sprintf("In the entity's catalog file, change %s: %s.", where, c.need())
}
