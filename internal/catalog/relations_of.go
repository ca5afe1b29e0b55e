package catalog

// Relator derives the relations of entities that were validated before, such as
// those read with [EntityFromJSON]. It is safe for concurrent use.
type Relator struct{ rules *rules }

// NewRelator builds the table of which field of which kind relates to what.
func NewRelator() *Relator { return &Relator{rules: newRules()} }

// Relations returns both directions of every relation that e makes, each once,
// sorted. It is nil for a kind without rules, and for an entity with a reference
// that cannot be read, which no valid entity has.
func (r *Relator) Relations(e *Entity) []Relation {
	kind := r.rules.kind(e.Kind(), e.APIVersion())
	if kind == nil {
		return nil
	}
	relations, _, err := relationsOf(e, kind.relations)
	if err != nil {
		return nil
	}
	return relations
}
