package hproftest

import (
	"fmt"
	"strings"

	"heapcause/hprof"
)

// Class is a class of the dump, with its class object.
type Class struct {
	ID     ID
	Name   string // as in Java source
	Super  *Class
	Loader *Object // nil is the boot loader
	Serial uint32

	d               *Dump
	shape           *Class // the superclass whose fields instances have
	fields          []field
	statics         []static
	constants       []static
	signers, domain ID
	size            int // bytes of field data, supers included
	payload         int64
	elem            hprof.Type
	sticky          bool
	noDump, noLoad  bool
}

type field struct {
	name string
	typ  hprof.Type
}

type static struct {
	field
	bits uint64
}

// A ClassPart is an argument of Dump.Class.
type ClassPart func(*Class)

// Super sets the superclass, java.lang.Object unless told; nil is none.
func Super(s *Class) ClassPart { return func(c *Class) { c.Super = s } }

// Loader sets the class loader, the boot loader unless told.
func Loader(o *Object) ClassPart { return func(c *Class) { c.Loader = o } }

// Fields adds instance fields in dump order. A specification is a type and a name as in Java source: "int count",
// "String name"; what is not a primitive type is a reference.
func Fields(specs ...string) ClassPart {
	return func(c *Class) {
		for _, s := range specs {
			c.fields = append(c.fields, parseField(s))
		}
	}
}

// Static adds a static with its value.
func Static(spec string, value any) ClassPart {
	return func(c *Class) {
		f := parseField(spec)
		c.statics = append(c.statics, static{f, c.d.bits(f.typ, value)})
	}
}

// Constant adds an entry to the constant pool, which HotSpot leaves empty.
func Constant(t hprof.Type, value any) ClassPart {
	return func(c *Class) { c.constants = append(c.constants, static{field{"", t}, c.d.bits(t, value)}) }
}

// Signers and Domain set the references of those names.
func Signers(o *Object) ClassPart { return func(c *Class) { c.signers = o.ID } }

// Domain sets the protection domain.
func Domain(o *Object) ClassPart { return func(c *Class) { c.domain = o.ID } }

// Sticky gives the class a sticky root, as HotSpot does for those of the boot loader.
func Sticky() ClassPart { return func(c *Class) { c.sticky = true } }

// ClassAt sets the address of the class object.
func ClassAt(addr ID) ClassPart { return func(c *Class) { c.ID = addr } }

// NoDump leaves the class dump out: the dump only names the class.
func NoDump() ClassPart { return func(c *Class) { c.noDump = true } }

// NoLoad leaves the LOAD_CLASS record out: the class has no name.
func NoLoad() ClassPart { return func(c *Class) { c.noLoad = true } }

// Class adds a class. The name is as in Java source; a slash stays, as in the names of hidden classes.
func (d *Dump) Class(name string, parts ...ClassPart) *Class {
	c := &Class{d: d, Name: name, Super: d.byName["java.lang.Object"], Serial: uint32(len(d.classes) + 1)}
	for _, p := range parts {
		p(c)
	}
	if c.ID == 0 {
		c.ID = d.nextClass
		d.nextClass += 512
	}
	c.measure()
	d.classes = append(d.classes, c)
	if d.byName[name] == nil {
		d.byName[name] = c
	}
	return c
}

func (c *Class) measure() {
	c.size, c.payload, c.shape = 0, 0, c.Super
	if c.Super != nil {
		c.size, c.payload = c.Super.size, c.Super.payload
	}
	for _, f := range c.fields {
		c.size += f.typ.Size(c.d.idSize)
		if f.typ == hprof.Object {
			c.payload += c.d.machine.reference
		} else {
			c.payload += int64(f.typ.Size(8))
		}
	}
}

// ArrayClass returns the class of arrays of the named element class or primitive type, making it when absent. Its loader is
// that of the elements.
func (d *Dump) ArrayClass(elem string) *Class {
	name := elem + "[]"
	if c := d.byName[name]; c != nil {
		return c
	}
	c := d.Class(name)
	c.elem = hprof.Object
	if t := typeOf(elem); t != hprof.Object {
		c.elem = t
	} else if e := d.byName[strings.TrimRight(elem, "[]")]; e != nil {
		c.Loader = e.Loader
	}
	return c
}

// Find returns the first class of that name, nil when there is none.
func (d *Dump) Find(name string) *Class { return d.byName[name] }

// SetSuper changes the superclass of what the dump says; instances keep their shape.
func (c *Class) SetSuper(s *Class) { c.Super = s }

// SetStatic sets a static that was declared with the class, or by this call: then the name may be a specification.
func (c *Class) SetStatic(spec string, value any) *Class {
	f := field{name: spec, typ: hprof.Object}
	if strings.Contains(spec, " ") {
		f = parseField(spec)
	}
	for i := range c.statics {
		if s := &c.statics[i]; s.name == f.name {
			s.bits = c.d.bits(s.typ, value)
			return c
		}
	}
	c.statics = append(c.statics, static{f, c.d.bits(f.typ, value)})
	return c
}

// slot finds a field of the class or its superclasses: "name", nearest first, or "Class::name".
func (c *Class) slot(name string) (at int, t hprof.Type, ok bool) {
	declarer := ""
	if i := strings.Index(name, "::"); i >= 0 {
		declarer, name = name[:i], name[i+2:]
	}
	for k := c; k != nil; k = k.shape {
		for _, f := range k.fields {
			if f.name == name && (declarer == "" || declarer == k.Name) {
				return at, f.typ, true
			}
			at += f.typ.Size(c.d.idSize)
		}
	}
	return 0, 0, false
}

// raw is the name in the words of the JVM.
func (c *Class) raw() string {
	base := strings.TrimSuffix(c.Name, "[]")
	dims := 1
	for strings.HasSuffix(base, "[]") {
		base = strings.TrimSuffix(base, "[]")
		dims++
	}
	slashed := strings.ReplaceAll(base, ".", "/")
	if base == c.Name {
		return slashed
	}
	if t := typeOf(base); t != hprof.Object {
		return strings.Repeat("[", dims) + letter[t]
	}
	return strings.Repeat("[", dims) + "L" + slashed + ";"
}

var letter = map[hprof.Type]string{
	hprof.Boolean: "Z", hprof.Char: "C", hprof.Float: "F", hprof.Double: "D",
	hprof.Byte: "B", hprof.Short: "S", hprof.Int: "I", hprof.Long: "J",
}

// typeOf returns the basic type of a type in Java source.
func typeOf(s string) hprof.Type {
	for t := range letter {
		if t.String() == s {
			return t
		}
	}
	return hprof.Object
}

func parseField(spec string) field {
	t, name, ok := strings.Cut(spec, " ")
	if !ok || name == "" {
		panic(fmt.Sprintf("hproftest: field %q is not a type and a name", spec))
	}
	return field{name, typeOf(t)}
}

// Omit leaves the class dump out, as NoDump does.
func (c *Class) Omit() { c.noDump = true }

// Has reports whether instances have a field of that name.
func (c *Class) Has(name string) bool {
	_, _, ok := c.slot(name)
	return ok
}
