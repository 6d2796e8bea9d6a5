package query

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"heapcause/graph"
)

// method is what .name(…) does. The receiver is never null.
type method struct {
	args     string
	min, max int
	doc      string
	dump     bool
	call     func(w *worker, x Value, args []Value) Value
}

// allMethods returns the methods by name. Besides these, getX() and isX() read the attribute @x.
func allMethods() map[string]method {
	return map[string]method{
		"toString":          {"", 0, 0, "what toString(x) says, else class and address", true, func(w *worker, x Value, _ []Value) Value { return w.text(x) }},
		"size":              {"", 0, 0, "how many elements or entries", true, func(w *worker, x Value, _ []Value) Value { return sizeOf(w, x) }},
		"length":            {"", 0, 0, "characters of a text, elements of an array or list", true, func(w *worker, x Value, _ []Value) Value { return sizeOf(w, x) }},
		"isEmpty":           {"", 0, 0, "whether there are no elements or characters", true, isEmpty},
		"get":               {"i", 1, 1, "element i of an array, list or queue, the value of a key in a map, a column of a row", true, getElement},
		"getValueAt":        {"i", 1, 1, "element i of an array of primitives", true, getElement},
		"getReferenceArray": {"[from, n]", 0, 2, "elements of an array of objects", true, referenceArray},
		"getValueArray":     {"[from, n]", 0, 2, "elements of an array of primitives", true, referenceArray},
		"subList":           {"from, to", 2, 2, "a part of a list, to not included", true, subList},
		"toArray":           {"", 0, 0, "the elements", true, func(w *worker, x Value, _ []Value) Value { return w.elements(x) }},
		"iterator":          {"", 0, 0, "the elements", true, func(w *worker, x Value, _ []Value) Value { return w.elements(x) }},
		"next":              {"", 0, 0, "the first element", true, func(w *worker, x Value, _ []Value) Value { return w.index(x, 0) }},
		"getKey":            {"", 0, 0, "key of an entry; an element of a set itself", true, func(_ *worker, x Value, _ []Value) Value { return entryPart(x, "key") }},
		"getValue":          {"", 0, 0, "value of an entry", true, func(_ *worker, x Value, _ []Value) Value { return entryPart(x, "value") }},
		"contains":          {"x", 1, 1, "whether a text has a part, or a list an element", true, contains},
		"containsKey":       {"x", 1, 1, "whether a map has a key", true, containsKey},
		"startsWith":        {"text", 1, 1, "whether a text begins so", true, textTest(strings.HasPrefix)},
		"endsWith":          {"text", 1, 1, "whether a text ends so", true, textTest(strings.HasSuffix)},
		"equals":            {"x", 1, 1, "whether they are equal", true, equals},
		"equalsIgnoreCase":  {"text", 1, 1, "whether texts are equal but for case", true, textTest(strings.EqualFold)},
		"indexOf":           {"text", 1, 1, "where a part is first, -1 for nowhere; a number stands for a character", true, find(strings.Index)},
		"lastIndexOf":       {"text", 1, 1, "where a part is last, -1 for nowhere", true, find(strings.LastIndex)},
		"substring":         {"from[, to]", 1, 2, "a part of a text, to not included", true, func(w *worker, x Value, a []Value) Value { return substring(w, append([]Value{x}, a...)) }},
		"charAt":            {"i", 1, 1, "a character of a text", true, charAt},
		"toLowerCase":       {"", 0, 0, "in lower case", true, func(w *worker, x Value, _ []Value) Value { return ofText(strings.ToLower)(w, []Value{x}) }},
		"toUpperCase":       {"", 0, 0, "in upper case", true, func(w *worker, x Value, _ []Value) Value { return ofText(strings.ToUpper)(w, []Value{x}) }},
		"trim":              {"", 0, 0, "without blanks at its ends", true, func(w *worker, x Value, _ []Value) Value { return ofText(strings.TrimSpace)(w, []Value{x}) }},
		"replace":           {"old, new", 2, 2, "with a part replaced", true, replace},
		"intValue":          {"", 0, 0, "the number in a box, or of a text", true, numberOf},
		"longValue":         {"", 0, 0, "the same", true, numberOf},
		"doubleValue":       {"", 0, 0, "the same", true, numberOf},
		"hasSuperClass": {"", 0, 0, "whether a class has a superclass", false, func(w *worker, x Value, _ []Value) Value {
			v := w.attrs["superClass"].get(w, x)
			return boolValue(v.kind != kindNull)
		}},
		"isArrayType":              {"", 0, 0, "whether a class is one of arrays", false, func(w *worker, x Value, _ []Value) Value { return w.attrs["arrayType"].get(w, x) }},
		"doesExtend":               {"name", 1, 1, "whether a class is, or is below, the class of that name", false, doesExtend},
		"resolveValue":             {"name", 1, 1, "a field by its name", true, resolveValue},
		"getClassesByName":         {"name, sub", 2, 2, "of the snapshot: the classes of a name, with their subclasses", false, classesByName},
		"isClass":                  {"x", 1, 1, "of the snapshot: whether an object is a class", false, func(w *worker, _ Value, a []Value) Value { _, ok := w.asClass(w.thing(a[0])); return boolValue(ok) }},
		"isArray":                  {"[x]", 0, 1, "whether an object is an array", false, isArray},
		"getObject":                {"id", 1, 1, "of the snapshot: the object of a number", false, func(w *worker, _ Value, a []Value) Value { return w.thing(a[0]) }},
		"getClassOf":               {"x", 1, 1, "of the snapshot: the class of an object", false, func(w *worker, _ Value, a []Value) Value { return classOf(w, a[0]) }},
		"getHeapSize":              {"x", 1, 1, "of the snapshot: shallow size of an object", false, func(w *worker, _ Value, a []Value) Value { return attr("usedHeapSize")(w, a) }},
		"getRetainedHeapSize":      {"[x]", 0, 1, "retained size", false, retainedSize},
		"getGCRootInfo":            {"[x]", 0, 1, "kinds of GC root that an object is", false, rootInfo},
		"getImmediateDominatorId":  {"x", 1, 1, "of the snapshot: the immediate dominator", false, func(w *worker, _ Value, a []Value) Value { return dominatorOf(w, a) }},
		"getImmediateDominatedIds": {"x", 1, 1, "of the snapshot: the objects that x immediately dominates", false, func(w *worker, _ Value, a []Value) Value { return dominated(w, a) }},
		"getInboundRefererIds":     {"x", 1, 1, "of the snapshot: the objects that refer to x", false, func(w *worker, _ Value, a []Value) Value { return inbounds(w, a) }},
		"getOutboundReferentIds":   {"x", 1, 1, "of the snapshot: the objects that x refers to", true, func(w *worker, _ Value, a []Value) Value { return outbounds(w, a) }},
		"mapAddressToId":           {"address", 1, 1, "of the snapshot: the number of an object", false, addressToID},
		"mapIdToAddress":           {"id", 1, 1, "of the snapshot: the address of an object", false, func(w *worker, _ Value, a []Value) Value { return attr("objectAddress")(w, a) }},
	}
}

