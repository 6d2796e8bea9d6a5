package explore

import (
	"fmt"
	"math/big"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

func addNumbers(m map[string]form) {
	m["java.math.BigInteger"] = func(d *Decoder, o graph.Object) report.Value {
		n, ok := d.bigInteger(o)
		if !ok {
			return report.Value{}
		}
		return report.Name(n.String())
	}
	m["java.math.BigDecimal"] = bigDecimal
}

// maxWords of a BigInteger are decoded: some 1,200 decimal digits.
const maxWords = 128

// bigInteger reads a sign and a magnitude, the most significant int first.
func (d *Decoder) bigInteger(o graph.Object) (*big.Int, bool) {
	sign, ok := d.r.Int(o, "signum")
	mag := d.r.Ref(o, "mag")
	if !ok || mag == graph.NoObject || d.h.Length(mag) > maxWords || !d.c.Load(mag) {
		return nil, false
	}
	if k := d.h.Class(d.h.ClassOf(mag)); !k.IsArray || k.Elem != hprof.Int {
		return nil, false
	}
	n := new(big.Int).SetBytes(d.c.Body())
	if sign < 0 {
		n.Neg(n)
	}
	return n, true
}

// inflated is BigDecimal.INFLATED: the unscaled value is in intVal.
const inflated = -1 << 63

// maxScale is how many zeros are written out.
const maxScale = 100

func bigDecimal(d *Decoder, o graph.Object) report.Value {
	scale, ok := d.r.Int(o, "scale")
	if !ok {
		return report.Value{}
	}
	compact, has := d.r.Int(o, "intCompact")
	unscaled := big.NewInt(compact)
	if !has || compact == inflated {
		if unscaled, ok = d.bigInteger(d.r.Ref(o, "intVal")); !ok {
			return report.Value{}
		}
	}
	return report.Name(decimal(unscaled, scale))
}

// decimal writes unscaled × 10^-scale.
func decimal(unscaled *big.Int, scale int64) string {
	digits := unscaled.String()
	if scale == 0 {
		return digits
	}
	if scale < 0 || scale > maxScale {
		return fmt.Sprintf("%sE%d", digits, -scale)
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for int64(len(digits)) <= scale {
		digits = "0" + digits
	}
	at := len(digits) - int(scale)
	return sign + digits[:at] + "." + digits[at:]
}
