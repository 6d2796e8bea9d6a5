package graph

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
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
	// DefaultReferences says that referents are edges of their reference's strength.
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

	store   *store
	kept    *keptHeap // nil when the dump was read: what comes from an index instead
	index   *addrIndex
	n       uint64
	classes []ClassInfo
	rawName []string
	byName  map[string][]Class
	byAddr  map[uint64]Class // class by address of its class object
	prim    [16]Class        // array class by element type

	classClass Class // java.lang.Class
	missing    Class // stands for classes the dump does not describe

	// Columns by object number, in the store.
	class16  []uint16 // class + 1, 0 not read; class32 instead where there are more classes than 65534
	class32  []uint32
	length   []uint8 // arrays: elements; StackChunk: its size field; longLength: see long
	long     []longArray
	strength []uint8
	idom     []uint32 // object number, noIdom for the virtual root
	retained sizes
	children
	setsOnce sync.Once
	groups   [3][]Group

	in     lists // of the objects that refer to each object
	inFile *os.File

	loc     locator
	chunks  []hprof.Segment // stretches of the file that begin and end at a record
	roots   []Root          // by object, then kind
	threads []Thread
	defined map[Object][]Class // classes by loader
	locals  map[Object][]Local // by thread object

	threadOnce sync.Once
	threadAt   map[Object]int32 // index into threads

	strOnce sync.Once
	str     stringFields
	cursors sync.Pool

	model         *layout.Model
	totals        [NumStrengths]Totals
	dangling      int64
	problems      []hprof.Problem
	noRoots       bool
	arrayElements int64   // of all arrays
	Timing        []Phase // for --verbose
}

// longArray is the length of an array of longLength elements or more.
type longArray struct {
	object, length uint32
}

const longLength = 255

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
func (h *Heap) ClassOf(o Object) Class {
	if h.kept != nil || h.class16 == nil { // cut in two so that this half is inlined
		return h.otherClassOf(o)
	}
	return Class(h.class16[o]) - 1
}

func (h *Heap) otherClassOf(o Object) Class {
	if h.kept != nil && !h.kept.classOk(o) {
		return h.missing
	}
	if h.class16 != nil {
		return Class(h.class16[o]) - 1
	}
	return Class(h.class32[o]) - 1
}

// claimLost gives the objects whose record the second read did not find (the file changed) the class of the unknown.
func (h *Heap) claimLost() {
	for o := range Object(h.n) {
		if h.ClassOf(o) == NoClass {
			if h.class16 != nil {
				h.class16[o] = uint16(h.missing) + 1
			} else {
				h.class32[o] = uint32(h.missing) + 1
			}
			h.classes[h.missing].Instances++
		}
	}
}

// allocColumns makes the columns that the second read fills.
func (h *Heap) allocColumns() (err error) {
	if len(h.classes) < 1<<16-1 {
		h.class16, err = column[uint16](h.store, h.n+1)
	} else {
		h.class32, err = column[uint32](h.store, h.n)
	}
	if err != nil {
		return err
	}
	h.length, err = column[uint8](h.store, h.n)
	return err
}

// ClassName returns the name of an object's class.
func (h *Heap) ClassName(o Object) string { return h.classes[h.ClassOf(o)].Name }

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
	c := h.ClassOf(o)
	own := NoClass
	if c == h.classClass {
		own = h.classAt(h.index.addr(o))
	}
	return h.sizeOf(o, c, own)
}

// classAt returns the class whose class object is at addr.
func (h *Heap) classAt(addr uint64) Class {
	if c, ok := h.byAddr[addr]; ok {
		return c
	}
	return NoClass
}

// sizeOf is Shallow for an object of class c that is the class object of own, if any.
func (h *Heap) sizeOf(o Object, c, own Class) int64 {
	k := &h.classes[c]
	switch {
	case k.IsArray:
		return h.model.Array(layout.Kind(k.Elem), h.elements(o))
	case c == h.classClass && own != NoClass:
		return h.model.Mirror(int32(own))
	case c == h.classClass:
		return h.model.PrimitiveMirror()
	case h.shortLength(o) != 0:
		return h.model.StackChunk(int32(c), int32(h.elements(o)))
	}
	return h.model.Instance(int32(c))
}

func (h *Heap) shortLength(o Object) uint8 {
	if h.kept != nil && !h.kept.length.Ok(uint64(o)) {
		return 0
	}
	return h.length[o]
}

func (h *Heap) elements(o Object) uint32 {
	if n := h.shortLength(o); n < longLength {
		return uint32(n)
	}
	if h.kept != nil && !h.kept.long.All() {
		return 0
	}
	i, ok := slices.BinarySearchFunc(h.long, uint32(o), func(l longArray, o uint32) int { return cmp.Compare(l.object, o) })
	if !ok {
		return longLength
	}
	return h.long[i].length
}

// Length returns the number of elements of an array.
func (h *Heap) Length(o Object) int64 { return int64(h.elements(o)) }

