package nunjucks

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The methods that templates may call. The first argument of each is what it is
// called on.

func stringMethods(name string) builtin {
	switch name {
	case "charAt":
		return func(m *machine, a []Value) Value {
			v := m.unitAt(a[0].(string), toIndex(m.toNumber(arg(a, 1))))
			if isUndefined(v) {
				return ""
			}
			return v
		}
	case "charCodeAt":
		return func(m *machine, a []Value) Value {
			v, ok := m.unitAt(a[0].(string), toIndex(m.toNumber(arg(a, 1)))).(string)
			if !ok {
				return math.NaN()
			}
			return float64(units(v)[0])
		}
	case "concat":
		return stringConcat
	case "endsWith":
		return stringEndsWith
	case "startsWith":
		return func(m *machine, a []Value) Value {
			s, part := a[0].(string), m.searchText(arg(a, 1))
			n := length16(s)
			return strings.HasPrefix(slice16(s, m.clampIndex(arg(a, 2), n, 0), n), part)
		}
	case "includes":
		return func(m *machine, a []Value) Value {
			s := a[0].(string)
			return indexString(s, m.searchText(arg(a, 1)), m.clampIndex(arg(a, 2), length16(s), 0)) >= 0
		}
	case "indexOf":
		return func(m *machine, a []Value) Value {
			s := a[0].(string)
			m.step(len(s) / 64)
			return float64(indexString(s, m.text(arg(a, 1)), m.clampIndex(arg(a, 2), length16(s), 0)))
		}
	case "lastIndexOf":
		return stringLastIndexOf
	case "replace":
		return func(m *machine, a []Value) Value { return m.replaceMethod(a, false) }
	case "replaceAll":
		return func(m *machine, a []Value) Value { return m.replaceMethod(a, true) }
	case "slice":
		return func(m *machine, a []Value) Value {
			s := a[0].(string)
			n := length16(s)
			m.step(len(s) / 256)
			return slice16(s, m.relativeIndex(arg(a, 1), n, 0), m.relativeIndex(arg(a, 2), n, n))
		}
	case "substring":
		return func(m *machine, a []Value) Value {
			s := a[0].(string)
			n := length16(s)
			from, to := m.clampIndex(arg(a, 1), n, 0), m.clampIndex(arg(a, 2), n, n)
			m.step(len(s) / 256)
			return slice16(s, min(from, to), max(from, to))
		}
	case "split":
		return stringSplit
	case "toLowerCase":
		return func(m *machine, a []Value) Value { return m.lower(a[0].(string)) }
	case "toUpperCase":
		return func(m *machine, a []Value) Value { return m.upper(a[0].(string)) }
	case "trim":
		return func(m *machine, a []Value) Value { return trimSpace(a[0].(string)) }
	case "trimStart":
		return func(m *machine, a []Value) Value { return strings.TrimLeftFunc(a[0].(string), isSpace) }
	case "trimEnd":
		return func(m *machine, a []Value) Value { return strings.TrimRightFunc(a[0].(string), isSpace) }
	}
	return nil
}

// searchText is the text that startsWith and its kin look for: not a regular
// expression.
func (m *machine) searchText(v Value) string {
	if _, ok := v.(*Regexp); ok {
		m.fail("this method looks for a text, not for a regular expression")
	}
	return m.text(v)
}

func stringConcat(m *machine, a []Value) Value {
	s := a[0].(string)
	for _, v := range a[1:] {
		s = m.concat(s, m.text(v))
	}
	return s
}

func stringEndsWith(m *machine, a []Value) Value {
	s, part := a[0].(string), m.searchText(arg(a, 1))
	n := length16(s)
	return strings.HasSuffix(slice16(s, 0, m.clampIndex(arg(a, 2), n, n)), part)
}

func stringLastIndexOf(m *machine, a []Value) Value {
	s, part := a[0].(string), m.text(arg(a, 1))
	end := length16(s)
	if from := m.toNumber(arg(a, 2)); !math.IsNaN(from) {
		end = max(0, min(toIndex(from), end))
	}
	m.step(len(s) / 64)
	limit := slice16(s, 0, min(length16(s), end+length16(part)))
	return float64(index16(limit, strings.LastIndex(limit, part)))
}

// indexString is the UTF-16 offset of part in s at or after from, or -1.
func indexString(s, part string, from int) int {
	if isASCII(s) {
		if i := strings.Index(s[from:], part); i >= 0 {
			return from + i
		}
		return -1
	}
	rest := slice16(s, from, length16(s))
	i := strings.Index(rest, part)
	if i < 0 {
		return -1
	}
	return from + index16(rest, i)
}

func stringSplit(m *machine, a []Value) Value {
	s := a[0].(string)
	limit := math.MaxInt
	if v := arg(a, 2); !isUndefined(v) {
		limit = int(uint32(toInt32(m.toNumber(v))))
	}
	var parts []string
	switch sep := arg(a, 1).(type) {
	case Undefined:
		parts = []string{s}
	case *Regexp:
		parts = sep.split(m, s)
	default:
		parts = m.splitText(s, m.text(sep))
	}
	return stringArray(parts[:min(limit, len(parts))])
}

// splitText is split by a text, counted; an empty one splits code units.
func (m *machine) splitText(s, sep string) []string {
	if sep == "" {
		m.growTimes(len(s), 2*valueSize)
		m.step(len(s) / 8)
		return chars16(s)
	}
	n := strings.Count(s, sep) + 1
	m.growTimes(n, 2*valueSize)
	m.step(n / 8)
	return strings.Split(s, sep)
}

