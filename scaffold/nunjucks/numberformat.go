package nunjucks

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// JavaScript rounds exact halves away from zero where Go rounds them to even, so
// digits are made from the exact value.

// exact is f in full: every finite float64 is a finite decimal fraction.
func exact(f float64) *big.Float { return new(big.Float).SetPrec(1200).SetFloat64(f) }

// roundedFixed is |f| with digits decimals, halves rounded up.
func roundedFixed(f float64, digits int) string {
	scale := new(big.Float).SetPrec(1200).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	scaled := new(big.Float).SetPrec(1600).Mul(exact(math.Abs(f)), scale)
	n, _ := scaled.Add(scaled, big.NewFloat(0.5)).Int(nil)
	s := n.String()
	if digits == 0 {
		return s
	}
	if len(s) <= digits {
		s = strings.Repeat("0", digits-len(s)+1) + s
	}
	return s[:len(s)-digits] + "." + s[len(s)-digits:]
}

// toFixed is Number.prototype.toFixed.
func toFixed(f float64, digits int) string {
	if math.IsNaN(f) || math.Abs(f) >= 1e21 {
		return formatNumber(f)
	}
	s := roundedFixed(f, digits)
	if f < 0 {
		return "-" + s
	}
	return s
}

// significant returns digits and the exponent of |f| rounded to n digits.
func significant(f float64, n int) (digits string, exponent int) {
	if f == 0 {
		return strings.Repeat("0", n), 0
	}
	mantissa, exp, _ := strings.Cut(exact(math.Abs(f)).Text('e', 1100), "e")
	exponent, _ = strconv.Atoi(exp)
	all := strings.Replace(mantissa, ".", "", 1)
	number, _ := new(big.Int).SetString(all[:n], 10)
	if all[n] >= '5' {
		number.Add(number, big.NewInt(1))
	}
	digits = number.String()
	if len(digits) > n {
		digits = digits[:n]
		exponent++
	}
	return digits, exponent
}

// toExponential is Number.prototype.toExponential; digits -1 is as many as needed.
func toExponential(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return formatNumber(f)
	}
	if digits < 0 {
		return shortExponent(strconv.FormatFloat(f, 'e', -1, 64))
	}
	d, e := significant(f, digits+1)
	return sign(f) + exponentForm(d, e)
}

// toPrecision is Number.prototype.toPrecision.
func toPrecision(f float64, n int) string {
	d, e := significant(f, n)
	switch {
	case e < -6 || e >= n:
		return sign(f) + exponentForm(d, e)
	case e == n-1:
		return sign(f) + d
	case e >= 0:
		return sign(f) + d[:e+1] + "." + d[e+1:]
	}
	return sign(f) + "0." + strings.Repeat("0", -e-1) + d
}

func sign(f float64) string {
	if f < 0 {
		return "-"
	}
	return ""
}

func exponentForm(digits string, exponent int) string {
	s := digits[:1]
	if len(digits) > 1 {
		s += "." + digits[1:]
	}
	if exponent >= 0 {
		return s + "e+" + strconv.Itoa(exponent)
	}
	return s + "e" + strconv.Itoa(exponent)
}

// toRadix is Number.prototype.toString(radix). Fractions in other bases than ten
// carry the digits that tell the number from its neighbours.
func toRadix(f float64, radix int) string {
	if radix == 10 || math.IsNaN(f) || math.IsInf(f, 0) {
		return formatNumber(f)
	}
	whole, fraction := math.Modf(math.Abs(f))
	n, _ := exact(whole).Int(nil)
	s := sign(f) + n.Text(radix)
	if fraction == 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s + ".")
	a := math.Abs(f)
	delta := math.Max(0.5*(math.Nextafter(a, math.Inf(1))-a), math.SmallestNonzeroFloat64)
	for fraction >= delta {
		fraction *= float64(radix)
		delta *= float64(radix)
		digit := math.Floor(fraction)
		fraction -= digit
		if fraction > 0.5 || (fraction == 0.5 && int(digit)&1 == 1) {
			if fraction+delta > 1 {
				return roundUp(b.String(), int(digit), radix)
			}
		}
		b.WriteByte(radixDigit(int(digit)))
	}
	return b.String()
}

// roundUp appends digit plus one to s, carrying within the fraction.
func roundUp(s string, digit, radix int) string {
	digits := []byte(s)
	for digit+1 >= radix && digits[len(digits)-1] != '.' {
		digit = digitValue(digits[len(digits)-1])
		digits = digits[:len(digits)-1]
	}
	if digit+1 < radix {
		return string(append(digits, radixDigit(digit+1)))
	}
	n, _ := new(big.Int).SetString(string(digits[:len(digits)-1]), radix)
	return n.Add(n, big.NewInt(1)).Text(radix)
}

func radixDigit(d int) byte { return "0123456789abcdefghijklmnopqrstuvwxyz"[d] }
