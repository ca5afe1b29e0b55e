package nunjucks

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// formatNumber is JavaScript's Number::toString: shortest digits that round-trip,
// exponents from 1e21 up and below 1e-6.
func formatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.FormatInt(int64(f), 10)
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return shortExponent(strconv.FormatFloat(f, 'e', -1, 64))
}

// shortExponent turns Go's 1e-07 into JavaScript's 1e-7.
func shortExponent(s string) string {
	mantissa, exponent, ok := strings.Cut(s, "e")
	if !ok {
		return s
	}
	digits := strings.TrimLeft(exponent[1:], "0")
	if digits == "" {
		digits = "0"
	}
	return mantissa + "e" + exponent[:1] + digits
}

// toNumber is JavaScript's Number(v).
func (m *machine) toNumber(v Value) float64 {
	if _, ok := v.(*Func); ok {
		return math.NaN()
	}
	switch v := m.primitive(v).(type) {
	case float64:
		return v
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		return stringToNumber(v)
	}
	return math.NaN()
}

// stringToNumber is the grammar of StringToNumber: decimal, 0x, 0o, 0b, Infinity,
// white space around, empty is 0.
func stringToNumber(s string) float64 {
	s = trimSpace(s)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		base := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'O': 8, 'b': 2, 'B': 2}[s[1]]
		if base != 0 {
			return digitsToNumber(s[2:], base)
		}
	}
	n := decimalPrefix(s)
	if n != len(s) {
		return math.NaN()
	}
	return parseDecimal(s)
}

// decimalPrefix returns how many leading bytes of s are a decimal literal with
// an optional sign, or Infinity.
func decimalPrefix(s string) int {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	if strings.HasPrefix(s[i:], "Infinity") {
		return i + len("Infinity")
	}
	digits := 0
	for i < len(s) && isDigit(s[i]) {
		i++
		digits++
	}
	if i < len(s) && s[i] == '.' {
		j := i + 1
		for j < len(s) && isDigit(s[j]) {
			j++
			digits++
		}
		if digits > 0 {
			i = j
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for j < len(s) && isDigit(s[j]) {
				j++
			}
			i = j
		}
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// parseDecimal converts what decimalPrefix accepted. Overflow gives Infinity.
func parseDecimal(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// digitsToNumber reads digits of base, all of s, to the nearest float64.
func digitsToNumber(s string, base int) float64 {
	if n := digitPrefix(s, base); n == 0 || n != len(s) {
		return math.NaN()
	}
	if base == 10 {
		return parseDecimal(s)
	}
	if n, err := strconv.ParseUint(s, base, 53); err == nil {
		return float64(n)
	}
	if len(s) > 2048 {
		return math.Inf(1)
	}
	n, ok := new(big.Int).SetString(s, base)
	if !ok {
		return math.NaN()
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	return f
}

func digitPrefix(s string, base int) int {
	i := 0
	for i < len(s) && digitValue(s[i]) < base {
		i++
	}
	return i
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}

// parseFloatPrefix is parseFloat of a string.
func parseFloatPrefix(s string) float64 {
	s = strings.TrimLeftFunc(s, isSpace)
	n := decimalPrefix(s)
	if n == 0 {
		return math.NaN()
	}
	return parseDecimal(s[:n])
}

// parseIntPrefix is parseInt of a string with a radix as given.
func parseIntPrefix(s string, radix int32) float64 {
	s = strings.TrimLeftFunc(s, isSpace)
	sign := 1.0
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	strip := radix == 0 || radix == 16
	if radix == 0 {
		radix = 10
	}
	if radix < 2 || radix > 36 {
		return math.NaN()
	}
	if strip && len(s) >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		s, radix = s[2:], 16
	}
	n := digitPrefix(s, int(radix))
	if n == 0 {
		return math.NaN()
	}
	return sign * digitsToNumber(s[:n], int(radix))
}

// toInt32 is JavaScript's ToInt32.
func toInt32(f float64) int32 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	n := math.Mod(math.Trunc(f), 1<<32)
	if n < 0 {
		n += 1 << 32
	}
	return int32(uint32(n))
}

// toIndex is ToIntegerOrInfinity, held within what an int can be.
func toIndex(f float64) int {
	switch {
	case math.IsNaN(f):
		return 0
	case f > math.MaxInt32:
		return math.MaxInt32
	case f < math.MinInt32:
		return math.MinInt32
	}
	return int(f)
}

// roundHalfUp is Math.round.
func roundHalfUp(f float64) float64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		floor++
	}
	if floor == 0 && (f < 0 || (f == 0 && math.Signbit(f))) {
		return math.Copysign(0, -1)
	}
	return floor
}

// power is Math.pow: unlike C's, 1 to the power of NaN or Infinity is NaN. Whole
// exponents and small fractions of two are worked out in high precision and rounded
// once, which math.Pow does not.
func power(base, exponent float64) float64 {
	if math.IsNaN(exponent) || (math.Abs(base) == 1 && math.IsInf(exponent, 0)) {
		return math.NaN()
	}
	const precision, most, roots = 512, 4096, 5
	whole, n := exponent, 0
	for whole != math.Trunc(whole) && n < roots {
		whole *= 2
		n++
	}
	if base == 0 || math.IsNaN(base) || math.IsInf(base, 0) || n > 0 && base < 0 || whole != math.Trunc(whole) || math.Abs(whole) > most {
		return math.Pow(base, exponent)
	}
	factor := new(big.Float).SetPrec(precision).SetFloat64(base)
	for range n {
		factor.Sqrt(factor)
	}
	product := new(big.Float).SetPrec(precision).SetInt64(1)
	for k := int(math.Abs(whole)); k > 0; k >>= 1 {
		if k&1 == 1 {
			product.Mul(product, factor)
		}
		factor.Mul(factor, factor)
	}
	if exponent < 0 {
		product.Quo(new(big.Float).SetPrec(precision).SetInt64(1), product)
	}
	f, _ := product.Float64()
	return f
}
