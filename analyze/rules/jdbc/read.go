package jdbc

import (
	"heapcause/analyze/jdk"
	"heapcause/graph"
	"heapcause/hprof"
)

// StatementInfo is what the fields of a JDBC statement of a known driver, or of a pool's wrapper, tell.
type StatementInfo struct {
	Driver         string
	Open           bool
	SQL            string // content of the dump: mask it before it is shown
	Connection     graph.Object
	TimeoutSeconds int64
}

// StatementReader reads single statements. Not for concurrent use.
type StatementReader struct {
	r      *jdk.Reader
	h      *graph.Heap
	sql    *sqlReader
	driver map[graph.Class]*driver // nil for what is no statement
}

// NewStatementReader returns a reader of a heap's statements.
func NewStatementReader(h *graph.Heap) *StatementReader {
	return &StatementReader{r: jdk.NewReader(h), h: h, sql: newSQLReader(h), driver: map[graph.Class]*driver{}}
}

// Is reports whether objects of a class are statements of a known driver.
func (s *StatementReader) Is(c graph.Class) bool { return s.driverOf(c) != nil }

func (s *StatementReader) driverOf(c graph.Class) *driver {
	d, known := s.driver[c]
	if !known {
		for _, x := range drivers {
			for _, base := range s.h.ClassesByName(x.base) {
				if d == nil && s.h.IsA(c, base) {
					d = x
				}
			}
		}
		s.driver[c] = d
	}
	return d
}

// Read reads a statement; false for what is none of a known driver, or of a version of it that is not known. A wrapper's SQL is that of the
// statement that it wraps.
func (s *StatementReader) Read(o graph.Object) (StatementInfo, bool) {
	if o == graph.NoObject {
		return StatementInfo{}, false
	}
	d := s.driverOf(s.h.ClassOf(o))
	if d == nil {
		return StatementInfo{}, false
	}
	out := StatementInfo{Driver: d.name, Connection: s.r.Ref(o, d.connection)}
	switch {
	case d.closed != "" && s.r.Has(o, d.closed):
		out.Open = !s.r.Bool(o, d.closed)
	case d.openIfSet != "" && s.r.Has(o, d.openIfSet):
		if n, ok := s.r.Int(o, d.openIfSet); ok {
			out.Open = n != 0
		} else {
			out.Open = !s.r.Null(o, d.openIfSet)
		}
	case d.closedIn != "" && s.r.Has(o, d.closedIn):
		out.Open = !s.r.Bool(o, d.closedIn, "value")
	default:
		return StatementInfo{}, false
	}
	if f, ok := s.h.FindField(s.h.ClassOf(o), d.timeout); ok {
		out.TimeoutSeconds, _ = s.r.Int(o, d.timeout)
		if f.Type() == hprof.Long { // milliseconds
			out.TimeoutSeconds /= 1000
		}
	}
	at := o
	for i := 0; i < maxWrapped && d != nil && d.inner != ""; i++ {
		if at = s.r.Ref(at, d.inner); at == graph.NoObject {
			return out, true
		}
		d = s.driverOf(s.h.ClassOf(at))
	}
	if d != nil && d.inner == "" {
		out.SQL = s.sql.first(at, d.sql)
	}
	return out, true
}

// maxWrapped pools around a statement are looked through.
const maxWrapped = 8
