package query

import (
	"slices"

	"heapcause/graph"
	"heapcause/hprof"
)

// attribute is what @name reads. It is null for values that lack it.
type attribute struct {
	doc string
	get func(w *worker, v Value) Value
	// dump says that the dump is read for it.
	dump bool
}

// allAttributes returns the attributes by name. They are named as the beans of Eclipse MAT are.
func allAttributes() map[string]attribute {
	return map[string]attribute{
		"objectId":           {"number of the object in this graph, in ascending order of addresses", ofObject(func(_ *worker, o graph.Object) Value { return Value{kind: kindInt, unit: idUnit, bits: uint64(o)} }), false},
		"objectAddress":      {"address", ofObject(func(w *worker, o graph.Object) Value { return Value{kind: kindAddr, bits: w.h.Addr(o)} }), false},
		"class":              {"class", classOf, false},
		"clazz":              {"class", classOf, false},
		"usedHeapSize":       {"shallow size in bytes", ofObject(func(w *worker, o graph.Object) Value { return bytesValue(w.h.Shallow(o)) }), false},
		"retainedHeapSize":   {"retained size in bytes", ofObject(func(w *worker, o graph.Object) Value { return bytesValue(w.h.Retained(o)) }), false},
		"strength":           {"how it is held: strong, soft, finalizer, weak, phantom or unreachable", ofObject(func(w *worker, o graph.Object) Value { return textValue(w.h.Strength(o).String()) }), false},
		"technicalName":      {"class and address", ofObject(func(w *worker, o graph.Object) Value { return textValue(w.h.Name(o)) }), false},
		"classSpecificName":  {"what toString() says", ofObject((*worker).decoded), true},
		"displayName":        {"class, address and what toString() says", ofObject(displayName), true},
		"GCRootInfo":         {"kinds of GC root that the object is, null for none", ofObject(rootKinds), false},
		"GCRoots":            {"of the snapshot: the objects that are GC roots", gcRoots, false},
		"length":             {"elements of an array or list, characters of a text", lengthOf, true},
		"valueArray":         {"elements of an array of primitives", func(w *worker, v Value) Value { return w.elements(v) }, true},
		"referenceArray":     {"elements of an array of objects", func(w *worker, v Value) Value { return w.elements(v) }, true},
		"outboundReferences": {"outgoing references, with @name and @object", ofObject(references), true},
		"snapshot":           {"the heap", func(*worker, Value) Value { return Value{kind: kindSnapshot} }, false},

		"name":                {"of a class: its name; of a reference: the field", ofClass(func(_ *worker, k *graph.ClassInfo) Value { return textValue(k.Name) }), false},
		"classLoader":         {"of a class: its loader, null for the boot loader", ofClass(func(_ *worker, k *graph.ClassInfo) Value { return objectValue(k.Loader) }), false},
		"classLoaderId":       {"of a class: number of its loader, null for the boot loader", ofClass(loaderID), false},
		"superClass":          {"of a class: its superclass", ofClass(func(_ *worker, k *graph.ClassInfo) Value { return classValue(k.Super) }), false},
		"superClassId":        {"of a class: number of its superclass's object", ofClass(superID), false},
		"subclasses":          {"of a class: those that extend it", func(w *worker, v Value) Value { return w.subclasses(v, false) }, false},
		"allSubclasses":       {"of a class: those below it", func(w *worker, v Value) Value { return w.subclasses(v, true) }, false},
		"fields":              {"of a class: the instance fields that it declares, with @name and @type", ofClass(fieldList), false},
		"fieldDescriptors":    {"the same as fields", ofClass(fieldList), false},
		"staticFields":        {"of a class: its statics, with @name, @type and @value", ofClass(staticList), false},
		"numberOfObjects":     {"of a class: its instances; of the snapshot: all objects", numberOfObjects, false},
		"objectIds":           {"of a class: its instances", instances, false},
		"instanceSize":        {"of a class: shallow size of an instance, 0 for arrays", instanceSize, false},
		"heapSizePerInstance": {"the same as instanceSize", instanceSize, false},
		"arrayType":           {"of a class: whether it is one of arrays", ofClass(func(_ *worker, k *graph.ClassInfo) Value { return boolValue(k.IsArray) }), false},
		"definedClasses":      {"of a class loader: the classes that it defined", ofObject(definedClasses), false},
		"package":             {"of a class: its package", ofClass(func(_ *worker, k *graph.ClassInfo) Value { return textValue(graph.Package(k.Name)) }), false},

		"key":    {"of an entry of a map", member("key"), true},
		"value":  {"of an entry of a map, or a static", member("value"), true},
		"object": {"of a reference: what it refers to", member("object"), true},
		"type":   {"of a field: its type", member("type"), false},

		"classes":         {"of the snapshot: all classes", allClasses, false},
		"snapshotInfo":    {"of the snapshot: itself", func(_ *worker, v Value) Value { return v }, false},
		"numberOfClasses": {"of the snapshot", ofSnapshot(func(w *worker) Value { return countValue(int64(w.h.NumClasses())) }), false},
		"numberOfGCRoots": {"of the snapshot: objects that are GC roots", ofSnapshot(func(w *worker) Value { return countValue(int64(len(rootObjects(w.h)))) }), false},
		"identifierSize":  {"of the snapshot: bytes of an identifier", ofSnapshot(func(w *worker) Value { return intValue(int64(w.h.File().IDSize)) }), false},
		"creationDate":    {"of the snapshot: when it was taken", ofSnapshot(func(w *worker) Value { return timeValue(w.h.File().Header.Time.UnixMilli()) }), false},
		"jvmInfo":         {"of the snapshot: the version of Java", ofSnapshot(func(w *worker) Value { return textValue(w.h.JavaVersion()) }), false},
		"heapSize":        {"of the snapshot: bytes of all objects", ofSnapshot(allBytes), false},
	}
}

