package graph

import (
	"iter"
	"strings"

	"heapcause/hprof"
)

// Class is the number of a class in the dump: array classes and classes that only LOAD_CLASS or an instance names included.
type Class int32

// NoClass stands for "no class".
const NoClass Class = -1

// FieldInfo is a declared instance field.
type FieldInfo struct {
	Name string
	Type hprof.Type
}

// StaticInfo is a static, or HotSpot's pseudo-static (name in angle brackets), with its value's raw bits.
type StaticInfo struct {
	Name  string
	Type  hprof.Type
	Value uint64
}

// ClassInfo describes a class. It is shared and not to be changed.
type ClassInfo struct {
	Name    string // as in Java source: java.util.Map$Entry, byte[], java.lang.String[][]
	Addr    uint64 // of the class object; 0 for a class that the dump has no record of
	Object  Object // the class object, NoObject when Addr is not in the dump
	Super   Class  // NoClass for java.lang.Object and where the dump lacks it
	Loader  Object // NoObject for the boot loader
	Fields  []FieldInfo
	Statics []StaticInfo
	Missing bool // the dump names the class but does not describe it

	IsArray bool
	Elem    hprof.Type // of arrays; Object for arrays of references

	Instances int64 // objects of exactly this class

	signers, domain hprof.ID
	constants       []hprof.Field
	loaderID        hprof.ID
	superID         hprof.ID

	size     int32   // bytes of field data, supers included
	refs     []int32 // offsets of references from the start of the record, in dump order; without referent
	referent int32   // offset of Reference::referent, -1 when not a Reference
	next     int32   // offset of Reference::next, likewise
	kind     Strength
	hidden   bool // non-strong hidden class: its loader does not keep it alive
}

// maxFieldBytes bounds the field data of one class chain: more is damage.
const maxFieldBytes = 1 << 24

// javaName turns a JVM class name ("[Ljava/lang/String;") into the one of Java source ("java.lang.String[]").
func javaName(s string) string {
	dims := 0
	for dims < len(s) && s[dims] == '[' {
		dims++
	}
	if dims == 0 || dims == len(s) {
		return strings.ReplaceAll(s, "/", ".")
	}
	base := s[dims:]
	switch {
	case base[0] == 'L' && strings.HasSuffix(base, ";"):
		base = strings.ReplaceAll(base[1:len(base)-1], "/", ".")
	case len(base) == 1 && primitiveOf(base[0]) != 0:
		base = primitiveOf(base[0]).String()
	default:
		return strings.ReplaceAll(s, "/", ".")
	}
	return base + strings.Repeat("[]", dims)
}

func primitiveOf(c byte) hprof.Type {
	switch c {
	case 'Z':
		return hprof.Boolean
	case 'C':
		return hprof.Char
	case 'F':
		return hprof.Float
	case 'D':
		return hprof.Double
	case 'B':
		return hprof.Byte
	case 'S':
		return hprof.Short
	case 'I':
		return hprof.Int
	case 'J':
		return hprof.Long
	}
	return 0
}

var primitives = []hprof.Type{hprof.Boolean, hprof.Char, hprof.Float, hprof.Double, hprof.Byte, hprof.Short, hprof.Int, hprof.Long}

// hiddenName reports whether a class name is one of a hidden or VM-anonymous class: it ends in "/0x…", "+0x…" (a JVM
// address) or "/" and digits.
func hiddenName(raw string) bool {
	i := strings.LastIndexAny(raw, "/+")
	if i < 0 || i+1 == len(raw) {
		return false
	}
	tail := strings.TrimPrefix(raw[i+1:], "0x")
	for _, c := range tail {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return tail != ""
}

// link computes what depends on the whole class table. order-independent: a chain of superclasses is walked per class.
func (h *Heap) linkClasses() {
	ref := h.firstClass("java.lang.ref.Reference")
	kinds := map[Class]Strength{}
	for name, k := range map[string]Strength{
		"java.lang.ref.SoftReference": Soft, "java.lang.ref.FinalReference": Finalizer,
		"java.lang.ref.WeakReference": Weak, "java.lang.ref.PhantomReference": Phantom,
	} {
		if c := h.firstClass(name); c != NoClass {
			kinds[c] = k
		}
	}
	modern := false // hidden classes (JDK 15+) instead of VM-anonymous ones
	if c := h.firstClass("java.lang.Class"); c != NoClass {
		for _, f := range h.classes[c].Fields {
			modern = modern || f.Name == "classData"
		}
	}
	ids := h.idSize
	for i := range h.classes {
		k := &h.classes[i]
		k.referent, k.next = -1, -1
		if k.IsArray || k.Missing {
			continue
		}
		off := int64(0)
		steps := 0
		for c := Class(i); c != NoClass; c = h.classes[c].Super {
			if steps++; steps > len(h.classes) || off > maxFieldBytes {
				break
			}
			if s, ok := kinds[c]; ok {
				k.kind = s
			}
			for _, f := range h.classes[c].Fields {
				if f.Type == hprof.Object {
					switch {
					case c == ref && f.Name == "referent":
						k.referent = int32(off)
					default:
						k.refs = append(k.refs, int32(off))
					}
					if c == ref && f.Name == "next" {
						k.next = int32(off)
					}
				}
				off += int64(f.Type.Size(ids))
			}
		}
		k.size = int32(min(off, maxFieldBytes))
		if k.referent >= 0 && k.kind == Strong {
			k.kind = Weak // a subclass of Reference of another VM: not stronger than weak is the safe reading
		}
		k.hidden = hiddenName(h.rawName[i]) && !(modern && strings.Contains(k.Name, "$$Lambda"))
	}
}

// referentStrength is the strength of the referent edge of a reference object of class k with these fields. An enqueued
// FinalReference (Reference::next is set) holds its referent strongly.
func (h *Heap) referentStrength(k *ClassInfo, body []byte) Strength {
	switch {
	case h.opt.References == AllReferences:
		return Strong
	case k.kind == Finalizer && k.next >= 0 && hprof.Value(body[k.next:], hprof.Object, h.idSize) != 0:
		return Strong
	}
	return k.kind
}

// firstClass returns the class of that name that the boot loader defined, or else the first one.
func (h *Heap) firstClass(name string) Class {
	cs := h.byName[name]
	for _, c := range cs {
		if h.classes[c].Loader == NoObject {
			return c
		}
	}
	if len(cs) > 0 {
		return cs[0]
	}
	return NoClass
}

// references yields the identifiers that the class object refers to, nulls included, but for its own class.
func (k *ClassInfo) references(all References) iter.Seq[hprof.ID] {
	return func(yield func(hprof.ID) bool) {
		if !yield(k.superID) || !yield(k.loaderID) {
			return
		}
		if all == DefaultReferences && (!yield(k.signers) || !yield(k.domain)) { // Eclipse MAT leaves these out
			return
		}
		for _, f := range k.constants {
			if f.Type == hprof.Object && !yield(f.Value) {
				return
			}
		}
		for _, f := range k.Statics {
			if f.Type == hprof.Object && !yield(f.Value) {
				return
			}
		}
	}
}
