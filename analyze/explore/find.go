package explore

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/report"
)

// FindOptions are those of Find: a regular expression, or conditions on fields.
type FindOptions struct {
	Options
	String     *regexp.Regexp // of the true text, whatever is masked
	Conditions []Condition    // all must hold
	Class      string         // of the objects, subclasses too; with String of those who refer to the strings; "" for all
}

// Find lists the objects that hold a value: strings by their text, or objects by their fields. It reads the dump once.
func Find(ctx context.Context, h *graph.Heap, opt FindOptions) (report.Section, error) {
	f := &finder{NewDecoder(h, opt.Policy), &opt, report.Section{Name: "hits"}, nil}
	var err error
	if opt.Class != "" {
		if f.classes, err = family(h, opt.Class); err != nil {
			return f.out, err
		}
	}
	if opt.String != nil {
		err = f.strings(ctx)
	} else {
		err = f.values(ctx)
	}
	return f.out, err
}

// family returns which classes are one of that name or a subclass of one.
func family(h *graph.Heap, name string) ([]bool, error) {
	cs, err := ClassesNamed(h, name)
	if err != nil {
		return nil, err
	}
	return h.Subclasses(h.Class(cs[0]).Name), nil
}

type finder struct {
	*Decoder
	opt     *FindOptions
	out     report.Section
	classes []bool // that are asked for, nil for all
}

// wants reports whether an object is of a class that is asked for.
func (f *finder) wants(o graph.Object) bool { return f.classes == nil || f.classes[f.h.ClassOf(o)] }

// hits describes what was found.
func (f *finder) hits(found analyze.BitSet, what, more string, value func(graph.Object) report.Value) {
	h := f.h
	top := newBest(h, f.opt.Rows())
	byClass := classSums{}
	var shallow int64
	eachOf(found, func(o graph.Object) {
		top.offer(o)
		shallow += h.Shallow(o)
		byClass.add(h.ClassOf(o), h.Shallow(o), h.Retained(o))
	})
	f.out.Summary = fmt.Sprintf("%s %s, %s in all.", analyze.Plural(top.n, what), more, analyze.Size(shallow))
	f.out.Facts = append(f.out.Facts, analyze.Fact("found", report.Count(top.n)), analyze.Fact("shallow size", report.Bytes(shallow)))
	t := report.Table{Name: "hits", Title: "Those that retain most", Columns: report.Rows[string]{"retained", "value", "class", "address", "held by", "kept by", "at"}}
	if top.n <= int64(f.opt.Rows()) {
		t.Title = "All of them"
	}
	for _, o := range top.sorted() {
		row := report.Rows[report.Value]{report.Bytes(h.Retained(o)), value(o), report.Name(h.ClassName(o)), AddressValue(h, o), f.heldBy(o), {}, {}}
		if k := f.keeper(o); k != graph.NoObject {
			row[5], row[6] = report.Name(f.briefName(k)), AddressValue(h, k)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Omitted = top.n - int64(len(t.Rows))
	f.out.Tables = append(f.out.Tables, t)
	if len(byClass) > 1 {
		f.out.Tables = append(f.out.Tables, byClass.table(h, "classes", "By class; retained sizes are sums", &f.opt.Options))
	}
}

// eachOf calls fn with the members, ascending.
func eachOf(set analyze.BitSet, fn func(graph.Object)) {
	for i, word := range set {
		for b := 0; word != 0; b++ {
			if word&1 != 0 {
				fn(graph.Object(i*64 + b))
			}
			word >>= 1
		}
	}
}

// heldBy names the first of the references to an object.
func (f *finder) heldBy(o graph.Object) report.Value {
	from := graph.NoObject
	f.h.EachIn(o, func(u graph.Object) bool {
		from = u
		return false
	})
	if from == graph.NoObject {
		return report.Value{}
	}
	e, ok := f.h.Label(from, o)
	switch {
	case !ok:
		return report.Name(lastPart(f.h.ClassName(from)))
	case e.Label.Kind == graph.ElementEdge:
		return report.Name(strings.TrimSuffix(lastPart(f.h.ClassName(from)), "[]") + f.h.EdgeText(e.Label))
	case e.Label.Kind == graph.FieldEdge:
		return report.Name(lastPart(f.h.ClassName(from)) + "::" + e.Label.Name)
	}
	return report.Name(f.h.EdgeText(e.Label))
}

// maxUp dominators are looked through for one that an application made.
const maxUp = 1000

// keeper returns the nearest dominator of an application's class, else the last of them.
func (f *finder) keeper(o graph.Object) graph.Object {
	last := graph.NoObject
	for d, i := f.h.Idom(o), 0; d != graph.NoObject && i < maxUp; d, i = f.h.Idom(d), i+1 {
		last = d
		name := f.h.ClassName(d)
		if c, ok := f.h.AsClass(d); ok {
			name = f.h.Class(c).Name
		}
		if !analyze.Platform(name) {
			break
		}
	}
	return last
}

// briefName is the last part of the name of an object's class, or "class" and that of a class object.
func (f *finder) briefName(o graph.Object) string {
	if c, ok := f.h.AsClass(o); ok {
		return "class " + lastPart(f.h.Class(c).Name)
	}
	return lastPart(f.h.ClassName(o))
}
