package explore

import (
	"heapcause/graph"
	"heapcause/report"
)

// classTables show the statics of a class and the fields that it declares.
func (v *view) classTables(c graph.Class) {
	k := v.h.Class(c)
	statics := report.Table{Name: "statics", Title: "Statics", Columns: fieldColumns[:5]}
	for _, s := range k.Statics {
		statics.Rows = append(statics.Rows, v.fieldCells(s.Name, s.Type, s.Value))
	}
	v.table(statics)
	declared := report.Table{Name: "declared", Title: "Fields that its instances have", Columns: report.Rows[string]{"field", "type", "inherited from"}}
	for at := c; at != graph.NoClass && len(declared.Rows) < MaxRows; at = v.h.Class(at).Super {
		for _, f := range v.h.Class(at).Fields {
			declared.Rows = append(declared.Rows, report.Rows[report.Value]{report.Name(f.Name), report.Name(f.Type.String()), v.declaring(c, at)})
		}
	}
	v.table(declared)
}
