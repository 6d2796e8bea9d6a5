package explore

import (
	"fmt"
	"math"
	"strconv"

	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/analyze/rules/jdbc"
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
	"heapcause/report/redact"
)

// Decoder turns objects into the values that their classes stand for: texts, numbers, dates, the constants of enums, sizes of
// collections. It keeps cursors, so that neighbours cost little. Not for concurrent use.
type Decoder struct {
	h      *graph.Heap
	r      *jdk.Reader
	c      *graph.Cursor
	policy redact.Policy
	list   *graph.Cursor // of arrays that are walked while others are read
	states *jdk.ThreadStates

	statements *jdbc.StatementReader
	known      map[string]form      // by class
	forms      map[graph.Class]form // of the classes met so far
	nested     bool                 // at work on what another object wraps
	depth      int                  // of parts of a date
}

// NewDecoder returns a decoder that masks contents of the dump as the policy says.
func NewDecoder(h *graph.Heap, policy redact.Policy) *Decoder {
	return &Decoder{h: h, r: jdk.NewReader(h), c: h.Cursor(), list: h.Cursor(), policy: policy, known: knownForms(), forms: map[graph.Class]form{}}
}

// Decode is Decoder.Value for one object.
func Decode(h *graph.Heap, o graph.Object, policy redact.Policy) report.Value {
	return NewDecoder(h, policy).Value(o)
}

// form decodes the objects of a class.
type form func(d *Decoder, o graph.Object) report.Value

// MaxText is how many UTF-16 units of a text are decoded.
const MaxText = 4000

// Value returns what an object stands for: the text of a String, the number in a box, the constant of an enum, "3 elements" of a
// collection. An object of a class that stands for nothing else is its address; none is an empty value.
func (d *Decoder) Value(o graph.Object) report.Value {
	if o == graph.NoObject {
		return report.Value{}
	}
	if v := d.decoded(o); v.Kind() != report.KindNone {
		return v
	}
	return AddressValue(d.h, o)
}

// short is what Value decodes, cut to a few words; empty for an object that stands for nothing else.
func (d *Decoder) short(o graph.Object) report.Value { return shortened(d.decoded(o), maxNote) }

// decoded is Value, empty for an object that stands for nothing else.
func (d *Decoder) decoded(o graph.Object) report.Value {
	if o == graph.NoObject {
		return report.Value{}
	}
	if c, ok := d.h.AsClass(o); ok {
		return report.Name("class " + d.h.Class(c).Name)
	}
	c := d.h.ClassOf(o)
	f, known := d.forms[c]
	if !known {
		f = d.formOf(c)
		d.forms[c] = f
	}
	if f == nil {
		return report.Value{}
	}
	return f(d, o)
}

// formOf finds how the objects of a class are decoded: as the nearest of its superclasses that is known.
func (d *Decoder) formOf(c graph.Class) form {
	k := d.h.Class(c)
	if k.IsArray {
		if k.Elem == hprof.Char {
			return text
		}
		return length
	}
	if d.r.IsCollection(c) {
		return size
	}
	if d.jdbc().Is(c) {
		return statement
	}
	for range d.h.NumClasses() {
		if c == graph.NoClass {
			break
		}
		if f, ok := d.known[d.h.Class(c).Name]; ok {
			return f
		}
		c = d.h.Class(c).Super
	}
	return nil
}

// Primitive returns the value of a field or static of a primitive type.
func Primitive(t hprof.Type, bits uint64) report.Value {
	switch t {
	case hprof.Boolean:
		return truth(bits != 0)
	case hprof.Char:
		return report.Name(character(uint16(bits)))
	case hprof.Float:
		return single(math.Float32frombits(uint32(bits)))
	case hprof.Double:
		return report.Float(math.Float64frombits(bits))
	case hprof.Byte:
		return report.Number(int64(int8(bits)))
	case hprof.Short:
		return report.Number(int64(int16(bits)))
	case hprof.Int:
		return report.Number(int64(int32(bits)))
	}
	return report.Number(int64(bits))
}

// single is a float as Java prints it: not with the digits that its double has.
func single(f float32) report.Value {
	wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	return report.Float(wide)
}

func truth(b bool) report.Value { return report.Name(fmt.Sprint(b)) }

// character writes a char as Java source does.
func character(c uint16) string { return fmt.Sprintf("%q", rune(c)) }

// text decodes a String or char[].
func text(d *Decoder, o graph.Object) report.Value {
	s, ok := d.r.Text(o, MaxText)
	if !ok {
		return report.Value{}
	}
	return d.content(s, TextLength(d.r, o))
}

// content is a text of the dump of which at most MaxText units were decoded; units is how many it has.
func (d *Decoder) content(s string, units int64) report.Value {
	if !d.policy.ShowValues && units > MaxText {
		t, _ := redact.Restore(redact.Value, fmt.Sprintf(`"***" (%d chars)`, units), true)
		return report.Content(t)
	}
	return report.Content(d.policy.Value(s))
}

// TextLength returns the number of UTF-16 units of a String or char[], 0 for other objects.
func TextLength(r *jdk.Reader, o graph.Object) int64 {
	if o == graph.NoObject {
		return 0
	}
	if r.Heap.Class(r.Heap.ClassOf(o)).IsArray {
		return r.Heap.Length(o)
	}
	if n, ok := r.Int(o, "count"); ok {
		return n
	}
	value := r.Ref(o, "value")
	if value == graph.NoObject {
		return 0
	}
	if wide, _ := r.Int(o, "coder"); wide != 0 {
		return r.Heap.Length(value) / 2
	}
	return r.Heap.Length(value)
}

// length tells the length of an array.
func length(d *Decoder, o graph.Object) report.Value {
	return report.Name(analyze.Plural(d.h.Length(o), "element"))
}

// maxCounted nodes of a collection are counted where nothing says how many it has.
const maxCounted = 10_000

// size tells how many elements or entries a collection has.
func size(d *Decoder, o graph.Object) report.Value {
	noun := "element"
	if d.r.IsMap(d.h.ClassOf(o)) {
		noun = "entry"
	}
	n, whole := d.Size(o)
	switch {
	case n < 0:
		return report.Value{}
	case !whole:
		return report.Name("more than " + plural(n, noun))
	}
	return report.Name(plural(n, noun))
}

func plural(n int64, noun string) string {
	if noun == "entry" && n != 1 {
		return analyze.Number(n) + " entries"
	}
	return analyze.Plural(n, noun)
}

// maxWrappers around a collection are looked through.
const maxWrappers = 16

// Size returns the number of elements or entries of a collection; -1 for what is none. Where it had to be counted and the counting
// was given up, whole is false.
func (d *Decoder) Size(o graph.Object) (n int64, whole bool) {
	at := o
	for range maxWrappers {
		if at == graph.NoObject {
			return -1, true
		}
		k := d.r.CollectionClass(d.h.ClassOf(at))
		if k == nil || !d.c.Load(at) {
			return -1, true
		}
		if k.Wraps() {
			at = k.Read(&d.c.View).Store
			continue
		}
		if k.Node() == "" {
			if n, ok := d.r.Size(at); ok {
				return n, true
			}
		}
		n, whole = 0, true
		d.r.Entries(at, func(_, _ graph.Object) bool {
			n++
			whole = n <= maxCounted
			return whole
		})
		return min(n, maxCounted), whole
	}
	return -1, true
}