func timeValue(ms int64) Value { return Value{kind: kindInt, unit: timeUnit, bits: uint64(ms)} }

// ofObject is an attribute of objects; rows with one column stand for what is in it.
func ofObject(get func(*worker, graph.Object) Value) func(*worker, Value) Value {
	return func(w *worker, v Value) Value {
		switch v.kind {
		case kindObject:
			return get(w, graph.Object(v.bits))
		case kindClass, kindRow, kindAddr:
			if o, ok := w.asObject(v); ok {
				return get(w, o)
			}
		case kindList:
			if l := v.ref.(*list); l.n() == 1 {
				return ofObject(get)(w, l.at(0))
			}
		}
		return Value{}
	}
}

// ofClass is an attribute of classes.
func ofClass(get func(*worker, *graph.ClassInfo) Value) func(*worker, Value) Value {
	return func(w *worker, v Value) Value {
		switch v.kind {
		case kindRow:
			if r := v.ref.(*record); len(r.names) > 0 && r.names[0] == "name" { // of a reference or field
				return r.vals[0]
			}
		case kindObject, kindClass, kindAddr:
			if c, ok := w.asClass(v); ok {
				return get(w, w.h.Class(c))
			}
		}
		return Value{}
	}
}

func ofSnapshot(get func(*worker) Value) func(*worker, Value) Value {
	return func(w *worker, v Value) Value {
		if v.kind != kindSnapshot {
			return Value{}
		}
		return get(w)
	}
}

func member(name string) func(*worker, Value) Value {
	return func(_ *worker, v Value) Value {
		if v.kind != kindRow {
			return Value{}
		}
		x, _ := v.ref.(*record).get(name)
		return x
	}
}

func classOf(w *worker, v Value) Value {
	switch v.kind {
	case kindObject:
		return classValue(w.h.ClassOf(graph.Object(v.bits)))
	case kindClass:
		return classValue(w.classClass)
	case kindInt, kindAddr, kindRow:
		if o, ok := w.asObject(v); ok {
			return classValue(w.h.ClassOf(o))
		}
	}
	return Value{}
}

func displayName(w *worker, o graph.Object) Value {
	d := w.decoded(o)
	name := w.h.Name(o)
	if _, isClass := w.h.AsClass(o); isClass || d.kind != kindText {
		return textValue(name)
	}
	return Value{kind: kindText, content: d.content, s: name + " " + d.s}
}