// beanName is the attribute that getX() or isX() reads, "" for other names.
func beanName(name string) string {
	for _, p := range []string{"get", "is"} {
		if rest, ok := strings.CutPrefix(name, p); ok && rest != "" {
			if strings.HasPrefix(rest, "GC") {
				return rest
			}
			r, n := utf8.DecodeRuneInString(rest)
			return string(unicode.ToLower(r)) + rest[n:]
		}
	}
	return ""
}

func isEmpty(w *worker, x Value, _ []Value) Value {
	n := sizeOf(w, x)
	if n.kind == kindNull {
		return n
	}
	return boolValue(n.bits == 0)
}

func getElement(w *worker, x Value, a []Value) Value {
	if x.kind == kindRow && a[0].kind == kindText {
		v, _ := x.ref.(*record).get(a[0].s)
		return v
	}
	if x.kind == kindObject {
		r := w.borrow()
		isMap := r.IsMap(w.h.ClassOf(graph.Object(x.bits)))
		w.giveBack(r)
		if isMap {
			e, ok := w.entry(x, a[0])
			if !ok {
				return Value{}
			}
			return e.vals[1]
		}
	}
	if a[0].kind != kindInt {
		return Value{}
	}
	return w.index(x, int64(a[0].bits))
}

// entry finds the entry of a map whose key is equal, or says the same.
func (w *worker) entry(m, key Value) (*record, bool) {
	l := w.elements(m)
	if l.kind != kindList {
		return nil, false
	}
	want := w.asText(key)
	var found *record
	l.ref.(*list).each(func(e Value) bool {
		r, ok := e.ref.(*record)
		if !ok {
			return false
		}
		if equal(w.h, r.vals[0], key) {
			found = r
		} else if k := w.asText(r.vals[0]); k.kind == kindText && want.kind == kindText && k.s == want.s {
			found = r
		}
		return found == nil
	})
	return found, found != nil
}

