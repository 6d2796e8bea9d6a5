package query

import (
	"math"
	"strings"

	"heapcause/graph"
	"heapcause/report/redact"
)

// function is a built-in function.
type function struct {
	args     string // as docs write them
	min, max int
	doc      string
	dump     bool // the dump is read for it
	call     func(w *worker, args []Value) Value
}

// aggregates are the functions over the rows of a group.
var aggregates = map[string]string{
	"COUNT": "rows (COUNT(*)), values that are not null, or with DISTINCT different values",
	"SUM":   "sum of the numbers; null where there is none",
	"AVG":   "mean of the numbers; null where there is none",
	"MIN":   "the least value",
	"MAX":   "the greatest value",
}

// allFunctions returns the functions by their names in lower case.
func allFunctions() map[string]function {
	return map[string]function{
		"tostring":    {"x", 1, 1, "what is known of an object: a string's text, a thread's or class's name, the number in a box, \"\" otherwise; numbers as text", true, toStringOf},
		"tohex":       {"n", 1, 1, "a number in hexadecimal digits", false, toHex},
		"classof":     {"x", 1, 1, "the class of an object", false, func(w *worker, a []Value) Value { return classOf(w, a[0]) }},
		"inbounds":    {"x", 1, 1, "the objects that refer to x", false, inbounds},
		"inbound":     {"x", 1, 1, "the same as inbounds", false, inbounds},
		"outbounds":   {"x", 1, 1, "the objects that x refers to", true, outbounds},
		"outbound":    {"x", 1, 1, "the same as outbounds", true, outbounds},
		"dominators":  {"x", 1, 1, "the objects that x immediately dominates", false, dominated},
		"dominated":   {"x", 1, 1, "the same as dominators", false, dominated},
		"dominatorof": {"x", 1, 1, "the immediate dominator, null for none", false, dominatorOf},
		"eval":        {"x", 1, 1, "x itself: lets [ ] and . follow a sub-select", false, func(_ *worker, a []Value) Value { return a[0] }},
		"elements":    {"x", 1, 1, "the elements of an array, list, set or queue, the entries of a map", true, func(w *worker, a []Value) Value { return w.elements(a[0]) }},
		"size":        {"x", 1, 1, "how many elements, entries or characters", true, func(w *worker, a []Value) Value { return sizeOf(w, a[0]) }},
		"shallow":     {"x", 1, 1, "shallow size in bytes", false, attr("usedHeapSize")},
		"retained":    {"x", 1, 1, "retained size in bytes", false, attr("retainedHeapSize")},
		"strength":    {"x", 1, 1, "how it is held: strong, soft, finalizer, weak, phantom or unreachable", false, attr("strength")},
		"address":     {"x", 1, 1, "address of an object", false, attr("objectAddress")},
		"path":        {"x", 1, 1, "a shortest path from a GC root, with the names of fields", true, pathOf},
		"root":        {"x", 1, 1, "the GC root that this path begins with, and its kind", true, rootOf},
		"holder":      {"x", 1, 1, "the nearest object or class on this path that is not of the Java platform, or the first of it", true, holderOf},
		"reference":   {"x, y", 2, 2, "the name of the reference from x to y, null for none", true, referenceName},
		"sql":         {"text", 1, 1, "the shape of an SQL statement: no literals, no comments", true, sqlShape},
		"length":      {"x", 1, 1, "characters of a text, elements of an array", true, func(w *worker, a []Value) Value { return sizeOf(w, a[0]) }},
		"lower":       {"text", 1, 1, "in lower case", true, ofText(strings.ToLower)},
		"upper":       {"text", 1, 1, "in upper case", true, ofText(strings.ToUpper)},
		"substring":   {"text, from[, to]", 2, 3, "a part of a text, counted from 0, to not included", true, substring},
		"coalesce":    {"x, …", 1, 16, "the first that is not null", false, coalesce},
		"if":          {"condition, x, y", 3, 3, "x where the condition holds, else y", false, choose},
		"abs":         {"n", 1, 1, "without its sign", false, ofNumber(math.Abs)},
		"round":       {"n", 1, 1, "to the nearest whole number", false, ofNumber(math.Round)},
		"floor":       {"n", 1, 1, "to the whole number at or below", false, ofNumber(math.Floor)},
		"bytes":       {"n", 1, 1, "a number, shown as a size", false, asUnit(bytesUnit)},
		"time":        {"ms", 1, 1, "milliseconds since 1970, shown as a time", false, asUnit(timeUnit)},
	}
}

// attr makes a function of an attribute.
func attr(name string) func(*worker, []Value) Value {
	return func(w *worker, a []Value) Value { return w.attrs[name].get(w, w.thing(a[0])) }
}

// thing turns the number of an object into the object.
func (w *worker) thing(v Value) Value {
	if v.kind == kindInt || v.kind == kindRow {
		if o, ok := w.asObject(v); ok {
			return objectValue(o)
		}
		return Value{}
	}
	return v
}

func toStringOf(w *worker, a []Value) Value {
	switch v := a[0]; v.kind {
	case kindObject:
		d := w.decoded(graph.Object(v.bits))
		if d.kind == kindNull {
			return textValue("")
		}
		return d
	case kindRow:
		if r := v.ref.(*record); len(r.vals) == 1 {
			return toStringOf(w, r.vals)
		}
	}
	return w.text(a[0])
}

