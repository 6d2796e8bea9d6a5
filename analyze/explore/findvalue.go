package explore

import (
	"context"
	"fmt"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
	"heapcause/report/suggest"
)

// bound is a condition with its field in each class that has it.
type bound struct {
	Condition
	operand
	field []graph.Field // by class
}

// values finds objects whose fields meet all conditions.
func (f *finder) values(ctx context.Context) error {
	var texts []string
	var conditions []*bound
	wanted := make([]bool, f.h.NumClasses())
	for c := range wanted {
		wanted[c] = f.classes == nil || f.classes[c]
	}
	for _, c := range f.opt.Conditions {
		b, err := f.bind(c)
		if err != nil {
			return err
		}
		for i := range wanted {
			wanted[i] = wanted[i] && b.field[i].Ok()
		}
		conditions = append(conditions, b)
		texts = append(texts, c.Field+" "+c.Op+" "+c.Value)
	}
	f.out.Title = "Objects with " + strings.Join(texts, " and ")
	found := analyze.NewBitSet(f.h)
	err := f.scan(ctx, wanted, found, func() func(*graph.View) bool {
		d := NewDecoder(f.h, redact.Policy{ShowValues: true}) // matches the true values
		return func(v *graph.View) bool {
			for _, b := range conditions {
				field := b.field[v.Class]
				if !b.holds(b.Op, d, field.Type(), v.Bits(field)) {
					return false
				}
			}
			return true
		}
	})
	if err != nil {
		return err
	}
	f.hits(found, "object", "found", func(o graph.Object) report.Value {
		if !f.c.Load(o) || len(conditions) == 0 {
			return report.Value{}
		}
		field := conditions[0].field[f.h.ClassOf(o)]
		bits := f.c.Bits(field)
		if v := f.FieldValue(field.Type(), bits); v.Kind() != report.KindNone {
			return v
		}
		return report.Object(report.Address(bits))
	})
	return nil
}

// bind finds the field of a condition in all classes.
func (f *finder) bind(c Condition) (*bound, error) {
	h := f.h
	b := &bound{c, parseOperand(c.Value), make([]graph.Field, h.NumClasses())}
	found := false
	if c.Class == "" {
		for i := range b.field {
			if f.classes == nil || f.classes[i] {
				b.field[i], _ = h.FindField(graph.Class(i), c.Field)
				found = found || b.field[i].Ok()
			}
		}
		if !found {
			return nil, &SelectorError{fmt.Sprintf("no class has a field %q", c.Field), "heapcause show DUMP @class:NAME lists the fields of a class"}
		}
		return b, nil
	}
	cs, err := ClassesNamed(h, c.Class)
	if err != nil {
		return nil, err
	}
	for _, base := range cs {
		field, ok := h.FindField(base, c.Field)
		if !ok {
			continue
		}
		found = true
		for i := range b.field {
			if h.IsA(graph.Class(i), base) {
				b.field[i] = field
			}
		}
	}
	if !found {
		return nil, &SelectorError{fmt.Sprintf("class %s has no field %q", h.Class(cs[0]).Name, c.Field), fieldHint(h, cs[0], c.Field)}
	}
	return b, nil
}

func fieldHint(h *graph.Heap, c graph.Class, field string) string {
	var names []string
	for at, i := c, 0; at != graph.NoClass && i < h.NumClasses(); at, i = h.Class(at).Super, i+1 {
		for _, f := range h.Class(at).Fields {
			names = append(names, f.Name)
		}
	}
	if near := suggest.Nearest(field, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "heapcause show DUMP @class:" + h.Class(c).Name + " lists them"
}