// ArraySize returns the shallow size of an array of class c with n elements.
func (h *Heap) ArraySize(c Class, n int64) int64 {
	return h.model.Array(layout.Kind(h.classes[c].Elem), uint32(n))
}

// Retained returns the retained size of o in bytes.
func (h *Heap) Retained(o Object) int64 {
	if h.kept != nil && !h.kept.retained.Ok(uint64(o)*h.retained.width()) {
		return 0
	}
	return h.retained.get(uint32(o))
}

// Idom returns the immediate dominator of o, NoObject for the virtual root.
func (h *Heap) Idom(o Object) Object {
	if h.kept != nil && !h.kept.idom.Ok(uint64(o)*4) {
		return NoObject
	}
	if d := h.idom[o]; d != noIdom {
		return Object(d)
	}
	return NoObject
}

// Strength returns how o is held.
func (h *Heap) Strength(o Object) Strength {
	if h.kept != nil {
		return h.kept.strengthOf(o)
	}
	return Strength(h.strength[o])
}

// Totals returns objects and bytes by strength; they add up to the dump.
func (h *Heap) Totals() [NumStrengths]Totals { return h.totals }

// Total returns objects and bytes of what is held at least as strongly as weakest: Total(Unreachable) is the whole dump.
func (h *Heap) Total(weakest Strength) (sum Totals) {
	for _, t := range h.totals[:weakest+1] {
		sum.Objects += t.Objects
		sum.Bytes += t.Bytes
	}
	return sum
}

// In appends the distinct objects that refer to o to buf, in ascending order. References of every strength count, but not
// those of instances to their class: Instances yields these.
func (h *Heap) In(o Object, buf []Object) []Object {
	h.sources(o, func(u Object) bool {
		buf = append(buf, u)
		return true
	})
	return buf
}

// EachIn calls fn with what In appends, until it returns false.
func (h *Heap) EachIn(o Object, fn func(Object) bool) { h.sources(o, fn) }

// EachReference calls fn with every pair of which from refers to to, ascending by to, then from, until it returns false: what EachIn
// says of all objects, at a fraction of the cost.
func (h *Heap) EachReference(fn func(from, to Object) bool) {
	h.in.all(func(to, from Object) bool { return fn(from, to) })
}

// InDegree returns the number of objects that In appends.
func (h *Heap) InDegree(o Object) int64 { return h.sources(o, nil) }

// Instances yields the objects of exactly class c, ascending. It walks all objects.
func (h *Heap) Instances(c Class) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		for o := range Object(h.n) {
			if h.ClassOf(o) == c && !yield(o) {
				return
			}
		}
	}
}

// Layout returns how object sizes were found.
func (h *Heap) Layout() *layout.Model { return h.model }

// Problems returns what is damaged or missing in the dump; retained sizes are lower bounds when it is not empty.
func (h *Heap) Problems() []hprof.Problem { return withReadProblems(h.problems, h.file) }

// withReadProblems adds what came up while the dump was read, in file order.
func withReadProblems(known []hprof.Problem, f *hprof.File) []hprof.Problem {
	found := f.ReadProblems()
	if len(found) == 0 {
		return known
	}
	all := slices.Concat(known, found)
	slices.SortStableFunc(all, func(x, y hprof.Problem) int { return cmp.Compare(x.Offset, y.Offset) })
	return all
}

// NoRoots reports whether the dump has not one root of its own; then the classes of the boot loader stand for them.
func (h *Heap) NoRoots() bool { return h.noRoots }

// Dangling returns how many references point at addresses that the dump has no object for.
func (h *Heap) Dangling() int64 { return h.dangling }

// Name returns "class @ 0xaddress" for people.
func (h *Heap) Name(o Object) string {
	if c, ok := h.AsClass(o); ok {
		return fmt.Sprintf("class %s @ 0x%x", h.classes[c].Name, h.Addr(o))
	}
	return fmt.Sprintf("%s @ 0x%x", h.ClassName(o), h.Addr(o))
}

// JavaVersion returns the value of java.version that the JVM's own classes hold as a constant, "" when the dump lacks it.
func (h *Heap) JavaVersion() string {
	for _, name := range []string{"java.lang.VersionProps", "sun.misc.Version"} {
		for _, c := range h.byName[name] {
			if v, t, ok := h.Static(c, "java_version"); ok && t == hprof.Object {
				if s, ok := h.textAs(NameText, h.object(v), 64); ok {
					return s
				}
			}
		}
	}
	return ""
}

// Close releases memory and temporary files. The dump stays open.
func (h *Heap) Close() error {
	var errs []error
	if h.inFile != nil {
		unmap(h.in.data)
		errs = append(errs, h.inFile.Close())
	}
	if h.index != nil {
		h.index.free()
	}
	if h.store != nil {
		errs = append(errs, h.store.close())
	}
	if h.kept != nil {
		errs = append(errs, h.kept.file.Close())
	}
	h.store, h.inFile, h.in = nil, nil, lists{}
	return errors.Join(errs...)
}
