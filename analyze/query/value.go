package query

import (
	"math"
	"strconv"
	"strings"

	"heapcause/graph"
)

// kind is what a value is.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInt
	kindFloat
	kindChar
	kindAddr
	kindText
	kindObject // bits: graph.Object
	kindClass  // bits: graph.Class
	kindList
	kindRow
	kindSnapshot
)

// unit says how a number is to be shown.
type unit uint8

const (
	noUnit unit = iota
	bytesUnit
	countUnit
	timeUnit
	sqlUnit // of a text: the shape of a statement
	idUnit  // an object's number
)

// Value is what an expression yields. The zero Value is null.
type Value struct {
	kind    kind
	unit    unit
	content bool // what the dump's strings hold: masked when shown
	bits    uint64
	s       string
	ref     any // *list or *record
}

func boolValue(b bool) Value {
	if b {
		return Value{kind: kindBool, bits: 1}
	}
	return Value{kind: kindBool}
}

func intValue(n int64) Value     { return Value{kind: kindInt, bits: uint64(n)} }
func countValue(n int64) Value   { return Value{kind: kindInt, unit: countUnit, bits: uint64(n)} }
func bytesValue(n int64) Value   { return Value{kind: kindInt, unit: bytesUnit, bits: uint64(n)} }
func floatValue(f float64) Value { return Value{kind: kindFloat, bits: math.Float64bits(f)} }
func charValue(c uint64) Value   { return Value{kind: kindChar, bits: c} }
func textValue(s string) Value   { return Value{kind: kindText, s: s} }

// contentValue is a text that is content of the dump.
func contentValue(s string) Value { return Value{kind: kindText, s: s, content: true} }

func objectValue(o graph.Object) Value {
	if o == graph.NoObject {
		return Value{}
	}
	return Value{kind: kindObject, bits: uint64(o)}
}

func classValue(c graph.Class) Value {
	if c == graph.NoClass {
		return Value{}
	}
	return Value{kind: kindClass, bits: uint64(c)}
}

func (v *Value) float() float64 {
	if v.kind == kindFloat {
		return math.Float64frombits(v.bits)
	}
	if v.kind == kindAddr {
		return float64(v.bits)
	}
	return float64(int64(v.bits))
}

func (v *Value) number() bool {
	switch v.kind {
	case kindInt, kindFloat, kindAddr, kindChar:
		return true
	}
	return false
}

// truth is what a value means as a condition: 0, "", null and false are false.
func (v *Value) truth() bool {
	switch v.kind {
	case kindNull:
		return false
	case kindBool, kindInt, kindChar, kindAddr:
		return v.bits != 0
	case kindFloat:
		f := v.float()
		return f != 0 && f == f
	case kindText:
		return v.s != ""
	}
	return true
}

// char is a char as a text.
func (v *Value) char() string { return string(rune(v.bits)) }

// literal prints a literal so that it is read again.
func (v Value) literal() string {
	switch v.kind {
	case kindBool:
		return strconv.FormatBool(v.bits != 0)
	case kindInt:
		return strconv.FormatInt(int64(v.bits), 10)
	case kindFloat:
		s := strconv.FormatFloat(v.float(), 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case kindAddr:
		return "0x" + strconv.FormatUint(v.bits, 16)
	case kindChar:
		return quoted(v.char(), '\'')
	case kindText:
		return quoted(v.s, '"')
	}
	return "null"
}

// list is a list whose elements are made when they are asked for.
type list struct {
	n    func() int64
	each func(fn func(Value) bool)
	// has reports whether a value is in the list; nil: by looking at all.
	has func(Value) (found, known bool)
	// get returns an element; nil: by counting.
	get func(i int64) Value
}

func listValue(l *list) Value { return Value{kind: kindList, ref: l} }

func sliceList(vs []Value) *list {
	return &list{
		n: func() int64 { return int64(len(vs)) },
		each: func(fn func(Value) bool) {
			for i := range vs {
				if !fn(vs[i]) {
					return
				}
			}
		},
		get: func(i int64) Value { return vs[i] },
	}
}

// at returns element i, null where there is none.
func (l *list) at(i int64) Value {
	if i < 0 || l.get != nil && i >= l.n() {
		return Value{}
	}
	if l.get != nil {
		return l.get(i)
	}
	var out Value
	l.each(func(v Value) bool {
		if i == 0 {
			out = v
		}
		i--
		return i >= 0
	})
	return out
}

// sub is the part from one index to another, the last not included.
func (l *list) sub(from, to int64) *list {
	from = max(from, 0)
	n := max(min(to, l.n())-from, 0)
	return &list{
		n: func() int64 { return n },
		each: func(fn func(Value) bool) {
			i := int64(0)
			l.each(func(v Value) bool {
				if i >= from && i < from+n && !fn(v) {
					return false
				}
				i++
				return i < from+n
			})
		},
		get: func(i int64) Value { return l.at(from + i) },
	}
}

// record is a row of a sub-select, or an entry of a map.
type record struct {
	names []string
	vals  []Value
}

func rowValue(r *record) Value { return Value{kind: kindRow, ref: r} }

func (r *record) get(name string) (Value, bool) {
	for i, n := range r.names {
		if n == name {
			return r.vals[i], true
		}
	}
	return Value{}, false
}
