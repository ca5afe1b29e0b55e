package catalog

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// The plain scalars that YAML 1.2's core schema reads as something other than a
// string (yaml.org/spec/1.2.2, 10.3.2). Dates, yes and no, 1_000 and 1:30 are
// strings.
var (
	coreInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	coreOctal = regexp.MustCompile(`^0o[0-7]+$`)
	coreHex   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	coreFloat = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
)

// resolveCore returns the value of an untagged plain scalar.
func resolveCore(s string) Value {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Value{}
	case "true", "True", "TRUE":
		return boolValue(true)
	case "false", "False", "FALSE":
		return boolValue(false)
	case ".nan", ".NaN", ".NAN":
		return numberValue(math.NaN())
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return numberValue(math.Inf(1))
	case "-.inf", "-.Inf", "-.INF":
		return numberValue(math.Inf(-1))
	}
	if c := s[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return stringValue(s)
	}
	switch {
	case coreOctal.MatchString(s):
		return numberValue(parseRadix(s[2:], 8))
	case coreHex.MatchString(s):
		return numberValue(parseRadix(s[2:], 16))
	case coreInt.MatchString(s), coreFloat.MatchString(s):
		return numberValue(parseDecimal(s))
	}
	return stringValue(s)
}

// resolveTagged returns the value of a scalar that carries a tag. A tag of
// another vocabulary, or one that does not fit the text, leaves a string.
func resolveTagged(tag, s string) Value {
	v := resolveCore(s)
	isInt := coreInt.MatchString(s) || coreOctal.MatchString(s) || coreHex.MatchString(s)
	switch {
	case tag == "!!null" && v.kind == Null,
		tag == "!!bool" && v.kind == Bool,
		tag == "!!int" && v.kind == Number && isInt,
		tag == "!!float" && v.kind == Number && !isInt:
		return v
	}
	return stringValue(s)
}

func parseDecimal(s string) float64 {
	f, _ := strconv.ParseFloat(strings.TrimPrefix(s, "+"), 64) // out of range is an infinity, as wanted
	return f
}

func parseRadix(digits string, radix int) float64 {
	if n, err := strconv.ParseUint(digits, radix, 53); err == nil {
		return float64(n)
	}
	n, _ := new(big.Int).SetString(digits, radix)
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}
