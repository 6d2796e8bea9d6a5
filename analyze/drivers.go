package analyze

import (
	"strings"

	"heapcause/graph"
)

// driver describes the statements of one JDBC driver: base class, closed flag, connection, and the ways to the SQL text, each a
// chain of fields. Names are those of the drivers' own sources and jars.
type driver struct {
	name       string
	base       string // class that declares the closed flag, or nearest to it
	closed     string // field of base; != 0 means closed
	openIfSet  string // instead: a reference that is null once the statement is closed
	connection string
	sql        []string
}

// drivers are matched by base class; subclasses are found through the class table.
var drivers = []driver{
	{"PostgreSQL (before 9.4)", "org.postgresql.jdbc2.AbstractJdbc2Statement", "isClosed", "", "connection", []string{"preparedQuery.fragments", "lastSimpleQuery.fragments"}},
	{"PostgreSQL", "org.postgresql.jdbc.PgStatement", "isClosed", "", "connection", []string{"preparedQuery.query.nativeQuery.nativeSql", "preparedQuery.query.fragments", "preparedQuery.key"}},
	{"MySQL Connector/J", "com.mysql.cj.jdbc.StatementImpl", "isClosed", "", "connection", []string{"query.originalSql"}},
	{"MySQL Connector/J 5", "com.mysql.jdbc.StatementImpl", "isClosed", "", "connection", []string{"originalSql"}},
	{"MariaDB", "org.mariadb.jdbc.Statement", "closed", "", "con", []string{"sql"}},
	{"MariaDB 2", "org.mariadb.jdbc.MariaDbStatement", "closed", "", "connection", []string{"sqlQuery", "sql"}},
	{"SQL Server", "com.microsoft.sqlserver.jdbc.SQLServerStatement", "bIsClosed", "", "connection", []string{"userSQL"}},
	{"Oracle", "oracle.jdbc.driver.OracleStatement", "closed", "", "connection", []string{"sqlObject.originalSql"}},
	{"H2", "org.h2.jdbc.JdbcStatement", "", "conn", "conn", []string{"command.sql", "sqlStatement"}},
	{"HSQLDB", "org.hsqldb.jdbc.JDBCStatementBase", "isClosed", "", "connection", []string{"sql"}},
	{"jTDS", "net.sourceforge.jtds.jdbc.JtdsStatement", "closed", "", "connection", []string{"sql", "originalSql"}},
}

// statement is a JDBC statement of a known driver.
type statement struct {
	object     graph.Object
	driver     *driver
	open       bool
	connection graph.Object
}

// statementFields are the bound fields of one statement class.
type statementFields struct {
	driver     *driver
	closed     graph.Field
	openIfSet  graph.Field
	connection graph.Field
}

func (s *statementFields) read(v *graph.View) statement {
	open := false
	switch {
	case s.closed.Ok():
		open = !v.Bool(s.closed)
	case s.openIfSet.Ok():
		open = v.Ref(s.openIfSet) != graph.NoObject
	}
	return statement{v.Object, s.driver, open, v.Ref(s.connection)}
}

// statementClasses binds the drivers that the dump has classes of; a driver whose closed flag is missing is left out with a note.
func statementClasses(h *graph.Heap, f *Facts) (map[graph.Class]*statementFields, []bool) {
	out := map[graph.Class]*statementFields{}
	is := make([]bool, h.NumClasses())
	for i := range drivers {
		d := &drivers[i]
		for _, base := range h.ClassesByName(d.base) {
			s := &statementFields{driver: d}
			s.closed, _ = h.BindClass(base, d.closed)
			s.openIfSet, _ = h.BindClass(base, d.openIfSet)
			s.connection, _ = h.FindField(base, d.connection)
			if !s.closed.Ok() && !s.openIfSet.Ok() {
				f.note("unknown version of %s: %s has no field %s; its statements are not judged.", d.name, d.base, d.closed+d.openIfSet)
				continue
			}
			for c := range is {
				if h.IsA(graph.Class(c), base) {
					out[graph.Class(c)], is[c] = s, true
				}
			}
		}
	}
	return out, is
}

// sqlReader decodes the SQL of statements. Objects are read in address order for speed.
type sqlReader struct {
	h      *graph.Heap
	c      *graph.Cursor
	fields map[fieldKey]graph.Field
}

type fieldKey struct {
	class graph.Class
	name  string
}

func newSQLReader(h *graph.Heap) *sqlReader {
	return &sqlReader{h, h.Cursor(), map[fieldKey]graph.Field{}}
}

func (r *sqlReader) follow(o graph.Object, name string) graph.Object {
	if !r.c.Load(o) {
		return graph.NoObject
	}
	k := fieldKey{r.c.Class, name}
	f, ok := r.fields[k]
	if !ok {
		f, _ = r.h.FindField(k.class, name)
		r.fields[k] = f
	}
	return r.c.Ref(f)
}

const (
	maxSQL       = 4096
	maxFragments = 200
)

// text returns the SQL of a statement, "" when it has none.
func (r *sqlReader) text(s *statement) string {
	for _, path := range s.driver.sql {
		o := s.object
		for name := range strings.SplitSeq(path, ".") {
			if o = r.follow(o, name); o == graph.NoObject {
				break
			}
		}
		if o == graph.NoObject {
			continue
		}
		if r.h.ClassName(o) == "java.lang.String[]" {
			if t := r.fragments(o); t != "" {
				return t
			}
			continue
		}
		if t, ok := r.c.Text(o, maxSQL); ok {
			return t
		}
	}
	return ""
}

// fragments joins the parts of a query that lie between its parameters.
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
		t, _ := r.c.Text(p, maxSQL)
		b.WriteString(t)
	}
	return b.String()
}
