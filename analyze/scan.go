package analyze

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"heapcause/graph"
)

// Scan is work that must look at every instance of some classes. All scans of the selected rules share one read of the dump;
// a rule that lists a scan gets its outcome from Result.
type Scan struct {
	Name  string
	Start func(*Binder) Scanner // nil when the dump has nothing to look at
}

// Scanner is a scan at work.
type Scanner interface {
	Wants(graph.Class) bool
	// Worker is called once per worker, before the read, and returns the function for the records that worker comes by, which
	// are in no order between workers.
	Worker() func(*graph.View)
	// Finish merges what the workers found. The outcome must not depend on which worker saw what.
	Finish() any
}

// Result returns the outcome of a scan, the zero value when there was nothing to look at.
func Result[T any](p *Pass, s *Scan) T {
	v, _ := p.run.results[s].(T)
	return v
}

// Binder looks up classes and fields for a scan.
type Binder struct {
	*graph.Heap
	unknown string
}

// Need binds a field that the class of that name declares. Where the dump has the class but not the field, the class is of an
// unknown version and the rules that list the scan abstain. It is false, too, where the dump lacks the class.
func (b *Binder) Need(class, field string) (graph.Field, bool) {
	f, ok := b.Bind(class, field)
	if !ok {
		b.Unknown(class, field)
	}
	return f, ok
}

// Unknown notes that a class lacks the field it is known by, unless the dump lacks the class.
func (b *Binder) Unknown(class, field string) {
	for _, c := range b.ClassesByName(class) {
		if b.unknown == "" && !b.Class(c).Missing {
			b.unknown = fmt.Sprintf("unknown version of %s: it has no field %s", class, field)
		}
	}
}

// scan runs the scans of the rules in one read, or in none where there is nothing to look at.
func (r *run) scan(ctx context.Context, rules []*Rule) error {
	started := map[*Scan]Scanner{}
	var scanners []Scanner
	start := func(s *Scan) {
		if _, ok := started[s]; ok {
			return
		}
		b := &Binder{Heap: r.heap}
		started[s] = s.Start(b)
		r.unknown[s] = b.unknown
		if started[s] != nil {
			scanners = append(scanners, started[s])
		}
	}
	for _, in := range r.opt.Inspections {
		for _, s := range in.Scans {
			start(s)
		}
	}
	for _, rule := range rules {
		for _, s := range rule.Scans {
			start(s)
			if why := r.unknown[s]; why != "" && r.skipped[rule] == "" {
				r.skipped[rule] = why
			}
		}
	}
	if err := r.read(ctx, scanners); err != nil {
		return err
	}
	for s, scanner := range started {
		if scanner != nil {
			r.results[s] = scanner.Finish()
		}
	}
	return nil
}

// read shows the records of each class to the scanners that want it.
func (r *run) read(ctx context.Context, scanners []Scanner) error {
	h := r.heap
	want := make([][]int, h.NumClasses()) // class → scanners
	wanted := make([]bool, h.NumClasses())
	some := false
	for c := range want {
		for i, s := range scanners {
			if s.Wants(graph.Class(c)) {
				want[c] = append(want[c], i)
				wanted[c] = true
				some = some || h.Class(graph.Class(c)).Instances > 0
			}
		}
	}
	if !some {
		return nil
	}
	return h.Scan(ctx, wanted, func(int) func(*graph.View) {
		fns := make([]func(*graph.View), len(scanners))
		for i, s := range scanners {
			fns[i] = s.Worker()
		}
		return func(v *graph.View) {
			for _, i := range want[v.Class] {
				fns[i](v)
			}
		}
	})
}

// Rows is a Scanner that makes one row of each instance and returns them as []T in address order.
type Rows[T any] struct {
	Wanted []bool
	Read   func(*graph.View) T
	Object func(T) graph.Object // by value: a pointer would put each row that is compared on the heap
	parts  []*[]T
}

// Wants implements Scanner.
func (s *Rows[T]) Wants(c graph.Class) bool { return s.Wanted[c] }

// Worker implements Scanner.
func (s *Rows[T]) Worker() func(*graph.View) {
	part := new([]T)
	s.parts = append(s.parts, part)
	return func(v *graph.View) { *part = append(*part, s.Read(v)) }
}

// Finish implements Scanner: []T in address order.
func (s *Rows[T]) Finish() any {
	var all []T
	for _, p := range s.parts {
		if all == nil {
			all = *p
		} else {
			all = append(all, *p...)
		}
	}
	s.parts = nil
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(s.Object(a), s.Object(b)) })
	return all
}

// RowOf finds the row of an object among rows in address order.
func RowOf[T any](rows []T, o graph.Object, object func(T) graph.Object) *T {
	i, ok := slices.BinarySearchFunc(rows, o, func(r T, o graph.Object) int { return cmp.Compare(object(r), o) })
	if !ok {
		return nil
	}
	return &rows[i]
}