func containsKey(w *worker, x Value, a []Value) Value {
	_, ok := w.entry(x, a[0])
	return boolValue(ok)
}

func referenceArray(w *worker, x Value, a []Value) Value {
	l := w.elements(x)
	if l.kind != kindList || len(a) < 2 || a[0].kind != kindInt || a[1].kind != kindInt {
		return l
	}
	from := int64(a[0].bits)
	return listValue(l.ref.(*list).sub(from, from+min(int64(a[1].bits), maxList)))
}

func subList(w *worker, x Value, a []Value) Value {
	l := w.elements(x)
	if l.kind != kindList || a[0].kind != kindInt || a[1].kind != kindInt {
		return Value{}
	}
	return listValue(l.ref.(*list).sub(int64(a[0].bits), int64(a[1].bits)))
}

func entryPart(x Value, name string) Value {
	if x.kind != kindRow {
		if name == "key" {
			return x
		}
		return Value{}
	}
	v, _ := x.ref.(*record).get(name)
	return v
}

func contains(w *worker, x Value, a []Value) Value {
	if t := w.asText(x); t.kind == kindText && (x.kind != kindList && x.kind != kindRow) {
		p := w.asText(a[0])
		return boolValue(p.kind == kindText && strings.Contains(t.s, p.s))
	}
	return boolValue(w.in(a[0], x))
}

// in reports whether a value is in a list: as itself, or as a text where the list has strings.
func (w *worker) in(v, of Value) bool {
	l := w.elements(of)
	if l.kind != kindList || v.kind == kindNull {
		return false
	}
	li := l.ref.(*list)
	if li.has != nil {
		if found, known := li.has(v); known {
			return found
		}
	}
	found := false
	li.each(func(e Value) bool {
		if e.kind == kindRow && v.kind != kindRow { // of a sub-select: its first column; of a map: the key
			e = e.ref.(*record).vals[0]
		}
		found = equal(w.h, v, e) || v.kind == kindText && e.kind == kindObject && equal(w.h, v, w.asText(e))
		return !found && !w.failed()
	})
	return found
}

func textTest(test func(s, part string) bool) func(*worker, Value, []Value) Value {
	return func(w *worker, x Value, a []Value) Value {
		t, p := w.asText(x), w.asText(a[0])
		if t.kind == kindNull || p.kind == kindNull {
			return Value{}
		}
		return boolValue(test(t.s, p.s))
	}
}

func equals(w *worker, x Value, a []Value) Value {
	if equal(w.h, x, a[0]) {
		return boolValue(true)
	}
	return boolValue(a[0].kind == kindText && x.kind == kindObject && equal(w.h, w.asText(x), a[0]))
}

