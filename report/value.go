package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"heapcause/report/redact"
)

// Text is a string with its origin. Only redact.Policy makes one that holds
// contents of the dump, and that masks it unless told not to.
type Text = redact.Text

// Kinds of a Value that are numbers. The kinds of Text (redact.Plain,
// redact.Value, redact.SQL, redact.URL) are kinds of a Value too.
const (
	KindCount    = "count"    // a number of things
	KindBytes    = "bytes"    // a size in bytes
	KindNumber   = "number"   // any other integer, shown without grouping
	KindShare    = "share"    // a fraction from 0 to 1
	KindFloat    = "float"    // any other number, not rounded
	KindDuration = "duration" // milliseconds
	KindTime     = "time"     // milliseconds since 1970, UTC
	KindAddress  = "address"  // an object
	KindNone     = "none"     // nothing: an empty cell
)

// Value is one figure or text in a fact or a table cell. The zero Value is an
// empty cell. Values are comparable with ==.
type Value struct {
	kind   string
	number int64
	share  float64 // or float
	text   Text
}

// Count is a number of things.
func Count(n int64) Value { return Value{kind: KindCount, number: n} }

// Bytes is a size in bytes.
func Bytes(n int64) Value { return Value{kind: KindBytes, number: n} }

// Number is an integer that is neither a count nor a size: an id, a port, a state.
func Number(n int64) Value { return Value{kind: KindNumber, number: n} }

// Share is a fraction from 0 to 1, kept to six decimals so that its JSON form
// does not depend on the order of a summation.
func Share(f float64) Value { return Value{kind: KindShare, share: RoundShare(f)} }

// Float is a number that need not be an integer. What is none, or infinite, is a text: JSON cannot write it.
func Float(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Name(strings.TrimPrefix(fmt.Sprint(f), "+"))
	}
	return Value{kind: KindFloat, share: f}
}

// Duration is a span of time, kept to the millisecond.
func Duration(d time.Duration) Value {
	return Value{kind: KindDuration, number: d.Milliseconds()}
}

// Time is a moment, kept to the millisecond. One outside of the years 1 to 9999
// is a plain Number of milliseconds since 1970: a dump's fields hold anything,
// and JSON's times end there.
func Time(t time.Time) Value {
	if !Writable(t) {
		return Number(t.UnixMilli())
	}
	return Value{kind: KindTime, number: t.UnixMilli()}
}

// Writable reports whether a time can be written in JSON.
func Writable(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1 && y <= 9999
}

// Object is the address of an object.
func Object(a Address) Value { return Value{kind: KindAddress, number: int64(a)} }

// Name is a text that is not content of the dump: the name of a class, field
// or thread, or the program's own words.
func Name(s string) Value { return Value{kind: redact.Plain, text: redact.Name(s)} }

// Content is a text made by redact.Policy.
func Content(t Text) Value { return Value{kind: t.Kind(), text: t} }

// Kind is one of the Kind constants or a kind of Text.
func (v Value) Kind() string {
	if v.kind == "" {
		return KindNone
	}
	return v.kind
}

// Int is the number of a count, size, number, duration (milliseconds) or time
// (milliseconds since 1970).
func (v Value) Int() int64 { return v.number }

// Fraction is the fraction of a share, or the number of a float.
func (v Value) Fraction() float64 { return v.share }

// Address is the address of an address value.
func (v Value) Address() Address { return Address(v.number) }

// Text is the text of a text value.
func (v Value) Text() Text { return v.text }

// IsText reports whether the value is a text.
func (v Value) IsText() bool {
	switch v.kind {
	case redact.Plain, redact.Value, redact.SQL, redact.URL:
		return true
	}
	return false
}

// RoundShare rounds a fraction to six decimals; what is not a number becomes 0.
func RoundShare(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return math.Round(f*1e6) / 1e6
}

// valueJSON is the JSON form of a Value: kind and exactly one of the others
// (none for KindNone).
type valueJSON struct {
	Kind    string       `json:"kind"`
	Number  *json.Number `json:"number,omitempty"`
	Address *Address     `json:"address,omitempty"`
	Time    *time.Time   `json:"time,omitempty"`
	Text    *string      `json:"text,omitempty"`
	Masked  bool         `json:"masked,omitempty"`
}

// MarshalJSON writes {"kind":…} with "number", "address", "time" or "text" and
// "masked" as the kind asks.
func (v Value) MarshalJSON() ([]byte, error) {
	j := valueJSON{Kind: v.Kind()}
	switch j.Kind {
	case KindNone:
	case KindShare, KindFloat:
		b, err := json.Marshal(v.share)
		if err != nil {
			return nil, err
		}
		n := json.Number(b)
		j.Number = &n
	case KindAddress:
		a := v.Address()
		j.Address = &a
	case KindTime:
		t := time.UnixMilli(v.number).UTC()
		j.Time = &t
	case KindCount, KindBytes, KindNumber, KindDuration:
		n := json.Number(fmt.Sprint(v.number))
		j.Number = &n
	default:
		s := v.text.String()
		j.Text, j.Masked = &s, v.text.Masked()
	}
	return marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(data []byte) error {
	var j valueJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	parsed, err := j.value()
	if err != nil {
		return fmt.Errorf("report: value of kind %q: %w", j.Kind, err)
	}
	*v = parsed
	return nil
}

func (j valueJSON) value() (Value, error) {
	v := Value{kind: j.Kind}
	missing := fmt.Errorf("its content is missing")
	switch j.Kind {
	case KindNone:
		return Value{}, nil
	case KindAddress:
		if j.Address == nil {
			return v, missing
		}
		v.number = int64(*j.Address)
	case KindTime:
		if j.Time == nil {
			return v, missing
		}
		v.number = j.Time.UnixMilli()
	case KindShare, KindFloat, KindCount, KindBytes, KindNumber, KindDuration:
		if j.Number == nil {
			return v, missing
		}
		var err error
		if j.Kind == KindShare || j.Kind == KindFloat {
			v.share, err = j.Number.Float64()
		} else {
			v.number, err = j.Number.Int64()
		}
		return v, err
	default:
		if j.Text == nil {
			return v, missing
		}
		t, err := redact.Restore(j.Kind, *j.Text, j.Masked)
		if err != nil {
			return v, err
		}
		v.text = t
	}
	return v, nil
}
