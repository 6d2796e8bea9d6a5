package jdbc

import "heapcause/graph"

// SQL reads the SQL of statements that others come across, such as on the stacks of threads. Not for concurrent use.
type SQL struct {
	r       *sqlReader
	drivers map[graph.Class]*driver // nil of other classes
}

// NewSQL returns a reader.
func NewSQL(h *graph.Heap) *SQL { return &SQL{newSQLReader(h), map[graph.Class]*driver{}} }

// IsStatement reports whether a class is one of statements of a known driver.
func (s *SQL) IsStatement(c graph.Class) bool { return s.driver(c) != nil }

// Text returns the SQL of a statement, "" when it has none. It is content of the dump: mask it before it is shown.
func (s *SQL) Text(o graph.Object) string {
	d := s.driver(s.r.h.ClassOf(o))
	if d == nil {
		return ""
	}
	return s.r.text(&statement{object: o, driver: d})
}

func (s *SQL) driver(c graph.Class) *driver {
	if d, ok := s.drivers[c]; ok {
		return d
	}
	var found *driver
	for k := c; k != graph.NoClass && found == nil; k = s.r.h.Class(k).Super {
		for _, d := range drivers {
			if d.base == s.r.h.Class(k).Name && len(d.sql) > 0 {
				found = d
				break
			}
		}
	}
	s.drivers[c] = found
	return found
}
