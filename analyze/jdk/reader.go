package jdk

import (
	"heapcause/graph"
	"heapcause/hprof"
)

// Reader reads single objects of a heap by class and field. It keeps a cursor with a window, so that neighbours cost little: read
// in address order where there are many. Not for concurrent use.
type Reader struct {
	Heap    *graph.Heap
	cursor  *graph.Cursor // of fields
	list    *graph.Cursor // of arrays that are walked while fields are read
	fields  *FieldCache
	shapes  map[graph.Class]*shape
	classes map[graph.Class]*CollectionClass
}

// NewReader returns a reader of a heap's objects.
func NewReader(h *graph.Heap) *Reader {
	return &Reader{Heap: h, cursor: h.Cursor(), list: h.Cursor(), fields: NewFieldCache(h), shapes: map[graph.Class]*shape{}, classes: map[graph.Class]*CollectionClass{}}
}

// Has reports whether the class of o, or one of its superclasses, declares a field.
func (r *Reader) Has(o graph.Object, field string) bool {
	return o != graph.NoObject && r.fields.Find(r.Heap.ClassOf(o), field).Ok()
}

// field loads o and returns the bound field of that name.
func (r *Reader) field(o graph.Object, name string) (graph.Field, bool) {
	if o == graph.NoObject || !r.cursor.Load(o) {
		return graph.Field{}, false
	}
	f := r.fields.Find(r.cursor.Class, name)
	return f, f.Ok()
}

// Ref follows reference fields from o, each declared by the class at hand or its superclasses: Ref(o, "queue", "head"). It is
// NoObject where a field is null or not there, or what it refers to is lost.
func (r *Reader) Ref(o graph.Object, path ...string) graph.Object {
	for _, name := range path {
		f, ok := r.field(o, name)
		if !ok {
			return graph.NoObject
		}
		o = r.cursor.Ref(f)
	}
	return o
}

// Int reads an integral, char or boolean field behind a path of references: Int(o, "count", "value").
func (r *Reader) Int(o graph.Object, path ...string) (int64, bool) {
	if len(path) == 0 {
		return 0, false
	}
	f, ok := r.field(r.Ref(o, path[:len(path)-1]...), path[len(path)-1])
	if !ok || f.Type() == hprof.Object {
		return 0, false
	}
	return r.cursor.Int(f), true
}

// Bool reads a boolean or integral field behind a path; false where it is not there.
func (r *Reader) Bool(o graph.Object, path ...string) bool {
	n, ok := r.Int(o, path...)
	return ok && n != 0
}

// Null reports whether a reference field is there and null. A field that refers to what is lost is not null.
func (r *Reader) Null(o graph.Object, name string) bool {
	f, ok := r.field(o, name)
	return ok && f.Type() == hprof.Object && r.cursor.RefAddr(f) == 0
}

// Text decodes the String or char[] behind a path, at most limit UTF-16 units of it. It is content of the dump: mask it before it
// is shown.
func (r *Reader) Text(o graph.Object, limit int, path ...string) (string, bool) {
	return r.TextAs(graph.ContentText, o, limit, path...)
}

// Name is Text for what is a name, or a word that a rule goes by: a copy of the dump without contents keeps it.
func (r *Reader) Name(o graph.Object, limit int, path ...string) (string, bool) {
	return r.TextAs(graph.NameText, o, limit, path...)
}

// TextAs is Text for a reader that knows what the text is.
func (r *Reader) TextAs(use graph.TextUse, o graph.Object, limit int, path ...string) (string, bool) {
	return r.cursor.TextAs(use, r.Ref(o, path...), limit)
}

// Enum returns the name of the enum constant behind a path.
func (r *Reader) Enum(o graph.Object, path ...string) (string, bool) {
	o = r.Ref(o, path...)
	if o == graph.NoObject {
		return "", false
	}
	for _, c := range r.Heap.ClassesByName("java.lang.Enum") {
		if r.Heap.IsA(r.Heap.ClassOf(o), c) {
			if f, ok := r.Heap.BindClass(c, "name"); ok && r.cursor.Load(o) {
				return r.cursor.TextAs(graph.NameText, r.cursor.Ref(f), 200)
			}
		}
	}
	return "", false
}

// Number reads a java.lang box of a whole number, an AtomicInteger, an AtomicLong or an AtomicBoolean.
func (r *Reader) Number(o graph.Object) (int64, bool) {
	if o == graph.NoObject {
		return 0, false
	}
	switch r.Heap.ClassName(o) {
	case "java.lang.Integer", "java.lang.Long", "java.lang.Short", "java.lang.Byte", "java.lang.Character", "java.lang.Boolean",
		"java.util.concurrent.atomic.AtomicInteger", "java.util.concurrent.atomic.AtomicLong", "java.util.concurrent.atomic.AtomicBoolean":
		return r.Int(o, "value")
	}
	return 0, false
}

// EachElement calls fn with the index and object of each non-null element of an array of references until it returns false. fn may
// use the reader, but not walk another array or collection with it.
func (r *Reader) EachElement(array graph.Object, fn func(i int, o graph.Object) bool) {
	if array == graph.NoObject || !r.list.Load(array) {
		return
	}
	if k := r.Heap.Class(r.list.Class); !k.IsArray || k.Elem != hprof.Object {
		return
	}
	r.list.EachRef(fn)
}
