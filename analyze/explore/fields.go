package explore

import (
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

var fieldColumns = report.Rows[string]{"field", "value", "type", "address", "retained", "inherited from"}

// fields lists the fields of an instance, own class first. All are shown: a class has few.
func (d *Decoder) fields(o graph.Object) report.Table {
	t := report.Table{Name: "fields", Title: "Fields", Columns: fieldColumns}
	own := d.h.ClassOf(o)
	for _, f := range d.h.Fields(o) {
		t.Rows = append(t.Rows, append(d.fieldCells(f.Name, f.Type, f.Bits), d.declaring(own, f.Class)))
	}
	return t
}

// declaring names the superclass that declares a field, without its package where that says enough; empty for the class itself.
func (d *Decoder) declaring(own, c graph.Class) report.Value {
	if c == own {
		return report.Value{}
	}
	name := d.h.Class(c).Name
	base := lastPart(name)
	for at, i := own, 0; at != graph.NoClass && i < d.h.NumClasses(); at, i = d.h.Class(at).Super, i+1 {
		if at != c && lastPart(d.h.Class(at).Name) == base {
			return report.Name(name)
		}
	}
	return report.Name(base)
}

// fieldCells describes a field or static: name, value, type or class of the value, address, retained size.
func (d *Decoder) fieldCells(name string, t hprof.Type, bits uint64) []report.Value {
	row := []report.Value{report.Name(name), d.FieldValue(t, bits), report.Name(t.String()), {}, {}}
	if t != hprof.Object {
		return row
	}
	row[2] = report.Value{}
	if bits == 0 {
		return row
	}
	row[3] = report.Object(report.Address(bits))
	if to, ok := d.h.Lookup(bits); ok {
		row[2], row[4] = report.Name(d.h.ClassName(to)), report.Bytes(d.h.Retained(to))
	}
	return row
}

// FieldValue decodes the value of a field: a number, or what the object that it refers to stands for; empty where that is nothing but
// itself. null and what the dump lacks are texts.
func (d *Decoder) FieldValue(t hprof.Type, bits uint64) report.Value {
	if t != hprof.Object {
		return Primitive(t, bits)
	}
	if bits == 0 {
		return report.Name("null")
	}
	to, ok := d.h.Lookup(bits)
	if !ok {
		return report.Name("not in the dump")
	}
	return d.short(to)
}
