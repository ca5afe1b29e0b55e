package index

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/cairn-dev/cairn/internal/catalog"
	"github.com/cairn-dev/cairn/internal/catalog/index/shape"
)

// Cursor is where a client is in a list it pages through. Its text is base64 of
// JSON with the fields of Backstage's cursors, which its client looks into.
type Cursor struct {
	// Orders are the keys asked to sort by; only the first counts.
	Orders    []Order
	Text      *Text
	Where     []Predicate
	Backwards bool
	At        *Position // where the page starts
	First     *Position // the first entity of the first page
	// Total is the number of entities in the list, counted with the first page.
	Total *int
	// resumed says that the cursor was read from text. The order of its members is
	// another one then, as in Backstage.
	resumed bool
	// filter is the first of Where as older Backstages wrote it, if there is one.
	filter *catalog.Value
}

type cursorOrder struct {
	Field string `json:"field"`
	Order string `json:"order,omitempty"`
}

type cursorText struct {
	Term   string    `json:"term"`
	Fields *[]string `json:"fields,omitempty"`
}

// cursorJSON is the text of a Cursor.
type cursorJSON struct {
	OrderFields          []cursorOrder `json:"orderFields"`
	IsPrevious           bool          `json:"isPrevious"`
	Query                *Predicate    `json:"query,omitempty"`
	FullTextFilter       *cursorText   `json:"fullTextFilter,omitempty"`
	OrderFieldValues     []*string     `json:"orderFieldValues"`
	FirstSortFieldValues []*string     `json:"firstSortFieldValues,omitempty"`
	TotalItems           *int          `json:"totalItems,omitempty"`
}

// resumedJSON is cursorJSON in the order of later pages.
type resumedJSON struct {
	OrderFields          []cursorOrder  `json:"orderFields"`
	IsPrevious           bool           `json:"isPrevious"`
	FullTextFilter       *cursorText    `json:"fullTextFilter,omitempty"`
	OrderFieldValues     []*string      `json:"orderFieldValues"`
	Filter               *catalog.Value `json:"filter,omitempty"`
	Query                *Predicate     `json:"query,omitempty"`
	FirstSortFieldValues []*string      `json:"firstSortFieldValues,omitempty"`
	TotalItems           *int           `json:"totalItems,omitempty"`
}

