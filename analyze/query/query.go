package query

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"heapcause/analyze"
	"heapcause/analyze/explore"
	"heapcause/graph"
	"heapcause/report"
	"heapcause/report/redact"
)

// Options of Prepare.
type Options struct {
	ShowValues bool
	MaxRows    int64 // rows that are shown; the rest is counted. 0 is all
	Workers    int   // goroutines; 0 is one per processor
	Reachable  bool  // leave out what nothing reaches, as Eclipse MAT does
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Plan is a query that was checked against a heap. It runs once.
type Plan struct {
	Columns []string

	in     *instance
	shared *sharedResults
	policy redact.Policy
	opt    Options

	decoder *explore.Decoder
}

// Prepare parses a query and checks it against a heap. What is wrong with the query is an *Error. Sub-selects in FROM that name
// classes are run, which ctx can stop.
func Prepare(ctx context.Context, h *graph.Heap, text string, opt Options) (*Plan, error) {
	s, err := Parse(text)
	if err != nil {
		return nil, err
	}
	p := &Plan{
		policy: redact.Policy{ShowValues: opt.ShowValues}, opt: opt,
		shared: &sharedResults{h: h, byStatement: map[*Select]*result{}, ofClasses: map[*Select][]graph.Class{}},
	}
	c := &compiler{w: newWorker(ctx, h), lex: newLexicon(h), opt: &p.opt, shared: p.shared}
	if err := p.build(c, s, text); err != nil {
		return nil, err
	}
	return p, c.w.err
}

func (p *Plan) build(c *compiler, s *Select, text string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(stop)
			if !ok {
				panic(r)
			}
			e.err.Query = text
			err = e.err
		}
	}()
	p.in = c.build(s, nil)
	p.Columns = p.in.names
	if s.Objects && len(s.Items) > 0 {
		p.Columns = starNames
	}
	return nil
}

// Result is what a query came to.
type Result struct {
	Rows    int64 // shown
	Left    int64 // counted behind them
	AtLeast bool  // there are more than that: counting was given up
}

// Run executes the query and calls fn with each row; the slice is valid during the call. An error of fn ends it.
func (p *Plan) Run(ctx context.Context, fn func(row []report.Value) error) (Result, error) {
	w := p.in.w
	w.ctx = ctx
	var res Result
	if err := p.shared.all(); err != nil {
		return res, err
	}
	t := &tally{}
	var out error
	star := p.in.items == nil || p.in.s.Objects
	cells := make([]report.Value, len(p.Columns))
	p.in.counted(t, func(vals []Value) bool {
		if star {
			p.star(cells, vals[0])
		} else {
			for i, v := range vals {
				cells[i] = p.cell(v)
			}
		}
		if w.err != nil {
			return false
		}
		if out = fn(cells); out != nil {
			return false
		}
		res.Rows++
		t.full = p.opt.MaxRows > 0 && res.Rows >= p.opt.MaxRows
		return true
	})
	res.Left, res.AtLeast = t.left, t.atLeast
	if out != nil {
		return res, out
	}
	return res, w.err
}

// star fills the columns of SELECT *.
func (p *Plan) star(cells []report.Value, v Value) {
	clear(cells)
	w := p.in.w
	o, ok := w.asObject(v)
	if !ok || v.kind == kindInt && v.unit != idUnit {
		cells[0] = p.cell(v)
		return
	}
	cells[0] = report.Object(report.Address(w.h.Addr(o)))
	cells[1] = report.Name(w.h.ClassName(o))
	if c, isClass := w.h.AsClass(o); isClass {
		cells[1] = report.Name("class " + w.h.Class(c).Name)
	}
	cells[2] = report.Bytes(w.h.Shallow(o))
	cells[3] = report.Bytes(w.h.Retained(o))
	if p.decoder == nil {
		p.decoder = explore.NewDecoder(w.h, p.policy)
	}
	if d := p.decoder.Value(o); d.Kind() != report.KindAddress {
		cells[4] = d
	}
}

// cell is a value as a report has it.
func (p *Plan) cell(v Value) report.Value {
	w := p.in.w
	if v.content && v.unit != sqlUnit && v.kind != kindNull {
		return report.Content(p.policy.Value(p.in.w.text(v).s))
	}
	switch v.kind {
	case kindNull:
		return report.Value{}
	case kindInt:
		switch v.unit {
		case bytesUnit:
			return report.Bytes(int64(v.bits))
		case countUnit:
			return report.Count(int64(v.bits))
		case timeUnit:
			return report.Time(timeOf(int64(v.bits)))
		}
		return report.Number(int64(v.bits))
	case kindAddr:
		return report.Object(report.Address(v.bits))
	case kindFloat:
		if v.unit == bytesUnit && v.float() < 1<<62 && v.float() > -1<<62 {
			return report.Bytes(int64(v.float()))
		}
		return report.Float(v.float())
	case kindText:
		if v.unit == sqlUnit && v.content {
			return report.Content(p.policy.SQL(v.s))
		}
		return report.Name(v.s)
	case kindObject:
		return report.Name(w.h.Name(graph.Object(v.bits)))
	case kindClass:
		return report.Name(w.h.Class(graph.Class(v.bits)).Name)
	case kindList, kindRow:
		return p.listCell(v)
	}
	t := w.text(v)
	if t.content {
		return report.Content(p.policy.Value(t.s))
	}
	return report.Name(t.s)
}

// listCell writes the elements of a list, objects by class and address; where one is content, all is masked.
func (p *Plan) listCell(v Value) report.Value {
	w := p.in.w
	l, ok := v.ref.(*list)
	if !ok {
		l = sliceList(v.ref.(*record).vals)
	}
	var parts []string
	masked := false
	n := int64(0)
	l.each(func(x Value) bool {
		if n++; n > shownElements {
			return false
		}
		switch {
		case x.kind == kindObject:
			parts = append(parts, w.h.Name(graph.Object(x.bits)))
		case x.kind == kindNull:
			parts = append(parts, "null")
		case x.kind == kindRow && len(x.ref.(*record).vals) == 2 && x.ref.(*record).names[0] == "key":
			r := x.ref.(*record)
			parts = append(parts, p.cell(r.vals[0]).Text().String()+" → "+p.cell(r.vals[1]).Text().String())
		default:
			t := w.text(x)
			masked = masked || t.content
			parts = append(parts, t.s)
		}
		return true
	})
	if rest := l.n() - shownElements; rest > 0 {
		parts = append(parts, fmt.Sprintf("… %d more", rest))
	}
	s := "[" + strings.Join(parts, ", ") + "]"
	if masked {
		return report.Content(p.policy.Value(s))
	}
	return report.Name(s)
}

// Objects returns the set of objects that a query yields: its rows, or with SELECT OBJECTS what the column holds.
func Objects(ctx context.Context, h *graph.Heap, text string, opt Options) (analyze.BitSet, error) {
	p, err := Prepare(ctx, h, text, opt)
	if err != nil {
		return nil, err
	}
	if err := p.shared.all(); err != nil {
		return nil, err
	}
	set := analyze.NewBitSet(h)
	p.in.results(func(vals []Value) bool {
		found := false
		for _, v := range vals {
			if v.kind == kindInt && v.unit != idUnit { // not the object of that number
				continue
			}
			p.in.eachObject(v, func(o graph.Object) {
				set.Add(o)
				found = true
			})
		}
		if !found && len(vals) > 0 && vals[0].kind != kindNull {
			p.in.w.fail(&BoundError{"the query yields things that are no objects", "SELECT * FROM …, or SELECT OBJECTS expression FROM …"})
			return false
		}
		return true
	})
	return set, p.in.w.err
}
