package content

import (
	"bytes"
	"cmp"
	"slices"

	"heapcause/analyze"
	"heapcause/graph"
	"heapcause/hprof"
)

// FieldScan finds the fields that have one value in all instances of a class with many. Its outcome is []ConstantField.
var FieldScan = &analyze.Scan{Name: "constant fields", Start: startFields}

// Bounds of FieldScan: smaller classes waste little, and what differs among a few instances need not be looked at in all.
const (
	FieldInstances = 10_000
	fieldSamples   = 64
	fieldStrides   = 1 << 16
	maxFieldClass  = 100
)

// ConstantField is a field with one value in all instances of exactly a class.
type ConstantField struct {
	Class     graph.Class
	Declared  graph.Class
	Field     string
	Type      hprof.Type
	Zero      bool // null, 0 or false
	Instances int64
	Bytes     int64 // what the field takes in all, but for padding
}

// span is a field's place in the records of a class.
type span struct {
	declared graph.Class
	field    string
	typ      hprof.Type
	from, to int
}

type fieldScanner struct {
	h       *graph.Heap
	spans   map[graph.Class][]span // what may be constant
	wanted  []bool
	workers []map[graph.Class]*fieldState
}

// fieldState is what one worker knows of a class.
type fieldState struct {
	first []byte // record of an instance
	spans []span // that are equal in all so far
	n     int64  // instances while there were such
}

func startFields(b *analyze.Binder) analyze.Scanner {
	s := &fieldScanner{h: b.Heap, spans: map[graph.Class][]span{}, wanted: make([]bool, b.NumClasses())}
	var classes []graph.Class
	for c := range graph.Class(b.NumClasses()) {
		if k := b.Class(c); !k.IsArray && !k.Missing && k.Instances >= FieldInstances && k.Name != "java.lang.Class" {
			classes = append(classes, c)
		}
	}
	slices.SortFunc(classes, func(x, y graph.Class) int {
		return cmp.Or(cmp.Compare(b.Class(y).Instances, b.Class(x).Instances), cmp.Compare(x, y))
	})
	for _, c := range classes[:min(len(classes), maxFieldClass)] {
		s.spans[c] = spansOf(b.Heap, c)
	}
	s.sample()
	for c, spans := range s.spans {
		s.wanted[c] = len(spans) > 0
	}
	if !slices.Contains(s.wanted, true) {
		return nil
	}
	return s
}

// spansOf returns the fields of a class in the order of its records.
func spansOf(h *graph.Heap, c graph.Class) []span {
	var out []span
	at := 0
	for range h.NumClasses() {
		if c == graph.NoClass {
			break
		}
		for _, f := range h.Class(c).Fields {
			n := f.Type.Size(h.File().IDSize)
			out = append(out, span{c, f.Name, f.Type, at, at + n})
			at += n
		}
		c = h.Class(c).Super
	}
	return out
}

// sample reads some instances, spread over the heap, and drops the fields that differ among them.
func (s *fieldScanner) sample() {
	if len(s.spans) == 0 {
		return
	}
	h := s.h
	c := h.Cursor()
	states := map[graph.Class]*fieldState{}
	read := map[graph.Class]int{}
	step := max(h.NumObjects()/fieldStrides, 1)
	for o := graph.Object(0); int64(o) < h.NumObjects(); o += graph.Object(step) {
		class := h.ClassOf(o)
		if len(s.spans[class]) == 0 || read[class] == fieldSamples || !s.reachable(o) || !c.Load(o) {
			continue
		}
		read[class]++
		st := states[class]
		if st == nil {
			st = s.state(class)
			states[class] = st
		}
		st.see(c.Body())
		s.spans[class] = st.spans
	}
}

func (s *fieldScanner) reachable(o graph.Object) bool {
	return len(s.h.Problems()) > 0 || s.h.Strength(o) != graph.Unreachable
}

func (s *fieldScanner) state(c graph.Class) *fieldState {
	return &fieldState{spans: slices.Clone(s.spans[c])}
}

func (st *fieldState) see(b []byte) {
	if st.first == nil {
		st.first = bytes.Clone(b)
	}
	n := 0
	for _, f := range st.spans {
		if f.to <= len(b) && f.to <= len(st.first) && bytes.Equal(b[f.from:f.to], st.first[f.from:f.to]) {
			st.spans[n] = f
			n++
		}
	}
	st.spans = st.spans[:n]
}

// Wants implements analyze.Scanner.
func (s *fieldScanner) Wants(c graph.Class) bool { return s.wanted[c] }

// Worker implements analyze.Scanner.
func (s *fieldScanner) Worker() func(*graph.View) {
	states := map[graph.Class]*fieldState{}
	s.workers = append(s.workers, states)
	var st *fieldState
	last := graph.NoClass
	return func(v *graph.View) {
		if v.Class != last {
			last, st = v.Class, states[v.Class]
			if st == nil {
				st = s.state(v.Class)
				states[v.Class] = st
			}
		}
		if len(st.spans) > 0 && s.reachable(v.Object) {
			st.see(v.Body())
			st.n++
		}
	}
}

// Finish implements analyze.Scanner: []ConstantField.
func (s *fieldScanner) Finish() any {
	h := s.h
	var out []ConstantField
	for c, spans := range s.spans {
		for _, f := range spans {
			value, n, ok := s.valueOf(c, f)
			if !ok {
				continue
			}
			width := int64(f.typ.Size(h.Layout().RefBytes))
			out = append(out, ConstantField{c, f.declared, f.field, f.typ, isZero(value), n, width * n})
		}
	}
	slices.SortFunc(out, func(a, b ConstantField) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(h.Class(a.Class).Name, h.Class(b.Class).Name), cmp.Compare(a.Class, b.Class),
			cmp.Compare(h.Class(a.Declared).Name, h.Class(b.Declared).Name), cmp.Compare(a.Field, b.Field))
	})
	s.workers = nil
	return out
}

// valueOf returns the value of a field in which all workers agree, and the number of reachable instances.
func (s *fieldScanner) valueOf(c graph.Class, f span) (value []byte, n int64, ok bool) {
	for _, w := range s.workers {
		st := w[c]
		if st == nil || st.first == nil {
			continue
		}
		v := st.first
		if !slices.Contains(st.spans, f) || value != nil && !bytes.Equal(value, v[f.from:f.to]) {
			return nil, 0, false
		}
		n += st.n
		value = v[f.from:f.to]
	}
	return value, n, value != nil
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