func toHex(_ *worker, a []Value) Value {
	if !a[0].number() || a[0].kind == kindFloat {
		return Value{}
	}
	v := Value{kind: kindAddr, bits: a[0].bits}
	return Value{kind: kindText, s: v.literal(), content: a[0].content}
}

// lazyObjects is a list of the objects that a walk finds.
func lazyObjects(n func() int64, walk func(fn func(graph.Object) bool)) *list {
	return &list{n: n, each: func(fn func(Value) bool) {
		walk(func(o graph.Object) bool { return fn(objectValue(o)) })
	}}
}

func inbounds(w *worker, a []Value) Value {
	o, ok := w.asObject(a[0])
	if !ok {
		return Value{}
	}
	return listValue(lazyObjects(func() int64 { return w.h.InDegree(o) }, func(fn func(graph.Object) bool) {
		w.h.EachIn(o, func(x graph.Object) bool { return !w.failed() && fn(x) })
	}))
}

func outbounds(w *worker, a []Value) Value {
	o, ok := w.asObject(a[0])
	if !ok {
		return Value{}
	}
	walk := func(fn func(graph.Object) bool) {
		w.h.EachEdge(o, func(e graph.Edge) bool { return !w.failed() && fn(e.To) })
	}
	return listValue(lazyObjects(func() int64 {
		n := int64(0)
		walk(func(graph.Object) bool {
			n++
			return true
		})
		return n
	}, walk))
}

func dominated(w *worker, a []Value) Value {
	o, ok := w.asObject(a[0])
	if !ok {
		return Value{}
	}
	l := lazyObjects(func() int64 { return w.h.NumDominated(o) }, func(fn func(graph.Object) bool) {
		w.h.EachDominated(o, func(x graph.Object) bool { return !w.failed() && fn(x) })
	})
	l.has = func(v Value) (bool, bool) {
		x, ok := w.asObject(v)
		return ok && w.h.Idom(x) == o, true
	}
	return listValue(l)
}

func dominatorOf(w *worker, a []Value) Value {
	o, ok := w.asObject(a[0])
	if !ok {
		return Value{}
	}
	return objectValue(w.h.Idom(o))
}

func sizeOf(w *worker, v Value) Value {
	if v.kind == kindObject {
		if _, ok := w.stringBytes(graph.Object(v.bits)); ok {
			return lengthOf(w, w.decoded(graph.Object(v.bits)))
		}
		if v = w.elements(v); v.kind == kindNull {
			return v
		}
	}
	return lengthOf(w, v)
}

func referenceName(w *worker, a []Value) Value {
	from, ok := w.asObject(a[0])
	to, ok2 := w.asObject(a[1])
	if !ok || !ok2 {
		return Value{}
	}
	e, ok := w.h.Label(from, to)
	if !ok {
		return Value{}
	}
	return textValue(w.h.EdgeText(e.Label))
}

// sqlShape holds nothing of the literals, so it is shown unmasked.
func sqlShape(w *worker, a []Value) Value {
	t := w.asText(a[0])
	if t.kind == kindNull {
		return t
	}
	return Value{kind: kindText, unit: sqlUnit, content: t.content, s: redact.NormalizeSQL(t.s)}
}

// asText turns a value into a text, strings of the dump included.
func (w *worker) asText(v Value) Value {
	if v.kind == kindObject {
		return w.decoded(graph.Object(v.bits))
	}
	return w.text(v)
}

func ofText(f func(string) string) func(*worker, []Value) Value {
	return func(w *worker, a []Value) Value {
		t := w.asText(a[0])
		t.s = f(t.s)
		return t
	}
}

func substring(w *worker, a []Value) Value {
	t := w.asText(a[0])
	if t.kind == kindNull || a[1].kind != kindInt {
		return Value{}
	}
	rs := []rune(t.s)
	from, to := int64(a[1].bits), int64(len(rs))
	if len(a) > 2 {
		if a[2].kind != kindInt {
			return Value{}
		}
		to = min(to, int64(a[2].bits))
	}
	t.s = ""
	if from = max(from, 0); from < to {
		t.s = string(rs[from:to])
	}
	return t
}

func coalesce(_ *worker, a []Value) Value {
	for _, v := range a {
		if v.kind != kindNull {
			return v
		}
	}
	return Value{}
}

func choose(_ *worker, a []Value) Value {
	if a[0].truth() {
		return a[1]
	}
	return a[2]
}

func ofNumber(f func(float64) float64) func(*worker, []Value) Value {
	return func(_ *worker, a []Value) Value {
		v := a[0]
		switch {
		case !v.number():
			return Value{}
		case v.kind == kindFloat:
			return wholeOr(f(v.float()), v)
		case f(-0.5) == 0.5 && int64(v.bits) < 0: // abs
			v.bits = -v.bits
		}
		return v
	}
}

// wholeOr turns a float that is a whole number into one.
func wholeOr(f float64, like Value) Value {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return Value{kind: kindInt, unit: like.unit, content: like.content, bits: uint64(int64(f))}
	}
	out := floatValue(f)
	out.unit, out.content = like.unit, like.content
	return out
}

func asUnit(u unit) func(*worker, []Value) Value {
	return func(_ *worker, a []Value) Value {
		if !a[0].number() {
			return Value{}
		}
		v := a[0]
		if v.kind == kindFloat {
			v = wholeOr(math.Round(v.float()), v)
		}
		v.unit = u
		return v
	}
}
