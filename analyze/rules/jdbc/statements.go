package jdbc

import (
	"heapcause/analyze"
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// statement is a JDBC statement of a known driver, or a pool's wrapper of one.
type statement struct {
	object     graph.Object
	driver     *driver
	open       bool
	flag       graph.Object // where the closed flag is in another object: that one
	connection graph.Object
	inner      graph.Object // what a wrapper wraps
	timeout    int64        // seconds
}

func statementObject(s statement) graph.Object { return s.object }

// statementFields are the bound fields of one driver's base class.
type statementFields struct {
	driver                                                *driver
	closed, openIfSet, closedIn, connection, inner, timeo graph.Field
	perSecond                                             int64 // of the timeout's unit
}

func (f *statementFields) read(v *graph.View) statement {
	s := statement{v.Object, f.driver, false, graph.NoObject, v.Ref(f.connection), v.Ref(f.inner), v.Int(f.timeo) / f.perSecond}
	switch {
	case f.closed.Ok():
		s.open = !v.Bool(f.closed)
	case f.openIfSet.Ok():
		s.open = v.RefAddr(f.openIfSet) != 0
	default:
		s.flag = v.Ref(f.closedIn)
	}
	return s
}

// bindDriver binds the fields of one base class; false when its closed flag is not known.
func bindDriver(b *analyze.Binder, d *driver, base graph.Class) (*statementFields, bool) {
	f := &statementFields{driver: d, perSecond: 1}
	f.closed, _ = b.BindClass(base, d.closed)
	f.openIfSet, _ = b.BindClass(base, d.openIfSet)
	f.closedIn, _ = b.BindClass(base, d.closedIn)
	if !f.closed.Ok() && !f.openIfSet.Ok() && !f.closedIn.Ok() {
		b.Unknown(d.base, d.closed+d.openIfSet+d.closedIn)
		return nil, false
	}
	f.connection, _ = b.FindField(base, d.connection)
	f.inner, _ = b.BindClass(base, d.inner)
	if f.timeo, _ = b.FindField(base, d.timeout); f.timeo.Type() == hprof.Long { // PostgreSQL: an int of seconds became a long of milliseconds
		f.perSecond = 1000
	}
	return f, true
}

// statementScan collects the statements of the known drivers and pools.
var statementScan = &analyze.Scan{Name: "jdbc statements", Start: func(b *analyze.Binder) analyze.Scanner {
	s := &analyze.Rows[statement]{Wanted: make([]bool, b.NumClasses()), Object: statementObject}
	fields := make([]*statementFields, b.NumClasses())
	found := false
	for _, d := range drivers {
		for _, base := range b.ClassesByName(d.base) {
			f, ok := bindDriver(b, d, base)
			if !ok {
				continue
			}
			for c := range fields {
				if b.IsA(graph.Class(c), base) {
					fields[c], s.Wanted[c], found = f, true, true
				}
			}
		}
	}
	if !found {
		return nil
	}
	s.Read = func(v *graph.View) statement { return fields[v.Class].read(v) }
	return s
}}

// statementsOf returns the drivers' statements and the pools' wrappers, flags in other objects read.
func (p pass) statementsOf() (statements, wrappers []*statement) {
	all := analyze.Result[[]statement](p.Pass, statementScan)
	c := p.Heap.Cursor()
	fields := jdk.NewFieldCache(p.Heap)
	for i := range all {
		s := &all[i]
		if s.flag != graph.NoObject && c.Load(s.flag) {
			s.open = !c.Bool(fields.Find(c.Class, "value"))
		}
		if s.driver.inner != "" {
			wrappers = append(wrappers, s)
		} else {
			statements = append(statements, s)
		}
	}
	return statements, wrappers
}
