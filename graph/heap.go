package graph

import (
	"fmt"
	"sync"
	"time"

	"heapcause/graph/layout"
	"heapcause/hprof"
)

// Object is the number of an object: instances, arrays and class objects are numbered in ascending address order.
type Object uint64

// NoObject stands for null, for a reference into nothing, and for the virtual root.
const NoObject = ^Object(0)

// Strength says how an object is held; see the package comment.
type Strength uint8

// The strengths, strongest first.
const (
	Strong Strength = iota
	Soft
	Finalizer
	Weak
	Phantom
	Unreachable
	NumStrengths
)

// String returns the word used in reports.
func (s Strength) String() string {
	return [...]string{"strong", "soft", "finalizer", "weak", "phantom", "unreachable", "?"}[min(s, NumStrengths)]
}

// References chooses the edges of the graph.
type References uint8

const (
	// DefaultReferences: referents are edges of their reference's strength.
	DefaultReferences References = iota
	// AllReferences is the edge and root set of Eclipse MAT: referents are strong, loaders do not refer to their classes.
	AllReferences
)

// Totals are counts and bytes.
type Totals struct {
	Objects int64
	Bytes   int64
}

// Heap is the graph of one dump. It is safe for concurrent reading.
type Heap struct {
	file   *hprof.File
	idSize int
	opt    Options

	index      *addrIndex
	n          uint64
	classes    []ClassInfo
	rawName    []string
	byName     map[string][]Class
	byAddr     map[uint64]Class // class by address of its class object
	prim       [16]Class        // array class by element type
	classClass uint32           // java.lang.Class, noIdom when the dump lacks it
	missing    Class            // stands for classes the dump does not describe

	class    []uint32 // Class of each object
	length   []uint32 // arrays: elements; StackChunk: its size field
	strength []uint8
	idom     []uint32 // object number, noIdom for the virtual root
	retained []int64

	inIndex []uint64 // one more than objects; inbound references of o are in[inIndex[o]:inIndex[o+1]]
	in      []uint32

	loc     locator
	chunks  []hprof.Segment // stretches of the file that begin and end at a record
	roots   []Root          // by object, then kind
	threads []Thread
	defined map[Object][]Class // classes by loader
	locals  map[Object][]Local // by thread object

	children
	strOnce sync.Once
	str     stringFields
	cursors sync.Pool

	model     *layout.Model
	totals    [NumStrengths]Totals
	dangling  int64
	problems  []hprof.Problem
	duplicate int64
	Timing    []Phase // for --verbose
}

// Phase is one timed step of building.
type Phase struct {
	Name string
	Wall time.Duration
}

const noIdom = ^uint32(0)

// File returns the dump.
func (h *Heap) File() *hprof.File { return h.file }

// NumObjects returns how many objects the dump has, class objects included.
func (h *Heap) NumObjects() int64 { return int64(h.n) }

// NumClasses returns the length of the class table; classes are 0..NumClasses()-1.
func (h *Heap) NumClasses() int { return len(h.classes) }

// Class returns the description of c.
func (h *Heap) Class(c Class) *ClassInfo { return &h.classes[c] }

// ClassesByName returns the classes of that (Java) name, one per loader, in table order.
func (h *Heap) ClassesByName(name string) []Class { return h.byName[name] }

// ClassOf returns the class of an object.
func (h *Heap) ClassOf(o Object) Class { return Class(h.class[o]) }

// ClassName returns the name of an object's class.
func (h *Heap) ClassName(o Object) string { return h.classes[h.class[o]].Name }

// AsClass returns the class whose class object o is.
func (h *Heap) AsClass(o Object) (Class, bool) {
	c, ok := h.byAddr[h.index.addr(o)]
	return c, ok
}

// IsA reports whether class c is base or one of its subclasses.
func (h *Heap) IsA(c, base Class) bool {
	for range len(h.classes) {
		if c == base {
			return true
		}
		if c == NoClass {
			return false
		}
		c = h.classes[c].Super
	}
	return false
}

// Subclasses returns, for each class of the table, whether it is one of the named classes or a subclass of one.
func (h *Heap) Subclasses(names ...string) []bool {
	out := make([]bool, len(h.classes))
	var bases []Class
	for _, n := range names {
		bases = append(bases, h.byName[n]...)
	}
	for i := range out {
		for _, b := range bases {
			if h.IsA(Class(i), b) {
				out[i] = true
				break
			}
		}
	}
	return out
}

// Addr returns the address (HPROF identifier) of o.
func (h *Heap) Addr(o Object) uint64 { return h.index.addr(o) }

// Lookup returns the object at an address.
func (h *Heap) Lookup(addr uint64) (Object, bool) { return h.index.find(addr) }

// Shallow returns the shallow size of o in bytes.
func (h *Heap) Shallow(o Object) int64 {
	c := h.class[o]
	k := &h.classes[c]
	if k.IsArray {
		return h.model.Array(layout.Kind(k.Elem), h.length[o])
	}
	if h.class[o] == h.classClass {
		if m, ok := h.byAddr[h.index.addr(o)]; ok {
			return h.model.Mirror(int32(m))
		}
		return h.model.PrimitiveMirror()
	}
	if n := h.length[o]; n != 0 {
		return h.model.StackChunk(int32(c), int32(n))
	}
	return h.model.Instance(int32(c))
}

// Length returns the number of elements of an array.
func (h *Heap) Length(o Object) int64 { return int64(h.length[o]) }

// Retained returns the retained size of o in bytes.
func (h *Heap) Retained(o Object) int64 { return h.retained[o] }

// Idom returns the immediate dominator of o, NoObject for the virtual root.
func (h *Heap) Idom(o Object) Object {
	if d := h.idom[o]; d != noIdom {
		return Object(d)
	}
	return NoObject
}

// Strength returns how o is held.
func (h *Heap) Strength(o Object) Strength { return Strength(h.strength[o]) }

// Totals returns objects and bytes by strength; they add up to the dump.
func (h *Heap) Totals() [NumStrengths]Totals { return h.totals }

// In appends the distinct objects that refer to o to buf, in ascending order. References of every strength count.
func (h *Heap) In(o Object, buf []Object) []Object {
	for _, u := range h.in[h.inIndex[o]:h.inIndex[o+1]] {
		buf = append(buf, Object(u))
	}
	return buf
}

// InDegree returns the number of objects that refer to o.
func (h *Heap) InDegree(o Object) int64 { return int64(h.inIndex[o+1] - h.inIndex[o]) }

// Layout returns how object sizes were found.
func (h *Heap) Layout() *layout.Model { return h.model }

// Problems returns what is damaged or missing in the dump; retained sizes are lower bounds when it is not empty.
func (h *Heap) Problems() []hprof.Problem { return h.problems }

// Dangling returns how many references point at addresses that the dump has no object for.
func (h *Heap) Dangling() int64 { return h.dangling }

// Name returns "class @ 0xaddress" for people.
func (h *Heap) Name(o Object) string {
	if c, ok := h.AsClass(o); ok {
		return fmt.Sprintf("class %s @ 0x%x", h.classes[c].Name, h.Addr(o))
	}
	return fmt.Sprintf("%s @ 0x%x", h.ClassName(o), h.Addr(o))
}