func stringArray(parts []string) *Array {
	a := &Array{Items: make([]Value, len(parts))}
	for i, p := range parts {
		a.Items[i] = p
	}
	return a
}

func arrayMethods(name string) builtin {
	switch name {
	case "concat":
		return arrayConcat
	case "includes":
		return func(m *machine, a []Value) Value {
			items, v := a[0].(*Array).Items, arg(a, 1)
			if f, ok := v.(float64); ok && math.IsNaN(f) {
				return slices.ContainsFunc(items, func(v Value) bool { f, ok := v.(float64); return ok && math.IsNaN(f) })
			}
			m.step(len(items) / 8)
			return indexOf(items, v, m.relativeIndex(arg(a, 2), len(items), 0)) >= 0
		}
	case "indexOf":
		return func(m *machine, a []Value) Value {
			items := a[0].(*Array).Items
			m.step(len(items) / 8)
			return float64(indexOf(items, arg(a, 1), m.relativeIndex(arg(a, 2), len(items), 0)))
		}
	case "join":
		return func(m *machine, a []Value) Value {
			sep := ","
			if v := arg(a, 1); !isUndefined(v) {
				sep = m.text(v)
			}
			return m.joinArray(a[0].(*Array), sep)
		}
	case "slice":
		return func(m *machine, a []Value) Value {
			items := a[0].(*Array).Items
			from, to := m.relativeIndex(arg(a, 1), len(items), 0), m.relativeIndex(arg(a, 2), len(items), len(items))
			return m.newArray(items[from:max(from, to)])
		}
	case "reverse":
		return func(m *machine, a []Value) Value {
			m.step(len(a[0].(*Array).Items) / 8)
			slices.Reverse(a[0].(*Array).Items)
			return a[0]
		}
	case "sort":
		return arraySort
	case "push":
		return func(m *machine, a []Value) Value {
			list := a[0].(*Array)
			m.growTimes(len(a), 2*valueSize)
			list.Items = append(list.Items, a[1:]...)
			return float64(len(list.Items))
		}
	case "pop":
		return func(m *machine, a []Value) Value { return a[0].(*Array).pop() }
	}
	return nil
}

// newArray copies items into a new, counted array.
func (m *machine) newArray(items []Value) *Array {
	m.growTimes(len(items)+1, valueSize)
	m.step(len(items) / 16)
	return &Array{Items: slices.Clone(items)}
}

func (a *Array) pop() Value {
	n := len(a.Items)
	if n == 0 {
		return Undefined{}
	}
	v := a.Items[n-1]
	a.Items = a.Items[:n-1]
	return v
}

func arrayConcat(m *machine, a []Value) Value {
	out := m.newArray(a[0].(*Array).Items)
	for _, v := range a[1:] {
		if more, ok := v.(*Array); ok {
			m.growTimes(len(more.Items), valueSize)
			out.Items = append(out.Items, more.Items...)
		} else {
			m.grow(valueSize)
			out.Items = append(out.Items, v)
		}
	}
	return out
}

// arraySort sorts in place by the elements' texts, undefined last.
func arraySort(m *machine, a []Value) Value {
	if !isUndefined(arg(a, 1)) {
		m.fail("sort takes no function here: use the filter sort")
	}
	list := a[0].(*Array)
	m.countSort(len(list.Items))
	texts := make([]string, len(list.Items))
	order := make([]int, len(list.Items))
	for i, v := range list.Items {
		order[i] = i
		if !isUndefined(v) {
			texts[i] = m.text(v)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		iUndefined, jUndefined := isUndefined(list.Items[i]), isUndefined(list.Items[j])
		switch {
		case iUndefined && jUndefined:
			return 0
		case iUndefined:
			return 1
		case jUndefined:
			return -1
		}
		return compare16(texts[i], texts[j])
	})
	sorted := make([]Value, len(order))
	for i, at := range order {
		sorted[i] = list.Items[at]
	}
	copy(list.Items, sorted)
	return list
}

// countSort counts the work of sorting n elements.
func (m *machine) countSort(n int) {
	m.growTimes(n, 4*valueSize)
	m.step(n * len(strconv.Itoa(n)))
}

func numberMethods(name string) builtin {
	switch name {
	case "toFixed":
		return func(m *machine, a []Value) Value {
			return toFixed(a[0].(float64), m.digits(arg(a, 1), 0, 100))
		}
	case "toExponential":
		return func(m *machine, a []Value) Value {
			f := a[0].(float64)
			if isUndefined(arg(a, 1)) {
				return toExponential(f, -1)
			}
			return toExponential(f, m.digits(arg(a, 1), 0, 100))
		}
	case "toPrecision":
		return func(m *machine, a []Value) Value {
			f := a[0].(float64)
			if isUndefined(arg(a, 1)) || math.IsNaN(f) || math.IsInf(f, 0) {
				return formatNumber(f)
			}
			return toPrecision(f, m.digits(arg(a, 1), 1, 100))
		}
	case "toString":
		return func(m *machine, a []Value) Value {
			radix := 10
			if v := arg(a, 1); !isUndefined(v) {
				radix = m.digits(v, 2, 36)
			}
			return toRadix(a[0].(float64), radix)
		}
	}
	return nil
}

// digits is a method's count of digits, within what JavaScript allows.
func (m *machine) digits(v Value, low, high int) int {
	n := toIndex(m.toNumber(v))
	if n < low || n > high {
		m.failf("the argument must be between %d and %d", low, high)
	}
	return n
}
