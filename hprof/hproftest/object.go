package hproftest

import (
	"encoding/binary"
	"fmt"
	"math"

	"heapcause/hprof"
)

var be = binary.BigEndian

// Object is an instance or array of the dump.
type Object struct {
	ID    ID
	Class *Class

	body  []byte
	count uint32
	gone  bool
}

// Named is a value for a field by name; see With.
type Named struct {
	name  string
	value any
}

// With names the field that a value of Instance is for: "name", nearest declaration first, or "Class::name".
func With(name string, value any) Named { return Named{name, value} }

// Instance adds an instance. Values go to the fields in dump order, the class's own first, unless they are Named; fields
// without a value are zero. A value for a reference is nil, *Object, *Class or ID; for others any number, bool or rune.
func (d *Dump) Instance(c *Class, values ...any) *Object {
	o := d.add(c, c.size, d.machine.header+c.payload)
	at, k, i := 0, c, 0
	for _, v := range values {
		if n, ok := v.(Named); ok {
			o.Set(n.name, n.value)
			continue
		}
		for k != nil && i == len(k.fields) {
			k, i = k.shape, 0
		}
		if k == nil {
			panic(fmt.Sprintf("hproftest: more values than %s has fields", c.Name))
		}
		t := k.fields[i].typ
		d.put(o.body[at:], t, v)
		at += t.Size(d.idSize)
		i++
	}
	return o
}

func (d *Dump) add(c *Class, bytes int, size int64) *Object {
	o := &Object{Class: c, body: d.alloc(bytes), ID: d.place(size)}
	d.objects = append(d.objects, o)
	return o
}

// Set sets a field, or "Class::field".
func (o *Object) Set(name string, value any) *Object {
	at, t, ok := o.Class.slot(name)
	if !ok || at+t.Size(o.Class.d.idSize) > len(o.body) {
		panic(fmt.Sprintf("hproftest: %s has no field %s", o.Class.Name, name))
	}
	o.Class.d.put(o.body[at:], t, value)
	return o
}

// Get returns the raw bits of a field.
func (o *Object) Get(name string) uint64 {
	at, t, ok := o.Class.slot(name)
	if !ok {
		panic(fmt.Sprintf("hproftest: %s has no field %s", o.Class.Name, name))
	}
	return hprof.Value(o.body[at:], t, o.Class.d.idSize)
}

// Omit leaves the object's record out: references to it lead to nothing.
func (o *Object) Omit() *Object {
	o.gone = true
	return o
}

// Array adds an array of references to the named element class.
func (d *Dump) Array(elem string, values ...any) *Object {
	a := d.ArrayOf(elem, len(values))
	for i, v := range values {
		a.SetElem(i, v)
	}
	return a
}

// ArrayOf adds an array of n null references or zeros.
func (d *Dump) ArrayOf(elem string, n int) *Object {
	c := d.ArrayClass(elem)
	size := d.machine.reference
	if c.elem != hprof.Object {
		size = int64(c.elem.Size(8))
	}
	o := d.add(c, n*c.elem.Size(d.idSize), d.machine.arrayBase+int64(n)*size)
	o.count = uint32(n)
	return o
}

// SetElem sets an element of an array.
func (o *Object) SetElem(i int, value any) *Object {
	s := o.Class.elem.Size(o.Class.d.idSize)
	o.Class.d.put(o.body[i*s:], o.Class.elem, value)
	return o
}

// Len returns the number of elements of an array.
func (o *Object) Len() int { return int(o.count) }

// Booleans adds a boolean[]. Its kin are Chars, Floats, Doubles, ByteArray, Shorts, Ints and Longs.
func (d *Dump) Booleans(v ...bool) *Object { return primitives(d, "boolean", v) }

// Chars adds a char[].
func (d *Dump) Chars(v ...uint16) *Object { return primitives(d, "char", v) }

// Floats adds a float[].
func (d *Dump) Floats(v ...float32) *Object { return primitives(d, "float", v) }

// Doubles adds a double[].
func (d *Dump) Doubles(v ...float64) *Object { return primitives(d, "double", v) }

// ByteArray adds a byte[].
func (d *Dump) ByteArray(v ...byte) *Object { return primitives(d, "byte", v) }

// Shorts adds a short[].
func (d *Dump) Shorts(v ...int16) *Object { return primitives(d, "short", v) }

// Ints adds an int[].
func (d *Dump) Ints(v ...int32) *Object { return primitives(d, "int", v) }

// Longs adds a long[].
func (d *Dump) Longs(v ...int64) *Object { return primitives(d, "long", v) }

func primitives[T any](d *Dump, elem string, v []T) *Object {
	a := d.ArrayOf(elem, len(v))
	for i, x := range v {
		a.SetElem(i, x)
	}
	return a
}

// put writes a value at the start of b.
func (d *Dump) put(b []byte, t hprof.Type, v any) {
	x := d.bits(t, v)
	switch t.Size(d.idSize) {
	case 1:
		b[0] = byte(x)
	case 2:
		be.PutUint16(b, uint16(x))
	case 4:
		be.PutUint32(b, uint32(x))
	case 8:
		be.PutUint64(b, x)
	}
}

// bits returns the raw bits of a value of type t.
func (d *Dump) bits(t hprof.Type, v any) uint64 {
	if t == hprof.Object {
		return address(v)
	}
	switch t {
	case hprof.Float:
		return uint64(math.Float32bits(float32(number(v))))
	case hprof.Double:
		return math.Float64bits(number(v))
	}
	if x, ok := integer(v); ok {
		return uint64(x)
	}
	panic(fmt.Sprintf("hproftest: %T is no value for a %s", v, t))
}

// address returns what a reference to v holds.
func address(v any) ID {
	switch v := v.(type) {
	case nil:
		return 0
	case *Object:
		if v == nil {
			return 0
		}
		return v.ID
	case *Class:
		if v == nil {
			return 0
		}
		return v.ID
	case *Thread:
		return v.Object.ID
	case ID:
		return v
	}
	panic(fmt.Sprintf("hproftest: %T is no value for a reference", v))
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case nil:
		return 0, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int:
		return int64(v), true
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32: // also rune
		return int64(v), true
	case int64:
		return v, true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		return int64(v), true
	}
	return 0, false
}

func number(v any) float64 {
	switch v := v.(type) {
	case float32:
		return float64(v)
	case float64:
		return v
	}
	if x, ok := integer(v); ok {
		return float64(x)
	}
	panic(fmt.Sprintf("hproftest: %T is no number", v))
}
