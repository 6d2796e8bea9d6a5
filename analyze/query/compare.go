package query

import (
	"cmp"
	"encoding/binary"
	"math"
	"strings"

	"heapcause/graph"
)

// classObject turns a class into its class object, where the dump has one.
func classObject(h *graph.Heap, v Value) Value {
	if v.kind == kindClass {
		if o := h.Class(graph.Class(v.bits)).Object; o != graph.NoObject {
			return objectValue(o)
		}
	}
	return v
}

// equal is the = of queries: null equals null alone; numbers compare as numbers, an object also with its address or id.
func equal(h *graph.Heap, a, b Value) bool {
	if a.kind == kindNull || b.kind == kindNull {
		return a.kind == b.kind
	}
	if a.kind > b.kind {
		a, b = b, a
	}
	switch {
	case a.kind == b.kind && (a.kind == kindInt || a.kind == kindBool || a.kind == kindChar || a.kind == kindAddr || a.kind == kindObject || a.kind == kindClass):
		return a.bits == b.bits
	case a.number() && b.number():
		return a.float() == b.float() && (a.kind == kindFloat || b.kind == kindFloat || a.bits == b.bits)
	case a.kind == kindBool && b.number():
		return b.float() == float64(a.bits)
	case a.kind == kindText && b.kind == kindText:
		return a.s == b.s
	case a.kind == kindChar && b.kind == kindText:
		return a.char() == b.s
	case b.kind == kindClass:
		return b.kind != a.kind && equalObject(h, a, classObject(h, b))
	case b.kind == kindObject:
		return equalObject(h, a, b)
	case a.kind == kindList && b.kind == kindList:
		return equalLists(h, a.ref.(*list), b.ref.(*list))
	case a.kind == kindRow && b.kind == kindRow:
		x, y := a.ref.(*record), b.ref.(*record)
		for i := range x.vals {
			if i >= len(y.vals) || !equal(h, x.vals[i], y.vals[i]) {
				return false
			}
		}
		return len(x.vals) == len(y.vals)
	}
	return false
}

func equalObject(h *graph.Heap, a, o Value) bool {
	switch {
	case o.kind != kindObject:
		return false
	case a.kind == kindAddr:
		return h.Addr(graph.Object(o.bits)) == a.bits
	case a.kind == kindInt, a.kind == kindObject:
		return a.bits == o.bits
	}
	return false
}

func equalLists(h *graph.Heap, a, b *list) bool {
	n := a.n()
	if n != b.n() || n > maxList {
		return false
	}
	for i := range n {
		if !equal(h, a.at(i), b.at(i)) {
			return false
		}
	}
	return true
}

// compare orders two values; false for what has no order: null, or kinds that do not compare.
func compare(h *graph.Heap, a, b Value) (int, bool) {
	switch {
	case a.kind == kindNull || b.kind == kindNull:
		return 0, false
	case a.number() && b.number():
		if a.kind == kindFloat || b.kind == kindFloat {
			x, y := a.float(), b.float()
			return cmp.Compare(x, y), x == x && y == y
		}
		if a.kind == kindAddr || b.kind == kindAddr {
			return cmp.Compare(a.bits, b.bits), true
		}
		return cmp.Compare(int64(a.bits), int64(b.bits)), true
	case a.kind == kindText && b.kind == kindText:
		return strings.Compare(a.s, b.s), true
	case a.kind == kindText && b.kind == kindChar:
		return strings.Compare(a.s, b.char()), true
	case a.kind == kindChar && b.kind == kindText:
		return strings.Compare(a.char(), b.s), true
	case a.kind == kindBool && b.kind == kindBool:
		return cmp.Compare(a.bits, b.bits), true
	case a.kind == kindClass && b.kind == kindClass:
		x, y := h.Class(graph.Class(a.bits)), h.Class(graph.Class(b.bits))
		return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(a.bits, b.bits)), true
	}
	a, b = classObject(h, a), classObject(h, b)
	if a.kind == kindObject && b.kind == kindObject {
		return cmp.Compare(a.bits, b.bits), true
	}
	return 0, false
}

// sortOrder orders any two values: null first, then by kind.
func sortOrder(h *graph.Heap, a, b Value) int {
	if c, ok := compare(h, a, b); ok {
		return c
	}
	if a.kind == b.kind && a.kind == kindFloat {
		return cmp.Compare(a.float(), b.float()) // NaN first
	}
	if c := cmp.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	if a.kind == kindList || a.kind == kindRow {
		return cmp.Compare(string(appendKey(h, nil, a)), string(appendKey(h, nil, b)))
	}
	return 0
}

// appendKey appends bytes that are equal for equal values: the key of groups and distinct rows.
func appendKey(h *graph.Heap, b []byte, v Value) []byte {
	switch v.kind {
	case kindFloat:
		f := v.float()
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 { // equals an integer
			return appendKey(h, b, intValue(int64(f)))
		}
	case kindClass:
		if v = classObject(h, v); v.kind == kindClass {
			break
		}
	case kindChar:
		return appendKey(h, b, textValue(v.char()))
	case kindText:
		b = append(b, byte(kindText))
		b = binary.AppendUvarint(b, uint64(len(v.s)))
		return append(b, v.s...)
	case kindList:
		b = append(b, byte(kindList))
		l := v.ref.(*list)
		b = binary.AppendVarint(b, l.n())
		n := 0
		l.each(func(v Value) bool {
			b = appendKey(h, b, v)
			n++
			return n < maxList
		})
		return b
	case kindRow:
		b = append(b, byte(kindRow))
		for _, x := range v.ref.(*record).vals {
			b = appendKey(h, b, x)
		}
		return b
	}
	b = append(b, byte(v.kind))
	return binary.BigEndian.AppendUint64(b, v.bits)
}

// maxList bounds what is looked at of lists that are compared or shown.
const maxList = 1 << 20
