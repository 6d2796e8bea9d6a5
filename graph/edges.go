package graph

import (
	"fmt"
	"slices"

	"heapcause/hprof"
)

// Edge is an outgoing reference with its name: "java.util.Timer::queue", "[3]", "static cancelTimer", "<class>", …
type Edge struct {
	To       Object
	Label    EdgeLabel
	Strength Strength // of the edge: not Strong for Reference::referent
}

// EdgeKind says what an edge is.
type EdgeKind uint8

// The kinds of edges.
const (
	FieldEdge EdgeKind = iota
	ElementEdge
	StaticEdge
	ClassEdge
	SuperEdge
	LoaderEdge
	SignersEdge
	DomainEdge
	ConstantEdge
	DefinedEdge // class loader → class it defined
	LocalEdge   // thread → Java or JNI local
)

// String returns one word for the kind.
func (k EdgeKind) String() string {
	return [...]string{
		"field", "element", "static", "class", "super", "loader", "signers", "domain", "constant", "defined", "local", "?",
	}[min(k, LocalEdge+1)]
}

// EdgeLabel names an edge without its text.
type EdgeLabel struct {
	Kind  EdgeKind
	Class Class  // that declares the field or static
	Name  string // of the field or static
	Index int    // of the element, or the frame of a local (-1 none)
	Tag   hprof.Tag
}

// EdgeText returns the label as shown in paths.
func (h *Heap) EdgeText(l EdgeLabel) string {
	switch l.Kind {
	case FieldEdge:
		return h.classes[l.Class].Name + "::" + l.Name
	case ElementEdge:
		return fmt.Sprintf("[%d]", l.Index)
	case StaticEdge:
		return "static " + h.classes[l.Class].Name + "." + l.Name
	case LocalEdge:
		if l.Tag == hprof.RootJavaFrame {
			return "<Java local>"
		}
		return "<" + l.Tag.String() + ">"
	}
	return [...]string{
		ClassEdge: "<class>", SuperEdge: "<super>", LoaderEdge: "<class loader>", SignersEdge: "<signers>",
		DomainEdge: "<protection domain>", ConstantEdge: "<constant pool>", DefinedEdge: "<defined class>",
	}[l.Kind]
}

// Out appends the objects that o refers to, in the order of Edges.
func (h *Heap) Out(o Object, buf []Object) []Object {
	h.EachEdge(o, func(e Edge) bool {
		buf = append(buf, e.To)
		return true
	})
	return buf
}

// EachEdge calls fn with each outgoing reference of o, read from the dump, until it returns false.
func (h *Heap) EachEdge(o Object, fn func(Edge) bool) {
	c := h.getCursor()
	defer h.cursors.Put(c)
	stopped := false
	emit := func(to Object, s Strength, l EdgeLabel) bool {
		if to != NoObject && !stopped && !fn(Edge{to, l, s}) {
			stopped = true
		}
		return !stopped
	}
	if k, ok := h.AsClass(o); ok {
		h.classEdges(k, emit)
	} else if c.Load(o) {
		h.recordEdges(&c.View, emit)
	}
	for _, k := range h.defined[o] {
		if !h.classes[k].hidden && h.opt.References == DefaultReferences {
			emit(h.classes[k].Object, Strong, EdgeLabel{Kind: DefinedEdge, Class: k})
		}
	}
	for _, l := range h.locals[o] {
		emit(l.Object, Strong, EdgeLabel{Kind: LocalEdge, Index: int(l.Frame), Tag: l.Kind})
	}
}

func (h *Heap) classEdges(c Class, emit func(Object, Strength, EdgeLabel) bool) {
	k := &h.classes[c]
	for _, s := range k.Statics {
		if s.Type == hprof.Object {
			emit(h.object(s.Value), Strong, EdgeLabel{Kind: StaticEdge, Class: c, Name: s.Name})
		}
	}
	emit(h.object(k.superID), Strong, EdgeLabel{Kind: SuperEdge})
	emit(h.object(k.loaderID), Strong, EdgeLabel{Kind: LoaderEdge})
	if h.opt.References == DefaultReferences {
		emit(h.object(k.signers), Strong, EdgeLabel{Kind: SignersEdge})
		emit(h.object(k.domain), Strong, EdgeLabel{Kind: DomainEdge})
	}
	for _, f := range k.constants {
		if f.Type == hprof.Object {
			emit(h.object(f.Value), Strong, EdgeLabel{Kind: ConstantEdge})
		}
	}
	emit(h.classes[h.classClass].Object, Strong, EdgeLabel{Kind: ClassEdge})
}

