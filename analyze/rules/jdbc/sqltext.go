package jdbc

import (
	"runtime"
	"strings"
	"sync"

	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/report/redact"
)

// Bounds of reading SQL texts.
const (
	maxSQL       = 4096    // UTF-16 units of one text
	maxFragments = 200     // parts of a query between its parameters
	maxStatement = 250_000 // statements whose text is read, some 10 µs each; of more it is a sample
	maxTexts     = 4096    // remembered while counting, for drivers that share them
)

// sqlReader decodes the SQL of statements. Not for concurrent use.
type sqlReader struct {
	h      *graph.Heap
	c      *graph.Cursor
	fields *jdk.FieldCache
}

func newSQLReader(h *graph.Heap) *sqlReader { return &sqlReader{h, h.Cursor(), jdk.NewFieldCache(h)} }

func (r *sqlReader) follow(o graph.Object, path string) graph.Object {
	for name := range strings.SplitSeq(path, ".") {
		if !r.c.Load(o) {
			return graph.NoObject
		}
		o = r.c.Ref(r.fields.Find(r.c.Class, name))
	}
	return o
}

// text returns the SQL of a statement, "" when it has none.
func (r *sqlReader) text(s *statement) string { return r.first(s.object, s.driver.sql) }

// first returns the text behind the first of the paths from an object that leads to one.
func (r *sqlReader) first(object graph.Object, paths []string) string {
	for _, path := range paths {
		o := r.follow(object, path)
		if o == graph.NoObject {
			continue
		}
		t, ok := "", false
		if r.h.ClassName(o) == "java.lang.String[]" {
			t, ok = r.fragments(o), true
		} else {
			t, ok = r.c.TextAs(graph.SQLText, o, maxSQL)
		}
		if ok && t != "" {
			return t
		}
	}
	return ""
}

// fragments joins the parts of a query, between which its parameters stand.
func (r *sqlReader) fragments(o graph.Object) string {
	var parts []graph.Object
	if r.c.Load(o) {
		r.c.EachRef(func(_ int, p graph.Object) bool {
			parts = append(parts, p)
			return len(parts) < maxFragments
		})
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('?')
		}
		t, _ := r.c.TextAs(graph.SQLPartText, p, maxSQL)
		b.WriteString(t)
	}
	return b.String()
}

// sqlShape is a statement without its literals and comments, and how many have it.
type sqlShape struct {
	count, open int64
	sample      string // the text of the first in address order
	at          int    // which one that is
}

// sqlShapes reads the texts of statements, which are in address order, and counts their shapes. read tells how many were read:
// of very many, every so manieth.
func (p pass) sqlShapes(ss []*statement) (shapes map[string]*sqlShape, read int64) {
	step := (len(ss) + maxStatement - 1) / maxStatement
	step = max(step, 1)
	workers := p.Options.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, 1+len(ss)/1000)
	parts := make([]map[string]*sqlShape, workers)
	var wg sync.WaitGroup
	for w := range workers {
		lo, hi := len(ss)*w/workers, len(ss)*(w+1)/workers
		wg.Go(func() {
			parts[w] = countShapes(p.Heap, ss, (lo+step-1)/step*step, hi, step)
		})
	}
	wg.Wait()
	shapes = parts[0]
	for _, part := range parts[1:] {
		for shape, s := range part {
			t := shapes[shape]
			if t == nil {
				shapes[shape] = s
				continue
			}
			t.count, t.open = t.count+s.count, t.open+s.open
			if s.at < t.at {
				t.at, t.sample = s.at, s.sample
			}
		}
	}
	return shapes, int64((len(ss) + step - 1) / step)
}

func countShapes(h *graph.Heap, ss []*statement, lo, hi, step int) map[string]*sqlShape {
	r := newSQLReader(h)
	shapes := map[string]*sqlShape{}
	known := map[string]*sqlShape{} // by text
	for i := lo; i < hi; i += step {
		text := r.text(ss[i])
		s := known[text]
		if s == nil {
			shape := redact.NormalizeSQL(text)
			if s = shapes[shape]; s == nil {
				s = &sqlShape{sample: text, at: i}
				shapes[shape] = s
			}
			if len(known) < maxTexts {
				known[text] = s
			}
		}
		s.count++
		if ss[i].open {
			s.open++
		}
	}
	return shapes
}