// String returns the cursor's text.
func (c Cursor) String() string {
	out := cursorJSON{
		OrderFields: []cursorOrder{}, IsPrevious: c.Backwards, TotalItems: c.Total,
		OrderFieldValues: c.position(c.At), FirstSortFieldValues: c.position(c.First),
	}
	for _, o := range c.Orders {
		order := cursorOrder{o.Field, "asc"}
		if o.Descending {
			order.Order = "desc"
		}
		out.OrderFields = append(out.OrderFields, order)
	}
	if c.Text != nil {
		out.FullTextFilter = &cursorText{Term: c.Text.Term}
		if c.Text.Fields != nil {
			out.FullTextFilter.Fields = &c.Text.Fields
		}
	}
	where := c.Where
	if c.filter != nil {
		where = where[1:]
	}
	switch len(where) {
	case 0:
	case 1:
		out.Query = &where[0]
	default:
		out.Query = &Predicate{logic: "$all", sub: where}
	}
	var members any = out
	if c.resumed {
		members = resumedJSON{
			OrderFields: out.OrderFields, IsPrevious: out.IsPrevious, FullTextFilter: out.FullTextFilter,
			OrderFieldValues: out.OrderFieldValues, Filter: c.filter, Query: out.Query,
			FirstSortFieldValues: out.FirstSortFieldValues, TotalItems: out.TotalItems,
		}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(members); err != nil { // strings and numbers only
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(strings.TrimSuffix(b.String(), "\n")))
}

func (c Cursor) position(p *Position) []*string {
	switch {
	case p == nil:
		return nil
	case len(c.Orders) == 0:
		return []*string{&p.UID}
	}
	return []*string{&p.Value, &p.UID}
}

// cursorShape is the form of a cursor's JSON.
func cursorShape() shape.Check {
	field := func(name string, check shape.Check) shape.Field { return shape.Field{Name: name, Check: check} }
	var filter shape.Check
	lazy := func(in shape.Input) (shape.Status, shape.Issues) { return filter(in) }
	filter = shape.Object(field("key", shape.String()), field("values", shape.Optional(shape.Array(shape.String()))))
	filter = shape.Union(filter, shape.Object(field("not", lazy)))
	filter = shape.Union(filter, shape.Object(field("anyOf", shape.Array(lazy))))
	filter = shape.Union(filter, shape.Object(field("allOf", shape.Array(lazy))))
	values := shape.Array(shape.Union(shape.String(), shape.Null()))
	return shape.Object(
		// Backstage demands an order here and so refuses the cursors it makes for
		// orderField=f; Cairn takes them.
		field("orderFields", shape.Array(shape.Object(
			field("field", shape.String()), field("order", shape.Optional(shape.Enum("asc", "desc")))))),
		field("fullTextFilter", shape.Optional(shape.Object(
			field("term", shape.String()), field("fields", shape.Optional(shape.Array(shape.String())))))),
		field("orderFieldValues", values),
		field("filter", shape.Optional(filter)),
		field("isPrevious", shape.Boolean()),
		field("query", shape.Optional(PredicateShape())),
		field("firstSortFieldValues", shape.Optional(values)),
		field("totalItems", shape.Optional(shape.Number())),
	)
}

// ParseCursor reads a cursor that String wrote, or that a client made up; errors
// are [InputError].
func ParseCursor(encoded string) (Cursor, error) {
	data := DecodeBase64(encoded)
	v, err := catalog.ParseJSON(data)
	if err != nil {
		return Cursor{}, inputErrorf("Malformed cursor: SyntaxError: %s", shape.SyntaxError(string(data)))
	}
	if depth(v) > 2*maxDepth {
		return Cursor{}, inputErrorf("Malformed cursor: it is nested over %d levels deep", 2*maxDepth)
	}
	if status, issues := cursorShape()(shape.Of(v)); status != shape.Valid {
		return Cursor{}, inputErrorf("Malformed cursor: InputError: Malformed cursor: %s", issues.JSON())
	}
	return readCursor(v)
}

func readCursor(v catalog.Value) (Cursor, error) {
	c := Cursor{resumed: true}
	orders, _ := v.Get("orderFields")
	for _, o := range orders.Items() {
		c.Orders = append(c.Orders, Order{Field: textAt(o, "field"), Descending: textAt(o, "order") == "desc"})
	}
	if filter, ok := v.Get("fullTextFilter"); ok {
		c.Text = &Text{Term: textAt(filter, "term"), Fields: textsAt(filter, "fields")}
	}
	b := builder{}
	if filter, ok := v.Get("filter"); ok {
		p, err := b.legacy(filter)
		if err != nil {
			return Cursor{}, err
		}
		c.Where, c.filter = append(c.Where, p), &filter
	}
	if query, ok := v.Get("query"); ok {
		p, err := b.predicate(query)
		if err != nil {
			return Cursor{}, err
		}
		c.Where = append(c.Where, p)
	}
	if previous, ok := v.Get("isPrevious"); ok {
		c.Backwards, _ = previous.Bool()
	}
	if total, ok := v.Get("totalItems"); ok {
		n, _ := total.Number()
		count := int(max(0, min(n, 1e9)))
		c.Total = &count
	}
	var err error
	if c.At, err = c.readPosition(v, "orderFieldValues"); err != nil {
		return Cursor{}, err
	}
	c.First, err = c.readPosition(v, "firstSortFieldValues")
	return c, err
}

func (c Cursor) readPosition(v catalog.Value, name string) (*Position, error) {
	values, ok := v.Get(name)
	items := values.Items()
	if !ok || len(items) == 0 {
		return nil, nil
	}
	want := 1
	if len(c.Orders) > 0 {
		want = 2
	}
	if len(items) != want {
		return nil, inputErrorf("Malformed cursor: %s do not fit orderFields", name)
	}
	p := &Position{}
	p.UID, _ = items[len(items)-1].Text()
	if want == 2 {
		p.Value, _ = items[0].Text()
	}
	return p, nil
}

// legacy reads the filter of cursors made by Backstage before 4.0.
func (b *builder) legacy(v catalog.Value) (Predicate, error) {
	if key, ok := v.Get("key"); ok {
		values := textsAt(v, "values")
		if err := b.count(1, len(values)); err != nil {
			return Predicate{}, err
		}
		name, _ := key.Text()
		if list, given := v.Get("values"); given && len(list.Items()) == 0 {
			return Predicate{fields: []condition{{key: name, op: "$in", value: list}}}, nil
		}
		return Predicate{fields: []condition{searchFor(name, values)}}, nil
	}
	for name, logic := range map[string]string{"not": "$not", "anyOf": "$any", "allOf": "$all"} {
		operand, ok := v.Get(name)
		if !ok {
			continue
		}
		items := operand.Items()
		if logic == "$not" {
			items = []catalog.Value{operand}
		}
		if err := b.count(len(items), 0); err != nil {
			return Predicate{}, err
		}
		p := Predicate{logic: logic}
		for _, item := range items {
			sub, err := b.legacy(item)
			if err != nil {
				return Predicate{}, err
			}
			p.sub = append(p.sub, sub)
		}
		return p, nil
	}
	return Predicate{}, inputErrorf("Malformed cursor: a filter without key, not, anyOf or allOf")
}

func textAt(v catalog.Value, key string) string {
	field, _ := v.Get(key)
	s, _ := field.Text()
	return s
}

// textsAt is nil when there is no list, and empty when that is.
func textsAt(v catalog.Value, key string) []string {
	field, ok := v.Get(key)
	if !ok {
		return nil
	}
	out := []string{}
	for _, item := range field.Items() {
		s, _ := item.Text()
		out = append(out, s)
	}
	return out
}

// DecodeBase64 reads base64 as node does: either alphabet, padded or not, and
// what is no base64 is passed over.
func DecodeBase64(s string) []byte {
	var clean []byte
	s, _, _ = strings.Cut(s, "=")
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		case c == '+' || c == '/' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			clean = append(clean, c)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out, err := base64.RawStdEncoding.DecodeString(string(clean))
	if err != nil {
		return nil
	}
	return out
}
