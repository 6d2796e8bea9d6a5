package explore

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// Condition compares a field with a value.
type Condition struct {
	Class, Field string // Class is "" for the field of any class
	Op           string // one of Operators
	Value        string // as it was written
}

// Operators are what a condition compares with, the longer before those that they begin with.
var Operators = []string{"!=", "<=", ">=", "=", "<", ">"}

// ParseCondition reads "Class::field=VALUE" or "field>VALUE".
func ParseCondition(s string) (Condition, error) {
	at := strings.IndexAny(s, "!=<>")
	if at > 0 {
		for _, op := range Operators {
			value, ok := strings.CutPrefix(s[at:], op)
			if !ok {
				continue
			}
			c := Condition{Field: strings.TrimSpace(s[:at]), Op: op, Value: strings.TrimSpace(value)}
			if i := strings.LastIndex(c.Field, "::"); i >= 0 {
				c.Class, c.Field = c.Field[:i], c.Field[i+2:]
			}
			if c.Field != "" {
				return c, nil
			}
		}
	}
	return Condition{}, &SelectorError{fmt.Sprintf("%q is no condition on a field", s), "write Class::field=VALUE; other operators are " + strings.Join(Operators[:3], ", ") + ", <, >"}
}

// operand is the value of a condition in all forms that it can be read as.
type operand struct {
	text    string
	number  float64
	integer int64
	moment  int64 // milliseconds since 1970
	addr    uint64

	isNumber, isInteger, isTime, isAddr bool
}

func parseOperand(s string) operand {
	o := operand{text: s}
	var err error
	if o.number, err = strconv.ParseFloat(s, 64); err == nil {
		o.isNumber = true
	}
	if o.integer, err = strconv.ParseInt(s, 10, 64); err == nil {
		o.isInteger = true
	}
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		o.addr, err = strconv.ParseUint(digits, 16, 64)
		o.isAddr = err == nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			o.moment, o.isTime = t.UnixMilli(), true
			break
		}
	}
	return o
}

// holds compares a field with the operand. It is false where they cannot be compared, whatever the operator.
func (o *operand) holds(op string, d *Decoder, t hprof.Type, bits uint64) bool {
	if t != hprof.Object {
		return o.primitive(op, t, bits)
	}
	if o.text == "null" || bits == 0 {
		same := (bits == 0) == (o.text == "null")
		return op == "=" && same || op == "!=" && !same
	}
	if o.isAddr {
		return decide(op, cmp.Compare(bits, o.addr), true)
	}
	to, ok := d.h.Lookup(bits)
	if !ok {
		return false
	}
	return o.object(op, d, to)
}

func (o *operand) primitive(op string, t hprof.Type, bits uint64) bool {
	switch t {
	case hprof.Boolean:
		return decide(op, strings.Compare(fmt.Sprint(bits != 0), o.text), o.text == "true" || o.text == "false")
	case hprof.Float:
		return decide(op, cmp.Compare(math.Float32frombits(uint32(bits)), float32(o.number)), o.isNumber)
	case hprof.Double:
		return decide(op, cmp.Compare(math.Float64frombits(bits), o.number), o.isNumber)
	case hprof.Char:
		if r := []rune(o.text); len(r) == 1 && !o.isNumber {
			return decide(op, cmp.Compare(rune(bits), r[0]), true)
		}
	}
	n := Primitive(t, bits).Int()
	if t == hprof.Char {
		n = int64(uint16(bits))
	}
	if o.isInteger {
		return decide(op, cmp.Compare(n, o.integer), true)
	}
	return decide(op, cmp.Compare(float64(n), o.number), o.isNumber)
}

// object compares what an object stands for: a text, a number, a moment.
func (o *operand) object(op string, d *Decoder, to graph.Object) bool {
	v := d.decoded(to)
	switch v.Kind() {
	case report.KindNone, report.KindAddress:
		return false
	case report.KindTime:
		return decide(op, cmp.Compare(v.Int(), o.moment), o.isTime)
	case report.KindFloat:
		return decide(op, cmp.Compare(v.Fraction(), o.number), o.isNumber)
	}
	if v.IsText() {
		return decide(op, strings.Compare(v.Text().String(), o.text), true)
	}
	if o.isInteger {
		return decide(op, cmp.Compare(v.Int(), o.integer), true)
	}
	return decide(op, cmp.Compare(float64(v.Int()), o.number), o.isNumber)
}

// decide applies an operator to the outcome of a comparison.
func decide(op string, order int, ordered bool) bool {
	if !ordered {
		return false
	}
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	}
	return order >= 0
}