// EachEdge is Heap.EachEdge for the current object, which is in memory: without what a loader and a thread refer to besides.
func (v *View) EachEdge(fn func(Edge) bool) {
	stopped := false
	v.h.recordEdges(v, func(to Object, s Strength, l EdgeLabel) bool {
		if to != NoObject && !stopped && !fn(Edge{to, l, s}) {
			stopped = true
		}
		return !stopped
	})
}

func (h *Heap) recordEdges(c *View, emit func(Object, Strength, EdgeLabel) bool) {
	k := &h.classes[c.Class]
	if c.tag != hprof.InstanceDump {
		if c.tag == hprof.ObjectArray {
			c.EachRef(func(i int, o Object) bool { return emit(o, Strong, EdgeLabel{Kind: ElementEdge, Index: i}) })
		}
	} else if len(c.body) >= int(k.size) {
		off := int32(0)
		for cl := c.Class; cl != NoClass && off < k.size; cl = h.classes[cl].Super {
			for _, f := range h.classes[cl].Fields {
				if int(off)+f.Type.Size(h.idSize) > len(c.body) { // a class of a forged index
					break
				}
				if f.Type == hprof.Object {
					s := Strong
					if off == k.referent {
						s = h.referentStrength(k, c.body)
					}
					emit(h.object(hprof.Value(c.body[off:], hprof.Object, h.idSize)), s, EdgeLabel{Kind: FieldEdge, Class: cl, Name: f.Name})
				}
				off += int32(f.Type.Size(h.idSize))
			}
		}
	}
	emit(k.Object, Strong, EdgeLabel{Kind: ClassEdge})
}

// Label returns the first edge by which from refers to to, strong ones before others.
func (h *Heap) Label(from, to Object) (Edge, bool) {
	if to != NoObject {
		if i, ok := h.element(from, to); ok {
			return Edge{to, EdgeLabel{Kind: ElementEdge, Index: i}, Strong}, true
		}
	}
	var best Edge
	found := false
	h.EachEdge(from, func(e Edge) bool {
		if e.To == to && (!found || e.Strength < best.Strength) {
			best, found = e, true
		}
		return !found || best.Strength != Strong
	})
	return best, found
}

// element finds an object in an object array by its identifier: to look up each of a million elements would take the longer part of a
// second.
func (h *Heap) element(array, o Object) (int, bool) {
	c := h.getCursor()
	defer h.cursors.Put(c)
	if !c.Load(array) || c.tag != hprof.ObjectArray {
		return 0, false
	}
	id, ids := h.index.addr(o), h.idSize
	i, found := 0, false
	_ = c.Pieces(func(p []byte) error {
		for ; len(p) >= ids; p = p[ids:] {
			if hprof.Value(p, hprof.Object, ids) == id {
				found = true
				return errStop
			}
			i++
		}
		return nil
	})
	return i, found
}

// FieldValue is one field of an instance with its raw bits.
type FieldValue struct {
	Class Class
	Name  string
	Type  hprof.Type
	Bits  uint64
}

// Fields returns the instance fields of o with their values, own class first.
func (h *Heap) Fields(o Object) []FieldValue {
	c := h.getCursor()
	defer h.cursors.Put(c)
	if !c.Load(o) || h.classes[c.Class].IsArray || len(c.body) < int(h.classes[c.Class].size) {
		return nil
	}
	var out []FieldValue
	off := 0
	for cl := c.Class; cl != NoClass && off < len(c.body); cl = h.classes[cl].Super {
		for _, f := range h.classes[cl].Fields {
			out = append(out, FieldValue{cl, f.Name, f.Type, hprof.Value(c.body[off:], f.Type, h.idSize)})
			off += f.Type.Size(h.idSize)
		}
	}
	return slices.Clip(out)
}
