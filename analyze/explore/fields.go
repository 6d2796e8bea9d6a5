package explore

import (
	"heapcause/graph"
	"heapcause/hprof"
	"heapcause/report"
)

// fields lists the fields of an instance, own class first.
func (d *Decoder) fields(o graph.Object, opt *Options) report.Table {
	t := report.Table{Name: "fields", Title: "Fields", Columns: report.Rows[string]{"declared by", "field", "value", "class", "address", "retained"}}
	for _, f := range d.h.Fields(o) {
		opt.add(&t, 0, d.fieldRow(d.h.Class(f.Class).Name, f.Name, f.Type, f.Bits)...)
	}
	return t
}

// fieldRow describes a field or static.
func (d *Decoder) fieldRow(declared, name string, t hprof.Type, bits uint64) []report.Value {
	row := []report.Value{report.Name(declared), report.Name(name), d.FieldValue(t, bits), report.Name(t.String()), {}, {}}
	if t != hprof.Object {
		return row
	}
	row[3], row[4] = report.Value{}, report.Value{}
	if bits == 0 {
		return row
	}
	row[4] = report.Object(report.Address(bits))
	if to, ok := d.h.Lookup(bits); ok {
		row[3], row[5] = report.Name(d.h.ClassName(to)), report.Bytes(d.h.Retained(to))
	}
	return row
}

// FieldValue decodes the value of a field: a number, or what the object that it refers to stands for. null and what the dump lacks are
// texts.
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
