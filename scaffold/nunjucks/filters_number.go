package nunjucks

import "math"

func filterAbs(m *machine, a []Value) Value { return math.Abs(m.toNumber(a[0])) }

// filterRound takes (number, precision, method).
func filterRound(m *machine, a []Value) Value {
	factor := power(10, m.toNumber(orDefault(arg(a, 1), 0.0)))
	scaled := m.toNumber(a[0]) * factor
	switch arg(a, 2) {
	case "ceil":
		scaled = math.Ceil(scaled)
	case "floor":
		scaled = math.Floor(scaled)
	default:
		scaled = roundHalfUp(scaled)
	}
	return scaled / factor
}

func filterFloat(m *machine, a []Value) Value {
	f := parseFloatPrefix(m.text(a[0]))
	if math.IsNaN(f) {
		return arg(a, 1)
	}
	return f
}

// filterInt takes (value, default, base).
func filterInt(m *machine, a []Value) Value {
	base := arg(a, 2)
	if isUndefined(base) {
		base = 10.0
	}
	f := parseIntPrefix(m.text(a[0]), toInt32(m.toNumber(base)))
	if math.IsNaN(f) {
		return arg(a, 1)
	}
	return f
}
