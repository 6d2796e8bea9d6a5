package layout_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"heapcause/graph/layout"
	"heapcause/hprof"
)

// dump is what the tests need of a real dump: its classes, and its objects in
// address order.
type dump struct {
	in      layout.Input
	objects []object
}

// object is an instance, an array or a class object.
type object struct {
	addr  uint64
	class int32 // instance: its class; mirror: the class mirrored; array: its array class, or -1
	count uint32
	elem  layout.Kind
	kind  objectKind
}

type objectKind uint8

const (
	instance objectKind = iota
	array
	mirror
	stackChunk
)

const stackChunkName = "jdk.internal.vm.StackChunk"

// readDump reads the dump at path.
func readDump(t testing.TB, path string) *dump {
	t.Helper()
	f, err := hprof.Open(context.Background(), path, hprof.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &dumpReader{file: f, index: map[hprof.ID]int32{}}
	r.classes()
	r.heap()
	slices.SortFunc(r.dump.objects, func(a, b object) int { return cmp.Compare(a.addr, b.addr) })
	if n := len(r.dump.objects); n > 0 {
		r.dump.in.AddressSpan = r.dump.objects[n-1].addr - r.dump.objects[0].addr
	}
	return &r.dump
}

type dumpReader struct {
	dump  dump
	file  *hprof.File
	index map[hprof.ID]int32
	// version is the string that holds java.version, then its array.
	version, versionArray hprof.ID
}

// walk calls visit with every sub-record, in file order.
func (r *dumpReader) walk(bodies bool, visit func(c *hprof.Cursor)) {
	cur := hprof.NewCursor(r.file, bodies)
	for _, s := range r.file.Segments {
		cur.Reset(s.Offset, s.Length)
		for cur.Next() {
			visit(cur)
		}
	}
}

// classes reads the class dumps. A class that has only a LOAD_CLASS record gets
// no fields.
func (r *dumpReader) classes() {
	r.dump.in.IDSize = r.file.IDSize
	names := map[hprof.ID]string{}
	for _, c := range r.file.Classes {
		names[c.Class] = strings.ReplaceAll(r.file.Symbol(c.Name), "/", ".")
	}
	var supers []hprof.ID
	r.walk(true, func(c *hprof.Cursor) {
		if c.Rec.Tag != hprof.ClassDump {
			return
		}
		k := c.DecodeClass()
		if _, twice := r.index[k.ID]; twice {
			return
		}
		name := names[k.ID]
		r.index[k.ID] = int32(len(r.dump.in.Classes))
		r.dump.objects = append(r.dump.objects, object{addr: k.ID, class: int32(len(r.dump.in.Classes)), kind: mirror})
		r.dump.in.Classes = append(r.dump.in.Classes, layout.Class{
			Name: name, Super: -1, IsArray: strings.HasPrefix(name, "[") || strings.HasSuffix(name, "[]"),
			Fields: r.fields(k.Fields), Statics: r.fields(k.Statics),
		})
		supers = append(supers, k.Super)
		if name == "java.lang.VersionProps" || name == "sun.misc.Version" {
			for _, s := range k.Statics {
				if r.file.Symbol(s.Name) == "java_version" {
					r.version = s.Value
				}
			}
		}
	})
	for i, s := range supers {
		if k, ok := r.index[s]; ok {
			r.dump.in.Classes[i].Super = k
		}
	}
}

func (r *dumpReader) fields(in []hprof.Field) []layout.Field {
	out := make([]layout.Field, len(in))
	for i, f := range in {
		out[i] = layout.Field{Name: r.file.Symbol(f.Name), Type: layout.Kind(f.Type)}
	}
	return out
}

// heap reads the instances and arrays, and on the way java.version.
func (r *dumpReader) heap() {
	r.walk(true, func(c *hprof.Cursor) {
		rec := &c.Rec
		o := object{addr: rec.ID, class: -1, count: rec.Count, kind: array}
		switch rec.Tag {
		case hprof.InstanceDump:
			k, ok := r.index[rec.Class]
			if !ok {
				return
			}
			o.class, o.kind = k, instance
			class := &r.dump.in.Classes[k]
			switch {
			case class.Name == stackChunkName:
				o.kind = stackChunk
				o.count = uint32(r.value(class, rec.Body, "size"))
			case rec.ID == r.version && r.version != 0:
				r.versionArray = r.value(class, rec.Body, "value")
			}
		case hprof.ObjectArray:
			o.elem = layout.Object
			if k, ok := r.index[rec.Class]; ok {
				o.class = k
			}
		case hprof.PrimitiveArray, hprof.PrimitiveNoData:
			o.elem = layout.Kind(rec.Elem)
		default:
			return
		}
		r.dump.objects = append(r.dump.objects, o)
	})
	r.readVersion()
}

// value returns a field's bits; own fields come first in the body.
func (r *dumpReader) value(class *layout.Class, body []byte, name string) uint64 {
	for _, f := range class.Fields {
		width := hprof.Type(f.Type).Size(r.file.IDSize)
		if f.Name == name {
			return hprof.Value(body, hprof.Type(f.Type), r.file.IDSize)
		}
		body = body[width:]
	}
	return 0
}

// readVersion finds the characters of java.version, which may stand anywhere in
// the file.
func (r *dumpReader) readVersion() {
	if r.versionArray == 0 {
		return
	}
	r.walk(true, func(c *hprof.Cursor) {
		if rec := &c.Rec; rec.Tag == hprof.PrimitiveArray && rec.ID == r.versionArray {
			r.dump.in.JavaVersion = strings.ReplaceAll(string(rec.Body), "\x00", "")
		}
	})
}

// evidence collects from all objects but those that can hide one another's end.
func (d *dump) evidence() *layout.Evidence {
	e := layout.NewEvidence(len(d.in.Classes))
	for i := range d.objects {
		o := &d.objects[i]
		e.Address(o.addr)
		if i+1 == len(d.objects) {
			break
		}
		distance := d.objects[i+1].addr - o.addr
		switch o.kind {
		case instance:
			e.Instance(o.class, distance)
		case array:
			e.Array(o.elem, o.count, distance)
		case mirror:
			e.Mirror(o.class, distance)
		}
	}
	return e
}

// size returns an object's size by a model.
func (d *dump) size(m *layout.Model, o *object) int64 {
	switch o.kind {
	case array:
		return m.Array(o.elem, o.count)
	case mirror:
		return m.Mirror(o.class)
	case stackChunk:
		return m.StackChunk(o.class, int32(o.count))
	default:
		return m.Instance(o.class)
	}
}

// histogram sums objects and bytes by class, named as jcmd names them.
func (d *dump) histogram(m *layout.Model) histogram {
	h := histogram{}
	for i := range d.objects {
		o := &d.objects[i]
		name := "java.lang.Class"
		switch {
		case o.kind == instance || o.kind == stackChunk:
			name = d.in.Classes[o.class].Name
		case o.kind == array && o.elem != layout.Object:
			name = "[" + string(descriptorOf[o.elem])
		case o.kind == array && o.class >= 0:
			name = arrayDescriptor(d.in.Classes[o.class].Name)
		case o.kind == array:
			name = "[?"
		}
		h.add(name, 1, d.size(m, o))
	}
	return h
}

var descriptorOf = map[layout.Kind]byte{
	layout.Boolean: 'Z', layout.Char: 'C', layout.Float: 'F', layout.Double: 'D',
	layout.Byte: 'B', layout.Short: 'S', layout.Int: 'I', layout.Long: 'J',
}

// arrayDescriptor turns java.lang.String[] into [Ljava.lang.String; where the
// dump has the former.
func arrayDescriptor(name string) string {
	element := strings.TrimRight(name, "[]")
	dimensions := (len(name) - len(element)) / 2
	if !strings.HasSuffix(name, "[]") {
		return name
	}
	for k, letter := range descriptorOf {
		if primitiveName[k] == element {
			return strings.Repeat("[", dimensions) + string(letter)
		}
	}
	return strings.Repeat("[", dimensions) + "L" + element + ";"
}

var primitiveName = map[layout.Kind]string{
	layout.Boolean: "boolean", layout.Char: "char", layout.Float: "float", layout.Double: "double",
	layout.Byte: "byte", layout.Short: "short", layout.Int: "int", layout.Long: "long",
}