func find(search func(s, part string) int) func(*worker, Value, []Value) Value {
	return func(w *worker, x Value, a []Value) Value {
		if x.kind == kindList {
			return Value{}
		}
		t, p := w.asText(x), a[0]
		if p.kind == kindInt {
			p = charValue(p.bits)
		}
		p = w.asText(p)
		if t.kind == kindNull || p.kind == kindNull {
			return Value{}
		}
		i := search(t.s, p.s)
		if i > 0 {
			i = units(t.s[:i])
		}
		out := intValue(int64(i))
		out.content = t.content
		return out
	}
}

func charAt(w *worker, x Value, a []Value) Value {
	t := w.asText(x)
	if t.kind == kindNull || a[0].kind != kindInt {
		return Value{}
	}
	rs := []rune(t.s)
	i := int64(a[0].bits)
	if i < 0 || i >= int64(len(rs)) {
		return Value{}
	}
	return Value{kind: kindChar, content: t.content, bits: uint64(rs[i])}
}

func replace(w *worker, x Value, a []Value) Value {
	t, from, to := w.asText(x), w.asText(a[0]), w.asText(a[1])
	if t.kind == kindNull || from.s == "" || len(t.s)*max(1, len(to.s)) > 64*maxText {
		return t
	}
	t.s, t.content = strings.ReplaceAll(t.s, from.s, to.s), t.content || to.content
	return t
}

func numberOf(w *worker, x Value, _ []Value) Value {
	if x.number() {
		return x
	}
	t := w.asText(x)
	out := Value{}
	if n, err := strconv.ParseInt(t.s, 10, 64); err == nil {
		out = intValue(n)
	} else if f, err := strconv.ParseFloat(t.s, 64); err == nil {
		out = floatValue(f)
	}
	out.content = t.content
	return out
}

func doesExtend(w *worker, x Value, a []Value) Value {
	c, ok := w.asClass(x)
	return boolValue(ok && a[0].kind == kindText && w.inherits(c, a[0].s))
}

func resolveValue(w *worker, x Value, a []Value) Value {
	if x.kind != kindObject || a[0].kind != kindText {
		return Value{}
	}
	for part := range strings.SplitSeq(a[0].s, ".") {
		if x.kind != kindObject {
			return Value{}
		}
		x = w.fieldNamed(graph.Object(x.bits), part)
	}
	return x
}

func classesByName(w *worker, x Value, a []Value) Value {
	if a[0].kind != kindText {
		return Value{}
	}
	var vs []Value
	for _, c := range classesOf(w.h, a[0].s, a[1].truth()) {
		vs = append(vs, classValue(c))
	}
	return listValue(sliceList(vs))
}

// classesOf returns the classes of a name, ascending; with those below them.
func classesOf(h *graph.Heap, name string, below bool) []graph.Class {
	if !below {
		return h.ClassesByName(name)
	}
	var out []graph.Class
	for c, ok := range h.Subclasses(name) {
		if ok {
			out = append(out, graph.Class(c))
		}
	}
	return out
}

func isArray(w *worker, x Value, a []Value) Value {
	if len(a) > 0 {
		x = a[0]
	}
	o, ok := w.asObject(x)
	return boolValue(ok && w.h.Class(w.h.ClassOf(o)).IsArray)
}

func retainedSize(w *worker, x Value, a []Value) Value {
	if len(a) > 0 {
		x = a[0]
	}
	return attr("retainedHeapSize")(w, []Value{x})
}

func rootInfo(w *worker, x Value, a []Value) Value {
	if len(a) > 0 {
		x = a[0]
	}
	return w.attrs["GCRootInfo"].get(w, w.thing(x))
}

func addressToID(w *worker, _ Value, a []Value) Value {
	if !a[0].number() {
		return Value{}
	}
	o, ok := w.h.Lookup(a[0].bits)
	if !ok {
		return Value{}
	}
	return Value{kind: kindInt, unit: idUnit, bits: uint64(o)}
}
