package explore

import (
	"heapcause/graph"
	"heapcause/report"
)

// Address returns the address of an object, 0 for none.
func Address(h *graph.Heap, o graph.Object) report.Address {
	if o == graph.NoObject {
		return 0
	}
	return report.Address(h.Addr(o))
}

// AddressValue is Address as a cell: empty for no object.
func AddressValue(h *graph.Heap, o graph.Object) report.Value {
	if o == graph.NoObject {
		return report.Value{}
	}
	return report.Object(Address(h, o))
}

// Name returns "Class @ 0xaddress", the name of an object for people and the text that they copy its address from; "null" for none.
func Name(h *graph.Heap, o graph.Object) string {
	if o == graph.NoObject {
		return "null"
	}
	return h.Name(o)
}

// maxNote is how many characters of a decoded value follow an object's name.
const maxNote = 60

// Describe is the name of an object with what it decodes to, in short: `java.lang.Integer @ 0x7f00 = 42`. It may hold contents of the
// dump, masked as the policy says.
func (d *Decoder) Describe(o graph.Object) report.Value {
	name := Name(d.h, o)
	if _, class := d.h.AsClass(o); o == graph.NoObject || class {
		return report.Name(name)
	}
	v := d.short(o)
	if v.Kind() == report.KindNone {
		return report.Name(name)
	}
	return d.joined(report.Name(name+" = "), v)
}

// joined puts values one behind the other. It is content where one of them is.
func (d *Decoder) joined(parts ...report.Value) report.Value {
	return join("", parts)
}