func rootKinds(w *worker, o graph.Object) Value {
	roots := w.h.RootsOf(o)
	if len(roots) == 0 {
		return Value{}
	}
	var names []string
	for _, r := range roots {
		if n := r.Kind.String(); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	s := names[0]
	for _, n := range names[1:] {
		s += ", " + n
	}
	return textValue(s)
}

// rootObjects are the objects that are GC roots, ascending.
func rootObjects(h *graph.Heap) []graph.Object {
	roots := h.Roots()
	out := make([]graph.Object, 0, len(roots))
	for i := range roots {
		out = append(out, roots[i].Object)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func gcRoots(w *worker, v Value) Value {
	if v.kind != kindSnapshot {
		return Value{}
	}
	return objectList(rootObjects(w.h))
}

func objectList(os []graph.Object) Value {
	return listValue(&list{
		n: func() int64 { return int64(len(os)) },
		each: func(fn func(Value) bool) {
			for _, o := range os {
				if !fn(objectValue(o)) {
					return
				}
			}
		},
		get: func(i int64) Value { return objectValue(os[i]) },
	})
}

func lengthOf(w *worker, v Value) Value {
	switch v.kind {
	case kindObject:
		o := graph.Object(v.bits)
		if w.h.Class(w.h.ClassOf(o)).IsArray {
			return countValue(w.h.Length(o))
		}
	case kindList:
		return countValue(v.ref.(*list).n())
	case kindText:
		return countValue(int64(units(v.s)))
	}
	return Value{}
}

func references(w *worker, o graph.Object) Value {
	var vs []Value
	w.h.EachEdge(o, func(e graph.Edge) bool {
		if len(vs) >= maxList {
			w.fail(errTooMany("references in a list", maxList, "JOIN outbound(x) AS y takes them one by one"))
			return false
		}
		vs = append(vs, rowValue(&record{[]string{"name", "object"}, []Value{textValue(w.h.EdgeText(e.Label)), objectValue(e.To)}}))
		return true
	})
	return listValue(sliceList(vs))
}

func loaderID(_ *worker, k *graph.ClassInfo) Value {
	if k.Loader == graph.NoObject {
		return Value{}
	}
	return intValue(int64(k.Loader))
}

func superID(w *worker, k *graph.ClassInfo) Value {
	if k.Super == graph.NoClass || w.h.Class(k.Super).Object == graph.NoObject {
		return Value{}
	}
	return intValue(int64(w.h.Class(k.Super).Object))
}

func (w *worker) subclasses(v Value, all bool) Value {
	base, ok := w.asClass(v)
	if !ok {
		return Value{}
	}
	var vs []Value
	for c := range graph.Class(w.h.NumClasses()) {
		if w.h.Class(c).Super == base || all && c != base && w.h.IsA(c, base) {
			vs = append(vs, classValue(c))
		}
	}
	return listValue(sliceList(vs))
}

func fieldList(_ *worker, k *graph.ClassInfo) Value {
	vs := make([]Value, 0, len(k.Fields))
	for _, f := range k.Fields {
		vs = append(vs, rowValue(&record{[]string{"name", "type"}, []Value{textValue(f.Name), textValue(typeName(f.Type))}}))
	}
	return listValue(sliceList(vs))
}

func typeName(t hprof.Type) string {
	if t == hprof.Object {
		return "object"
	}
	return t.String()
}

func staticList(w *worker, k *graph.ClassInfo) Value {
	vs := make([]Value, 0, len(k.Statics))
	for _, f := range k.Statics {
		vs = append(vs, rowValue(&record{[]string{"name", "type", "value"}, []Value{textValue(f.Name), textValue(typeName(f.Type)), w.typed(f.Value, f.Type)}}))
	}
	return listValue(sliceList(vs))
}

func numberOfObjects(w *worker, v Value) Value {
	if v.kind == kindSnapshot {
		return countValue(w.h.NumObjects())
	}
	return ofClass(func(_ *worker, k *graph.ClassInfo) Value { return countValue(k.Instances) })(w, v)
}

// instances are the objects of exactly a class.
func instances(w *worker, v Value) Value {
	c, ok := w.asClass(v)
	if !ok {
		return Value{}
	}
	return listValue(&list{
		n: func() int64 { return w.h.Class(c).Instances },
		each: func(fn func(Value) bool) {
			for o := range w.h.Instances(c) {
				if !fn(objectValue(o)) {
					return
				}
			}
		},
	})
}

func instanceSize(w *worker, v Value) Value {
	c, ok := w.asClass(v)
	if !ok {
		return Value{}
	}
	if w.h.Class(c).IsArray || w.h.Class(c).Instances == 0 {
		return bytesValue(0)
	}
	for o := range w.h.Instances(c) {
		return bytesValue(w.h.Shallow(o))
	}
	return Value{}
}

func definedClasses(w *worker, o graph.Object) Value {
	cs := w.h.DefinedClasses(o)
	vs := make([]Value, len(cs))
	for i, c := range cs {
		vs[i] = classValue(c)
	}
	return listValue(sliceList(vs))
}

func allClasses(w *worker, v Value) Value {
	if v.kind != kindSnapshot {
		return Value{}
	}
	n := int64(w.h.NumClasses())
	return listValue(&list{
		n: func() int64 { return n },
		each: func(fn func(Value) bool) {
			for c := range n {
				if !fn(classValue(graph.Class(c))) {
					return
				}
			}
		},
		get: func(i int64) Value { return classValue(graph.Class(i)) },
	})
}

func allBytes(w *worker) Value { return bytesValue(w.h.Total(graph.Unreachable).Bytes) }
