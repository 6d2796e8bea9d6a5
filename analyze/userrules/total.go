package userrules

import (
	"fmt"
	"math"

	"heapcause/report"
)

// total is an aggregate at work.
type total struct {
	*aggregate
	n        int // values that are not null
	whole    int
	fraction float64 // the same for fractions
	mixed    bool    // there was one
}

func totals(list []aggregate) []total {
	out := make([]total, len(list))
	for i := range list {
		out[i].aggregate = &list[i]
	}
	return out
}

// add counts the object at hand.
func (t *total) add(e *evaluator) error {
	v, err := e.value(t.value)
	if err != nil || v == nil {
		return err
	}
	if t.how == countOf {
		b, ok := v.(bool)
		if !ok {
			return t.value.runError(fmt.Errorf("%s: what is counted is neither true nor false", t.name))
		}
		if b {
			t.n++
		}
		return nil
	}
	i, f := 0, 0.0
	switch v := v.(type) {
	case int:
		i, f = v, float64(v)
	case size:
		i, f = int(v), float64(v)
	case float64:
		f, t.mixed = v, true
	default:
		return t.value.runError(fmt.Errorf("%s: %v is no number", t.name, v))
	}
	first := t.n == 0
	t.n++
	switch {
	case t.how == sumOf:
		t.whole, t.fraction = plus(t.whole, i), t.fraction+f
	case first, t.how == maxOf && f > t.fraction, t.how == minOf && f < t.fraction:
		t.whole, t.fraction = i, f
	}
	return nil
}

// plus adds without a turn of the sign.
func plus(a, b int) int {
	switch s := a + b; {
	case b > 0 && s < a:
		return math.MaxInt
	case b < 0 && s > a:
		return math.MinInt
	default:
		return s
	}
}

// result is the number.
func (t *total) result() any {
	switch {
	case t.how == countOf:
		return t.n
	case t.mixed:
		return t.fraction
	}
	return t.whole
}

// cell is the number for a table.
func (t *total) cell() report.Value {
	switch v := t.result().(type) {
	case int:
		return report.Count(int64(v))
	default:
		return report.Name(textOf(v))
	}
}
